//! The citizen in the queue: the place, and the offer in flight.

use std::collections::VecDeque;
use std::time::Duration;

use acd::{Decline, Refusal, Reservation};
use base::{After, AgentId, Codec, EndReason, GroupId, Job, Lease, LegId, Masked, Now, SoundId, WaitOutcome};
use roster::Contact;

use crate::journey::{HandTo, Journey, Offers, Peer, Place, Ringing, Waiting, Wants, With};
use crate::leg::{AgentSide, Leg, Party};
use crate::ways::{SILENT_WAY, close_unused, one_of_each_phone};
use crate::{Action, Call, Destination, Dial, Fact, Offer, Timer};

/// A phone may call itself busy for this long after its previous call.
const STILL_BUSY: Duration = Duration::from_secs(2);
/// From a 486 of such a phone to the next INVITE: a few attempts fit into `STILL_BUSY`.
const REDIAL_AFTER: Duration = Duration::from_millis(150);

/// Withdrawals whose offer has not come: they came over different wires. An offer whose slot refuses never comes, so the oldest makes
/// room for the newest.
#[derive(Clone, Debug, Default)]
pub(crate) struct Withdrawn(VecDeque<Reservation>);

impl Withdrawn {
    /// As many as phones ring for one caller.
    const MAX: usize = 10;

    fn expect(&mut self, reservation: Reservation) {
        if self.0.len() == Withdrawn::MAX {
            self.0.pop_front();
        }
        self.0.push_back(reservation);
    }

    fn takes(&mut self, reservation: Reservation) -> bool {
        let place = self.0.iter().position(|withdrawn| *withdrawn == reservation);
        place.and_then(|place| self.0.remove(place)).is_some()
    }
}

impl Call {
    /// The caller waits from now on; `said` comes before the music.
    pub(crate) fn enqueue(
        &mut self,
        now: Now,
        (group, priority): (GroupId, u8),
        said: Vec<SoundId>,
        out: &mut Vec<Action>,
    ) {
        let place = Place { group, priority, since: now.time };
        self.take_place(now, Waiting { place, ringing: Offers::default(), wants: Wants::Service }, said, out);
    }

    /// Waits at this place, a new one or one that was kept.
    pub(crate) fn take_place(&mut self, now: Now, waiting: Waiting, said: Vec<SoundId>, out: &mut Vec<Action>) {
        let Place { group, priority, since } = waiting.place;
        self.journey = Journey::Waiting(waiting);
        self.begin_wait(now, group, said, out);
        let (call, caller) = (self.start.id, self.caller);
        out.push(Action::Queue(acd::Command::Enqueue { call, caller, group, priority, since }));
    }

    pub(crate) fn on_queue(&mut self, now: Now, action: acd::Action, out: &mut Vec<Action>) {
        match action {
            acd::Action::Located { group, position, wait, .. } => self.announce(now, group, (position, wait), out),
            acd::Action::Repeats { earlier, .. } if !self.is_ended() => self.account.repeats(earlier, out),
            acd::Action::Queued { group, surge: true, .. } => self.tell_surge(group),
            acd::Action::Moved { to, by_hand, .. } => self.moved(now, to, by_hand, out),
            acd::Action::Promised { kept, .. } => self.promised(now, kept, out),
            acd::Action::Refused { reason, .. } if self.returns() => self.taken_back(now, reason, out),
            acd::Action::Refused { group, reason, .. } => self.refused(now, group, reason, out),
            acd::Action::Withdraw { reservation, .. } => self.withdraw(reservation, out),
            acd::Action::Unclaimed { agent, .. } => self.unclaimed(now, HandTo::Agent(agent), 480, out),
            acd::Action::TakenOver { agent, reservation, .. } => self.taken_over(agent, reservation, out),
            // The others are not for calls.
            _ => {}
        }
    }

    fn moved(&mut self, now: Now, to: GroupId, by_hand: bool, out: &mut Vec<Action>) {
        let Journey::Waiting(waiting) = &mut self.journey else { return };
        waiting.place.group = to;
        if matches!(waiting.wants, Wants::CallBack { .. }) {
            return;
        }
        let outcome = if by_hand { WaitOutcome::Moved } else { WaitOutcome::Overflowed };
        self.account.wait_ended(now, outcome, out);
        self.begin_wait(now, to, Vec::new(), out);
    }

