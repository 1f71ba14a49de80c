//! How soon callers of each group are answered: counted by the minute, at the rim.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use base::{WaitOutcome, Wall};

/// Minutes that the service level looks back: long enough for a share of more than a few calls, short enough to show what is wrong now.
pub const MINUTES: i64 = 15;
/// Whoever is answered within it was answered soon: what the national standard for 12345 asks for (GB/T 33358).
pub const WITHIN: Duration = Duration::from_secs(15);

/// Waits of one group since the start and of late. Those that ended otherwise, by an overflow or a message, count in neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Level {
    /// Since the start.
    pub answered: u64,
    pub abandoned: u64,
    /// In the last `MINUTES`: answered within `WITHIN`, and all that were answered or abandoned.
    pub soon: u64,
    pub of_late: u64,
}

impl Level {
    /// The service level A(15) / (A + B) of the last `MINUTES`: of the waits that ended with an answer (A) or because the caller hung up (B),
    /// the share that was answered within 15 s. None where there was no such wait.
    pub fn share(&self) -> Option<f64> {
        (self.of_late > 0).then(|| self.soon as f64 / self.of_late as f64)
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Minute {
    /// Counted since 1970.
    number: i64,
    soon: u32,
    all: u32,
}

#[derive(Clone, Debug, Default)]
struct Counts {
    answered: u64,
    abandoned: u64,
    /// By number modulo `MINUTES`.
    minutes: [Minute; MINUTES as usize],
}

/// Those of all groups that somebody waited in: as many as the configuration has at most.
#[derive(Clone, Debug, Default)]
pub(crate) struct Levels {
    groups: BTreeMap<Arc<str>, Counts>,
}

impl Levels {
    /// A wait in a group ended.
    pub(crate) fn count(&mut self, at: Wall, group: &Arc<str>, outcome: WaitOutcome, waited_ms: u64) {
        let answered = match outcome {
            WaitOutcome::Answered => true,
            WaitOutcome::Abandoned => false,
            WaitOutcome::Overflowed | WaitOutcome::Refused | WaitOutcome::Ended | WaitOutcome::Moved => return,
            // Whom nobody kept waiting on the line.
            WaitOutcome::CallBack => return,
        };
        let counts = self.groups.entry(Arc::clone(group)).or_default();
        counts.answered += u64::from(answered);
        counts.abandoned += u64::from(!answered);
        let number = minute(at);
        let place = usize::try_from(number.rem_euclid(MINUTES)).unwrap_or_default();
        let minute = &mut counts.minutes[place];
        if minute.number != number {
            *minute = Minute { number, ..Minute::default() };
        }
        minute.all += 1;
        minute.soon += u32::from(answered && u128::from(waited_ms) <= WITHIN.as_millis());
    }

    pub(crate) fn of(&self, group: &str, now: Wall) -> Level {
        let Some(counts) = self.groups.get(group) else { return Level::default() };
        let newest = minute(now);
        let of_late = counts.minutes.iter().filter(|one| (newest - MINUTES + 1..=newest).contains(&one.number));
        let (mut soon, mut all) = (0, 0);
        for one in of_late {
            (soon, all) = (soon + u64::from(one.soon), all + u64::from(one.all));
        }
        Level { answered: counts.answered, abandoned: counts.abandoned, soon, of_late: all }
    }
}

fn minute(at: Wall) -> i64 {
    at.0.div_euclid(60_000)
}

#[cfg(test)]
mod tests {
    use WaitOutcome::{Abandoned, Answered, Ended, Moved, Overflowed, Refused};

    use super::*;

    const MINUTE: i64 = 60_000;

    #[test]
    fn a_level_is_the_share_of_the_last_quarter_of_an_hour() {
        let (mut levels, group) = (Levels::default(), Arc::from("consult"));
        let start = 1_790_000_000_000 / MINUTE * MINUTE;
        let mut count = |after: i64, outcome, waited_ms| levels.count(Wall(start + after), &group, outcome, waited_ms);
        for (after, outcome, waited_ms) in [
            (0, Answered, 15_000),
            (MINUTE, Answered, 15_001),
            (2 * MINUTE, Abandoned, 1_000),
            (2 * MINUTE + 1, Answered, 0),
        ] {
            count(after, outcome, waited_ms);
        }
        for outcome in [Overflowed, Refused, Ended, Moved] {
            count(0, outcome, 0);
        }
        let at = |after: i64| levels.of("consult", Wall(start + after));
        assert_eq!(at(2 * MINUTE), Level { answered: 3, abandoned: 1, soon: 2, of_late: 4 });
        assert_eq!(at(2 * MINUTE).share(), Some(0.5));
        assert_eq!(at(MINUTES * MINUTE).of_late, 3, "the first minute is too old");
        assert_eq!(at((MINUTES + 1) * MINUTE), Level { answered: 3, abandoned: 1, soon: 1, of_late: 2 });
        assert_eq!(at(60 * MINUTE).share(), None, "since the start they still count");
        assert_eq!(at(-60 * MINUTE).of_late, 0, "the clock was set back");
        assert_eq!(levels.of("complaint", Wall(start)), Level::default());
    }

    #[test]
    fn a_minute_takes_the_place_of_one_that_is_too_old() {
        let (mut levels, group) = (Levels::default(), Arc::from("consult"));
        for number in 0..100 {
            levels.count(Wall(number * MINUTE), &group, Answered, 0);
        }
        assert_eq!(levels.of("consult", Wall(99 * MINUTE)).of_late, MINUTES as u64);
    }
}
