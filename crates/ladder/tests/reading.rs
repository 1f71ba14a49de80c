//! A call with a menu, a queue, an agent and a repetition, as one reader sees it and as another does.

use std::sync::Arc;

use base::{CallId, Epoch, Flow, LegId, NetworkId, Now, Time, Wall};
use ladder::{Book, Item, Ladder, Limits, Rung, Sight, Way, Wire};
use proptest::prelude::*;

const CALLER: &str = "13800138000";

fn call() -> CallId {
    CallId { epoch: Epoch(1), serial: 7, ..CallId::default() }
}

fn leg(index: u16) -> LegId {
    LegId { call: call(), index }
}

fn wire(at_ms: u64, way: Way, peer: &str, bytes: &[u8]) -> Item {
    let now = Now { time: Time::from_millis(at_ms), wall: Wall(1_700_000_000_000 + at_ms as i64) };
    let flow = Flow::udp(NetworkId(0), peer.parse().expect("an address"));
    Item::Wire(Wire { now, flow, way, bytes: Arc::from(bytes) })
}

fn message(start: &str, from: &str, call_id: &str, cseq: &str, rest: &str, body: &str) -> String {
    format!(
        "{start}\r\nVia: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK{call_id}{}\r\nMax-Forwards: 70\r\nFrom: {from};tag=a\r\n\
         To: <sip:12345@192.0.2.1>;tag=b\r\nCall-ID: {call_id}\r\nCSeq: {cseq}\r\n{rest}Content-Length: {}\r\n\r\n{body}",
        cseq.replace(' ', ""),
        body.len()
    )
}

const OFFER: &str = "v=0\r\no=13800138000 1 1 IN IP4 192.0.2.9\r\ns=Wang\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n\
                     m=audio 4000 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\n\
                     a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:c2VjcmV0\r\na=sendonly\r\n";
const SDP: &str = "Content-Type: application/sdp\r\n";

fn book() -> Book {
    let mut book = Book::new(Limits { bytes: 1 << 20 });
    let citizen = "\"Wang\" <sip:13800138000@192.0.2.9>";
    let (trunk, phone) = ("192.0.2.9:5060", "192.0.2.50:6010");
    let extra = "P-Asserted-Identity: <tel:+8613800138000>\r\nX-Customer: 13800138000\r\n\
                 Authorization: Digest username=\"1001\", response=\"0a0b0c\"\r\n";
    let invite = message(
        "INVITE sip:12345@192.0.2.1 SIP/2.0",
        citizen,
        "x-13800138000",
        "1 INVITE",
        &format!("{extra}{SDP}"),
        OFFER,
    );
    book.take(wire(0, Way::In, trunk, invite.as_bytes()));
    book.take(Item::Leg { leg: leg(0), call_id: "x-13800138000".into() });
    let mut put = |at, way, peer, start: &str, call_id: &str, cseq: &str, rest: &str, body: &str| {
        book.take(wire(at, way, peer, message(start, citizen, call_id, cseq, rest, body).as_bytes()));
    };
    let session = format!("Session-Expires: 1800;refresher=uac\r\n{SDP}");
    let ours = OFFER.replace("a=sendonly", "a=recvonly");
    put(1, Way::Out, trunk, "SIP/2.0 200 OK", "x-13800138000", "1 INVITE", &session, &ours);
    put(501, Way::Out, trunk, "SIP/2.0 200 OK", "x-13800138000", "1 INVITE", &session, &ours);
    put(520, Way::In, trunk, "ACK sip:12345@192.0.2.1 SIP/2.0", "x-13800138000", "1 ACK", "", "");
    let keys = "Content-Type: application/dtmf-relay\r\n";
    let info = "INFO sip:12345@192.0.2.1 SIP/2.0";
    put(2000, Way::In, trunk, info, "x-13800138000", "2 INFO", keys, "Signal=7\r\nDuration=160\r\n");
    book.take(Item::Agent { leg: leg(1), number: "1001".into() });
    book.take(Item::Leg { leg: leg(1), call_id: "ours".into() });
    let mut put = |at, way, start: &str, cseq: &str, rest: &str, body: &str| {
        book.take(wire(at, way, phone, message(start, citizen, "ours", cseq, rest, body).as_bytes()));
    };
    put(2001, Way::Out, "INVITE sip:1001@192.0.2.50:6010 SIP/2.0", "1 INVITE", SDP, OFFER);
    put(2050, Way::In, "SIP/2.0 180 Ringing", "1 INVITE", "Require: 100rel\r\nRSeq: 5\r\n", "");
    put(9000, Way::In, "SIP/2.0 486 Busy Here", "1 INVITE", "Reason: Q.850;cause=17;text=\"13800138000\"\r\n", "");
    let broken = "SIP/2.0 999\r\nCall-ID: ours\r\nCSeq: 1 INVITE\r\n\r\n";
    book.take(wire(9001, Way::In, phone, broken.as_bytes()));
    book
}

