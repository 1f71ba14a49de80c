//! Which way a message goes: flows, connections that are gone, and what is too large for a datagram (RFC 3261 §18).

use base::{Flow, NetworkId, Now, Rng, Time, Transport, Wall};
use sip::{Config, Endpoint, Identity, Message, Method, Name, Output};

use crate::pair::{body, invite, leg, reply, tell, tx};

const PEER: &str = "10.0.0.2:40123";

struct Bench {
    end: Endpoint,
    now: Now,
    out: Output,
}

fn over(transport: Transport, connection: u32) -> Flow {
    Flow { network: NetworkId(0), transport, peer: PEER.parse().unwrap(), connection }
}

impl Bench {
    /// Listens on these transports.
    fn new(transports: &[Transport]) -> Bench {
        let now = Now { time: Time::from_millis(1000), wall: Wall(0) };
        let identity = |transport: &Transport| Identity {
            network: NetworkId(0),
            transport: *transport,
            host: "10.0.0.1".into(),
            port: 5060,
        };
        let config = Config { identities: transports.iter().map(identity).collect(), ..Config::default() };
        Bench { end: Endpoint::new(config, now.time, Rng::from_number(7)), now, out: Output::default() }
    }

    fn sent(&mut self) -> Vec<sip::Outgoing> {
        assert_eq!(self.end.held(), self.end.weigh(), "the bytes of kept messages are counted right");
        std::mem::take(&mut self.out.messages)
    }

    fn call(&mut self, flow: Flow, body_bytes: usize) -> sip::Outgoing {
        self.end.invite(self.now, leg(1), invite(flow, body(&"x".repeat(body_bytes))), &mut self.out);
        self.sent().remove(0)
    }

    fn hears(&mut self, flow: Flow, text: &str) {
        self.end.receive(self.now, flow, text.as_bytes(), &mut self.out);
    }

    fn said(&mut self) -> Vec<String> {
        std::mem::take(&mut self.out.events).iter().map(tell).collect()
    }
}

fn header(sent: &sip::Outgoing, name: Name) -> String {
    Message::parse(&sent.bytes).unwrap().header(name).unwrap_or_default().to_owned()
}

/// A 200 to what was sent.
fn answer(sent: &sip::Outgoing, more: &str) -> String {
    let [via, from, to, id, cseq] =
        [Name::Via, Name::From, Name::To, Name::CallId, Name::Cseq].map(|n| header(sent, n));
    format!(
        "SIP/2.0 200 OK\r\nVia: {via}\r\nFrom: {from}\r\nTo: {to};tag=far\r\nCall-ID: {id}\r\nCSeq: {cseq}\r\n{more}\
         Content-Length: 0\r\n\r\n"
    )
}

#[test]
fn what_is_too_large_for_a_datagram_takes_tcp_rfc3261_18_1_1() {
    let mut bench = Bench::new(&[Transport::Udp, Transport::Tcp]);
    let small = bench.call(over(Transport::Udp, 0), 100);
    assert_eq!(small.flow.transport, Transport::Udp);
    let mut bench = Bench::new(&[Transport::Udp, Transport::Tcp]);
    let large = bench.call(over(Transport::Udp, 0), 1300);
    assert_eq!(large.flow, over(Transport::Tcp, 0));
    assert!(header(&large, Name::Via).starts_with("SIP/2.0/TCP 10.0.0.1:5060"), "{}", header(&large, Name::Via));
    assert!(header(&large, Name::Contact).ends_with(";transport=tcp>"));
    let mut bench = Bench::new(&[Transport::Udp]);
    assert_eq!(
        bench.call(over(Transport::Udp, 0), 1300).flow.transport,
        Transport::Udp,
        "nobody listens for its answer"
    );
}

#[test]
fn a_peer_without_tcp_gets_the_large_request_over_udp_rfc3261_18_1_1() {
    let mut bench = Bench::new(&[Transport::Udp, Transport::Tcp]);
    bench.call(over(Transport::Udp, 0), 1300);
    bench.end.flow_closed(bench.now, over(Transport::Tcp, 0), &mut bench.out);
    let [again]: [sip::Outgoing; 1] = bench.sent().try_into().unwrap();
    assert_eq!((again.flow, bench.said()), (over(Transport::Udp, 0), Vec::new()));
    assert!(header(&again, Name::Via).starts_with("SIP/2.0/UDP"));
    // It is repeated as over UDP, and its end is the end of the call.
    bench.now = bench.now.plus(std::time::Duration::from_millis(500));
    bench.end.handle_timeout(bench.now, &mut bench.out);
    assert_eq!(bench.sent().len(), 1);
    let ok = answer(&again, "Contact: <sip:9@10.0.0.2:40123>\r\n");
    bench.hears(over(Transport::Udp, 0), &ok);
    assert_eq!(bench.said(), ["Answered 1 200 "]);
    let ack = bench.sent().remove(0);
    assert!(header(&ack, Name::Via).starts_with("SIP/2.0/UDP"));
}

