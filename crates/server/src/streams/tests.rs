use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use rustix::event::Timespec;

use super::*;

const OPTIONS: &str = "OPTIONS sip:a SIP/2.0\r\nContent-Length: 0\r\n\r\n";

/// Streams with one door, turned by hand on real sockets and a made-up clock.
struct House {
    poll: OwnedFd,
    streams: Streams,
    now: Time,
    /// What came, with its flow.
    heard: Vec<(Flow, String)>,
}

impl House {
    fn new() -> House {
        let poll = epoll::create(epoll::CreateFlags::CLOEXEC).expect("a poll");
        let door = Door::open(NetworkId(0), "127.0.0.1:0".parse().expect("an address"), 24).expect("a free port");
        let streams = Streams::new(vec![door], poll.try_clone().expect("a descriptor")).expect("watched");
        House { poll, streams, now: Time::from_millis(1000), heard: Vec::new() }
    }

    fn door(&self) -> SocketAddr {
        self.streams.doors[0].local
    }

    /// Turns until something is true; a loopback that takes longer than this is broken.
    fn until(&mut self, what: &str, mut is: impl FnMut(&House) -> bool) {
        for _ in 0..500 {
            if is(self) {
                return;
            }
            let mut events = Vec::with_capacity(64);
            let wait = Timespec { tv_sec: 0, tv_nsec: 10_000_000 };
            epoll::wait(&self.poll, rustix::buffer::spare_capacity(&mut events), Some(&wait)).expect("events");
            for event in events {
                let (heard, now) = (&mut self.heard, self.now);
                let (data, flags) = (event.data.u64(), event.flags);
                let give = |flow, bytes: &[u8]| heard.push((flow, String::from_utf8_lossy(bytes).into_owned()));
                assert!(self.streams.handle(now, data, flags, give));
            }
            self.streams.flush();
        }
        panic!("never: {what}");
    }

    fn phone(&mut self) -> TcpStream {
        let open = self.streams.counts().open;
        let phone = TcpStream::connect(self.door()).expect("the door is open");
        self.until("taken", |house| house.streams.counts().open > open);
        phone
    }

    fn flow(&mut self, phone: &mut TcpStream) -> Flow {
        let heard = self.heard.len();
        phone.write_all(OPTIONS.as_bytes()).expect("room");
        self.until("heard", |house| house.heard.len() > heard);
        self.heard[heard].0
    }

    fn say(&mut self, flow: Flow, direct: Option<SocketAddr>, text: &str) {
        self.streams.send(self.now, &Outgoing { flow, direct, bytes: Arc::from(text.as_bytes()) });
        self.streams.flush();
    }

    /// Lets time go by.
    fn later(&mut self, seconds: u64) {
        self.now = self.now + Duration::from_secs(seconds);
        self.streams.sweep(self.now);
    }
}

fn read(phone: &mut TcpStream, length: usize) -> String {
    let mut bytes = vec![0; length];
    phone.set_read_timeout(Some(Duration::from_secs(5))).expect("an option");
    phone.read_exact(&mut bytes).expect("the bytes come");
    String::from_utf8(bytes).expect("text")
}

/// Whether the other end has closed.
fn is_closed(phone: &mut TcpStream) -> bool {
    phone.set_read_timeout(Some(Duration::from_secs(5))).expect("an option");
    matches!(phone.read(&mut [0; 16]), Ok(0) | Err(_))
}

/// A socket with a port of its own that takes no connections.
fn bound() -> (OwnedFd, SocketAddr) {
    let (family, kind) = (rustix::net::AddressFamily::INET, SocketType::STREAM);
    let socket = rustix::net::socket(family, kind, None).expect("a descriptor");
    rustix::net::bind(&socket, &"127.0.0.1:0".parse::<SocketAddr>().expect("an address")).expect("a free port");
    let name = rustix::net::getsockname(&socket).expect("bound");
    (socket, SocketAddr::try_from(name).expect("an address"))
}

fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("bound");
    (listener, address)
}

