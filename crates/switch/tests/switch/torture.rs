//! The messages of RFC 4475 and RFC 5118 at a running engine: each is answered as its RFC says, and the next call is served.

#[path = "../../../sip/tests/corpus/reader.rs"]
mod reader;

use std::net::SocketAddr;
use std::time::Duration;

use base::{Flow, NetworkId};
use switch::{Effects, Input};

use crate::kit::{Bench, CARRIER, SDP, invite, request};
use reader::{Case, rfc4475, rfc5118};

/// The answers to a message from the carrier's network, over IPv6 where the RFC is about that. What cannot be read in a
/// request stands in them as it came.
fn answers(bench: &mut Bench, case: &Case, from: SocketAddr) -> Vec<String> {
    let mut effects = Effects::default();
    let flow = Flow::udp(NetworkId(0), from);
    bench.exchange.handle(bench.now, Input::Message { flow, bytes: &case.bytes }, &mut effects);
    bench.records.append(&mut effects.records);
    effects.messages.iter().map(|message| String::from_utf8_lossy(&message.bytes).into_owned()).collect()
}

/// The final status of the answers.
fn status(answers: &[String]) -> Option<u16> {
    let mut statuses = answers.iter().filter_map(|answer| answer.strip_prefix("SIP/2.0 ")?.get(..3)?.parse().ok());
    statuses.rfind(|status| *status >= 200)
}

/// A call that is served, after which nothing is left.
fn good_call(bench: &mut Bench, after: &str) {
    bench.receive(CARRIER, &invite("good"));
    assert_eq!(bench.status(), Some(200), "a good call after {after}");
    bench.feed(Input::StopCalls);
    // No ACK and no answer to the BYE: Timer H, then Timer F.
    bench.pass(Duration::from_secs(80));
    assert!(bench.exchange.is_idle(), "{after} has left something behind");
}

/// A bench whose trunk is at home on both IP versions.
fn bench() -> Bench {
    Bench::with(|plan, _| {
        plan.trunks[0].sources.push(call::plan::Subnet { address: "2001:db8::".parse().unwrap(), prefix: 32 });
    })
}

#[test]
fn each_message_is_answered_and_the_next_call_is_served() {
    let (v4, v6) = (SocketAddr::from(CARRIER), "[2001:db8::9:1]:5060".parse().unwrap());
    let cases = rfc4475().into_iter().map(|case| (case, v4)).chain(rfc5118().into_iter().map(|case| (case, v6)));
    for (case, from) in cases {
        let mut bench = bench();
        let told = answers(&mut bench, &case, from);
        assert_eq!(status(&told), case.engine, "§{} {} ({:?}): {told:?}", case.section, case.name, case.reader);
        good_call(&mut bench, &case.name);
    }
}

/// RFC 4475 §3.1.1.2, §3.3.2, §3.3.5, §3.3.6: what a refusal says besides its status.
#[test]
fn refusals_say_what_would_do() {
    let refused = |name: &str| {
        let case = rfc4475().into_iter().find(|case| case.name == name).expect("a message of that name");
        answers(&mut Bench::new(), &case, CARRIER.into()).concat()
    };
    assert!(refused("intmeth").contains("\r\nAllow: INVITE, "));
    assert!(refused("bext01").contains("\r\nUnsupported: nothingSupportsThis, nothingSupportsThisEither\r\n"));
    assert!(refused("invut").contains("\r\nAccept: application/sdp\r\n"));
    // What could not be read comes back as it went.
    assert!(refused("quotbal").contains("\r\nTo: \"Mr. J. User <sip:j.user@example.com>\r\n"));
    assert!(refused("scalar02").contains("\r\nCSeq: 36893488147419103232 REGISTER\r\n"));
}

