//! Times of the wall, in and out.

use std::time::{SystemTime, UNIX_EPOCH};

use base::Wall;

/// The wall clock.
pub(crate) fn now() -> Wall {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Wall(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// A time as RFC 3339 §5.6 writes it, seconds with or without a fraction.
pub(crate) fn parse(text: &str) -> Option<Wall> {
    let (date, rest) = text.split_at_checked(10)?;
    let rest = rest.strip_prefix(['T', 't', ' '])?;
    let (clock, rest) = rest.split_at_checked(8)?;
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    let [hour, minute, second] = numbers(clock, ':', [2, 2, 2])?;
    let (millis, zone) = fraction(rest)?;
    let fits = (1..=12).contains(&month)
        && (1..=days_of(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        // A leap second is the next minute's first.
        && second <= 60;
    let seconds = days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset(zone)? * 60;
    fits.then_some(Wall(seconds * 1000 + millis))
}

fn numbers<const N: usize>(text: &str, between: char, lengths: [usize; N]) -> Option<[i64; N]> {
    let mut numbers = [0; N];
    let mut parts = text.split(between);
    for (number, length) in numbers.iter_mut().zip(lengths) {
        let part = parts.next().filter(|p| p.len() == length && p.bytes().all(|b| b.is_ascii_digit()))?;
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(numbers)
}

/// Milliseconds of the fraction, and what follows it.
fn fraction(text: &str) -> Option<(i64, &str)> {
    let Some(digits) = text.strip_prefix('.') else { return Some((0, text)) };
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    let (fraction, rest) = digits.split_at(end);
    let thousandths = format!("{:0<3.3}", fraction);
    (!fraction.is_empty()).then_some((thousandths.parse().ok()?, rest))
}

/// Minutes east of UTC.
fn offset(zone: &str) -> Option<i64> {
    if matches!(zone, "Z" | "z") {
        return Some(0);
    }
    // In a query a plus sign that nobody escaped arrives as a space.
    let (sign, clock) = match zone.split_at_checked(1)? {
        ("+" | " ", clock) => (1, clock),
        ("-", clock) => (-1, clock),
        _ => return None,
    };
    let [hours, minutes] = numbers(clock, ':', [2, 2])?;
    (hours < 24 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}

const fn days_of(year: i64, month: i64) -> i64 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar, with years that begin in March.
const fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_wall_prints_is_read_again() {
        for millis in (-62_135_596_800_000..253_402_300_800_000_i64).step_by(97_000_000_123) {
            assert_eq!(parse(&Wall(millis).to_string()), Some(Wall(millis)), "{}", Wall(millis));
        }
    }

    #[test]
    fn offsets_and_nonsense() {
        let cases = [
            ("1970-01-01T08:00:00+08:00", Some(0)),
            ("1970-01-01T08:00:00 08:00", Some(0)),
            ("1969-12-31T19:00:00.5-05:00", Some(500)),
            ("2000-02-29T00:00:00Z", Some(951_782_400_000)),
            ("2001-02-29T00:00:00Z", None),
            ("2026-13-01T00:00:00Z", None),
            ("2026-11-23", None),
            ("2026-11-23T24:00:00Z", None),
            ("2026-11-23T10:00:00", None),
            ("2026-11-23T10:00:00.Z", None),
            ("2026-11-23T10:00:00+8:00", None),
            ("２０２６-11-23T10:00:00Z", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text), expected.map(Wall), "{text}");
        }
    }
}
