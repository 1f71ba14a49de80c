//! Services of the operator that are asked over HTTP: their addresses, and headers, which are secrets.

use base::Secret;

use crate::problem::Problem;
use crate::reader::Table;
use crate::value::{Raw, Value};

/// Where a service is.
pub(crate) fn url(value: &Value<'_>, example: &str) -> Option<String> {
    let text = value.text()?;
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    if rest.is_none_or(|rest| rest.is_empty() || rest.starts_with('/') || text.contains(char::is_whitespace)) {
        // Not the address itself: some carry a key.
        value.error("this is no address of the web", "no address", format!("write it as {example}"));
        return None;
    }
    Some(text)
}

/// A table of texts; from the environment `Name: text`, a line each. They are secrets: no error shows the line of one.
pub(crate) fn headers(table: &Table<'_>) -> Vec<(String, Secret)> {
    let Some(value) = table.get("headers") else { return Vec::new() };
    let written: Vec<(String, String)> = match value.raw {
        Raw::Env(text) => text.lines().filter(|line| !line.trim().is_empty()).map(split).collect(),
        Raw::File(..) => {
            let text = |value: &Value<'_>| value.as_text().unwrap_or_default().to_owned();
            value.names().iter().map(|(name, _, value)| ((*name).to_owned(), text(value))).collect()
        }
    };
    let spot = if let Raw::Env(_) = value.raw { value.spot } else { table.spot.clone() };
    let mut found = Vec::new();
    for (name, text) in written {
        if is_name(&name) && is_text(&text) {
            found.push((name, Secret(text)));
        } else {
            let title = match is_name(&name) {
                true => format!("the header `{name}` holds what no header of HTTP can"),
                false => "a header has a name that no header of HTTP can have".to_owned(),
            };
            let help = "write letters, digits and - for the name, and printable ASCII behind it";
            table.problems.error(Problem::new(spot.clone(), title, "one of its headers", help));
        }
    }
    found
}

fn split(line: &str) -> (String, String) {
    let (name, text) = line.split_once(':').unwrap_or_default();
    (name.trim().to_owned(), text.trim().to_owned())
}

/// A token (RFC 9110 §5.6.2), as anybody writes one.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

fn is_text(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}
