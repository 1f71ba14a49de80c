//! Our INVITE: early dialogs, forks, answers, CANCEL (RFC 3261 §9.1, §13.2).

use base::{Key, LegId, Time};

use super::client::{Draft, Placed, Purpose, Verdict};
use super::leg::{Cancel, Leg, OwedAck, Phase};
use super::{Body, Cause, Endpoint, Event, Invite, Output, hop};
use crate::dialog::routed;
use crate::{Dialog, Head, Message, Method, Uri};

impl Endpoint {
    pub(super) fn place(&mut self, now: Time, id: LegId, invite: Invite, out: &mut Output) {
        if self.by_leg.contains_key(&id) {
            return;
        }
        let local_tag = self.draw_tag();
        let call_id = self.draw_call_id();
        let full = self.legs.len() >= self.config.limits.legs;
        let leg = self.legs.next_key();
        let user = Uri::sip(Some(&invite.from.user), "", None).user.unwrap_or_default();
        let head = self.first_head(&invite, &local_tag, call_id, 1);
        let started = if full { None } else { self.send_invite(now, (leg, &user), head, &invite, 0, out) };
        let Some(client) = started else {
            out.events.push(Event::Rejected { leg: id, cause: Cause::Status(503), response: None });
            out.events.push(Event::Closed { leg: id });
            return;
        };
        let phase = Phase::Calling { client, cancel: Cancel::No };
        let mut leg = Leg::new(id, invite.flow, user, local_tag, phase);
        leg.outward = invite.outward;
        leg.asked = Some(Box::new(invite));
        let leg = self.insert_leg(leg);
        self.note_image(leg, out);
    }

    fn first_head(&self, invite: &Invite, local_tag: &str, call_id: String, cseq: u32) -> Head {
        let to = if invite.to.is_empty() { &invite.uri } else { &invite.to };
        let (uri, routes) = routed(invite.uri.clone(), invite.routes.clone());
        Head {
            method: Method::Invite,
            uri,
            routes,
            from: self.party(invite.flow, &invite.from, local_tag),
            to: format!("<{to}>"),
            call_id,
            cseq,
        }
    }

    /// Sends the INVITE of a leg, given with the user part of its Contact.
    fn send_invite(
        &mut self,
        now: Time,
        (leg, user): (Key, &str),
        head: Head,
        invite: &Invite,
        min_se: u32,
        out: &mut Output,
    ) -> Option<Key> {
        let headers = [invite.headers.clone(), self.session_wanted(min_se)].concat();
        let draft = Draft {
            purpose: Purpose::Invite(leg),
            flow: invite.flow,
            head,
            contact: Some(user),
            headers: &headers,
            body: invite.body.as_ref(),
            dialog: None,
        };
        self.start(now, draft, out)
    }

    /// RFC 4028 §7.3: one more INVITE of the same call, with the interval that a 422 demanded; false when there is none.
    fn place_again(&mut self, now: Time, key: Key, verdict: &Verdict, out: &mut Output) -> bool {
        let Some(min_se) = self.interval_demanded(verdict) else { return false };
        let Verdict::Response(response) = verdict else { return false };
        // Taken, so that it happens once.
        let asked = self.legs.get_mut(key).filter(|leg| !leg.muted).and_then(|leg| leg.asked.take());
        asked.is_some_and(|invite| self.repeat(now, (key, &invite), response, min_se, out))
    }

    /// RFC 3261 §22.2: the owner may answer a challenge, once.
    fn ask_for_proof(&mut self, key: Key, verdict: &Verdict, out: &mut Output) -> bool {
        let Verdict::Response(response) = verdict else { return false };
        let Some(leg) = self.legs.get_mut(key).filter(|leg| !leg.muted) else { return false };
        let first = leg.asked.as_mut().is_some_and(|invite| std::mem::take(&mut invite.outward));
        let challenged = first && matches!(response.status(), Some(401 | 407));
        if challenged {
            out.events.push(Event::Challenged { leg: leg.id, response: response.clone() });
        }
        challenged
    }

    /// The INVITE of a challenged leg again, with this header; without one it came to nothing.
    pub(super) fn prove(
        &mut self,
        now: Time,
        key: Key,
        response: &Message,
        header: Option<(String, String)>,
        out: &mut Output,
    ) {
        let asked = self.legs.get_mut(key).filter(|_| header.is_some()).and_then(|leg| leg.asked.take());
        if let (Some(mut invite), Some(header)) = (asked, header) {
            invite.headers.push(header);
            if self.repeat(now, (key, &invite), response, 0, out) {
                // A 422 may still make us ask once more.
                self.legs.get_mut(key).into_iter().for_each(|leg| leg.asked = Some(invite.clone()));
                return;
            }
        }
        self.on_rejected(now, key, Verdict::Response(response.clone()), out);
    }

