//! `[speech.synthesis]`: who speaks the texts of menus, and how it is asked.

use std::fmt;

use base::Secret;
use serde_json::{Map, Value as Json, json};
use toml::de::DeValue;

use crate::nearest::did_you_mean;
use crate::problem::Problem;
use crate::reader::Table;
use crate::value::{Raw, Value};
use crate::web;

/// A service that speaks texts over HTTP. It prints nothing of itself: keys and tokens stand wherever a service wants them.
#[derive(Clone, PartialEq)]
pub struct Synthesis {
    pub url: String,
    pub headers: Vec<(String, Secret)>,
    /// What is sent, with `{text}`, `{locale}` and `{voice}` in its texts.
    body: Json,
    /// By language tag.
    voices: Vec<(String, String)>,
}

impl fmt::Debug for Synthesis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Synthesis")
    }
}

const URL: &str = "http://127.0.0.1:8000/v1/audio/speech";
const TEXT: &str = "{text}";
const LOCALE: &str = "{locale}";
const VOICE: &str = "{voice}";
const NAMES: [&str; 3] = [TEXT, LOCALE, VOICE];
/// Tables and lists within each other: no service asks for so many.
const DEPTH_MAX: usize = 8;

impl Synthesis {
    /// A service that takes a text and its language, and no secret.
    pub fn at(url: String) -> Synthesis {
        let body = json!({"text": TEXT, "locale": LOCALE});
        Synthesis { url, headers: Vec::new(), body, voices: Vec::new() }
    }

    /// The JSON that asks for this text; whatever stands in it, it is text.
    pub fn body(&self, text: &str, locale: &str) -> String {
        self.fill(&self.body, text, locale).to_string()
    }

    /// Who speaks this language; empty where nobody is named.
    pub fn voice(&self, locale: &str) -> &str {
        self.voices.iter().find(|(known, _)| known == locale).map_or("", |(_, voice)| voice)
    }

    fn fill(&self, part: &Json, text: &str, locale: &str) -> Json {
        match part {
            Json::String(template) => {
                Json::String(filled(template, [(TEXT, text), (LOCALE, locale), (VOICE, self.voice(locale))]))
            }
            Json::Array(items) => items.iter().map(|item| self.fill(item, text, locale)).collect(),
            Json::Object(entries) => {
                let entries = entries.iter().map(|(key, value)| (key.clone(), self.fill(value, text, locale)));
                Json::Object(entries.collect())
            }
            other => other.clone(),
        }
    }
}

/// What is put in is not looked at again.
fn filled(template: &str, values: [(&str, &str); 3]) -> String {
    let (mut out, mut rest) = (String::new(), template);
    while let Some((at, (name, value))) =
        values.iter().filter_map(|value| Some((rest.find(value.0)?, value))).min_by_key(|(at, _)| *at)
    {
        out += &rest[..at];
        out += value;
        rest = &rest[at + name.len()..];
    }
    out + rest
}

/// Whether somebody is named, right or wrong.
pub(crate) fn is_named(root: &Table<'_>) -> bool {
    root.section("speech").part("synthesis", "speech.synthesis").is_some()
}

/// None where nobody is named, or where something is wrong with it.
pub(crate) fn read(root: &Table<'_>, locales: &[&str]) -> Option<Synthesis> {
    let table = root.section("speech").part("synthesis", "speech.synthesis")?;
    let url = table.need("url", &format!("\"{URL}\"")).and_then(|v| web::url(&v, URL));
    let headers = web::headers(&table);
    let given = table.get("body");
    let voices = table.get("voices").map(|v| voices(&v, locales)).unwrap_or_default();
    let body = match &given {
        Some(value) => body(value),
        None => Some(json!({"text": TEXT, "locale": LOCALE})),
    };
    let (body, url) = (body?, url?);
    let needs_voice = body.to_string().contains(VOICE);
    if let (Some(value), true) = (table.get("voices").filter(|_| !voices.is_empty()), !needs_voice) {
        let help = format!(
            "write `{VOICE}` where the service wants it, as `body = {{ text = \"{TEXT}\", voice = \"{VOICE}\" }}`"
        );
        value.problems.warn(Problem::new(
            value.spot.clone(),
            "the voices stand nowhere in `body`",
            "never asked for",
            help,
        ));
    }
    for locale in locales.iter().filter(|locale| needs_voice && !voices.iter().any(|(known, _)| known == *locale)) {
        let title = format!("`body` asks for a voice, and none speaks `{locale}`");
        let help = format!("add it as `voices = {{ {locale} = \"…\" }}`");
        let spot = given.as_ref().map_or(table.spot.clone(), |value| value.spot.clone());
        table.problems.error(Problem::new(spot, title, "no voice", help));
    }
    Some(Synthesis { url, headers, body, voices })
}

