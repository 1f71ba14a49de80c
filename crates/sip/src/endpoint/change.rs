//! Our re-INVITE, UPDATE and INFO inside a dialog (RFC 3261 §12.2.1, §14.1; RFC 3311; RFC 6086).

use std::sync::Arc;
use std::time::Duration;

use base::{Key, Time};

use super::client::{Draft, Purpose, Verdict};
use super::deadline::Deadline;
use super::leg::{Change, Leg, OwedAck, Phase};
use super::reliable::RELIABLE;
use super::{Body, Cause, Endpoint, Event, Output, Reply, hop};
use crate::{Fact, Message, Method, Name};

/// Peers that collide with us this often answer 491 to everything.
const COLLISIONS_MAX: u8 = 8;

impl Endpoint {
    pub(super) fn ask_change(&mut self, now: Time, key: Key, update: bool, body: Option<Body>, out: &mut Output) {
        let limit = self.config.limits.queued;
        let Some(leg) = self.legs.get_mut(key).filter(|leg| !leg.muted) else { return };
        if leg.queued.len() >= limit {
            out.events.push(Event::ReinviteDone { leg: leg.id, result: Err(Cause::Status(503)) });
            return;
        }
        leg.queued.push_back(Change { update, body: body.map(Arc::new), collisions: 0, refresh: false });
        self.pump(now, key, out);
    }

    /// Sends the next change when nothing is in its way.
    pub(super) fn pump(&mut self, now: Time, key: Key, out: &mut Output) {
        while let Some(leg) = self.legs.get_mut(key).filter(|leg| leg.is_free())
            && let Some(change) = leg.queued.pop_front()
        {
            self.send_change(now, key, change, out);
        }
    }

    fn send_change(&mut self, now: Time, key: Key, change: Change, out: &mut Output) {
        let Some(leg) = self.legs.get(key) else { return };
        let change = if change.refresh { leg.refresh(change) } else { change };
        let method = if change.update { Method::Update } else { Method::Invite };
        let (headers, body) = (self.session_kept(leg), change.body.clone());
        let client = self.ask(now, key, method, Purpose::Change(key), &headers, body.as_deref(), out);
        let Some(leg) = self.legs.get_mut(key) else { return };
        match client {
            Some(client) => leg.open = Some((client, change)),
            None if change.refresh => {}
            None => out.events.push(Event::ReinviteDone { leg: leg.id, result: Err(Cause::Status(503)) }),
        }
    }

    /// Sends a request in the leg's dialog.
    #[expect(clippy::too_many_arguments, reason = "one place where every request inside a dialog is made")]
    pub(super) fn ask(
        &mut self,
        now: Time,
        key: Key,
        method: Method,
        purpose: Purpose,
        headers: &[(String, String)],
        body: Option<&Body>,
        out: &mut Output,
    ) -> Option<Key> {
        let leg = self.legs.get_mut(key)?;
        let dialog = leg.dialog.as_mut()?;
        let head = dialog.request(method);
        out.facts.push(Fact::Sequence { leg: leg.id, cseq: head.cseq });
        let flow = hop::next(leg.flow, leg.follow, dialog);
        let refreshes = matches!(method, Method::Invite | Method::Update);
        let dialog = (method == Method::Invite).then(|| dialog.clone());
        let user = leg.user.clone();
        let contact = refreshes.then_some(user.as_str());
        self.start(now, Draft { purpose, flow, head, contact, headers, body, dialog }, out)
    }

    pub(super) fn on_change(&mut self, now: Time, client: Key, key: Key, verdict: Verdict, out: &mut Output) {
        if !verdict.is_final() {
            if let Verdict::Response(response) = &verdict {
                self.acknowledge_provisional(now, client, key, response, out);
            }
            return;
        }
        if verdict.cause().is_none()
            && let Verdict::Response(response) = &verdict
            && response.method() == Method::Invite
        {
            return self.on_reinvite_accepted(now, client, key, verdict, out);
        }
        let open = self.legs.get_mut(key).and_then(|leg| leg.open.take_if(|(open, _)| *open == client));
        let Some((_, change)) = open else { return };
        if verdict.is_fatal() {
            return self.lose(now, key, verdict.cause().unwrap_or(Cause::Timeout), out);
        }
        let Some(change) = self.refused(now, key, change, &verdict) else { return self.pump(now, key, out) };
        if let (Verdict::Response(response), None) = (&verdict, verdict.cause()) {
            self.change_accepted(now, key, &change, response, out);
        }
        let result = verdict.into_result();
        if !change.refresh {
            self.tell(key, |leg| Event::ReinviteDone { leg, result }, out);
        }
        self.pump(now, key, out);
    }

