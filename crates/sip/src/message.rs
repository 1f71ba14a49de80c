//! A SIP message (RFC 3261 §7): its bytes, and an index of its headers made in one pass.

mod access;
mod error;
mod parts;
mod read;
mod spans;

use std::ops::Range;
use std::sync::Arc;

pub use access::Refresher;
pub use error::{Fault, HeaderError, ParseError};

use crate::method::Method;
use crate::name::{ASKED, Name, SINGLES};
use spans::{AddressSpans, Span, UriSpans, ViaSpans};

/// A request or a response. Owns its bytes; headers are found by index and read when asked for. A clone shares all of it:
/// the transaction and whoever is told of the message keep the same one.
///
/// Invalid UTF-8 in the head shows as U+FFFD; folded lines have become one.
#[derive(Clone, Debug)]
pub struct Message(Arc<Read>);

/// What a message holds.
#[derive(Clone, Debug)]
struct Read {
    /// The start line and the headers, folds replaced by spaces.
    head: String,
    start: Start,
    headers: Vec<Slot>,
    places: Places,
    ends: Option<Ends>,
    cseq: Option<(u32, Method)>,
    body: Vec<u8>,
}

/// The top Via and From as they were read, and the tags, by which every message finds its transaction and dialog.
#[derive(Clone, Copy, Debug)]
struct Ends {
    via: ViaSpans,
    /// `None` where it has more than is kept of an address.
    from: Option<AddressSpans>,
    from_tag: Span,
    /// Empty also where the parameter is there without a value.
    to_tag: Option<Span>,
}

#[derive(Clone, Debug)]
enum Start {
    Request { method: Method, method_text: Range<usize>, uri_text: Range<usize>, uri: Option<UriSpans> },
    Response { status: u16, reason: Range<usize> },
}

/// Which names that every message is asked for it has, and on which line first.
#[derive(Clone, Copy, Debug)]
struct Places {
    first: [u8; ASKED],
    /// A bit for each name that was seen, and for each that was seen more than once.
    seen: u16,
    repeated: u16,
}

impl Places {
    /// No header line has this number: `limits::HEADERS_MAX` is smaller.
    const NOWHERE: u8 = u8::MAX;
    const NONE: Places = Places { first: [Places::NOWHERE; ASKED], seen: 0, repeated: 0 };

    fn of(slots: &[Slot]) -> Places {
        let mut places = Places::NONE;
        slots.iter().enumerate().for_each(|(line, slot)| places.note(slot.name, line));
        places
    }

    #[inline]
    fn note(&mut self, name: Name, line: usize) {
        let Some(place) = name.asked() else { return };
        let bit = 1 << place;
        self.repeated |= self.seen & bit;
        if self.seen & bit == 0
            && let Some(first) = self.first.get_mut(place)
        {
            *first = line as u8;
        }
        self.seen |= bit;
    }

    /// The line on which a name stands first.
    #[inline]
    fn line(&self, place: usize) -> usize {
        self.first.get(place).map_or(usize::MAX, |&line| usize::from(line))
    }

    const fn repeats(&self, place: usize) -> bool {
        self.repeated & (1 << place) != 0
    }

    const fn repeats_a_single(&self) -> bool {
        self.repeated & SINGLES != 0
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

    /// How many bytes it holds, its index among them.
    pub(crate) fn size(&self) -> usize {
        self.0.head.len() + self.0.body.len() + self.0.headers.len() * size_of::<Slot>()
    }

    fn text(&self, range: &Range<usize>) -> &str {
        self.0.head.get(range.clone()).unwrap_or_default()
    }

    fn value(&self, slot: &Slot) -> &str {
        self.0.head.get(slot.value_range()).unwrap_or_default()
    }

    fn name_text(&self, slot: &Slot) -> &str {
        self.0.head.get(slot.name_range()).unwrap_or_default()
    }
}