    /// One more INVITE of the same call, under the next number.
    fn repeat(
        &mut self,
        now: Time,
        (key, invite): (Key, &Invite),
        response: &Message,
        min_se: u32,
        out: &mut Output,
    ) -> bool {
        let Some(leg) = self.legs.get_mut(key) else { return false };
        let (user, tag) = (leg.user.clone(), leg.local_tag.clone());
        let (call_id, cseq) = (response.call_id().unwrap_or_default(), response.cseq().map_or(1, |(cseq, _)| cseq));
        let head = self.first_head(invite, &tag, call_id.to_owned(), cseq.saturating_add(1));
        let Some(client) = self.send_invite(now, (key, &user), head, invite, min_se, out) else { return false };
        if let Some(leg) = self.legs.get_mut(key) {
            leg.phase = Phase::Calling { client, cancel: Cancel::No };
            leg.early = Vec::new();
            leg.min_se = leg.min_se.max(min_se);
            leg.describe(invite.body.as_ref());
        }
        self.note_image(key, out);
        true
    }

    pub(super) fn on_invite(&mut self, now: Time, client: Key, leg: Key, verdict: Verdict, out: &mut Output) {
        match verdict {
            Verdict::Response(response) if response.status().is_some_and(|status| status < 200) => {
                self.on_provisional(now, client, leg, response, out);
            }
            Verdict::Response(response) if response.status().is_some_and(|status| status < 300) => {
                self.on_accepted(now, client, leg, response, out);
            }
            verdict if self.place_again(now, leg, &verdict, out) || self.ask_for_proof(leg, &verdict, out) => {}
            verdict => self.on_rejected(now, leg, verdict, out),
        }
    }

    fn on_provisional(&mut self, now: Time, client: Key, leg_key: Key, response: Message, out: &mut Output) {
        let limit = self.config.limits.early_dialogs;
        self.note_ringing(client, leg_key, out);
        let Some(leg) = self.legs.get_mut(leg_key) else { return };
        let Phase::Calling { cancel, .. } = &mut leg.phase else { return };
        if let Cancel::Held { reason } = cancel {
            let reason = reason.take();
            *cancel = Cancel::Sent;
            return self.send_cancel(now, client, reason.as_deref(), out);
        }
        if leg.muted {
            return;
        }
        if response.status() == Some(100) {
            out.events.extend(leg.outward.then_some(Event::Trying { leg: leg.id }));
            return;
        }
        let tag = Some(response.to_tag()).filter(|tag| !tag.is_empty()).map(str::to_owned);
        let placed = self.clients.get(client).and_then(|client| client.placed.as_ref());
        if let (Some(tag), Some(placed)) = (tag, placed)
            && leg.dialog_with(&tag).is_none()
            && leg.early.len() < limit
        {
            leg.early.extend(Dialog::caller(&placed.sent.head, &response));
        }
        let id = leg.id;
        if self.acknowledge_provisional(now, client, leg_key, &response, out) {
            let response = self.without_past(client, response);
            out.events.push(Event::Progress { leg: id, response });
        }
    }

    /// With the first provisional response a CANCEL may leave, also after a restart.
    fn note_ringing(&mut self, client: Key, leg: Key, out: &mut Output) {
        let placed = self.clients.get_mut(client).and_then(|client| client.placed.as_mut());
        if placed.is_some_and(|placed| !std::mem::replace(&mut placed.rings, true)) {
            self.note_image(leg, out);
        }
    }

    fn on_rejected(&mut self, now: Time, leg: Key, verdict: Verdict, out: &mut Output) {
        let cause = verdict.cause().unwrap_or(Cause::Timeout);
        let response = match verdict {
            Verdict::Response(response) => Some(response),
            Verdict::Failed(_) => None,
        };
        self.tell(leg, |leg| Event::Rejected { leg, cause, response }, out);
        self.close(now, leg, out);
    }

