//! What people do to a queue that runs: a caller goes first, elsewhere or away, a group closes and opens.

use std::num::NonZeroU32;

use base::{CallId, GroupId, Key, Time};

use crate::callers::Standing;
use crate::estimate::Outcome;
use crate::expect::Heed;
use crate::overflow::Onward;
use crate::{Acd, Action, Command, Fact, Overflow, Refusal, Steered};

impl Acd {
    /// Carries out what a supervisor asks, and answers.
    pub(crate) fn steer(&mut self, now: Time, command: &Command, out: &mut Vec<Action>) {
        let (ticket, outcome) = match *command {
            Command::Raise { ticket, call } => (ticket, self.raise(now, call, out)),
            Command::Move { ticket, call, group } => (ticket, self.move_by_hand(now, call, group, out)),
            Command::Release { ticket, call } => (ticket, self.release(now, call, out)),
            Command::Open { ticket, group, open } => (ticket, self.let_in(now, group, open, out)),
            Command::Surge { ticket, group, by_hand } => (ticket, self.surge_by_hand(group, by_hand, out)),
            _ => return,
        };
        out.push(Action::Steered { ticket, outcome });
    }

    /// A caller who waits, in line or offered.
    pub(crate) fn waits(&self, call: CallId) -> Option<Key> {
        let key = self.callers.find(call)?;
        let waits = |standing| matches!(standing, Standing::Waiting | Standing::Offered(_));
        self.callers.get(key).filter(|caller| waits(caller.standing)).map(|_| key)
    }

    /// The caller goes before everybody who was not pulled forward earlier.
    fn raise(&mut self, now: Time, call: CallId, out: &mut Vec<Action>) -> Steered {
        let Some(key) = self.waits(call) else { return Steered::NotWaiting };
        let Some(caller) = self.callers.get(key).filter(|caller| caller.pulled.is_none()) else {
            return Steered::Done;
        };
        let in_line = caller.standing == Standing::Waiting;
        if in_line {
            self.callers.leave(key);
        }
        // Four thousand million pulls of one process have one turn from there on, and go by arrival no more.
        self.pulls = self.pulls.saturating_add(1);
        let pulled = NonZeroU32::new(self.pulls);
        if let Some(caller) = self.callers.get_mut(key) {
            caller.pulled = pulled;
            caller.promise.heed = Heed::Nothing;
            caller.prefer(None);
        }
        if in_line {
            // Whoever waited for one agent alone may be served by others now.
            self.seek(now, key, out);
        }
        Steered::Done
    }

    /// The caller waits on in another group, with the same turn.
    fn move_by_hand(&mut self, now: Time, call: CallId, to: GroupId, out: &mut Vec<Action>) -> Steered {
        let Some(key) = self.waits(call) else { return Steered::NotWaiting };
        let Some(caller) = self.callers.get(key) else { return Steered::NotWaiting };
        if caller.group == to {
            return Steered::Done;
        }
        // Whoever moves a caller names the group: nobody is sent on from there.
        match self.takes(now, to, caller.claim()) {
            Ok(()) => {}
            Err(Refusal::UnknownGroup) => return Steered::UnknownGroup,
            Err(Refusal::Closed) => return Steered::Closed,
            Err(Refusal::Unstaffed) => return Steered::Unstaffed,
            Err(_) => return Steered::Full,
        }
        self.stop_phones(now, key, out);
        if let Some(caller) = self.callers.get_mut(key) {
            (caller.overdue, caller.hops) = (false, 0);
        }
        self.move_to(now, key, to, true, out);
        Steered::Done
    }

    /// The caller is told that nobody can answer, and leaves.
    fn release(&mut self, now: Time, call: CallId, out: &mut Vec<Action>) -> Steered {
        let Some(key) = self.waits(call) else { return self.release_resting(call, out) };
        self.stop_phones(now, key, out);
        self.learn(now, key, Outcome::Left);
        if let Some(caller) = self.forget(key, out) {
            out.push(Action::Refused { call, group: caller.group, reason: Refusal::Released });
        }
        Steered::Done
    }

    /// Who is in no line is not called back.
    fn release_resting(&mut self, call: CallId, out: &mut Vec<Action>) -> Steered {
        let resting = self.promises.of_call(call).filter(|_| self.callers.find(call).is_none());
        let Some(caller) = resting else { return Steered::NotWaiting };
        self.promise_over(caller, out);
        Steered::Done
    }

    /// Stops every phone that rings for a caller; nobody is to blame, and a word of the call that comes late still counts.
    fn stop_phones(&mut self, now: Time, key: Key, out: &mut Vec<Action>) {
        // Each turn ends one offer of those that there are.
        while let Some((call, Standing::Offered(agent))) = self.callers.get(key).map(|c| (c.call, c.standing)) {
            self.withdraw(agent, call, None, out);
            self.review(now, agent, out);
        }
    }

    /// Lets callers into a group again, or nobody new; whoever waits in a group that closes goes where it overflows to.
    fn let_in(&mut self, now: Time, group: GroupId, open: bool, out: &mut Vec<Action>) -> Steered {
        if self.plan.groups.get(usize::from(group.0)).is_none_or(|group| group.removed) {
            return Steered::UnknownGroup;
        }
        if open {
            if self.closed.remove(&group) {
                out.push(Action::Fact(Fact::Opened { group }));
            }
            return Steered::Done;
        }
        if self.closed.insert(group) {
            out.push(Action::Fact(Fact::Closed { group }));
            for key in self.callers.in_line(group) {
                self.leave_closed(now, key, out);
            }
        }
        Steered::Done
    }

    /// Moves a caller whom no phone rings for out of a closed group that overflows to one with room; whether it went. Who has waited is
    /// never told to go away for it: the message is for whoever comes. A group that is no more keeps nobody.
    pub(crate) fn leave_closed(&mut self, now: Time, key: Key, out: &mut Vec<Action>) -> bool {
        let Some(caller) = self.callers.get(key) else { return false };
        let from = caller.group;
        let Some(plan) = self.plan.groups.get(usize::from(from.0)) else { return false };
        let removed = plan.removed;
        if !removed && !self.closed.contains(&from) {
            return false;
        }
        let next = match plan.overflow.closed {
            Overflow::Group(next) => self.room(now, next, caller.claim()),
            Overflow::Message | Overflow::Stay => Err((from, Refusal::UnknownGroup)),
        };
        let to = match next {
            Ok(to) => to,
            Err((group, reason)) => {
                if removed {
                    self.go(now, key, Onward::Refused(group, reason), out);
                }
                return removed;
            }
        };
        self.move_to(now, key, to, false, out);
        true
    }

    /// Sends a caller whom no phone rings for on from a group that is closed, or that nobody is signed on for; whether it went.
    pub(crate) fn leave_shut(&mut self, now: Time, key: Key, out: &mut Vec<Action>) -> bool {
        self.leave_closed(now, key, out) || self.leave_unstaffed(now, key, out)
    }

    /// Groups that were closed stay so; a group that is no more is forgotten.
    pub(crate) fn restore_closed(&mut self, closed: impl Iterator<Item = GroupId>, out: &mut Vec<Action>) {
        for group in closed {
            if usize::from(group.0) < self.plan.groups.len() {
                self.closed.insert(group);
            } else {
                out.push(Action::Fact(Fact::Opened { group }));
            }
        }
    }
}
