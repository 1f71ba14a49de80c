//! What the model makes of callers whom somebody steers by hand, and of groups that close.

use acd::Steered;

use super::*;

impl Model {
    pub(super) fn steer(&mut self, now: Time, command: &Command) {
        let (ticket, outcome) = match *command {
            Command::Raise { ticket, call } => (ticket, self.raise(now, call)),
            Command::Move { ticket, call, group } => (ticket, self.move_by_hand(now, call, group)),
            Command::Release { ticket, call } => (ticket, self.release(now, call)),
            Command::Open { ticket, group, open } => (ticket, self.let_in(now, group, open)),
            Command::Surge { ticket, group, by_hand } => (ticket, self.says_surge(group, by_hand)),
            _ => panic!("{command:?} steers nothing"),
        };
        self.out.push(Action::Steered { ticket, outcome });
    }

    fn waits(&self, call: CallId) -> bool {
        self.caller(call).is_some_and(|c| matches!(c.standing, Standing::Waiting | Standing::Offered))
    }

    fn raise(&mut self, now: Time, call: CallId) -> Steered {
        if !self.waits(call) {
            return Steered::NotWaiting;
        }
        if self.caller_mut(call).pulled.is_none() {
            self.pulls += 1;
            let pulled = self.pulls;
            let caller = self.caller_mut(call);
            (caller.pulled, caller.prefers) = (Some(pulled), None);
            if caller.standing == Standing::Waiting {
                self.seek(now, call);
            }
        }
        Steered::Done
    }

    fn move_by_hand(&mut self, now: Time, call: CallId, to: GroupId) -> Steered {
        if !self.waits(call) {
            return Steered::NotWaiting;
        }
        let (from, since) = (self.caller_mut(call).group, self.caller_mut(call).since);
        let Some(plan) = self.plan.groups.get(usize::from(to.0)) else { return Steered::UnknownGroup };
        if from == to {
            return Steered::Done;
        }
        if plan.removed {
            return Steered::UnknownGroup;
        }
        if self.closed.contains(&to) {
            return Steered::Closed;
        }
        if self.is_left(to) {
            return Steered::Unstaffed;
        }
        let served = self.best_agent(to, self.step(now, to, since).0).is_some();
        if self.on_the_line(to) >= plan.limit && !served {
            return Steered::Full;
        }
        self.stop_phones(now, call);
        let caller = self.caller_mut(call);
        (caller.overdue, caller.hops, caller.wait) = (false, 0, None);
        self.move_to(now, call, to, true);
        Steered::Done
    }

    fn release(&mut self, now: Time, call: CallId) -> Steered {
        if !self.waits(call) {
            return if self.release_resting(call) { Steered::Done } else { Steered::NotWaiting };
        }
        self.stop_phones(now, call);
        let group = self.caller_mut(call).group;
        self.forget(call);
        self.out.push(Action::Refused { call, group, reason: Refusal::Released });
        Steered::Done
    }

    fn stop_phones(&mut self, now: Time, call: CallId) {
        for agent in self.ringing(call) {
            self.withdraw(agent, None);
            self.review(now, agent);
        }
        self.caller_mut(call).standing = Standing::Nowhere;
    }

    fn let_in(&mut self, now: Time, group: GroupId, open: bool) -> Steered {
        if self.plan.groups.get(usize::from(group.0)).is_none_or(|g| g.removed) {
            return Steered::UnknownGroup;
        }
        let was_closed = self.closed.contains(&group);
        self.closed.retain(|closed| *closed != group);
        if open {
            return Steered::Done;
        }
        self.closed.push(group);
        if !was_closed {
            for call in self.in_turn(group) {
                self.leave_closed(now, call);
            }
        }
        Steered::Done
    }

    pub(super) fn leave_closed(&mut self, now: Time, call: CallId) -> bool {
        let (from, since) = (self.caller_mut(call).group, self.caller_mut(call).since);
        let (removed, overflow) = {
            let plan = &self.plan.groups[usize::from(from.0)];
            (plan.removed, plan.overflow.closed)
        };
        if !removed && !self.closed.contains(&from) {
            return false;
        }
        let next = match overflow {
            Overflow::Group(next) => self.room(now, next, since),
            _ => Err((from, Refusal::UnknownGroup)),
        };
        match next {
            Ok(to) => {
                self.caller_mut(call).wait = None;
                self.move_to(now, call, to, false);
            }
            Err((group, reason)) if removed => {
                self.forget(call);
                self.out.push(Action::Refused { call, group, reason });
            }
            Err(_) => return false,
        }
        true
    }
}
