//! Any datagram: it is read within a bounded memory, asked everything, and what is written again says the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sip::digest::{Challenge, Credentials};
use sip::{Builder, ContactHeader, Message, Name, NameAddr, ParseError, Uri, Via, limits};

#[global_allocator]
static METER: fuzz::Meter = fuzz::Meter;

fuzz_target!(|input: &[u8]| {
    // The head as text, the index of its headers, the body, and what one accessor holds while it is asked.
    fuzz::bounded(64 * input.len() + 65_536, || match Message::parse(input) {
        Ok(message) => {
            ask_everything(&message);
            rebuild(&message);
            answer(&message, 200, input.len());
        }
        Err(ParseError::Answerable { fault, request }) => {
            assert!((400..600).contains(&fault.status()), "{fault}");
            ask_everything(&request);
            answer(&request, fault.status(), input.len());
        }
        Err(other) => assert!(!other.to_string().is_empty()),
    });
    // A header's value holds no line end.
    if let Some(text) = std::str::from_utf8(input).ok().filter(|text| !text.contains(['\r', '\n', '\0'])) {
        parts(text);
    }
});

fn ask_everything(message: &Message) {
    let _ = (message.method(), message.method_name(), message.status(), message.reason(), message.request_uri());
    let _ = (message.top_via(), message.from(), message.to(), message.contacts(), message.cseq(), message.call_id());
    let _ = (message.routes(), message.record_routes(), message.max_forwards(), message.expires());
    let _ = message.require().chain(message.supported()).chain(message.allow()).count();
    let _ = (sip::digest::strongest(message), message.session_expires(), message.min_se(), message.content_type());
    let _ = (message.address(Name::from_token("P-Asserted-Identity")), message.body(), message.has_optional_body());
    assert!(
        message.body_of("application/sdp").is_none_or(|part| !part.is_empty() && part.len() <= message.body().len())
    );
    for (_, name, value) in message.lines() {
        let clean = |text: &str| !text.contains(['\r', '\n', '\0']);
        assert!(clean(name) && clean(value), "{name:?}: {value:?}");
        assert!(message.header_named(name).is_some());
    }
}

/// Writes the message anew; both must say the same.
fn rebuild(message: &Message) {
    let lines: Vec<_> = message.lines().filter(|(name, ..)| *name != Name::ContentLength).collect();
    if lines.len() >= limits::HEADERS_MAX {
        return;
    }
    let mut builder = match message.status() {
        Some(status) => Builder::response(status, message.reason()),
        None => Builder::request_named(message.method_name(), message.request_uri_text()),
    };
    for (_, name, value) in &lines {
        builder.push(name, value);
    }
    let mut bytes = builder.finish();
    let end = bytes.windows(4).rposition(|four| four == b"\r\n\r\n").expect("a head has an end");
    bytes.truncate(end);
    bytes.truncate(bytes.windows(2).rposition(|two| two == b"\r\n").expect("Content-Length is the last line"));
    bytes.extend(format!("\r\nContent-Length: {}\r\n\r\n", message.body().len()).bytes());
    bytes.extend(message.body());
    if bytes.len() > limits::MESSAGE_BYTES_MAX {
        return;
    }
    let again = Message::parse(&bytes).expect("what was read and written again is readable");
    assert_eq!((again.method_name(), again.status()), (message.method_name(), message.status()));
    assert_eq!((again.request_uri_text(), again.reason()), (message.request_uri_text(), message.reason()));
    assert_eq!((again.cseq(), again.body()), (message.cseq(), message.body()));
    assert_eq!(again.request_uri(), message.request_uri());
    let of_again = again.lines().filter(|(name, ..)| *name != Name::ContentLength);
    assert!(of_again.eq(lines), "every line came back");
}

/// An answer is no amplifier, and readable where the request was whole.
fn answer(request: &Message, status: u16, input_length: usize) {
    if !request.is_request() {
        return;
    }
    let Ok(via) = request.top_via_ref() else { return };
    let via = via.noted(([192, 0, 2, 1], 5060).into());
    let bytes = Builder::reply(request, status, Some("our"), Some(&via)).finish();
    assert!(bytes.len() <= 3 * input_length + 1024, "{} bytes answer {input_length}", bytes.len());
    if status < 300 && bytes.len() < limits::MESSAGE_BYTES_MAX {
        let answer = Message::parse(&bytes).expect("the answer to a whole request is whole");
        assert_eq!((answer.call_id(), answer.cseq()), (request.call_id(), request.cseq()));
        assert_eq!(answer.vias().count(), request.vias().count());
    }
}

/// The readers of single values, and their writers: what was written reads as it was.
fn parts(text: &str) {
    if let Ok(uri) = Uri::parse(text) {
        assert_eq!(Uri::parse(&uri.to_string()).as_ref(), Ok(&uri));
        assert!(uri.equivalent(&uri));
        let _ = (uri.number(), uri.user_text(), uri.host_ip());
    }
    if let Ok(address) = NameAddr::parse(text) {
        assert_eq!(NameAddr::parse(&address.to_string()).as_ref(), Ok(&address));
    }
    if let Ok(via) = Via::parse(text) {
        assert_eq!(Via::parse(&via.to_string()).as_ref(), Ok(&via));
    }
    if let Ok(contact) = ContactHeader::parse(text) {
        assert_eq!(ContactHeader::parse(&contact.to_string()).as_ref(), Ok(&contact));
    }
    let _ = (Challenge::parse(text).map(|c| c.to_string()), Credentials::parse(text).map(|c| c.to_string()));
}