#[test]
fn a_large_request_that_was_heard_does_not_go_twice() {
    let mut bench = Bench::new(&[Transport::Udp, Transport::Tcp]);
    let sent = bench.call(over(Transport::Udp, 0), 1300);
    let trying = answer(&sent, "").replace("200 OK", "180 Ringing");
    bench.hears(over(Transport::Tcp, 1), &trying);
    bench.end.flow_closed(bench.now, over(Transport::Tcp, 0), &mut bench.out);
    assert_eq!(bench.sent(), []);
    assert_eq!(bench.said(), ["Progress 1 180 ", "Rejected 1 Unreachable", "Closed 1"]);
}

#[test]
fn a_request_says_where_its_peer_takes_connections() {
    let routes = |contact: &str, route: &str| {
        let mut bench = Bench::new(&[Transport::Tcp]);
        let sent = bench.call(over(Transport::Tcp, 3), 10);
        let ok = answer(&sent, &format!("Contact: <{contact}>\r\n{route}"));
        bench.hears(over(Transport::Tcp, 3), &ok);
        bench.sent();
        bench.end.hang_up(bench.now, leg(1), 480, None, &mut bench.out);
        let bye = bench.sent().remove(0);
        assert_eq!(bye.flow, over(Transport::Tcp, 3), "the connection is kept while it is there");
        bye.direct.map(|at| at.to_string())
    };
    let cases = [
        ("sip:9@10.0.0.2:5062;transport=tcp", "", Some("10.0.0.2:5062")),
        ("sip:9@10.0.0.2", "", Some("10.0.0.2:5060")),
        // Behind NAT, by name, over another transport, at somebody else's: no such place.
        ("sip:9@192.168.1.7:5060", "", None),
        ("sip:9@phone.example", "", None),
        ("sip:9@10.0.0.2;transport=udp", "", None),
        ("sip:9@10.0.0.2", "Record-Route: <sip:10.0.0.5:5070;lr;transport=tcp>\r\n", Some("10.0.0.5:5070")),
        ("sip:9@10.0.0.2", "Record-Route: <sip:proxy.example;lr>\r\n", None),
    ];
    for (contact, route, expected) in cases {
        assert_eq!(routes(contact, route).as_deref(), expected, "{contact} {route}");
    }
}

#[test]
fn a_flow_without_a_connection_names_the_place_to_open_one_at() {
    // The Request-URI is the domain of a carrier, which need not be where its proxy listens.
    for uri in ["sip:9@10.0.0.2", "sip:9@ims.example"] {
        let mut bench = Bench::new(&[Transport::Tcp]);
        let invite = sip::Invite { uri: uri.to_owned(), ..invite(over(Transport::Tcp, 0), body("x")) };
        bench.end.invite(bench.now, leg(1), invite, &mut bench.out);
        assert_eq!(bench.sent().remove(0).direct.map(|at| at.to_string()).as_deref(), Some(PEER), "{uri}");
        let options = sip::Request {
            flow: over(Transport::Tcp, 0),
            method: Method::Options,
            uri: uri.to_owned(),
            to: String::new(),
            from: sip::Party::default(),
            call_id: None,
            cseq: 1,
            headers: Vec::new(),
            body: None,
        };
        bench.end.request(bench.now, base::Ticket(1), options, &mut bench.out);
        assert_eq!(bench.sent().remove(0).direct.map(|at| at.to_string()).as_deref(), Some(PEER), "{uri}");
    }
}

#[test]
fn nobody_outside_aims_our_connections_inside() {
    let mut bench = Bench::new(&[Transport::Tcp]);
    let outside = Flow { peer: "198.51.100.7:40123".parse().unwrap(), ..over(Transport::Tcp, 3) };
    let sent = bench.call(outside, 10);
    let ok = answer(&sent, "Contact: <sip:9@198.51.100.7>\r\nRecord-Route: <sip:127.0.0.1:6379;lr>\r\n");
    bench.hears(outside, &ok);
    bench.sent();
    bench.end.hang_up(bench.now, leg(1), 480, None, &mut bench.out);
    assert_eq!(bench.sent().remove(0).direct, None);
}

#[test]
fn a_response_says_where_its_sender_takes_connections_rfc3261_18_2_2() {
    for (sent_by, expected) in [("10.9.9.9:5070", "10.0.0.2:5070"), ("phone.example", "10.0.0.2:5060")] {
        let mut bench = Bench::new(&[Transport::Tcp]);
        let text = format!(
            "INVITE sip:12345@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP {sent_by};branch=z9hG4bK1\r\nFrom: <sip:9@a>;tag=1\r\n\
             To: <sip:12345@a>\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\nContact: <sip:9@10.0.0.2>\r\nContent-Length: 0\r\n\r\n"
        );
        bench.hears(over(Transport::Tcp, 4), &text);
        let tx = bench.out.events.iter().find_map(tx).unwrap();
        bench.end.adopt(tx, leg(2));
        bench.end.answer(bench.now, leg(2), &reply("offer"), &mut bench.out);
        let ok = bench.sent().remove(0);
        assert_eq!((ok.flow, ok.direct), (over(Transport::Tcp, 4), Some(expected.parse().unwrap())));
        assert_eq!(Message::parse(&ok.bytes).unwrap().method(), Method::Invite);
    }
}
