//! Tables of a file: asks for keys, notices those that nobody knows.

use std::time::Duration;

use toml::de::DeTable;

use crate::env::Env;
use crate::keys;
use crate::nearest::{did_you_mean, nearest};
use crate::problem::{Problem, Problems, Spot};
use crate::source::{FileId, Part, Sources};
use crate::value::{Raw, Value};

/// A parsed file.
#[derive(Debug)]
pub(crate) struct Document<'a> {
    pub(crate) file: FileId,
    pub(crate) part: Part,
    table: DeTable<'a>,
    env: &'a Env,
    problems: &'a Problems,
}

impl<'a> Document<'a> {
    /// None, with every fault of its grammar told, when the text is no TOML.
    pub(crate) fn parse(sources: &'a Sources, file: FileId, env: &'a Env, problems: &'a Problems) -> Option<Self> {
        let source = sources.get(file)?;
        let (table, errors) = DeTable::parse_recoverable(&source.text);
        for error in &errors {
            let spot = Spot::text(file, error.span().unwrap_or(0..0));
            let help = "write `key = value`, texts in quotes, and give each key once: https://toml.io";
            problems.error(Problem::new(spot, error.message(), "", help));
        }
        errors.is_empty().then(|| Document { file, part: source.part, table: table.into_inner(), env, problems })
    }

    /// The keys above all tables.
    pub(crate) fn root(&self) -> Table<'_> {
        let (sections, tables) = tables(self.part);
        let spot = Spot::text(self.file, 0..0);
        let mut root = Table::with_tables(self.file, spot, &self.table, sections, tables, self.problems);
        root.env = Some(self.env);
        root
    }
}

/// The sections whose keys stand above all tables of a file, and the tables.
pub(crate) fn tables(part: Part) -> (&'static [&'static str], &'static [&'static str]) {
    match part {
        Part::Main => (
            &[],
            &[
                "server", "sip", "http", "media", "prompts", "connect", "limits", "drain", "dns", "ladder", "numbers",
                "speech", "county", "network", "trunk", "dial", "called", "token",
            ],
        ),
        Part::Queues => (&[], &["queue", "back_off", "callers", "skill", "group", "agents", "agent"]),
        Part::OnAir | Part::OnAirByHand => (&[], &["on_air"]),
        Part::Calendar => (&[], &["hours", "holiday", "workday"]),
        Part::Menu => (&["tree"], &[]),
        Part::Fragment => (&["fragment"], &[]),
        // A script is no TOML.
        Part::Script => (&[], &[]),
        Part::Profile => (&[], &["calls", "burst", "choice", "keypad", "patience", "staff", "trouble"]),
    }
}

/// A table and what may stand in it.
#[derive(Clone, Debug)]
pub(crate) struct Table<'a> {
    pub(crate) file: FileId,
    pub(crate) spot: Spot,
    table: Option<&'a DeTable<'a>>,
    /// The section whose variables go before the file.
    section: &'static str,
    known: Vec<&'static str>,
    env: Option<&'a Env>,
    pub(crate) problems: &'a Problems,
}

impl<'a> Table<'a> {
    pub(crate) fn new(
        file: FileId,
        spot: Spot,
        table: &'a DeTable<'a>,
        sections: &[&'static str],
        problems: &'a Problems,
    ) -> Table<'a> {
        Table::with_tables(file, spot, table, sections, &[], problems)
    }

