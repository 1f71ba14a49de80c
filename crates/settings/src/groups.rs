//! `[[group]]`, `[queue]` and `[back_off]`: how callers wait.

use std::time::Duration;

use acd::plan::{BackOff, Overflow, Overflows, Strategy};
use base::{GroupId, SoundId};

use crate::call_backs::{self, CallBack};
use crate::menu::Asked;
use crate::merge::{self, Running};
use crate::nearest::did_you_mean;
use crate::needs;
use crate::problem::{Problem, Problems, Spot};
use crate::reader::Table;
use crate::sounds::SoundPlan;
use crate::surges;
use crate::value::Value;

/// What waits are filled with where nothing else is said.
pub(crate) const MUSIC: &str = "hold-music";

#[derive(Clone, Debug, Default)]
pub(crate) struct Groups {
    /// Empty for one that is removed, which no text of a file is.
    pub(crate) names: Vec<String>,
    /// Where each name is written.
    pub(crate) spots: Vec<Spot>,
    /// What agents can do: the groups' own skills, by their names, and then the others.
    pub(crate) skills: Vec<String>,
    /// Where each step of each group is written.
    pub(crate) steps: Vec<Vec<Spot>>,
    /// What agents dial for a group, and where that is written.
    pub(crate) numbers: Vec<(String, Spot)>,
    pub(crate) acd: Vec<acd::plan::Group>,
    pub(crate) call: Vec<call::plan::Group>,
    /// The line of each group for whom it cannot keep, as it was written.
    pub(crate) duty_lines: Vec<Option<(String, Spot)>>,
    /// Where each group says that it calls back.
    pub(crate) call_backs: Vec<Option<Spot>>,
    pub(crate) back_off: BackOff,
    /// What holds for all groups.
    pub(crate) queue: Queue,
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Queue {
    /// How long a place is kept for a redial.
    pub(crate) redial: Duration,
    /// The same for who hung up while waiting.
    pub(crate) hung_up: Duration,
    pub(crate) unstaffed_after: Duration,
    pub(crate) wrap_up_max: Duration,
    pub(crate) priority_worth: Duration,
    pub(crate) remember: Duration,
    pub(crate) repeat: Duration,
    pub(crate) day_begins: Duration,
}

const HOUR: u64 = 3600;
/// A longer wait is not told apart from an endless one.
const EXPECTED_MAX: u64 = HOUR;
const DAY: u64 = 24 * HOUR;
/// A city's busiest hour waits in far fewer places; keeps a queue's memory bounded.
const LIMIT_MAX: u64 = 100_000;
/// `GroupId` is 16 bits; a city has dozens.
const GROUPS_MAX: usize = 1000;
/// Skills beside the groups' own: languages and matters that groups ask for. `SkillId` is 16 bits.
const SKILLS_MAX: usize = 1000;

/// A group of the file, or a part of one that menus ask for.
struct Named<'a> {
    name: String,
    spot: Spot,
    table: &'a Table<'a>,
    part: Option<&'a Asked<'a>>,
}

