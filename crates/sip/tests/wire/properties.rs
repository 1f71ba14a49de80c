//! Properties of the reader and the writer that must hold for every input.

use crate::generate::{STYLES, Sample, Start, sample};
use proptest::prelude::*;
use sip::digest::{Challenge, Credentials};
use sip::{Builder, ContactHeader, Message, Name, NameAddr, ParseError, Uri, Via};

/// Asks a message for everything it can tell.
fn ask_everything(message: &Message) {
    let _ = (message.method(), message.method_name(), message.status(), message.reason(), message.request_uri());
    let _ = (message.top_via(), message.from(), message.to(), message.contacts(), message.cseq(), message.call_id());
    let _ =
        (message.routes(), message.record_routes(), message.max_forwards(), message.expires(), message.content_type());
    let _ = message.require().chain(message.supported()).chain(message.allow()).count();
    let _ =
        (sip::digest::strongest(message), message.header_named("X-Any"), message.session_expires(), message.min_se());
    for (_, name, value) in message.lines() {
        let clean = |text: &str| !text.contains(['\r', '\n', '\0']);
        assert!(clean(name) && clean(value), "{name:?}: {value:?}");
        let _ = (NameAddr::parse(value), Via::parse(value), Challenge::parse(value), Credentials::parse(value));
    }
}

/// Reads bytes that may be anything; what comes out must be whole, and an answer to it readable.
fn read_anything(bytes: &[u8]) {
    let (message, whole) = match Message::parse(bytes) {
        Ok(message) => (message, true),
        Err(ParseError::Answerable { request, .. }) => (request, false),
        Err(ParseError::KeepAlive | ParseError::Garbage(_)) => return,
    };
    ask_everything(&message);
    if !message.is_request() {
        return;
    }
    let via = message.top_via_ref().ok().map(|via| via.noted(([192, 0, 2, 1], 5060).into()));
    let reply = Builder::reply(&message, 400, Some("our"), via.as_deref()).finish();
    if whole {
        let reply = Message::parse(&reply).expect("the answer to a whole request is whole");
        assert_eq!(reply.call_id(), message.call_id());
        assert_eq!(reply.cseq(), message.cseq());
        assert_eq!(reply.vias().count(), message.vias().count());
        assert!(reply.to().unwrap().tag().is_some());
    }
}

fn check(sample: &Sample, message: &Message) {
    match &sample.start {
        Start::Request { uri, .. } => {
            assert_eq!(message.request_uri(), Uri::parse(uri).ok());
            assert_eq!(message.request_uri_text(), uri);
        }
        Start::Response { status, reason, .. } => {
            assert_eq!((message.status(), message.reason()), (Some(*status), reason.as_str()));
        }
    }
    assert_eq!(message.method().name(), sample.method());
    assert_eq!(message.vias().count(), sample.vias.len());
    for (read, via) in message.vias().zip(&sample.vias) {
        let read = Via::parse(read).unwrap();
        assert_eq!((read.transport.as_str(), &read.host, read.port), (via.transport, &via.host, via.port));
        assert_eq!(read.branch(), Some(via.branch.as_str()));
    }
    for (read, address) in [(message.from(), &sample.from), (message.to(), &sample.to)] {
        let read = read.unwrap();
        assert_eq!((&read.display, read.tag()), (&address.display, address.tag.as_deref()));
        assert_eq!(Some(read.uri), Uri::parse(&address.uri).ok());
    }
    assert_eq!(message.call_id(), Some(sample.call_id.as_str()));
    assert_eq!(message.cseq().unwrap(), (sample.cseq, message.method()));
    let contacts: Vec<_> =
        sample.contacts.iter().map(|contact| ContactHeader::parse(&contact.text()).unwrap()).collect();
    assert_eq!(message.contacts(), Ok(contacts));
    let subject: Vec<_> = message.header(Name::Subject).unwrap().split_whitespace().collect();
    assert_eq!(subject, sample.subject.split(' ').collect::<Vec<_>>());
    assert_eq!(message.body(), sample.body);
}

#[derive(Clone, Debug)]
enum Mutation {
    Replace(prop::sample::Index, u8),
    Insert(prop::sample::Index, Vec<u8>),
    Remove(prop::sample::Index, u8),
    Double(prop::sample::Index, u8),
    Cut(prop::sample::Index),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let place = any::<prop::sample::Index>;
    // The bytes that carry meaning, more often than others.
    let byte = || prop_oneof![prop::sample::select(&b"\r\n \t:;,<>\"\\@/?=%[]*\0\xff"[..]), any::<u8>()];
    prop_oneof![
        (place(), byte()).prop_map(|(at, byte)| Mutation::Replace(at, byte)),
        (place(), proptest::collection::vec(byte(), 1..4)).prop_map(|(at, bytes)| Mutation::Insert(at, bytes)),
        (place(), any::<u8>()).prop_map(|(at, length)| Mutation::Remove(at, length)),
        (place(), any::<u8>()).prop_map(|(at, length)| Mutation::Double(at, length)),
        place().prop_map(Mutation::Cut),
    ]
}

