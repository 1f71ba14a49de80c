//! What the engine wrote down, beside what the phones saw.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base::Time;
use load::phone::{Side, Why};
use serde_json::Value;

use super::hall::Hall;
use super::people::{Dial, Offer, citizen_of, was_ended_by_agent};

/// How far the civil clock may have moved beside the phones' clock; far less than anybody takes to dial again.
const CLOCKS_APART: Duration = Duration::from_millis(100);

/// A wait in one group, as the record has it.
#[derive(Clone, Debug)]
pub(super) struct Wait {
    pub(super) group: String,
    pub(super) from: Time,
    pub(super) until: Time,
    outcome: String,
}

/// A record, in the time of the phones.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    citizen: usize,
    started: Time,
    agent: Option<usize>,
    pub(super) reason: String,
    queued: Duration,
    talked: Duration,
    pub(super) waits: Vec<Wait>,
}

impl Entry {
    fn read(record: &Value, zero_ms: i64) -> Entry {
        let text = |key: &str| record[key].as_str().unwrap_or_else(|| panic!("{key}: {record}")).to_owned();
        let ms = |value: &Value| Duration::from_millis(value.as_u64().unwrap_or_else(|| panic!("{record}")));
        let time = |value: &Value| at(value.as_str().unwrap_or_default(), zero_ms);
        let waits = record["waits"].as_array().expect("waits").iter().map(|wait| Wait {
            group: wait["group"].as_str().unwrap_or_default().to_owned(),
            from: time(&wait["entered"]),
            until: time(&wait["entered"]) + ms(&wait["waited_ms"]),
            outcome: wait["outcome"].as_str().unwrap_or_default().to_owned(),
        });
        Entry {
            citizen: citizen_of(&text("caller")).unwrap_or_else(|| panic!("a stranger: {record}")),
            started: time(&record["started"]),
            agent: record["agent"].as_str().map(|number| number.parse::<usize>().expect("a number") - 1001),
            reason: text("end_reason"),
            queued: ms(&record["queued_ms"]),
            talked: ms(&record["talk_ms"]),
            waits: waits.collect(),
        }
    }
}

/// Milliseconds since 1970 at which the phones' clock began.
pub(super) fn zero_ms(hall: &Hall) -> i64 {
    let wall = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    (wall - hall.now().since(Time::ZERO)).as_millis() as i64
}

/// `2026-11-30T04:17:18.766Z`; a test is over before the date changes twice.
fn at(wall: &str, zero_ms: i64) -> Time {
    const DAY_MS: i64 = 86_400_000;
    let part = |from: usize, to: usize| wall.get(from..to).and_then(|p| p.parse::<i64>().ok());
    let ms = || Some(((part(11, 13)? * 60 + part(14, 16)?) * 60 + part(17, 19)?) * 1000 + part(20, 23)?);
    let of_day = ms().unwrap_or_else(|| panic!("a time: {wall}"));
    let since = (of_day - zero_ms).rem_euclid(DAY_MS);
    // A call that began a moment before our clock.
    Time::ZERO + Duration::from_millis(if since > DAY_MS / 2 { 0 } else { since as u64 })
}

/// The record of each call, by its place; the last one where an engine died with the call before it was heard of, and perhaps none of calls that
/// were never answered.
///
/// # Panics
/// When one is missing, one too many, or other than the phone saw.
pub(super) fn agree(hall: &Hall, records: &[Value], slack: Duration) -> Vec<Option<Entry>> {
    let zero = zero_ms(hall);
    let mut found: Vec<Option<Entry>> = vec![None; hall.dials.len()];
    let mut entries: Vec<Entry> = records.iter().map(|record| Entry::read(record, zero)).collect();
    entries.sort_by_key(|entry| entry.started);
    for entry in entries {
        let holds = |dial: &Dial| {
            let over = dial.over.expect("all is over").0;
            dial.citizen == entry.citizen && dial.at <= entry.started + CLOCKS_APART && entry.started <= over + slack
        };
        let place =
            hall.dials.iter().rposition(holds).unwrap_or_else(|| panic!("a call that no phone made: {entry:?}"));
        let dial = &hall.dials[place];
        let Some(before) = found[place].take() else {
            found[place] = Some(entry);
            continue;
        };
        let of_a_dead_engine = before.reason == "restart" && asked_again(hall, dial);
        assert!(of_a_dead_engine, "two records of one call: {before:?} and {entry:?} of {dial:?}");
        // The dead engine's answer had arrived and was read too late to keep the phone from asking again: it hung up on the second one.
        let hung_up_on = entry.reason == "left_in_menu" && dial.pressed.is_none();
        found[place] = Some(if hung_up_on { before } else { entry });
    }
    for (place, entry) in found.iter().enumerate() {
        let dial = &hall.dials[place];
        match entry {
            Some(entry) => agrees(hall, place, entry, slack),
            None => assert!(dial.answered.is_none(), "no record of {dial:?}"),
        }
    }
    found
}

