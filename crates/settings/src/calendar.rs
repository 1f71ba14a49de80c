//! `calendar/*.toml`: opening hours, holidays, and weekends that are worked.

use ivr::{Date, Hours, Span};

use crate::groups::refuse_twins;
use crate::problem::{Problem, Problems, Spot};
use crate::reader::Table;
use crate::value::Value;

const WEEK: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
pub(crate) const CHINA: i32 = 480;
/// Longer is a slip in a date.
const HOLIDAY_DAYS_MAX: i64 = 60;

/// A day that goes before its weekday.
enum Day {
    Holiday,
    /// Worked with the hours of this weekday.
    Like(usize),
}

/// Opening hours by name, with the holidays of all files.
pub(crate) fn read(roots: &[Table<'_>], problems: &Problems) -> Vec<(String, Hours)> {
    let days: Vec<(Date, Day)> =
        roots.iter().flat_map(|root| holidays(root).into_iter().chain(workdays(root))).collect();
    let mut all = Vec::new();
    let mut spots: Vec<(String, Spot)> = Vec::new();
    for root in roots {
        for (name, spot, value) in root.get("hours").map(|v| v.names()).unwrap_or_default() {
            let Some(table) = value.table(&["hours"]) else { continue };
            spots.push((name.to_owned(), spot));
            all.push((name.to_owned(), hours(&table, &days)));
        }
    }
    refuse_twins(spots.iter().map(|(n, spot)| (n.as_str(), spot)), "opening hours", problems);
    all
}

fn hours(table: &Table<'_>, days: &[(Date, Day)]) -> Hours {
    let utc_offset_minutes = table.get("utc_offset").and_then(|v| utc_offset(&v)).unwrap_or(CHINA);
    let week = WEEK.map(|day| table.get(day).map(|v| spans(&v)).unwrap_or_default());
    let mut hours = Hours { utc_offset_minutes, week, ..Hours::default() };
    if table.bool("holidays", true) {
        for (date, day) in days {
            let spans = match day {
                Day::Holiday => Vec::new(),
                Day::Like(weekday) => hours.week[*weekday].clone(),
            };
            hours.days.insert(*date, spans);
        }
    }
    hours
}

/// `+08:00`, at most a day.
fn utc_offset(value: &Value<'_>) -> Option<i32> {
    value.parsed("an offset from UTC", "`+08:00`", |text| {
        let (sign, rest) = match (text.strip_prefix('+'), text.strip_prefix('-')) {
            (Some(rest), _) => (1, rest),
            (_, Some(rest)) => (-1, rest),
            _ => return None,
        };
        Some(sign * i32::from(minute(rest).filter(|m| *m < 1440)?))
    })
}

fn spans(value: &Value<'_>) -> Vec<Span> {
    let span = |item: &Value<'_>| {
        item.parsed("a time from and to", "`08:30-17:30`, at most to 24:00", |text| {
            let (from, to) = text.split_once('-')?;
            let (from_minute, to_minute) = (minute(from.trim())?, minute(to.trim())?);
            (from_minute < to_minute).then_some(Span { from_minute, to_minute })
        })
    };
    value.list().iter().filter_map(span).collect()
}

/// `17:30`, up to 24:00.
pub(crate) fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let two_digits = |t: &str| t.len() <= 2 && t.bytes().all(|b| b.is_ascii_digit());
    if !two_digits(hour) || minute.len() != 2 || !two_digits(minute) {
        return None;
    }
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    (minute < 60 && hour * 60 + minute <= 1440).then_some(hour * 60 + minute)
}

/// The years that holidays of a file are in; what is wrong with them is told where they are read.
pub(crate) fn years(root: &Table<'_>) -> Vec<i32> {
    let dates = root.sections("holiday").into_iter().filter_map(|table| table.get("from")?.date());
    dates.map(|date| date.year).collect()
}

fn holidays(root: &Table<'_>) -> Vec<(Date, Day)> {
    let mut days = Vec::new();
    for table in root.sections("holiday") {
        // Its name is for the reader of the file.
        let _ = table.need("name", "\"国庆节\"").and_then(|v| v.text());
        let from = table.need("from", "2026-10-01").and_then(|v| date(&v));
        let to_value = table.get("to");
        let to = to_value.as_ref().map_or(from, date);
        let (Some(from), Some(to)) = (from, to) else { continue };
        if to < from || to - from >= HOLIDAY_DAYS_MAX {
            let spot = to_value.map_or(table.spot.clone(), |v| v.spot);
            let title = format!("a holiday lasts 1 to {HOLIDAY_DAYS_MAX} days");
            let help = "let `to` be the last day of the holiday, not before `from`";
            root.problems.error(Problem::new(spot, title, "not its last day", help));
            continue;
        }
        days.extend((from..=to).map(|day| (Date::of_day(day), Day::Holiday)));
    }
    days
}

fn workdays(root: &Table<'_>) -> Vec<(Date, Day)> {
    let weekdays: Vec<(&str, usize)> = WEEK.into_iter().zip(0..).collect();
    let mut days = Vec::new();
    for table in root.sections("workday") {
        let day = table.need("date", "2026-10-10").and_then(|v| date(&v));
        let like = table.get("like").map_or(Some(0), |v| v.word("weekday", &weekdays));
        days.extend(day.zip(like).map(|(day, like)| (Date::of_day(day), Day::Like(like))));
    }
    days
}

/// Days since 1970-01-01; a date that no calendar has is an error.
fn date(value: &Value<'_>) -> Option<i64> {
    let date = value.date()?;
    let day = date.day_number();
    if Date::of_day(day) != date {
        value.error("there is no such date", "not in any calendar", "check the day of the month");
        return None;
    }
    Some(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_of_the_day() {
        let cases = [
            ("00:00", Some(0)),
            ("8:30", Some(510)),
            ("24:00", Some(1440)),
            ("24:01", None),
            ("08:60", None),
            ("0800", None),
            ("+8:00", None),
            ("", None),
        ];
        for (text, minutes) in cases {
            assert_eq!(minute(text), minutes, "{text}");
        }
    }
}
