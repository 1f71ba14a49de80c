//! Conditions on the caller, the call and the hour.

use std::collections::BTreeMap;
use std::time::Duration;

use base::{GroupId, Now};

use crate::value::{ValueId, Values};
use crate::{Hours, LocaleId, Prompts};

/// What a menu may ask about a call and about the world at this moment.
#[derive(Clone, Copy, Debug)]
pub struct Around<'a> {
    /// The number in its one form; empty where nobody may know it.
    pub caller: &'a str,
    /// The number that was dialled.
    pub called: &'a str,
    /// Chinese name of the city where the caller's number is at home, of all cities that share its area code; empty where none is known.
    pub city: &'a str,
    pub county: &'a str,
    /// The word for the kind of line.
    pub line: &'a str,
    /// The list of callers that the number stands in.
    pub list: &'a str,
    /// Calls of this number before this one, lately.
    pub called_before: u32,
    /// Groups in surge.
    pub surging: &'a [GroupId],
    pub on_air: &'a OnAir,
    pub prompts: &'a Prompts,
    /// How long the service may take that understands what callers say; none where there is none.
    pub understands: Option<Duration>,
}

/// What operators have put on air: the names of prompts, by slot.
pub type OnAir = BTreeMap<String, Vec<String>>;

static NOTHING_ON_AIR: OnAir = OnAir::new();
static NO_PROMPTS: Prompts = Prompts::none();

/// Nothing is known.
impl Default for Around<'_> {
    fn default() -> Self {
        Around {
            caller: "",
            called: "",
            city: "",
            county: "",
            line: "",
            list: "",
            called_before: 0,
            surging: &[],
            on_air: &NOTHING_ON_AIR,
            prompts: &NO_PROMPTS,
            understands: None,
        }
    }
}

/// A condition, with its names looked up; of several words one has to fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Test {
    Locale(Vec<LocaleId>),
    Callers(Vec<String>),
    City(Vec<String>),
    County(Vec<String>),
    Line(Vec<String>),
    Called(Vec<String>),
    CalledBefore(u32),
    Surge(Vec<GroupId>),
    Open(usize),
    Value { of: ValueId, is: Vec<String> },
}

/// What a condition is judged by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Judge<'a> {
    pub(crate) hours: &'a [Hours],
    pub(crate) around: &'a Around<'a>,
    pub(crate) now: Now,
    pub(crate) locale: LocaleId,
    pub(crate) values: &'a Values,
}

impl Judge<'_> {
    pub(crate) fn all(&self, tests: &[Test]) -> bool {
        tests.iter().all(|test| self.holds(test))
    }

    fn holds(&self, test: &Test) -> bool {
        let around = self.around;
        match test {
            Test::Locale(locales) => locales.contains(&self.locale),
            Test::Callers(lists) => is_one(around.list, lists),
            // Cities that share an area code stand in one name, as 成都、眉山、资阳.
            Test::City(cities) => around.city.split('、').any(|city| is_one(city, cities)),
            Test::County(counties) => is_one(around.county, counties),
            Test::Line(kinds) => is_one(around.line, kinds),
            Test::Called(numbers) => is_one(around.called, numbers),
            Test::CalledBefore(least) => around.called_before >= *least,
            Test::Surge(groups) => groups.iter().any(|group| around.surging.contains(group)),
            Test::Open(hours) => self.hours.get(*hours).is_some_and(|hours| hours.is_open(self.now.wall)),
            Test::Value { of, is } => is.iter().any(|text| text == self.values.get(*of)),
        }
    }
}

fn is_one(text: &str, of: &[String]) -> bool {
    !text.is_empty() && of.iter().any(|one| one == text)
}
