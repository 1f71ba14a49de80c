//! A call of an agent's own: to a colleague. The queue has no part in it.

use std::time::Duration;

use base::{AgentId, EndReason, Job, Now};

use crate::journey::{Calling, HandTo, Journey, Peer, With};
use crate::leg::{Party, State};
use crate::{Action, Call, Fact, Reached, Timer};

/// Whom an agent calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Callee {
    Colleague(AgentId),
}

/// How long a colleague's phone rings: three turns of the usual ring, as long as people let it.
const RINGS_FOR: Duration = Duration::from_secs(30);

impl Call {
    /// The agent's phone waits, unanswered, until the other one answers.
    pub(crate) fn call_out(&mut self, now: Now, offer: Option<&[u8]>, to: Callee, out: &mut Vec<Action>) {
        if let Some(Err(refusal)) = offer.map(|offer| self.legs[0].answer(offer)) {
            return self.refuse(now, refusal.status(), EndReason::Refused, out);
        }
        let locale = self.plan.prompts.locale_name(self.locale);
        self.account.started(&self.menu.version, locale, out);
        self.tell_own(0, out);
        out.push(Action::Fact(Fact::Calling { to: self.callee_number(&to).to_owned() }));
        self.call_party(now, &to, out);
        self.journey = Journey::Calling(Calling { to, refusal: None, promised: None });
    }

    pub(crate) fn call_party(&self, now: Now, to: &Callee, out: &mut Vec<Action>) {
        let Callee::Colleague(agent) = *to;
        out.push(Action::Roster(roster::Command::Ring { call: self.start.id, agent }));
        out.push(Action::Arm { timer: Timer::NoAnswer, at: now.time + RINGS_FOR });
    }

    pub(crate) fn callee_number(&self, to: &Callee) -> &str {
        let Callee::Colleague(agent) = to;
        self.agent_number(*agent)
    }

    /// Whether this agent is called, outside the queue, and has not answered.
    fn calls(&self, agent: AgentId) -> bool {
        match &self.journey {
            Journey::Calling(calling) => calling.to == Callee::Colleague(agent),
            Journey::With(With { place: None, handing: Some(handing), .. }) => handing.to == HandTo::Agent(agent),
            _ => false,
        }
    }

    pub(crate) fn on_reached(&mut self, now: Now, reached: Reached, out: &mut Vec<Action>) {
        let Reached { agent, contacts } = reached;
        let wanted = self.calls(agent);
        if !wanted || contacts.is_empty() {
            contacts.iter().for_each(|(_, lease)| out.push(Action::Job(Job::Close { end: lease.end })));
            out.push(Action::Roster(roster::Command::OwnCall { agent, begins: false }));
            return if wanted {
                self.callee_failed(now, None, out)
            };
        }
        for (contact, lease) in contacts {
            self.dial(Party::Own(agent), (contact, lease), Duration::ZERO, out);
        }
    }

    pub(crate) fn on_unreached(&mut self, now: Now, agent: AgentId, busy: bool, out: &mut Vec<Action>) {
        if self.calls(agent) {
            self.callee_failed(now, busy.then_some(486), out);
        }
    }

    /// The first phone rings: so does the caller's, and once is enough.
    pub(crate) fn on_progress(&mut self, out: &mut Vec<Action>) {
        if matches!(self.journey, Journey::Calling(_)) && self.legs[0].state == State::Early {
            out.push(Action::Ringing { leg: self.citizen() });
        }
    }

    pub(crate) fn callee_answered(&mut self, now: Now, place: usize, body: Option<&[u8]>, out: &mut Vec<Action>) {
        let waits = match &self.journey {
            Journey::Calling(_) => true,
            Journey::With(with) => with.handing.is_some() && with.leg != self.legs[place].id.index,
            _ => false,
        };
        if !waits {
            return self.hang_up(place, out);
        }
        if body.is_none_or(|answer| self.legs[place].accept(answer).is_err()) {
            self.hang_up(place, out);
            return self.callee_failed(now, Some(488), out);
        }
        self.legs[place].state = State::Confirmed;
        out.push(Action::Disarm(Timer::NoAnswer));
        if let Journey::Calling(Calling { promised: Some(to), .. }) = self.journey {
            return self.give_away(now, place, to, out);
        }
        self.answer_caller(now, out);
        self.open(place, out);
        self.meet(now, place, out);
    }

