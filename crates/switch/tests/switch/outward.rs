//! A trunk that leads out: looked up, registered at, probed; and what a trace holds of it.

use std::net::SocketAddr;
use std::time::Duration;

use base::pack::Packed;
use base::{Epoch, Flow, NetworkId, Now, Rng, Secret, SwitchId, Ticket, Time, Wall};
use carrier::{Login, Record, Register, RegistrationState, Target, TargetState};
use sip::digest::{Algorithm, Authority, Verdict};
use sip::{Message, Method};
use switch::trace::{Entry, Head, Replay, Tail, Turn};
use switch::{Config, Effects, Exchange, Input, Ledger, Query, Resolved};

use crate::kit::plans;

const START: Now = Now { time: Time::from_millis(1_000_000), wall: Wall(1_790_000_000_000) };
const SEED: [u8; 32] = [5; 32];
const PASSWORD: &str = "pass-of-the-trunk";

fn config() -> Config {
    Config {
        id: SwitchId::default(),
        epoch: Epoch(1),
        product: "hotline".to_owned(),
        nonce_key: [7; 32],
        workers: 1,
        leases_ready: 4,
        drill: None,
    }
}

fn leading_out(password: &str) -> switch::Plans {
    let register = Register {
        user: "02012345".to_owned(),
        domain: None,
        expires: Duration::from_secs(3600),
        contact_user: "02012345".to_owned(),
    };
    let trunk = carrier::Trunk {
        targets: vec![Target::parse("sip:ims.example.org:5060").expect("a target")],
        register: Some(register),
        login: Some(Login { user: "02012345".to_owned(), password: Secret(password.to_owned()) }),
        options: Some(Duration::from_secs(30)),
        ..carrier::Trunk::default()
    };
    switch::Plans { carrier: carrier::Plan { trunks: vec![trunk] }, ..plans() }
}

/// An exchange, a name server that knows one name, and a registrar behind it.
struct World {
    exchange: Exchange,
    now: Now,
    registrar: SocketAddr,
    authority: Authority,
    lookups: Vec<(Ticket, Query)>,
    sent: Vec<Message>,
    entries: Vec<Entry>,
}

impl World {
    fn start() -> (Head, World) {
        World::start_with(leading_out(PASSWORD))
    }

    fn start_with(plans: switch::Plans) -> (Head, World) {
        let (ledger, mut first) = (Ledger::default(), Effects::default());
        let head = Head::new(&config(), &plans, &ledger, START, SEED);
        let exchange = Exchange::restore(config(), plans, &ledger, START, Rng::from_seed(SEED), &mut first);
        let world = World {
            exchange,
            now: START,
            registrar: SocketAddr::from(([10, 9, 0, 1], 5060)),
            authority: Authority::new("ims", &[Algorithm::Md5], [9; 32]),
            lookups: Vec::new(),
            sent: Vec::new(),
            entries: vec![Turn::of(START, &first).entry()],
        };
        (head, world)
    }

    fn feed(&mut self, input: Input<'_>) {
        let mut effects = Effects::default();
        self.entries.extend(Entry::given(self.now, &input));
        self.exchange.handle(self.now, input, &mut effects);
        self.entries.push(Turn::of(self.now, &effects).entry());
        self.lookups.append(&mut effects.lookups);
        for message in effects.messages {
            assert_eq!(message.flow, Flow::udp(NetworkId(0), self.registrar));
            self.sent.push(Message::parse(&message.bytes).expect("what we send can be read"));
        }
    }

    /// Everything is answered until `after` has passed.
    fn pass(&mut self, after: Duration) {
        let end = self.now.plus(after);
        loop {
            if let Some((ticket, query)) = self.lookups.pop() {
                assert_eq!(query, Query::A("ims.example.org".to_owned()));
                let records = vec![Record::Address(self.registrar.ip())];
                self.feed(Input::Resolved { ticket, answer: Resolved::Records { records, ttl_s: 300 } });
            } else if let Some(request) = self.sent.pop() {
                let response = self.answer(&request);
                let flow = Flow::udp(NetworkId(0), self.registrar);
                self.feed(Input::Message { flow, bytes: response.as_bytes() });
            } else {
                let Some(at) = self.exchange.next_timeout().filter(|at| *at <= end.time) else { break };
                self.now = self.now.plus(at - self.now.time);
                self.feed(Input::Deadline);
            }
        }
        self.now = end;
    }

    fn answer(&mut self, request: &Message) -> String {
        let granted = match request.method() {
            Method::Register => {
                let password = |user: &str| (user == "02012345").then(|| PASSWORD.to_owned());
                matches!(self.authority.judge(self.now.time, request, password), Verdict::Granted { .. })
            }
            _ => true,
        };
        let challenge = (!granted).then(|| self.authority.challenges(self.now.time, false).remove(0));
        let status = if granted { "200 OK" } else { "401 Unauthorized" };
        let challenge = challenge.map(|c| format!("WWW-Authenticate: {c}\r\n")).unwrap_or_default();
        let line = |name| request.header_named(name).expect("in every request").to_owned();
        format!(
            "SIP/2.0 {status}\r\nVia: {}\r\nFrom: {}\r\nTo: {};tag=r\r\nCall-ID: {}\r\nCSeq: {}\r\n{challenge}Expires: 600\r\n\
             Content-Length: 0\r\n\r\n",
            line("Via"),
            line("From"),
            line("To"),
            line("Call-ID"),
            line("CSeq")
        )
    }
}

