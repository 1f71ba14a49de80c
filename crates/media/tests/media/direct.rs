//! Ends with a connected socket beside the bound one: nothing that anybody can hear or count is different.

use std::fs;
use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use base::{Job, NetworkId, Source};
use rtp::tone::TonePair;

use crate::rig::{HOME, LONG, Phone, Rig, config, leg};

/// Enough for a connected socket on either side that no longer reads where packets come from.
const SETTLED: u32 = 300;
/// How long a phone must be silent before it is found at another port.
const RELATCH: Duration = Duration::from_millis(50);

/// Alice and Bob, who hear each other.
struct Talk {
    rig: Rig,
    alice: Phone,
    bob: Phone,
    ends: [base::EndId; 2],
}

impl Talk {
    /// With both sides settled.
    fn start(first_port: u16) -> Talk {
        let mut setup = config(first_port..=first_port + 99, 2);
        setup.limits.relatch = RELATCH;
        let mut rig = Rig::start(&setup, legs::Bank::new());
        let (a, b) = (rig.lease(), rig.lease());
        let (alice, bob) = (Phone::new(&a, TonePair::numbered(3)), Phone::new(&b, TonePair::numbered(400)));
        rig.send([
            alice.open(&a, leg(0)),
            bob.open(&b, leg(1)),
            Job::Hear { end: a.end, source: Source::End(b.end) },
            Job::Hear { end: b.end, source: Source::End(a.end) },
        ]);
        let mut talk = Talk { rig, alice, bob, ends: [a.end, b.end] };
        talk.wait_for_jobs();
        talk.settle();
        talk
    }

    /// The answer to a job tells that those before it were done.
    fn wait_for_jobs(&mut self) {
        self.rig.send([Job::Lease { network: NetworkId(0), count: 1 }]);
        while !matches!(self.rig.notice(), base::Notice::Leased(_)) {}
    }

    /// One packet each way, heard by the other.
    fn exchange(&mut self) {
        let said = self.alice.speak();
        assert!(self.bob.hear().1 == said, "Bob hears another voice");
        let said = self.bob.speak();
        assert!(self.alice.hear().1 == said, "Alice hears another voice");
    }

    fn settle(&mut self) {
        for _ in 0..SETTLED {
            self.exchange();
        }
        assert!(is_connected(self.alice.engine, &self.alice.socket), "no socket is connected to Alice");
        assert!(is_connected(self.bob.engine, &self.bob.socket), "no socket is connected to Bob");
    }

    /// Ends the talk: how many packets of Alice's side were refused.
    fn refused(mut self) -> u64 {
        self.rig.send(self.ends.map(|end| Job::Close { end }));
        let (stats, _) = self.rig.closed(leg(0));
        self.rig.closed(leg(1));
        assert_eq!(self.rig.media.failure(), None);
        let counters = self.rig.link.counters();
        for port in [self.alice.engine, self.bob.engine] {
            assert!(UdpSocket::bind(port).is_ok(), "a socket of the end is left behind");
        }
        drop(self.rig);
        let counts = counters.read();
        assert_eq!((counts.receive_failed, counts.send_failed), (0, 0));
        stats.packets_refused
    }
}

/// Whether the system knows a socket from `here` to that phone.
fn is_connected(here: SocketAddr, phone: &UdpSocket) -> bool {
    let hex = |address: SocketAddr| match address {
        SocketAddr::V4(v4) => format!("{:08X}:{:04X}", u32::from_ne_bytes(v4.ip().octets()), v4.port()),
        SocketAddr::V6(_) => unreachable!("the tests use IPv4"),
    };
    let pair = format!(" {} {} ", hex(here), hex(phone.local_addr().expect("bound")));
    fs::read_to_string("/proc/net/udp").expect("Linux").contains(&pair)
}

fn socket() -> UdpSocket {
    let socket = UdpSocket::bind((HOME, 0)).expect("binds");
    socket.set_read_timeout(Some(LONG)).expect("a time-out");
    socket
}

#[test]
fn a_stranger_is_counted_and_a_phone_that_moved_is_found() {
    let mut talk = Talk::start(50_000);
    let stranger = UdpSocket::bind("127.0.0.2:0").expect("binds");
    let home = std::mem::replace(&mut talk.alice.socket, stranger);
    for _ in 0..5 {
        talk.alice.speak();
    }
    talk.alice.socket = home;
    for _ in 0..5 {
        talk.alice.sequence += 1;
        talk.exchange();
    }
    let quiet = Instant::now();
    while quiet.elapsed() < RELATCH * 2 {
        talk.bob.speak();
        talk.alice.hear();
    }
    talk.alice.socket = socket();
    talk.exchange();
    talk.settle();
    assert_eq!(talk.refused(), 5);
}

#[test]
fn a_new_agreement_holds_at_once() {
    let mut talk = Talk::start(50_200);
    let before = std::mem::replace(&mut talk.alice.socket, socket());
    let lease = base::Lease { end: talk.ends[0], network: NetworkId(0), address: talk.alice.engine };
    let Job::Open { end, params, .. } = talk.alice.open(&lease, leg(0)) else { panic!("an open") };
    talk.rig.send([Job::Change { end, params }]);
    talk.wait_for_jobs();
    // What is still on the way from there is nobody's; both packets are in the worker's hands before the next.
    let now = std::mem::replace(&mut talk.alice.socket, before);
    talk.alice.speak();
    talk.alice.socket = now;
    let said = talk.bob.speak();
    assert!(talk.alice.hear().1 == said, "the new address is not used");
    talk.settle();
    assert_eq!(talk.refused(), 1);
}

#[test]
fn a_phone_that_refuses_packets_is_heard_again() {
    let mut talk = Talk::start(50_400);
    let home = talk.alice.socket.local_addr().expect("bound");
    // Nobody listens there while another socket is open.
    talk.alice.socket = socket();
    for _ in 0..50 {
        talk.bob.speak();
    }
    // What Bob hears tells that the worker has done the fifty.
    talk.wait_for_jobs();
    let again = UdpSocket::bind(home).expect("free again");
    again.set_read_timeout(Some(LONG)).expect("a time-out");
    talk.alice.socket = again;
    let said = talk.alice.speak();
    assert!(talk.bob.hear().1 == said, "Bob does not hear Alice");
    let said = talk.bob.speak();
    while talk.alice.hear().1 != said {}
    talk.settle();
    assert_eq!(talk.refused(), 0);
}
