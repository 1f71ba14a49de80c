//! An agent joins two calls that are both the agent's: the parties of both talk on in one, the other is over (RFC 3891, RFC 5589 §7).
//!
//! The call that wants the other party asks for it, the call that has it gives it away, and neither sees inside the other.

use acd::Reservation;
use base::{AgentId, CallId, EndReason, Job, LegId, Now};

use crate::journey::{Calling, HandTo, Handing, Journey, Peer, Place, Waiting, Wants, Way, With};
use crate::leg::{AgentSide, Party};
use crate::{Action, Call, Fact, Given};

impl Call {
    /// The agent's phone on `leg` asks for the other party of that call.
    pub(crate) fn hand_to_call(&mut self, leg: u16, from: CallId, out: &mut Vec<Action>) {
        if leg == self.citizen() {
            self.trade_places();
        }
        out.push(Action::Fact(Fact::Handing { to: self.handing_to(HandTo::Call(from)) }));
        out.push(Action::HandingOn { leg, status: 100, over: false });
        out.push(Action::Fetch { from });
        self.handing(HandTo::Call(from), None, Way::Refer);
    }

    pub(crate) fn handing_to(&self, to: HandTo) -> String {
        match to {
            HandTo::Agent(agent) => self.agent_number(agent).to_owned(),
            HandTo::Call(call) => call.to_string(),
            HandTo::Group { group, .. } => self.group_name(group).to_owned(),
            HandTo::Line => self.line_asked().to_owned(),
        }
    }

    /// Who called stands where the one who was called stood, and the other way round.
    pub(crate) fn trade_places(&mut self) {
        let Journey::With(with) = &mut self.journey else { return };
        let Some(place) = self.legs.iter().position(|leg| leg.id.index == with.leg) else { return };
        (with.leg, with.peer) = (self.legs[0].id.index, self.legs[0].agent().map_or(Peer::Line, Peer::Own));
        self.legs.swap(0, place);
    }

    /// Whether whoever answers goes to another call.
    pub(crate) fn is_promised(&self) -> bool {
        match &self.journey {
            Journey::Calling(Calling { promised, .. }) => promised.is_some(),
            Journey::Waiting(Waiting { wants: Wants::Advice { promised }, .. }) => promised.is_some(),
            _ => false,
        }
    }

    /// Gives away whom the agent on `leg` talks with, at once or as soon as somebody answers.
    pub(crate) fn give(&mut self, now: Now, leg: u16, to: CallId, out: &mut Vec<Action>) {
        if let Some(promised @ None) = self.journey.promise() {
            *promised = Some(to);
            return;
        }
        match &mut self.journey {
            Journey::With(With { place: None, handing: None, .. }) => {
                if leg != self.citizen() {
                    self.trade_places();
                }
                let Journey::With(with) = &self.journey else { return };
                let other = with.leg;
                match self.legs.iter().position(|l| l.id.index == other) {
                    Some(place) => self.give_away(now, place, to, out),
                    None => out.push(Action::NotGiven { to }),
                }
            }
            _ => out.push(Action::NotGiven { to }),
        }
    }

    pub(crate) fn give_away(&mut self, now: Now, place: usize, to: CallId, out: &mut Vec<Action>) {
        let leg = self.legs.remove(place);
        if let Some(agent) = leg.agent()
            && self.has_own(agent)
        {
            // Another phone of the agent's is still being stopped here, and the one that goes is in use there.
            out.push(Action::Roster(roster::Command::OwnCall { agent, begins: true }));
        }
        // Nothing is promised any more, so that the end says nothing of it.
        self.journey = Journey::Leaving(EndReason::Joined);
        out.push(Action::Give { to, leg: Given(Box::new(leg)) });
        self.end(now, EndReason::Joined, out);
    }

    /// The promise is taken back; an agent who hung up meanwhile waits for nobody.
    pub(crate) fn keep(&mut self, now: Now, out: &mut Vec<Action>) {
        let Some(promised) = self.journey.promise() else { return };
        *promised = None;
        if !self.legs[0].is_live() {
            self.end(now, EndReason::Cancelled, out);
        }
    }

    /// The other party is here: it talks with the citizen, and the agent is out of it.
    pub(crate) fn given(&mut self, now: Now, index: u16, leg: Given, out: &mut Vec<Action>) {
        let Given(mut leg) = leg;
        leg.id = LegId { call: self.start.id, index };
        let opened = leg.heard.is_some();
        out.push(Action::Job(Job::Belong { end: leg.lease.end, leg: leg.id }));
        self.legs.push(*leg);
        let place = self.legs.len() - 1;
        self.tell_own(place, out);
        let other = |to: HandTo| matches!(to, HandTo::Call(_) | HandTo::Group { .. });
        let joins = |with: &With| with.handing.as_deref().is_some_and(|Handing { to, .. }| other(*to));
        let replaces = std::mem::take(&mut self.expects);
        if !replaces && !matches!(&self.journey, Journey::With(with) if joins(with)) {
            return self.hang_up(place, out);
        }
        if !opened {
            self.open(place, out);
        }
        match self.asks() {
            _ if replaces => self.replaced_by(now, place, out),
            true => self.asked(place),
            false => self.take_over(now, place, out),
        }
    }

    /// The queue learns who has its caller now; a line outside is none of its business.
    pub(crate) fn tell_of_taking(&mut self, before: (Peer, Option<Place>), peer: Peer, out: &mut Vec<Action>) {
        let call = self.start.id;
        match (peer, before.1, before.0.agent()) {
            (Peer::Own(agent), Some(_), _) => out.push(Action::Queue(acd::Command::TakesOver { call, agent })),
            (_, Some(_), Some(agent)) => out.push(Action::Queue(acd::Command::Ended { call, agent })),
            _ => {}
        }
    }

    /// The queue counts the talk as one of its own: the agent's slot is held for it.
    pub(crate) fn taken_over(&mut self, agent: AgentId, reservation: Reservation, out: &mut Vec<Action>) {
        let Journey::With(with) = &mut self.journey else { return };
        if with.peer != Peer::Own(agent) {
            return;
        }
        with.peer = Peer::Offered { agent, reservation };
        let index = with.leg;
        let Some(leg) = self.legs.iter_mut().find(|leg| leg.id.index == index) else { return };
        leg.party = Party::Offered(AgentSide { agent, reservation, contact: None });
        self.slots.hold(agent, reservation);
        out.push(Action::Fact(Fact::Dialled { leg: index, agent, reservation }));
        let number = self.agent_number(agent).to_owned();
        out.push(Action::Fact(Fact::Connected { agent, number, reservation }));
        let epoch = reservation.0;
        out.push(Action::Roster(roster::Command::TakesOver { agent, call: self.start.id, epoch }));
    }

    pub(crate) fn not_given(&mut self, now: Now, out: &mut Vec<Action>) {
        self.expects = false;
        let Journey::With(With { handing: Some(handing), .. }) = &self.journey else { return };
        let to = handing.to;
        if matches!(to, HandTo::Call(_) | HandTo::Group { .. }) {
            self.unclaimed(now, to, 480, out);
        }
    }
}
