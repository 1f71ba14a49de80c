//! `[[group]]`, `[queue]` and `[back_off]`: how callers wait.

use std::time::Duration;

use acd::plan::{BackOff, Overflow};
use base::{GroupId, SoundId};

use crate::nearest::did_you_mean;
use crate::problem::{Problem, Problems, Spot};
use crate::reader::Table;
use crate::sounds::SoundPlan;
use crate::value::Value;

#[derive(Clone, Debug, Default)]
pub(crate) struct Groups {
    pub(crate) names: Vec<String>,
    /// Where each name is written.
    pub(crate) spots: Vec<Spot>,
    /// What agents dial for a group, and where that is written.
    pub(crate) numbers: Vec<(String, Spot)>,
    pub(crate) acd: Vec<acd::plan::Group>,
    pub(crate) call: Vec<call::plan::Group>,
    /// The line of each group for whom it cannot keep, as it was written.
    pub(crate) duty_lines: Vec<Option<(String, Spot)>>,
    pub(crate) back_off: BackOff,
    pub(crate) redial: Duration,
    pub(crate) wrap_up_max: Duration,
}

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;
/// A city's busiest hour waits in far fewer places; keeps a queue's memory bounded.
const LIMIT_MAX: u64 = 100_000;
/// `GroupId` is 16 bits; a city has dozens.
const GROUPS_MAX: usize = 1000;

pub(crate) fn read(root: &Table<'_>, sounds: &SoundPlan, problems: &Problems) -> Groups {
    let tables = root.sections("group");
    if tables.is_empty() || tables.len() > GROUPS_MAX {
        let title = format!("{} groups, but 1 to {GROUPS_MAX} are possible", tables.len());
        let help = "add a `[[group]]` with a name; the menu's queue nodes lead to it";
        problems.error(Problem::new(root.spot.clone(), title, "", help));
    }
    let named: Vec<_> = tables.iter().filter_map(|t| Some((name(t)?, t))).take(GROUPS_MAX).collect();
    let names: Vec<String> = named.iter().map(|(name, _)| name.0.clone()).collect();
    refuse_twins(named.iter().map(|((name, spot), _)| (name.as_str(), spot)), "groups", problems);
    let spots = named.iter().map(|((_, spot), _)| spot.clone()).collect();
    let (redial, wrap_up_max) = queue(&root.section("queue"));
    let back_off = back_off(&root.section("back_off"));
    let mut groups = Groups { names, spots, back_off, redial, wrap_up_max, ..Groups::default() };
    let mut overflows = Vec::new();
    for (name, table) in &named {
        let number = table.get("number").and_then(|v| Some((number(&v)?, v.spot)));
        groups.numbers.extend(number.clone());
        let (overflow, spot) = overflow(table, &groups.names);
        overflows.push(spot);
        groups.acd.push(acd_group(&name.0, table, overflow));
        groups.duty_lines.push(table.get("duty_line").and_then(|v| Some((crate::service::number(&v)?, v.spot))));
        groups.call.push(call_group(&name.0, number.map(|(number, _)| number), table, sounds));
    }
    refuse_twins(groups.numbers.iter().map(|(n, spot)| (n.as_str(), spot)), "numbers of groups", problems);
    refuse_circles(&groups, &overflows, problems);
    groups
}

fn name(table: &Table<'_>) -> Option<(String, Spot)> {
    let value = table.need("name", "\"consult\"")?;
    let name = value.text()?;
    if ["message", "stay"].contains(&name.as_str()) {
        value.error(format!("no group can be named `{name}`"), "a word of `overflow`", "choose another name");
    }
    Some((name, value.spot))
}

/// Tells of names that stand twice.
pub(crate) fn refuse_twins<'a>(names: impl Iterator<Item = (&'a str, &'a Spot)>, what: &str, problems: &Problems) {
    let mut seen = std::collections::BTreeSet::new();
    for (name, spot) in names {
        if !seen.insert(name) {
            let title = format!("two {what} are `{name}`");
            problems.error(Problem::new(spot.clone(), title, "stands further up already", "remove one or rename it"));
        }
    }
}

/// What holds for all groups: how long a place is kept for a redial, and the longest wrap-up.
fn queue(table: &Table<'_>) -> (Duration, Duration) {
    let default = acd::Plan::default();
    let redial = table.seconds("redial_s", default.redial.as_secs(), 0, DAY);
    (redial, table.seconds("wrap_up_max_s", default.wrap_up_max.as_secs(), 1, DAY))
}

