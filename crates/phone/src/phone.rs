//! The phone: what comes in from outside is led to its registration, its call and its ear.

use std::net::SocketAddr;

use base::{CallId, Digit, Flow, LegId, NetworkId, Now, Rng, Time, Transport};
use sip::{Endpoint, Identity, Outgoing, Reply, ServerTx};

use crate::call::{Call, Phase};
use crate::carrier::Path;
use crate::config::{Config, Voice, host};
use crate::ear::{Change, Ear};
use crate::event::{Event, Input, Line, Output, Side, What, Why};
use crate::registration::Registration;
use crate::stream::{Arrived, Reception, Stream};

/// Where the phone is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Idle,
    /// Our call, not yet answered.
    Calling,
    /// A call for us that rings.
    Ringing,
    Talking,
}

/// One softphone.
pub struct Phone {
    pub(crate) config: Config,
    pub(crate) rng: Rng,
    pub(crate) endpoint: Endpoint,
    /// What the endpoint said last; empty between two inputs.
    pub(crate) wire: sip::Output,
    pub(crate) registration: Registration,
    pub(crate) call: Option<Call>,
    /// Held for the sake of the running call; none without one.
    pub(crate) waiting: Option<Call>,
    pub(crate) ear: Ear,
    pub(crate) reception: Reception,
    /// What lies between us and the server, where that is a carrier's network.
    path: Option<Path>,
    /// Leaves when the first answer has its ACK: whoever answers later loses.
    second_answer: Option<Outgoing>,
    serial: u32,
    vanished: bool,
}

impl Phone {
    pub fn new(config: Config, now: Now, mut rng: Rng) -> Phone {
        let identity = Identity {
            network: NetworkId(0),
            transport: Transport::Udp,
            host: host(config.sip_address),
            port: config.sip_address.port(),
        };
        let mut shown =
            sip::Config { identities: vec![identity], product: "hotline-phone".into(), ..Default::default() };
        // How a call goes that was handed on.
        shown.allow.push(sip::Method::Notify);
        if config.carrier.is_some() {
            shown.session.refresher = Some(sip::Refresher::Uac);
        }
        let endpoint = Endpoint::new(shown, now.time, rng.fork());
        Phone {
            ear: Ear::new(&config.listen_hz),
            registration: Registration::new(&mut rng),
            endpoint,
            wire: sip::Output::default(),
            call: None,
            waiting: None,
            reception: Reception::default(),
            path: config.carrier.as_ref().map(|carrier| Path::new(carrier.proxies, config.sip_address)),
            second_answer: None,
            serial: 0,
            vanished: false,
            config,
            rng,
        }
    }

    pub fn config(&self) -> &Config {
        &self.config
    }

    /// What the next call says and does; a running one keeps what it began with.
    pub fn config_mut(&mut self) -> &mut Config {
        &mut self.config
    }

    /// What is said from now on, in the running call and the next ones.
    pub fn speak(&mut self, voice: Voice) {
        if let Some(stream) = self.call.as_mut().and_then(|call| call.stream.as_mut()) {
            stream.speak(&voice);
        }
        self.config.voice = voice;
    }

    pub fn status(&self) -> Status {
        match self.call.as_ref().map(|c| &c.phase) {
            None => Status::Idle,
            Some(Phase::Calling) => Status::Calling,
            Some(Phase::Ringing { .. }) => Status::Ringing,
            Some(Phase::Talking) => Status::Talking,
        }
    }

    /// Messages whose Vias or routes were not those that the carrier's proxies had put there.
    pub fn astray(&self) -> u64 {
        self.path.as_ref().map_or(0, Path::astray)
    }

    /// What was sent and heard of a call is in this codec; `None` before there is voice.
    pub fn codec(&self) -> Option<base::Codec> {
        Some(self.call.as_ref()?.stream.as_ref()?.params.codec)
    }

    pub fn is_registered(&self) -> bool {
        self.registration.is_on()
    }

    /// Whether nothing is left to be sent or repeated: no call, and every dialog closed.
    pub fn is_quiet(&self) -> bool {
        self.vanished || self.call.is_none() && self.endpoint.is_idle()
    }