    fn with_tables(
        file: FileId,
        spot: Spot,
        table: &'a DeTable<'a>,
        sections: &[&'static str],
        tables: &[&'static str],
        problems: &'a Problems,
    ) -> Table<'a> {
        let known = sections.iter().flat_map(|s| keys::of_section(s)).chain(tables.iter().copied()).collect();
        let section = sections.first().copied().unwrap_or("");
        let table = Table { file, spot, table: Some(table), section, known, env: None, problems };
        table.refuse_unknown();
        table
    }

    fn refuse_unknown(&self) {
        let Some(table) = self.table else { return };
        for (key, _) in table.iter() {
            let name = key.get_ref().as_ref();
            if !self.known.contains(&name) {
                let help = match nearest(name, self.known.iter().copied()) {
                    None => {
                        format!("{}; docs/config.md describes each", did_you_mean(name, self.known.iter().copied()))
                    }
                    Some(near) => format!("did you mean `{near}`?"),
                };
                let spot = Spot::text(self.file, key.span());
                self.problems.error(Problem::new(spot, format!("unknown key `{name}`"), "nobody reads this", help));
            }
        }
    }

    /// A table of this one by its section's name; empty when it is not there, so that the environment still counts.
    pub(crate) fn section(&self, section: &'static str) -> Table<'a> {
        let value = self.entry(section);
        let found = value.and_then(|value| value.table(&[section]));
        let mut table = found.unwrap_or_else(|| Table { table: None, known: Vec::new(), ..self.clone() });
        (table.section, table.env) = (section, self.env);
        table
    }

    /// A table in this one, which has keys of a section of its own; none where neither the file nor the environment has any of them.
    pub(crate) fn part(&self, key: &'static str, section: &'static str) -> Option<Table<'a>> {
        let found = self.entry(key).and_then(|value| value.table(&[section]));
        let by_env =
            || keys::of_section(section).any(|key| self.env.is_some_and(|env| env.get(section, key).is_some()));
        let mut table = match found {
            Some(table) => table,
            None if by_env() => Table { table: None, known: Vec::new(), ..self.clone() },
            None => return None,
        };
        (table.section, table.env) = (section, self.env);
        Some(table)
    }

    /// The tables of `[[section]]`, in order.
    pub(crate) fn sections(&self, section: &'static str) -> Vec<Table<'a>> {
        let items = self.entry(section).map(|value| value.list()).unwrap_or_default();
        items.into_iter().filter_map(|item| item.table(&[section])).collect()
    }

    fn entry(&self, key: &str) -> Option<Value<'a>> {
        let value = self.table?.get(key)?;
        let spot = Spot::text(self.file, value.span());
        Some(Value { spot, raw: Raw::File(self.file, value.get_ref()), problems: self.problems })
    }

    /// The variable, else the file's value.
    pub(crate) fn get(&self, key: &str) -> Option<Value<'a>> {
        debug_assert!(self.table.is_none() || self.known.contains(&key), "{key} is missing in keys.rs");
        let env = self.env.and_then(|env| env.get(self.section, key));
        match env {
            Some((name, text)) => {
                Some(Value { spot: Spot::Env(name.to_owned()), raw: Raw::Env(text), problems: self.problems })
            }
            None => self.entry(key),
        }
    }

    /// As `get`; a key that is not there is an error.
    pub(crate) fn need(&self, key: &str, example: &str) -> Option<Value<'a>> {
        let value = self.get(key);
        if value.is_none() {
            let title = format!("`{key}` is missing");
            let help = format!("add a line as `{key} = {example}`");
            self.problems.error(Problem::new(self.spot.clone(), title, "in this table", help));
        }
        value
    }

    pub(crate) fn text(&self, key: &str, default: &str) -> String {
        self.get(key).and_then(|v| v.text()).unwrap_or_else(|| default.to_owned())
    }

    pub(crate) fn bool(&self, key: &str, default: bool) -> bool {
        self.get(key).and_then(|v| v.bool()).unwrap_or(default)
    }

    pub(crate) fn number(&self, key: &str, default: u64, min: u64, max: u64) -> u64 {
        self.get(key).and_then(|v| v.number(min, max)).unwrap_or(default)
    }

    pub(crate) fn seconds(&self, key: &str, default: u64, min: u64, max: u64) -> Duration {
        Duration::from_secs(self.number(key, default, min, max))
    }
}
