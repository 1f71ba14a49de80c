//! A node as it is written.

use std::time::Duration;

use base::Digit;
use ivr::tree::{Case, Digits, Http, Speak, Text, Transfer};
use ivr::{Choice, Kind, Node};

use super::{Broken, asked, says};
use crate::problem::{Problem, Spot};
use crate::reader::Table;
use crate::value::Value;

/// A day: nobody is transferred for longer.
const TALK_S_MAX: u64 = 24 * 3600;

/// Nobody waits longer in silence to hear a sentence.
const DEFAULT_SPEAK_TIMEOUT: Duration = Duration::from_secs(3);
/// Two sentences, and room before a person.
const DEFAULT_SPEAK_LENGTH: Duration = Duration::from_secs(20);

/// Every node of a file; one that cannot be read is told of, and something stands in its place.
pub(super) fn all(root: &Table<'_>, broken: &mut Broken) -> Vec<Node> {
    let mut nodes = Vec::new();
    for (name, spot, value) in root.get("node").map(|v| v.names()).unwrap_or_default() {
        let read = node(name, spot, &value);
        if read.is_none() {
            broken.nodes.push(name.to_owned());
        }
        nodes.push(read.unwrap_or_else(|| stand_in(name)));
    }
    nodes
}

/// Fits wherever a node is asked for.
fn stand_in(name: &str) -> Node {
    let (group, skills) = (String::new(), String::new());
    let kind = Kind::Queue { group, skills, by_locale: Vec::new(), priority: 0, call_back: false };
    Node { name: name.to_owned(), prompt: Vec::new(), interrupt: true, kind }
}

/// The compiler judges the range, so that a number has one judge.
pub(super) fn seconds(table: &Table<'_>, key: &str) -> Option<Duration> {
    table.get(key).and_then(|v| v.seconds(0, u64::from(u32::MAX)))
}

pub(super) fn tries(table: &Table<'_>, key: &str) -> Option<u8> {
    table.get(key).and_then(|v| v.number(0, u64::from(u8::MAX))).and_then(|n| u8::try_from(n).ok())
}

#[derive(Clone, Copy)]
enum Word {
    Play,
    OnAir,
    Menu,
    Digits,
    Hours,
    When,
    Set,
    Http,
    Speak,
    Queue,
    CallBack,
    Transfer,
    Rate,
    End,
}

const KINDS: [(&str, Word); 14] = [
    ("play", Word::Play),
    ("on_air", Word::OnAir),
    ("menu", Word::Menu),
    ("digits", Word::Digits),
    ("hours", Word::Hours),
    ("when", Word::When),
    ("set", Word::Set),
    ("http", Word::Http),
    ("speak", Word::Speak),
    ("queue", Word::Queue),
    ("call_back", Word::CallBack),
    ("transfer", Word::Transfer),
    ("rate", Word::Rate),
    ("end", Word::End),
];

/// Every kind of node by its word, with the section of its keys.
pub(crate) fn kinds() -> impl Iterator<Item = (&'static str, &'static str)> {
    KINDS.iter().map(|(word, kind)| (*word, kind.section()))
}

impl Word {
    fn section(self) -> &'static str {
        match self {
            Word::Play => "node.play",
            Word::OnAir => "node.on_air",
            Word::Menu => "node.menu",
            Word::Digits => "node.digits",
            Word::Hours => "node.hours",
            Word::When => "node.when",
            Word::Set => "node.set",
            Word::Http => "node.http",
            Word::Speak => "node.speak",
            Word::Queue | Word::CallBack => "node.queue",
            Word::Transfer => "node.transfer",
            Word::Rate => "node.rate",
            Word::End => "node.end",
        }
    }

    /// Whether nobody would hear a prompt here.
    fn is_silent(self) -> bool {
        matches!(self, Word::Hours | Word::When | Word::Set | Word::OnAir)
    }
}

fn node(name: &str, name_spot: Spot, value: &Value<'_>) -> Option<Node> {
    if name.contains('/') {
        let title = format!("`{name}` cannot be the name of a node");
        let help = "leave the / out: it stands between a fragment and its nodes";
        value.problems.error(Problem::new(name_spot, title, "not free", help));
        return None;
    }
    let entries = value.names();
    let Some((_, _, kind)) = entries.iter().find(|(key, _, _)| *key == "kind") else {
        let title = format!("the node `{name}` has no kind");
        let help = "add `kind = \"menu\"`, or play, digits, hours, when, set, http, speak, queue, call_back, transfer, on_air, rate, end";
        value.problems.error(Problem::new(name_spot, title, "what happens here?", help));
        return None;
    };
    let word = kind.word("kind of node", &KINDS)?;
    let table = value.table(&["node", word.section()])?;
    let prompt = table.get("prompt");
    if let (Some(prompt), true) = (&prompt, word.is_silent()) {
        let kind = kind.as_text().unwrap_or_default();
        let title = format!("a node of kind `{kind}` says nothing");
        prompt.error(title, "never heard", "move the prompt to the node that follows");
    }
    Some(Node {
        name: name.to_owned(),
        prompt: prompt.map(|v| says::parts(&v)).unwrap_or_default(),
        interrupt: table.bool("interrupt", true),
        kind: node_kind(word, &table)?,
    })
}

