//! Phones behind proxies and address translators: what their REGISTER is answered, and which way calls go to them.

use std::net::SocketAddr;
use std::time::Duration;

use base::{Flow, NetworkId, Transport};
use sip::{Message, Method, Name};
use switch::Input;

use crate::door::citizen_waits;
use crate::kit::{Bench, CARRIER, SDP, STRANGER, proof, request};

const PHONE: &str = "<sip:1001@192.168.1.4:5060>";
const NAMED: &str = "<sip:1001@192.168.1.4:5060>;+sip.instance=\"<urn:uuid:0000-AB>\";reg-id=1";
const UNNAMED_WAY: &str = "<sip:1001@192.168.1.4:5060>;+sip.instance=\"<urn:uuid:0000-AB>\"";
const EDGE: &str = "<sip:192.0.2.9:5060;lr>";
const EDGE_OB: &str = "<sip:token@192.0.2.9:5060;lr;ob>";
/// A second Via: somebody stands between the phone and us.
const PROXIED: &str = "Via: SIP/2.0/UDP 192.168.1.4:5060;branch=z9hG4bK-phone\r\n";

/// A REGISTER from a flow with these Contacts and headers, proved; the final answer.
fn registers(bench: &mut Bench, flow: Flow, tag: &str, contact: &str, extra: &str) -> Message {
    let uri = "sip:10.0.0.1";
    let text = |tag: &str, more: &str| {
        let text = request("REGISTER", uri, "1001", tag, &format!("{extra}{more}"), "");
        let text = text.replace(&format!("To: <{uri}>"), "To: <sip:1001@10.0.0.1>");
        text.replace("Contact: <sip:1001@10.1.0.1:5060>", &format!("Contact: {contact}"))
    };
    let mut send = |text: String| {
        bench.sent.clear();
        bench.feed(Input::Message { flow, bytes: text.as_bytes() });
        bench.sent.last().expect("an answer").1.clone()
    };
    let first = send(text(tag, ""));
    if first.status() != Some(401) {
        return first;
    }
    let proof = proof(bench, "1001", "pass-1001", "REGISTER", uri);
    bench.sent.clear();
    bench.feed(Input::Message { flow, bytes: text(&format!("{tag}x"), &proof).as_bytes() });
    bench.sent.last().expect("an answer").1.clone()
}

fn flow(transport: Transport, connection: u32) -> Flow {
    Flow { transport, connection, ..Flow::udp(NetworkId(0), SocketAddr::from(STRANGER)) }
}

fn udp() -> Flow {
    flow(Transport::Udp, 0)
}

/// Status, `Require`, `Flow-Timer` and Path of an answer.
fn told(answer: &Message) -> (u16, Option<&str>, Option<&str>, Vec<&str>) {
    let path = answer.headers(Name::Path).collect();
    (answer.status().unwrap_or_default(), answer.header(Name::Require), answer.header_named("Flow-Timer"), path)
}

fn invites(bench: &Bench) -> Vec<(Flow, &Message)> {
    let ours = bench.sent.iter().filter(|(_, m)| m.status().is_none() && m.method() == Method::Invite);
    ours.map(|(flow, message)| (*flow, message)).collect()
}

#[test]
fn a_phone_that_keeps_its_flow_open_is_told_so_where_we_can_hold_it_rfc5626_6() {
    let (supports, requires) = ("Supported: gruu, outbound, path\r\n", "Require: outbound\r\n");
    let yes = Some("outbound");
    let cases: [(_, _, String, _); 11] = [
        (Transport::Udp, NAMED, supports.into(), (200, yes, Some("30"))),
        (Transport::Tcp, NAMED, supports.into(), (200, yes, Some("120"))),
        (Transport::Tcp, NAMED, requires.into(), (200, yes, Some("120"))),
        (Transport::Tcp, NAMED, String::new(), (200, None, None)),
        (Transport::Tcp, UNNAMED_WAY, supports.into(), (200, None, None)),
        (Transport::Tcp, PHONE, supports.into(), (200, None, None)),
        // Behind a proxy that holds the flow, and behind one that does not.
        (Transport::Udp, NAMED, format!("{PROXIED}Path: {EDGE_OB}\r\n{supports}"), (200, yes, None)),
        (Transport::Udp, NAMED, format!("{PROXIED}Path: {EDGE}\r\n{supports}"), (200, None, None)),
        (Transport::Udp, NAMED, format!("{PROXIED}{supports}"), (200, None, None)),
        (Transport::Udp, NAMED, format!("{PROXIED}Path: {EDGE}\r\n{requires}"), (439, None, None)),
        (Transport::Udp, PHONE, format!("{PROXIED}{requires}"), (439, None, None)),
    ];
    for (transport, contact, headers, expected) in cases {
        let mut bench = Bench::new();
        let answer = registers(&mut bench, flow(transport, 1), "a", contact, &headers);
        let (status, require, timer, _) = told(&answer);
        assert_eq!((status, require, timer), expected, "{transport:?} {contact} {headers}");
        assert_eq!(bench.exchange.roster.view().agents[0].contacts, usize::from(status == 200));
    }
}

