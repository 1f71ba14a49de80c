//! Citizens who call again, counted by the keyed print of their number.

use base::{CallId, CallerKey, Time};

use crate::kept::Kept;
use crate::ledger::{Calls, Ledger};
use crate::{Acd, Action, Fact};

/// Callers counted at once; one more, and the oldest goes. A big city is called by 60,000 people a day, a day is what is counted by default,
/// and each takes about 200 bytes.
pub(crate) const COUNTED_MAX: usize = 100_000;

/// Everybody's latest calls.
pub(crate) type Repeats = Kept<Calls>;

impl Acd {
    /// A citizen's call has begun: tells how many went before it, if any.
    pub(crate) fn called(&mut self, now: Time, call: CallId, caller: CallerKey, out: &mut Vec<Action>) {
        let repeat = self.plan.repeat;
        if repeat.is_zero() {
            return;
        }
        let mut calls = self.repeats.get(caller).unwrap_or_default();
        let earlier = calls.since(now, repeat);
        let until = now + repeat;
        calls.add(now, until);
        self.repeats.insert(caller, calls);
        out.push(Action::Fact(Fact::Called { caller, at: now, until }));
        if earlier > 0 {
            out.push(Action::Repeats { call, earlier });
        }
        self.uncount_some(out);
    }

    /// Forgets those who called longest ago, until no more are left than may be.
    fn uncount_some(&mut self, out: &mut Vec<Action>) {
        while self.repeats.len() > COUNTED_MAX {
            let Some((_, caller)) = self.repeats.first() else { return };
            self.uncount(caller, out);
        }
    }

    fn uncount(&mut self, caller: CallerKey, out: &mut Vec<Action>) {
        if self.repeats.remove(caller).is_some() {
            out.push(Action::Fact(Fact::Uncounted { caller }));
        }
    }

    /// Forgets those whose last call is too long ago.
    pub(crate) fn expire_repeats(&mut self, now: Time, out: &mut Vec<Action>) {
        while let Some((_, caller)) = self.repeats.first().filter(|(until, _)| *until <= now) {
            self.uncount(caller, out);
        }
    }

    pub(crate) fn restore_repeats(&mut self, now: Time, ledger: &Ledger, out: &mut Vec<Action>) {
        for (&caller, &calls) in &ledger.calls {
            if calls.until > now {
                self.repeats.insert(caller, calls);
            } else {
                out.push(Action::Fact(Fact::Uncounted { caller }));
            }
        }
        self.uncount_some(out);
    }
}
