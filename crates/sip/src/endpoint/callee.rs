//! Their INVITE: adopt, ring, answer, repeat the 2xx until its ACK (RFC 3261 §13.3).

use std::sync::Arc;

use base::{Key, LegId, Time};

use super::deadline::Deadline;
use super::leg::{Exchange, Leg, Phase, Unacked};
use super::server::Role;
use super::{Endpoint, Event, Output, Reply, hop};
use crate::{Dialog, Method, UriRef};

impl Endpoint {
    /// Makes the leg of an INVITE; false when the INVITE has its final response already.
    pub(super) fn take(&mut self, server_key: Key, id: LegId) -> bool {
        let Some(server) = self.servers.get_mut(server_key) else { return false };
        let open = server.is_open() && server.method == Method::Invite && server.role == Role::Free;
        let Some(request) = server.request.as_ref().filter(|_| open) else { return false };
        let Some(dialog) = Dialog::callee(request, &server.tag) else { return false };
        let user = request.request_uri_ref().and_then(UriRef::user).unwrap_or_default();
        let asked_rport = request.top_via_ref().is_ok_and(|via| via.params.has("rport"));
        let mut leg = Leg::new(id, server.flow, user, server.tag.clone(), Phase::Ringing { server: server_key });
        leg.follow = hop::follows(server.flow, &dialog, asked_rport);
        leg.exchange = if server.without_offer { Exchange::Ours } else { Exchange::Theirs };
        leg.dialog = Some(dialog);
        leg.note_peer(request);
        let key = self.insert_leg(leg);
        if let Some(server) = self.servers.get_mut(server_key) {
            server.role = Role::First(key);
        }
        true
    }

    /// Responds to the INVITE of a leg that rings.
    pub(super) fn respond_first(&mut self, now: Time, key: Key, status: u16, reply: &Reply, out: &mut Output) {
        let Some(Leg { phase: Phase::Ringing { server }, .. }) = self.legs.get(key) else { return };
        let server = *server;
        if self.respond_reliably(now, server, status, reply, out) {
            return;
        }
        if !self.respond(now, server, status, reply, out) || status < 200 {
            return;
        }
        if status >= 300 {
            return self.close(now, key, out);
        }
        if let Some(leg) = self.legs.get_mut(key) {
            leg.phase = Phase::Up;
        }
        self.repeat_until_ack(now, key, server);
        self.note_image(key, out);
    }

    /// Responds to a transaction of whatever role.
    pub(super) fn respond_any(&mut self, now: Time, id: Key, status: u16, reply: &Reply, out: &mut Output) {
        let Some(server) = self.servers.get(id) else { return };
        let (role, method) = (server.role, server.method);
        match role {
            Role::First(leg) => self.respond_first(now, leg, status, reply, out),
            _ if self.respond_reliably(now, id, status, reply, out) => {}
            Role::Change(leg) => {
                if (200..300).contains(&status) {
                    self.renew_early(id, leg);
                }
                if !self.respond(now, id, status, reply, out) || status < 200 {
                    return;
                }
                if method == Method::Invite && status < 300 {
                    self.repeat_until_ack(now, leg, id);
                }
                self.change_answered(now, leg, out);
            }
            Role::Free | Role::Inside(_) => {
                self.respond(now, id, status, reply, out);
            }
        }
    }

    fn repeat_until_ack(&mut self, now: Time, key: Key, server_key: Key) {
        let bytes = self.take_success(server_key);
        let (Some(leg), Some(server)) = (self.legs.get_mut(key), self.servers.get(server_key)) else { return };
        let timers = self.config.timers;
        let repeat = self.wheel.arm(now + timers.t1, Deadline::Repeat(key));
        let give_up = self.wheel.arm(now + timers.patience(), Deadline::AckMissing(key));
        let (cseq, way, offer) = (server.cseq, server.way, server.without_offer);
        self.held -= leg.held();
        leg.unacked = Some(Unacked { cseq, way, bytes, wait: timers.t1, repeat, give_up, offer });
        self.held += leg.held();
    }

    /// RFC 3261 §13.3.1.4: doubling up to T2, over any transport.
    pub(super) fn repeat_success(&mut self, now: Time, key: Key, out: &mut Output) {
        let Some(unacked) = self.legs.get_mut(key).and_then(|leg| leg.unacked.as_mut()) else { return };
        unacked.wait = unacked.wait.saturating_mul(2).min(self.config.timers.t2);
        unacked.repeat = self.wheel.arm(now + unacked.wait, Deadline::Repeat(key));
        out.messages.push(unacked.way.outgoing(Arc::clone(&unacked.bytes)));
    }

    pub(super) fn ack_missing(&mut self, now: Time, key: Key, out: &mut Output) {
        self.stop_repeating(key);
        self.tell(key, |leg| Event::AckMissing { leg }, out);
        self.after_ack(now, key, out);
    }

    pub(super) fn stop_repeating(&mut self, key: Key) {
        if let Some(unacked) = self.legs.get_mut(key).and_then(|leg| leg.unacked.take()) {
            self.held -= unacked.bytes.len();
            self.wheel.cancel(unacked.repeat);
            self.wheel.cancel(unacked.give_up);
        }
    }

    /// Our 2xx has arrived.
    pub(super) fn forget_heard(&mut self, key: Key, out: &mut Output) {
        if let Some(invite) = self.legs.get_mut(key).and_then(|leg| leg.heard.take()) {
            self.held -= invite.size();
            self.note_image(key, out);
        }
    }

    /// What waited for the ACK may go on: our BYE, or our next change.
    pub(super) fn after_ack(&mut self, now: Time, key: Key, out: &mut Output) {
        match self.legs.get(key).map(|leg| leg.phase.clone()) {
            Some(Phase::Leaving { reason }) => self.send_bye(now, key, reason.as_deref(), out),
            Some(_) => self.pump(now, key, out),
            None => {}
        }
    }
}
