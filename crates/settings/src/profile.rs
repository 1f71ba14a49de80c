//! `profile/*.toml`: a day of calls and the people on duty.

use std::time::Duration;

use base::Digit;
use staff::{Burst, Choice, HALVES, Patience, Profile, Spread};

use crate::calendar::minute;
use crate::problem::{Problem, Problems};
use crate::reader::Table;
use crate::value::Value;

/// The worst day of a large city is 87,000 calls; ten times as many in every half hour of a day stays below a playable number of steps.
const CALLS_A_HALF_HOUR_MAX: f64 = 20_000.0;
/// As many as the simulated network has addresses for, with room for what is added while staff is looked for.
const ON_DUTY_MAX: u64 = 5_000;
/// A surge is three times a usual day; more is a slip of the pen.
const BURST_FACTOR_MAX: f64 = 100.0;
const BURSTS_MAX: usize = 100;
const CHOICES_MAX: usize = 100;
/// Deeper than a menu that a caller can bear.
const KEYS_MAX: usize = 16;
/// One a quarter of an hour is a day of crashes.
const RESTARTS_MAX: usize = 96;
const HOUR_S: f64 = 3600.0;

/// None with an error told: everything is read before anything is missed.
pub(crate) fn read(root: &Table<'_>, problems: &Problems) -> Option<Profile> {
    let [calls, keypad, patience] = ["calls", "keypad", "patience"].map(|s| root.section(s));
    let [staff, trouble] = ["staff", "trouble"].map(|s| root.section(s));
    let spread = |table: &Table<'_>, key, example| table.need(key, example).and_then(|value| spread(&value));
    let per_half_hour = calls.need("per_half_hour", "[…]");
    let per_half_hour = per_half_hour.and_then(|v| halves(&v, |item| item.decimal(0.0, CALLS_A_HALF_HOUR_MAX)));
    let on_duty = staff.need("on_duty", "[…]").and_then(|v| halves(&v, |item| item.number(0, ON_DUTY_MAX)));
    let mean = patience.need("mean_s", "150").and_then(|v| v.decimal(1.0, 24.0 * HOUR_S));
    let talk = spread(&staff, "talk", "{ median_s = 150, p90_s = 420 }");
    let answer = spread(&staff, "answer", "{ median_s = 3, p90_s = 6 }");
    let think = spread(&keypad, "think", "{ median_s = 5, p90_s = 12 }");
    let never = share(&patience, "never");
    let (bursts, choices) = (bursts(root, problems), choices(root, problems));
    let profile = Profile {
        bursts,
        choices,
        redial: share(&calls, "redial"),
        wrong_keys: share(&keypad, "wrong"),
        wrap_up: staff.get("wrap_up_s").and_then(|v| v.seconds(0, 3600)),
        declines: share(&staff, "declines"),
        no_answers: share(&staff, "no_answers"),
        agents_vanish: share(&trouble, "agents_vanish"),
        citizens_vanish: share(&trouble, "citizens_vanish"),
        loss: trouble.get("loss").and_then(|v| v.decimal(0.0, 0.5)).unwrap_or(0.0),
        restarts: restarts(&trouble),
        calls: per_half_hour.unwrap_or([0.0; HALVES]),
        agents: on_duty.map_or([0; HALVES], |all| all.map(|n| n as u32)),
        patience: mean.map_or(Patience::ENDLESS, |mean| Patience { mean: Duration::from_secs_f64(mean), never }),
        talk: talk.unwrap_or(UNKNOWN),
        answer: answer.unwrap_or(UNKNOWN),
        think: think.unwrap_or(UNKNOWN),
    };
    let whole = per_half_hour.is_some() && on_duty.is_some() && mean.is_some();
    (whole && talk.is_some() && answer.is_some() && think.is_some()).then_some(profile)
}

/// Stands where an error was told.
const UNKNOWN: Spread = Spread::Fixed(Duration::ZERO);

fn share(table: &Table<'_>, key: &str) -> f64 {
    table.get(key).and_then(|v| v.decimal(0.0, 1.0)).unwrap_or(0.0)
}

/// One number for each half hour from midnight.
fn halves<T: Copy>(value: &Value<'_>, read: impl Fn(&Value<'_>) -> Option<T>) -> Option<[T; HALVES]> {
    let items = value.list();
    if items.len() != HALVES {
        let title = format!("{} numbers, but a day has {HALVES} half hours", items.len());
        value.error(title, "not a whole day", "write one number for each half hour from midnight");
        return None;
    }
    let read: Vec<Option<T>> = items.iter().map(read).collect();
    let read: Vec<T> = read.into_iter().collect::<Option<_>>()?;
    read.try_into().ok()
}

