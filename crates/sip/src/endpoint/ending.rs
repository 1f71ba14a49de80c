//! How legs end (RFC 3261 §9, §15).

use base::{Key, LegId, Time};

use super::client::{Purpose, Verdict, reason_header};
use super::leg::{Cancel, Leg, Phase};
use super::{Cause, Endpoint, Event, Output, Reply};
use crate::{Fact, Method};

impl Endpoint {
    /// The end that is right now; the leg is muted from here on.
    pub(super) fn end(&mut self, now: Time, key: Key, status: u16, reason: Option<&str>, out: &mut Output) {
        let Some(leg) = self.legs.get_mut(key) else { return };
        leg.muted = true;
        match &mut leg.phase {
            Phase::Ringing { .. } => {
                // Only a final failure ends an INVITE unanswered.
                let status = if (300..700).contains(&status) { status } else { 480 };
                let reply = Reply { headers: reason_header(reason), body: None };
                self.respond_first(now, key, status, &reply, out);
            }
            Phase::Calling { client, cancel: cancel @ Cancel::No } => {
                let client = *client;
                let calling = self.clients.get(client).is_none_or(super::client::Client::is_calling);
                *cancel = if calling { Cancel::Held { reason: reason.map(str::to_owned) } } else { Cancel::Sent };
                if !calling {
                    self.send_cancel(now, client, reason, out);
                }
            }
            Phase::Up if leg.unacked.is_some() => {
                leg.phase = Phase::Leaving { reason: reason.map(str::to_owned) };
            }
            Phase::Up => {
                if let Some(server) = leg.reopened {
                    // Whoever had the 2xx hears no response to that INVITE any more (RFC 6026 §7.2); whoever had not knows of no
                    // dialog to take the BYE for.
                    self.respond(now, server, 480, &Reply { headers: reason_header(reason), body: None }, out);
                }
                self.send_bye(now, key, reason, out);
            }
            Phase::Calling { .. } | Phase::Leaving { .. } | Phase::Ending => {}
        }
    }

    /// A CANCEL waits for a provisional response, lest it overtake its INVITE (RFC 3261 §9.1). An INVITE that a process before
    /// this one sent is long there, and its only provisional response may have been lost with that process: a phone that
    /// rings says so once.
    pub(super) fn cancel_presumed(&mut self, now: Time, key: Key, out: &mut Output) {
        let Some(leg) = self.legs.get_mut(key) else { return };
        leg.presumed = None;
        if let Phase::Calling { client, cancel: cancel @ Cancel::Held { .. } } = &mut leg.phase
            && let Cancel::Held { reason } = std::mem::replace(cancel, Cancel::Sent)
        {
            let client = *client;
            self.send_cancel(now, client, reason.as_deref(), out);
        }
    }

    /// A request of ours found the dialog dead.
    pub(super) fn lose(&mut self, now: Time, key: Key, cause: Cause, out: &mut Output) {
        self.tell(key, |leg| Event::Gone { leg, cause }, out);
        self.end(now, key, 480, None, out);
    }

    pub(super) fn send_bye(&mut self, now: Time, key: Key, reason: Option<&str>, out: &mut Output) {
        self.pay_ack(key, None, out);
        self.release_incoming(now, key, out);
        let Some(leg) = self.legs.get_mut(key) else { return };
        leg.phase = Phase::Ending;
        leg.muted = true;
        let headers = reason_header(reason);
        if self.ask(now, key, Method::Bye, Purpose::Bye(key), &headers, None, out).is_none() {
            self.close(now, key, out);
        }
    }

    /// Any end of a BYE is the end of the dialog (RFC 3261 §15.1.1).
    pub(super) fn on_bye_done(&mut self, now: Time, key: Key, verdict: &Verdict, out: &mut Output) {
        if verdict.is_final() {
            self.close(now, key, out);
        }
    }

    /// Forgets a leg and says so; what its transactions still have to do they do by themselves.
    pub(super) fn close(&mut self, now: Time, key: Key, out: &mut Output) {
        self.stop_repeating(key);
        self.stop_session(key);
        self.pay_ack(key, None, out);
        self.release_incoming(now, key, out);
        let Some(leg) = self.legs.remove(key) else { return };
        self.by_leg.remove(&leg.id);
        self.by_tag.remove(self.printer.print(&[&leg.local_tag]));
        for timer in leg.presumed.into_iter().chain(leg.retry.as_ref().map(|(_, timer)| *timer)) {
            self.wheel.cancel(timer);
        }
        let calling = match leg.phase {
            Phase::Calling { client, .. } => Some(client),
            _ => None,
        };
        self.held -= leg.held();
        self.note_gone(&leg, out);
        if let Some(client) = leg.open.map(|(client, _)| client).or(calling) {
            self.abandon_later(now, client);
        }
        out.events.push(Event::Closed { leg: leg.id });
    }

    /// Nothing is left of a leg, or that the peer is still to hear of its refusal.
    fn note_gone(&mut self, leg: &Leg, out: &mut Output) {
        let server = match leg.phase {
            Phase::Ringing { server } => Some(server),
            _ => leg.reopened,
        };
        let refused =
            server.zip(leg.heard.clone()).and_then(|(server, invite)| self.owe_refusal(server, leg.id, invite));
        match refused {
            Some(image) => out.facts.push(Fact::Image { leg: leg.id, image: Box::new(image) }),
            None if leg.written => out.facts.push(Fact::Closed { leg: leg.id }),
            None => {}
        }
    }

    /// The peer's unanswered re-INVITE or UPDATE ends with the dialog (RFC 3261 §15.1.2).
    fn release_incoming(&mut self, now: Time, key: Key, out: &mut Output) {
        let Some(leg) = self.legs.get_mut(key) else { return };
        let first = match leg.phase {
            Phase::Ringing { server } => Some(server),
            _ => None,
        };
        for server in leg.incoming.take().into_iter().chain(first) {
            self.respond(now, server, 487, &Reply::default(), out);
        }
    }

    /// Tells the owner of a leg, unless the leg is muted.
    pub(super) fn tell(&self, key: Key, event: impl FnOnce(LegId) -> Event, out: &mut Output) {
        if let Some(Leg { id, muted: false, .. }) = self.legs.get(key) {
            out.events.push(event(*id));
        }
    }
}
