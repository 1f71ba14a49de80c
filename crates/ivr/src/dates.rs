//! Days and times of the day as the names of the prompts that say them.

use crate::expected::LIANG;
use crate::spoken::{is_chinese, number, unit};

const YEAR: &str = "date-year";
const MONTH: &str = "date-month";
const DAY: &str = "date-day";
const HOUR: &str = "time-hour";
const MINUTE: &str = "time-minute";
const MONTHS: [&str; 12] = [
    "month-1", "month-2", "month-3", "month-4", "month-5", "month-6", "month-7", "month-8", "month-9", "month-10",
    "month-11", "month-12",
];

/// Every prompt that a day in this language may need, beside the pieces of numbers.
pub fn date_pieces(locale: &str) -> Vec<&'static str> {
    if is_chinese(locale) { vec![YEAR, MONTH, DAY] } else { MONTHS.to_vec() }
}

/// Every prompt that a time of the day in this language may need, beside the pieces of numbers.
pub fn time_pieces(locale: &str) -> Vec<&'static str> {
    if is_chinese(locale) { vec![HOUR, MINUTE, LIANG] } else { vec![HOUR] }
}

/// The day that a text begins with, as 2026-10-01; none where it does not.
pub(crate) fn date(locale: &str, text: &str) -> Option<Vec<&'static str>> {
    let (year, rest) = text.trim().split_once('-')?;
    let (month, day) = rest.split_once('-')?;
    let day = day.split(['T', ' ']).next()?;
    let (year, month, day) = (digits(year, 4)?, digits(month, 2)?, digits(day, 2)?);
    if !(1000..=9999).contains(&year) || !(1..=31).contains(&day) {
        return None;
    }
    let name = *MONTHS.get(usize::try_from(month).ok()?.checked_sub(1)?)?;
    let mut out = Vec::new();
    if is_chinese(locale) {
        // A year is read digit by digit, with 一 and not 幺.
        out.extend([1000, 100, 10, 1].map(|size| unit(year / size % 10)));
        out.push(YEAR);
        out.extend(number(locale, month));
        out.push(MONTH);
        out.extend(number(locale, day));
        out.push(DAY);
    } else {
        out.push(name);
        out.extend(number(locale, day));
        out.extend(number(locale, year / 100));
        out.extend(number(locale, year % 100));
    }
    Some(out)
}

/// The time of the day in a text as 14:30, 14:30:59 or 2026-10-01T14:30; none where there is none.
pub(crate) fn time(locale: &str, text: &str) -> Option<Vec<&'static str>> {
    let text = text.trim();
    let clock = text.split_once(['T', ' ']).map_or(text, |(_, clock)| clock);
    let mut parts = clock.split(':');
    let (hour, minute) = (digits(parts.next()?, 2)?, digits(parts.next()?.get(..2)?, 2)?);
    if hour > 23 || minute > 59 {
        return None;
    }
    let mut out = if hour == 2 && is_chinese(locale) { vec![LIANG] } else { number(locale, hour) };
    if is_chinese(locale) || minute == 0 {
        out.push(HOUR);
    }
    if (1..10).contains(&minute) {
        out.push(unit(0));
    }
    if minute > 0 {
        out.extend(number(locale, minute));
        out.extend(is_chinese(locale).then_some(MINUTE));
    }
    Some(out)
}

/// A number of one to so many digits.
fn digits(text: &str, most: usize) -> Option<u32> {
    let fits = (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    fits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(names: Option<Vec<&str>>) -> String {
        let word = |name: &str| name.trim_start_matches("number-").to_owned();
        names.map_or("-".to_owned(), |names| names.into_iter().map(word).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn days() {
        let cases = [
            ("zh-CN", "2026-10-01", "2 0 2 6 date-year 10 date-month 1 date-day"),
            ("zh-CN", "2031-11-21T08:00", "2 0 3 1 date-year 10 1 date-month 2 10 1 date-day"),
            ("en", "2026-10-31", "month-10 30 1 20 20 6"),
            ("en", "2026-1-2", "month-1 2 20 20 6"),
            ("zh-CN", "2026-13-01", "-"),
            ("zh-CN", "2026-00-01", "-"),
            ("zh-CN", "2026-10-32", "-"),
            ("zh-CN", "tomorrow", "-"),
            ("zh-CN", "", "-"),
        ];
        for (locale, text, expected) in cases {
            assert_eq!(said(date(locale, text)), expected, "{locale} {text}");
        }
    }

    #[test]
    fn times() {
        let cases = [
            ("zh-CN", "14:30", "10 4 time-hour 3 10 time-minute"),
            ("zh-CN", "02:05", "number-liang time-hour 0 5 time-minute"),
            ("zh-CN", "9:00", "9 time-hour"),
            ("en", "14:30", "14 30"),
            ("en", "2026-10-01T09:05:59", "9 0 5"),
            ("en", "2026-10-01 09:00", "9 time-hour"),
            ("en", "24:00", "-"),
            ("en", "9:5", "-"),
            ("en", "中:00", "-"),
            ("en", "", "-"),
        ];
        for (locale, text, expected) in cases {
            let expected = expected.replace("number-", "");
            assert_eq!(said(time(locale, text)), expected, "{locale} {text}");
        }
    }

    #[test]
    fn every_day_and_time_is_made_of_the_listed_pieces() {
        for locale in ["zh-CN", "en"] {
            let known = [date_pieces(locale), time_pieces(locale), crate::number_pieces(locale)].concat();
            for n in 0..366 {
                let day = format!("20{:02}-{:02}-{:02}", n % 100, n % 12 + 1, n % 31 + 1);
                let clock = format!("{:02}:{:02}", n % 24, n % 60);
                for piece in [date(locale, &day), time(locale, &clock)].into_iter().flatten().flatten() {
                    assert!(known.contains(&piece), "{locale} {day} {clock}: {piece}");
                }
            }
        }
    }
}
