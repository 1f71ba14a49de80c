//! One message as people read it.

use base::{Flow, Wall};
use sip::{Message, Name, ParseError};

use crate::mask::Mask;
use crate::wire::{Way, Wire};

/// Headers that tell why a call went as it did.
const TOLD: [Name; 16] = [
    Name::Reason,
    Name::RetryAfter,
    Name::Require,
    Name::Unsupported,
    Name::Rseq,
    Name::Rack,
    Name::SessionExpires,
    Name::MinSe,
    Name::Warning,
    Name::ReferTo,
    Name::ReferredBy,
    Name::Replaces,
    Name::Diversion,
    Name::Privacy,
    Name::Event,
    Name::SubscriptionState,
];

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rung {
    /// Since the first message of the call.
    pub at_ms: u64,
    pub at: Wall,
    pub way: Way,
    pub leg: u16,
    pub peer: Flow,
    /// Method or status line; empty where it could not be read.
    pub what: String,
    /// The method, of a response that of its request.
    pub method: String,
    /// Of a response.
    pub status: Option<u16>,
    /// Number and method.
    pub cseq: String,
    /// The same bytes went this way on this leg before.
    pub again: bool,
    /// Headers that say why, with their values.
    pub headers: Vec<(&'static str, String)>,
    /// Of a session description.
    pub streams: Vec<sdp::Gist>,
    /// Of any other body.
    pub body: Option<Body>,
    /// The message itself, where it is asked for.
    pub text: Option<String>,
}

/// A body that is not shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// The media type; empty where nobody says.
    pub kind: String,
    pub bytes: usize,
    /// It may hold keys that the citizen pressed.
    pub digits: bool,
}

/// The message in those bytes, also where something in it is wrong.
pub(crate) fn parse(wire: &Wire) -> Option<Message> {
    match Message::parse(&wire.bytes) {
        Ok(message) | Err(ParseError::Answerable { request: message, .. }) => Some(message),
        Err(_) => None,
    }
}

impl Rung {
    pub(crate) fn new(at_ms: u64, leg: u16, wire: &Wire) -> Rung {
        Rung {
            at_ms,
            at: wire.now.wall,
            way: wire.way,
            leg,
            peer: wire.flow,
            what: String::new(),
            method: String::new(),
            status: None,
            cseq: String::new(),
            again: false,
            headers: Vec::new(),
            streams: Vec::new(),
            body: None,
            text: None,
        }
    }

    /// Reads the message as `mask` allows; in full where `full` is asked for.
    pub(crate) fn read(&mut self, message: &Message, mask: &Mask, full: bool) {
        let (number, method) = cseq(message);
        self.method = mask.plain(method);
        self.cseq = format!("{number} {}", self.method);
        self.status = message.status();
        self.what = match self.status {
            Some(status) => mask.plain(format!("{status} {}", message.reason()).trim_end()),
            None => mask.plain(message.method_name()),
        };
        for name in TOLD {
            let values = message.headers(name).filter(|value| !value.is_empty());
            self.headers.extend(values.map(|value| (name.as_str(), mask.header(name, value))));
        }
        self.describe(message, mask);
        self.text = full.then(|| self.write(message, mask));
    }

    fn describe(&mut self, message: &Message, mask: &Mask) {
        if message.body().is_empty() {
            return;
        }
        match description(message).and_then(|body| sdp::gist(body.as_bytes())) {
            Some(streams) => self.streams = streams.into_iter().map(|stream| masked(stream, mask)).collect(),
            None => {
                let kind = mask.plain(message.content_type().unwrap_or_default());
                let digits = message.method() == sip::Method::Info;
                self.body = Some(Body { kind, bytes: message.body().len(), digits });
            }
        }
    }

    fn write(&self, message: &Message, mask: &Mask) -> String {
        let mut text = match self.status {
            Some(_) => format!("SIP/2.0 {}\r\n", self.what),
            None => format!("{} {} SIP/2.0\r\n", self.what, mask.uri(message.request_uri_text())),
        };
        for (name, written, value) in message.lines() {
            // A name that nobody knows may itself be anything.
            let written = if name == Name::Other { mask.plain(written) } else { written.to_owned() };
            text.push_str(&format!("{written}: {}\r\n", mask.header(name, value)));
        }
        text.push_str("\r\n");
        match (&self.body, description(message)) {
            (Some(Body { kind, bytes, digits: true }), _) => {
                text.push_str(&format!("[{kind}, {bytes} bytes: digits hidden]\r\n"));
            }
            (Some(Body { kind, bytes, .. }), _) => text.push_str(&format!("[{kind}, {bytes} bytes: not shown]\r\n")),
            (None, Some(body)) => text.push_str(&mask.sdp(&body)),
            (None, None) => {}
        }
        text
    }
}

fn cseq(message: &Message) -> (u32, &str) {
    let value = message.header(Name::Cseq).unwrap_or_default();
    let mut words = value.split_ascii_whitespace();
    let number = words.next().and_then(|word| word.parse().ok()).unwrap_or(0);
    (number, words.next().unwrap_or_default())
}

/// The session description, as text. Keys that a phone sends by INFO are none, whatever they call themselves.
fn description(message: &Message) -> Option<String> {
    let is_sdp = message.content_type().is_none_or(|kind| kind.eq_ignore_ascii_case(sdp::CONTENT_TYPE));
    let described = is_sdp && message.method() != sip::Method::Info && message.body().starts_with(b"v=0");
    described.then(|| String::from_utf8_lossy(message.body()).into_owned())
}

fn masked(stream: sdp::Gist, mask: &Mask) -> sdp::Gist {
    let sdp::Gist { media, address, port, codecs, direction } = stream;
    let codecs = codecs.iter().map(|codec| mask.plain(codec)).collect();
    sdp::Gist { media: mask.plain(&media), address: mask.plain(&address), port, codecs, direction }
}