#[test]
fn each_phone_is_answered_on_its_own_connection() {
    let mut house = House::new();
    let mut phones: Vec<_> = (0..3).map(|_| house.phone()).collect();
    let flows: Vec<_> = phones.iter_mut().map(|phone| house.flow(phone)).collect();
    for (place, flow) in flows.iter().enumerate() {
        house.say(*flow, None, &format!("answer {place}"));
    }
    for (place, phone) in phones.iter_mut().enumerate() {
        assert_eq!(read(phone, 8), format!("answer {place}"));
    }
    assert_eq!(house.streams.take_gone(), []);
}

#[test]
fn a_message_in_pieces_and_two_in_one_piece_come_whole() {
    let mut house = House::new();
    let mut phone = house.phone();
    let (first, second) = OPTIONS.split_at(9);
    phone.write_all(first.as_bytes()).expect("room");
    house.until("half of it is there", |house| house.streams.held > 0);
    phone.write_all(format!("{second}{OPTIONS}").as_bytes()).expect("room");
    house.until("both are there", |house| house.heard.len() == 2);
    assert!(house.heard.iter().all(|(_, text)| text == OPTIONS));
    assert_eq!(house.streams.held, 0);
}

#[test]
fn a_ping_is_answered_rfc5626_4_4_1() {
    let mut house = House::new();
    let mut phone = house.phone();
    phone.write_all(b"\r\n\r\n").expect("room");
    house.until("the pong has left", |house| house.streams.all.values().all(|s| s.due.is_none()));
    assert_eq!(read(&mut phone, 2), "\r\n");
}

#[test]
fn who_never_says_a_whole_message_is_let_go_and_who_did_may_be_silent() {
    let mut house = House::new();
    let (mut mute, mut slow, mut honest) = (house.phone(), house.phone(), house.phone());
    let kept = house.flow(&mut honest);
    house.flow(&mut slow);
    slow.write_all(b"INVITE sip:").expect("room");
    house.until("it has begun", |house| house.streams.held > 0);
    house.later(20);
    // Dripping byte by byte puts nothing off.
    slow.write_all(b"1").expect("room");
    house.until("one byte more", |house| house.streams.held > 11);
    house.later(13);
    assert!(is_closed(&mut mute) && is_closed(&mut slow));
    house.later(86_400);
    assert_eq!(house.streams.counts().open, 1);
    house.say(kept, None, "still here");
    assert_eq!(read(&mut honest, 10), "still here");
    assert_eq!(house.streams.take_gone().len(), 2);
}

#[test]
fn what_is_no_sip_is_closed_and_counted() {
    let mut house = House::new();
    let (mut web, mut tls) = (house.phone(), house.phone());
    web.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").expect("room");
    tls.write_all(&[0x16, 3, 1, 0, 200]).expect("room");
    house.until("both are gone", |house| house.streams.counts().open == 0);
    assert!(is_closed(&mut web) && is_closed(&mut tls));
    assert_eq!(house.streams.counts().broken, 2);
}

#[test]
fn a_head_whose_length_says_nothing_is_heard_and_then_the_connection_ends() {
    let mut house = House::new();
    let mut phone = house.phone();
    phone.write_all(b"OPTIONS sip:a SIP/2.0\r\nContent-Length: x\r\n\r\nOPTIONS sip:b SIP/2.0\r\n\r\n").expect("room");
    house.until("gone", |house| house.streams.counts().open == 0);
    assert_eq!(house.heard.len(), 1);
    assert!(is_closed(&mut phone));
}

#[test]
fn who_does_not_read_is_closed_before_it_holds_much() {
    let mut house = House::new();
    let mut deaf = house.phone();
    let flow = house.flow(&mut deaf);
    let text = "x".repeat(60_000);
    for _ in 0..200 {
        house.say(flow, None, &text);
    }
    assert!(house.streams.take_gone().contains(&flow), "12 MB are more than the kernel and we hold");
    assert_eq!((house.streams.counts().open, house.streams.held), (0, 0));
}

