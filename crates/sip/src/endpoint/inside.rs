//! Requests inside dialogs (RFC 3261 §12.2.2, §14.2, §15.1.2; RFC 3311 §5.2).

use base::{Key, Time};

use super::leg::Phase;
use super::server::{Arrival, Role};
use super::terms::{describes, puzzles};
use super::{Endpoint, Event, Output, Reply, ServerTx};
use crate::{Message, Method};

impl Endpoint {
    pub(super) fn receive_inside(&mut self, now: Time, arrival: Arrival, out: &mut Output) {
        let method = arrival.request.method();
        if let Some(status) = self.not_ours(method) {
            return self.refuse(now, arrival, status, Vec::new(), out);
        }
        let Some(leg_key) = self.leg_of(&arrival) else { return self.refuse(now, arrival, 481, Vec::new(), out) };
        let Some(leg) = self.legs.get_mut(leg_key) else { return };
        let in_order =
            leg.dialog_with(arrival.request.from_tag()).is_some_and(|dialog| dialog.note_remote_cseq(arrival.cseq));
        if !in_order {
            return self.refuse(now, arrival, 500, Vec::new(), out);
        }
        if let Some(unsupported) = self.unsupported(&arrival.request) {
            return self.refuse(now, arrival, 420, vec![(String::from("Unsupported"), unsupported)], out);
        }
        if let Some(min_se) = self.too_brief(&arrival.request) {
            return self.refuse(now, arrival, 422, min_se, out);
        }
        if let Some(accept) = puzzles(&arrival.request) {
            return self.refuse(now, arrival, 415, accept, out);
        }
        match method {
            Method::Bye => self.on_bye(now, leg_key, arrival, out),
            Method::Prack => self.on_prack(now, leg_key, arrival, out),
            _ if self.is_leaving(leg_key) => self.refuse(now, arrival, 481, Vec::new(), out),
            Method::Invite | Method::Update => self.on_offer(now, leg_key, arrival, out),
            _ => self.on_other(now, leg_key, arrival, out),
        }
    }

    /// The leg that a request inside a dialog belongs to: by our tag, then Call-ID and the peer's tag must agree.
    fn leg_of(&mut self, arrival: &Arrival) -> Option<Key> {
        let key = *self.by_tag.get(self.printer.print(&[arrival.request.to_tag()]))?;
        let dialog = self.legs.get_mut(key)?.dialog_with(arrival.request.from_tag())?;
        (arrival.request.call_id() == Some(dialog.call_id())).then_some(key)
    }

    fn is_leaving(&self, leg: Key) -> bool {
        self.legs.get(leg).is_none_or(|leg| leg.muted)
    }

    fn on_offer(&mut self, now: Time, leg_key: Key, arrival: Arrival, out: &mut Output) {
        let Some(leg) = self.legs.get_mut(leg_key) else { return };
        let invite = arrival.request.method() == Method::Invite;
        let offers = invite || describes(&arrival.request);
        let busy = leg.incoming.is_some() || (offers && leg.owes_answer());
        let unacked = leg.unacked.as_ref().is_some_and(|unacked| invite || unacked.offer);
        if busy {
            // RFC 3261 §14.2: a random time of up to ten seconds.
            let retry = self.rng.below(11).to_string();
            return self.refuse(now, arrival, 500, vec![(String::from("Retry-After"), retry)], out);
        }
        let client = match leg.phase {
            Phase::Calling { client, .. } => Some(client),
            _ => None,
        };
        let offered = leg.has_offered() || unacked;
        let asks = client.is_some_and(|client| !self.is_answered_early(client, arrival.request.from_tag()));
        if offers && (offered || asks) {
            return self.refuse(now, arrival, 491, Vec::new(), out);
        }
        let (flow, request) = (arrival.flow, arrival.request.clone());
        let Some(id) = self.begin(now, arrival, Role::Change(leg_key), out) else { return };
        let Some(leg) = self.legs.get_mut(leg_key) else { return };
        leg.incoming = Some(id);
        leg.note_peer(&request);
        let before = leg.flow;
        if !leg.follow || flow.transport.is_reliable() {
            // Whoever is served where it came from may come from elsewhere after a while (NAT, a new connection).
            leg.flow = flow;
        }
        let moved =
            leg.dialog_with(request.from_tag()).is_some_and(|dialog| dialog.refresh(&request)) || before != leg.flow;
        let (leg, tx) = (leg.id, ServerTx(id));
        if moved {
            self.note_image(leg_key, out);
        }
        if invite {
            self.silent.push(id);
            out.events.push(Event::Reinvite { leg, tx, request });
        } else {
            out.events.push(Event::Update { leg, tx, request });
        }
    }

    fn on_other(&mut self, now: Time, leg_key: Key, arrival: Arrival, out: &mut Output) {
        let request = arrival.request.clone();
        let info = request.method() == Method::Info;
        let Some(id) = self.begin(now, arrival, Role::Inside(leg_key), out) else { return };
        let tx = ServerTx(id);
        let event = |leg| if info { Event::Info { leg, tx, request } } else { Event::InDialog { leg, tx, request } };
        self.tell(leg_key, event, out);
    }

    /// RFC 3261 §15.1.2: 200 at once, and 487 to what the peer still waits for.
    fn on_bye(&mut self, now: Time, leg_key: Key, arrival: Arrival, out: &mut Output) {
        let request = arrival.request.clone();
        let ends =
            self.legs.get(leg_key).is_some_and(|leg| !matches!(leg.phase, Phase::Calling { .. } | Phase::Ending));
        let role = Role::Inside(leg_key);
        let id = if ends { Some(self.open(now, arrival, role)) } else { self.begin(now, arrival, role, out) };
        let Some(id) = id else { return };
        self.respond(now, id, 200, &Reply::default(), out);
        let Some(leg) = self.legs.get_mut(leg_key) else { return };
        match leg.phase {
            // A callee may not end an early dialog this way; our INVITE has its own end.
            Phase::Calling { .. } => leg.early.retain(|dialog| dialog.remote_tag() != request.from_tag()),
            // Both hung up: our own BYE still awaits its response.
            Phase::Ending => {}
            Phase::Ringing { .. } | Phase::Up | Phase::Leaving { .. } => {
                self.tell(leg_key, |leg| Event::Bye { leg, request }, out);
                self.close(now, leg_key, out);
            }
        }
    }

    /// The ACK of a 2xx of ours.
    pub(super) fn on_ack(&mut self, now: Time, arrival: &Arrival, out: &mut Output) {
        let Some(key) = self.leg_of(arrival) else { return };
        let Some(leg) = self.legs.get_mut(key) else { return };
        if leg.unacked.as_ref().is_none_or(|unacked| unacked.cseq != arrival.cseq) {
            return;
        }
        self.stop_repeating(key);
        self.forget_heard(key, out);
        let request: Message = arrival.request.clone();
        self.tell(key, |leg| Event::Acked { leg, request }, out);
        self.after_ack(now, key, out);
    }

    /// The peer's re-INVITE or UPDATE has its final response.
    pub(super) fn change_answered(&mut self, now: Time, leg_key: Key, out: &mut Output) {
        if let Some(leg) = self.legs.get_mut(leg_key) {
            leg.incoming = None;
            self.pump(now, leg_key, out);
        }
    }
}
