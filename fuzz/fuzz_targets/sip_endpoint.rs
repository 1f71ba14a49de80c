//! Any row of datagrams, pauses and wishes of the owner: no panic, no flood, each leg closed once, nothing left at the end.
//!
//! An input is a script: steps between record separators, each a letter and its text. In a datagram `%t`, `%b`, `%c` and `%u` stand for
//! the newest tag, branch, Call-ID and target that the endpoint itself has written, so that a script can answer it.

#![no_main]

use std::time::Duration;

use base::{CallId, Flow, LegId, Map, NetworkId, Now, Rng, Ticket, Time, Transport, Wall};
use libfuzzer_sys::fuzz_target;
use sip::{Body, Config, Endpoint, Event, Identity, Invite, Limits, Message, Output, Party, Reply, Request, ServerTx};

/// What one step may make the endpoint send at most: a request or an answer for each of the few legs and forks that a script has.
const MESSAGES_A_STEP_MAX: usize = 64;
/// Steps of one script; more only repeat.
const STEPS_MAX: usize = 60;
/// Timers of one script, with every retransmission: 11 sends of each of the transactions that it can open.
const TURNS_MAX: usize = 100_000;

fuzz_target!(|input: &[u8]| {
    let mut desk = Desk::new();
    for (letter, rest) in fuzz::Steps::new(input).take(STEPS_MAX) {
        desk.step(letter, rest);
    }
    desk.finish();
});

struct Desk {
    endpoint: Endpoint,
    now: Now,
    out: Output,
    legs: Map<LegId, bool>,
    newest: LegId,
    serial: u32,
    open: Vec<ServerTx>,
    words: Words,
    bytes_in: usize,
}

/// What the endpoint wrote last.
#[derive(Default)]
struct Words {
    tag: String,
    branch: String,
    call_id: String,
    target: String,
}

fn flow(kind: u8) -> Flow {
    let peer = ([192, 0, 2, 1 + (kind & 3)], 5060).into();
    match kind & 4 {
        0 => Flow::udp(NetworkId(0), peer),
        _ => Flow { network: NetworkId(0), transport: Transport::Tcp, peer, connection: 1 },
    }
}

impl Desk {
    fn new() -> Desk {
        let identity =
            |transport| Identity { network: NetworkId(0), transport, host: "192.0.2.100".into(), port: 5060 };
        let config = Config {
            identities: vec![identity(Transport::Udp), identity(Transport::Tcp)],
            limits: Limits { transactions: 40, legs: 8, ..Limits::default() },
            ..Config::default()
        };
        let now = Now { time: Time::from_millis(1), wall: Wall(0) };
        Desk {
            endpoint: Endpoint::new(config, now.time, Rng::from_number(1)),
            now,
            out: Output::default(),
            legs: Map::default(),
            newest: LegId::default(),
            serial: 0,
            open: Vec::new(),
            words: Words::default(),
            bytes_in: 0,
        }
    }

    fn step(&mut self, letter: u8, rest: &[u8]) {
        let (now, leg, out) = (self.now, self.newest, &mut self.out);
        let (first, text) = (rest.first().copied().unwrap_or_default(), String::from_utf8_lossy(rest));
        let body = (!rest.is_empty()).then(|| Body::sdp(rest));
        let reply = Reply { headers: Vec::new(), body: body.clone() };
        match letter {
            b'A' => self.endpoint.answer(now, leg, &reply, out),
            b'R' => self.endpoint.provisional(now, leg, 100 + u16::from(first), &reply, out),
            b'H' => self.endpoint.hang_up(now, leg, 400 + u16::from(first), Some("Q.850;cause=16"), out),
            b'U' => self.endpoint.update(now, leg, body, out),
            b'V' => self.endpoint.reinvite(now, leg, body, out),
            b'K' => self.endpoint.acknowledge(now, leg, body, out),
            b'N' => self.endpoint.info(now, leg, Body::sdp(rest), out),
            b'Y' => match self.open.pop() {
                Some(tx) => self.endpoint.reply(now, tx, 200 + u16::from(first), &reply, out),
                None => return,
            },
            b'X' => self.endpoint.unreachable(now, flow(first), out),
            b'C' => self.endpoint.flow_closed(now, flow(first), out),
            b'I' => return self.invite(&text),
            b'Q' => return self.request(&text),
            b'T' => return self.next_timers(1 + usize::from(first) % 8),
            b'W' => return self.wait(Duration::from_millis(u64::from(first) * 100)),
            b'L' => return self.switch_leg(first),
            _ => return self.receive(flow(letter), rest),
        }
        self.carry_out();
    }

    fn receive(&mut self, flow: Flow, rest: &[u8]) {
        let bytes = self.words.fill(rest);
        self.bytes_in += bytes.len();
        self.endpoint.receive(self.now, flow, &bytes, &mut self.out);
        self.carry_out();
    }

    fn fresh(&mut self) -> LegId {
        self.serial += 1;
        let leg = LegId { call: CallId { serial: self.serial, ..CallId::default() }, index: 0 };
        self.legs.insert(leg, false);
        self.newest = leg;
        leg
    }

