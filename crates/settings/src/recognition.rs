//! `[speech.recognition]`: the service that understands what callers say.

use std::time::Duration;

use crate::plans::Recognition;
use crate::reader::Table;
use crate::value::Value;
use crate::web;

/// A caller who hears nothing for longer believes that nobody listens.
const TIMEOUT_S_MAX: u64 = 10;
const TIMEOUT_S: u64 = 3;
/// Where OpenAI's interface, and whatever follows it, has the text.
const TEXT_AT: &str = "/text";
const URL: &str = "http://127.0.0.1:8000/v1/audio/transcriptions";
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
    let Some(table) = root.section("speech").part("recognition", "speech.recognition") else {
        return Speech::default();
    };
    let timeout = table.seconds("timeout_s", TIMEOUT_S, 1, TIMEOUT_S_MAX);
    let url = table.need("url", &format!("\"{URL}\"")).and_then(|v| web::url(&v, URL));
    let headers = web::headers(&table);
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
