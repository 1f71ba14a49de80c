//! `menu/*.toml`: the tree as an operator writes it.

use std::sync::Arc;
use std::time::Duration;

use base::Digit;
use call::plan::MenuVersion;
use ivr::{Choice, Fault, Hours, Kind, Names, Node, Problem as Wrong, Tree};
use sha2::{Digest, Sha256};

use crate::problem::{Problem, Problems, Spot};
use crate::reader::{Document, Table};
use crate::sounds::SoundPlan;
use crate::source::Sources;
use crate::value::Value;

mod fault;

use fault::tell;

#[derive(Clone, Debug, Default)]
pub(crate) struct Menus {
    /// File names without their ending.
    pub(crate) names: Vec<String>,
    /// By place in `names`, when every menu compiled.
    pub(crate) versions: Vec<Arc<MenuVersion>>,
}

pub(crate) fn read(
    documents: &[&Document<'_>],
    sources: &Sources,
    hours: &[(String, Hours)],
    groups: &[String],
    sounds: &SoundPlan,
    problems: &Problems,
) -> Menus {
    let refers = Names { groups, hours, prompts: &sounds.prompts };
    let mut menus = Menus::default();
    for document in documents {
        let Some(source) = sources.get(document.file) else { continue };
        let name = source.path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        menus.names.push(name.clone());
        let root = document.root();
        let (tree, broken) = tree(&root);
        match ivr::compile(&tree, refers) {
            Ok(compiled) if broken.is_empty() => {
                compiled.warnings.iter().for_each(|fault| problems.warn(tell(&root, &tree, refers, fault)));
                let version = version(&source.text, refers);
                menus.versions.push(Arc::new(MenuVersion { name, version, menu: compiled.menu }));
            }
            Ok(_) => {}
            Err(faults) => {
                let own = faults.iter().filter(|fault| !broken.causes(fault) && !is_unheard(fault, sounds));
                own.for_each(|fault| problems.error(tell(&root, &tree, refers, fault)));
            }
        }
    }
    menus
}

/// Whether the fault only follows from a folder of prompts that cannot be read.
fn is_unheard(fault: &Fault, sounds: &SoundPlan) -> bool {
    sounds.incomplete && matches!(fault.problem, Wrong::UnknownPrompt(_) | Wrong::MissingPrompt { .. })
}

/// Twelve digits of the hash of what decides a caller's way: the text, which names its groups, and the hours.
fn version(text: &str, refers: Names<'_>) -> String {
    let mut hash = Sha256::new();
    hash.update(text);
    hash.update(format!("{:?}", refers.hours));
    hash.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

const DEFAULT_SILENCE_S: u64 = 5;
const DEFAULT_TRIES: u8 = 2;

/// What could not be read and was told of: the rest of the menu is judged with something in its place.
#[derive(Debug, Default)]
struct Broken {
    nodes: Vec<String>,
    fields: Vec<&'static str>,
}

impl Broken {
    fn is_empty(&self) -> bool {
        self.nodes.is_empty() && self.fields.is_empty()
    }

    /// Whether the fault may be no fault of its own.
    fn causes(&self, fault: &Fault) -> bool {
        let proved = matches!(fault.problem, Wrong::Circle(_) | Wrong::SilentEnd(_) | Wrong::Unreachable);
        match &fault.place.node {
            _ if proved => !self.is_empty(),
            Some(node) => self.nodes.contains(node),
            None => self.fields.contains(&fault.place.field),
        }
    }
}

fn tree(root: &Table<'_>) -> (Tree, Broken) {
    let mut broken = Broken::default();
    let locales = root.need("locales", "[\"zh-CN\", \"en\"]").map(|v| v.texts()).unwrap_or_default();
    let mut needed = |key, example| {
        let text = root.need(key, example).and_then(|v| v.text());
        if text.is_none() {
            broken.fields.push(key);
        }
        text.unwrap_or_default()
    };
    let (start, person) = (needed("start", "\"welcome\""), needed("person", "\"staff\""));
    if root.get("locales").is_none() {
        broken.fields.push("locales");
    }
    let mut nodes = Vec::new();
    for (name, spot, value) in root.get("node").map(|v| v.names()).unwrap_or_default() {
        let read = node(name, spot, &value);
        if read.is_none() {
            broken.nodes.push(name.to_owned());
        }
        nodes.push(read.unwrap_or_else(|| stand_in(name)));
    }
    let target = |key| root.get(key).and_then(|v| v.text());
    let tree = Tree {
        locales: locales.into_iter().map(|(name, _)| name).collect(),
        start,
        surge_start: target("surge_start"),
        person,
        silence: seconds(root).unwrap_or(Duration::from_secs(DEFAULT_SILENCE_S)),
        silence_tries: tries(root, "silence_tries").unwrap_or(DEFAULT_TRIES),
        invalid_tries: tries(root, "invalid_tries").unwrap_or(DEFAULT_TRIES),
        on_silence: target("on_silence"),
        on_invalid: target("on_invalid"),
        invalid_prompt: root.text("invalid_prompt", "invalid-key"),
        nodes,
    };
    (tree, broken)
}

/// Fits wherever a node is asked for.
fn stand_in(name: &str) -> Node {
    let kind = Kind::Queue { group: String::new(), by_locale: Vec::new(), priority: 0 };
    Node { name: name.to_owned(), prompt: Vec::new(), interrupt: true, kind }
}

/// The compiler judges the range, so that a number has one judge.
fn seconds(table: &Table<'_>) -> Option<Duration> {
    table.get("silence_s").and_then(|v| v.seconds(0, u64::from(u32::MAX)))
}

fn tries(table: &Table<'_>, key: &str) -> Option<u8> {
    table.get(key).and_then(|v| v.number(0, u64::from(u8::MAX))).and_then(|n| u8::try_from(n).ok())
}

#[derive(Clone, Copy)]
enum Word {
    Play,
    Menu,
    Hours,
    Queue,
    End,
}

const KINDS: [(&str, Word); 5] =
    [("play", Word::Play), ("menu", Word::Menu), ("hours", Word::Hours), ("queue", Word::Queue), ("end", Word::End)];

fn node(name: &str, name_spot: Spot, value: &Value<'_>) -> Option<Node> {
    let entries = value.names();
    let Some((_, _, kind)) = entries.iter().find(|(key, _, _)| *key == "kind") else {
        let title = format!("the node `{name}` has no kind");
        let help = "add `kind = \"menu\"`, or play, hours, queue, end";
        value.problems.error(Problem::new(name_spot, title, "what happens here?", help));
        return None;
    };
    let word = kind.word("kind of node", &KINDS)?;
    let section = match word {
        Word::Play => "node.play",
        Word::Menu => "node.menu",
        Word::Hours => "node.hours",
        Word::Queue => "node.queue",
        Word::End => "node.end",
    };
    let table = value.table(&["node", section])?;
    let prompt = table.get("prompt");
    if let (Some(prompt), Word::Hours) = (&prompt, word) {
        prompt.error("a node of kind `hours` says nothing", "never heard", "move the prompt to the node that follows");
    }
    let prompt = prompt.map(|v| v.texts()).unwrap_or_default();
    Some(Node {
        name: name.to_owned(),
        prompt: prompt.into_iter().map(|(name, _)| name).collect(),
        interrupt: table.bool("interrupt", true),
        kind: node_kind(word, &table)?,
    })
}

fn node_kind(word: Word, table: &Table<'_>) -> Option<Kind> {
    let target = |key| table.need(key, "\"main\"").and_then(|v| v.text());
    let maybe = |key| table.get(key).and_then(|v| v.text());
    match word {
        Word::Play => Some(Kind::Play { next: target("next")? }),
        Word::Menu => Some(Kind::Menu {
            keys: keys(table)?,
            silence: seconds(table),
            silence_tries: tries(table, "silence_tries"),
            invalid_tries: tries(table, "invalid_tries"),
            on_silence: maybe("on_silence"),
            on_invalid: maybe("on_invalid"),
        }),
        Word::Hours => {
            let (hours, open, closed) = (target("hours"), target("open"), target("closed"));
            Some(Kind::Hours { hours: hours?, open: open?, closed: closed? })
        }
        Word::Queue => {
            let own = table.get("group_by_locale").map(|v| v.names()).unwrap_or_default();
            let own = own.into_iter().filter_map(|(locale, _, value)| Some((locale.to_owned(), value.text()?)));
            Some(Kind::Queue {
                by_locale: own.collect(),
                priority: table.number("priority", 5, 0, call::plan::PRIORITY_MAX.into()) as u8,
                group: target("group")?,
            })
        }
        Word::End => Some(Kind::End),
    }
}

/// `1 = "enquiry"`, or `9 = { locale = "en", goto = "main" }`.
fn keys(table: &Table<'_>) -> Option<Vec<(Digit, Choice)>> {
    let value = table.need("keys", "{ 1 = \"enquiry\" }")?;
    let keys =
        value.names().into_iter().filter_map(|(name, spot, value)| Some((key(name, spot, &value)?, choice(&value)?)));
    Some(keys.collect())
}

fn key(name: &str, spot: Spot, value: &Value<'_>) -> Option<Digit> {
    let mut chars = name.chars();
    let key = chars.next().and_then(Digit::from_char).filter(|_| chars.next().is_none());
    if key.is_none() {
        let title = format!("`{name}` is no key of a telephone");
        value.problems.error(Problem::new(spot, title, "one key", "write one of 1 to 9, or A to D"));
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
