//! The life of a reservation: offered, then accepted, declined, refused by the slot, or withdrawn.

use std::time::Duration;

use base::{AgentId, CallId, GroupId, Key, Time};

use crate::agents::State;
use crate::callers::{Back, Caller, Claim, Standing};
use crate::estimate::Outcome;
use crate::{Acd, Action, Decline, Fact, Refusal, Reservation};

/// An offer as a command names it.
type Named = (CallId, AgentId, Reservation);

impl Acd {
    /// The caller of the agent's open reservation, if it is the one named.
    fn open(&self, (call, agent, reservation): Named) -> Option<Key> {
        match self.agents.get(agent)?.state {
            State::Offered { caller, reservation: open, .. } if open == reservation => {
                self.callers.get(caller).is_some_and(|c| c.call == call).then_some(caller)
            }
            _ => None,
        }
    }

    /// The caller of a call, of which an agent named along with it mostly knows.
    pub(crate) fn held(&self, agent: AgentId, call: CallId) -> Option<Key> {
        let of_agent = match self.agents.get(agent).map(|agent| agent.state) {
            Some(State::Offered { caller, .. } | State::Talking { caller, .. }) => Some(caller),
            _ => None,
        };
        let same = |key: &Key| self.callers.get(*key).is_some_and(|caller| caller.call == call);
        of_agent.filter(same).or_else(|| self.callers.find(call))
    }

    /// How many phones ring for a caller who waits.
    pub(crate) fn ringing(&self, key: Key) -> usize {
        let first = self.callers.get(key).and_then(|caller| match caller.standing {
            Standing::Offered(agent) => Some(agent),
            _ => None,
        });
        std::iter::successors(first, |agent| self.agents.rings_after(*agent)).count()
    }

    /// Closes the agent's open reservation, blaming nobody. A caller for whom no other phone rings stands nowhere then.
    fn close(&mut self, agent: AgentId) {
        let Some(a) = self.agents.get_mut(agent) else { return };
        if let State::Offered { caller, ring_out, next, .. } = a.state {
            self.deadlines.cancel(ring_out);
            a.state = State::Free;
            self.unlink(caller, agent, next);
        }
    }

    /// Takes an agent who leads to `next` out of those whose phones ring for a caller.
    fn unlink(&mut self, caller: Key, agent: AgentId, next: Option<AgentId>) {
        let Some(caller) = self.callers.get_mut(caller) else { return };
        let Standing::Offered(first) = caller.standing else { return };
        if first == agent {
            caller.standing = next.map_or(Standing::Nowhere, Standing::Offered);
            return;
        }
        let mut before = Some(first);
        while let Some(at) = before.and_then(|at| self.agents.get_mut(at)) {
            let State::Offered { next: link, .. } = &mut at.state else { return };
            if *link == Some(agent) {
                *link = next;
                return;
            }
            before = *link;
        }
    }

    /// Closes the agent's open reservation and has the call stop ringing. No `cause`, nobody's fault.
    pub(crate) fn withdraw(&mut self, agent: AgentId, call: CallId, cause: Option<Decline>, out: &mut Vec<Action>) {
        if let Some(State::Offered { reservation, .. }) = self.agents.get(agent).map(|a| a.state) {
            out.push(Action::Withdraw { agent, call, reservation });
            out.push(Action::OfferOver { agent, call, cause });
            self.close(agent);
        }
    }

    /// The call of the agent's newest reservation said its last word.
    pub(crate) fn silence(&mut self, agent: AgentId) {
        if let Some(a) = self.agents.get_mut(agent)
            && let Some(newest) = a.newest
        {
            a.heard = a.heard.max(newest.reservation);
        }
    }

