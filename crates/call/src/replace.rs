//! An agent's phone takes the place of another one, of one that talks or of one that still rings (RFC 3891).
//!
//! The phone's INVITE is a call of its own, which gives its only leg away at once: the leg is in one call at any moment, and each
//! call has its record.

use std::sync::Arc;

use base::{AgentId, CallId, EndReason, Now, WaitOutcome};

use crate::call::FIRST;
use crate::journey::{Calling, Journey, Peer, Waiting, Wants, With};
use crate::leg::{Leg, State};
use crate::outgoing::close;
use crate::{Action, Arrival, Call, Plan, Timer};

impl Call {
    /// Whether the agent's phone may take the place of this leg; else the status that says why not (RFC 3891 §3). A citizen and a
    /// line are never replaced.
    pub fn may_replace(&self, leg: u16, early_only: bool, by: AgentId) -> Result<(), u16> {
        let place = self.legs.iter().position(|l| l.id.index == leg).ok_or(481_u16)?;
        let leg = &self.legs[place];
        match leg.agent() {
            None => return Err(403),
            Some(agent) if agent == by => return Err(403),
            Some(_) => {}
        }
        match leg.state {
            State::Ending => Err(603),
            State::Early if place == 0 => Err(481),
            State::Early => self.may_pick_up(leg),
            State::Offered | State::Confirmed if early_only => Err(486),
            State::Offered => Err(491),
            State::Confirmed => self.may_take(leg),
        }
    }

    /// Of a phone that talks. One change of a talk at a time.
    fn may_take(&self, leg: &Leg) -> Result<(), u16> {
        let Journey::With(with) = &self.journey else { return Err(603) };
        // The place of whom a queue has served is a citizen's, whoever stands there.
        let talks = with.leg == leg.id.index || self.citizen() == leg.id.index && with.place.is_none();
        match talks && with.handing.is_none() && !with.greeting {
            true => Ok(()),
            false => Err(491),
        }
    }

    /// Of a phone that rings.
    fn may_pick_up(&self, leg: &Leg) -> Result<(), u16> {
        match &self.journey {
            // Who answers an agent's question, or calls a citizen back, is found by the queue alone.
            Journey::Waiting(Waiting { wants: Wants::Advice { .. } | Wants::CallBack { .. }, .. }) => Err(491),
            Journey::Waiting(Waiting { ringing, .. }) if ringing.iter().any(|r| leg.serves(r.reservation)) => Ok(()),
            Journey::Calling(Calling { promised: None, last_resort: false, .. }) => Ok(()),
            Journey::With(_) | Journey::Calling(_) | Journey::CallingBack(_) => Err(491),
            _ => Err(603),
        }
    }

    /// The next leg that is given is for the place of this one; `may_replace` said that it may.
    pub(crate) fn expect(&mut self, leg: u16) {
        self.expects = true;
        if leg == self.citizen() {
            self.trade_places();
        }
    }

    /// The call of the phone that takes another's place in the call `to`.
    pub fn stand_in(plan: Arc<Plan>, now: Now, arrival: Arrival<'_>, to: CallId, out: &mut Vec<Action>) -> Call {
        let offer = arrival.offer;
        let mut call = Call::arriving(plan, arrival);
        match offer.map(|offer| call.legs[0].answer(offer)) {
            Some(Err(refusal)) => call.refuse(now, refusal.status(), EndReason::Refused, out),
            Some(Ok(body)) => call.give_at_once(now, to, body, out),
            None => {
                let body = call.legs[0].offer();
                call.give_at_once(now, to, body, out);
            }
        }
        call.settle(out);
        call
    }

    fn give_at_once(&mut self, now: Now, to: CallId, body: Vec<u8>, out: &mut Vec<Action>) {
        self.legs[0].state = State::Offered;
        let locale = self.plan.prompts.locale_name(self.locale);
        self.account.started(&self.menu.version, locale, out);
        self.tell_own(0, out);
        self.account.answered(now, out);
        out.push(Action::Answer { leg: FIRST, body });
        self.give_away(now, 0, to, out);
    }

    /// Whoever was replaced is hung up, and the other party hears who came.
    pub(crate) fn replaced_by(&mut self, now: Now, place: usize, out: &mut Vec<Action>) {
        match &self.journey {
            Journey::With(_) => {
                self.account.handed_on(now, out);
                self.take_over(now, place, out);
            }
            Journey::Waiting(_) => self.picked_up(now, place, out),
            Journey::Calling(_) => self.answered_for(now, place, out),
            _ => self.hang_up(place, out),
        }
    }

    /// The citizen is served by whoever picked up, and the queue learns who that is.
    fn picked_up(&mut self, now: Now, place: usize, out: &mut Vec<Action>) {
        let (Some(kept), Some(agent)) = (self.place(), self.legs[place].agent()) else { return };
        let ringing = self.journey.take_ringing();
        self.drop_ringing(ringing, out);
        self.account.wait_ended(now, WaitOutcome::Answered, out);
        out.push(Action::Disarm(Timer::Announce));
        let peer = Peer::Own(agent);
        self.journey = Journey::With(With::new(peer, self.legs[place].id.index, Some(kept)));
        self.talk_with(now, peer, out);
        out.push(Action::Queue(acd::Command::TakesOver { call: self.start.id, agent }));
    }

    /// Whoever picked up answers for the colleague who is called.
    fn answered_for(&mut self, now: Now, place: usize, out: &mut Vec<Action>) {
        let Some(outgoing) = self.journey.outgoing() else { return };
        let (untried, to) = (outgoing.take_untried(), outgoing.to.clone());
        out.push(Action::Disarm(Timer::NoAnswer));
        close(untried, out);
        self.answer_caller(now, out);
        self.meet(now, place, &to, out);
    }
}
