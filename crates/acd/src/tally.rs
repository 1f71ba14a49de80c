//! What agents did for the queue today, for the strategies that even it out.

use base::{AgentId, Now, Time};

use crate::ledger::{Ledger, Tally};
use crate::{Acd, Action, Fact};

const DAY_MS: i64 = 24 * 3_600_000;

impl Acd {
    /// Has tallies count for the day of `now`.
    pub(crate) fn mark_day(&mut self, now: Now) {
        if !self.counts {
            return;
        }
        let begins = i64::try_from(self.plan.day_begins.as_millis()).unwrap_or_default();
        let day = u32::try_from((now.wall.0 - begins).div_euclid(DAY_MS)).unwrap_or_default();
        if day != self.agents.day {
            self.agents.begin_day(day);
        }
    }

    /// An agent's talk that began then is over.
    pub(crate) fn count_talk(&mut self, now: Time, agent: AgentId, began: Time, out: &mut Vec<Action>) {
        let day = self.agents.day;
        let Some(tally) = self.agents.tally_mut(agent).filter(|_| self.counts) else { return };
        let Tally { calls, talk, .. } = tally.of(day);
        let (calls, talk) = (calls.saturating_add(1), talk.saturating_add(now - began));
        *tally = Tally { day, calls, talk };
        out.push(Action::Fact(Fact::Tallied { agent, day, calls, talk }));
    }

    pub(crate) fn restore_tallies(&mut self, ledger: &Ledger) {
        for (agent, tally) in &ledger.tallies {
            if let Some(kept) = self.agents.tally_mut(*agent) {
                *kept = *tally;
            }
        }
    }
}