    pub(crate) fn slot_refused(&mut self, now: Time, named: Named, out: &mut Vec<Action>) {
        let (_, agent, Reservation(number)) = named;
        if number > self.issued {
            return;
        }
        let caller = self.open(named);
        if caller.is_some() {
            self.close(agent);
        }
        self.agents.list(agent, false);
        if let Some(a) = self.agents.get_mut(agent) {
            (a.ready, a.idle) = (false, None);
        }
        if let Some(caller) = caller {
            self.resume(now, caller, out);
        }
    }

    pub(crate) fn declined(&mut self, now: Time, named: Named, cause: Decline, out: &mut Vec<Action>) {
        let Some(caller) = self.open(named) else { return };
        let (call, agent, _) = named;
        self.close(agent);
        self.silence(agent);
        let blamed = Some(cause).filter(|cause| *cause != Decline::Taken);
        out.push(Action::OfferOver { agent, call, cause: blamed });
        self.blame(now, agent, cause, out);
        // Other agents come before the one that just let the caller down.
        self.resume(now, caller, out);
        self.review(now, agent, out);
    }

    pub(crate) fn ring_out(&mut self, now: Time, agent: AgentId, reservation: Reservation, out: &mut Vec<Action>) {
        let Some(State::Offered { caller, reservation: open, .. }) = self.agents.get(agent).map(|a| a.state) else {
            return;
        };
        let Some(call) = self.callers.get(caller).map(|c| c.call).filter(|_| open == reservation) else { return };
        self.withdraw(agent, call, Some(Decline::NoAnswer), out);
        self.blame(now, agent, Decline::NoAnswer, out);
        self.resume(now, caller, out);
        self.review(now, agent, out);
    }

    /// A call that is enqueued anew leaves whatever the queue held for it; says in which group it talked, and with what claim.
    /// An agent who was lost in a talk rests as one who cannot be reached, so that the next one is tried first.
    pub(crate) fn leave_for_anew(&mut self, now: Time, key: Key, out: &mut Vec<Action>) -> Option<(GroupId, Claim)> {
        let caller = self.callers.get(key)?;
        let (group, claim, standing) = (caller.group, caller.claim(), caller.standing);
        self.let_go(now, key, out);
        let Standing::Talking(agent) = standing else { return None };
        if self.agents.get(agent).is_some_and(|a| a.state == State::Free) {
            self.blame(now, agent, Decline::Unreachable, out);
            self.review(now, agent, out);
        }
        Some((group, claim))
    }

    pub(crate) fn accepted(
        &mut self,
        now: Time,
        call: CallId,
        agent: AgentId,
        reservation: Reservation,
        out: &mut Vec<Action>,
    ) {
        let Some(a) = self.agents.get(agent) else { return };
        let (stale_for_agent, rung_at) = (reservation <= a.heard, a.rung_at);
        let known = self.held(agent, call);
        let floor = known.and_then(|key| self.callers.get(key)).map_or(0, |c| c.floor);
        if reservation.0 > self.issued || reservation.0 <= floor {
            return;
        }
        if let Some(key) = self.open((call, agent, reservation)) {
            self.answered(now, key, now - rung_at);
            self.close(agent);
            self.take_over(now, key, agent, out);
            self.stop_ringing(now, key, agent, out);
        } else if let Some(key) = known {
            if self.callers.get(key).is_some_and(|c| c.standing == Standing::Talking(agent)) {
                return;
            }
            self.leave_others(now, key, agent, out);
        }
        if stale_for_agent {
            if let Some(key) = known {
                self.let_go(now, key, out);
            }
            return self.review(now, agent, out);
        }
        let freed = self.free_for_talk(now, agent, out);
        self.begin_talk(now, known, (call, agent, reservation), out);
        if let Some(caller) = freed {
            self.resume(now, caller, out);
        }
    }

