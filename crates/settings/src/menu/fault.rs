//! A fault of a menu, at its line and with what to do.

use ivr::{Fault, Kind, Names, Place, Problem as Wrong, Tree};

use super::fragments::Uses;
use super::heard::Texts;
use crate::nearest::did_you_mean;
use crate::problem::{Problem, Spot};
use crate::reader::Table;
use crate::value::Value;

/// The problem that an operator reads.
pub(super) fn tell<'a>(
    root: &Table<'a>,
    uses: &Uses<'a>,
    tree: &Tree,
    refers: Names<'_>,
    texts: &Texts,
    fault: &Fault,
) -> Problem {
    let (label, help) = unspoken(texts, fault).unwrap_or_else(|| advice(tree, refers, fault));
    Problem::new(spot(root, uses, &fault.place), fault.problem.to_string(), label, help)
}

/// A prompt whose text is there, and nothing but its sound is missing.
fn unspoken(texts: &Texts, fault: &Fault) -> Option<(&'static str, String)> {
    let help = "manifest.toml has its text: build it with `hotline prompts build`, or bring a recording in";
    match &fault.problem {
        Wrong::UnknownPrompt(name) if texts.has(name, None) => Some(("a text without a sound", help.to_owned())),
        Wrong::MissingPrompt { name, locale } if texts.has(name, Some(locale)) => {
            Some(("a text without a sound", help.to_owned()))
        }
        _ => None,
    }
}

/// The deepest part of the place that is written.
pub(super) fn spot<'a>(root: &Table<'a>, uses: &Uses<'a>, place: &Place) -> Spot {
    let Some(node) = &place.node else {
        let value = (!place.field.is_empty()).then(|| root.get(place.field)).flatten();
        return value.map_or(root.spot.clone(), |v| item(v, place));
    };
    let (root, node) = uses.find(root, node);
    let nodes = root.get("node").map(|v| v.names()).unwrap_or_default();
    let Some((_, name_spot, value)) = nodes.into_iter().find(|(name, _, _)| *name == node) else {
        return root.spot.clone();
    };
    let fields = value.as_names().unwrap_or_default();
    match fields.into_iter().find(|(field, _, _)| *field == place.field) {
        Some((_, _, value)) => item(value, place),
        None => name_spot,
    }
}

/// An item of a list, or an entry of a table, where the place names one.
fn item(value: Value<'_>, place: &Place) -> Spot {
    let key = place.key.map(|key| key.as_char().to_string());
    let name = key.or_else(|| place.entry.clone());
    let found = match (name, place.index) {
        (Some(name), index) => {
            let entry =
                value.as_names().into_iter().flatten().find(|(n, _, _)| n.eq_ignore_ascii_case(&name)).map(|e| e.2);
            let item = index.zip(entry.as_ref()).and_then(|(index, entry)| entry.list().into_iter().nth(index));
            item.or(entry)
        }
        (None, Some(index)) => value.list().into_iter().nth(index),
        (None, None) => None,
    };
    found.unwrap_or(value).spot
}

/// What stands beside the caret, and what to do.
fn advice(tree: &Tree, refers: Names<'_>, fault: &Fault) -> (&'static str, String) {
    let nodes = || tree.nodes.iter().map(|n| n.name.as_str());
    match &fault.problem {
        Wrong::UnknownNode(name) => ("leads nowhere", did_you_mean(name, nodes())),
        Wrong::UnknownGroup(name) => {
            let known = did_you_mean(name, refers.groups.iter().map(String::as_str));
            ("unknown group", format!("{known}; groups stand in queues.toml"))
        }
        Wrong::UnknownHours(name) => {
            let known = did_you_mean(name, refers.hours.iter().map(|(n, _)| n.as_str()));
            ("unknown hours", format!("{known}; opening hours stand in calendar/*.toml as `[hours.NAME]`"))
        }
        Wrong::UnknownLocale(name) => {
            let known = did_you_mean(name, refers.prompts.locales().map(|(_, n)| n));
            (
                "unknown language",
                format!("{known}; languages stand under [prompts] in hotline.toml and in the menu's `locales`"),
            )
        }
        Wrong::UnknownPrompt(name) => {
            let known = did_you_mean(name, refers.prompts.names());
            (
                "no such file",
                format!("{known}; a new prompt goes into prompts/manifest.toml, then `hotline prompts build`"),
            )
        }
        Wrong::MissingPrompt { name, locale } => (
            "not in every language",
            format!("add prompts/{locale}/{name}.wav, or write `{name}@LANGUAGE` to say it in one language"),
        ),
        Wrong::UnknownValue(name) => {
            let sets = tree.nodes.iter().filter_map(|node| node.kind.sets());
            let known = did_you_mean(name, sets.flat_map(|(_, names)| names));
            (
                "unknown value",
                format!("{known}; nodes of kind digits, set and http make values, `caller` and `called` are given"),
            )
        }
        Wrong::UnknownList(name) => {
            let known = did_you_mean(name, refers.lists.iter().map(String::as_str));
            ("unknown list", format!("{known}; lists stand in queues.toml as `[[callers]]`"))
        }
        Wrong::UnknownLine(kind) => ("unknown kind of line", did_you_mean(kind, refers.lines.iter().copied())),
        Wrong::NotAQueue(_) => {
            let queues = tree
                .nodes
                .iter()
                .filter(|n| matches!(n.kind, Kind::Queue { call_back: false, .. }))
                .map(|n| n.name.as_str());
            ("no queue", did_you_mean("", queues))
        }
        other => general(other),
    }
}