#[test]
fn a_connection_is_opened_once_and_carries_both_ways() {
    let mut house = House::new();
    let (carrier, address) = listener();
    let flow = Flow { network: NetworkId(0), transport: Transport::Tcp, peer: address, connection: 0 };
    house.say(flow, None, "first ");
    house.say(flow, None, "second");
    let (mut far, from) = carrier.accept().expect("we connect");
    house.until("it is up", |house| house.streams.held == 0);
    assert_eq!(read(&mut far, 12), "first second");
    assert_eq!(from.ip(), house.door().ip(), "from where we listen");
    far.write_all(OPTIONS.as_bytes()).expect("room");
    house.until("heard", |house| !house.heard.is_empty());
    let (back, _) = house.heard[0];
    assert_eq!((back.peer, back.connection != 0), (address, true));
    house.say(back, None, "third");
    assert_eq!(read(&mut far, 5), "third");
    assert_eq!(house.streams.counts().opened, 1);
    // Its end is told under every name that somebody knows it by.
    drop(far);
    house.until("gone", |house| house.streams.counts().open == 0);
    let mut gone = house.streams.take_gone();
    gone.sort();
    assert_eq!(gone, [flow, back]);
}

#[test]
fn where_nobody_takes_connections_the_flow_is_gone() {
    let mut house = House::new();
    // Bound, so that nobody else listens there, and not listening.
    let (_closed, address) = bound();
    let flow = Flow { network: NetworkId(0), transport: Transport::Tcp, peer: address, connection: 0 };
    house.say(flow, None, "anybody?");
    house.until("told", |house| house.streams.has_gone());
    assert!(house.streams.take_gone().contains(&flow));
    let elsewhere = Flow { network: NetworkId(7), ..flow };
    house.say(elsewhere, None, "a network without a door");
    assert_eq!(house.streams.take_gone(), [elsewhere]);
}

#[test]
fn an_opening_that_nobody_answers_ends_after_its_time() {
    let mut house = House::new();
    // A listener whose queue is full answers no further SYN.
    let (full, address) = bound();
    rustix::net::listen(&full, 0).expect("listens");
    let _first = TcpStream::connect(address).expect("the one that fits");
    let flow = Flow { network: NetworkId(0), transport: Transport::Tcp, peer: address, connection: 0 };
    house.say(flow, None, "anybody?");
    house.later(4);
    assert!(!house.streams.has_gone());
    house.later(2);
    assert!(house.streams.take_gone().contains(&flow));
}

#[test]
fn a_lost_connection_is_replaced_where_the_peer_takes_one_and_nowhere_else() {
    let mut house = House::new();
    let mut phone = house.phone();
    let flow = house.flow(&mut phone);
    drop(phone);
    house.until("gone", |house| house.streams.counts().open == 0);
    assert_eq!(house.streams.take_gone(), [flow]);
    // A phone behind a translator cannot be called: its flow is gone again.
    house.say(flow, None, "where are you?");
    assert_eq!(house.streams.take_gone(), [flow]);
    let (own, address) = listener();
    house.say(flow, Some(address), "bye");
    let (mut far, _) = own.accept().expect("we connect");
    house.until("it is up", |house| house.streams.held == 0);
    assert_eq!(read(&mut far, 3), "bye");
    drop(far);
    house.until("gone", |house| house.streams.has_gone());
    assert!(house.streams.take_gone().contains(&flow), "who waited for an answer hears of it");
}

#[test]
fn a_number_of_before_a_restart_is_nobody_elses() {
    let mut house = House::new();
    let mut phone = house.phone();
    let flow = house.flow(&mut phone);
    let stranger = Flow { peer: "127.0.0.9:40000".parse().expect("an address"), ..flow };
    house.say(stranger, None, "secret");
    assert_eq!(house.streams.take_gone(), [stranger]);
    // The same phone on the same socket address is the same phone.
    let before = Flow { connection: flow.connection + 1000, ..flow };
    house.say(before, None, "known");
    assert_eq!(read(&mut phone, 5), "known");
}

#[test]
fn one_address_takes_no_more_than_its_share() {
    let mut house = House::new();
    house.streams.by_source.insert(IpAddr::from([127, 0, 0, 1]), SOURCE_CONNECTIONS_MAX);
    let mut phone = TcpStream::connect(house.door()).expect("the kernel takes it");
    house.until("turned away", |house| house.streams.counts().refused == 1);
    assert!(is_closed(&mut phone));
    house.streams.by_source.clear();
    let phone = house.phone();
    assert_eq!(house.streams.by_source.len(), 1);
    drop(phone);
    house.until("gone", |house| house.streams.counts().open == 0);
    assert_eq!(house.streams.by_source.len(), 0);
}