fn mutate(bytes: &mut Vec<u8>, mutation: &Mutation) {
    if bytes.is_empty() {
        return;
    }
    let end = |at: usize, length: u8, bytes: &[u8]| (at + usize::from(length)).min(bytes.len());
    match mutation {
        Mutation::Replace(at, byte) => {
            let at = at.index(bytes.len());
            bytes[at] = *byte;
        }
        Mutation::Insert(at, inserted) => {
            let at = at.index(bytes.len());
            bytes.splice(at..at, inserted.iter().copied());
        }
        Mutation::Remove(at, length) => {
            let at = at.index(bytes.len());
            bytes.drain(at..end(at, *length, bytes));
        }
        Mutation::Double(at, length) => {
            let at = at.index(bytes.len());
            let again = bytes[at..end(at, *length, bytes)].to_vec();
            bytes.splice(at..at, again);
        }
        Mutation::Cut(at) => bytes.truncate(at.index(bytes.len())),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_way_to_write_a_message_reads_the_same(sample in sample()) {
        for style in STYLES {
            let bytes = sample.bytes(style);
            match Message::parse(&bytes) {
                Ok(message) => check(&sample, &message),
                Err(error) => panic!("{style:?}: {error}\n{}", String::from_utf8_lossy(&bytes)),
            }
        }
    }

    #[test]
    fn what_the_builder_writes_reads_back(sample in sample()) {
        let mut builder = match &sample.start {
            Start::Request { method, uri } => Builder::request_named(method, uri),
            Start::Response { status, reason, .. } => Builder::response(*status, reason),
        };
        for via in &sample.vias {
            builder.push(Name::Via, via.text());
        }
        for (name, address) in [(Name::From, &sample.from), (Name::To, &sample.to)] {
            builder.push(name, NameAddr::parse(&address.text()).unwrap());
        }
        for contact in &sample.contacts {
            builder.push(Name::Contact, ContactHeader::parse(&contact.text()).unwrap());
        }
        let bytes = builder
            .header(Name::CallId, &sample.call_id)
            .header(Name::Cseq, format_args!("{} {}", sample.cseq, sample.method()))
            .header("subject", &sample.subject)
            .body("application/octet-stream", sample.body.clone())
            .finish();
        check(&sample, &Message::parse(&bytes).unwrap());
    }

    #[test]
    fn no_value_adds_a_header(name in "[A-Za-z-]{2,10}", value in ".*[\r\n\0]{0,4}.*(\r\nVia: x)?\r\n\r\n.*") {
        let bytes = sample_head().header(format!("X-{name}"), &value).header("X-Last", "1").finish();
        let message = Message::parse(&bytes).unwrap();
        prop_assert_eq!(message.lines().count(), 8);
        prop_assert_eq!(message.header_named("x-last"), Some("1"));
        prop_assert_eq!(message.body(), b"");
    }

    #[test]
    fn mutated_messages_never_panic(sample in sample(), mutations in proptest::collection::vec(mutation(), 1..6)) {
        let mut bytes = sample.bytes(crate::generate::Style::Plain);
        for mutation in &mutations {
            mutate(&mut bytes, mutation);
        }
        read_anything(&bytes);
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        read_anything(&bytes);
    }

    #[test]
    fn arbitrary_heads_never_panic(text in "(INVITE sip:a SIP/2.0|SIP/2.0 200 OK)\r\n([A-Za-z-]{1,9}[: ]{1,3}\\PC{0,20}\r\n){0,8}\r\n") {
        read_anything(text.as_bytes());
    }

    #[test]
    fn arbitrary_values_print_as_they_were_read(text in "(sip:|tel:|<sip:|\"|SIP/2.0/UDP )?[a-z0-9;=@:<>\"\\\\%?&,.\\[\\] é+#-]{0,30}") {
        if let Ok(uri) = Uri::parse(&text) {
            prop_assert_eq!(Uri::parse(&uri.to_string()), Ok(uri.clone()));
            prop_assert!(uri.equivalent(&uri));
            let _ = (uri.number(), uri.user_text(), uri.host_ip());
        }
        if let Ok(address) = NameAddr::parse(&text) {
            prop_assert_eq!(NameAddr::parse(&address.to_string()), Ok(address));
        }
        if let Ok(via) = Via::parse(&text) {
            prop_assert_eq!(Via::parse(&via.to_string()), Ok(via));
        }
    }

    #[test]
    fn arbitrary_digest_values_print_as_they_were_read(
        text in "Digest (username|realm|nonce|qop|nc|cnonce|uri|response|algorithm)=[ -~]{0,10}(, (username|realm|nonce|qop|nc|cnonce|uri|response|algorithm)=(\"[ -~]{0,10}\"|auth|MD5)){0,8}"
    ) {
        if let Ok(challenge) = Challenge::parse(&text) {
            prop_assert_eq!(Challenge::parse(&challenge.to_string()), Ok(challenge));
        }
        if let Ok(credentials) = Credentials::parse(&text) {
            prop_assert_eq!(Credentials::parse(&credentials.to_string()), Ok(credentials));
        }
    }
}

fn sample_head() -> Builder {
    Builder::request(sip::Method::Options, "sip:h")
        .header(Name::Via, "SIP/2.0/UDP h;branch=z9hG4bK1")
        .header(Name::From, "<sip:a@h>;tag=1")
        .header(Name::To, "<sip:b@h>")
        .header(Name::CallId, "c")
        .header(Name::Cseq, "1 OPTIONS")
}