pub(crate) fn read(
    root: &Table<'_>,
    asked: &[Asked<'_>],
    sounds: &SoundPlan,
    running: Running<'_>,
    problems: &Problems,
) -> Groups {
    let tables = root.sections("group");
    if tables.is_empty() || tables.len() > GROUPS_MAX {
        let title = format!("{} groups, but 1 to {GROUPS_MAX} are possible", tables.len());
        let help = "add a `[[group]]` with a name; the menu's queue nodes lead to it";
        problems.error(Problem::new(root.spot.clone(), title, "", help));
    }
    let whole = |table| name(table).map(|(name, spot)| Named { name, spot, table, part: None });
    let mut named: Vec<_> = tables.iter().filter_map(whole).take(GROUPS_MAX).collect();
    refuse_twins(named.iter().map(|named| (named.name.as_str(), &named.spot)), "groups", problems);
    named.extend(parts(&named, asked));
    let known = running.map(|plans| plans.acd.groups.as_slice()).unwrap_or_default();
    let named = merge::places(known.iter().map(|group| group.name.as_str()), named, |named| &named.name);
    merge::refuse_too_many(named.len(), GROUPS_MAX, "groups", &root.spot, problems);
    let names: Vec<String> =
        named.iter().map(|named| named.as_ref().map_or_else(String::new, |named| named.name.clone())).collect();
    let spots = named.iter().map(|named| named.as_ref().map_or(&root.spot, |named| &named.spot).clone()).collect();
    let skills = skills(root, &names, problems);
    let queue = queue(&root.section("queue"));
    let back_off = back_off(&root.section("back_off"));
    let mut groups = Groups { names, skills, spots, back_off, queue, ..Groups::default() };
    let mut overflows = Vec::new();
    for (place, named) in named.iter().enumerate() {
        let Some(Named { name, table, part, .. }) = named else {
            groups.keep_removed(place, running);
            overflows.push(None);
            continue;
        };
        // A part is dialled as the whole.
        let number = table.get("number").filter(|_| part.is_none()).and_then(|v| Some((number(&v)?, v.spot)));
        groups.numbers.extend(number.clone());
        let (overflow, spot) = overflow(table, &groups.names);
        overflows.push(spot);
        let steps = needs::read(table, &groups.skills);
        let (steps, spots) = part.map(|part| part_steps(part, &steps, &groups)).unwrap_or(steps).into_iter().unzip();
        groups.steps.push(spots);
        let CallBack { plan: calls_back, key } = call_backs::read(table);
        let acd = acd_group(name, table, overflow, steps);
        groups.acd.push(acd::Group { call_back: calls_back, ..acd });
        groups.duty_lines.push(table.get("duty_line").and_then(|v| Some((crate::service::number(&v)?, v.spot))));
        let call = call_group(name, number.map(|(number, _)| number), table, sounds);
        let (key, spot) = key.unzip();
        groups.call.push(call::plan::Group { call_back: key, ..call });
        groups.call_backs.push(spot);
    }
    refuse_twins(groups.numbers.iter().map(|(n, spot)| (n.as_str(), spot)), "numbers of groups", problems);
    refuse_circles(&groups, &overflows, problems);
    groups
}

/// What menus ask for beside what groups do; of a group that nobody knows the menu is told of.
fn parts<'a>(named: &[Named<'a>], asked: &'a [Asked<'a>]) -> Vec<Named<'a>> {
    let part = |asked: &'a Asked<'a>| {
        let whole = named.iter().find(|named| named.name == asked.group)?;
        let (name, spot) = (format!("{}{}", asked.group, asked.suffix), asked.skills.spot.clone());
        Some(Named { name, spot, table: whole.table, part: Some(asked) })
    };
    asked.iter().filter_map(part).collect()
}

/// Whom callers of a part ask for.
fn part_steps(part: &Asked<'_>, steps: &[needs::Placed], groups: &Groups) -> Vec<needs::Placed> {
    let whole = groups.names.iter().position(|name| *name == part.group).unwrap_or_default();
    let own =
        acd::Step { after: Duration::ZERO, need: acd::Need::of(GroupId(u16::try_from(whole).unwrap_or(u16::MAX))) };
    let steps: Vec<_> = if steps.is_empty() { vec![own] } else { steps.iter().map(|(step, _)| step.clone()).collect() };
    let Some(more) = needs::expression(&part.skills, &groups.skills) else { return Vec::new() };
    needs::with(&steps, &more, part.after).into_iter().map(|step| (step, part.skills.spot.clone())).collect()
}

impl Groups {
    /// A group that was removed while the engine runs: callers in it go where they would have overflowed to, if that is still there.
    fn keep_removed(&mut self, place: usize, running: Running<'_>) {
        let Some((acd, call)) = running.and_then(|p| Some((p.acd.groups.get(place)?, p.call.groups.get(place)?)))
        else {
            return;
        };
        let is_there = |group: &GroupId| self.names.get(usize::from(group.0)).is_some_and(|name| !name.is_empty());
        // Whoever still comes to a part waits in the whole.
        let whole = acd.name.split_once('+').and_then(|(whole, _)| self.names.iter().position(|name| name == whole));
        let whole = whole.and_then(|place| u16::try_from(place).ok()).map(GroupId);
        let overflow = match (whole, acd.overflow.closed) {
            (Some(group), _) => Overflow::Group(group),
            (None, Overflow::Group(group)) if is_there(&group) => Overflow::Group(group),
            _ => Overflow::Message,
        };
        let overflow = Overflows::from(overflow);
        let (steps, prefer) = (Vec::new(), Duration::ZERO);
        self.acd.push(acd::plan::Group { overflow, steps, prefer, removed: true, ..acd.clone() });
        self.call.push(call::plan::Group { number: None, duty_line: None, removed: true, ..call.clone() });
        self.steps.push(Vec::new());
        self.duty_lines.push(None);
    }
}