    /// Whoever called and was not answered yet is, now that there is somebody to talk with.
    fn answer_caller(&mut self, now: Now, out: &mut Vec<Action>) {
        let caller = &mut self.legs[0];
        if caller.state != State::Early {
            return;
        }
        caller.state = State::Offered;
        let body = if caller.params.is_some() { caller.said() } else { caller.offer() };
        let leg = caller.id.index;
        self.account.answered(now, out);
        self.open(0, out);
        out.push(Action::Answer { leg, body });
    }

    /// Citizen, or caller, and the one who answered talk from now on.
    fn meet(&mut self, now: Now, place: usize, out: &mut Vec<Action>) {
        let leg = self.legs[place].id.index;
        if let Journey::With(_) = self.journey {
            self.hand_over(now, out);
        }
        let peer = self.legs[place].agent().map_or(Peer::Line, Peer::Own);
        self.stop_others(leg, None, out);
        self.journey = Journey::With(With::new(peer, leg, None));
        self.talk_with(now, peer, out);
    }

    /// Who serves from now on, and that both hear each other.
    pub(crate) fn talk_with(&mut self, now: Now, peer: Peer, out: &mut Vec<Action>) {
        if let Some(agent) = peer.agent() {
            let number = self.agent_number(agent).to_owned();
            self.account.connected(&number);
            out.push(Action::Fact(Fact::Reached { number }));
        }
        self.account.talk_began(now, out);
        out.push(Action::Arm { timer: Timer::MaxTalk, at: now.time + self.plan.limits.talk });
    }

    pub(crate) fn callee_refused(&mut self, now: Now, place: usize, status: Option<u16>, out: &mut Vec<Action>) {
        self.legs[place].state = State::Ending;
        self.close_media(place, out);
        self.callee_failed(now, status, out);
    }

    /// One phone of the callee will not answer; with the last the call comes to nothing, or the talk goes on.
    pub(crate) fn callee_failed(&mut self, now: Now, status: Option<u16>, out: &mut Vec<Action>) {
        let talks = match &self.journey {
            Journey::With(with) => Some(with.leg),
            _ => None,
        };
        let others = self.legs[1..].iter().any(|leg| leg.is_live() && Some(leg.id.index) != talks);
        match &mut self.journey {
            Journey::Calling(calling) => {
                // A person's own word outweighs a phone that cannot be reached.
                calling.refusal = calling.refusal.max(status.filter(|status| *status >= 400));
                let status = calling.refusal.unwrap_or(480);
                if !others {
                    self.nobody_answers(now, status, out);
                }
            }
            Journey::With(With { place: None, handing: Some(handing), .. }) if !others => {
                let to = handing.to;
                out.push(Action::Disarm(Timer::NoAnswer));
                self.unclaimed(now, to, out);
            }
            _ => {}
        }
    }

    fn nobody_answers(&mut self, now: Now, status: u16, out: &mut Vec<Action>) {
        match self.legs[0].state {
            State::Early => self.refuse(now, status, EndReason::Unanswered, out),
            _ => self.end(now, EndReason::Unanswered, out),
        }
    }

    /// It has rung for long enough.
    pub(crate) fn no_answer(&mut self, now: Now, out: &mut Vec<Action>) {
        let talks = match &self.journey {
            Journey::With(with) => Some(with.leg),
            _ => None,
        };
        for place in 1..self.legs.len() {
            if Some(self.legs[place].id.index) != talks {
                self.hang_up(place, out);
            }
        }
        self.callee_failed(now, Some(480), out);
    }

    /// Tells whose phone a leg is, where the roster counts it.
    pub(crate) fn tell_own(&self, place: usize, out: &mut Vec<Action>) {
        let leg = &self.legs[place];
        if let Party::Own(agent) = leg.party {
            out.push(Action::Fact(Fact::Own { leg: leg.id.index, agent }));
        }
    }

    /// The phone of an agent's own call is free with the last leg of that agent.
    pub(crate) fn release_own(&mut self, agent: Option<AgentId>, out: &mut Vec<Action>) {
        let Some(agent) = agent else { return };
        if !self.has_own(agent) {
            out.push(Action::Roster(roster::Command::OwnCall { agent, begins: false }));
        }
    }

    /// Whether a leg of the agent's is left that the roster counts.
    pub(crate) fn has_own(&self, agent: AgentId) -> bool {
        self.legs.iter().any(|leg| leg.party == Party::Own(agent) && !leg.closed)
    }
}
