//! A call of an agent's own: to a colleague, or out to a line. The queue has no part in it.

use base::{AgentId, CallerKey, EndReason, Now, WaitOutcome};

use crate::journey::{Calling, Journey, Peer, With};
use crate::leg::{Party, State};
use crate::outgoing::close;
use crate::{Action, Call, Fact, Timer};

/// Whom an agent calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Callee {
    Colleague(AgentId),
    /// A number outside, in its one form.
    Line(String),
}

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
        let outgoing = self.call_party(now, to, out);
        self.journey = Journey::Calling(Calling { outgoing, told: 0, promised: None, last_resort: false, menu: None });
    }

    pub(crate) fn callee_answered(&mut self, now: Now, place: usize, body: Option<&[u8]>, out: &mut Vec<Action>) {
        if let Journey::Summoning { line } = &mut self.journey {
            let line = std::mem::take(line);
            return self.summoned(now, line, body, out);
        }
        let leg = self.legs[place].id.index;
        let waits = self.talking_leg() != Some(leg);
        let to = self.journey.outgoing().filter(|_| waits).map(|outgoing| outgoing.to.clone());
        let Some(to) = to else { return self.hang_up(place, out) };
        let opened = self.legs[place].heard.is_some();
        if !self.legs[place].agree(body) {
            self.hang_up(place, out);
            return self.callee_failed(now, Some(488), out);
        }
        self.legs[place].state = State::Confirmed;
        out.push(Action::Disarm(Timer::NoAnswer));
        if let Some(outgoing) = self.journey.outgoing() {
            close(outgoing.take_untried(), out);
        }
        if let Journey::Calling(Calling { promised: Some(into), .. }) = self.journey {
            return self.give_away(now, place, into, out);
        }
        if matches!(self.journey, Journey::CallingBack(_)) {
            return self.citizen_is_there(now, place, opened, out);
        }
        self.answer_caller(now, out);
        self.account.wait_ended(now, WaitOutcome::Answered, out);
        match opened {
            true => out.push(crate::call::change(&self.legs[place])),
            false => self.open(place, out),
        }
        match self.asks() {
            true => self.asked(place),
            false => self.meet(now, place, &to, out),
        }
    }

    /// Whoever called and was not answered yet is, now that there is somebody to talk with.
    pub(crate) fn answer_caller(&mut self, now: Now, out: &mut Vec<Action>) {
        let caller = &mut self.legs[0];
        if caller.state != State::Early {
            return;
        }
        caller.state = State::Offered;
        let body = if caller.params.is_some() { caller.said() } else { caller.offer() };
        let (leg, opened) = (caller.id.index, caller.heard.is_some());
        self.account.answered(now, out);
        if !opened {
            self.open(0, out);
        }
        out.push(Action::Answer { leg, body });
    }

    /// Citizen, or caller, and the one who answered talk from now on.
    pub(crate) fn meet(&mut self, now: Now, place: usize, to: &Callee, out: &mut Vec<Action>) {
        let leg = self.legs[place].id.index;
        if let Journey::With(_) = &self.journey {
            return self.take_over(now, place, out);
        }
        self.stop_others(leg, out);
        let with = match (to, self.legs[0].party.clone()) {
            // A line that an agent called is as a citizen who called: the agent may hand it on.
            (Callee::Line(number), Party::Own(agent)) => {
                let called_by = self.citizen();
                self.legs.swap(0, place);
                (self.caller, self.line) = (CallerKey::of(number), Some(number.clone()));
                With::new(Peer::Own(agent), called_by, None)
            }
            _ => With::new(self.legs[place].agent().map_or(Peer::Line, Peer::Own), leg, None),
        };
        let peer = with.peer;
        let before = std::mem::replace(&mut self.journey, Journey::With(with));
        self.talk_with(now, peer, out);
        if let Journey::Calling(Calling { menu: Some(menu), .. }) = before
            && let Some(talk_max) = menu.talk_max
        {
            let at = now.time + talk_max.min(self.plan.limits.talk);
            out.push(Action::Arm { timer: Timer::MaxTalk, at });
        }
    }

    /// Who was called outside the queue has the citizen from now on, and the agent is out of it. A colleague keeps the place.
    pub(crate) fn take_over(&mut self, now: Now, place: usize, out: &mut Vec<Action>) {
        let Journey::With(With { peer: before, place: kept, .. }) = self.journey else { return };
        let leg = self.legs[place].id.index;
        self.hand_over(now, out);
        self.stop_others(leg, out);
        let peer = self.legs[place].agent().map_or(Peer::Line, Peer::Own);
        self.journey = Journey::With(With::new(peer, leg, kept.filter(|_| peer != Peer::Line)));
        self.talk_with(now, peer, out);
        self.tell_of_taking((before, kept), peer, out);
    }

    /// Who serves from now on, and that both hear each other.
    pub(crate) fn talk_with(&mut self, now: Now, peer: Peer, out: &mut Vec<Action>) {
        if let Some(agent) = peer.agent() {
            self.tell_reached(agent, out);
        }
        self.account.talk_began(now, out);
        out.push(Action::Arm { timer: Timer::MaxTalk, at: now.time + self.plan.limits.talk });
    }

    pub(crate) fn tell_reached(&mut self, agent: AgentId, out: &mut Vec<Action>) {
        let number = self.agent_number(agent).to_owned();
        self.account.connected(&number);
        out.push(Action::Fact(Fact::Reached { number }));
    }

    /// One phone of the callee will not answer; with the last the call comes to nothing, or the talk goes on.
    pub(crate) fn callee_failed(&mut self, now: Now, status: Option<u16>, out: &mut Vec<Action>) {
        let talks = self.talking_leg();
        let others = self.legs[1..].iter().any(|leg| leg.is_live() && Some(leg.id.index) != talks);
        let Some(outgoing) = self.journey.outgoing() else { return };
        // A person's own word outweighs a phone that cannot be reached.
        outgoing.refusal = outgoing.refusal.max(status.filter(|status| *status >= 400));
        let status = outgoing.refusal.unwrap_or(480);
        if others {
            return;
        }
        // Where somebody has spoken, no other way is tried any more.
        close(outgoing.take_untried(), out);
        out.push(Action::Disarm(Timer::NoAnswer));
        match &self.journey {
            Journey::With(With { handing: Some(handing), .. }) => {
                let to = handing.to;
                self.unclaimed(now, to, status, out);
            }
            Journey::CallingBack(_) => self.not_returned(now, out),
            Journey::Calling(Calling { menu: Some(_), .. }) => self.back_in_menu(now, out),
            Journey::Calling(Calling { last_resort: true, .. }) => self.tell_refused(now, "queue-refused", out),
            _ if self.legs[0].state == State::Early => self.refuse(now, status, EndReason::Unanswered, out),
            _ => self.end(now, EndReason::Unanswered, out),
        }
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
