//! Two endpoints and a bad network between them.

use std::collections::BTreeMap;
use std::time::Duration;

use base::pack::Packed;
use base::{CallId, Flow, LegId, NetworkId, Now, Rng, Time, Transport, Wall};
use sip::{
    Body, Config, Endpoint, Event, Fact, Identity, Image, Invite, Message, Output, Party, Reply, ServerTx, Session,
};

/// What the network does to a datagram.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Weather {
    pub(crate) loss: f64,
    pub(crate) duplicates: f64,
    /// On top of 5 ms: more than the gap between two datagrams, so that they overtake each other.
    pub(crate) jitter_ms: u64,
}

/// Judges a datagram by its sender and its content.
pub(crate) type Filter = Box<dyn FnMut(usize, &Message) -> bool>;

pub(crate) struct Pair {
    pub(crate) now: Now,
    pub(crate) weather: Weather,
    pub(crate) ends: [Endpoint; 2],
    /// What an end said and nobody took yet.
    pub(crate) events: [Vec<Event>; 2],
    /// Every datagram that was sent: from, start line and CSeq.
    pub(crate) sent: Vec<(usize, String)>,
    /// Drops a datagram when it says true.
    pub(crate) filter: Filter,
    /// What each end has written down of its legs.
    pub(crate) ledgers: [BTreeMap<LegId, Image>; 2],
    /// The end that is killed once it has written what follows from its so many-th turn; whether the messages of that
    /// turn are lost with it.
    pub(crate) kill: Option<(usize, usize, bool)>,
    /// The process after that one is killed with the messages of its so many-th turn.
    pub(crate) then: Option<usize>,
    pub(crate) turns: [usize; 2],
    /// How many legs of each end have closed.
    pub(crate) closed: [usize; 2],
    wire: BTreeMap<(Time, u64), (usize, Vec<u8>)>,
    serial: u64,
    rng: Rng,
    transport: Transport,
    session: Session,
}

pub(crate) fn leg(n: u32) -> LegId {
    LegId { call: CallId { serial: n, ..CallId::default() }, index: 0 }
}

pub(crate) fn body(text: &str) -> Option<Body> {
    Some(Body::sdp(text))
}

pub(crate) fn reply(text: &str) -> Reply {
    Reply { headers: Vec::new(), body: body(text) }
}

pub(crate) fn config(end: usize, transport: Transport) -> Config {
    let identity = Identity { network: NetworkId(0), transport, host: format!("10.0.0.{}", end + 1), port: 5060 };
    Config { identities: vec![identity], ..Config::default() }
}

impl Pair {
    pub(crate) fn new(seed: u64, weather: Weather) -> Pair {
        Pair::over(Transport::Udp, seed, weather)
    }

    pub(crate) fn over(transport: Transport, seed: u64, weather: Weather) -> Pair {
        Pair::with(transport, seed, weather, Session::default())
    }

    pub(crate) fn with(transport: Transport, seed: u64, weather: Weather, session: Session) -> Pair {
        let now = Now { time: Time::from_millis(1000), wall: Wall(0) };
        let mut rng = Rng::from_number(seed);
        let ends = [0, 1].map(|end| Endpoint::new(Config { session, ..config(end, transport) }, now.time, rng.fork()));
        Pair {
            now,
            weather,
            ends,
            events: [Vec::new(), Vec::new()],
            sent: Vec::new(),
            filter: Box::new(|_, _| false),
            ledgers: [BTreeMap::new(), BTreeMap::new()],
            kill: None,
            then: None,
            turns: [0, 0],
            closed: [0, 0],
            wire: BTreeMap::new(),
            serial: 0,
            rng,
            transport,
            session,
        }
    }

    /// The flow on which an end reaches the other.
    pub(crate) fn flow(&self, end: usize) -> Flow {
        let peer = format!("10.0.0.{}:5060", 2 - end).parse().unwrap();
        Flow { transport: self.transport, ..Flow::udp(NetworkId(0), peer) }
    }

    pub(crate) fn act(&mut self, end: usize, act: impl FnOnce(&mut Endpoint, Now, &mut Output)) {
        let mut out = Output::default();
        act(&mut self.ends[end], self.now, &mut out);
        assert_eq!(self.ends[end].held(), self.ends[end].weigh(), "the bytes of kept messages are counted right");
        self.write_down(end, &out.facts);
        self.turns[end] += usize::from(!out.messages.is_empty() || !out.facts.is_empty());
        let killed = self.kill.filter(|(victim, turn, _)| (*victim, *turn) == (end, self.turns[end]));
        for message in out.messages.into_iter().filter(|_| !matches!(killed, Some((_, _, true)))) {
            assert_eq!(message.flow.peer, self.flow(end).peer, "sent to a stranger");
            self.post(end, message.bytes.to_vec());
        }
        self.closed[end] += out.events.iter().filter(|event| matches!(event, Event::Closed { .. })).count();
        match killed {
            Some(_) => self.restart(end),
            None => self.events[end].append(&mut out.events),
        }
    }

