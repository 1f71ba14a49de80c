//! Who may read which messages of which calls, and how much of them.

use std::sync::Arc;

use base::{Flow, LegId, NetworkId, Now, Time, Wall};
use ladder::{Item, Way, Wire};
use serde_json::{Value, json};

use crate::kit::{CALLER, MASKED, Rig, id, news};

/// The INVITE that a call began with, and that we answered; it was told before it was known whose it is.
pub(crate) fn invite(serial: u32) -> [Item; 3] {
    let rest = format!(
        "Via: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bKa\r\nMax-Forwards: 70\r\nFrom: \"Wang\" <sip:{CALLER}@192.0.2.9>;tag=a\r\n\
         To: <sip:12345@192.0.2.1>\r\nCall-ID: {serial}@192.0.2.9\r\nCSeq: 1 INVITE\r\n"
    );
    let sdp = "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n";
    let proof = "Authorization: Digest username=\"1001\", response=\"0a0b0c\"\r\n";
    let typed = "Content-Type: application/sdp\r\n";
    let invite = format!("INVITE sip:12345@192.0.2.1 SIP/2.0\r\n{rest}{proof}{typed}\r\n{sdp}");
    let busy = format!("SIP/2.0 486 Busy Here\r\n{rest}Reason: Q.850;cause=17;text=\"{CALLER}\"\r\n\r\n");
    let wire = |at_ms: i64, way, text: String| {
        let now = Now { time: Time::from_millis(at_ms as u64), wall: Wall(1000 + at_ms) };
        let flow = Flow::udp(NetworkId(0), "192.0.2.9:5060".parse().expect("an address"));
        Item::Wire(Wire { now, flow, way, bytes: Arc::from(text.into_bytes()) })
    };
    let call_id = format!("{serial}@192.0.2.9").into();
    let leg = LegId { call: id(serial), index: 0 };
    [wire(0, Way::In, invite), Item::Leg { leg, call_id }, wire(7, Way::Out, busy)]
}

fn path(serial: u32) -> String {
    format!("/calls/{}/ladder?full=true", id(serial))
}

#[test]
fn who_sees_numbers_reads_them_and_nobody_reads_proofs() {
    let rig = Rig::start();
    rig.open_calls();
    for (role, status, clear) in [
        ("viewer", 403, false),
        ("agent", 403, false),
        ("operator", 200, false),
        ("supervisor", 200, true),
        ("admin", 200, true),
    ] {
        let (found, answer) = rig.get(role, &path(1));
        assert_eq!(found, status, "{role}: {answer}");
        if status != 200 {
            continue;
        }
        let text = answer.to_string();
        assert_eq!((text.contains(CALLER), text.contains("Wang")), (clear, clear), "{role}: {text}");
        assert_eq!((&answer["masked"], &answer["called"]), (&json!(!clear), &json!("12345")));
        assert_eq!(answer["caller"], json!(if clear { CALLER } else { MASKED }));
        assert!(!text.contains("0a0b0c") && text.contains("Authorization: (hidden)"), "{text}");
    }
}

#[test]
fn a_confidential_call_and_one_that_nothing_is_known_of_are_masked_for_everybody() {
    let rig = Rig::start();
    rig.open_calls();
    rig.board.tell([news(1, call::Fact::Confidential)]);
    rig.ladders.tell(invite(99));
    for serial in [1, 99] {
        let (status, answer) = rig.get("admin", &path(serial));
        assert_eq!((status, &answer["masked"]), (200, &json!(true)), "{answer}");
        assert!(!answer.to_string().contains(CALLER), "{answer}");
    }
}

#[test]
fn an_ended_call_is_there_as_its_record_says() {
    let rig = Rig::start();
    rig.ladders.tell(invite(11));
    let answer = rig.get("supervisor", &path(11)).1;
    assert_eq!((&answer["masked"], &answer["caller"]), (&json!(false), &json!(CALLER)), "{answer}");
    let (status, answer) = rig.get("supervisor", &path(12));
    assert_eq!((status, &answer["error"]["code"]), (404, &json!("not_found")), "a record, and no message: {answer}");
    assert_eq!(rig.get("supervisor", "/calls/12/ladder").0, 400);
}

#[test]
fn messages_are_told_with_what_matters() {
    let rig = Rig::start();
    rig.open_calls();
    let answer = rig.get("operator", &format!("/calls/{}/ladder", id(1))).1;
    let messages = answer["messages"].as_array().expect("messages");
    let told = |message: &Value| {
        ["at_ms", "at", "direction", "party", "peer", "what", "cseq", "again", "text"].map(|name| message[name].clone())
    };
    assert_eq!(
        json!(messages.iter().map(told).collect::<Vec<_>>()),
        json!([
            [0, "1970-01-01T00:00:01.000Z", "in", "citizen", "udp 192.0.2.9:5060", "INVITE", "1 INVITE", false, null],
            [
                7,
                "1970-01-01T00:00:01.007Z",
                "out",
                "citizen",
                "udp 192.0.2.9:5060",
                "486 Busy Here",
                "1 INVITE",
                false,
                null
            ],
        ])
    );
    let stream =
        json!({"media": "audio", "address": "192.0.2.9", "port": 4000, "codecs": ["PCMA"], "direction": "sendrecv"});
    assert_eq!(messages[0]["sdp"], json!([stream]));
    let reason = format!("Q.850;cause=17;text=\"{MASKED}\"");
    assert_eq!(messages[1]["headers"], json!([{"name": "Reason", "value": reason}]));
    assert_eq!(answer["legs"], json!([{"leg": 0, "party": "citizen", "call_id": "1@192.0.2.9"}]));
}
