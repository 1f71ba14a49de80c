//! Who served whom the last time, for groups that let a caller wait for that agent.

use base::{AgentId, CallerKey, GroupId, Now, Time};

use crate::kept::Kept;
use crate::ledger::{Last, Ledger};
use crate::{Acd, Action, Fact};

/// Callers remembered at once; one more, and the oldest goes. A big city talks with 60,000 people a day, a day is what is kept by
/// default, and each takes about 100 bytes.
pub(crate) const REMEMBERED_MAX: usize = 100_000;

/// Everybody's last agent.
pub(crate) type Lasts = Kept<Last>;

impl Acd {
    /// A caller talks with an agent from now on.
    pub(crate) fn remember(&mut self, now: Time, caller: Option<CallerKey>, agent: AgentId, out: &mut Vec<Action>) {
        let Some(caller) = caller.filter(|_| self.remembers) else { return };
        let last = Last { agent, until: now + self.plan.remember };
        if last.until <= now {
            // What was remembered under a plan of before is the last talk no more.
            return self.forget_last(caller, out);
        }
        if self.lasts.get(caller) == Some(last) {
            return;
        }
        self.lasts.insert(caller, last);
        out.push(Action::Fact(Fact::Served { caller, agent, until: last.until }));
        self.forget_some(out);
    }

    /// Forgets those who are remembered for the shortest time yet, until no more are left than may be.
    fn forget_some(&mut self, out: &mut Vec<Action>) {
        while self.lasts.len() > REMEMBERED_MAX {
            let Some((_, caller)) = self.lasts.first() else { return };
            self.forget_last(caller, out);
        }
    }

    fn forget_last(&mut self, caller: CallerKey, out: &mut Vec<Action>) {
        if self.lasts.remove(caller).is_some() {
            out.push(Action::Fact(Fact::Forgotten { caller }));
        }
    }

    /// Forgets those whose time is over.
    pub(crate) fn expire_lasts(&mut self, now: Time, out: &mut Vec<Action>) {
        while let Some((_, caller)) = self.lasts.first().filter(|(until, _)| *until <= now) {
            self.forget_last(caller, out);
        }
    }

    /// For whom a caller waits alone who comes to a group: the agent of the last talk, if that one serves the group; and until when.
    pub(crate) fn preferred(&self, now: Time, group: GroupId, caller: Option<CallerKey>) -> Option<(AgentId, Time)> {
        let alone = self.plan.groups.get(usize::from(group.0))?.prefer;
        let last = self.lasts.get(caller?).filter(|last| last.until > now && !alone.is_zero())?;
        let serves = self.agents.groups(last.agent).contains(&group);
        serves.then(|| (last.agent, now + alone))
    }

    pub(crate) fn restore_lasts(&mut self, now: Now, ledger: &Ledger, out: &mut Vec<Action>) {
        for (&caller, &last) in &ledger.lasts {
            if last.until > now.time && self.agents.get(last.agent).is_some() && self.remembers {
                self.lasts.insert(caller, last);
            } else {
                out.push(Action::Fact(Fact::Forgotten { caller }));
            }
        }
        self.forget_some(out);
    }
}