    /// What was heard, over all calls.
    pub fn ear(&self) -> &Ear {
        &self.ear
    }

    /// What arrived in the running call, or in the last one.
    pub fn reception(&self) -> Reception {
        self.call.as_ref().and_then(|c| c.stream.as_ref()).map_or(self.reception, Stream::reception)
    }

    /// Falls silent for good, as with the cable pulled: hears nothing, sends nothing, says goodbye to nobody.
    pub fn vanish(&mut self) {
        self.vanished = true;
        (self.call, self.waiting) = (None, None);
    }

    pub fn handle(&mut self, now: Now, input: Input<'_>, out: &mut Output) {
        if self.vanished {
            return;
        }
        match input {
            Input::Sip { bytes, .. } if self.config.faults.deaf_to_cancel && bytes.starts_with(b"CANCEL ") => {}
            Input::Sip { flow, bytes } => match self.path.as_mut() {
                Some(path) => path.inward(bytes).into_iter().for_each(|bytes| {
                    self.endpoint.receive(now, flow, &bytes, &mut self.wire);
                }),
                None => self.endpoint.receive(now, flow, bytes, &mut self.wire),
            },
            Input::Unreachable { flow } => self.endpoint.unreachable(now, flow, &mut self.wire),
            Input::Rtp { from, bytes } => self.receive(now, from, bytes, out),
            Input::Rtcp { from, bytes } => {
                if let Some(stream) = self.line_from(from).0.and_then(|c| c.stream.as_mut()) {
                    stream.receive_report(now.time, bytes);
                }
            }
        }
        self.flush(now, out);
    }

    pub fn next_timeout(&self) -> Option<Time> {
        if self.vanished {
            return None;
        }
        let calls = [&self.call, &self.waiting].map(|call| call.as_ref().and_then(Call::next_timeout));
        let [call, waiting] = calls;
        let (endpoint, registration) = (self.endpoint.next_timeout(), self.registration.next_timeout());
        let times = [endpoint, registration, call, waiting, self.ear.next_timeout()];
        times.into_iter().flatten().min()
    }

    pub fn handle_timeout(&mut self, now: Now, out: &mut Output) {
        if self.vanished {
            return;
        }
        self.endpoint.handle_timeout(now, &mut self.wire);
        self.registration_timeout(now);
        self.call_timeout(now, out);
        let change = self.ear.handle_timeout(now.time);
        self.tell_change(now, change, out);
        self.flush(now, out);
    }

    fn receive(&mut self, now: Now, from: SocketAddr, bytes: &[u8], out: &mut Output) {
        let (call, line) = self.line_from(from);
        let Some(stream) = call.and_then(|c| c.stream.as_mut()) else { return };
        match stream.receive(now.time, bytes) {
            // Nobody listens to who waits.
            _ if line == Line::Waiting => {}
            Arrived::Nothing => {}
            Arrived::Key(digit) => tell(now, What::KeyHeard(digit), out),
            Arrived::Voice { gap, samples } => {
                if self.config.hand_out_audio {
                    out.heard.resize(out.heard.len() + gap, 0);
                    out.heard.extend_from_slice(&samples);
                }
                let change = self.ear.hear(now.time, &samples);
                self.tell_change(now, change, out);
            }
        }
    }

    fn tell_change(&self, now: Now, change: Option<Change>, out: &mut Output) {
        match change {
            Some(Change::Heard) => tell(now, What::AudioHeard, out),
            Some(Change::Lost { since }) => tell(now, What::AudioLost { since }, out),
            None => {}
        }
    }

