//! Where callers go whom a group cannot keep.

use base::{GroupId, Key, Time};

use crate::callers::Standing;
use crate::timer::Armed;
use crate::{Acd, Action, Overflow, Refusal};

impl Acd {
    /// Whether a group takes one caller more who waits since then.
    pub(crate) fn takes(&self, now: Time, group: GroupId, since: Time) -> Result<(), Refusal> {
        let plan = self.plan.groups.get(usize::from(group.0)).filter(|plan| !plan.removed);
        let plan = plan.ok_or(Refusal::UnknownGroup)?;
        if self.closed.contains(&group) {
            return Err(Refusal::Closed);
        }
        // Whom an agent can serve at once does not wait.
        let room =
            self.callers.waiting(group) < plan.limit || self.agents.first(self.queue_of(now, group, since)).is_some();
        if room { Ok(()) } else { Err(Refusal::Full) }
    }

    /// The group that takes a caller who asks for `asked`, following the overflow of full and closed ones.
    pub(crate) fn room(&self, now: Time, asked: GroupId, since: Time) -> Result<GroupId, (GroupId, Refusal)> {
        let mut group = asked;
        // As many steps as there are groups: a circle of full ones ends there.
        for _ in 0..self.plan.groups.len() {
            let Err(reason) = self.takes(now, group, since) else { return Ok(group) };
            match self.plan.groups.get(usize::from(group.0)).map(|plan| plan.overflow) {
                Some(Overflow::Group(next)) => group = next,
                Some(Overflow::Message | Overflow::Stay) => return Err((group, reason)),
                None => break,
            }
        }
        let known = usize::from(group.0) < self.plan.groups.len();
        Err((group, if known { Refusal::Full } else { Refusal::UnknownGroup }))
    }

    /// A caller's time in its group is over; one whose offer is open waits for the outcome first.
    pub(crate) fn waited(&mut self, now: Time, key: Key, out: &mut Vec<Action>) {
        let Some(caller) = self.callers.get_mut(key).filter(|c| self.deadlines.has_fired(c.wait)) else { return };
        caller.wait = Armed::default();
        match caller.standing {
            Standing::Waiting => self.overflow(now, key, out),
            Standing::Offered(_) => caller.overdue = true,
            Standing::Talking(_) | Standing::Nowhere => {}
        }
    }

    /// A caller waited too long in its group and is not being offered: goes where the plan says.
    pub(crate) fn overflow(&mut self, now: Time, key: Key, out: &mut Vec<Action>) {
        let Some(caller) = self.callers.get_mut(key) else { return };
        let (call, from, since) = (caller.call, caller.group, caller.since);
        caller.overdue = false;
        let plan = self.plan.groups.get(usize::from(from.0));
        let circled = usize::from(caller.hops) >= self.plan.groups.len();
        let next = match plan.map(|p| p.overflow) {
            Some(Overflow::Group(next)) if !circled => self.room(now, next, since),
            Some(Overflow::Message) => Err((from, Refusal::WaitedTooLong)),
            _ => Ok(from),
        };
        match next {
            Ok(to) if to == from => self.stay(now, key, out),
            Ok(to) => {
                if let Some(caller) = self.callers.get_mut(key) {
                    caller.hops += 1;
                }
                self.move_to(now, key, to, false, out);
            }
            Err((group, reason)) => {
                self.forget(key, out);
                out.push(Action::Refused { call, group, reason });
            }
        }
    }

    /// A caller in line keeps standing there; one whose offer just failed goes back.
    fn stay(&mut self, now: Time, key: Key, out: &mut Vec<Action>) {
        if self.callers.get(key).is_some_and(|c| c.standing == Standing::Nowhere) {
            self.seek(now, key, out);
        }
    }

    /// Has a caller whom no phone rings for wait on in another group; its wait of before has no deadline any more.
    pub(crate) fn move_to(&mut self, now: Time, key: Key, to: GroupId, by_hand: bool, out: &mut Vec<Action>) {
        self.callers.leave(key);
        let Some(caller) = self.callers.get_mut(key) else { return };
        let (call, from) = (caller.call, caller.group);
        (caller.group, caller.standing) = (to, Standing::Nowhere);
        caller.prefer(None);
        caller.told = u32::MAX;
        out.push(Action::Moved { call, from, to, by_hand });
        self.note(key, out);
        self.enter(now, key, out);
    }
}