    /// RFC 3261 §13.2.2.4: the first 2xx is the call; any further one is acknowledged and ended.
    fn on_accepted(&mut self, now: Time, client: Key, leg_key: Key, response: Message, out: &mut Output) {
        let Some((dialog, offered, tag)) = self.new_success(client, &response, out) else { return };
        let way = self.clients.get(client).and_then(|c| Some((c.way.flow, c.placed.as_ref()?.sent.head.cseq)));
        let Some((flow, cseq)) = way else { return };
        let follow = hop::follows(flow, &dialog, false);
        let leg = self.legs.get_mut(leg_key).filter(|leg| matches!(leg.phase, Phase::Calling { .. }));
        let Some(leg) = leg else {
            let mut dialog = dialog;
            let flow = hop::next(flow, follow, &dialog);
            self.acknowledge_tag(client, &tag, flow, &dialog, None, out);
            let head = dialog.request(Method::Bye);
            let purpose = Purpose::Nobody;
            let draft = Draft { purpose, flow, head, contact: None, headers: &[], body: None, dialog: None };
            self.start(now, draft, out);
            return;
        };
        leg.follow = follow;
        let mut dialog = dialog;
        if let Some(early) = leg.early.iter().find(|early| early.remote_tag() == tag) {
            dialog.continue_from(early);
        }
        leg.early = Vec::new();
        let phase = std::mem::replace(&mut leg.phase, Phase::Up);
        leg.owed = Some(OwedAck { client, cseq });
        if let Some(asked) = leg.asked.take() {
            leg.describe(asked.body.as_ref());
        }
        leg.dialog = Some(dialog);
        leg.invite = Some(client);
        let (id, muted) = (leg.id, leg.muted);
        self.note_image(leg_key, out);
        if offered || muted {
            self.pay_ack(leg_key, None, out);
        }
        if muted {
            // The reason meant for the CANCEL that never left.
            let reason = match phase {
                Phase::Calling { cancel: Cancel::Held { reason }, .. } => reason,
                _ => None,
            };
            return self.send_bye(now, leg_key, reason.as_deref(), out);
        }
        self.take_terms(now, leg_key, &response);
        let response = self.with_answer(client, response);
        out.events.push(Event::Answered { leg: id, response });
        self.pump(now, leg_key, out);
    }

    /// What a 2xx of a new To tag begins; a repeated one gets its ACK again.
    pub(super) fn new_success(
        &mut self,
        client: Key,
        response: &Message,
        out: &mut Output,
    ) -> Option<(Dialog, bool, String)> {
        let limit = self.config.limits.early_dialogs;
        let placed = self.clients.get_mut(client)?.placed.as_mut()?;
        let tag = response.to_tag().to_owned();
        if let Some((_, ack)) = placed.acks.iter().find(|(known, _)| *known == tag) {
            out.messages.extend(ack.clone());
            return None;
        }
        if placed.acks.len() >= limit {
            return None;
        }
        let Placed { sent, offered, dialog, acks, pracks, .. } = &mut **placed;
        let mut dialog = match dialog.take() {
            Some(mut dialog) => {
                dialog.refresh(response);
                dialog
            }
            None => Dialog::caller(&sent.head, response)?,
        };
        dialog.note_local_cseq(sent.head.cseq.saturating_add(*pracks));
        acks.push((tag.clone(), None));
        Some((dialog, *offered, tag))
    }

    /// Sends the ACK of one 2xx and keeps it for repeats.
    pub(super) fn acknowledge_tag(
        &mut self,
        client: Key,
        tag: &str,
        flow: base::Flow,
        dialog: &Dialog,
        body: Option<&Body>,
        out: &mut Output,
    ) {
        let cseq =
            self.clients.get(client).and_then(|client| client.placed.as_ref()).map(|placed| placed.sent.head.cseq);
        let Some(cseq) = cseq else { return };
        let ack = self.acknowledgement(flow, &dialog.acknowledge(cseq), body);
        self.keep_ack(client, tag, ack, out);
    }

    fn keep_ack(&mut self, client: Key, tag: &str, ack: super::Outgoing, out: &mut Output) {
        out.messages.push(ack.clone());
        let placed = self.clients.get_mut(client).and_then(|client| client.placed.as_mut());
        if let Some((_, kept)) = placed.and_then(|placed| placed.acks.iter_mut().find(|(known, _)| known == tag)) {
            self.held += ack.bytes.len();
            let old = kept.replace(ack);
            self.held -= old.map_or(0, |old| old.bytes.len());
        }
    }

    /// Sends the ACK that the leg owes, if it does.
    pub(super) fn pay_ack(&mut self, leg_key: Key, body: Option<&Body>, out: &mut Output) {
        let Some(leg) = self.legs.get_mut(leg_key) else { return };
        let (Some(owed), Some(dialog)) = (leg.owed.take(), leg.dialog.as_ref()) else { return };
        let (head, tag) = (dialog.acknowledge(owed.cseq), dialog.remote_tag().to_owned());
        let flow = hop::next(leg.flow, leg.follow, dialog);
        let ack = self.acknowledgement(flow, &head, body);
        self.keep_ack(owed.client, &tag, ack, out);
    }
}
