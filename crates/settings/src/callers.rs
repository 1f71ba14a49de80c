//! `[[callers]]`: lists of callers who go ahead or are not let in.

use std::path::Path;

use call::listed::{CallerList, KnownCallers, Unlistable};
use call::number::canonical;
use call::plan::PRIORITY_MAX;

use crate::groups::refuse_twins;
use crate::problem::{Problem, Problems, Spot};
use crate::reader::Table;
use crate::value::Value;

/// Lists: more kinds of callers nobody tells apart.
const LISTS_MAX: usize = 50;
/// A file with as many numbers as a large city has households of the elderly, 16 bytes each.
const LIST_BYTES_MAX: u64 = 16 << 20;
const NUMBER_HELP: &str = "write digits as citizens are shown in records, `13900139000` or `057163001122`, or what numbers begin with and a star, `0571*`";

pub(crate) fn read(config: &Path, root: &Table<'_>, problems: &Problems) -> KnownCallers {
    let mut known = KnownCallers::default();
    let tables = root.sections("callers");
    if tables.len() > LISTS_MAX {
        let title = format!("{} lists of callers, but at most {LISTS_MAX} are possible", tables.len());
        problems.error(Problem::new(root.spot.clone(), title, "", "join those whose callers are treated alike"));
    }
    let mut names: Vec<(String, Spot)> = Vec::new();
    for table in tables.iter().take(LISTS_MAX) {
        let Some(name) = table.need("name", "\"elderly\"").and_then(|v| Some((v.text()?, v.spot))) else { continue };
        let list = CallerList {
            name: name.0.clone(),
            priority: table.number("priority", 0, 0, PRIORITY_MAX.into()) as u8,
            blocked: table.bool("blocked", false),
        };
        if list.blocked && list.priority > 0 {
            let title = format!("the callers of `{}` are blocked and have a priority", name.0);
            table.problems.error(Problem::new(name.1.clone(), title, "", "remove `blocked` or `priority`"));
        }
        names.push(name);
        let place = known.list(list);
        read_numbers(config, table, place, &mut known);
    }
    refuse_twins(names.iter().map(|(name, spot)| (name.as_str(), spot)), "lists of callers", problems);
    known
}

fn read_numbers(config: &Path, table: &Table<'_>, list: u16, known: &mut KnownCallers) {
    let (numbers, file) = (table.get("numbers"), table.get("file"));
    if numbers.is_none() && file.is_none() {
        let title = "nobody stands in this list";
        let help = "add `numbers = [\"13900139000\"]`, or `file = \"callers/elderly.txt\"` with a number a line";
        table.problems.error(Problem::new(table.spot.clone(), title, "", help));
    }
    for value in numbers.iter().flat_map(Value::list) {
        let Some(text) = value.text() else { continue };
        if let Err(fault) = add(known, list, &text) {
            value.error(fault, "", NUMBER_HELP);
        }
    }
    if let Some(value) = file {
        read_file(config, &value, list, known);
    }
}

/// In its one form, as callers are: `+86 139...` is `139...`.
fn add(known: &mut KnownCallers, list: u16, text: &str) -> Result<(), String> {
    let number = if text.ends_with('*') { text.to_owned() } else { canonical(text, None) };
    match known.add(list, &number) {
        Ok(()) => Ok(()),
        Err(Unlistable::Form) => Err(format!("`{text}` is no number")),
        Err(Unlistable::Listed(there)) => Err(format!("`{text}` stands in the list `{}`", known.name(there))),
    }
}

fn read_file(config: &Path, value: &Value<'_>, list: u16, known: &mut KnownCallers) {
    let Some(written) = value.text() else { return };
    let path = config.join(written);
    let text = match crate::areas::text(&path, LIST_BYTES_MAX) {
        Ok(text) => text,
        Err(error) => {
            let help = "name the file; one without a / in front is looked for beside hotline.toml";
            return value.error(format!("cannot read {}: {error}", path.display()), "no such list", help);
        }
    };
    let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim).enumerate();
    let numbers = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let mut faults = numbers.filter_map(|(at, line)| Some((at + 1, add(known, list, line).err()?)));
    // The first one is enough to know what is wrong.
    if let Some((line, fault)) = faults.next() {
        let more = match faults.count() {
            0 => String::new(),
            n => format!(", and {n} more lines are wrong"),
        };
        value.error(format!("{}:{line}: {fault}{more}", path.display()), "in this list", NUMBER_HELP);
    }
}
