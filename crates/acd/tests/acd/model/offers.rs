//! What the model makes of the last words on an offer.

use super::*;

impl Model {
    fn is_open(&self, call: CallId, agent: usize, number: u64) -> bool {
        let state = self.agents.get(agent).map(|a| a.state);
        matches!(state, Some(State::Offered { call: c, number: n, .. }) if (c, n) == (call, number))
    }

    pub(super) fn declined(&mut self, now: Time, call: CallId, agent: usize, number: u64, cause: Decline) {
        if self.is_open(call, agent, number) {
            self.agents[agent].state = State::Free;
            self.agents[agent].heard = number;
            let blamed = (cause != Decline::Taken).then_some(cause);
            self.out.push(Action::OfferOver { agent: AgentId(agent as u32), call, cause: blamed });
            self.let_down(now, call, agent, cause);
        }
    }

    pub(super) fn ring_out(&mut self, now: Time, call: CallId, agent: usize) {
        self.withdraw(agent, Some(Decline::NoAnswer));
        self.let_down(now, call, agent, Decline::NoAnswer);
    }

    fn let_down(&mut self, now: Time, call: CallId, agent: usize, cause: Decline) {
        let plan = self.plan.back_off;
        let rest = match cause {
            Decline::Rejected => plan.rejected,
            Decline::Busy => plan.busy,
            Decline::NoAnswer => plan.no_answer,
            Decline::Unreachable => plan.unreachable,
            Decline::Taken => Duration::ZERO,
        };
        self.rest(now, agent, rest, false);
        if cause != Decline::Taken {
            self.agents[agent].idle = None;
        }
        // The agent is not among those the caller is offered to now, even where nothing else keeps it from it.
        let ready = std::mem::take(&mut self.agents[agent].ready);
        self.resume(now, call);
        self.agents[agent].ready = ready;
        self.review(now, agent);
    }

    pub(super) fn slot_refused(&mut self, now: Time, call: CallId, agent: usize, number: u64) {
        if number > self.issued || agent >= self.agents.len() {
            return;
        }
        let open = self.is_open(call, agent, number);
        let a = &mut self.agents[agent];
        (a.ready, a.idle) = (false, None);
        if open {
            a.state = State::Free;
            self.resume(now, call);
        }
    }

    pub(super) fn accepted(&mut self, now: Time, call: CallId, id: AgentId, number: u64) {
        let agent = id.0 as usize;
        let earlier_stay = self.caller(call).is_some_and(|c| number <= c.floor);
        let nobody = agent >= self.agents.len();
        let twice = self.caller(call).is_some_and(|c| c.standing == Standing::Talking(agent));
        if nobody || number > self.issued || earlier_stay || twice {
            return;
        }
        let open = self.is_open(call, agent, number);
        if let Some(caller) = self.callers.iter_mut().find(|c| c.call == call) {
            let standing = std::mem::replace(&mut caller.standing, Standing::Nowhere);
            (caller.wait, caller.relax) = (None, None);
            match standing {
                Standing::Offered if open => {
                    self.agents[agent].state = State::Free;
                    self.stop_ringing(now, call, agent);
                }
                Standing::Talking(before) if open => {
                    caller.claims = None;
                    self.agents[agent].state = State::Free;
                    // The one who takes over is not to be had by anybody else meanwhile.
                    let ready = std::mem::take(&mut self.agents[agent].ready);
                    self.talk_over(now, before);
                    self.agents[agent].ready = ready;
                }
                standing => self.leave(now, call, standing, agent),
            }
        }
        if number <= self.agents[agent].heard {
            self.forget(call);
            return self.review(now, agent);
        }
        self.begin_talk(now, call, agent, number);
    }

    /// Whoever the caller was with or promised to is out of it, for the sake of `agent`.
    pub(super) fn leave(&mut self, now: Time, call: CallId, standing: Standing, agent: usize) {
        match standing {
            Standing::Offered => self.stop_ringing(now, call, agent),
            Standing::Talking(other) => {
                let claimed = self.caller_mut(call).claims.take();
                claimed.iter().for_each(|claimed| self.withdraw(*claimed, None));
                self.talk_over(now, other);
                if let Some(claimed) = claimed.filter(|claimed| *claimed != agent) {
                    self.review(now, claimed);
                }
            }
            Standing::Waiting | Standing::Nowhere => {}
        }
    }

    fn stop_ringing(&mut self, now: Time, call: CallId, agent: usize) {
        for other in self.ringing(call) {
            self.withdraw(other, None);
            if other != agent {
                self.review(now, other);
            }
        }
    }

    fn begin_talk(&mut self, now: Time, call: CallId, agent: usize, number: u64) {
        let promised = self.free_for_talk(now, agent);
        self.talk(now, call, agent, number);
        if let Some(promised) = promised {
            self.resume(now, promised);
        }
    }

    /// Takes an agent out of everything; whom it was promised to.
    pub(super) fn free_for_talk(&mut self, now: Time, agent: usize) -> Option<CallId> {
        let promised = match self.agents[agent].state {
            State::Offered { call, .. } => Some(call),
            State::Talking { call, began, .. } => {
                self.unclaim(now, call);
                self.forget(call);
                self.count_talk(now, agent, began);
                None
            }
            _ => None,
        };
        self.withdraw(agent, None);
        self.end_rest(agent);
        promised
    }

    pub(super) fn talk(&mut self, now: Time, call: CallId, agent: usize, number: u64) {
        let of_offer = self.agents[agent].newest.clone().filter(|(n, _)| *n == number).map(|(_, caller)| caller);
        let group = of_offer.as_ref().or(self.caller(call)).map(|c| c.group);
        let a = &mut self.agents[agent];
        (a.state, a.heard, a.idle) = (State::Talking { call, group, asked: Duration::ZERO, began: now }, number, None);
        if self.caller(call).is_none() {
            let (number, priority, since, pulled) =
                of_offer.map(|c| (c.number, c.priority, c.since, c.pulled)).unwrap_or_default();
            let mut caller = Caller::new(call, number, group.unwrap_or_default(), (priority, since), 0);
            (caller.told, caller.pulled) = (0, pulled);
            self.callers.push(caller);
            let freed = number.map(|number| self.take_back(number, Refusal::CalledAgain)).unwrap_or_default();
            self.review_all(now, freed);
        }
        self.caller_mut(call).standing = Standing::Talking(agent);
        let Caller { number: number_of, back, .. } = *self.caller_mut(call);
        if !back {
            self.remember(now, number_of, agent);
        }
    }
}