    /// The call is with `agent`: whoever else it was offered to, or talked with, is released.
    pub(crate) fn leave_others(&mut self, now: Time, key: Key, agent: AgentId, out: &mut Vec<Action>) {
        let Some(caller) = self.callers.get(key) else { return };
        match caller.standing {
            Standing::Waiting | Standing::Nowhere => {}
            Standing::Offered(_) => self.stop_ringing(now, key, agent, out),
            Standing::Talking(other) => {
                let claimed = self.withdraw_claim(key, out).filter(|claimed| *claimed != agent);
                self.detach(key);
                self.talk_over(now, other, out);
                if let Some(claimed) = claimed {
                    self.review(now, claimed, out);
                }
            }
        }
    }

    /// Every phone that rings for a caller who is with `agent` stops.
    fn stop_ringing(&mut self, now: Time, key: Key, agent: AgentId, out: &mut Vec<Action>) {
        // Each turn ends one offer of those that there are.
        while let Some((call, Standing::Offered(other))) = self.callers.get(key).map(|c| (c.call, c.standing)) {
            self.withdraw(other, call, None, out);
            if other != agent {
                self.review(now, other, out);
            }
        }
    }

    /// Leaves a caller with no agent and in no line, for the moment.
    fn detach(&mut self, key: Key) {
        if let Some(caller) = self.callers.get_mut(key) {
            caller.standing = Standing::Nowhere;
        }
    }

    /// Takes an agent out of whatever the queue had it in; the caller it was promised to has to be resumed.
    pub(crate) fn free_for_talk(&mut self, now: Time, agent: AgentId, out: &mut Vec<Action>) -> Option<Key> {
        match self.agents.get(agent)?.state {
            State::Free => None,
            State::Offered { caller, .. } => {
                let call = self.callers.get(caller)?.call;
                self.withdraw(agent, call, None, out);
                Some(caller)
            }
            State::Talking { caller, began, .. } => {
                self.unclaim(now, caller, out);
                self.forget(caller, out);
                self.count_talk(now, agent, began, out);
                None
            }
            State::Resting { .. } => {
                self.end_rest(agent, out);
                None
            }
        }
    }

    /// Ties caller and agent together until `Ended`.
    pub(crate) fn begin_talk(
        &mut self,
        now: Time,
        known: Option<Key>,
        (call, agent, reservation): Named,
        out: &mut Vec<Action>,
    ) {
        self.agents.list(agent, false);
        let Some(a) = self.agents.get_mut(agent) else { return };
        let known = known.filter(|key| self.callers.get(*key).is_some());
        let offered = a.newest.filter(|newest| newest.reservation == reservation);
        let group = offered.map(|o| o.group).or_else(|| known.and_then(|key| self.callers.get(key)).map(|c| c.group));
        // A call refused while its acceptance was under way talks all the same.
        let key = known.unwrap_or_else(|| {
            let claim = offered.map(|o| o.claim()).unwrap_or_default();
            self.callers.insert(Caller::new(call, group.unwrap_or_default(), claim, 0))
        });
        a.state = State::Talking { caller: key, group, least: Duration::ZERO, began: now };
        a.heard = reservation;
        a.idle = None;
        let called_back = self.callers.get(key).is_some_and(|caller| caller.is_called_back());
        if let Some(caller) = self.callers.get(key).and_then(|c| c.claim().caller).filter(|_| known.is_none()) {
            // Who has an agent after all is not called back.
            let freed = self.take_back(caller, Refusal::CalledAgain, out);
            self.review_all(now, freed, out);
        }
        if known.is_none() || called_back {
            self.note_caller(key, out);
        }
        self.learn(now, key, Outcome::Served);
        self.callers.leave(key);
        let Some(caller) = self.callers.get_mut(key) else { return };
        caller.standing = Standing::Talking(agent);
        if called_back {
            caller.back = Back::Accepted;
        }
        self.deadlines.cancel_wait(key.slot);
        if let Some(relax) = caller.relax.take() {
            self.deadlines.cancel(relax);
        }
        let number = caller.claim().caller;
        out.push(Action::Fact(Fact::Talks { call, agent }));
        if !called_back {
            self.remember(now, number, agent, out);
        }
    }
}