    /// The queue cannot keep the caller: who is on duty may answer, else the caller is told. Whom somebody lets go is told.
    fn refused(&mut self, now: Now, group: GroupId, reason: Refusal, out: &mut Vec<Action>) {
        let Journey::Waiting(waiting) = &mut self.journey else { return };
        let ringing = std::mem::take(&mut waiting.ringing);
        self.drop_ringing(ringing, out);
        out.push(Action::Disarm(Timer::Announce));
        let duty_line = self.plan.groups.get(usize::from(group.0)).and_then(|group| group.duty_line.clone());
        match duty_line.filter(|_| reason != Refusal::Released) {
            Some(line) => self.call_duty(now, line, out),
            None if reason == Refusal::Unstaffed => self.tell_refused(now, "queue-unstaffed", out),
            None => self.tell_refused(now, "queue-refused", out),
        }
    }

    pub(crate) fn tell_refused(&mut self, now: Now, why: &'static str, out: &mut Vec<Action>) {
        self.unpromised(out);
        self.account.wait_ended(now, WaitOutcome::Refused, out);
        if self.refused_unheard(now, out) {
            return;
        }
        self.journey = Journey::Leaving(EndReason::QueueRefused);
        self.program.play(self.sounds(&[why]), After::Silence);
    }

    /// An agent's slot is held for this call: ring the phone, or give the slot back when the caller no longer waits.
    pub(crate) fn on_offer(&mut self, now: Now, offer: Offer, out: &mut Vec<Action>) {
        self.slots.hold(offer.agent, offer.reservation);
        let Offer { agent, reservation, contacts, freed, .. } = offer;
        let wanted = self.wants(agent);
        let cause = match () {
            // The withdrawal overtook its offer: they came over different wires.
            () if self.withdrawn.takes(reservation) || !wanted => Decline::Taken,
            () if contacts.is_empty() => Decline::Unreachable,
            () => {
                let (first, spare) = one_of_each_phone(contacts);
                let ringing = Ringing { agent, reservation, freed, again: Vec::new(), spare, cause: None };
                return self.ring(now, ringing, first, out);
            }
        };
        for (_, lease) in contacts {
            out.push(Action::Job(Job::Close { end: lease.end }));
        }
        self.decline(agent, reservation, cause, out);
    }

    /// Whether an offer of this agent is what the caller waits for.
    fn wants(&self, agent: AgentId) -> bool {
        match &self.journey {
            // How many phones ring at once is the queue's to say; no agent has two offers of one call.
            Journey::Waiting(waiting) => waiting.ringing.iter().all(|ringing| ringing.agent != agent),
            Journey::With(With { handing: Some(handing), .. }) => {
                handing.to == HandTo::Agent(agent) && handing.ringing.is_empty()
            }
            _ => false,
        }
    }

    fn ring(&mut self, now: Now, ringing: Ringing, contacts: Vec<(Contact, Lease)>, out: &mut Vec<Action>) {
        let Some(Place { since, .. }) = self.place() else { return };
        let (agent, reservation) = (ringing.agent, ringing.reservation);
        if !ringing.spare.is_empty() {
            out.push(Action::Arm { timer: Timer::SilentWay, at: now.time + SILENT_WAY });
        }
        if let Some(offers) = self.journey.ringing() {
            offers.push(ringing);
        }
        let waited = now.time - since;
        self.tell_offered(agent, reservation, waited, out);
        for (contact, lease) in contacts {
            let side = AgentSide { agent, reservation, contact: Some(contact.clone()) };
            self.dial(Party::Offered(side), (Destination::Phone(contact), lease), waited, out);
        }
    }

    fn tell_offered(&self, agent: AgentId, reservation: Reservation, waited: Duration, out: &mut Vec<Action>) {
        let waited_ms = u64::try_from(waited.as_millis()).unwrap_or(u64::MAX);
        let number = self.agent_number(agent).to_owned();
        out.push(Action::Fact(Fact::Offered { agent, number, reservation, waited_ms }));
    }

    pub(crate) fn agent_number(&self, agent: AgentId) -> &str {
        self.plan.agents.get(agent.0 as usize).map_or("", |a| a.number.as_str())
    }

