//! A call of the phone, from dialling or ringing to its end.

use std::time::Duration;

use base::{Digit, LegId, Now, Time};
use sip::{Body, Cause, Invite, Message, Party, Reply, ServerTx};

use crate::config::{Act, Answering, Keys};
use crate::event::{Line, Output, Side, What, Why};
use crate::phone::{Phone, tell};
use crate::registration::authorization;
use crate::stream::Stream;

/// Between two keys by INFO, so that no receiver takes them for one.
const INFO_GAP: Duration = Duration::from_millis(200);
/// As many keys as wait for RTP.
const INFO_KEYS_MAX: usize = 64;

/// Where a call is; before it there is none, after it none.
#[derive(Clone, Debug)]
pub(crate) enum Phase {
    /// Ours, unanswered.
    Calling,
    /// For us; answered at the deadline, if there is one.
    Ringing {
        answer_at: Option<Time>,
        offer: Vec<u8>,
    },
    Talking,
}

pub(crate) struct Call {
    pub(crate) leg: LegId,
    pub(crate) phase: Phase,
    pub(crate) local: sdp::Local,
    /// Our newest description that the other side has.
    pub(crate) body: Vec<u8>,
    /// Our offer in a 200, answered by the ACK.
    pub(crate) offered: bool,
    pub(crate) held: bool,
    pub(crate) stream: Option<Stream>,
    /// Another call was beside this one: what comes to the port may be for that one, also when that one is over.
    pub(crate) shares: bool,
    /// What was dialled, and whether it has been asked for with a password.
    dialled: Option<(String, bool)>,
    /// The next step of the script and when.
    step: Option<(usize, Time)>,
    info_keys: Vec<Digit>,
    info_at: Time,
}

impl Call {
    fn new(leg: LegId, phase: Phase, local: sdp::Local, dialled: Option<(String, bool)>) -> Call {
        Call {
            leg,
            phase,
            local,
            body: Vec::new(),
            offered: false,
            held: false,
            stream: None,
            shares: false,
            dialled,
            step: None,
            info_keys: Vec::new(),
            info_at: Time::ZERO,
        }
    }

    pub(crate) fn next_timeout(&self) -> Option<Time> {
        let answer_at = match &self.phase {
            Phase::Ringing { answer_at, .. } => *answer_at,
            Phase::Calling | Phase::Talking => None,
        };
        let info = (!self.info_keys.is_empty()).then_some(self.info_at);
        let stream = self.stream.as_ref().and_then(Stream::next_timeout);
        [answer_at, self.step.map(|s| s.1), info, stream].into_iter().flatten().min()
    }
}

impl Phone {
    /// Calls a URI, or a number at the server. Nothing happens while another call is up.
    pub fn dial(&mut self, now: Now, to: &str, out: &mut Output) {
        if self.call.is_none() {
            let uri = self.uri_of(to);
            self.invite(now, uri, None);
        }
        self.flush(now, out);
    }

    /// Answers a ringing call now.
    pub fn pick_up(&mut self, now: Now, out: &mut Output) {
        self.answer(now, out);
        self.flush(now, out);
    }

    /// Presses keys, one after the other; dropped while no call is up.
    pub fn press(&mut self, now: Now, digits: &[Digit], out: &mut Output) {
        for digit in digits {
            self.press_one(*digit);
        }
        self.flush(now, out);
    }

    /// Ends the call by whatever is right now: CANCEL, 603 or BYE.
    pub fn hang_up(&mut self, now: Now, out: &mut Output) {
        if let Some(leg) = self.call.as_ref().map(|c| c.leg) {
            let why = if matches!(self.call.as_ref().map(|c| &c.phase), Some(Phase::Talking)) {
                Why::Bye
            } else {
                Why::Cancelled
            };
            self.break_off(now, leg, why, out);
        }
        self.flush(now, out);
    }

    /// Turns a ringing call away with a status of 300 to 699.
    pub fn refuse(&mut self, now: Now, status: u16, out: &mut Output) {
        let ringing = self.call.as_ref().filter(|c| matches!(c.phase, Phase::Ringing { .. })).map(|c| c.leg);
        if let Some(leg) = ringing {
            self.endpoint.hang_up(now, leg, status, None, &mut self.wire);
            self.ended(now, leg, Side::Us, Why::Status(status), out);
        }
        self.flush(now, out);
    }

