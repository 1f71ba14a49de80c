//! An expected wait as the names of the prompts that say it.

use std::time::Duration;

use crate::spoken::{is_chinese, number};

const UNDER_A_MINUTE: &str = "wait-under-a-minute";
const UNDER: &str = "wait-under";
const ABOUT: &str = "wait-about";
const OVER: &str = "wait-over";
const TO: &str = "to";
const MINUTES: &str = "minutes";
/// Two of something, which is another word than the number.
pub(crate) const LIANG: &str = "number-liang";

/// Minutes that are said: closer would promise more than is known.
const STEPS: [u32; 16] = [0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 60];
/// From here on a longer wait is only said to be longer.
const LONGEST: u32 = 30;

/// Every prompt that a wait in this language may need, beside the pieces of numbers.
pub fn pieces(locale: &str) -> Vec<&'static str> {
    let mut names = vec![UNDER_A_MINUTE, UNDER, ABOUT, OVER, TO, MINUTES];
    if is_chinese(locale) {
        names.push(LIANG);
    }
    names
}

/// A wait between these ends, rounded outwards, so that what is said holds wherever the ends do, and falls when they fall; nothing where
/// the ends say nothing. A wait without a high end may be of any length.
pub(crate) fn wait(locale: &str, low: Duration, high: Option<Duration>) -> Vec<&'static str> {
    let below = low.as_secs() / 60;
    let least = STEPS.into_iter().rev().find(|step| u64::from(*step) <= below).unwrap_or(0);
    let above = high.map(|high| high.as_millis().div_ceil(60_000));
    let most = above.and_then(|above| STEPS.into_iter().find(|step| u128::from(*step) >= above && *step > least));
    match most {
        _ if least >= LONGEST => said(locale, OVER, &[LONGEST]),
        Some(1) => vec![UNDER_A_MINUTE],
        Some(most) if least == 0 => said(locale, UNDER, &[most]),
        Some(most) => said(locale, ABOUT, &[least, most]),
        None if least == 0 => Vec::new(),
        None => said(locale, OVER, &[least]),
    }
}

fn said(locale: &str, first: &'static str, minutes: &[u32]) -> Vec<&'static str> {
    let mut names = vec![first];
    for (place, minutes) in minutes.iter().enumerate() {
        if place > 0 {
            names.push(TO);
        }
        match minutes {
            2 if is_chinese(locale) => names.push(LIANG),
            minutes => names.extend(number(locale, *minutes)),
        }
    }
    names.push(MINUTES);
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(locale: &str, low: u64, high: Option<u64>) -> String {
        wait(locale, Duration::from_secs(low), high.map(Duration::from_secs)).join(" ")
    }

    #[test]
    fn in_words() {
        let cases = [
            (0, Some(0), "wait-under-a-minute"),
            (5, Some(60), "wait-under-a-minute"),
            (5, Some(61), "wait-under number-2 minutes"),
            (59, Some(170), "wait-under number-3 minutes"),
            (60, Some(110), "wait-about number-1 to number-2 minutes"),
            (185, Some(299), "wait-about number-3 to number-5 minutes"),
            (120, Some(120), "wait-about number-2 to number-3 minutes"),
            (450, Some(1000), "wait-about number-6 to number-20 minutes"),
            (1300, Some(2300), "wait-about number-20 to number-40 minutes"),
            (1300, Some(3900), "wait-over number-20 minutes"),
            (1300, None, "wait-over number-20 minutes"),
            (1800, Some(1900), "wait-over number-30 minutes"),
            (3600, None, "wait-over number-30 minutes"),
            (10, None, ""),
        ];
        for (low, high, words) in cases {
            assert_eq!(told("en", low, high), words, "{low} {high:?}");
        }
        assert_eq!(told("zh-CN", 130, Some(280)), "wait-about number-liang to number-5 minutes");
        assert_eq!(told("zh-CN", 800, Some(1100)), "wait-about number-10 number-2 to number-2 number-10 minutes");
    }

    #[test]
    fn what_is_said_holds_wherever_the_range_does() {
        for low in (0..1800).step_by(7) {
            for high in (low..3600).step_by(11) {
                let minutes = |name: &str| STEPS.into_iter().rev().find(|step| name == number("en", *step).join(" "));
                let words = told("en", low, Some(high));
                let inner = words.trim_end_matches(" minutes");
                let (least, most) = match inner.split_once(' ') {
                    None => (Some(0), Some(1)),
                    Some((UNDER, most)) => (Some(0), minutes(most)),
                    Some((ABOUT, both)) => {
                        both.split_once(" to ").map_or((None, None), |(a, b)| (minutes(a), minutes(b)))
                    }
                    Some(_) => (None, None),
                };
                let (Some(least), Some(most)) = (least, most) else { panic!("{low} {high}: {words}") };
                assert!(u64::from(least) * 60 <= low && high <= u64::from(most) * 60, "{low} {high}: {words}");
            }
        }
    }

    #[test]
    fn every_wait_is_made_of_the_listed_pieces() {
        for locale in ["zh-CN", "en", "fr"] {
            let mut known = pieces(locale);
            known.extend(crate::spoken::pieces(locale));
            for low in (0..4000).step_by(50) {
                for high in (low..4100).step_by(50).map(Some).chain([None]) {
                    let said = wait(locale, Duration::from_secs(low), high.map(Duration::from_secs));
                    assert!(said.iter().all(|name| known.contains(name)), "{locale} {low} {high:?}: {said:?}");
                }
            }
        }
    }
}
