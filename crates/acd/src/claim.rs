//! A talk that is handed on: to one agent while it goes on, or back into a line.

use base::{AgentId, CallId, GroupId, Key, Time};

use crate::agents::{Agent, Newest};
use crate::callers::{Caller, Claim, Standing};
use crate::expect::{Heed, Told};
use crate::{Acd, Action, Fact, Reservation};

impl Acd {
    /// Reserves an agent for a caller who talks with another one.
    pub(crate) fn claim(&mut self, now: Time, call: CallId, agent: AgentId, out: &mut Vec<Action>) {
        let talks =
            |c: &&Caller| matches!(c.standing, Standing::Talking(with) if with != agent) && c.claims.get().is_none();
        let key = self.callers.find(call).filter(|key| self.callers.get(*key).as_ref().is_some_and(talks));
        match key.filter(|_| self.agents.get(agent).is_some_and(Agent::eligible)) {
            Some(key) => self.reserve(now, agent, key, out),
            None => out.push(Action::Unclaimed { call, agent }),
        }
    }

    /// The claimed agent answered: the one before is released.
    pub(crate) fn take_over(&mut self, now: Time, key: Key, agent: AgentId, out: &mut Vec<Action>) {
        let Some(caller) = self.callers.get_mut(key).filter(|c| c.claims.get() == Some(agent)) else { return };
        caller.claims.take();
        if let Standing::Talking(before) = caller.standing {
            caller.standing = Standing::Nowhere;
            self.talk_over(now, before, out);
        }
    }

    /// The caller is about to leave: the phone that rings for it stops.
    pub(crate) fn unclaim(&mut self, now: Time, key: Key, out: &mut Vec<Action>) {
        if let Some(agent) = self.withdraw_claim(key, out) {
            self.silence(agent);
            self.review(now, agent, out);
        }
    }

    /// Withdraws the claim of a caller, if there is one; the agent is to be looked at anew.
    pub(crate) fn withdraw_claim(&mut self, key: Key, out: &mut Vec<Action>) -> Option<AgentId> {
        let caller = self.callers.get_mut(key)?;
        let (call, agent) = (caller.call, caller.claims.take()?);
        self.withdraw(agent, call, None, out);
        Some(agent)
    }

    /// Ties a caller to an agent who has the caller already: silent where the queue knows that. Whatever the queue had either in is over.
    pub(crate) fn hand_to(&mut self, now: Time, call: CallId, agent: AgentId, out: &mut Vec<Action>) {
        let Some(key) = self.callers.find(call).filter(|_| self.agents.get(agent).is_some()) else { return };
        if self.callers.get(key).is_some_and(|caller| caller.standing == Standing::Talking(agent)) {
            return;
        }
        self.redeem(key, out);
        self.leave_others(now, key, agent, out);
        if let Some(caller) = self.callers.get_mut(key) {
            caller.promise.heed = Heed::Nothing;
        }
        let freed = self.free_for_talk(now, agent, out);
        self.issued += 1;
        let reservation = Reservation(self.issued);
        if let (Some(a), Some(caller)) = (self.agents.get_mut(agent), self.callers.get(key)) {
            a.ready = false;
            a.newest = Some(Newest::new(reservation, caller.group, caller.claim()));
        }
        out.push(Action::Fact(Fact::Offered { call, agent, reservation }));
        out.push(Action::TakenOver { call, agent, reservation });
        self.begin_talk(now, Some(key), (call, agent, reservation), out);
        if let Some(caller) = freed {
            self.resume(now, caller, out);
        }
    }

    /// Ends the talk, and has the caller wait on with this claim.
    pub(crate) fn come_back(&mut self, now: Time, call: CallId, group: GroupId, claim: Claim, out: &mut Vec<Action>) {
        let known = usize::from(group.0) < self.plan.groups.len();
        let talking = self.callers.find(call).and_then(|key| match self.callers.get(key)?.standing {
            Standing::Talking(agent) => Some((key, agent)),
            _ => None,
        });
        let Some((key, agent)) = talking.filter(|_| known) else {
            return self.enqueue(now, call, group, claim, out);
        };
        self.redeem(key, out);
        self.arrivals += 1;
        let arrival = self.arrivals;
        let Some(caller) = self.callers.get_mut(key) else { return };
        (caller.group, caller.priority, caller.since, caller.arrival) = (group, claim.priority, claim.since, arrival);
        (caller.told, caller.hops, caller.overdue, caller.pulled) = (u32::MAX, 0, false, claim.pulled);
        // Whoever was preferred has handed the caller on.
        caller.prefer(None);
        let claimed = caller.claims.take();
        caller.promise = Told::default();
        caller.standing = claimed.map_or(Standing::Nowhere, Standing::Offered);
        self.note(key, out);
        // The caller first: whoever is free now may be the one that is waited for.
        match claimed {
            Some(_) => self.begin_stay(now, key, out),
            None => self.enter(now, key, out),
        }
        self.talk_over(now, agent, out);
    }
}