    pub(crate) fn dial(
        &mut self,
        party: Party,
        (to, lease): (Destination, Lease),
        waited: Duration,
        out: &mut Vec<Action>,
    ) {
        let index = self.draw_leg();
        let id = LegId { call: self.start.id, index };
        let session_id = self.session_id.wrapping_add(u64::from(index));
        let mut leg = Leg::new(id, lease, to.peer(), session_id, self.codecs_towards(&to));
        let body = leg.offer();
        let (from_number, from_display) = self.shown_to_agent(waited);
        let context = match to {
            Destination::Phone(_) => self.context(),
            Destination::Line(_) => self.context_outside(),
        };
        if let Party::Offered(AgentSide { agent, reservation, .. }) = party {
            out.push(Action::Fact(Fact::Dialled { leg: index, agent, reservation }));
        }
        out.push(Action::Dial(Box::new(Dial { leg: index, to, from_number, from_display, context, body })));
        leg.party = party;
        self.legs.push(leg);
        self.tell_own(self.legs.len() - 1, out);
    }

    /// The caller's codec first, so that the bridge need not convert.
    fn codecs_towards(&self, to: &Destination) -> Vec<Codec> {
        let mut codecs = match to {
            Destination::Phone(_) => Codec::ALL.to_vec(),
            Destination::Line(line) => return line.codecs.clone(),
        };
        if let Some(params) = self.legs[0].params {
            codecs.sort_by_key(|c| *c != params.codec);
        }
        codecs
    }

    fn shown_to_agent(&self, waited: Duration) -> (String, String) {
        if !self.plan.connect.show_citizen {
            return (self.start.called.clone(), String::new());
        }
        let caller = self.line.as_deref().unwrap_or(&self.start.caller);
        let Some(place) = self.place() else { return (caller.to_owned(), String::new()) };
        let group = self.plan.groups.get(usize::from(place.group.0)).map_or("", |g| g.name.as_str());
        let display = |caller: &str| [caller, " ", group, " ", &waited.as_secs().to_string(), "s"].concat();
        if self.account.is_confidential() {
            // Phones keep lists of who called (RFC 3323 §4.1).
            return ("anonymous".to_owned(), display(&Masked(caller).to_string()));
        }
        (caller.to_owned(), display(caller))
    }

    pub(crate) fn on_answered(&mut self, now: Now, place: usize, body: Option<&[u8]>, out: &mut Vec<Action>) {
        let Party::Offered(side) = self.legs[place].party.clone() else {
            return self.callee_answered(now, place, body, out);
        };
        if self.journey.ringing().is_none_or(|offers| !offers.holds(side.reservation)) {
            return self.hang_up(place, out);
        }
        if !self.legs[place].agree(body) {
            self.hang_up(place, out);
            return self.contact_failed(side.reservation, Decline::Unreachable, out);
        }
        self.connect(now, place, &side, out);
    }

    pub(crate) fn on_rejected(&mut self, now: Now, place: usize, status: Option<u16>, out: &mut Vec<Action>) {
        let Party::Offered(side) = self.legs[place].party.clone() else {
            return self.callee_refused(now, place, status, out);
        };
        self.legs[place].state = crate::leg::State::Ending;
        let ringing = self.journey.ringing().and_then(|offers| offers.get_mut(side.reservation));
        let Some(ringing) = ringing else { return self.close_media(place, out) };
        let still_busy = status == Some(486) && ringing.freed.is_some_and(|freed| now.time - freed < STILL_BUSY);
        if let Some(contact) = side.contact.clone().filter(|_| still_busy) {
            self.legs[place].leased = false;
            ringing.again.push((contact, self.legs[place].lease));
            out.push(Action::Arm { timer: Timer::Redial, at: now.time + REDIAL_AFTER });
            return;
        }
        self.close_media(place, out);
        if !self.ring_another_way(now, &side, status, out) {
            self.contact_failed(side.reservation, decline(status), out);
        }
    }

    pub(crate) fn redial(&mut self, out: &mut Vec<Action>) {
        let mut again = Vec::new();
        for ringing in self.journey.ringing().into_iter().flat_map(Offers::iter_mut) {
            let (agent, reservation) = (ringing.agent, ringing.reservation);
            again.extend(std::mem::take(&mut ringing.again).into_iter().map(|way| (agent, reservation, way)));
        }
        for (agent, reservation, (contact, lease)) in again {
            let party = Party::Offered(AgentSide { agent, reservation, contact: Some(contact.clone()) });
            self.dial(party, (Destination::Phone(contact), lease), Duration::ZERO, out);
        }
    }