#[test]
fn it_is_found_registered_at_and_alive() {
    let (_, mut world) = World::start();
    world.pass(Duration::from_secs(5));
    let views = world.exchange.switch.outward(world.now);
    let view = views[0].as_ref().expect("it leads out");
    let registration = view.registration.as_ref().expect("it registers");
    assert_eq!((registration.state, registration.trouble), (RegistrationState::Registered, None));
    assert!(view.open && view.targets[0].state == TargetState::Up);
    world.pass(Duration::from_secs(3600));
    let views = world.exchange.switch.outward(world.now);
    assert!(views[0].as_ref().is_some_and(|view| view.open), "an hour later too: {views:?}");
}

/// An INVITE from where the registrar is, but for the port: its status.
fn calls_in(world: &mut World, tag: &str) -> Option<u16> {
    let peer = SocketAddr::new(world.registrar.ip(), 5060);
    let body = "v=0\r\no=- 1 1 IN IP4 10.9.0.1\r\ns=-\r\nc=IN IP4 10.9.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n";
    let invite = format!(
        "INVITE sip:12345@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP {peer};rport;branch=z9hG4bK{tag}\r\nMax-Forwards: 70\r\n\
         From: <sip:13800138000@10.9.0.1>;tag={tag}\r\nTo: <sip:12345@10.0.0.1>\r\nCall-ID: {tag}\r\nCSeq: 1 INVITE\r\n\
         Contact: <sip:a@{peer}>\r\nContent-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    world.sent.clear();
    world.feed(Input::Message { flow: Flow::udp(NetworkId(0), peer), bytes: invite.as_bytes() });
    world.sent.iter().rev().find_map(Message::status).filter(|status| *status >= 200)
}

/// Without a media end a call of the trunk gets 503; whoever is nobody is asked for a password.
#[test]
fn who_calls_in_from_where_a_target_is_is_the_trunk_unless_its_sources_are_written() {
    for by_targets in [true, false] {
        let mut plans = leading_out(PASSWORD);
        let mut call = call::Plan::clone(&plans.call);
        call.trunks[0].by_targets = by_targets;
        plans.call = std::sync::Arc::new(call);
        let (_, mut world) = World::start_with(plans);
        assert_eq!(calls_in(&mut world, "before"), Some(401), "its name is not looked up yet");
        world.sent.clear();
        world.pass(Duration::from_secs(5));
        let expected = if by_targets { 503 } else { 401 };
        assert_eq!(calls_in(&mut world, "after"), Some(expected));
        world.registrar.set_ip([10, 9, 0, 2].into());
        assert_eq!(calls_in(&mut world, "beside"), Some(401), "another address");
    }
}

/// Whoever calls as soon as we listen is known too, where nothing has to be looked up.
#[test]
fn a_target_that_is_an_address_is_known_before_anything_else_happens() {
    let mut plans = leading_out(PASSWORD);
    plans.carrier.trunks[0].targets = vec![Target::parse("sip:10.9.0.1:5060").expect("a target")];
    let mut call = call::Plan::clone(&plans.call);
    call.trunks[0].by_targets = true;
    plans.call = std::sync::Arc::new(call);
    let (_, mut world) = World::start_with(plans);
    assert_eq!(calls_in(&mut world, "first"), Some(503));
    world.registrar.set_ip([10, 9, 0, 2].into());
    assert_eq!(calls_in(&mut world, "beside"), Some(401), "another address");
}

#[test]
fn a_trace_replays_it_without_the_password() {
    let (head, mut world) = World::start();
    world.pass(Duration::from_secs(700));
    world.feed(Input::Leave);
    assert!(world.exchange.switch.is_leaving());
    world.pass(Duration::from_secs(1));
    assert!(!world.exchange.switch.is_leaving());
    let all: Vec<u8> = world.entries.iter().flat_map(|entry| entry.to_bytes()).chain(head.to_bytes()).collect();
    let holds = |part: &[u8]| all.windows(part.len()).any(|window| window == part);
    assert!(holds(b"SIP/2.0 401") && !holds(PASSWORD.as_bytes()));
    // Whoever replays need not have the password: nothing hangs on it that is not in the answers.
    let mut replay = Replay::new(&head, &leading_out("guess"), &[], false).expect("a start");
    for entry in &world.entries {
        let read = Entry::from_bytes(&entry.to_bytes()).expect("its own form");
        replay.feed(read).unwrap_or_else(|difference| panic!("{difference:?}"));
    }
    replay.finish(Tail::Open).unwrap_or_else(|difference| panic!("{difference:?}"));
    let line = |entry: &Entry| entry.line();
    assert!(world.entries.iter().map(line).any(|line| line.ends_with("name 1 records of the DNS")));
}
