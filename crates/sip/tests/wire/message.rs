//! Reading whole messages: what is understood, what is refused and how it may still be answered.

use sip::{Builder, Fault, Message, Method, Name, ParseError, reason_phrase};

const INVITE: &str = "INVITE sip:12345@example.org SIP/2.0\r\n\
    Via: SIP/2.0/UDP 192.0.2.1:5062;branch=z9hG4bKabc;rport\r\n\
    Max-Forwards: 70\r\n\
    From: \"Wang, A\" <sip:13800138000@192.0.2.1>;tag=f1\r\n\
    To: <sip:12345@example.org>\r\n\
    Call-ID: c1@192.0.2.1\r\n\
    CSeq: 7 INVITE\r\n\
    Contact: <sip:13800138000@192.0.2.1:5062;transport=udp>\r\n\
    Supported: timer, 100rel\r\n\
    Supported: replaces\r\n\
    Content-Type: application/sdp\r\n\
    Content-Length: 4\r\n\r\nv=0\n";

#[test]
fn an_invite_tells_everything() {
    let message = Message::parse(INVITE.as_bytes()).unwrap();
    assert!(message.is_request());
    assert_eq!(message.method(), Method::Invite);
    assert_eq!(message.request_uri().unwrap().number().as_deref(), Some("12345"));
    assert_eq!(message.top_via().unwrap().branch(), Some("z9hG4bKabc"));
    let from = message.from().unwrap();
    assert_eq!((from.display.as_deref(), from.tag()), (Some("Wang, A"), Some("f1")));
    assert_eq!(message.to().unwrap().tag(), None);
    assert_eq!(message.call_id(), Some("c1@192.0.2.1"));
    assert_eq!(message.cseq(), Ok((7, Method::Invite)));
    assert_eq!(message.supported().collect::<Vec<_>>(), ["timer", "100rel", "replaces"]);
    assert_eq!(message.max_forwards(), Some(70));
    assert!(message.has_content_type("Application/SDP"));
    assert_eq!(message.contacts().unwrap().len(), 1);
    assert_eq!(message.body(), b"v=0\n");
}

#[test]
fn a_reply_repeats_what_it_must() {
    let request = Message::parse(INVITE.as_bytes()).unwrap();
    let via = request.top_via_ref().unwrap().noted("198.51.100.9:40000".parse().unwrap());
    let bytes = Builder::reply(&request, 486, Some("t1"), Some(&via)).finish();
    let response = Message::parse(&bytes).unwrap();
    assert_eq!((response.status(), response.reason()), (Some(486), reason_phrase(486)));
    assert_eq!(response.method(), Method::Invite);
    assert_eq!(response.to().unwrap().tag(), Some("t1"));
    assert_eq!(response.header(Name::From), request.header(Name::From));
    let via = response.top_via().unwrap();
    assert_eq!((via.rport(), via.received()), (Some(40000), Some("198.51.100.9".parse().unwrap())));
}

#[test]
fn a_broken_request_can_be_answered() {
    let broken = INVITE.replace("Content-Length: 4", "Content-Length: 5");
    match Message::parse(broken.as_bytes()) {
        Err(ParseError::Answerable { fault, request }) => {
            assert_eq!((fault, fault.status()), (Fault::Truncated, 400));
            assert_eq!(request.call_id(), Some("c1@192.0.2.1"));
        }
        other => panic!("{other:?}"),
    }
}