/// Whether the engine died before the phone heard of it: what was written down of the call has a record, and the INVITE that the phone says
/// again begins another call.
fn asked_again(hall: &Hall, dial: &Dial) -> bool {
    hall.cuts.iter().any(|cut| dial.at <= cut.at && dial.answered.is_some_and(|answered| cut.at < answered))
}

fn agrees(hall: &Hall, place: usize, entry: &Entry, slack: Duration) {
    let dial = &hall.dials[place];
    let (over, by, why) = dial.over.expect("all is over");
    let talks: Vec<&Offer> = hall.offers.iter().filter(|o| o.dial == place && o.answered.is_some()).collect();
    let story = || format!("{dial:?}\n{talks:?}\n{entry:?}");
    let in_outage =
        hall.cuts.iter().any(|cut| cut.at <= over + slack && over <= cut.ready.expect("it came back") + slack * 3);
    if entry.reason == "restart" {
        return assert!(in_outage, "{}", story());
    }
    // Somebody else may have answered in vain, as the engine gave the ringing up.
    let talk = talks.iter().rfind(|talk| talk.heard.is_some()).or(talks.last()).copied();
    // The key was still on its way.
    let unheard = dial.gave_up && entry.waits.is_empty() && dial.pressed.is_some_and(|pressed| over <= pressed + slack);
    if unheard && entry.reason == "left_in_menu" {
        return;
    }
    let expected = match (by, why) {
        _ if dial.answered.is_none() => "cancelled",
        (Side::Us, Why::Bye) if dial.pressed.is_none() => "left_in_menu",
        (Side::Us, Why::Bye) if dial.gave_up && talk.is_some() => {
            return at_the_same_moment(talks[0], entry, over, slack);
        }
        (Side::Us, Why::Bye) if dial.gave_up => "abandoned",
        (Side::Us, Why::Bye) => "caller_hangup",
        (Side::Peer, Why::Bye) if talk.is_some_and(was_ended_by_agent) => "agent_hangup",
        _ => "nothing but a restart ends it otherwise",
    };
    assert_eq!(entry.reason, expected, "{}", story());
    assert_eq!(entry.agent, talk.map(|talk| talk.agent), "{}", story());
    let within = |value: Duration, from: Duration, to: Duration| from <= value + slack && value <= to + slack;
    let waited = dial
        .pressed
        .map_or(Duration::ZERO, |pressed| talk.and_then(|talk| talk.answered).unwrap_or(over).since(pressed));
    assert!(within(entry.queued, waited, waited), "waited {waited:?}: {}", story());
    let talked = talk.and_then(|talk| Some((over.since(talk.heard?), over.since(talk.answered?))));
    let (least, most) = talked.unwrap_or_default();
    assert!(within(entry.talked, least, most), "talked {least:?} to {most:?}: {}", story());
    let outcome = entry.waits.last().map(|wait| wait.outcome.as_str());
    let expected = dial.pressed.map(|_| if talk.is_some() { "answered" } else { "abandoned" });
    assert_eq!(outcome, expected, "{}", story());
}

/// An agent answered while the citizen's BYE was on its way: the record may say either.
fn at_the_same_moment(talk: &Offer, entry: &Entry, over: Time, slack: Duration) {
    let answered = talk.answered.expect("a talk");
    assert!(answered + slack >= over, "{talk:?}\n{entry:?}");
    assert!(["abandoned", "caller_hangup"].contains(&entry.reason.as_str()), "{talk:?}\n{entry:?}");
}