    /// One contact of the offer will not answer; the offer is over with the last.
    pub(crate) fn contact_failed(&mut self, reservation: Reservation, cause: Decline, out: &mut Vec<Action>) {
        let others = self.legs.iter().any(|l| l.serves(reservation) && l.is_live());
        let Some(offers) = self.journey.ringing() else { return };
        let Some(ringing) = offers.get_mut(reservation) else { return };
        // An agent's own word outweighs a contact that cannot be reached.
        ringing.cause = Some(ringing.cause.map_or(cause, |known| known.min(cause)));
        if others || !ringing.again.is_empty() {
            return;
        }
        let (agent, cause) = (ringing.agent, ringing.cause.unwrap_or(cause));
        offers.remove(reservation).into_iter().for_each(|ringing| close_unused(ringing, out));
        self.decline(agent, reservation, cause, out);
    }

    fn decline(&mut self, agent: AgentId, reservation: Reservation, cause: Decline, out: &mut Vec<Action>) {
        let call = self.start.id;
        out.push(Action::Fact(Fact::Declined { agent, reservation, cause }));
        out.push(Action::Queue(acd::Command::Declined { call, agent, reservation, cause }));
    }

    fn withdraw(&mut self, reservation: Reservation, out: &mut Vec<Action>) {
        match self.journey.ringing().and_then(|offers| offers.remove(reservation)) {
            Some(ringing) => self.drop_offer(ringing, out),
            None => self.withdrawn.expect(reservation),
        }
    }

    /// What the queue is told of a caller who waited: whose line broke may come back, as may whoever hung up.
    pub(crate) fn leaves_queue(&self, reason: EndReason) -> acd::Command {
        let call = self.start.id;
        match reason {
            EndReason::Abandoned | EndReason::MediaLost => acd::Command::HungUp { call },
            _ => acd::Command::Abandon { call },
        }
    }

    /// Stops every phone of these offers; the slots follow when the phones have answered.
    pub(crate) fn drop_ringing(&mut self, offers: Offers, out: &mut Vec<Action>) {
        offers.into_iter().for_each(|ringing| self.drop_offer(ringing, out));
    }

    fn drop_offer(&mut self, ringing: Ringing, out: &mut Vec<Action>) {
        let Ringing { agent, reservation, .. } = ringing;
        out.push(Action::Fact(Fact::Declined { agent, reservation, cause: Decline::Taken }));
        if self.journey.ringing().is_none_or(|others| others.iter().all(|other| other.again.is_empty())) {
            out.push(Action::Disarm(Timer::Redial));
        }
        close_unused(ringing, out);
        for place in 0..self.legs.len() {
            if self.legs[place].serves(reservation) {
                self.hang_up(place, out);
            }
        }
    }

    fn connect(&mut self, now: Now, place: usize, side: &AgentSide, out: &mut Vec<Action>) {
        if let Some((agent, promised)) = side.advises(&self.journey) {
            return self.advised(now, place, agent, promised, out);
        }
        if self.returns() {
            return self.agent_is_there(now, place, side, out);
        }
        let Some(kept) = self.place() else { return };
        let mut ringing = self.journey.take_ringing();
        let won = ringing.remove(side.reservation);
        self.hand_over(now, out);
        let (agent, reservation) = (side.agent, side.reservation);
        let leg = self.legs[place].id.index;
        self.legs[place].state = crate::leg::State::Confirmed;
        self.journey = Journey::With(With::new(Peer::Offered { agent, reservation }, leg, Some(kept)));
        let number = self.agent_number(agent).to_owned();
        out.push(Action::Fact(Fact::Connected { agent, number, reservation }));
        out.push(Action::Queue(acd::Command::Accepted { call: self.start.id, agent, reservation }));
        // Nobody sees two agents in one talk: whoever is out of it goes first.
        self.sync_slots(out);
        let talking = roster::Command::Talking { agent, call: self.start.id, epoch: reservation.0 };
        out.push(Action::Roster(talking));
        self.open(place, out);
        won.into_iter().for_each(|ringing| close_unused(ringing, out));
        self.drop_ringing(ringing, out);
        self.stop_others(leg, out);
        self.begin_talk(now, out);
    }

    /// Every leg but the winner's and that at place 0 is hung up.
    pub(crate) fn stop_others(&mut self, winner: u16, out: &mut Vec<Action>) {
        for place in 1..self.legs.len() {
            if self.legs[place].id.index != winner {
                self.hang_up(place, out);
            }
        }
    }
}

/// What a phone's refusal says about its agent (RFC 3261 §21).
fn decline(status: Option<u16>) -> Decline {
    match status {
        Some(486 | 600) => Decline::Busy,
        Some(480 | 603 | 403 | 606 | 300..=399) => Decline::Rejected,
        Some(408) => Decline::NoAnswer,
        _ => Decline::Unreachable,
    }
}
