//! Several ways to one phone (RFC 5626): one is rung, the next one when it leads nowhere.

use std::time::Duration;

use base::{Job, Lease, Now};
use roster::Contact;

use crate::journey::Ringing;
use crate::leg::{AgentSide, Leg, Party, State};
use crate::{Action, Call, Destination, Timer};

/// A way on which nothing is heard so long, not even a 100, leads nowhere: the INVITE was sent four times (RFC 3261 §17.1.1.2).
pub(crate) const SILENT_WAY: Duration = Duration::from_secs(4);

/// A contact and the media end that waits for it.
type Way = (Contact, Lease);

impl Call {
    /// RFC 5626 §7: the phone was not reached, so another way to it is tried, one after the other; a phone that answered has
    /// answered for all of them.
    pub(crate) fn ring_another_way(
        &mut self,
        now: Now,
        side: &AgentSide,
        status: Option<u16>,
        out: &mut Vec<Action>,
    ) -> bool {
        matches!(status, None | Some(408 | 430)) && self.ring_spare(now, side, out)
    }

    fn ring_spare(&mut self, now: Now, side: &AgentSide, out: &mut Vec<Action>) -> bool {
        let since = self.place().map(|place| place.since);
        let Some(phone) = side.contact.as_ref().map(|contact| contact.phone) else { return false };
        let ringing = self.journey.ringing().and_then(|offers| offers.get_mut(side.reservation));
        let Some(ringing) = ringing else { return false };
        let another = ringing.spare.iter().position(|(contact, _)| contact.phone == phone);
        let Some((contact, lease)) = another.map(|place| ringing.spare.remove(place)) else { return false };
        let AgentSide { agent, reservation, .. } = *side;
        let waited = since.map_or(Duration::ZERO, |since| now.time - since);
        let side = AgentSide { agent, reservation, contact: Some(contact.clone()) };
        self.dial(Party::Offered(side), (Destination::Phone(contact), lease), waited, out);
        true
    }

    /// A phone of which nothing was heard on one way is rung on the next; an answer on the first comes too late then. Without another
    /// way it has the whole time of the offer.
    pub(crate) fn leave_silent_ways(&mut self, now: Now, out: &mut Vec<Action>) {
        let silent = |leg: &Leg| leg.state == State::Early && !leg.reached;
        for place in 1..self.legs.len() {
            let Party::Offered(side) = self.legs[place].party.clone() else { continue };
            if silent(&self.legs[place]) && self.ring_spare(now, &side, out) {
                self.hang_up(place, out);
            }
        }
        if self.journey.ringing().is_some_and(|offers| offers.iter().any(|ringing| !ringing.spare.is_empty())) {
            out.push(Action::Arm { timer: Timer::SilentWay, at: now.time + SILENT_WAY });
        }
    }
}

/// The best way to each phone, and the others: a phone never rings twice at once (RFC 5626 §7).
pub(crate) fn one_of_each_phone(contacts: Vec<Way>) -> (Vec<Way>, Vec<Way>) {
    let mut phones = Vec::with_capacity(contacts.len());
    contacts.into_iter().partition(|(contact, _)| {
        let first = !phones.contains(&contact.phone);
        phones.push(contact.phone);
        first
    })
}

/// What an offer that is over kept for later. The timers of offers find nothing to do when they fire.
pub(crate) fn close_unused(ringing: Ringing, out: &mut Vec<Action>) {
    out.extend(ringing.unused().map(|lease| Action::Job(Job::Close { end: lease.end })));
}
