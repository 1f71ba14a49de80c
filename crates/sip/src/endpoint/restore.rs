//! What is said of a leg for the time after a restart, and the leg made again from it.

use std::sync::Arc;

use base::{Flow, Key, LegId, Time};

use super::client::Placed;
use super::deadline::Deadline;
use super::leg::{Cancel, Leg, Phase};
use super::server::Role;
use super::{Endpoint, Event, Output, Reply, hop};
use crate::transaction::Timer;
use crate::{Dialog, Fact, FirstInvite, HeardInvite, Image, Message, Method};

impl Endpoint {
    /// Legs that are written as `Image::Refused`.
    pub fn unheard(&self) -> impl Iterator<Item = LegId> {
        self.servers.iter().filter_map(|(_, server)| server.refused)
    }

    /// Says what a restart would need of a leg now.
    pub(super) fn note_image(&mut self, key: Key, out: &mut Output) {
        let image = self.legs.get(key).and_then(|leg| self.image(leg));
        if let (Some(leg), Some(image)) = (self.legs.get_mut(key), image) {
            leg.written = true;
            out.facts.push(Fact::Image { leg: leg.id, image: Box::new(image) });
        }
    }

    /// With the first provisional response of ours the peer asks no more: somebody has to answer it.
    pub(super) fn note_awaited(&mut self, key: Key, out: &mut Output) {
        if self.legs.get(key).is_some_and(|leg| !leg.written) {
            self.note_image(key, out);
        }
    }

    fn image(&self, leg: &Leg) -> Option<Image> {
        let user = leg.user.clone();
        match leg.phase {
            Phase::Ringing { server } => {
                let server = self.servers.get(server)?;
                let invite = Arc::new(HeardInvite::of(server.request.as_ref()?, &server.tag));
                Some(Image::Ringing { flow: server.flow, invite })
            }
            Phase::Calling { client, .. } => {
                let client = self.clients.get(client)?;
                let Placed { sent, rings, .. } = client.placed.as_deref()?;
                Some(Image::Calling { flow: client.way.flow, user, invite: Arc::clone(sent), rings: *rings })
            }
            Phase::Up | Phase::Leaving { .. } | Phase::Ending => {
                let dialog = Box::new(leg.dialog.clone()?);
                let placed = leg.invite.and_then(|client| self.clients.get(client)?.placed.as_deref());
                let sent = placed.map(|placed| FirstInvite::Sent(Arc::clone(&placed.sent)));
                let heard = || leg.heard.clone().map(FirstInvite::Heard);
                let invite = sent.or_else(heard).unwrap_or(FirstInvite::Over);
                Some(Image::Up { flow: leg.flow, user, dialog, follow: leg.follow, calls: leg.calls, invite })
            }
        }
    }

    pub(super) fn revive(&mut self, now: Time, id: LegId, image: Image, out: &mut Output) {
        if self.by_leg.contains_key(&id) {
            return;
        }
        let (flow, user) = (image.flow(), image.user().to_owned());
        // Without a tag nobody finds the leg, but its BYE still leaves.
        let tag = image.local_tag().unwrap_or_else(|| self.draw_tag());
        let key = self.legs.next_key();
        let mut leg = Leg::new(id, flow, user, tag, Phase::Up);
        (leg.muted, leg.written) = (true, true);
        match image {
            Image::Ringing { invite, .. } => return self.revive_ringing(now, id, flow, &invite, out),
            Image::Refused { status, invite, .. } => return self.refuse_again(now, id, flow, (status, &invite), out),
            Image::Calling { invite, rings, .. } => {
                let placed = Placed { rings, ..Placed::new(invite) };
                let client = self.resume(flow, key, placed);
                if !rings {
                    self.arm_client(now, client, Timer::B, self.config.timers.patience());
                    leg.presumed = Some(self.wheel.arm(now + 2 * self.config.timers.t1, Deadline::Presumed(key)));
                }
                leg.calls = true;
                leg.phase = Phase::Calling { client, cancel: Cancel::No };
            }
            Image::Up { dialog, follow, calls, invite, .. } => {
                (leg.follow, leg.calls) = (follow, calls);
                match invite {
                    FirstInvite::Over => {}
                    FirstInvite::Sent(invite) => {
                        let placed = Placed::new(invite);
                        leg.invite = Some(self.resume_answered(now, &leg, key, placed, &dialog));
                    }
                    FirstInvite::Heard(invite) => {
                        leg.reopened = self.reopen(now, flow, &invite, out);
                        leg.heard = Some(invite);
                    }
                }
                leg.dialog = Some(*dialog);
            }
        }
        self.insert_leg(leg);
    }

    /// The INVITE as if it had just come, but that its tag of ours is known to the peer. One that cannot be read has nobody to answer.
    fn reopen(&mut self, now: Time, flow: Flow, invite: &HeardInvite, out: &mut Output) -> Option<Key> {
        let read =
            Message::parse(invite.text.as_bytes()).ok().filter(|m| m.is_request() && m.method() == Method::Invite);
        let arrival = read.and_then(|request| self.arrival(flow, request));
        let arrival = arrival.filter(|arrival| !self.by_request.contains(arrival.key))?;
        let key = self.begin(now, arrival, Role::Free, out)?;
        if let Some(server) = self.servers.get_mut(key) {
            server.tag.clone_from(&invite.tag);
        }
        Some(key)
    }

    fn revive_ringing(&mut self, now: Time, id: LegId, flow: Flow, invite: &HeardInvite, out: &mut Output) {
        let taken = self.reopen(now, flow, invite, out).is_some_and(|server| self.take(server, id));
        match self.leg(id).filter(|_| taken).and_then(|key| self.legs.get_mut(key)) {
            Some(leg) => (leg.muted, leg.written) = (true, true),
            None => {
                out.facts.push(Fact::Closed { leg: id });
                self.deferred.push(Event::Closed { leg: id });
            }
        }
    }

    /// The refusal may have been written and never sent.
    fn refuse_again(
        &mut self,
        now: Time,
        id: LegId,
        flow: Flow,
        (status, invite): (u16, &HeardInvite),
        out: &mut Output,
    ) {
        let status = if (300..700).contains(&status) { status } else { 480 };
        let server = self.reopen(now, flow, invite, out);
        let sent = server.filter(|server| self.respond(now, *server, status, &Reply::default(), out));
        match sent.and_then(|server| self.servers.get_mut(server)) {
            Some(server) => server.refused = Some(id),
            None => out.facts.push(Fact::Closed { leg: id }),
        }
    }

    /// A phone whose ACK was lost with the process repeats its 2xx, and may be one of several that answered.
    fn resume_answered(&mut self, now: Time, leg: &Leg, key: Key, mut placed: Placed, dialog: &Dialog) -> Key {
        let flow = hop::next(leg.flow, leg.follow, dialog);
        let ack = self.acknowledgement(flow, &dialog.acknowledge(placed.sent.head.cseq), None);
        placed.acks.push((dialog.remote_tag().to_owned(), Some(ack)));
        let client = self.resume(leg.flow, key, placed);
        self.arm_client(now, client, Timer::M, self.config.timers.patience());
        client
    }
}
