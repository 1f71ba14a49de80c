//! Writes messages.

use std::fmt::{self, Display, Write};

use memchr::memchr3;

use crate::contact::ContactHeader;
use crate::message::Message;
use crate::method::Method;
use crate::name::Name;
use crate::name_addr::NameAddr;
use crate::reason::reason_phrase;
use crate::text::{self, push_number};

/// A message in the making. Line ends inside values become spaces, so that no value can add a header.
#[derive(Clone, Debug)]
pub struct Builder {
    head: String,
    content_type: Option<String>,
    body: Vec<u8>,
}

/// What a header value is made of. Text is copied, without the detour through a formatter: a message has a dozen of them.
pub trait Value {
    /// Appends the text; line ends in it become spaces.
    fn write(&self, head: &mut String);
}

impl Value for str {
    fn write(&self, head: &mut String) {
        push_line(head, self);
    }
}

impl Value for String {
    fn write(&self, head: &mut String) {
        push_line(head, self);
    }
}

impl<T: Value + ?Sized> Value for &T {
    fn write(&self, head: &mut String) {
        (**self).write(head);
    }
}

macro_rules! numbers {
    ($($kind:ty)*) => {$(
        impl Value for $kind {
            fn write(&self, head: &mut String) {
                push_number(head, u64::from(*self));
            }
        }
    )*};
}

numbers!(u8 u16 u32 u64);

macro_rules! displayed {
    ($($kind:ty)*) => {$(
        impl Value for $kind {
            fn write(&self, head: &mut String) {
                push_display(head, self);
            }
        }
    )*};
}

