//! The account of a soak: each call that a citizen's phone tells of has one record, and both tell the same end.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

/// From a phone's end to the engine's: a lost BYE or its answer is repeated after half a second, and again after one.
const ENDS_APART_MS: i64 = 2_000;
/// A talk of which the citizen hears nothing: shorter than a window of the listening phone and the way there.
const UNHEARD_MS: i64 = 1_000;
/// Disagreements that are printed whole; a broken engine makes thousands alike.
const SHOWN_MAX: usize = 20;

/// What does not agree: how many calls, and the first of them with all that is known of each.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) calls: usize,
    pub(crate) records: usize,
    pub(crate) disagree: usize,
    pub(crate) shown: String,
}

/// Compares the diary of the load with the records and looks up what the engine's log says, a JSON object a line of the first two.
///
/// # Errors
/// A line that is no JSON.
pub(crate) fn compare(diary: &str, records: &str, log: &str) -> Result<Account, String> {
    let (stories, written) = (by_caller(diary, "began_ms")?, by_caller(records, "started")?);
    let mut account = Account { calls: count(&stories), records: count(&written), ..Account::default() };
    for caller in stories.keys().chain(written.keys().filter(|caller| !stories.contains_key(*caller))) {
        let none = Vec::new();
        let (told, kept) = (stories.get(caller).unwrap_or(&none), written.get(caller).unwrap_or(&none));
        // A phone has one call at a time: the calls of a caller and their records stand in the same order.
        for place in 0..told.len().max(kept.len()) {
            let (story, record) = (told.get(place), kept.get(place));
            let Some(why) = disagreement(story, record) else { continue };
            account.disagree += 1;
            if account.disagree <= SHOWN_MAX {
                show(&why, story, record, log, &mut account.shown);
            }
        }
    }
    Ok(account)
}

fn by_caller(lines: &str, order: &str) -> Result<BTreeMap<String, Vec<Value>>, String> {
    let mut calls: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for line in lines.lines() {
        let call: Value = serde_json::from_str(line).map_err(|error| format!("no JSON: {error}: {line}"))?;
        calls.entry(call["caller"].as_str().unwrap_or_default().to_owned()).or_default().push(call);
    }
    for of_caller in calls.values_mut() {
        of_caller.sort_by(|one, other| key(&one[order]).cmp(&key(&other[order])));
    }
    Ok(calls)
}

/// Milliseconds or a time in UTC, which sorts as text.
fn key(value: &Value) -> (i64, &str) {
    (value.as_i64().unwrap_or_default(), value.as_str().unwrap_or_default())
}

fn count(calls: &BTreeMap<String, Vec<Value>>) -> usize {
    calls.values().map(Vec::len).sum()
}

/// Why the two do not belong together; none when they do.
fn disagreement(story: Option<&Value>, record: Option<&Value>) -> Option<String> {
    let (story, record) = match (story, record) {
        (Some(story), Some(record)) => (story, record),
        (Some(_), None) => return Some("a call without a record".to_owned()),
        (None, _) => return Some("a record without a call, or of one that never ended".to_owned()),
    };
    if let Some(failure) = story["failure"].as_str() {
        return Some(format!("the citizen met a failure: {failure}"));
    }
    let Some(reason) = record["end_reason"].as_str() else { return Some("a record without an end".to_owned()) };
    if !story["expected"].as_array().is_some_and(|words| words.iter().any(|word| word == reason)) {
        return Some(format!("ended as {reason}, which the citizen's phone knows as one of {}", story["expected"]));
    }
    let (served, talk_ms) = (story["served"] == true, record["talk_ms"].as_i64().unwrap_or_default());
    if served && talk_ms == 0 || !served && story["held"] != true && talk_ms > UNHEARD_MS {
        return Some(format!("the record counts {talk_ms} ms of talk, and an agent was heard: {served}"));
    }
    let times = (millis(record, "started"), millis(record, "ended"), story["life_ms"].as_i64());
    let (Some(started), Some(ended), Some(life_ms)) = times else {
        return Some("times that cannot be read".to_owned());
    };
    let apart = ended - started - life_ms;
    (apart.abs() > ENDS_APART_MS).then(|| format!("the record's call lasts {apart} ms longer than the phone's"))
}