/// RFC 4475 §3.2.1: the cookie alone is no transaction's name, whoever sends it twice asks twice.
#[test]
fn a_bare_cookie_tells_no_request_from_another() {
    let mut bench = Bench::new();
    let asked = |tag: &str| {
        let text = request("OPTIONS", "sip:12345@10.0.0.1", "x", tag, "", "");
        text.replace(&format!("branch=z9hG4bK-{tag}-OPTIONS"), "branch=z9hG4bK")
    };
    let call_ids = ["a", "b"].map(|tag| {
        bench.receive(CARRIER, &asked(tag));
        bench.sent[0].1.call_id().map(str::to_owned)
    });
    assert_eq!(call_ids, [Some("a@10.1.0.1".to_owned()), Some("b@10.1.0.1".to_owned())]);
}

/// The messages that name users nobody knows, sent to a number of ours: RFC 4475 §3.1.2.11, §3.1.2.12, §3.3.15, §3.4.1 and
/// RFC 5118 §4.6, §4.8, §4.9.
#[test]
fn calls_to_a_number_of_ours_are_answered_when_their_terms_allow() {
    let v6: SocketAddr = "[2001:db8::9:1]:5060".parse().unwrap();
    let cases = [
        ("escruri", CARRIER.into(), 200),
        ("baddate", CARRIER.into(), 200),
        // Every user agent that calls understands descriptions, whatever its Accept says.
        ("sdp01", CARRIER.into(), 200),
        ("inv2543", CARRIER.into(), 200),
        // G.726 alone.
        ("ipv6-in-sdp", v6, 488),
        ("ipv4-mapped-ipv6", v6, 488),
        // Audio over IPv4, which is what our media address speaks.
        ("mult-ip-in-sdp", v6, 200),
    ];
    for (name, from, expected) in cases {
        let mut bench = bench();
        let mut case = rfc4475().into_iter().chain(rfc5118()).find(|case| case.name == name).expect("of that name");
        let text = String::from_utf8(case.bytes).expect("text");
        let (_, behind) = text.split_once('@').expect("a user at a host");
        case.bytes = format!("INVITE sip:12345@{behind}").into_bytes();
        let told = answers(&mut bench, &case, from);
        assert_eq!(status(&told), Some(expected), "{name}: {told:?}");
    }
}

/// A description beside an ISUP message (SIP-I) is found; a body that nobody understands is refused unless it is optional.
#[test]
fn a_carriers_multipart_body_is_read() {
    let isup = "Content-Type: application/ISUP;version=itu-t92+;base=itu-t92+\r\n\
                Content-Disposition: signal;handling=required\r\n\r\n\u{1}\0\u{60}\0\n";
    let parts =
        |parts: &[&str]| parts.iter().map(|part| format!("--sep\r\n{part}\r\n")).collect::<String>() + "--sep--\r\n";
    let description = format!("Content-Type: application/sdp\r\n\r\n{SDP}");
    let mixed = "Content-Type: multipart/mixed;boundary=sep";
    let optional = "Content-Disposition: signal;handling=optional";
    let lone = "Content-Type: application/ISUP;version=itu-t92+";
    let cases = [
        ("description first", mixed.to_owned(), parts(&[&description, isup]), 200, true),
        ("description last", mixed.to_owned(), parts(&[isup, &description]), 200, true),
        ("ISUP alone", lone.to_owned(), "\u{1}\0".to_owned(), 415, false),
        ("ISUP alone, optional: a late offer", format!("{lone}\r\n{optional}"), "\u{1}\0".to_owned(), 200, false),
    ];
    for (what, kind, body, status, answers) in cases {
        let mut bench = Bench::new();
        let text = request("INVITE", "sip:12345@10.0.0.1", "138", "a", "", &body);
        bench.receive(CARRIER, &text.replacen("Content-Type: application/sdp", &kind, 1));
        assert_eq!(bench.status(), Some(status), "{what}: {:?}", bench.sent);
        let (_, last) = bench.sent.iter().rfind(|(_, m)| m.status() == Some(status)).expect("a final response");
        // An answer names one codec, our own offer more.
        let codecs = String::from_utf8_lossy(last.body()).matches("a=rtpmap").count();
        assert_eq!(status == 200 && codecs == 2, answers, "{what}: {:?}", String::from_utf8_lossy(last.body()));
    }
}
