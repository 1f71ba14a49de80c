//! Star codes: what an agent dials on the phone to change state.

use std::time::Duration;

use crate::plan::OTHER;

/// The codes, each a star and digits. Digits may follow `pause` and `wrap_up`, so neither begins another code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StarCodes {
    pub sign_on: String,
    pub ready: String,
    /// Alone, or followed by the place of a reason, from 1.
    pub pause: String,
    /// Alone, or followed by seconds.
    pub wrap_up: String,
    pub sign_off: String,
    /// `Plan::pause_reasons`, whose places are dialled.
    pub reasons: Vec<String>,
}

/// What a code asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StarCode {
    SignOn,
    Ready,
    Pause {
        reason: String,
    },
    /// Wrap-up goes on for so long from now.
    WrapUp {
        length: Duration,
    },
    SignOff,
}

/// How long wrap-up goes on when the agent dials no length.
const WRAP_UP: Duration = Duration::from_secs(60);
/// A day: more was not meant. How much of it is granted is the queue's to say.
const WRAP_UP_MAX_S: u64 = 86_400;

impl Default for StarCodes {
    fn default() -> StarCodes {
        let [sign_on, ready, pause, wrap_up, sign_off] = ["*71", "*72", "*73", "*74", "*79"].map(str::to_owned);
        StarCodes { sign_on, ready, pause, wrap_up, sign_off, reasons: Vec::new() }
    }
}

impl StarCodes {
    /// What was dialled, as the user part of the request's URI; none when it is no code, or names no reason or no length
    /// from 1 second to a day.
    pub fn parse(&self, dialled: &str) -> Option<StarCode> {
        let simple =
            [(&self.sign_on, StarCode::SignOn), (&self.ready, StarCode::Ready), (&self.sign_off, StarCode::SignOff)];
        if let Some((_, code)) = simple.into_iter().find(|(code, _)| *code == dialled) {
            return Some(code);
        }
        if let Some(place) = dialled.strip_prefix(&self.pause) {
            return self.reason(place).map(|reason| StarCode::Pause { reason });
        }
        wrap_up(dialled.strip_prefix(&self.wrap_up)?).map(|length| StarCode::WrapUp { length })
    }

    fn reason(&self, place: &str) -> Option<String> {
        match place {
            "" => Some(OTHER.to_owned()),
            place => self.reasons.get(usize::try_from(digits(place)?).ok()?.checked_sub(1)?).cloned(),
        }
    }
}

fn wrap_up(seconds: &str) -> Option<Duration> {
    match seconds {
        "" => Some(WRAP_UP),
        seconds => digits(seconds).filter(|s| (1..=WRAP_UP_MAX_S).contains(s)).map(Duration::from_secs),
    }
}

/// `parse` alone would take a sign too.
fn digits(text: &str) -> Option<u64> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes() {
        let reasons = ["break", "meal", "training"].map(str::to_owned).into();
        let codes = StarCodes { reasons, ..StarCodes::default() };
        let pause = |reason: &str| Some(StarCode::Pause { reason: reason.to_owned() });
        let wrap_up = |seconds| Some(StarCode::WrapUp { length: Duration::from_secs(seconds) });
        let cases = [
            ("*71", Some(StarCode::SignOn)),
            ("*72", Some(StarCode::Ready)),
            ("*79", Some(StarCode::SignOff)),
            ("*73", pause("other")),
            ("*731", pause("break")),
            ("*733", pause("training")),
            ("*7303", pause("training")),
            ("*734", None),
            ("*730", None),
            ("*73*", None),
            ("*73+1", None),
            ("*7399999999999999999999", None),
            ("*74", wrap_up(60)),
            ("*741", wrap_up(1)),
            ("*74120", wrap_up(120)),
            ("*7486400", wrap_up(86_400)),
            ("*7486401", None),
            ("*740", None),
            ("*74-5", None),
            ("*7", None),
            ("*711", None),
            ("71", None),
            (" *71", None),
            ("*71#", None),
            ("", None),
            ("*", None),
            ("12345", None),
        ];
        for (dialled, expected) in cases {
            assert_eq!(codes.parse(dialled), expected, "{dialled}");
        }
    }

    #[test]
    fn codes_that_an_operator_chose() {
        let codes = StarCodes { sign_on: "*1".to_owned(), ready: "*12".to_owned(), ..StarCodes::default() };
        assert_eq!(codes.parse("*1"), Some(StarCode::SignOn), "the shorter of two is no prefix but a code");
        assert_eq!(codes.parse("*12"), Some(StarCode::Ready));
        assert_eq!(codes.parse("*71"), None);
    }
}