/// `{ fixed_s = 5 }`, `{ mean_s = 180 }` or `{ median_s = 150, p90_s = 420 }`.
fn spread(value: &Value<'_>) -> Option<Spread> {
    let help = "write `{ fixed_s = 5 }`, `{ mean_s = 180 }` (exponential) or `{ median_s = 150, p90_s = 420 }`";
    if value.as_names().is_none() {
        value.error("how the time is distributed is not said", "no table", help);
        return None;
    }
    let table = value.table(&["spread"])?;
    let seconds = |key| table.get(key).map(|v| v.decimal(0.0, HOUR_S).map(Duration::from_secs_f64));
    let found = (seconds("fixed_s"), seconds("mean_s"), seconds("median_s"), seconds("p90_s"));
    match found {
        (Some(fixed), None, None, None) => fixed.map(Spread::Fixed),
        (None, Some(mean), None, None) => mean.map(Spread::Mean),
        (None, None, Some(median), Some(p90)) => {
            let (median, p90) = (median?, p90?);
            if median.is_zero() || p90 < median {
                let help = "let `median_s` be above 0 and `p90_s`, below which nine of ten are, not below it";
                value.error("no time is distributed so", "these two", help);
            }
            Some(Spread::LogNormal { median, p90 })
        }
        _ => {
            value.error("how the time is distributed is not clear", "one way of three", help);
            None
        }
    }
}

/// From midnight: `14:30`.
fn time(value: &Value<'_>) -> Option<Duration> {
    value.parsed("a time of the day", "`14:30`", |text| {
        minute(text).filter(|m| *m < 1440).map(|m| Duration::from_secs(60 * u64::from(m)))
    })
}

fn bursts(root: &Table<'_>, problems: &Problems) -> Vec<Burst> {
    let tables = root.sections("burst");
    refuse_many(root, tables.len(), BURSTS_MAX, "bursts", problems);
    let burst = |table: &Table<'_>| {
        let at = table.need("at", "\"14:30\"").and_then(|v| time(&v));
        let minutes = table.need("minutes", "20").and_then(|v| v.number(1, 1440));
        let factor = table.need("factor", "3").and_then(|v| v.decimal(0.0, BURST_FACTOR_MAX));
        Some(Burst { at: at?, length: Duration::from_secs(60 * minutes?), factor: factor? })
    };
    tables.iter().filter_map(burst).collect()
}

fn choices(root: &Table<'_>, problems: &Problems) -> Vec<Choice> {
    let tables = root.sections("choice");
    refuse_many(root, tables.len(), CHOICES_MAX, "choices", problems);
    let choice = |table: &Table<'_>| {
        let keys = table.need("keys", "\"1\"").and_then(|v| keys(&v));
        let share = table.need("share", "40").and_then(|v| v.decimal(0.0, 1e6));
        Some(Choice { keys: keys?, share: share? })
    };
    let choices: Vec<Choice> = tables.iter().filter_map(choice).collect();
    if tables.is_empty() || choices.len() == tables.len() && choices.iter().all(|choice| choice.share == 0.0) {
        let help =
            "add a `[[choice]]` with `keys` and a `share` above 0; callers who press nothing have `keys = \"none\"`";
        problems.error(Problem::new(root.spot.clone(), "nobody presses anything", "", help));
    }
    choices
}

fn keys(value: &Value<'_>) -> Option<Vec<Digit>> {
    value.parsed("keys of a telephone", "`\"91\"`, or `\"none\"` for no key", |text| match text {
        "none" => Some(Vec::new()),
        _ if text.chars().count() > KEYS_MAX => None,
        _ => text.chars().map(Digit::from_char).collect(),
    })
}

fn restarts(trouble: &Table<'_>) -> Vec<Duration> {
    let Some(value) = trouble.get("restarts") else { return Vec::new() };
    let items = value.list();
    if items.len() > RESTARTS_MAX {
        let title = format!("{} restarts, but at most {RESTARTS_MAX} are possible", items.len());
        value.error(title, "too many", "leave some out");
    }
    let mut times: Vec<Duration> = items.iter().filter_map(time).collect();
    times.sort_unstable();
    times
}

fn refuse_many(root: &Table<'_>, count: usize, max: usize, what: &str, problems: &Problems) {
    if count > max {
        let title = format!("{count} {what}, but at most {max} are possible");
        problems.error(Problem::new(root.spot.clone(), title, "", "join some of them"));
    }
}
