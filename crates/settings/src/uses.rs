//! Which prompts a configuration names, and where: for those who build, record or look for them. What is wrong with it is not judged.

use std::path::{Path, PathBuf};

use ivr::Tree;
use ivr::tree::Say;

use crate::call_backs;
use crate::env::Env;
use crate::groups::MUSIC;
use crate::load::parse;
use crate::menu;
use crate::problem::Problems;
use crate::reader::{Document, Table};
use crate::report::Report;
use crate::sounds;
use crate::source::{self, Part, Sources};
use crate::surges;

/// Where prompts lie, and who names which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voice {
    /// A folder with one for each language, and `music`.
    pub dir: PathBuf,
    /// Languages that prompts exist in; the first is the default.
    pub locales: Vec<String>,
    pub uses: Vec<PromptUse>,
}

/// A prompt that something names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromptUse {
    pub name: String,
    /// The folders that it is looked for in: languages, or `music`.
    pub locales: Vec<String>,
    /// Who names it, as `menu 12345: main`.
    pub by: String,
    /// Whether something is wrong without it.
    pub needed: bool,
}

/// Who says the engine's own prompts.
const ENGINE: &str = "the engine";

/// Reads which prompts the configuration in `dir` names.
///
/// # Errors
/// Every file that is missing or no TOML.
pub fn load_voice(dir: &Path, env: impl IntoIterator<Item = (String, String)>) -> Result<Voice, Report> {
    let problems = Problems::default();
    let sources = source::read(dir.into(), &problems);
    let env = Env::new(env, &problems);
    let voice = parse(&sources, &env, &problems).map(|documents| read(dir, &documents, &sources));
    match voice {
        Some(voice) => Ok(voice),
        None => Err(Report::new(problems.into_sorted().0, sources)),
    }
}

fn read(dir: &Path, documents: &[Document<'_>], sources: &Sources) -> Voice {
    let of = |part: Part| documents.iter().filter(move |d| d.part == part);
    let root = |part: Part| of(part).map(Document::root).next();
    let (dir, locales) = root(Part::Main).map(|root| sounds::place(dir.into(), &root)).unwrap_or_default();
    let mut uses = engine(&locales);
    for table in root(Part::Queues).iter().flat_map(|root| root.sections("group")) {
        uses.extend(group(&table, &locales));
    }
    for (slot, _, value) in root(Part::OnAir).and_then(|root| root.get("on_air")).iter().flat_map(|v| v.names()) {
        let by = format!("on air: {slot}");
        // What a language lacks is said in the first.
        let first: Vec<String> = locales.iter().take(1).cloned().collect();
        uses.extend(value.texts().into_iter().map(|(name, _)| used(&name, &first, &by, true)));
    }
    let (menus, fragments): (Vec<_>, Vec<_>) = (of(Part::Menu).collect(), of(Part::Fragment).collect());
    for (name, tree) in menu::trees(&menus, &fragments, sources) {
        uses.extend(of_menu(&name, &tree));
    }
    Voice { dir, locales, uses }
}

fn used(name: &str, locales: &[String], by: &str, needed: bool) -> PromptUse {
    PromptUse { name: name.to_owned(), locales: locales.to_vec(), by: by.to_owned(), needed }
}

fn engine(locales: &[String]) -> Vec<PromptUse> {
    let own = sounds::ANNOUNCEMENTS.into_iter().map(|name| used(name, locales, ENGINE, true));
    own.chain(pieces(locales, ENGINE, ivr::number_pieces)).collect()
}

/// Each language has its own pieces of numbers and days.
fn pieces(locales: &[String], by: &str, of: impl Fn(&str) -> Vec<&'static str>) -> Vec<PromptUse> {
    let named = locales.iter().flat_map(|locale| of(locale).into_iter().map(move |name| (locale, name)));
    named.map(|(locale, name)| used(name, std::slice::from_ref(locale), by, true)).collect()
}

fn group(table: &Table<'_>, locales: &[String]) -> Vec<PromptUse> {
    let by = format!("group {}", table.text("name", ""));
    let surge = table.text("surge_prompt", surges::PROMPT);
    let by_rule = table.get("surge").or_else(|| table.get("surge_prompt")).is_some();
    let mut uses = vec![used(&surge, locales, &by, by_rule)];
    if table.get("call_back_key").is_some() {
        uses.extend(call_backs::ANNOUNCEMENTS.into_iter().map(|name| used(name, locales, &by, true)));
    }
    if table.bool("announce_wait", false) {
        uses.extend(pieces(locales, &by, ivr::wait_pieces));
    }
    let music = table.get("music").map_or(Some(MUSIC.to_owned()), |value| value.as_text().map(str::to_owned));
    let music = music.filter(|name| !name.is_empty());
    uses.extend(music.map(|name| used(&name, &["music".to_owned()], &by, true)));
    uses
}

fn of_menu(menu: &str, tree: &Tree) -> Vec<PromptUse> {
    let mut uses = said(&Say::always(&tree.invalid_prompt), tree, &format!("menu {menu}"));
    for node in &tree.nodes {
        let by = format!("menu {menu}: {}", node.name);
        for part in node.prompt.iter().chain(menu::own_says(node).1) {
            uses.extend(said(part, tree, &by));
        }
    }
    uses
}

/// A part of a prompt: a name, `name@locale`, or a value.
fn said(part: &Say, tree: &Tree, by: &str) -> Vec<PromptUse> {
    let text = part.text.as_str();
    let only = menu::languages(&part.when);
    let is_said = |locale: &&String| only.is_none_or(|only| only.contains(locale));
    let locales: Vec<String> = tree.locales.iter().filter(is_said).cloned().collect();
    match (text.strip_prefix('{'), text.split_once('@')) {
        (Some(value), _) if value.starts_with("date:") => pieces(&locales, by, ivr::date_pieces),
        (Some(value), _) if value.starts_with("time:") => pieces(&locales, by, ivr::time_pieces),
        (Some(_), _) => Vec::new(),
        (None, Some((name, locale))) => vec![used(name, &[locale.to_owned()], by, true)],
        (None, None) => vec![used(text, &locales, by, true)],
    }
}
