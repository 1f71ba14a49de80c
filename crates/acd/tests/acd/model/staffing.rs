//! What the model makes of agents who sign on and off, and of groups that nobody is signed on for.

use super::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Staffing {
    Staffed,
    Leaving(Due),
    Unstaffed,
}

fn id(group: usize) -> GroupId {
    GroupId(group as u16)
}

impl Model {
    pub(super) fn open_for_business(&mut self, now: Time) {
        for group in 0..self.plan.groups.len() {
            let staffing = match (0..self.agents.len()).any(|agent| self.serves(agent, id(group))) {
                true => Staffing::Leaving(self.due(now + self.plan.unstaffed_after)),
                false => Staffing::Unstaffed,
            };
            self.staffing.push(staffing);
        }
    }

    /// Another plan holds.
    pub(super) fn staff_anew(&mut self, now: Time) {
        self.signed_on.resize(self.agents.len(), false);
        for group in 0..self.plan.groups.len() {
            let mut serve = (0..self.agents.len()).filter(|agent| self.serves(*agent, id(group)));
            let anybody = serve.clone().any(|agent| self.signed_on[agent]);
            let can = serve.next().is_some();
            let staffing = match self.staffing.get(group).copied() {
                _ if anybody => Staffing::Staffed,
                _ if !can => Staffing::Unstaffed,
                Some(Staffing::Leaving(due)) => Staffing::Leaving(due),
                Some(Staffing::Unstaffed) => Staffing::Unstaffed,
                Some(Staffing::Staffed) | None => Staffing::Leaving(self.due(now + self.plan.unstaffed_after)),
            };
            match self.staffing.get_mut(group) {
                Some(before) => *before = staffing,
                None => self.staffing.push(staffing),
            }
        }
    }

    pub(super) fn signs(&mut self, now: Time, agent: usize, on: bool) {
        if agent >= self.agents.len() || self.signed_on[agent] == on {
            return;
        }
        self.signed_on[agent] = on;
        for group in 0..self.plan.groups.len() {
            if !self.serves(agent, id(group)) {
                continue;
            }
            let anybody = (0..self.agents.len()).any(|other| self.signed_on[other] && self.serves(other, id(group)));
            self.staffing[group] = match anybody {
                true => Staffing::Staffed,
                false => Staffing::Leaving(self.due(now + self.plan.unstaffed_after)),
            };
        }
    }

    pub(super) fn unstaffed(&mut self, now: Time, group: usize, due: Due) {
        if self.staffing[group] != Staffing::Leaving(due) {
            return;
        }
        self.staffing[group] = Staffing::Unstaffed;
        for call in self.in_turn(GroupId(group as u16)) {
            self.leave_unstaffed(now, call);
        }
    }

    pub(super) fn is_left(&self, group: GroupId) -> bool {
        let place = usize::from(group.0);
        place < self.plan.groups.len()
            && self.staffing[place] == Staffing::Unstaffed
            && self.plan.groups[place].overflow.unstaffed != Overflow::Stay
    }

    fn leave_unstaffed(&mut self, now: Time, call: CallId) -> bool {
        let (from, hops, since) = {
            let caller = self.caller_mut(call);
            (caller.group, caller.hops, caller.since)
        };
        if !self.is_left(from) || self.caller_mut(call).back {
            return false;
        }
        let next = match self.plan.groups[usize::from(from.0)].overflow.unstaffed {
            Overflow::Group(_) if hops >= self.plan.groups.len() => return false,
            Overflow::Group(next) => self.room(now, next, since),
            Overflow::Message => Err((from, Refusal::Unstaffed)),
            Overflow::Stay => return false,
        };
        match next {
            Ok(to) if to == from => return false,
            Ok(to) => {
                let caller = self.caller_mut(call);
                (caller.hops, caller.wait) = (hops + 1, None);
                self.move_to(now, call, to, false);
            }
            Err((group, reason)) => {
                self.forget(call);
                self.out.push(Action::Refused { call, group, reason });
            }
        }
        true
    }

    pub(super) fn leave_shut(&mut self, now: Time, call: CallId) -> bool {
        self.leave_closed(now, call) || self.leave_unstaffed(now, call)
    }
}