    /// Applies facts as a journal would give them back.
    fn write_down(&mut self, end: usize, facts: &[Fact]) {
        for fact in facts {
            let ledger = &mut self.ledgers[end];
            match Fact::from_bytes(&fact.to_bytes()).expect("a fact is read back") {
                Fact::Image { leg, image } => _ = ledger.insert(leg, *image),
                Fact::Sequence { leg, cseq } => ledger.get_mut(&leg).expect("a fact of a known leg").sequence(cseq),
                Fact::Closed { leg } => _ = ledger.remove(&leg).expect("a fact of a known leg"),
            }
        }
    }

    /// Kills an end; what starts in its place ends what the ledger shows.
    pub(crate) fn restart(&mut self, end: usize) {
        self.kill = self.then.take().map(|turns| (end, self.turns[end] + turns, true));
        self.events[end].clear();
        let config = Config { session: self.session, ..config(end, self.transport) };
        self.ends[end] = Endpoint::new(config, self.now.time, self.rng.fork());
        for (leg, image) in self.ledgers[end].clone() {
            self.act(end, |end, now, out| {
                end.restore(now, leg, image, out);
                end.hang_up(now, leg, 480, Some("SIP;cause=503"), out);
            });
        }
    }

    fn post(&mut self, from: usize, bytes: Vec<u8>) {
        let message = Message::parse(&bytes).expect("an endpoint sends what can be read");
        let line = String::from_utf8_lossy(&bytes).lines().next().unwrap_or_default().to_owned();
        self.sent.push((from, format!("{line} [{}]", message.header(sip::Name::Cseq).unwrap_or_default())));
        if (self.filter)(from, &message) || self.rng.chance(self.weather.loss) {
            return;
        }
        let copies = 1 + u32::from(self.rng.chance(self.weather.duplicates));
        for _ in 0..copies {
            let delay = Duration::from_millis(5 + self.rng.below(self.weather.jitter_ms + 1));
            self.serial += 1;
            self.wire.insert((self.now.time + delay, self.serial), (1 - from, bytes.clone()));
        }
    }

    /// When something happens next by itself.
    pub(crate) fn next(&self) -> Option<Time> {
        let wire = self.wire.keys().next().map(|(at, _)| *at);
        self.ends.iter().filter_map(Endpoint::next_timeout).chain(wire).min()
    }

    /// Moves to a time and does what is due there.
    pub(crate) fn step_to(&mut self, at: Time) {
        let ahead = at.since(self.now.time);
        self.now = self.now.plus(ahead);
        while let Some(entry) = self.wire.first_entry().filter(|entry| entry.key().0 <= self.now.time) {
            let (to, bytes) = entry.remove();
            let flow = self.flow(to);
            self.act(to, |end, now, out| end.receive(now, flow, &bytes, out));
        }
        for end in 0..2 {
            self.act(end, |end, now, out| end.handle_timeout(now, out));
        }
    }

    pub(crate) fn run_ms(&mut self, ms: u64) {
        let until = self.now.time + Duration::from_millis(ms);
        while let Some(at) = self.next().filter(|at| *at <= until) {
            self.step_to(at);
        }
        self.step_to(until);
    }

    /// Takes what an end said since the last time, as text.
    pub(crate) fn heard(&mut self, end: usize) -> Vec<String> {
        std::mem::take(&mut self.events[end]).iter().map(tell).collect()
    }

    /// How many datagrams whose line begins so left an end.
    pub(crate) fn count(&self, end: usize, start: &str) -> usize {
        self.sent.iter().filter(|(from, line)| *from == end && line.contains(start)).count()
    }

    /// End 0 calls end 1.
    pub(crate) fn call(&mut self, n: u32, offer: Option<Body>) {
        let flow = self.flow(0);
        self.act(0, |end, now, out| end.invite(now, leg(n), invite(flow, offer), out));
    }

    /// The INVITE that end 1 heard, adopted as leg `n`.
    pub(crate) fn adopt(&mut self, n: u32) -> ServerTx {
        let tx = self.take_tx(1);
        self.act(1, |end, _, _| end.adopt(tx, leg(n)));
        tx
    }