#[test]
fn a_path_is_told_to_phones_that_know_it_and_used_for_all_rfc3327_5_3() {
    let both = vec![EDGE, "<sip:inner@192.168.7.1;lr>"];
    let written =
        [format!("Path: {}\r\nPath: {}\r\n", both[0], both[1]), format!("Path: {}, {}\r\n", both[0], both[1])];
    let support =
        [("Supported: path\r\n", true), ("Require: path\r\n", true), ("Supported: gruu\r\n", false), ("", false)];
    for path in written {
        for (supported, knows) in support {
            let mut bench = Bench::new();
            let answer = registers(&mut bench, udp(), "a", PHONE, &format!("{PROXIED}{path}{supported}"));
            assert_eq!(told(&answer), (200, None, None, if knows { both.clone() } else { Vec::new() }), "{supported}");
            citizen_waits(&mut bench);
            let rung = invites(&bench);
            assert_eq!(rung.len(), 1);
            let (flow, invite) = rung[0];
            assert_eq!((flow, invite.request_uri_text()), (udp(), "sip:1001@192.168.1.4:5060"));
            assert_eq!(invite.headers(Name::Route).collect::<Vec<_>>(), both);
        }
    }
}

#[test]
fn a_path_that_cannot_be_kept_or_read_is_refused_and_binds_nobody() {
    let long = format!("Path: <sip:{}@192.0.2.9;lr>\r\n", "x".repeat(2048));
    let cases = [
        (format!("Path: {EDGE}\r\n").repeat(9), 513),
        (format!("Path: {}\r\n", [EDGE; 9].join(", ")), 513),
        (long, 513),
        ("Path: sip:192.0.2.9;lr\r\n".to_owned(), 400),
        ("Path: <sip:192.0.2.9;lr>, <nonsense>\r\n".to_owned(), 400),
        (format!("Path: {EDGE}\r\n").repeat(8), 200),
    ];
    for (path, status) in cases {
        let mut bench = Bench::new();
        let answer = registers(&mut bench, udp(), "a", PHONE, &format!("{PROXIED}{path}"));
        assert_eq!(answer.status(), Some(status), "{path}");
        assert_eq!(bench.exchange.roster.view().agents[0].contacts, usize::from(status == 200), "{path}");
    }
}

#[test]
fn a_contact_that_names_its_way_stands_alone_rfc5626_6() {
    let cases = [
        (format!("{NAMED}, <sip:1001@192.168.1.5>"), 400),
        (format!("<sip:1001@192.168.1.5>;expires=0, {NAMED}"), 200),
        (format!("{UNNAMED_WAY}, <sip:1001@192.168.1.5>"), 200),
    ];
    for (contacts, status) in cases {
        let mut bench = Bench::new();
        assert_eq!(registers(&mut bench, udp(), "a", &contacts, "").status(), Some(status), "{contacts}");
    }
}

#[test]
fn a_phone_is_known_again_by_its_name_alone() {
    let cases = [
        ("<sip:1001@h2>;+sip.instance=\"<urn:uuid:0000-ab>\";reg-id=1", 1, "the case of a UUID tells nothing"),
        ("<sip:1001@h2>;reg-id=1;+SIP.INSTANCE=\"<urn:uuid:0000-AB>\"", 1, "names of parameters too"),
        ("<sip:1001@h2>;+sip.instance=\"<urn:uuid:0000-AB>\";reg-id=2", 2, "another way"),
        ("<sip:1001@h2>;+sip.instance=\"<urn:uuid:0000-AC>\";reg-id=1", 2, "another phone"),
        ("<sip:1001@h2>;reg-id=1", 2, "a way to nobody"),
        ("<sip:1001@h2>;+sip.instance=\"<>\";reg-id=1", 2, "an empty name"),
    ];
    for (contact, count, why) in cases {
        let mut bench = Bench::new();
        registers(&mut bench, udp(), "a", NAMED, "");
        assert_eq!(registers(&mut bench, udp(), "b", contact, "").status(), Some(200));
        assert_eq!(bench.exchange.roster.view().agents[0].contacts, count, "{why}");
    }
}

#[test]
fn a_phone_with_two_flows_rings_on_the_newest_and_on_the_other_when_that_is_gone_rfc5626_7() {
    let mut bench = Bench::new();
    let (first, second) = (flow(Transport::Tcp, 1), flow(Transport::Tcp, 2));
    let supports = "Supported: outbound\r\n";
    registers(&mut bench, first, "a", NAMED, supports);
    registers(&mut bench, second, "b", &NAMED.replace("reg-id=1", "reg-id=2"), supports);
    citizen_waits(&mut bench);
    assert_eq!(invites(&bench).into_iter().map(|(flow, _)| flow).collect::<Vec<_>>(), [second]);
    bench.sent.clear();
    bench.feed(Input::FlowClosed(second));
    assert_eq!(invites(&bench).into_iter().map(|(flow, _)| flow).collect::<Vec<_>>(), [first], "the same offer");
    assert_eq!(bench.exchange.roster.view().agents[0].contacts, 1);
}