    pub(crate) fn invite(&mut self, now: Now, uri: String, authorization: Option<(String, String)>) {
        let leg = self.next_leg();
        let mut call = Call::new(leg, Phase::Calling, self.local(), Some((uri.clone(), authorization.is_some())));
        call.body = self.offer(&call.local);
        let from = Party {
            display: self.config.display.clone(),
            user: self.config.user.clone(),
            host: self.config.domain.clone(),
        };
        let invite = Invite {
            flow: self.server_flow(),
            uri,
            to: String::new(),
            from,
            routes: Vec::new(),
            headers: authorization.into_iter().collect(),
            body: (!self.config.late_offer).then(|| Body::sdp(call.body.clone())),
            outward: false,
        };
        let invite = match &self.config.carrier {
            Some(carrier) => carrier.dressed(invite, self.rng.u64()),
            None => invite,
        };
        self.call = Some(call);
        self.endpoint.invite(now, leg, invite, &mut self.wire);
    }

    fn offer(&self, local: &sdp::Local) -> Vec<u8> {
        self.config.carrier.as_ref().map_or_else(|| sdp::offer(local), |carrier| carrier.offer(local, false))
    }

    fn local(&mut self) -> sdp::Local {
        // 62 bits: some phones read the session id into a signed number.
        sdp::Local::new(self.config.media_address, self.rng.u64() >> 2, &self.config.codecs)
    }

    pub(crate) fn on_invite(&mut self, now: Now, tx: ServerTx, request: Message, out: &mut Output) {
        if self.call.is_some() {
            self.endpoint.reply(now, tx, 486, &Reply::default(), &mut self.wire);
            return tell(now, What::TurnedAway, out);
        }
        let answer_at = match self.config.answering {
            Answering::Reject(status) => {
                return self.endpoint.reply(now, tx, status, &Reply::default(), &mut self.wire);
            }
            Answering::Never => None,
            Answering::After(delay) => Some(now.time + delay),
        };
        let leg = self.next_leg();
        let phase =
            Phase::Ringing { answer_at, offer: request.body_of(sdp::CONTENT_TYPE).unwrap_or_default().to_vec() };
        let local = self.local();
        let offer = request.body_of(sdp::CONTENT_TYPE).filter(|_| self.config.early_media);
        let (status, body) = match offer.and_then(|offer| sdp::answer(&local, offer).ok()) {
            Some(answer) => (183, Some(Body::sdp(answer.body))),
            None => (180, None),
        };
        self.call = Some(Call::new(leg, phase, local, None));
        self.endpoint.adopt(tx, leg);
        self.endpoint.provisional(now, leg, status, &Reply { headers: Vec::new(), body }, &mut self.wire);
        let from = request.from().ok();
        let number = from.as_ref().and_then(|f| f.uri.user_text().or(f.uri.number())).unwrap_or_default();
        let display = from.and_then(|f| f.display).unwrap_or_default();
        tell(now, What::Incoming { from: number, display, request: Box::new(request) }, out);
    }

    fn answer(&mut self, now: Now, out: &mut Output) {
        let Some(call) = &mut self.call else { return };
        let Phase::Ringing { offer, .. } = std::mem::replace(&mut call.phase, Phase::Talking) else {
            return;
        };
        let leg = call.leg;
        if offer.is_empty() {
            call.offered = true;
            call.body = sdp::offer(&call.local);
        } else {
            match sdp::answer(&call.local, &offer) {
                Ok(answer) => {
                    call.body = answer.body;
                    self.open(now, leg, answer.params);
                }
                Err(refusal) => {
                    self.endpoint.hang_up(now, leg, refusal.status(), None, &mut self.wire);
                    return self.ended(now, leg, Side::Us, Why::NoMedia(refusal), out);
                }
            }
        }
        let Some(call) = &self.call else { return };
        let reply = Reply { headers: Vec::new(), body: Some(Body::sdp(call.body.clone())) };
        self.endpoint.answer(now, leg, &reply, &mut self.wire);
        self.talk(now, leg, out);
    }

