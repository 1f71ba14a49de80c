//! Where callers go whom a group cannot keep.

use base::{GroupId, Key, Time};

use crate::callers::{Caller, Claim, Standing};
use crate::estimate::Outcome;
use crate::expect::Told;
use crate::{Acd, Action, Overflow, Refusal};

/// Where a caller goes whom a group cannot keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Onward {
    Stays,
    To(GroupId),
    Refused(GroupId, Refusal),
}

impl Acd {
    /// Whether a group takes one caller more, who may claim this.
    pub(crate) fn takes(&self, now: Time, group: GroupId, claim: Claim) -> Result<(), Refusal> {
        let plan = self.plan.groups.get(usize::from(group.0)).filter(|plan| !plan.removed);
        let plan = plan.ok_or(Refusal::UnknownGroup)?;
        if self.closed.contains(&group) {
            return Err(Refusal::Closed);
        }
        if self.is_left(group) {
            return Err(Refusal::Unstaffed);
        }
        // Whom an agent can serve at once does not wait.
        if self.agents.first(self.queue_of(now, group, claim.since)).is_some() {
            return Ok(());
        }
        if self.callers.waiting(group) >= plan.limit {
            return Err(Refusal::Full);
        }
        let too_long = |most| match self.expected(now, group, claim.priority, claim.since) {
            Some(range) => range.middle().is_none_or(|middle| middle > most),
            // Of what nobody serves nothing is expected.
            None => false,
        };
        if plan.expected.is_some_and(too_long) { Err(Refusal::ExpectedTooLong) } else { Ok(()) }
    }

    /// The group that takes a caller who asks for `asked`, following the overflow of those that do not.
    pub(crate) fn room(&self, now: Time, asked: GroupId, claim: Claim) -> Result<GroupId, (GroupId, Refusal)> {
        let mut group = asked;
        let mut refused = (asked, Refusal::UnknownGroup);
        // As many steps as there are groups: a circle of full ones ends there.
        for _ in 0..self.plan.groups.len() {
            let Err(reason) = self.takes(now, group, claim) else { return Ok(group) };
            refused = (group, reason);
            match self.plan.groups.get(usize::from(group.0)).map(|plan| plan.overflow.after(reason)) {
                Some(Overflow::Group(next)) => group = next,
                Some(Overflow::Message | Overflow::Stay) | None => break,
            }
        }
        Err(refused)
    }

    /// A caller's time in its group is over; one whose offer is open waits for the outcome first.
    pub(crate) fn waited(&mut self, now: Time, slot: u32, ticket: u32, out: &mut Vec<Action>) {
        let Some(key) = self.callers.key_at(slot).filter(|_| self.deadlines.wait_ends(slot, ticket)) else { return };
        let Some(caller) = self.callers.get_mut(key) else { return };
        match caller.standing {
            Standing::Waiting => self.overflow(now, key, out),
            Standing::Offered(_) => caller.overdue = true,
            Standing::Talking(_) | Standing::Nowhere => {}
        }
    }

    /// A caller waited too long in its group and is not being offered: goes where the plan says.
    pub(crate) fn overflow(&mut self, now: Time, key: Key, out: &mut Vec<Action>) {
        if let Some(caller) = self.callers.get_mut(key) {
            caller.overdue = false;
        }
        let to = self.onward(now, key, Refusal::WaitedTooLong);
        if to == Onward::Stays {
            self.wait_again(now, key);
        }
        self.go(now, key, to, out);
    }

    /// Whom other groups send back to where the wait was over waits once more: later there may be people in those.
    fn wait_again(&mut self, now: Time, key: Key) {
        let Some(caller) = self.callers.get(key).filter(|caller| !self.has_circled(caller)) else { return };
        let Some(plan) = self.plan.groups.get(usize::from(caller.group.0)) else { return };
        let leads_on = matches!(plan.overflow.waited, Overflow::Group(_));
        // Without a wait to begin again the next end would be now.
        if let Some(wait) = plan.wait.filter(|wait| leads_on && !wait.is_zero()) {
            self.deadlines.set_wait(wait, now + wait, key.slot);
        }
    }

    /// Whether a caller was sent on as often as there are groups.
    fn has_circled(&self, caller: &Caller) -> bool {
        usize::from(caller.hops) >= self.plan.groups.len()
    }

    /// Where a caller goes whom the group cannot keep for this reason.
    pub(crate) fn onward(&self, now: Time, key: Key, reason: Refusal) -> Onward {
        let Some(caller) = self.callers.get(key) else { return Onward::Stays };
        let (from, claim, circled) = (caller.group, caller.claim(), self.has_circled(caller));
        let next = match self.plan.groups.get(usize::from(from.0)).map(|plan| plan.overflow.after(reason)) {
            Some(Overflow::Group(next)) if !circled => self.room(now, next, claim),
            Some(Overflow::Message) => Err((from, reason)),
            _ => Ok(from),
        };
        match next {
            Ok(to) if to == from => Onward::Stays,
            Ok(to) => Onward::To(to),
            Err((group, reason)) => Onward::Refused(group, reason),
        }
    }

    /// Has a caller whom no phone rings for go there.
    pub(crate) fn go(&mut self, now: Time, key: Key, to: Onward, out: &mut Vec<Action>) {
        match to {
            Onward::Stays => self.stay(now, key, out),
            Onward::To(group) => {
                if let Some(caller) = self.callers.get_mut(key) {
                    caller.hops += 1;
                }
                self.move_to(now, key, group, false, out);
            }
            Onward::Refused(group, reason) => {
                self.learn(now, key, Outcome::Left);
                if let Some(caller) = self.forget(key, out) {
                    out.push(Action::Refused { call: caller.call, group, reason });
                }
            }
        }
    }

    /// A caller in line keeps standing there; one whose offer just failed goes back.
    fn stay(&mut self, now: Time, key: Key, out: &mut Vec<Action>) {
        if self.callers.get(key).is_some_and(|c| c.standing == Standing::Nowhere) {
            self.seek(now, key, out);
        }
    }

    /// Has a caller whom no phone rings for wait on in another group, which has a wait of its own.
    pub(crate) fn move_to(&mut self, now: Time, key: Key, to: GroupId, by_hand: bool, out: &mut Vec<Action>) {
        self.callers.leave(key);
        let Some(caller) = self.callers.get_mut(key) else { return };
        let (call, from) = (caller.call, caller.group);
        (caller.group, caller.standing) = (to, Standing::Nowhere);
        caller.prefer(None);
        (caller.told, caller.promise) = (u32::MAX, Told::default());
        self.deadlines.cancel_wait(key.slot);
        out.push(Action::Moved { call, from, to, by_hand });
        self.note(key, out);
        self.enter(now, key, out);
    }
}
