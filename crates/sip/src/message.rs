//! A SIP message (RFC 3261 §7): its bytes, and an index of its headers made in one pass.

mod access;
mod error;
mod read;

use std::ops::Range;

pub use access::Refresher;
pub use error::{Fault, HeaderError, ParseError};

use crate::method::Method;
use crate::name::{ASKED, Name};

/// A request or a response. Owns its bytes; headers are found by index and read when asked for.
///
/// Invalid UTF-8 in the head shows as U+FFFD; folded lines have become one.
#[derive(Clone, Debug)]
pub struct Message {
    /// The start line and the headers, folds replaced by spaces.
    head: String,
    start: Start,
    headers: Vec<Slot>,
    places: Places,
    /// The top Via, and the tags of From and To, by which every message finds its transaction and dialog.
    via: Option<ViaSpans>,
    from_tag: Span,
    /// Empty also where the parameter is there without a value.
    to_tag: Option<Span>,
    cseq: Option<(u32, Method)>,
    body: Vec<u8>,
}

#[derive(Clone, Debug)]
enum Start {
    Request { method: Method, method_text: Range<usize>, uri_text: Range<usize> },
    Response { status: u16, reason: Range<usize> },
}

/// A piece of the head.
#[derive(Clone, Copy, Debug, Default)]
struct Span {
    at: u32,
    length: u32,
}

impl Span {
    /// Where `part` stands, which is a piece of `whole`.
    fn of(whole: &str, part: &str) -> Span {
        let at = (part.as_ptr() as usize).wrapping_sub(whole.as_ptr() as usize);
        Span { at: at as u32, length: part.len() as u32 }
    }

    fn text(self, whole: &str) -> &str {
        whole.get(self.at as usize..self.at as usize + self.length as usize).unwrap_or_default()
    }
}

/// A Via that was read.
#[derive(Clone, Copy, Debug)]
struct ViaSpans {
    transport: Span,
    host: Span,
    port: Option<u16>,
    params: Span,
    plain: bool,
}

/// The first header line of each name that every message is asked for.
#[derive(Clone, Copy, Debug)]
struct Places([u8; ASKED]);

impl Places {
    /// No header line has this number: `limits::HEADERS_MAX` is smaller.
    const NOWHERE: u8 = u8::MAX;

    fn of(slots: &[Slot]) -> Places {
        let mut places = Places([Places::NOWHERE; ASKED]);
        for (at, slot) in slots.iter().enumerate() {
            if let Some(place) = slot.name.asked().and_then(|place| places.0.get_mut(place))
                && *place == Places::NOWHERE
            {
                *place = at as u8;
            }
        }
        places
    }
}

/// Where in the head a header line stands. The numbers fit: a message has `limits::MESSAGE_BYTES_MAX` bytes at most, a
/// header `limits::HEADER_BYTES_MAX`.
#[derive(Clone, Copy, Debug)]
struct Slot {
    name: Name,
    name_at: u32,
    name_length: u16,
    value_length: u16,
    value_at: u32,
}

impl Slot {
    const fn name_range(&self) -> Range<usize> {
        self.name_at as usize..self.name_at as usize + self.name_length as usize
    }

    const fn value_range(&self) -> Range<usize> {
        self.value_at as usize..self.value_at as usize + self.value_length as usize
    }
}

impl Message {
    /// Reads a whole datagram or frame.
    ///
    /// Leading empty lines are skipped. Without Content-Length the body is the rest; bytes behind Content-Length are
    /// cut; fewer bytes than it says are a fault (RFC 3261 §18.3).
    pub fn parse(bytes: &[u8]) -> Result<Message, ParseError> {
        read::read(bytes)
    }

    fn text(&self, range: &Range<usize>) -> &str {
        self.head.get(range.clone()).unwrap_or_default()
    }

    fn value(&self, slot: &Slot) -> &str {
        self.head.get(slot.value_range()).unwrap_or_default()
    }

    fn name_text(&self, slot: &Slot) -> &str {
        self.head.get(slot.name_range()).unwrap_or_default()
    }
}