/// Milliseconds since 1970 of `2026-11-25T08:00:00.000Z`.
fn millis(record: &Value, name: &str) -> Option<i64> {
    let text = record[name].as_str()?;
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second, ms) = (number(11, 13)?, number(14, 16)?, number(17, 19)?, number(20, 23)?);
    // Days from the civil calendar, years counted from March so that a leap day comes last.
    let (years, months) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * years + years / 4 - years / 100 + years / 400 + (153 * months + 2) / 5 + day - 719_469;
    Some(((days * 24 + hour) * 60 + minute) * 60_000 + second * 1000 + ms)
}

/// All that is known: what the phone told, the record, and the lines of the log with the call's id or Call-ID.
fn show(why: &str, story: Option<&Value>, record: Option<&Value>, log: &str, out: &mut String) {
    let masked = |call: &Value| {
        let mut call = call.clone();
        call["caller"] = mask(call["caller"].as_str().unwrap_or_default()).into();
        call
    };
    // Writing to a text cannot fail.
    let _ = writeln!(out, "{why}");
    let name = |call: Option<&Value>, field: &str| call.and_then(|call| call[field].as_str()).map(str::to_owned);
    for (what, call) in [("phone ", story), ("record", record)] {
        let text = call.map_or_else(|| "none".to_owned(), |call| masked(call).to_string());
        let _ = writeln!(out, "  {what}  {text}");
    }
    let names: Vec<String> = [name(record, "id"), name(story, "call_id")].into_iter().flatten().collect();
    for line in log.lines().filter(|line| names.iter().any(|name| !name.is_empty() && line.contains(name))) {
        let _ = writeln!(out, "  log     {line}");
    }
}

/// `139******07`.
fn mask(number: &str) -> String {
    let count = number.chars().count();
    let shown = |place: usize| place < 3 || place + 2 >= count;
    number.chars().enumerate().map(|(place, c)| if shown(place) { c } else { '*' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORY: &str = r#"{"caller":"13900000007","call_id":"abc@h","began_ms":1000,"life_ms":8000,"served":true,"held":false,"expected":["caller_hangup","agent_hangup"],"failure":null,"told":[[20,"Answered"]]}"#;
    const RECORD: &str = r#"{"id":"0f","caller":"13900000007","started":"2026-11-25T08:00:00.000Z","ended":"2026-11-25T08:00:08.100Z","talk_ms":3000,"end_reason":"caller_hangup"}"#;

    fn account(diary: &str, records: &str) -> Account {
        compare(diary, records, "of another\na line of 0f\na line of abc@h").unwrap()
    }

    #[test]
    fn a_call_and_its_record_agree() {
        assert_eq!(account(STORY, RECORD), Account { calls: 1, records: 1, ..Account::default() });
        assert!(compare("{", "", "").is_err());
    }

    #[test]
    fn what_disagrees_is_shown_with_the_log() {
        let change = |from: &str, to: &str| account(STORY, &RECORD.replace(from, to));
        for (account, why) in [
            (account(STORY, ""), "a call without a record"),
            (account("", RECORD), "a record without a call"),
            (account(STORY, &format!("{RECORD}\n{RECORD}")), "a record without a call"),
            (change("\"caller_hangup\"", "\"abandoned\""), "ended as abandoned"),
            (change("\"caller_hangup\"", "null"), "without an end"),
            (change("\"talk_ms\":3000", "\"talk_ms\":0"), "0 ms of talk"),
            (change("08:00:08.100Z", "08:01:08.100Z"), "60100 ms longer"),
            (change("08:00:08.100Z", "soon"), "times that cannot be read"),
            (account(&STORY.replace("\"failure\":null", "\"failure\":\"silence\""), RECORD), "met a failure: silence"),
        ] {
            assert_eq!(account.disagree, 1, "{why}: {account:?}");
            assert!(account.shown.starts_with(why) || account.shown.contains(why), "{why}: {}", account.shown);
            assert!(!account.shown.contains("13900000007") && account.shown.contains("139******07"));
            assert!(
                account.shown.contains("  log     a line of ") && !account.shown.contains("of another"),
                "{}",
                account.shown
            );
        }
    }

    #[test]
    fn times_are_read() {
        let record = serde_json::json!({"at": "2000-03-01T00:00:01.002Z", "leap": "2024-02-29T00:00:00.000Z"});
        assert_eq!((millis(&record, "at"), millis(&record, "leap")), (Some(951_868_801_002), Some(1_709_164_800_000)));
    }
}
