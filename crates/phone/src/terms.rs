//! New terms within a call: hold and resume, and what the other side asks for.

use base::{Direction, LegId, Now};
use sip::{Body, Cause, Message, Method, Reply, ServerTx};

use crate::call::Phase;
use crate::event::{Output, What, Why};
use crate::phone::{Phone, tell};

impl Phone {
    /// Puts the other side on hold by a re-INVITE.
    pub fn hold(&mut self, now: Now, out: &mut Output) {
        self.offer_direction(now, Direction::SendOnly);
        self.flush(now, out);
    }

    /// Takes the other side back from hold.
    pub fn resume(&mut self, now: Now, out: &mut Output) {
        self.offer_direction(now, Direction::SendRecv);
        self.flush(now, out);
    }

    /// Asks the other side to go on with somebody else (REFER, RFC 3515).
    pub fn refer(&mut self, now: Now, to: &str, out: &mut Output) {
        let leg = self.call.as_ref().filter(|c| matches!(c.phase, Phase::Talking)).map(|c| c.leg);
        self.refer_on(now, leg, to, out);
    }

    /// The same on the line that waits.
    pub fn refer_waiting(&mut self, now: Now, to: &str, out: &mut Output) {
        let leg = self.waiting.as_ref().map(|c| c.leg);
        self.refer_on(now, leg, to, out);
    }

    fn refer_on(&mut self, now: Now, leg: Option<LegId>, to: &str, out: &mut Output) {
        if let Some(leg) = leg {
            let to = ("Refer-To".to_owned(), format!("<sip:{to}@{}>", self.config.server));
            let refer = Reply { headers: vec![to], body: None };
            self.endpoint.send(now, leg, Method::Refer, &refer, &mut self.wire);
        }
        self.flush(now, out);
    }

    /// How that goes, as the status of a call to there: done is done, and the call is the other's.
    pub(crate) fn on_notify(&mut self, now: Now, leg: LegId, request: &Message, out: &mut Output) {
        let line = std::str::from_utf8(request.body()).ok().and_then(|text| text.strip_prefix("SIP/2.0 "));
        let status = line.and_then(|line| line.get(..3)?.parse().ok());
        match status {
            Some(200..300) => {
                tell(now, What::Referred, out);
                self.break_off(now, leg, Why::Bye, out);
            }
            Some(status @ 300..700) => tell(now, What::NotReferred { status }, out),
            _ => {}
        }
    }

    pub(crate) fn offer_direction(&mut self, now: Now, direction: Direction) {
        if let Some((leg, body)) = self.next_offer(|local| local.direction = direction) {
            self.endpoint.reinvite(now, leg, Some(body), &mut self.wire);
        }
    }

    /// Keeps the session alive by an UPDATE without a body.
    pub(crate) fn refresh(&mut self, now: Now, out: &mut Output) {
        if let Some(call) = self.call.as_ref().filter(|c| matches!(c.phase, Phase::Talking)) {
            self.endpoint.update(now, call.leg, None, &mut self.wire);
        }
        self.flush(now, out);
    }

    /// Offers by UPDATE what stands already; a carrier says that its resources are there.
    pub(crate) fn reserve(&mut self, now: Now, out: &mut Output) {
        if let Some((leg, body)) = self.next_offer(|_| {}) {
            self.endpoint.update(now, leg, Some(body), &mut self.wire);
        }
        self.flush(now, out);
    }

    /// The next description of a talk.
    fn next_offer(&mut self, change: impl FnOnce(&mut sdp::Local)) -> Option<(LegId, Body)> {
        let call = self.call.as_mut().filter(|c| matches!(c.phase, Phase::Talking))?;
        change(&mut call.local);
        call.local.version = call.local.version.wrapping_add(1);
        call.body = match &self.config.carrier {
            Some(carrier) => carrier.offer(&call.local, true),
            None => sdp::offer_again(&call.local, &call.body),
        };
        Some((call.leg, Body::sdp(call.body.clone())))
    }

    pub(crate) fn on_terms_done(&mut self, now: Now, leg: LegId, result: Result<Message, Cause>, out: &mut Output) {
        let Some(call) = self.current(leg) else { return };
        let response = match result {
            Ok(response) => response,
            Err(cause) => {
                call.local.direction = if call.held { Direction::SendOnly } else { Direction::SendRecv };
                return tell(now, What::HoldRefused { cause }, out);
            }
        };
        if response.method() == Method::Update && response.body().is_empty() {
            return tell(now, What::Refreshed, out);
        }
        call.held = call.local.direction == Direction::SendOnly;
        let told = if call.held { What::Held } else { What::Resumed };
        let agreed = sdp::accept(&call.local, response.body());
        tell(now, told, out);
        self.agree(now, leg, agreed, out);
    }

    /// Answers an offer, makes one where the request has none, and only confirms an UPDATE without (RFC 3311 §5.2).
    pub(crate) fn on_new_terms(&mut self, now: Now, leg: LegId, tx: ServerTx, request: &Message) {
        let Some(call) = self.call.iter_mut().chain(&mut self.waiting).find(|c| c.leg == leg) else {
            return self.endpoint.reply(now, tx, 481, &Reply::default(), &mut self.wire);
        };
        if request.body().is_empty() {
            let body = if request.method() == Method::Invite {
                call.offered = true;
                call.local.version = call.local.version.wrapping_add(1);
                call.body = sdp::offer_again(&call.local, &call.body);
                Some(Body::sdp(call.body.clone()))
            } else {
                None
            };
            return self.endpoint.reply(now, tx, 200, &Reply { headers: Vec::new(), body }, &mut self.wire);
        }
        match answer_again(&mut call.local, &call.body, request.body()) {
            Ok(answer) => {
                call.body.clone_from(&answer.body);
                self.open(now, leg, answer.params);
                let reply = Reply { headers: Vec::new(), body: Some(Body::sdp(answer.body)) };
                self.endpoint.reply(now, tx, 200, &reply, &mut self.wire);
            }
            Err(refusal) => self.endpoint.reply(now, tx, refusal.status(), &Reply::default(), &mut self.wire),
        }
    }
}

/// An answer whose version is the last one's when nothing else changed, and one more when something did (RFC 3264 §8).
fn answer_again(local: &mut sdp::Local, last: &[u8], offer: &[u8]) -> Result<sdp::Answer, sdp::Refusal> {
    let same = sdp::answer(local, offer)?;
    if same.body == last {
        return Ok(same);
    }
    local.version = local.version.wrapping_add(1);
    sdp::answer(local, offer)
}