    /// The call is answered: the script begins.
    fn talk(&mut self, now: Now, leg: LegId, out: &mut Output) {
        let first = self.config.script.first().map(|s| (0, now.time + s.after));
        if let Some(call) = self.current(leg) {
            call.phase = Phase::Talking;
            call.step = first;
            tell(now, What::Answered, out);
        }
    }

    pub(crate) fn on_acked(&mut self, now: Now, leg: LegId, request: &Message, out: &mut Output) {
        let Some(call) = self.current(leg) else { return };
        if std::mem::take(&mut call.offered) {
            let agreed = sdp::accept(&call.local, request.body());
            self.agree(now, leg, agreed, out);
        }
    }

    pub(crate) fn on_progress(&mut self, now: Now, leg: LegId, response: &Message, out: &mut Output) {
        let Some(call) = self.current(leg) else { return };
        // Early media, if the description is one; its fault is not yet the call's.
        if let Ok(params) = sdp::accept(&call.local, response.body()) {
            self.open(now, leg, params);
        }
        tell(now, What::Ringing { status: response.status().unwrap_or_default() }, out);
    }

    pub(crate) fn on_answered(&mut self, now: Now, leg: LegId, response: &Message, out: &mut Output) {
        if self.config.late_offer {
            return self.answer_late(now, leg, response, out);
        }
        let carrier = self.config.carrier.clone();
        let Some(call) = self.current(leg) else { return };
        let agreed = match carrier {
            Some(carrier) => carrier.accept(&call.local, response.body()),
            None => sdp::accept(&call.local, response.body()),
        };
        // An answer already given in a 183 stands when the 200 repeats nothing.
        if !(response.body().is_empty() && call.stream.is_some()) {
            self.agree(now, leg, agreed, out);
        }
        self.talk(now, leg, out);
    }

    /// The 200 brought the offer; the ACK carries our answer, or none where there can be none.
    fn answer_late(&mut self, now: Now, leg: LegId, response: &Message, out: &mut Output) {
        let Some(call) = self.current(leg) else { return };
        let answer = sdp::answer(&call.local, response.body());
        let body = answer.as_ref().ok().map(|answer| Body::sdp(answer.body.clone()));
        if let Ok(answer) = &answer {
            call.body.clone_from(&answer.body);
        }
        self.endpoint.acknowledge(now, leg, body, &mut self.wire);
        self.agree(now, leg, answer.map(|answer| answer.params), out);
        self.talk(now, leg, out);
    }

    pub(crate) fn agree(
        &mut self,
        now: Now,
        leg: LegId,
        agreed: Result<base::MediaParams, sdp::Refusal>,
        out: &mut Output,
    ) {
        match agreed {
            Ok(params) => self.open(now, leg, params),
            Err(refusal) => self.break_off(now, leg, Why::NoMedia(refusal), out),
        }
    }

    /// Starts the media, or changes what was agreed on.
    pub(crate) fn open(&mut self, now: Now, leg: LegId, params: base::MediaParams) {
        let running = self.call.as_ref().is_some_and(|c| c.leg == leg);
        let Some(call) = self.call.iter_mut().chain(&mut self.waiting).find(|c| c.leg == leg) else { return };
        match &mut call.stream {
            Some(stream) => stream.change(params, &self.config.voice),
            None => {
                if running {
                    self.ear.restart();
                }
                call.stream = Some(Stream::new(now.time, params, &self.config, &mut self.rng));
            }
        }
    }

    pub(crate) fn on_rejected(
        &mut self,
        now: Now,
        leg: LegId,
        cause: Cause,
        response: Option<Message>,
        out: &mut Output,
    ) {
        let Some(call) = self.current(leg) else { return };
        let dialled = call.dialled.clone();
        if let (Cause::Status(401 | 407), Some((uri, false)), Some(response)) = (cause, dialled, response)
            && let Some(header) = authorization(&self.config, &mut self.rng, &response, "INVITE", &uri)
        {
            return self.invite(now, uri, Some(header));
        }
        self.ended(now, leg, Side::Peer, cause.into(), out);
    }

