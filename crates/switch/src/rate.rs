//! How many new calls a second are let in.

use base::Time;

/// A bucket that holds one second's worth, so that a burst within the second passes whole.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rate {
    /// In billionths of a call, as of `at`.
    spent: u64,
    at: Time,
}

const CALL: u64 = 1_000_000_000;

impl Rate {
    /// Whether one more call may come in now, and takes it down when it may.
    pub(crate) fn allows(&mut self, now: Time, per_s: Option<u32>) -> bool {
        let Some(per_s) = per_s.map(u64::from) else { return true };
        let gone = u64::try_from((now - self.at).as_nanos()).unwrap_or(u64::MAX);
        self.at = self.at.max(now);
        self.spent = self.spent.saturating_sub(gone.saturating_mul(per_s));
        let allowed = self.spent.saturating_add(CALL) <= per_s.saturating_mul(CALL);
        if allowed {
            self.spent += CALL;
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(rate: &mut Rate, millis: u64, tries: u32) -> u32 {
        (0..tries).map(|_| u32::from(rate.allows(Time::from_millis(millis), Some(10)))).sum()
    }

    #[test]
    fn a_second_s_worth_passes_at_once_and_then_one_at_a_time() {
        let mut rate = Rate::default();
        assert_eq!(allowed(&mut rate, 5000, 25), 10);
        assert_eq!(allowed(&mut rate, 5050, 5), 0);
        assert_eq!(allowed(&mut rate, 5100, 5), 1);
        assert_eq!(allowed(&mut rate, 5500, 25), 4);
        assert_eq!(allowed(&mut rate, 9000, 25), 10);
        assert!((0..1000).all(|_| rate.allows(Time::ZERO, None)));
    }
}