    fn invite(&mut self, text: &str) {
        if self.legs.len() >= 30 {
            return;
        }
        let (uri, body) = text.split_once('\n').unwrap_or((text, ""));
        let leg = self.fresh();
        let invite = Invite {
            flow: flow(uri.len() as u8),
            uri: if uri.is_empty() { "sip:1001@192.0.2.1".into() } else { uri.into() },
            to: String::new(),
            from: Party { display: "一".into(), user: "12345".into(), host: String::new() },
            routes: text.lines().nth(2).map(str::to_owned).into_iter().collect(),
            headers: vec![("X-A".into(), text.into())],
            body: (!body.is_empty()).then(|| Body::sdp(body)),
            outward: text.len() % 2 == 0,
        };
        self.bytes_in += text.len();
        self.endpoint.invite(self.now, leg, invite, &mut self.out);
        self.carry_out();
    }

    fn request(&mut self, text: &str) {
        let request = Request {
            flow: flow(0),
            method: sip::Method::Options,
            uri: if text.is_empty() { "sip:192.0.2.1".into() } else { text.into() },
            to: String::new(),
            from: Party::default(),
            call_id: None,
            cseq: 1,
            headers: Vec::new(),
            body: None,
        };
        self.bytes_in += text.len();
        self.endpoint.request(self.now, Ticket::default(), request, &mut self.out);
        self.carry_out();
    }

    fn switch_leg(&mut self, place: u8) {
        let mut legs: Vec<LegId> = self.legs.keys().copied().collect();
        legs.sort();
        self.newest = legs.get(usize::from(place) % legs.len().max(1)).copied().unwrap_or(self.newest);
    }

    fn next_timers(&mut self, count: usize) {
        for _ in 0..count {
            let Some(due) = self.endpoint.next_timeout() else { return };
            self.now = self.now.plus(due.since(self.now.time));
            self.endpoint.handle_timeout(self.now, &mut self.out);
            self.carry_out();
        }
    }

    fn wait(&mut self, time: Duration) {
        let until = self.now.plus(time);
        while self.endpoint.next_timeout().is_some_and(|due| due <= until.time) {
            self.next_timers(1);
        }
        self.now = until;
    }

    /// Does what an owner has to do at once, and judges what left.
    fn carry_out(&mut self) {
        // Each round answers events of the round before.
        for _ in 0..8 {
            let events = std::mem::take(&mut self.out.events);
            if events.is_empty() {
                break;
            }
            events.into_iter().for_each(|event| self.hear(event));
        }
        let messages = std::mem::take(&mut self.out.messages);
        assert!(messages.len() <= MESSAGES_A_STEP_MAX, "{} messages in one step", messages.len());
        for message in messages {
            // What we write repeats a peer's headers a few times at most (a route set is written into each request).
            assert!(message.bytes.len() <= 4096 + 4 * self.bytes_in, "{} bytes leave", message.bytes.len());
            self.words.learn(&message.bytes);
        }
    }

    fn hear(&mut self, event: Event) {
        match event {
            Event::Invite { tx, request, .. } => {
                if self.legs.len() >= 30 || request.body().starts_with(b"no") {
                    self.endpoint.reply(self.now, tx, 486, &Reply::default(), &mut self.out);
                } else {
                    let leg = self.fresh();
                    self.endpoint.adopt(tx, leg);
                }
            }
            Event::Request { tx, .. }
            | Event::Reinvite { tx, .. }
            | Event::Update { tx, .. }
            | Event::Info { tx, .. }
            | Event::InDialog { tx, .. } => self.open.push(tx),
            Event::AckMissing { leg } => {
                self.endpoint.hang_up(self.now, leg, 480, None, &mut self.out);
            }
            Event::Closed { leg } => {
                let closed = self.legs.get_mut(&leg).expect("an event of a known leg");
                assert!(!std::mem::replace(closed, true), "{leg:?} closed twice");
            }
            _ => {}
        }
    }

    /// Hangs everything up and lets every timer fire.
    fn finish(mut self) {
        let mut legs: Vec<LegId> = self.legs.keys().copied().collect();
        legs.sort();
        for leg in legs {
            self.endpoint.hang_up(self.now, leg, 480, None, &mut self.out);
            self.carry_out();
        }
        let mut turns = 0;
        while self.endpoint.next_timeout().is_some() {
            self.next_timers(1);
            turns += 1;
            assert!(turns < TURNS_MAX, "timers without end");
        }
        assert!(self.endpoint.is_idle(), "leftovers");
        assert!(self.legs.values().all(|closed| *closed), "a leg never closed");
    }
}

impl Words {
    fn learn(&mut self, bytes: &[u8]) {
        let Ok(message) = Message::parse(bytes) else { return };
        let own = if message.is_request() { message.from() } else { message.to() };
        if let Some(tag) = own.ok().and_then(|address| address.tag().map(str::to_owned)) {
            self.tag = tag;
        }
        if message.is_request() {
            self.branch = message.top_via().ok().and_then(|via| via.branch().map(str::to_owned)).unwrap_or_default();
            self.call_id = message.call_id().unwrap_or_default().to_owned();
        }
        self.target = message.header_named("Contact").unwrap_or_default().trim_matches(['<', '>']).to_owned();
    }

    fn fill(&self, bytes: &[u8]) -> Vec<u8> {
        let mut filled = Vec::with_capacity(bytes.len() + 64);
        let mut rest = bytes.iter();
        while let Some(byte) = rest.next() {
            if *byte != b'%' {
                filled.push(*byte);
                continue;
            }
            match rest.next() {
                Some(b't') => filled.extend(self.tag.bytes()),
                Some(b'b') => filled.extend(self.branch.bytes()),
                Some(b'c') => filled.extend(self.call_id.bytes()),
                Some(b'u') => filled.extend(self.target.bytes()),
                other => filled.extend([b'%'].iter().chain(other)),
            }
        }
        filled
    }
}