    /// Carries out what the endpoint said, until it has nothing more to say.
    pub(crate) fn flush(&mut self, now: Now, out: &mut Output) {
        // Each round answers events of the round before, and no answer of ours makes an endpoint speak at once more
        // than twice (a refusal, then its `Closed`).
        for _ in 0..8 {
            let events = std::mem::take(&mut self.wire.events);
            if events.is_empty() {
                break;
            }
            for event in events {
                self.on_sip(now, event, out);
            }
        }
        // A phone that restarts has forgotten its calls.
        self.wire.facts.clear();
        for message in self.wire.messages.drain(..).filter(|m| !self.config.faults.hold_back(&m.bytes)) {
            self.second_answer = self.config.faults.again(&message).or(self.second_answer.take());
            let message = match &self.path {
                Some(path) => Outgoing { bytes: path.outward(&message.bytes).into(), ..message },
                None => message,
            };
            let cancel = self.config.faults.hasty(&message);
            out.sip.push(message);
            out.sip.extend(cancel);
        }
    }

    fn on_sip(&mut self, now: Now, event: sip::Event, out: &mut Output) {
        use sip::Event as E;
        match event {
            E::Invite { tx, request, .. } => self.on_invite(now, tx, request, out),
            E::Request { tx, request, .. } => self.on_request(now, tx, &request),
            E::Response { ticket, result } => self.on_registered(now, ticket, result, out),
            E::Cancelled { leg } => self.ended(now, leg, Side::Peer, Why::Cancelled, out),
            E::Bye { leg, .. } => self.ended(now, leg, Side::Peer, Why::Bye, out),
            E::Gone { leg, .. } => self.ended(now, leg, Side::Peer, Why::Gone, out),
            E::AckMissing { leg } => self.break_off(now, leg, Why::NoAck, out),
            E::Acked { leg, request } => {
                out.sip.extend(self.second_answer.take());
                self.on_acked(now, leg, &request, out);
            }
            E::Progress { leg, response } => self.on_progress(now, leg, &response, out),
            E::Answered { leg, response } => self.on_answered(now, leg, &response, out),
            E::Rejected { leg, cause, response } => self.on_rejected(now, leg, cause, response, out),
            E::Reinvite { leg, tx, request } | E::Update { leg, tx, request } => {
                self.on_new_terms(now, leg, tx, &request);
            }
            E::ReinviteDone { leg, result } => self.on_terms_done(now, leg, result, out),
            E::Info { tx, request, .. } => self.on_info(now, tx, &request, out),
            E::InDialog { leg, tx, request } => {
                self.on_request(now, tx, &request);
                if request.method() == sip::Method::Notify {
                    self.on_notify(now, leg, &request, out);
                }
            }
            E::Closed { leg } => self.ended(now, leg, Side::Peer, Why::Gone, out),
            // Of carriers alone.
            E::Trying { .. } | E::Challenged { .. } => {}
        }
    }

    /// OPTIONS says that we are there (RFC 3261 §11.2), NOTIFY is taken note of; we offer nothing else.
    fn on_request(&mut self, now: Now, tx: ServerTx, request: &sip::Message) {
        let status = match request.method() {
            sip::Method::Options | sip::Method::Notify => 200,
            _ => 405,
        };
        let allow = ("Allow".to_owned(), "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, NOTIFY".to_owned());
        let reply = Reply { headers: vec![allow], body: None };
        self.endpoint.reply(now, tx, status, &reply, &mut self.wire);
    }

    /// Keys by INFO, as gateways send them.
    fn on_info(&mut self, now: Now, tx: ServerTx, request: &sip::Message, out: &mut Output) {
        let body = String::from_utf8_lossy(request.body());
        let signal = body.lines().find_map(|l| l.trim().strip_prefix("Signal=")).and_then(|s| s.trim().chars().next());
        if let Some(digit) = signal.and_then(Digit::from_char) {
            tell(now, What::KeyHeard(digit), out);
        }
        self.endpoint.reply(now, tx, 200, &Reply::default(), &mut self.wire);
    }

    pub(crate) fn next_leg(&mut self) -> LegId {
        self.serial = self.serial.wrapping_add(1);
        LegId { call: CallId { serial: self.serial, ..CallId::default() }, index: 0 }
    }

    pub(crate) fn server_flow(&self) -> Flow {
        Flow::udp(NetworkId(0), self.config.server)
    }
}

pub(crate) fn tell(now: Now, what: What, out: &mut Output) {
    out.events.push(Event { at: now.time, what });
}
