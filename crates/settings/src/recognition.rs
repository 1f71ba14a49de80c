//! `[speech.recognition]`: the service that understands what callers say.

use std::time::Duration;

use base::Secret;

use crate::plans::Recognition;
use crate::problem::Problem;
use crate::reader::Table;
use crate::value::{Raw, Value};

/// A caller who hears nothing for longer believes that nobody listens.
const TIMEOUT_S_MAX: u64 = 10;
const TIMEOUT_S: u64 = 3;
/// Where OpenAI's interface, and whatever follows it, has the text.
const TEXT_AT: &str = "/text";
/// What may stand in a field of a form.
const PLACES: [&str; 2] = ["{locale}", "{language}"];

/// What the section says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Speech {
    /// None where there is no such service, or something is wrong with it.
    pub(crate) recognition: Option<Recognition>,
    /// How long it may take, also where something else is wrong with it.
    pub(crate) understands: Option<Duration>,
}

pub(crate) fn read(root: &Table<'_>) -> Speech {
    let table = root.section("speech").within("recognition", "speech.recognition");
    if !table.is_written() && table.get("url").is_none() {
        return Speech::default();
    }
    let timeout = table.seconds("timeout_s", TIMEOUT_S, 1, TIMEOUT_S_MAX);
    let url = table.need("url", "\"http://127.0.0.1:8000/v1/audio/transcriptions\"").and_then(|v| address(&v));
    let headers = headers(&table);
    let form = table.get("form").map(|v| fields(&v));
    let text_at = match table.get("text_at") {
        None => Some(TEXT_AT.to_owned()),
        Some(value) => value.parsed("a place in an answer", "`/text` (RFC 6901)", |text| {
            text.starts_with('/').then(|| text.to_owned())
        }),
    };
    let found = url.zip(text_at);
    let recognition = found.map(|(url, text_at)| Recognition { url, headers, form, text_at, timeout });
    Speech { recognition, understands: Some(timeout) }
}

fn address(value: &Value<'_>) -> Option<String> {
    value.parsed("an address of the web", "`http://127.0.0.1:8000/v1/audio/transcriptions`", |text| {
        let host = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"))?;
        let fits = !host.is_empty() && !host.starts_with('/') && !text.contains(char::is_whitespace);
        fits.then(|| text.to_owned())
    })
}

/// A table of texts; from the environment `Name: text`, with commas between several. They are secrets: no error shows the line of one.
fn headers(table: &Table<'_>) -> Vec<(String, Secret)> {
    let Some(value) = table.get("headers") else { return Vec::new() };
    let written: Vec<(String, String)> = match value.raw {
        Raw::Env(text) => text.split(',').map(|item| split(item, ':')).collect(),
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

fn split(item: &str, at: char) -> (String, String) {
    let (name, text) = item.split_once(at).unwrap_or_default();
    (name.trim().to_owned(), text.trim().to_owned())
}

/// A token (RFC 9110 §5.6.2), as anybody writes one.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

fn is_text(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}

fn fields(value: &Value<'_>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (name, _, value) in value.names() {
        let Some(text) = value.text() else { continue };
        let plain = PLACES.iter().fold(text.clone(), |text, place| text.replace(place, ""));
        if plain.contains(['{', '}']) {
            value.error(
                format!("`{text}` has braces that hold nothing known"),
                "braces",
                "write `{locale}` for the caller's language as `zh-CN`, `{language}` for `zh`",
            );
        }
        found.push((name.to_owned(), text));
    }
    found
}