fn node_kind(word: Word, table: &Table<'_>) -> Option<Kind> {
    let target = |key| table.need(key, "\"main\"").and_then(|v| v.text());
    match word {
        Word::Play => Some(Kind::Play { next: target("next")? }),
        Word::OnAir => {
            let slot = table.need("slot", "\"news\"").and_then(|v| v.text());
            let next = target("next");
            Some(Kind::OnAir { slot: slot?, next: next? })
        }
        Word::Menu => menu(table),
        Word::Digits => digits(table).map(Kind::Digits),
        Word::Hours => {
            let (hours, open, closed) = (target("hours"), target("open"), target("closed"));
            Some(Kind::Hours { hours: hours?, open: open?, closed: closed? })
        }
        Word::When => {
            let cases = table.need("case", "[{ line = \"mobile\", goto = \"main\" }]");
            let cases: Vec<_> = cases.map(|v| v.list()).unwrap_or_default().iter().filter_map(case).collect();
            Some(Kind::When { cases, otherwise: target("otherwise")? })
        }
        Word::Set => Some(Kind::Set {
            values: texts(table, "values"),
            locale: table.get("locale").and_then(|v| v.text()),
            priority: table.number("priority", 0, 0, call::plan::PRIORITY_MAX.into()) as u8,
            next: target("next")?,
        }),
        Word::Http => http(table).map(Kind::Http),
        Word::Speak => speak(table).map(Kind::Speak),
        Word::Queue => queue(table, false),
        Word::CallBack => queue(table, true),
        Word::Transfer => transfer(table).map(Kind::Transfer),
        Word::Rate => Some(Kind::Rate { next: target("next")? }),
        Word::End => Some(Kind::End),
    }
}

fn menu(table: &Table<'_>) -> Option<Kind> {
    let maybe = |key| table.get(key).and_then(|v| v.text());
    Some(Kind::Menu {
        keys: keys(table)?,
        words: table.get("words").map(|v| spoken(&v)).unwrap_or_default(),
        silence: seconds(table, "silence_s"),
        silence_tries: tries(table, "silence_tries"),
        invalid_tries: tries(table, "invalid_tries"),
        on_silence: maybe("on_silence"),
        on_invalid: maybe("on_invalid"),
    })
}

/// `1 = "enquiry"`, or `9 = { locale = "en", goto = "main" }`.
fn keys(table: &Table<'_>) -> Option<Vec<(Digit, Choice)>> {
    let value = table.need("keys", "{ 1 = \"enquiry\" }")?;
    let help = "write one of 1 to 9, or A to D";
    let keys = value
        .names()
        .into_iter()
        .filter_map(|(name, spot, value)| Some((key(name, spot, &value, help)?, choice(&value)?)));
    Some(keys.collect())
}

/// `2 = ["complaint", "投诉"]`.
fn spoken(value: &Value<'_>) -> Vec<(Digit, Vec<String>)> {
    let own = |(name, spot, value): (&str, Spot, Value<'_>)| {
        let help = "write one of 0 to 9, *, #, or A to D, with the words that callers say for it";
        let words = value.texts().into_iter().map(|(word, _)| word).collect();
        Some((key(name, spot, &value, help)?, words))
    };
    value.names().into_iter().filter_map(own).collect()
}

fn key(name: &str, spot: Spot, value: &Value<'_>, help: &str) -> Option<Digit> {
    let mut chars = name.chars();
    let key = chars.next().and_then(Digit::from_char).filter(|_| chars.next().is_none());
    if key.is_none() {
        let title = format!("`{name}` is no key of a telephone");
        value.problems.error(Problem::new(spot, title, "one key", help));
    }
    key
}

fn choice(value: &Value<'_>) -> Option<Choice> {
    if value.as_names().is_none() {
        return Some(Choice { locale: None, next: value.text()? });
    }
    let table = value.table(&["key"])?;
    let next = table.need("goto", "\"main\"").and_then(|v| v.text());
    Some(Choice { locale: table.get("locale").and_then(|v| v.text()), next: next? })
}

