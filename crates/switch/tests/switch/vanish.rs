//! Phones that vanish without a word.

use std::net::SocketAddr;
use std::time::Duration;

use crate::kit::{Bench, CARRIER, STRANGER, invite};
use base::{EndReason, Flow, LegId, NetworkId, Notice, RecordEntry, WorkerId};
use sip::{Message, Method, Name};
use switch::Input;

/// A citizen whose INVITE had these headers is answered and has acknowledged; gives our 200.
fn answered(bench: &mut Bench, extra: &str) -> Message {
    bench.receive(CARRIER, &invite("a").replace("Content-Type", &format!("{extra}Content-Type")));
    let (_, ok) = bench.sent.iter().find(|(_, m)| m.status() == Some(200)).expect("an answer").clone();
    let to = ok.header(Name::To).expect("a To");
    let ack = invite("a").replace("INVITE sip", "ACK sip").replace("CSeq: 1 INVITE", "CSeq: 1 ACK");
    let ack =
        ack.replace("z9hG4bK-a-INVITE", "z9hG4bK-a-ACK").replace("To: <sip:12345@10.0.0.1>", &format!("To: {to}"));
    bench.receive(CARRIER, &ack);
    ok
}

/// A citizen in the queue whose phone has sent no voice for half a minute, and whom we have asked.
fn asked() -> Bench {
    let mut bench = Bench::new();
    answered(&mut bench, "");
    let call = bench.records.iter().find_map(|r| match r {
        RecordEntry::Start(start) => Some(start.id),
        _ => None,
    });
    let leg = LegId { call: call.expect("a call"), index: 0 };
    bench.feed(Input::Notice { worker: WorkerId(0), notice: Notice::Heard { leg } });
    bench.sent.clear();
    bench.feed(Input::Notice { worker: WorkerId(0), notice: Notice::Silent { leg, for_ms: 30_000 } });
    assert_eq!(bench.sent.iter().map(|(_, m)| m.method()).collect::<Vec<_>>(), [Method::Update]);
    bench
}

fn ended(bench: &Bench) -> Option<EndReason> {
    bench.records.iter().find_map(|r| match r {
        RecordEntry::End(record) => Some(record.end_reason),
        _ => None,
    })
}

#[test]
fn a_phone_that_never_answers_ends_its_call_within_timer_f() {
    let mut bench = asked();
    bench.pass(Duration::from_secs(31));
    assert_eq!(ended(&bench), None);
    bench.pass(Duration::from_secs(2));
    assert_eq!(ended(&bench), Some(EndReason::MediaLost));
    bench.pass(Duration::from_secs(33));
    assert_eq!(bench.exchange.switch.calls(), 0, "nothing is left of it");
}

#[test]
fn a_phone_at_whose_address_nobody_listens_ends_its_call_at_once() {
    let mut bench = asked();
    let flow = |peer| Flow::udp(NetworkId(0), SocketAddr::from(peer));
    bench.feed(Input::Unreachable(flow(STRANGER)));
    assert_eq!(ended(&bench), None, "somebody else's port");
    bench.feed(Input::Unreachable(flow(CARRIER)));
    assert_eq!(ended(&bench), Some(EndReason::MediaLost));
    bench.feed(Input::Unreachable(flow(CARRIER)));
    assert_eq!(bench.exchange.switch.calls(), 0, "its BYE finds nobody either");
}

#[test]
fn a_phone_that_knows_no_update_lives() {
    let mut bench = asked();
    let (_, update) = bench.sent.first().expect("the UPDATE");
    let echoed = |name| update.header(name).unwrap_or_default();
    let refusal = format!(
        "SIP/2.0 405 Method Not Allowed\r\nVia: {}\r\nFrom: {}\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: {}\r\nContent-Length: 0\r\n\r\n",
        echoed(Name::Via),
        echoed(Name::From),
        echoed(Name::To),
        echoed(Name::CallId),
        echoed(Name::Cseq),
    );
    bench.receive(CARRIER, &refusal);
    bench.pass(Duration::from_secs(60));
    assert_eq!(ended(&bench), None);
}

#[test]
fn a_session_that_nobody_refreshes_ends_as_lost_rfc4028_10() {
    let mut bench = Bench::with(|plan, _| plan.session_expires = Duration::from_secs(90));
    let ok = answered(&mut bench, "Require: timer\r\n");
    assert_eq!(ok.header(Name::SessionExpires), Some("90;refresher=uac"), "the interval of the plan");
    bench.pass(Duration::from_secs(59));
    assert_eq!(ended(&bench), None);
    bench.pass(Duration::from_secs(2));
    assert_eq!(ended(&bench), Some(EndReason::MediaLost));
    assert!(bench.sent.iter().any(|(_, m)| m.method() == Method::Bye && m.is_request()));
    bench.pass(Duration::from_secs(33));
    assert_eq!(bench.exchange.switch.calls(), 0, "nothing is left of it");
}
