//! What is written of legs for the time after a restart reads back as it was.

use std::sync::Arc;

use base::pack::Packed;
use base::{CallId, Flow, LegId, NetworkId};
use proptest::prelude::*;
use sip::{Dialog, Fact, Head, HeardInvite, Image, Message, Method, Name, SentInvite};

use crate::generate::{STYLES, Start, sample};

fn flow() -> Flow {
    Flow::udp(NetworkId(3), "[2001:db8::1]:5060".parse().unwrap())
}

/// An image of a dialog that the message made.
fn up(message: &Message, number: u32) -> Image {
    let head = Head {
        method: Method::Invite,
        uri: "sip:12345@192.0.2.1".into(),
        routes: vec!["<sip:p;lr>".into()],
        from: "<sip:12345@192.0.2.1>;tag=ours".into(),
        to: "<sip:phone@192.0.2.7>".into(),
        call_id: message.call_id().unwrap().into(),
        cseq: number,
    };
    let mut dialog = Box::new(match message.is_request() {
        true => Dialog::callee(message, "ours").unwrap(),
        false => Dialog::caller(&head, message).unwrap(),
    });
    dialog.note_local_cseq(number);
    let invite =
        number.is_multiple_of(2).then(|| Arc::new(SentInvite { head, via: "SIP/2.0/UDP h;branch=z9hG4bK1".into() }));
    Image::Up { flow: flow(), user: "12345".into(), dialog, follow: invite.is_some(), calls: true, invite }
}

fn survives(fact: &Fact) {
    let bytes = fact.to_bytes();
    assert_eq!(Fact::from_bytes(&bytes).as_ref(), Ok(fact));
    for cut in 0..bytes.len() {
        assert!(Fact::from_bytes(&bytes[..cut]).is_err(), "cut at {cut}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn facts_survive_and_cut_ones_are_refused(sample in sample(), style in 0..STYLES.len(), cseq: u32, junk: Vec<u8>) {
        let message = Message::parse(&sample.bytes(STYLES[style])).unwrap();
        prop_assume!(matches!(sample.start, Start::Request { .. }) || message.cseq().is_ok());
        let leg = LegId { call: CallId { serial: cseq, ..CallId::default() }, index: 1 };
        survives(&Fact::Image { leg, image: Box::new(up(&message, cseq)) });
        if message.is_request() {
            let invite = Box::new(HeardInvite::of(&message, "ours"));
            let read = Message::parse(invite.text.as_bytes()).unwrap();
            prop_assert_eq!(read.vias().collect::<Vec<_>>(), message.vias().collect::<Vec<_>>());
            prop_assert_eq!((read.header(Name::From), read.call_id()), (message.header(Name::From), message.call_id()));
            survives(&Fact::Image { leg, image: Box::new(Image::Ringing { flow: flow(), invite }) });
        }
        survives(&Fact::Sequence { leg, cseq });
        survives(&Fact::Closed { leg });
        let _ = Fact::from_bytes(&junk);
        let _ = Image::from_bytes(&junk);
    }
}

#[test]
fn a_target_that_grew_by_its_escapes_prints_as_before() {
    let user = "#".repeat(2000);
    let text = format!(
        "INVITE sip:12345@a SIP/2.0\r\nVia: SIP/2.0/UDP b;branch=z9hG4bK1\r\nFrom: <sip:x@b>;tag=r\r\n\
         To: <sip:12345@a>\r\nCall-ID: c\r\nCSeq: 7 INVITE\r\nContact: <sip:{user}@c>\r\n\r\n"
    );
    let message = Message::parse(text.as_bytes()).unwrap();
    let mut dialog = Dialog::callee(&message, "ours").unwrap();
    let mut read = Dialog::from_bytes(&dialog.to_bytes()).unwrap();
    assert_eq!(read.request(Method::Bye), dialog.request(Method::Bye));
}

/// What was written before there were INVITEs that ring reads as it did.
#[test]
fn the_first_bytes_of_images_are_what_they_were() {
    let head = Head {
        method: Method::Invite,
        uri: "u".into(),
        routes: Vec::new(),
        from: "f".into(),
        to: "t".into(),
        call_id: "c".into(),
        cseq: 1,
    };
    let invite = Arc::new(SentInvite { head, via: "v".into() });
    let calling = Image::Calling { flow: flow(), user: "x".into(), invite, rings: true };
    let heard = Box::new(HeardInvite { call_id: "c".into(), tag: "t".into(), text: "i".into() });
    let ringing = Image::Ringing { flow: flow(), invite: heard };
    assert_eq!((calling.to_bytes()[0], ringing.to_bytes()[0]), (0, 2));
}
