//! Where mobiles are at home: a table of their first seven digits, `1390139,010` a line.

use std::path::Path;

use call::area::{Areas, Misfit};
use call::number::AreaCode;

use crate::reader::Table;

/// Twice a full table, which has a line of at most 14 bytes for each of 700,000 prefixes.
const AREAS_BYTES_MAX: u64 = 20 << 20;
const HELP: &str =
    "write seven digits of a mobile and an area code a line, as `1390139,010`; lines that begin with # are skipped";

/// No mobile is known where no table is named.
pub(crate) fn read(config: &Path, root: &Table<'_>) -> Areas {
    let mut areas = Areas::default();
    let Some(value) = root.section("numbers").get("mobile_areas") else { return areas };
    let Some(written) = value.text() else { return areas };
    let path = config.join(written);
    let faults = match text(&path) {
        Ok(text) => fill(&mut areas, &text),
        Err(error) => {
            let title = format!("cannot read {}: {error}", path.display());
            value.error(
                title,
                "no such table",
                "name the file; one without a / in front is looked for beside hotline.toml",
            );
            return areas;
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
    areas
}

fn text(path: &Path) -> std::io::Result<String> {
    let what = std::fs::metadata(path)?;
    // A device or a pipe has no end, whatever length it says.
    if !what.is_file() {
        return Err(std::io::Error::other("it is no file"));
    }
    if what.len() > AREAS_BYTES_MAX {
        return Err(std::io::Error::other(format!("larger than {AREAS_BYTES_MAX} bytes")));
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
        Misfit::Elsewhere => format!("{prefix} was said to be in another area above"),
    })
}