fn case(value: &Value<'_>) -> Option<Case> {
    let table = value.table(&["case", "test"])?;
    let next = table.need("goto", "\"main\"").and_then(|v| v.text());
    Some(Case { when: says::tests(&table), next: next? })
}

fn digits(table: &Table<'_>) -> Option<Digits> {
    let length = table.need("length", "\"4-12\"");
    let length = length.and_then(|v| v.parsed("how many digits", "`6`, or `4-12`", lengths));
    let into = table.need("into", "\"order\"").and_then(|v| v.text());
    let next = table.need("next", "\"main\"").and_then(|v| v.text());
    let (min, max) = length?;
    Some(Digits {
        into: into?,
        min,
        max,
        valid: table.get("valid").map(|v| says::words(&v)).unwrap_or_default(),
        star: table.get("star").and_then(|v| star(&v)),
        confirm: table.get("confirm").map(|v| says::parts(&v)),
        silence: seconds(table, "silence_s"),
        gap: seconds(table, "gap_s"),
        tries: tries(table, "tries"),
        next: next?,
        failed: table.get("failed").and_then(|v| v.text()),
    })
}

fn lengths(text: &str) -> Option<(u8, u8)> {
    match text.split_once('-') {
        Some((min, max)) => Some((min.trim().parse().ok()?, max.trim().parse().ok()?)),
        None => text.parse().ok().map(|exact| (exact, exact)),
    }
}

fn star(value: &Value<'_>) -> Option<char> {
    value.parsed("a letter", "`X`", |text| {
        let mut chars = text.chars();
        chars.next().filter(|c| c.is_ascii_alphanumeric() && chars.next().is_none())
    })
}

fn http(table: &Table<'_>) -> Option<Http> {
    let need = |key, example| table.need(key, example).and_then(|v| v.text());
    let url = need("url", "\"http://desk/orders/{order}\"");
    let (next, failed) = (need("next", "\"main\""), need("failed", "\"staff\""));
    Some(Http {
        url: url?,
        send: table.get("send").is_some().then(|| texts(table, "send")),
        headers: texts(table, "headers"),
        take: texts(table, "take"),
        timeout: seconds(table, "timeout_s").unwrap_or(Duration::from_secs(5)),
        next: next?,
        failed: failed?,
    })
}

fn speak(table: &Table<'_>) -> Option<Speak> {
    let text = table.need("text", "\"您反映的“{subject}”正在办理。\"");
    let text = text.and_then(|value| match value.as_names() {
        Some(_) => Some(Text::ByLocale(texts(table, "text"))),
        None => value.text().map(Text::One),
    });
    let otherwise = table.need("otherwise", "\"please-wait\"").map(|v| says::parts(&v));
    let next = table.need("next", "\"main\"").and_then(|v| v.text());
    Some(Speak {
        text: text?,
        otherwise: otherwise?,
        timeout: seconds(table, "timeout_s").unwrap_or(DEFAULT_SPEAK_TIMEOUT),
        max: seconds(table, "max_s").unwrap_or(DEFAULT_SPEAK_LENGTH),
        next: next?,
    })
}

/// A table of texts, in the order of the file.
fn texts(table: &Table<'_>, key: &str) -> Vec<(String, String)> {
    let entries = table.get(key).map(|v| v.names()).unwrap_or_default();
    let one = |(name, _, value): (&str, Spot, Value<'_>)| {
        // An empty text is what a value has before anything is known.
        let text = value.as_text().map(str::to_owned).or_else(|| value.text())?;
        Some((name.to_owned(), text))
    };
    entries.into_iter().filter_map(one).collect()
}

fn queue(table: &Table<'_>, call_back: bool) -> Option<Kind> {
    let own = table.get("group_by_locale").map(|v| v.names()).unwrap_or_default();
    let own = own.into_iter().filter_map(|(locale, _, value)| Some((locale.to_owned(), value.text()?)));
    Some(Kind::Queue {
        by_locale: own.collect(),
        skills: asked::suffix(table),
        priority: table.number("priority", 5, 0, call::plan::PRIORITY_MAX.into()) as u8,
        group: table.need("group", "\"consult\"").and_then(|v| v.text())?,
        call_back,
    })
}

fn transfer(table: &Table<'_>) -> Option<Transfer> {
    let need = |key, example| table.need(key, example).and_then(|v| v.text());
    let (to, failed) = (need("to", "\"110\""), need("failed", "\"staff\""));
    Some(Transfer {
        to: to?,
        ring: seconds(table, "ring_s").unwrap_or(Duration::from_secs(45)),
        talk_max: table.get("talk_max_s").and_then(|v| v.seconds(1, TALK_S_MAX)),
        failed: failed?,
    })
}
