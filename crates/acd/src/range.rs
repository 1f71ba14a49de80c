//! How long somebody will wait, as it is told: two ends, in a byte each.

use std::num::NonZeroU8;
use std::time::Duration;

use base::pack::{Packed, Unpacker, Unreadable};

/// Eight of ten wait longer than the low end and not longer than the high one. Ends are whole seconds up to half a minute, then
/// within 3 %, up to 66 minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Range {
    low: u8,
    /// One more than it stands for, so that there is room for no range.
    high: NonZeroU8,
}

/// Steps of one size; as many again, each twice as long, follow.
const STEPS: u32 = 32;
/// The longest end: 3968 s.
const LAST: u8 = 254;

impl Range {
    /// For whom an agent is free.
    pub const AT_ONCE: Range = Range { low: 0, high: NonZeroU8::MIN };
    /// A high end that stands for every longer wait too.
    const WITHOUT_END: u8 = LAST;

    /// The range nearest to these ends, in seconds; a high end below the low one is the low one.
    pub fn of(low_s: f64, high_s: f64) -> Range {
        let low = code(low_s);
        Range { low, high: NonZeroU8::MIN.saturating_add(code(high_s).max(low)) }
    }

    pub fn low(self) -> Duration {
        Duration::from_secs(seconds(self.low).into())
    }

    /// None where the wait may be longer than 66 minutes.
    pub fn high(self) -> Option<Duration> {
        let high = self.high_code();
        (high != Range::WITHOUT_END).then(|| Duration::from_secs(seconds(high).into()))
    }

    /// As many wait longer as shorter, nearly; none where the range has no end.
    pub fn middle(self) -> Option<Duration> {
        self.high().map(|high| (self.low() + high) / 2)
    }

    fn high_code(self) -> u8 {
        self.high.get() - 1
    }

    /// In seconds, the high end endless where there is none.
    pub(crate) fn ends(self) -> (f64, f64) {
        let high = self.high().map_or(f64::INFINITY, |high| high.as_secs_f64());
        (seconds(self.low).into(), high)
    }

    /// What somebody is told next who was told this, and would be told `now` if nothing had been said: no end of what is told rises, until
    /// what was told has become a lie, because even the low end of now lies beyond it.
    pub(crate) fn then(self, now: Range) -> Range {
        if now.low > self.high_code() {
            now
        } else {
            Range { low: now.low.min(self.low), high: now.high.min(self.high) }
        }
    }
}

fn seconds(code: u8) -> u32 {
    let (turn, step) = (u32::from(code) / STEPS, u32::from(code) % STEPS);
    if turn == 0 { step } else { (STEPS + step) << (turn - 1) }
}

fn code(seconds: f64) -> u8 {
    // A cast of floats ends at the ends of the integers, and makes zero of what is no number.
    let whole = (seconds + 0.5) as u32;
    if whole < STEPS {
        return whole as u8;
    }
    let shift = whole.ilog2() - STEPS.ilog2();
    let step = (u64::from(whole) + (1 << shift) / 2) >> shift;
    // Rounded up to the first of the next size, it is that one.
    u8::try_from(u64::from(shift + 1) * u64::from(STEPS) + step - u64::from(STEPS)).map_or(LAST, |code| code.min(LAST))
}

impl Packed for Range {
    fn pack(&self, out: &mut Vec<u8>) {
        self.low.pack(out);
        self.high_code().pack(out);
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Range, Unreadable> {
        let (low, high) = (u8::unpack(from)?, u8::unpack(from)?);
        if low <= high && high <= LAST {
            Ok(Range { low, high: NonZeroU8::MIN.saturating_add(high) })
        } else {
            Err(Unreadable { expected: "a range of waits" })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_end_is_its_own_and_the_next_one_is_longer() {
        for end in 0..=LAST {
            assert_eq!(code(seconds(end).into()), end);
            assert!(end == LAST || seconds(end) < seconds(end + 1));
        }
    }

    #[test]
    fn an_end_is_near_what_it_stands_for() {
        for tenths in 0..39_600 {
            let wait = f64::from(tenths) / 10.0;
            let error = (f64::from(seconds(code(wait))) - wait).abs();
            assert!(error <= 0.51 + wait * 0.016, "{wait} became {}", seconds(code(wait)));
        }
        assert_eq!((code(-3.0), code(f64::NAN), code(1e12), code(f64::INFINITY)), (0, 0, LAST, LAST));
    }

    #[test]
    fn what_was_told_rises_only_when_it_has_become_a_lie() {
        let told = Range::of(120.0, 240.0);
        assert_eq!(told.then(Range::of(100.0, 300.0)), Range::of(100.0, 240.0));
        assert_eq!(told.then(Range::of(180.0, 400.0)), told);
        assert_eq!(told.then(Range::of(30.0, 60.0)), Range::of(30.0, 60.0));
        assert_eq!(told.then(Range::of(250.0, 400.0)), Range::of(250.0, 400.0));
    }
}