/// The names of all skills: first the groups', each its own.
fn skills(root: &Table<'_>, groups: &[String], problems: &Problems) -> Vec<String> {
    let tables = root.sections("skill");
    let others: Vec<_> = tables.iter().filter_map(skill_name).take(SKILLS_MAX).collect();
    if tables.len() > SKILLS_MAX {
        let title = format!("{} skills, but {SKILLS_MAX} are possible", tables.len());
        problems.error(Problem::new(root.spot.clone(), title, "", "remove those that no group asks for"));
    }
    // Groups of one name are told of as such.
    let mut names: std::collections::BTreeSet<_> = groups.iter().map(String::as_str).collect();
    for (name, spot) in &others {
        if !names.insert(name) {
            let title = format!("`{name}` is a skill already");
            let help = "each group has a skill of its own name; choose another name";
            problems.error(Problem::new(spot.clone(), title, "stands further up already", help));
        }
    }
    groups.iter().chain(others.iter().map(|(name, _)| name)).cloned().collect()
}

/// A word that can stand in an expression.
fn skill_name(table: &Table<'_>) -> Option<(String, Spot)> {
    let value = table.need("name", "\"cantonese\"")?;
    let name = value.text()?;
    refuse_operators(&value, &name);
    Some((name, value.spot))
}

/// Names that `group.who` could not tell from the signs around them.
fn refuse_operators(value: &Value<'_>, name: &str) {
    let is_sign = |c: char| c.is_whitespace() || matches!(c, '(' | ')' | '<' | '=' | '>' | '+');
    if ["and", "or"].contains(&name) || name.contains(is_sign) {
        let help = "choose a name of one word without `(`, `)`, `<`, `=`, `>` and `+`";
        value.error(format!("`{name}` cannot stand in an expression"), "a word or sign of `who`", help);
    }
}

