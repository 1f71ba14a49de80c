//! What is written of legs for the time after a restart reads back as it was.

use std::sync::Arc;

use base::pack::Packed;
use base::{CallId, Flow, LegId, NetworkId};
use proptest::prelude::*;
use sip::{Dialog, Fact, FirstInvite, Head, HeardInvite, Image, Message, Method, Name, SentInvite};

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
    let heard = || HeardInvite { call_id: "c".into(), tag: "t".into(), text: "INVITE".into() };
    let invite = match number % 3 {
        0 => FirstInvite::Over,
        1 => FirstInvite::Sent(Arc::new(SentInvite { head, via: "SIP/2.0/UDP h;branch=z9hG4bK1".into() })),
        _ => FirstInvite::Heard(Arc::new(heard())),
    };
    Image::Up { flow: flow(), user: "12345".into(), dialog, follow: number.is_multiple_of(2), calls: true, invite }
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
            let invite = Arc::new(HeardInvite::of(&message, "ours"));
            let read = Message::parse(invite.text.as_bytes()).unwrap();
            prop_assert_eq!(read.vias().collect::<Vec<_>>(), message.vias().collect::<Vec<_>>());
            prop_assert_eq!((read.header(Name::From), read.call_id()), (message.header(Name::From), message.call_id()));
            let refused = Image::Refused { flow: flow(), status: cseq as u16, invite: Arc::clone(&invite) };
            survives(&Fact::Image { leg, image: Box::new(refused) });
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

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("hexadecimal")).collect()
}

/// As processes wrote it that knew neither of refusals without their ACK nor of INVITEs whose 2xx may not have arrived: an answered
/// leg without and with an INVITE of ours, and an INVITE that rings.
const EARLIER: [&str; 3] = [
    "0103001020010db8000000000000000000000001c427000531323334350163163c7369703a313233343540613e3b7461673d6f7572730f3c7369703a7840623e\
     3b7461673d720172077369703a79406300000107010000",
    "0103001020010db8000000000000000000000001c427000531323334350163163c7369703a313233343540613e3b7461673d6f7572730f3c7369703a7840623e\
     3b7461673d720172077369703a79406300000107010001000175010172016601740163010176",
    "0203001020010db8000000000000000000000001c42700016301740169",
];

#[test]
fn what_an_earlier_process_wrote_reads_as_it_did_and_is_still_written_so() {
    let head = Head {
        method: Method::Invite,
        uri: "u".into(),
        routes: vec!["r".into()],
        from: "f".into(),
        to: "t".into(),
        call_id: "c".into(),
        cseq: 1,
    };
    let text = "INVITE sip:12345@a SIP/2.0\r\nVia: SIP/2.0/UDP b;branch=z9hG4bK1\r\nFrom: <sip:x@b>;tag=r\r\n\
                To: <sip:12345@a>\r\nCall-ID: c\r\nCSeq: 7 INVITE\r\nContact: <sip:y@c>\r\n\r\n";
    let dialog = Dialog::callee(&Message::parse(text.as_bytes()).unwrap(), "ours").unwrap();
    let up = |invite| {
        let (user, dialog) = ("12345".into(), Box::new(dialog.clone()));
        Image::Up { flow: flow(), user, dialog, follow: true, calls: false, invite }
    };
    let heard = Arc::new(HeardInvite { call_id: "c".into(), tag: "t".into(), text: "i".into() });
    let sent = FirstInvite::Sent(Arc::new(SentInvite { head, via: "v".into() }));
    let images = [up(FirstInvite::Over), up(sent), Image::Ringing { flow: flow(), invite: Arc::clone(&heard) }];
    for (image, written) in images.iter().zip(EARLIER) {
        assert_eq!(Image::from_bytes(&unhex(written)).as_ref(), Ok(image));
        assert_eq!(image.to_bytes(), unhex(written));
    }
    // What is new has tags that no earlier process wrote there.
    let (over, up) = (images[0].to_bytes(), up(FirstInvite::Heard(heard.clone())).to_bytes());
    assert_eq!(up[..over.len() - 1], over[..over.len() - 1]);
    assert_eq!((over[over.len() - 1], up[over.len() - 1]), (0, 2));
    assert_eq!(Image::Refused { flow: flow(), status: 486, invite: heard }.to_bytes()[0], 3);
}
