//! Where callers are at home: a table of mobiles by their first seven digits, `1390139,010` a line; and `[[county]]`, which fixed lines
//! are in a county.

use std::path::Path;

use call::area::{Areas, Misfit};
use call::number::AreaCode;

use crate::problem::{Problem, Problems};
use crate::reader::Table;
use crate::value::Value;

/// Twice a full table, which has a line of at most 14 bytes for each of 700,000 prefixes.
const AREAS_BYTES_MAX: u64 = 20 << 20;
/// As many as all of China has, and half as many again.
const COUNTIES_MAX: usize = 4000;
/// Exchanges of one county; a large one has a few dozen.
const EXCHANGES_MAX: usize = 500;
/// A column of a list: the longest name of a county has 15.
const COUNTY_LETTERS_MAX: usize = 32;
const HELP: &str =
    "write seven digits of a mobile and an area code a line, as `1390139,010`; lines that begin with # are skipped";
const CITY_HELP: &str = "a code that went to a neighbour is written as the neighbour's, 0378 as 0371";

pub(crate) fn read(config: &Path, root: &Table<'_>, problems: &Problems) -> Areas {
    let mut areas = Areas::default();
    if let Some(value) = root.section("numbers").get("mobile_areas") {
        read_mobiles(config, &value, &mut areas);
    }
    let tables = root.sections("county");
    if tables.len() > COUNTIES_MAX {
        let title = format!("{} counties, but at most {COUNTIES_MAX} are possible", tables.len());
        problems.error(Problem::new(root.spot.clone(), title, "", "keep those that citizens call from"));
    }
    tables.iter().take(COUNTIES_MAX).for_each(|table| read_county(table, &mut areas));
    areas
}

fn read_county(table: &Table<'_>, areas: &mut Areas) {
    let name = table.need("name", "\"富阳区\"").and_then(|value| county_name(&value)).unwrap_or_default();
    let Some(list) = table.need("prefixes", "[\"057163\"]") else { return };
    let prefixes = list.list();
    if !(1..=EXCHANGES_MAX).contains(&prefixes.len()) {
        let title = format!("{} prefixes, but a county has 1 to {EXCHANGES_MAX}", prefixes.len());
        list.error(title, "too few or too many", "shorter prefixes stand for many longer ones");
    }
    for value in prefixes.iter().take(EXCHANGES_MAX) {
        let Some(prefix) = value.text() else { continue };
        let Err(misfit) = areas.add_county(&prefix, &name) else { continue };
        let (title, label, help) = match misfit {
            Misfit::Prefix => (
                format!("`{prefix}` is not what fixed lines begin with"),
                "not an area code and one to four local digits",
                "write the area code with its 0 and the first local digits, as `057163`",
            ),
            Misfit::City => (format!("no city has the area code of `{prefix}`"), "unknown area code", CITY_HELP),
            Misfit::Elsewhere => (
                format!("two counties have the prefix `{prefix}`"),
                "stands further up already",
                "remove one, or write more local digits: the longest prefix of a number counts",
            ),
        };
        value.error(title, label, help);
    }
}

/// It stands in records and beside callers on screens.
fn county_name(value: &Value<'_>) -> Option<String> {
    value.parsed("a name of at most 32 characters", "`\"富阳区\"`", |text| {
        let fits = (1..=COUNTY_LETTERS_MAX).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        fits.then(|| text.to_owned())
    })
}

fn read_mobiles(config: &Path, value: &Value<'_>, areas: &mut Areas) {
    let Some(written) = value.text() else { return };
    let path = config.join(written);
    let faults = match text(&path, AREAS_BYTES_MAX) {
        Ok(text) => fill(areas, &text),
        Err(error) => {
            let title = format!("cannot read {}: {error}", path.display());
            value.error(
                title,
                "no such table",
                "name the file; one without a / in front is looked for beside hotline.toml",
            );
            return;
        }
    };
    // The first one is enough to know what is wrong: a table of another form would have half a million.
    if let Some((line, fault)) = faults.first {
        let more = match faults.count {
            1 => String::new(),
            n => format!(", and {} more lines are wrong", n - 1),
        };
        value.error(format!("{}:{line}: {fault}{more}", path.display()), "in this table", HELP);
    } else if areas.mobiles() == 0 {
        value.error(format!("{} names no mobile", path.display()), "an empty table", HELP);
    }
}

/// A text of at most so many bytes.
pub(crate) fn text(path: &Path, bytes_max: u64) -> std::io::Result<String> {
    let what = std::fs::metadata(path)?;
    // A device or a pipe has no end, whatever length it says.
    if !what.is_file() {
        return Err(std::io::Error::other("it is no file"));
    }
    if what.len() > bytes_max {
        return Err(std::io::Error::other(format!("larger than {bytes_max} bytes")));
    }
    std::fs::read_to_string(path)
}

#[derive(Debug, Default)]
struct Faults {
    count: usize,
    /// Its line, from 1.
    first: Option<(usize, String)>,
}

/// Each line in; a file that a spreadsheet wrote begins with a mark of its byte order.
fn fill(areas: &mut Areas, text: &str) -> Faults {
    let mut faults = Faults::default();
    for (line, content) in text.trim_start_matches('\u{feff}').lines().map(str::trim).enumerate() {
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        if let Err(fault) = add(areas, content) {
            faults.count += 1;
            faults.first.get_or_insert((line + 1, fault));
        }
    }
    faults
}

fn add(areas: &mut Areas, line: &str) -> Result<(), String> {
    let (prefix, code) = line.split_once(',').unwrap_or((line, ""));
    let (prefix, code) = (prefix.trim(), code.trim());
    let code = AreaCode::parse(code).ok_or_else(|| format!("{code:?} is no area code"))?;
    areas.add_mobiles(prefix, &code).map_err(|misfit| match misfit {
        Misfit::Prefix => format!("{prefix:?} is not the first seven digits of a mobile"),
        Misfit::City => format!("no city has the area code {}; {CITY_HELP}", code.as_str()),
        Misfit::Elsewhere => format!("{prefix} was said to be in another area above"),
    })
}