#[test]
fn a_phone_with_two_flows_rings_on_the_other_when_nothing_is_heard_on_the_newest() {
    let mut bench = Bench::new();
    let other = Flow::udp(NetworkId(0), "127.0.0.1:7301".parse().expect("an address"));
    registers(&mut bench, udp(), "a", NAMED, "Supported: outbound\r\n");
    registers(&mut bench, other, "b", &NAMED.replace("reg-id=1", "reg-id=2"), "Supported: outbound\r\n");
    citizen_waits(&mut bench);
    let flows = |bench: &Bench| invites(bench).into_iter().map(|(flow, _)| flow).collect::<Vec<_>>();
    assert_eq!(flows(&bench), [other]);
    bench.pass(Duration::from_millis(3900));
    bench.sent.clear();
    bench.pass(Duration::from_millis(200));
    assert_eq!(flows(&bench), [udp()], "the same offer, within its time");
    assert_eq!(bench.exchange.roster.view().agents[0].contacts, 2);
}

#[test]
fn a_430_from_the_edge_brings_the_next_flow_and_a_refusal_by_the_phone_does_not_rfc5626_7() {
    for (status, next) in [(430, true), (486, false)] {
        let mut bench = Bench::new();
        let headers =
            |edge: &str| format!("{PROXIED}Path: <sip:{edge}@192.0.2.9:5060;lr;ob>\r\nSupported: outbound\r\n");
        registers(&mut bench, udp(), "a", NAMED, &headers("first"));
        registers(&mut bench, udp(), "b", &NAMED.replace("reg-id=1", "reg-id=2"), &headers("second"));
        citizen_waits(&mut bench);
        let rung = invites(&bench);
        assert_eq!(rung.len(), 1);
        let invite = rung[0].1;
        assert_eq!(invite.header(Name::Route), Some("<sip:second@192.0.2.9:5060;lr;ob>"));
        let line = |name: Name| format!("{}: {}\r\n", name.as_str(), invite.header(name).expect("it has one"));
        let [via, from, to, call_id, cseq] = [Name::Via, Name::From, Name::To, Name::CallId, Name::Cseq].map(line);
        let to = to.replace("\r\n", ";tag=edge\r\n");
        let refusal = format!("SIP/2.0 {status} No\r\n{via}{from}{to}{call_id}{cseq}Content-Length: 0\r\n\r\n");
        bench.receive(STRANGER, &refusal);
        let routes: Vec<_> = invites(&bench).iter().map(|(_, m)| m.header(Name::Route).map(str::to_owned)).collect();
        let first = Some("<sip:first@192.0.2.9:5060;lr;ob>".to_owned());
        assert_eq!(routes, if next { vec![first] } else { Vec::new() }, "{status}");
    }
}

#[test]
fn whoever_comes_over_a_proxys_flow_is_no_agent_without_the_password() {
    let carrier = Flow::udp(NetworkId(0), SocketAddr::from(CARRIER));
    for path in ["Path: <sip:10.1.0.1;lr>\r\n", ""] {
        let mut bench = Bench::new();
        let proxied = format!("{PROXIED}{path}");
        assert_eq!(registers(&mut bench, carrier, "a", PHONE, &proxied).status(), Some(200));
        proves_itself(&mut bench);
        bench.restart();
        proves_itself(&mut bench);
    }
}

/// An agent behind the carrier's proxy, and a citizen of the carrier.
fn proves_itself(bench: &mut Bench) {
    let uri = "sip:*73@10.0.0.1";
    let star = |tag: &str, extra: &str| request("INVITE", uri, "1001", tag, extra, SDP);
    bench.receive(CARRIER, &star("b", ""));
    assert_eq!(bench.status(), Some(401), "From alone proves nothing");
    let proof = proof(bench, "1001", "pass-1001", "INVITE", uri);
    bench.receive(CARRIER, &star("c", &proof));
    assert_eq!(bench.status(), Some(200));
    assert!(matches!(bench.exchange.roster.view().agents[0].state, roster::State::Paused { .. }));
    bench.receive(CARRIER, &crate::kit::invite("d"));
    assert_eq!(bench.status(), Some(200), "the citizens of the same proxy need none");
}

#[test]
fn a_path_outlives_the_process() {
    let mut bench = Bench::new();
    let both = format!("{PROXIED}Path: {EDGE}\r\n");
    registers(&mut bench, udp(), "a", NAMED, &both);
    bench.restart();
    citizen_waits(&mut bench);
    let rung = invites(&bench);
    assert_eq!(rung.len(), 1);
    assert_eq!((rung[0].0, rung[0].1.header(Name::Route)), (udp(), Some(EDGE)));
}