fn told(rung: &Rung) -> String {
    let Rung { at_ms, at, way, leg, peer, what, method, status, cseq, again, headers, streams, body, text } = rung;
    let mut out = format!("{at_ms} {at} {way:?} leg {leg} {peer:?} {what:?} {method} {status:?} cseq {cseq:?}");
    out.push_str(if *again { " again" } else { "" });
    out.extend(headers.iter().map(|(name, value)| format!("\n  {name}: {value}")));
    out.extend(streams.iter().map(|stream| format!("\n  {stream:?}")));
    out.extend(body.iter().map(|body| format!("\n  {body:?}")));
    out.extend(text.iter().map(|text| format!("\n{}", text.replace("\r\n", "\n"))));
    out
}

fn read(sight: Sight, full: bool) -> String {
    let kept = book().call(call()).expect("it is kept");
    let ladder = Ladder::read(&kept, sight, full);
    let parties = ladder.parties.iter().map(|party| format!("{party:?}\n"));
    parties.chain(ladder.rungs.iter().map(|rung| told(rung) + "\n")).collect()
}

fn masked() -> Sight {
    Sight::Masked { caller: CALLER.into(), open: vec!["12345".into()] }
}

#[test]
fn who_sees_numbers_reads_it_so() {
    insta::assert_snapshot!(read(Sight::Numbers, false));
}

#[test]
fn who_sees_none_reads_the_whole_messages_so() {
    insta::assert_snapshot!(read(masked(), true));
}

#[test]
fn numbers_secrets_and_keys_stand_where_they_may() {
    let (clear, masked) = (read(Sight::Numbers, true), read(masked(), true));
    for secret in ["0a0b0c", "c2VjcmV0", "Signal", "response="] {
        assert!(!clear.contains(secret) && !masked.contains(secret), "{secret}");
    }
    assert!(clear.contains("Wang") && clear.contains("X-Customer: 13800138000"));
    for number in [CALLER, "Wang"] {
        assert!(!masked.contains(number), "{masked}");
    }
    assert!(masked.contains("sip:1001@192.0.2.50"), "agents and our own number are no secret");
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), cut in 0..400usize, at in 0..400usize) {
        let whole = message("INVITE sip:a@b SIP/2.0", "<sip:c@d>", "x", "1 INVITE", SDP, OFFER);
        let mut spoilt = whole.into_bytes();
        let at = at.min(spoilt.len());
        let end = (at + cut).min(spoilt.len());
        spoilt.splice(at..end, bytes.iter().copied());
        let mut book = Book::new(Limits { bytes: 1 << 20 });
        book.take(Item::Leg { leg: leg(0), call_id: "x".into() });
        for bytes in [spoilt, bytes] {
            book.take(wire(0, Way::In, "192.0.2.9:5060", &bytes));
        }
        let kept = book.call(call()).expect("known");
        Ladder::read(&kept, masked(), true);
        Ladder::read(&kept, Sight::Numbers, true);
    }
}