fn name(table: &Table<'_>) -> Option<(String, Spot)> {
    let value = table.need("name", "\"consult\"")?;
    let name = value.text()?;
    refuse_operators(&value, &name);
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
fn queue(table: &Table<'_>) -> Queue {
    let default = acd::Plan::default();
    Queue {
        redial: table.seconds("redial_s", default.redial.as_secs(), 0, DAY),
        unstaffed_after: table.seconds("unstaffed_after_s", default.unstaffed_after.as_secs(), 0, HOUR),
        hung_up: table.seconds("hung_up_s", default.hung_up.as_secs(), 0, DAY),
        wrap_up_max: table.seconds("wrap_up_max_s", default.wrap_up_max.as_secs(), 1, DAY),
        priority_worth: table.seconds("priority_worth_s", default.priority_worth.as_secs(), 1, DAY),
        remember: table.seconds("remember_s", default.remember.as_secs(), 0, 7 * DAY),
        repeat: table.seconds("repeat_s", default.repeat.as_secs(), 0, 7 * DAY),
        day_begins: table.get("day_begins").and_then(|v| day_begins(&v)).unwrap_or(default.day_begins),
    }
}

/// `00:00+08:00`: a time of day and where it is that time, as the time after midnight UTC.
fn day_begins(value: &Value<'_>) -> Option<Duration> {
    value.parsed("a time of day with its offset from UTC", "`00:00+08:00`", |text| {
        let (time, offset) = text.split_at_checked(5)?;
        let minutes = |text: &str, hours_max| {
            let (hours, minutes) = text.split_once(':')?;
            let number = |text: &str| (text.len() == 2).then(|| text.parse::<i64>().ok()).flatten();
            let (hours, minutes) = (number(hours)?, number(minutes)?);
            (hours <= hours_max && (0..60).contains(&minutes) && hours >= 0).then_some(hours * 60 + minutes)
        };
        let sign = if offset.starts_with('-') { -1 } else { 1 };
        let ahead = sign * minutes(offset.strip_prefix(['+', '-'])?, 14)?;
        let utc = (minutes(time, 23)? - ahead).rem_euclid(24 * 60);
        u64::try_from(utc).ok().map(|minutes| Duration::from_secs(minutes * 60))
    })
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

const STRATEGIES: [(&str, Strategy); 6] = [
    ("longest_idle", Strategy::LongestIdle),
    ("fewest_calls", Strategy::FewestCalls),
    ("least_talk", Strategy::LeastTalk),
    ("round_robin", Strategy::RoundRobin),
    ("fixed", Strategy::Fixed),
    ("random", Strategy::Random),
];
/// Phones that ring for one caller: each of them keeps an agent from other callers.
const RING_AT_ONCE_MAX: u64 = 10;

fn acd_group(name: &str, table: &Table<'_>, overflow: Overflows, steps: Vec<acd::Step>) -> acd::plan::Group {
    acd::plan::Group {
        name: name.to_owned(),
        ring: table.seconds("ring_s", 20, 1, 300),
        wrap_up: table.seconds("wrap_up_s", 0, 0, HOUR),
        limit: usize::try_from(table.number("limit", 200, 0, LIMIT_MAX)).unwrap_or(usize::MAX),
        expected: table.get("expected_s").and_then(|v| v.seconds(1, EXPECTED_MAX)),
        wait: table.get("wait_s").and_then(|v| v.seconds(1, DAY)),
        overflow,
        head_start: table.seconds("head_start_s", 0, 0, DAY),
        strategy: table.get("strategy").and_then(|v| v.word("strategy", &STRATEGIES)).unwrap_or_default(),
        steps,
        prefer: table.seconds("prefer_s", 0, 0, HOUR),
        ring_at_once: table.number("ring_at_once", 1, 1, RING_AT_ONCE_MAX) as u8,
        call_back: None,
        surge: surges::rule(table),
        removed: false,
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
        announce_wait: announces_wait(table, sounds),
        duty_line: None,
        call_back: None,
        surge_prompt: surges::prompt(table, sounds),
        removed: false,
    }
}

/// What a wait is said with is needed where it is said.
fn announces_wait(table: &Table<'_>, sounds: &SoundPlan) -> bool {
    let announces = table.bool("announce_wait", false);
    let needed = |(id, name): (ivr::LocaleId, &str)| {
        let is_missing = |piece: &&str| sounds.prompts.sound_in(id, piece).is_none();
        let missing: Vec<String> = ivr::wait_pieces(name).into_iter().filter(is_missing).map(str::to_owned).collect();
        (!missing.is_empty()).then(|| format!("{name}: {}", missing.join(", ")))
    };
    let missing: Vec<String> = sounds.prompts.locales().filter_map(needed).collect();
    if let Some(value) = table.get("announce_wait").filter(|_| announces && !missing.is_empty() && !sounds.incomplete) {
        let title = format!("prompts that say a wait are missing: {}", missing.join("; "));
        value.error(
            title,
            "says how long the wait will be",
            "build the prompts with `hotline prompts build`, record them, or leave the key out",
        );
    }
    announces
}

fn music(table: &Table<'_>, sounds: &SoundPlan) -> SoundId {
    let value = table.get("music");
    let name = value.as_ref().map_or(Some(MUSIC.to_owned()), Value::text).unwrap_or_default();
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

/// One word for all reasons, or a table that tells them apart.
fn overflow(table: &Table<'_>, names: &[String]) -> (Overflows, Option<Spot>) {
    let Some(value) = table.get("overflow") else { return (Overflow::Message.into(), None) };
    let spot = Some(value.spot.clone());
    if value.as_text().is_some() {
        return (target(&value, names).into(), spot);
    }
    let Some(table) = value.table(&["group.overflow"]) else { return (Overflow::Message.into(), spot) };
    let to = |key, default| table.get(key).map_or(default, |value| target(&value, names));
    let full = to("full", Overflow::Message);
    let overflows = Overflows {
        full,
        waited: to("waited", full),
        expected: to("expected", full),
        closed: to("closed", full),
        unstaffed: to("unstaffed", Overflow::Stay),
    };
    (overflows, spot)
}

fn target(value: &Value<'_>, names: &[String]) -> Overflow {
    let Some(text) = value.text() else { return Overflow::Message };
    let group = (0..).map(GroupId).zip(names).find(|(_, name)| **name == text).map(|(id, _)| id);
    match (text.as_str(), group) {
        ("message", _) => Overflow::Message,
        ("stay", _) => Overflow::Stay,
        (_, Some(id)) => Overflow::Group(id),
        (_, None) => {
            let known = names.iter().map(String::as_str).chain(["message", "stay"]);
            let help = did_you_mean(&text, known);
            value.error(format!("no group is named `{text}`"), "unknown group", help);
            Overflow::Message
        }
    }
}

/// Groups may stand in for one another where nobody is there; full ones that do so send callers round in a circle, and so do those whose
/// callers waited too long.
fn refuse_circles(groups: &Groups, spots: &[Option<Spot>], problems: &Problems) {
    let full = |overflows: Overflows| overflows.full;
    refuse_circles_of(full, groups, spots, problems);
    let waited = |overflows: Overflows| overflows.waited;
    // What holds for both is told once.
    if groups.acd.iter().any(|group| group.overflow.full != group.overflow.waited) {
        refuse_circles_of(waited, groups, spots, problems);
    }
}

/// Each circle once, at its first group.
fn refuse_circles_of(
    why: impl Fn(Overflows) -> Overflow,
    groups: &Groups,
    spots: &[Option<Spot>],
    problems: &Problems,
) {
    let next = |at: usize| match why(groups.acd.get(at)?.overflow) {
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