    /// The transaction of the last request that an end heard; drops the events before it.
    pub(crate) fn take_tx(&mut self, end: usize) -> ServerTx {
        let events = std::mem::take(&mut self.events[end]);
        events.iter().rev().find_map(tx).expect("a request was heard")
    }

    /// A call up on both sides: leg 1 at end 0, leg 2 at end 1.
    pub(crate) fn up(seed: u64, weather: Weather) -> Pair {
        Pair::up_over(Transport::Udp, seed, weather)
    }

    pub(crate) fn up_over(transport: Transport, seed: u64, weather: Weather) -> Pair {
        let mut pair = Pair::over(transport, seed, Weather::default());
        pair.call(1, body("offer"));
        pair.run_ms(20);
        pair.adopt(2);
        pair.act(1, |end, now, out| end.answer(now, leg(2), &reply("answer"), out));
        pair.run_ms(50);
        assert_eq!(pair.heard(0), ["Answered 1 200 answer"]);
        assert_eq!(pair.heard(1), ["Acked 2 "]);
        pair.weather = weather;
        pair
    }

    /// Lets everything run out; both ends must be empty then.
    pub(crate) fn settle(&mut self) {
        self.run_ms(200_000);
        assert!(self.ends.iter().all(Endpoint::is_idle), "leftovers");
    }
}

pub(crate) fn invite(flow: Flow, offer: Option<Body>) -> Invite {
    Invite {
        flow,
        uri: "sip:12345@10.0.0.2".into(),
        to: String::new(),
        from: Party { display: "市民".into(), user: "13800138000".into(), host: String::new() },
        routes: Vec::new(),
        headers: Vec::new(),
        body: offer,
        outward: false,
    }
}

pub(crate) fn tx(event: &Event) -> Option<ServerTx> {
    match event {
        Event::Invite { tx, .. }
        | Event::Request { tx, .. }
        | Event::Reinvite { tx, .. }
        | Event::Update { tx, .. }
        | Event::Info { tx, .. }
        | Event::InDialog { tx, .. } => Some(*tx),
        _ => None,
    }
}

/// An event in one line: name, leg, status or cause, body.
pub(crate) fn tell(event: &Event) -> String {
    let n = |leg: &LegId| leg.call.serial;
    let text = |message: &Message| String::from_utf8_lossy(message.body()).into_owned();
    let both = |message: &Message| format!("{} {}", message.status().unwrap_or_default(), text(message));
    match event {
        Event::Invite { request, .. } => format!("Invite {}", text(request)),
        Event::Request { request, .. } => format!("Request {}", request.method()),
        Event::Cancelled { leg } => format!("Cancelled {}", n(leg)),
        Event::Acked { leg, request } => format!("Acked {} {}", n(leg), text(request)),
        Event::AckMissing { leg } => format!("AckMissing {}", n(leg)),
        Event::Reinvite { leg, request, .. } => format!("Reinvite {} {}", n(leg), text(request)),
        Event::Update { leg, request, .. } => format!("Update {} {}", n(leg), text(request)),
        Event::Info { leg, request, .. } => format!("Info {} {}", n(leg), text(request)),
        Event::InDialog { leg, request, .. } => format!("InDialog {} {}", n(leg), request.method()),
        Event::Bye { leg, .. } => format!("Bye {}", n(leg)),
        Event::Trying { leg } => format!("Trying {}", n(leg)),
        Event::Challenged { leg, response } => format!("Challenged {} {}", n(leg), both(response)),
        Event::Progress { leg, response } => format!("Progress {} {}", n(leg), both(response)),
        Event::Answered { leg, response } => format!("Answered {} {}", n(leg), both(response)),
        Event::Rejected { leg, cause, .. } => format!("Rejected {} {cause:?}", n(leg)),
        Event::ReinviteDone { leg, result: Ok(response) } => format!("ReinviteDone {} {}", n(leg), both(response)),
        Event::ReinviteDone { leg, result: Err(cause) } => format!("ReinviteDone {} {cause:?}", n(leg)),
        Event::Gone { leg, cause } => format!("Gone {} {cause:?}", n(leg)),
        Event::Closed { leg } => format!("Closed {}", n(leg)),
        Event::Response { ticket, result: Ok(response) } => format!("Response {} {}", ticket.0, both(response)),
        Event::Response { ticket, result: Err(cause) } => format!("Response {} {cause:?}", ticket.0),
    }
}