    /// A refusal that is no end: the change leaves again, later or in another shape. Any other comes back.
    fn refused(&mut self, now: Time, key: Key, mut change: Change, verdict: &Verdict) -> Option<Change> {
        let Some(Cause::Status(status)) = verdict.cause() else { return Some(change) };
        let demanded = self.interval_demanded(verdict);
        // An UPDATE without terms only asks whether the peer is there: a 491 says that it is. A refresh wants more.
        let collides = status == 491 && (change.body.is_some() || !change.update || change.refresh);
        if collides && change.collisions < COLLISIONS_MAX {
            self.retry_later(now, key, change);
            return None;
        }
        if change.refresh && change.update && matches!(status, 405 | 501) {
            // It goes as a re-INVITE then.
            self.legs.get_mut(key)?.updates = false;
        } else if change.collisions < COLLISIONS_MAX && demanded.is_some_and(|min_se| self.raise_interval(key, min_se))
        {
            change.collisions += 1;
        } else {
            return Some(change);
        }
        self.legs.get_mut(key)?.queued.push_front(change);
        None
    }

    /// What the peer's 2xx to a change of ours means for the leg.
    fn change_accepted(&mut self, now: Time, key: Key, change: &Change, response: &Message, out: &mut Output) {
        let Some(leg) = self.legs.get_mut(key) else { return };
        if change.body.is_some() {
            leg.description.clone_from(&change.body);
        }
        if leg.dialog.as_mut().is_some_and(|dialog| dialog.refresh(response)) {
            self.note_image(key, out);
        }
        self.take_terms(now, key, response);
    }

    fn on_reinvite_accepted(&mut self, now: Time, client: Key, key: Key, verdict: Verdict, out: &mut Output) {
        let Verdict::Response(response) = verdict else { return };
        let Some((dialog, offered, tag)) = self.new_success(client, &response, out) else { return };
        let Some((flow, cseq)) =
            self.clients.get(client).and_then(|c| Some((c.way.flow, c.placed.as_ref()?.sent.head.cseq)))
        else {
            return;
        };
        let leg = self.legs.get_mut(key).filter(|leg| leg.open.as_ref().is_some_and(|(open, _)| *open == client));
        // The leg is over: its 2xx is still owed an ACK, where the re-INVITE went.
        let Some(leg) = leg else { return self.acknowledge_tag(client, &tag, flow, &dialog, None, out) };
        let Some((_, change)) = leg.open.take() else { return };
        leg.owed = Some(OwedAck { client, cseq });
        let muted = leg.muted;
        self.change_accepted(now, key, &change, &response, out);
        let response = self.with_answer(client, response);
        if offered || muted || change.refresh {
            self.pay_ack(key, None, out);
        }
        if !change.refresh {
            self.tell(key, |leg| Event::ReinviteDone { leg, result: Ok(response) }, out);
        }
        self.pump(now, key, out);
    }

    /// RFC 3261 §14.1: whoever owns the Call-ID waits 2.1 to 4 s, the other up to 2 s, in steps of 10 ms.
    fn retry_later(&mut self, now: Time, key: Key, mut change: Change) {
        let Some(leg) = self.legs.get_mut(key).filter(|leg| !leg.muted) else { return };
        change.collisions += 1;
        let steps = if leg.calls { 210 + self.rng.below(191) } else { self.rng.below(201) };
        let timer = self.wheel.arm(now + Duration::from_millis(steps * 10), Deadline::Retry(key));
        leg.retry = Some((change, timer));
    }

    pub(super) fn retry(&mut self, now: Time, key: Key, out: &mut Output) {
        if let Some(leg) = self.legs.get_mut(key)
            && let Some((change, _)) = leg.retry.take()
        {
            leg.queued.push_front(change);
            self.pump(now, key, out);
        }
    }

    pub(super) fn send_info(&mut self, now: Time, key: Key, body: &Body, out: &mut Output) {
        if matches!(self.legs.get(key), Some(Leg { phase: Phase::Up, .. })) {
            self.ask(now, key, Method::Info, Purpose::Info(key), &[], Some(body), out);
        }
    }

    pub(super) fn send_inside(&mut self, now: Time, key: Key, method: Method, with: &Reply, out: &mut Output) {
        if matches!(self.legs.get(key), Some(Leg { phase: Phase::Up, .. })) {
            self.ask(now, key, method, Purpose::Nobody, &with.headers, with.body.as_ref(), out);
        }
    }

    pub(super) fn on_info(&mut self, now: Time, key: Key, verdict: &Verdict, out: &mut Output) {
        if verdict.is_fatal() && matches!(self.legs.get(key), Some(Leg { phase: Phase::Up, .. })) {
            self.lose(now, key, verdict.cause().unwrap_or(Cause::Timeout), out);
        }
    }

    pub(super) fn push_allow(&self, builder: &mut crate::Builder) {
        builder.push_list(Name::Allow, self.config.allow.iter().map(|method| method.name()));
    }

    /// What we can do, as the first messages of a dialog say it (RFC 3261 §13.2.1, §13.3.1.4). A request without an offer is
    /// not `reliable`: an offer in a provisional response would want our answer in its PRACK (RFC 3262 §5).
    pub(super) fn push_abilities(&self, mut builder: crate::Builder, reliable: bool) -> crate::Builder {
        self.push_allow(&mut builder);
        let tags = self.config.supported.iter().filter(|tag| reliable || !tag.eq_ignore_ascii_case(RELIABLE));
        builder.push_list(Name::Supported, tags.map(String::as_str));
        builder
    }
}