    /// Ends the call from our side.
    pub(crate) fn break_off(&mut self, now: Now, leg: LegId, why: Why, out: &mut Output) {
        self.endpoint.hang_up(now, leg, 603, None, &mut self.wire);
        self.ended(now, leg, Side::Us, why, out);
    }

    /// The call is over, if `leg` is one of ours.
    pub(crate) fn ended(&mut self, now: Now, leg: LegId, by: Side, why: Why, out: &mut Output) {
        let Some((mut call, line)) = self.take_off(leg) else { return };
        if line == Line::Running {
            let gap = call.stream.as_mut().map_or(0, |stream| stream.gap(now.time, 0));
            if self.config.hand_out_audio {
                out.heard.resize(out.heard.len() + gap, 0);
            }
            self.reception = call.stream.as_ref().map(Stream::reception).unwrap_or_default();
            self.ear.restart();
        }
        let other = self.call.is_some();
        tell(now, if other { What::LineOver { line, by, why } } else { What::HungUp { by, why } }, out);
    }

    pub(crate) fn call_timeout(&mut self, now: Now, out: &mut Output) {
        if let Some(Phase::Ringing { answer_at: Some(at), .. }) = self.call.as_ref().map(|c| &c.phase)
            && *at <= now.time
        {
            self.answer(now, out);
        }
        self.play_script(now, out);
        self.send_info(now, out);
        for stream in self.call.iter_mut().chain(&mut self.waiting).filter_map(|c| c.stream.as_mut()) {
            stream.report(now, &self.config.user, out);
            for digit in stream.handle_timeout(now.time, out) {
                tell(now, What::Pressed(digit), out);
            }
        }
    }

    fn play_script(&mut self, now: Now, out: &mut Output) {
        // Steps without a delay follow each other at once; the script is finite.
        while let Some((place, at)) = self.call.as_ref().and_then(|c| c.step).filter(|s| s.1 <= now.time) {
            // A shorter script may have been put in its place meanwhile; a step that stays due would be a deadline for ever.
            let step = self.config.script.get(place).copied();
            let next = self.config.script.get(place + 1).map(|s| (place + 1, at + s.after));
            if let Some(call) = &mut self.call {
                call.step = next;
            }
            let Some(step) = step else { return };
            self.perform(now, step.act, out);
        }
    }

    /// Does in the running call what a script may ask for.
    pub fn perform(&mut self, now: Now, act: Act, out: &mut Output) {
        match act {
            Act::Press(digit) => self.press(now, &[digit], out),
            Act::Hold => self.hold(now, out),
            Act::Resume => self.resume(now, out),
            Act::Refresh => self.refresh(now, out),
            Act::Reserve => self.reserve(now, out),
            Act::HangUp => self.hang_up(now, out),
        }
    }

    fn press_one(&mut self, digit: Digit) {
        let Some(call) = &mut self.call else { return };
        match &mut call.stream {
            Some(stream) if self.config.keys == Keys::Rtp && stream.params.dtmf_send_type.is_some() => {
                stream.keypad.press(digit);
            }
            Some(_) if call.info_keys.len() < INFO_KEYS_MAX => call.info_keys.push(digit),
            _ => {}
        }
    }

    fn send_info(&mut self, now: Now, out: &mut Output) {
        // Of who waits too: the keys were pressed before.
        let is_due = |c: &&mut Call| c.info_at <= now.time && !c.info_keys.is_empty();
        let Some(call) = self.call.iter_mut().chain(&mut self.waiting).find(is_due) else { return };
        let digit = call.info_keys.remove(0);
        call.info_at = now.time + INFO_GAP;
        let leg = call.leg;
        let bytes = format!("Signal={}\r\nDuration=160\r\n", digit.as_char()).into_bytes();
        let body = Body { content_type: "application/dtmf-relay".into(), bytes };
        self.endpoint.info(now, leg, body, &mut self.wire);
        tell(now, What::Pressed(digit), out);
    }
}
