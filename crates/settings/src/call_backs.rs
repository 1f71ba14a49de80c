//! `group.call_back_…`: callers who may be called back instead of waiting.

use std::time::Duration;

use base::Digit;

use crate::problem::{Problem, Problems, Spot};
use crate::reader::Table;
use crate::value::Value;

/// Who has not answered nine calls does not want one.
const TRIES_MAX: u64 = 9;
/// Promises of one group: each is a call that an agent owes, and a day of the largest hotline's agents does not come to more.
const PROMISES_MAX: u64 = 10_000;
const DAY: u64 = 24 * 3600;

/// What is said of it, beside the digits.
pub(crate) const ANNOUNCEMENTS: [&str; 5] =
    ["call-back-keeps", "call-back-not-now", "call-back-press", "call-back-promised", "goodbye"];

/// How a group calls back, and the key with the place where it is written.
#[derive(Clone, Debug, Default)]
pub(crate) struct CallBack {
    pub(crate) plan: Option<acd::CallBack>,
    pub(crate) key: Option<(Digit, Spot)>,
}

pub(crate) fn read(table: &Table<'_>) -> CallBack {
    let key = table.get("call_back_key").and_then(|value| Some((key(&value)?, value.spot)));
    let default = acd::CallBack::default();
    let (retry, limit) = (default.retry.as_secs(), default.limit as u64);
    let plan = acd::CallBack {
        tries: table.number("call_back_tries", u64::from(default.tries), 1, TRIES_MAX) as u8,
        retry: Duration::from_secs(table.number("call_back_retry_s", retry, 10, DAY)),
        limit: usize::try_from(table.number("call_back_max", limit, 0, PROMISES_MAX)).unwrap_or(usize::MAX),
    };
    CallBack { plan: key.is_some().then_some(plan), key }
}

fn key(value: &Value<'_>) -> Option<Digit> {
    value.parsed("a key from 0 to 9", "`1`", |text| {
        let mut chars = text.chars();
        let (Some(key), None) = (chars.next(), chars.next()) else { return None };
        Digit::from_char(key).filter(|_| key.is_ascii_digit())
    })
}

/// Nobody is promised a call that no rule lets out, or in words that are not there.
pub(crate) fn refuse(plan: &call::Plan, keys: &[Option<Spot>], problems: &Problems) {
    let Some(spot) = keys.iter().flatten().next() else { return };
    if plan.dial.is_empty() {
        let help = "add a `[[dial]]` to hotline.toml with the beginnings of citizens' numbers and a trunk that leads out, \
                    or remove `call_back_key`";
        let title = "callers cannot be called back: no rule leads outside".to_owned();
        problems.error(Problem::new(spot.clone(), title, "offers a call", help));
    }
    let missing = |name: &&str| plan.prompts.locales().any(|(locale, _)| plan.prompts.sound_in(locale, name).is_none());
    let missing: Vec<_> = ANNOUNCEMENTS.into_iter().filter(missing).collect();
    if !missing.is_empty() {
        let title = format!("prompts that offer a call back are missing: {}", missing.join(", "));
        let help =
            "build the prompts with `hotline prompts build`, or bring recordings in with `hotline prompts import`";
        problems.error(Problem::new(spot.clone(), title, "is offered by them", help));
    }
}