fn voices(value: &Value<'_>, locales: &[&str]) -> Vec<(String, String)> {
    let mut voices = Vec::new();
    for (locale, spot, voice) in value.names() {
        if !locales.contains(&locale) {
            let help = format!("{}; languages stand under [prompts]", did_you_mean(locale, locales.iter().copied()));
            value.problems.error(Problem::new(
                spot,
                format!("no language is named `{locale}`"),
                "unknown language",
                help,
            ));
        }
        voices.extend(voice.text().map(|voice| (locale.to_owned(), voice)));
    }
    voices
}

fn body(value: &Value<'_>) -> Option<Json> {
    value.as_names().or_else(|| Some(value.names()).filter(|names| !names.is_empty()))?;
    let body = json_of(value, 0)?;
    if !body.to_string().contains(TEXT) {
        let help = format!("write `{TEXT}` where the service wants the text, as `{{ input = \"{TEXT}\" }}`");
        value.error("the text to be spoken stands nowhere in `body`", "nothing would be spoken", help);
        return None;
    }
    Some(body)
}

/// A value as it is sent.
fn json_of(value: &Value<'_>, depth: usize) -> Option<Json> {
    let Raw::File(_, raw) = value.raw else { return None };
    if depth > DEPTH_MAX {
        value.error("tables stand too deep in each other", "too deep", format!("{DEPTH_MAX} are the most"));
        return None;
    }
    match raw {
        DeValue::String(text) => checked(value, text),
        DeValue::Integer(_) => value.number(0, u64::from(u32::MAX)).map(|number| json!(number)),
        DeValue::Float(_) => value.decimal(f64::MIN, f64::MAX).map(|number| json!(number)),
        DeValue::Boolean(truth) => Some(json!(truth)),
        DeValue::Array(_) => {
            value.list().iter().map(|item| json_of(item, depth + 1)).collect::<Option<_>>().map(Json::Array)
        }
        DeValue::Table(_) => {
            let entries =
                value.names().into_iter().map(|(key, _, value)| Some((key.to_owned(), json_of(&value, depth + 1)?)));
            entries.collect::<Option<Map<_, _>>>().map(Json::Object)
        }
        DeValue::Datetime(_) => {
            value.error("JSON knows no dates", "a date", "write it in quotes");
            None
        }
    }
}

/// A text whose braces hold what is known.
fn checked(value: &Value<'_>, text: &str) -> Option<Json> {
    let unknown =
        text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| format!("{{{name}}}"));
    let mut unknown = unknown.filter(|name| !NAMES.contains(&name.as_str()));
    if let Some(name) = unknown.next() {
        value.error(format!("nothing is filled in for `{name}`"), "unknown", did_you_mean(&name, NAMES));
        return None;
    }
    Some(json!(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_filled_in_stays_text() {
        let body =
            json!({"input": "<s>{text}</s>", "of": [{"voice": "{voice}", "speed": 1.5}], "language": "{locale}"});
        let voices = vec![("en".to_owned(), "ann \"{text}\"".to_owned())];
        let asks = Synthesis { body, voices, ..Synthesis::at("http://x/".to_owned()) };
        let sent: Json = serde_json::from_str(&asks.body("a\"}{voice}\n{text}", "en")).expect("JSON");
        assert_eq!(sent["input"], "<s>a\"}{voice}\n{text}</s>");
        assert_eq!((&sent["of"][0]["voice"], &sent["of"][0]["speed"]), (&json!("ann \"{text}\""), &json!(1.5)));
        assert_eq!((sent["language"].as_str(), asks.voice("zh-CN")), (Some("en"), ""));
        let plain = Synthesis::at("http://x/".to_owned());
        assert_eq!(plain.body("好", "zh-CN"), r#"{"locale":"zh-CN","text":"好"}"#);
        assert_eq!(format!("{asks:?}"), "Synthesis");
    }
}
