//! One value, from a file or from the environment, read as what it should be.

use std::time::Duration;

use ivr::Date;
use toml::de::DeValue;

use crate::nearest::did_you_mean;
use crate::problem::{Problem, Problems, Spot};
use crate::reader::Table;
use crate::source::FileId;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Raw<'a> {
    File(FileId, &'a DeValue<'a>),
    Env(&'a str),
}

#[derive(Clone, Debug)]
pub(crate) struct Value<'a> {
    pub(crate) spot: Spot,
    pub(crate) raw: Raw<'a>,
    pub(crate) problems: &'a Problems,
}

impl<'a> Value<'a> {
    /// Tells what is wrong with this value.
    pub(crate) fn error(&self, title: impl Into<String>, label: impl Into<String>, help: impl Into<String>) {
        self.problems.error(Problem::new(self.spot.clone(), title, label, help));
    }

    fn wrong_type(&self, wanted: &str, example: &str) {
        let found = match self.raw {
            Raw::File(_, value) => value.type_str(),
            Raw::Env(_) => "other text",
        };
        self.error(format!("expected {wanted}, found {found}"), format!("not {wanted}"), format!("write {example}"));
    }

    /// The text, without judging another type.
    pub(crate) fn as_text(&self) -> Option<&'a str> {
        match self.raw {
            Raw::File(_, value) => value.as_str(),
            Raw::Env(text) => Some(text),
        }
    }

    pub(crate) fn text(&self) -> Option<String> {
        let text = self.as_text();
        match text {
            None => self.wrong_type("a text", "it in quotes"),
            Some("") => {
                self.error("the text is empty", "nothing between the quotes", "write a value or remove the key")
            }
            Some(text) => return Some(text.to_owned()),
        }
        None
    }

    pub(crate) fn bool(&self) -> Option<bool> {
        let found = match self.raw {
            Raw::File(_, value) => value.as_bool(),
            Raw::Env(text) => text.parse().ok(),
        };
        if found.is_none() {
            self.wrong_type("true or false", "`true` or `false`, without quotes");
        }
        found
    }

    pub(crate) fn number(&self, min: u64, max: u64) -> Option<u64> {
        let found = match self.raw {
            Raw::File(_, value) => value.as_integer().map(|n| i128::from_str_radix(n.as_str(), n.radix()).ok()),
            Raw::Env(text) => text.trim().parse().ok().map(Some),
        };
        let Some(number) = found else {
            self.wrong_type("a whole number", &format!("a number from {min} to {max}, without quotes"));
            return None;
        };
        let fits = number.and_then(|n| u64::try_from(n).ok()).filter(|n| (min..=max).contains(n));
        if fits.is_none() {
            self.error(format!("must be from {min} to {max}"), "out of range", "choose a number in the range");
        }
        fits
    }

    /// A number with or without a fraction.
    pub(crate) fn decimal(&self, min: f64, max: f64) -> Option<f64> {
        let found = match self.raw {
            Raw::File(_, value) => {
                let whole = value.as_integer().map(|n| n.as_str().parse().ok());
                whole.or_else(|| value.as_float().map(|n| n.as_str().parse().ok())).flatten()
            }
            Raw::Env(text) => text.trim().parse().ok(),
        };
        let Some(number) = found else {
            self.wrong_type("a number", &format!("a number from {min} to {max}, without quotes"));
            return None;
        };
        let fits = (min..=max).contains(&number);
        if !fits {
            self.error(format!("must be from {min} to {max}"), "out of range", "choose a number in the range");
        }
        fits.then_some(number)
    }

    /// A whole number of seconds.
    pub(crate) fn seconds(&self, min: u64, max: u64) -> Option<Duration> {
        self.number(min, max).map(Duration::from_secs)
    }

    /// Text of a form: `wanted` names it, `example` shows it.
    pub(crate) fn parsed<T>(&self, wanted: &str, example: &str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let text = self.text()?;
        let found = parse(text.trim());
        if found.is_none() {
            self.error(format!("`{text}` is not {wanted}"), format!("not {wanted}"), format!("write it as {example}"));
        }
        found
    }

    /// One word of a list.
    pub(crate) fn word<T: Copy>(&self, what: &str, words: &[(&str, T)]) -> Option<T> {
        let text = self.text()?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if found.is_none() {
            let help = did_you_mean(&text, words.iter().map(|(word, _)| *word));
            self.error(format!("`{text}` is no {what}"), format!("unknown {what}"), help);
        }
        found
    }

    /// The items of a list; one text alone is a list of one, and in the environment commas part the items.
    pub(crate) fn list(&self) -> Vec<Value<'a>> {
        let with = |spot, raw| Value { spot, raw, problems: self.problems };
        match self.raw {
            Raw::Env(text) => text.split(',').map(|item| with(self.spot.clone(), Raw::Env(item.trim()))).collect(),
            Raw::File(file, value) => match (value.as_array(), value.as_str()) {
                (Some(items), _) => {
                    items.iter().map(|v| with(Spot::text(file, v.span()), Raw::File(file, v.get_ref()))).collect()
                }
                (None, Some(_)) => vec![self.clone()],
                (None, None) => {
                    self.wrong_type("a list", "it in square brackets");
                    Vec::new()
                }
            },
        }
    }

    /// The texts of a list, each with its own place.
    pub(crate) fn texts(&self) -> Vec<(String, Value<'a>)> {
        self.list().into_iter().filter_map(|item| Some((item.text()?, item))).collect()
    }

    /// A date as `2026-10-01`, in quotes or without.
    pub(crate) fn date(&self) -> Option<Date> {
        if let Raw::File(_, value) = self.raw
            && let Some(at) = value.as_datetime()
            && let Some(date) = at.date
        {
            return Some(Date { year: i32::from(date.year), month: date.month, day: date.day });
        }
        self.parsed("a date", "`2026-10-01`", |text| {
            let date: toml::value::Date = text.parse::<toml::value::Datetime>().ok()?.date?;
            Some(Date { year: i32::from(date.year), month: date.month, day: date.day })
        })
    }

    /// A table whose keys are names, in the order of the file; none for anything else.
    pub(crate) fn as_names(&self) -> Option<Vec<(&'a str, Spot, Value<'a>)>> {
        let Raw::File(file, value) = self.raw else { return None };
        let table = value.as_table()?;
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        let value = |v: &'a toml::Spanned<DeValue<'a>>| Value {
            spot: Spot::text(file, v.span()),
            raw: Raw::File(file, v.get_ref()),
            problems: self.problems,
        };
        let entries = entries.into_iter();
        Some(entries.map(|(k, v)| (k.get_ref().as_ref(), Spot::text(file, k.span()), value(v))).collect())
    }

    /// As `as_names`; anything else is an error.
    pub(crate) fn names(&self) -> Vec<(&'a str, Spot, Value<'a>)> {
        let names = self.as_names();
        if names.is_none() {
            self.wrong_type("a table", "it as `[name]` above its keys, or as `{ key = value }`");
        }
        names.unwrap_or_default()
    }

    /// The keys of a table that may hold `sections`.
    pub(crate) fn table(&self, sections: &[&'static str]) -> Option<Table<'a>> {
        let Raw::File(file, value) = self.raw else { return None };
        let Some(table) = value.as_table() else {
            self.wrong_type("a table", &format!("`[{}]` above its keys", sections.first().unwrap_or(&"")));
            return None;
        };
        Some(Table::new(file, self.spot.clone(), table, sections, self.problems))
    }
}