fn back_off(table: &Table<'_>) -> BackOff {
    let default = BackOff::default();
    let read = |key, default: Duration| table.seconds(key, default.as_secs(), 0, HOUR);
    BackOff {
        rejected: read("rejected_s", default.rejected),
        busy: read("busy_s", default.busy),
        no_answer: read("no_answer_s", default.no_answer),
        unreachable: read("unreachable_s", default.unreachable),
    }
}

/// What a phone can dial.
fn number(value: &Value<'_>) -> Option<String> {
    value.parsed("a number to dial", "`801`", |text| {
        let fits = (1..=16).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        fits.then(|| text.to_owned())
    })
}

fn acd_group(name: &str, table: &Table<'_>, overflow: Overflow) -> acd::plan::Group {
    acd::plan::Group {
        name: name.to_owned(),
        ring: table.seconds("ring_s", 20, 1, 300),
        wrap_up: table.seconds("wrap_up_s", 0, 0, HOUR),
        limit: usize::try_from(table.number("limit", 200, 0, LIMIT_MAX)).unwrap_or(usize::MAX),
        wait: table.get("wait_s").and_then(|v| v.seconds(1, DAY)),
        overflow,
    }
}

fn call_group(name: &str, number: Option<String>, table: &Table<'_>, sounds: &SoundPlan) -> call::plan::Group {
    call::plan::Group {
        name: name.to_owned(),
        number,
        music: music(table, sounds),
        // Zero is music alone.
        announce_every: Some(table.seconds("announce_every_s", 30, 0, HOUR)).filter(|every| !every.is_zero()),
        announce_position: table.bool("announce_position", true),
        duty_line: None,
    }
}

fn music(table: &Table<'_>, sounds: &SoundPlan) -> SoundId {
    let value = table.get("music");
    let name = value.as_ref().map_or(Some("hold-music".to_owned()), Value::text).unwrap_or_default();
    let found = sounds.music.iter().find(|(known, _)| *known == name).map(|(_, id)| *id);
    if found.is_none() && !name.is_empty() && !sounds.incomplete {
        let spot = value.map_or(table.spot.clone(), |v| v.spot);
        let title = format!("no music is named `{name}`");
        let known = did_you_mean(&name, sounds.music.iter().map(|(name, _)| name.as_str()));
        let help = format!("{known}; put the file at {}", sounds.dir.join("music").join(name + ".wav").display());
        table.problems.error(Problem::new(spot, title, "no such file", help));
    }
    found.unwrap_or(SoundId(0))
}

fn overflow(table: &Table<'_>, names: &[String]) -> (Overflow, Option<Spot>) {
    let Some(value) = table.get("overflow") else { return (Overflow::Message, None) };
    let Some(text) = value.text() else { return (Overflow::Message, None) };
    let group = (0..).map(GroupId).zip(names).find(|(_, name)| **name == text).map(|(id, _)| id);
    let overflow = match (text.as_str(), group) {
        ("message", _) => Overflow::Message,
        ("stay", _) => Overflow::Stay,
        (_, Some(id)) => Overflow::Group(id),
        (_, None) => {
            let known = names.iter().map(String::as_str).chain(["message", "stay"]);
            let help = did_you_mean(&text, known);
            value.error(format!("no group is named `{text}`"), "unknown group", help);
            Overflow::Message
        }
    };
    (overflow, Some(value.spot))
}

/// Each circle once, at its first group.
fn refuse_circles(groups: &Groups, spots: &[Option<Spot>], problems: &Problems) {
    let next = |at: usize| match groups.acd.get(at)?.overflow {
        Overflow::Group(id) => Some(usize::from(id.0)),
        _ => None,
    };
    for start in 0..groups.acd.len() {
        let path: Vec<usize> = std::iter::successors(Some(start), |at| next(*at)).take(groups.acd.len() + 1).collect();
        let Some(back) = path.iter().skip(1).position(|at| *at == start) else { continue };
        if path[..=back].iter().any(|at| *at < start) {
            continue;
        }
        let circle: Vec<_> = path[..back + 2].iter().map(|at| groups.names[*at].as_str()).collect();
        if let Some(Some(spot)) = spots.get(start) {
            let title = format!("callers would overflow in a circle: {}", circle.join(" → "));
            let help = "let one of them overflow to `message` or `stay`";
            problems.error(Problem::new(spot.clone(), title, "leads back here", help));
        }
    }
}
