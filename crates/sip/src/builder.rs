//! Writes messages.

use std::fmt::{self, Display, Write};

use memchr::memchr3;

use crate::message::Message;
use crate::method::Method;
use crate::name::Name;
use crate::name_addr::NameAddr;
use crate::reason::reason_phrase;
use crate::via::Via;

/// A message in the making. Line ends inside values become spaces, so that no value can add a header.
#[derive(Clone, Debug)]
pub struct Builder {
    head: String,
    content_type: Option<String>,
    body: Vec<u8>,
}

impl Builder {
    pub fn request(method: Method, uri: &str) -> Builder {
        Builder::start(format_args!("{method} {uri} SIP/2.0"))
    }

    /// A request with a method that `Method` does not know.
    pub fn request_named(method: &str, uri: &str) -> Builder {
        Builder::start(format_args!("{method} {uri} SIP/2.0"))
    }

    pub fn response(status: u16, reason: &str) -> Builder {
        Builder::start(format_args!("SIP/2.0 {status} {reason}"))
    }

    /// The response to a request: Via, From, To, Call-ID and CSeq as RFC 3261 §8.2.6.2 wants them. `via` is the top
    /// Via with its source noted; `to_tag` is added when To has no tag. A 100 repeats Timestamp.
    pub fn reply(request: &Message, status: u16, to_tag: Option<&str>, via: Option<&Via>) -> Builder {
        let mut builder = Builder::response(status, reason_phrase(status));
        let mut vias = request.vias();
        if let Some(via) = via {
            vias.next();
            builder.push(Name::Via, via);
        }
        for value in vias {
            builder.push(Name::Via, value);
        }
        builder.push(Name::From, request.header(Name::From).unwrap_or_default());
        match (request.to(), to_tag) {
            (Ok(to), Some(tag)) if to.tag().is_none() => builder.push_tagged(request, &to, tag),
            _ => builder.push(Name::To, request.header(Name::To).unwrap_or_default()),
        }
        builder.push(Name::CallId, request.call_id().unwrap_or_default());
        builder.push(Name::Cseq, request.header(Name::Cseq).unwrap_or_default());
        if status == 100
            && let Some(timestamp) = request.header(Name::Timestamp)
        {
            builder.push(Name::Timestamp, timestamp);
        }
        builder
    }

    fn start(line: fmt::Arguments<'_>) -> Builder {
        // A request with SDP takes about a kilobyte.
        let mut builder = Builder { head: String::with_capacity(1024), content_type: None, body: Vec::new() };
        builder.write(line);
        builder.head.push_str("\r\n");
        builder
    }

    /// The text of To as it came where a tag can be put behind it; some stacks compare it byte by byte.
    fn push_tagged(&mut self, request: &Message, to: &NameAddr, tag: &str) {
        match request.header(Name::To) {
            Some(text) if !to.params.has("tag") => self.push(Name::To, format_args!("{text};tag={tag}")),
            _ => self.push(Name::To, to.clone().with_tag(tag)),
        }
    }

    /// Adds a header line.
    #[must_use]
    pub fn header(mut self, name: impl AsRef<str>, value: impl Display) -> Builder {
        self.push(name, value);
        self
    }

    /// Adds a header line when there is a value.
    #[must_use]
    pub fn header_if(mut self, name: impl AsRef<str>, value: Option<impl Display>) -> Builder {
        if let Some(value) = value {
            self.push(name, value);
        }
        self
    }

    /// Adds a header line.
    pub fn push(&mut self, name: impl AsRef<str>, value: impl Display) {
        self.write(format_args!("{}", name.as_ref()));
        self.head.push_str(": ");
        self.write(format_args!("{value}"));
        self.head.push_str("\r\n");
    }

    /// Sets the body and its media type; the last call counts.
    #[must_use]
    pub fn body(mut self, content_type: &str, bytes: impl Into<Vec<u8>>) -> Builder {
        self.content_type = Some(content_type.to_owned());
        self.body = bytes.into();
        self
    }

    /// The bytes to send, Content-Length last.
    pub fn finish(mut self) -> Vec<u8> {
        if let Some(content_type) = self.content_type.take() {
            self.push(Name::ContentType, content_type);
        }
        let length = self.body.len();
        self.push(Name::ContentLength, length);
        self.head.push_str("\r\n");
        let mut bytes = self.head.into_bytes();
        bytes.append(&mut self.body);
        bytes
    }

    fn write(&mut self, text: fmt::Arguments<'_>) {
        OneLine(&mut self.head).write_fmt(text).expect("a String takes every write; a Display of ours never fails");
    }
}

/// Passes text on with spaces for what would end the line or confuse its reader.
struct OneLine<'a>(&'a mut String);

impl Write for OneLine<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text;
        while let Some((before, behind)) =
            memchr3(b'\r', b'\n', 0, rest.as_bytes()).and_then(|at| rest.split_at_checked(at))
        {
            self.0.push_str(before);
            self.0.push(' ');
            rest = behind.get(1..).unwrap_or_default();
        }
        self.0.push_str(rest);
        Ok(())
    }
}