displayed!(fmt::Arguments<'_> NameAddr ContactHeader);

/// A CSeq.
impl Value for (u32, Method) {
    fn write(&self, head: &mut String) {
        push_number(head, self.0.into());
        head.push(' ');
        head.push_str(self.1.name());
    }
}

impl Builder {
    pub fn request(method: Method, uri: &str) -> Builder {
        Builder::request_named(method.name(), uri)
    }

    /// A request with a method that `Method` does not know.
    pub fn request_named(method: &str, uri: &str) -> Builder {
        let mut builder = Builder::empty();
        push_line(&mut builder.head, method);
        builder.head.push(' ');
        push_line(&mut builder.head, uri);
        builder.head.push_str(" SIP/2.0\r\n");
        builder
    }

    pub fn response(status: u16, reason: &str) -> Builder {
        let mut builder = Builder::status(status);
        push_line(&mut builder.head, reason);
        builder.head.push_str("\r\n");
        builder
    }

    /// The status line up to its phrase.
    fn status(status: u16) -> Builder {
        let mut builder = Builder::empty();
        builder.head.push_str("SIP/2.0 ");
        push_number(&mut builder.head, status.into());
        builder.head.push(' ');
        builder
    }

    fn empty() -> Builder {
        // A message with SDP takes somewhat less than a kilobyte; more than this, allocators serve more slowly.
        Builder { head: String::with_capacity(1024), content_type: None, body: Vec::new() }
    }

    /// The response to a request: Via, From, To, Call-ID and CSeq as RFC 3261 §8.2.6.2 wants them. `via` is the top
    /// Via as `ViaRef::noted` gives it; `to_tag` is added when To has no tag. A 100 repeats Timestamp.
    pub fn reply(request: &Message, status: u16, to_tag: Option<&str>, via: Option<&str>) -> Builder {
        let mut builder = Builder::status(status);
        builder.head.push_str(reason_phrase(status));
        builder.head.push_str("\r\n");
        if let Some(via) = via {
            builder.push(Name::Via, via);
        }
        builder.copy_vias(request, usize::from(via.is_some()));
        builder.copy_line(request, Name::From);
        builder.push_to(request, to_tag);
        builder.copy_line(request, Name::CallId);
        builder.copy_line(request, Name::Cseq);
        if status == 100
            && let Some(timestamp) = request.header(Name::Timestamp)
        {
            builder.copy(Name::Timestamp, timestamp);
        }
        builder
    }

    /// To as it came where a tag can be put behind it; some stacks compare it byte by byte.
    fn push_to(&mut self, request: &Message, tag: Option<&str>) {
        let text = request.header(Name::To).unwrap_or_default();
        let Some(tag) = tag.filter(|_| request.to_tag().is_empty()) else { return self.copy(Name::To, text) };
        let address = if request.lacks_to_tag() { None } else { request.to_ref().ok() };
        match address {
            Some(address) if address.tag().is_none() && address.params.has("tag") => {
                self.push(Name::To, address.to_name_addr().with_tag(tag));
            }
            Some(address) if address.tag().is_some() => self.copy(Name::To, text),
            None if !request.lacks_to_tag() => self.copy(Name::To, text),
            _ => {
                self.start_line(Name::To, text);
                self.head.push_str(";tag=");
                push_line(&mut self.head, tag);
                self.head.push_str("\r\n");
            }
        }
    }

    /// Adds every Via as it came, behind the first `skip`.
    fn copy_vias(&mut self, request: &Message, skip: usize) {
        let Some(lines) = request.via_lines(skip) else {
            return request.vias().skip(skip).for_each(|value| self.copy(Name::Via, value));
        };
        for line in lines {
            match line {
                Ok(line) => self.head.push_str(line),
                Err(value) => self.copy(Name::Via, value),
            }
        }
    }

    /// Adds the first header line of that name as it came, in one piece when it is written as we write it.
    fn copy_line(&mut self, request: &Message, name: Name) {
        match request.whole_line(name) {
            Some(line) => self.head.push_str(line),
            None => self.copy(name, request.header(name).unwrap_or_default()),
        }
    }

    /// Adds a header line whose value stood in a message that was read, so that it ends no line.
    pub(crate) fn copy(&mut self, name: Name, value: &str) {
        self.start_line(name, value);
        self.head.push_str("\r\n");
    }

    fn start_line(&mut self, name: Name, value: &str) {
        self.head.push_str(name.text());
        self.head.push_str(": ");
        self.head.push_str(value);
    }

    /// Adds a header line.
    #[must_use]
    pub fn header(mut self, name: impl AsRef<str>, value: impl Value) -> Builder {
        self.push(name, value);
        self
    }

    /// Adds a header line when there is a value.
    #[must_use]
    pub fn header_if(mut self, name: impl AsRef<str>, value: Option<impl Value>) -> Builder {
        if let Some(value) = value {
            self.push(name, value);
        }
        self
    }

    /// Adds a header line.
    #[inline]
    pub fn push(&mut self, name: impl AsRef<str>, value: impl Value) {
        push_line(&mut self.head, name.as_ref());
        self.head.push_str(": ");
        value.write(&mut self.head);
        self.head.push_str("\r\n");
    }

    /// Adds a header line that lists the values; nothing when there is none.
    pub fn push_list<'a>(&mut self, name: Name, values: impl IntoIterator<Item = &'a str>) {
        let mut values = values.into_iter();
        let Some(first) = values.next() else { return };
        self.head.push_str(name.as_str());
        self.head.push_str(": ");
        push_line(&mut self.head, first);
        for value in values {
            self.head.push_str(", ");
            push_line(&mut self.head, value);
        }
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
        let body = std::mem::take(&mut self.body);
        let content_type = self.content_type.take();
        self.close(content_type.as_deref(), &body)
    }

    /// The bytes to send with a body that somebody else keeps.
    pub fn finish_with(self, content_type: &str, body: &[u8]) -> Vec<u8> {
        self.close(Some(content_type), body)
    }

    fn close(mut self, content_type: Option<&str>, body: &[u8]) -> Vec<u8> {
        if let Some(content_type) = content_type {
            self.head.push_str("Content-Type: ");
            push_line(&mut self.head, content_type);
            self.head.push_str("\r\n");
        }
        self.head.push_str("Content-Length: ");
        push_number(&mut self.head, body.len() as u64);
        self.head.push_str("\r\n\r\n");
        let mut bytes = self.head.into_bytes();
        bytes.extend_from_slice(body);
        bytes
    }
}

/// Appends text with spaces for what would end the line or confuse its reader.
fn push_line(head: &mut String, text: &str) {
    if text::find_control(text.as_bytes()).is_none() {
        return head.push_str(text);
    }
    let mut rest = text;
    while let Some((before, behind)) =
        memchr3(b'\r', b'\n', 0, rest.as_bytes()).and_then(|at| rest.split_at_checked(at))
    {
        head.push_str(before);
        head.push(' ');
        rest = behind.get(1..).unwrap_or_default();
    }
    head.push_str(rest);
}

fn push_display(head: &mut String, value: &(impl Display + ?Sized)) {
    write!(OneLine(head), "{value}").expect("a String takes every write; a Display of ours never fails");
}

/// A formatter's way into `push_line`.
struct OneLine<'a>(&'a mut String);

impl Write for OneLine<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        push_line(self.0, text);
        Ok(())
    }
}
