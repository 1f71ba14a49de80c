//! `group.surge` and `group.surge_prompt`: more callers than a group can serve soon.

use acd::{Crowd, Surge};

use crate::menu;
use crate::reader::Table;
use crate::sounds::SoundPlan;
use crate::value::Value;

/// More callers than a group keeps never wait in it.
const WAITING_MAX: u64 = 100_000;
/// A longer wait is not told apart from an endless one.
const EXPECTED_MAX: u64 = 3600;
const HOUR: u64 = 3600;
/// Long enough that nobody sees it come and go, short enough to end with the rush.
const HOLD_S: u64 = 60;
/// What callers hear where nothing else is said.
pub(crate) const PROMPT: &str = "queue-surge";

/// By which rule a group is in surge; none but by hand without.
pub(crate) fn rule(group: &Table<'_>) -> Option<Surge> {
    let value = group.get("surge")?;
    let table = value.table(&["group.surge"])?;
    let from = table.get("waiting").map(|value| value.number(1, WAITING_MAX));
    let expected = table.get("expected_s").map(|value| value.seconds(1, EXPECTED_MAX));
    if from.is_none() && expected.is_none() {
        let help = "add `waiting = 30`, `expected_s = 300`, or both";
        value.error("nothing begins this surge", "neither `waiting` nor `expected_s`", help);
    }
    let hold = table.seconds("hold_s", HOLD_S, 0, HOUR);
    let until = table.get("until_waiting");
    let waiting = match from {
        Some(from) => from.and_then(|from| crowd(from, until.as_ref())),
        None => {
            let help = "add `waiting`, or remove it: without, a surge ends below half of `expected_s`";
            until
                .into_iter()
                .for_each(|until| until.error("`until_waiting` needs `waiting`", "ends what never begins", help));
            None
        }
    };
    Some(Surge { waiting, expected: expected.flatten(), hold })
}

/// Ends at half of what begins it where nothing else is said.
fn crowd(from: u64, until: Option<&Value<'_>>) -> Option<Crowd> {
    let until = match until {
        Some(value) => {
            let until = value.number(1, WAITING_MAX)?;
            if until > from {
                let title = format!("ends while fewer than {until} wait, but begins with {from}");
                value.error(title, "more than `waiting`", format!("choose a number from 1 to {from}"));
            }
            until
        }
        None => (from / 2).max(1),
    };
    let count = |number| usize::try_from(number).unwrap_or(usize::MAX);
    Some(Crowd { from: count(from), until: count(until) })
}

/// The name of what whoever joins hears; it is needed in every language where a surge can begin by itself, or it is named.
pub(crate) fn prompt(group: &Table<'_>, sounds: &SoundPlan) -> String {
    let named = group.get("surge_prompt");
    let name = named.as_ref().and_then(Value::text).unwrap_or_else(|| PROMPT.to_owned());
    let missing = |(locale, language): (ivr::LocaleId, &str)| {
        sounds.prompts.sound_in(locale, &name).is_none().then(|| language.to_owned())
    };
    let missing: Vec<String> = sounds.prompts.locales().filter_map(missing).collect();
    if let Some(value) = named.or_else(|| group.get("surge")).filter(|_| !missing.is_empty() && !sounds.incomplete) {
        let title = format!("the prompt `{name}` is missing: {}", missing.join(", "));
        let help =
            "build the prompts with `hotline prompts build`, or bring a recording in with `hotline prompts import`";
        value.error(title, "is said to callers in surge", help);
    }
    if let Some(value) = group.get("surge_prompt") {
        menu::doubt_levels(&name, sounds, &value.spot, value.problems);
    }
    name
}