fn general(problem: &Wrong) -> (&'static str, String) {
    let (label, help) = match problem {
        Wrong::MissingText { .. } => {
            ("not in every language", "write it in each, as `text = { zh-CN = \"…\", en = \"…\" }`")
        }
        Wrong::KeysOnly(_) => ("without a key", "name a node here"),
        Wrong::ReservedKey(_) => ("not free", "remove it: everywhere 0 leads to a person, * goes back and # repeats"),
        Wrong::ReservedName => ("not free", "choose another name"),
        Wrong::NoKeys => ("empty", "add keys as `keys = { 1 = \"enquiry\" }`, or make it `kind = \"play\"`"),
        Wrong::WordsWithoutKey(_) => {
            ("leads nowhere", "add the key to `keys`, or remove its words; 0, * and # lead somewhere everywhere")
        }
        Wrong::EmptyWord(_) => ("no letters", "write what callers say, in letters"),
        Wrong::SameWord { .. } => ("twice", "leave it at one key: who says it cannot mean both"),
        Wrong::TooManyWords { .. } => {
            ("too many", "keep those that callers say: a word counts wherever it stands in a sentence")
        }
        Wrong::NobodyListens => (
            "no service",
            "name the service that understands as `[speech.recognition]` with `url = …` in hotline.toml, or remove `words`",
        ),
        Wrong::NoPrompt => ("no prompt", "add `prompt = \"…\"` with the name of a prompt"),
        Wrong::NoLocale => ("empty", "name at least one, as `locales = [\"zh-CN\"]`"),
        Wrong::UnknownForm(_) => {
            ("no form", "write digits with `x` for any, as `1xxxxxxxxxx`, or mobile, id_card or luhn")
        }
        Wrong::FormTooLong { .. } => ("never fits", "change `length`, or remove this form"),
        Wrong::Length { .. } => ("out of range", "write it as `6`, or `4-12`; for one digit use a node of kind menu"),
        Wrong::ValueName(_) => ("no name", "use letters of a to z, digits and _; `caller` and `called` are given"),
        Wrong::TooManyValues { .. } => ("too many", "use a value again where its last content is not needed any more"),
        Wrong::Braces(_) => {
            ("braces", "write a value as `{order}`, and in a prompt as `{digits:order}`, number, date or time")
        }
        Wrong::NoUrl(_) => ("no address", "begin it with http:// or https://"),
        Wrong::NoPointer(_) => ("no place", "write where the answer's JSON has it, as `/order/status` (RFC 6901)"),
        Wrong::NoCase => ("empty", "add `case = [{ line = \"mobile\", goto = \"main\" }]`"),
        Wrong::NoCondition => ("always", "add a condition as `line = \"mobile\"`, or make it `otherwise`"),
        Wrong::ManyKeys { .. } => ("too far from a person", "raise `reach_keys`, or ask for a single key here"),
        Wrong::FarFromPerson { .. } => (
            "too long before a person",
            "shorten the prompts, lower `silence_tries`, or lead to a queue earlier; `reach_announcements_s` is the limit",
        ),
        Wrong::OutOfRange { .. } => ("out of range", "choose a number in the range"),
        Wrong::TooManyNodes { .. } => ("too many", "split the menu: callers do not find their way through so many"),
        Wrong::Circle(_) => ("leads back here", "let one of these nodes lead to a queue instead"),
        Wrong::SilentEnd(_) => ("hangs up", "let the last node before it lead to a queue instead"),
        Wrong::Unreachable => ("unused", "remove it, or let a key lead to it"),
        _ => ("", ""),
    };
    (label, help.to_owned())
}
