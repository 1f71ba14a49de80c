//! A SIP message (RFC 3261 §7): its bytes, and an index of its headers made in one pass.

mod access;
mod error;
mod read;

use std::ops::Range;

pub use access::Refresher;
pub use error::{Fault, HeaderError, ParseError};

use crate::method::Method;
use crate::name::Name;

/// A request or a response. Owns its bytes; headers are found by index and read when asked for.
///
/// Invalid UTF-8 in the head shows as U+FFFD; folded lines have become one.
#[derive(Clone, Debug)]
pub struct Message {
    /// The start line and the headers, folds replaced by spaces.
    head: String,
    start: Start,
    headers: Vec<Slot>,
    cseq: Option<(u32, Method)>,
    body: Vec<u8>,
}

#[derive(Clone, Debug)]
enum Start {
    Request { method: Method, method_text: Range<usize>, uri_text: Range<usize> },
    Response { status: u16, reason: Range<usize> },
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
