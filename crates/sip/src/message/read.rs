//! The reader: one pass over the bytes.

use std::ops::Range;
use std::sync::Arc;

use super::spans::UriSpans;
use super::{Ends, Fault, Message, ParseError, Places, Read, Slot, Start};
use crate::limits;
use crate::method::Method;
use crate::name::Name;
use crate::text;
use crate::uri::UriRef;

/// The headers without which no request can be answered and no response matched (RFC 3261 §8.1.1).
const MANDATORY: [Name; 5] = [Name::Via, Name::From, Name::To, Name::CallId, Name::Cseq];

/// A CSeq number is below this (RFC 3261 §8.1.1.5).
const CSEQ_MAX: u32 = 1 << 31;

pub(super) fn read(bytes: &[u8]) -> Result<Message, ParseError> {
    if is_keep_alive(bytes) {
        return Err(ParseError::KeepAlive);
    }
    if bytes.len() > limits::MESSAGE_BYTES_MAX {
        return Err(ParseError::Garbage(Fault::TooLarge));
    }
    let scan = Scan::run(bytes);
    let head = head_text(bytes, scan.body_at, &scan.blanks);
    let mut fault = scan.fault;
    let start = read_start(&head, scan.start_line, &mut fault).map_err(ParseError::Garbage)?;
    let mut headers = scan.slots;
    let mut places = scan.places;
    if scan.strays {
        headers.iter_mut().for_each(|slot| trim(&head, slot));
    }
    if places.repeats_a_single() {
        drop_repeats(&head, &mut headers, &mut fault);
        places = Places::of(&headers);
    }
    let body = bytes.get(scan.body_at..).unwrap_or_default().to_vec();
    let read = Read { head, start, headers, places, ends: None, cseq: None, body };
    let mut message = Message(Arc::new(read));
    if let Some(missing) = MANDATORY.into_iter().find(|&name| !message.has_value(name)) {
        return Err(ParseError::Garbage(Fault::Missing(missing)));
    }
    let checked = message.check();
    match fault.or(checked.err()) {
        None => Ok(message),
        Some(fault) if message.is_request() && message.method() != Method::Ack => {
            Err(ParseError::Answerable { fault, request: message })
        }
        Some(fault) => Err(ParseError::Garbage(fault)),
    }
}

/// Empty lines (RFC 5626 §4.4.1), a few stray bytes, or a STUN message (RFC 5389 §6: two zero bits, magic cookie).
fn is_keep_alive(bytes: &[u8]) -> bool {
    bytes.len() <= limits::KEEP_ALIVE_BYTES_MAX
        || bytes.iter().all(|byte| matches!(byte, b'\r' | b'\n' | b' ' | b'\t' | 0))
        || (bytes.first().is_some_and(|&first| first < 0x40) && bytes.get(4..8) == Some(&[0x21, 0x12, 0xa4, 0x42]))
}

/// Where the lines of the head are.
struct Scan<'a> {
    bytes: &'a [u8],
    start_line: Range<usize>,
    slots: Vec<Slot>,
    places: Places,
    /// Bytes that become spaces: the line ends inside folded headers, quoted NUL, and stray CR and NUL.
    blanks: Vec<usize>,
    body_at: usize,
    /// The first fault found; the scan goes on, so that the sender can be told.
    fault: Option<Fault>,
    /// CR or NUL were found inside lines.
    strays: bool,
}

impl<'a> Scan<'a> {
    fn run(bytes: &'a [u8]) -> Scan<'a> {
        let start = bytes.iter().position(|byte| !matches!(byte, b'\r' | b'\n')).unwrap_or(0);
        let mut scan = Scan {
            bytes,
            start_line: 0..0,
            // A call's messages have 10 to 25 headers.
            slots: Vec::with_capacity(24),
            places: Places::NONE,
            blanks: Vec::new(),
            body_at: 0,
            fault: None,
            strays: false,
        };
        scan.lines(start);
        scan
    }

    fn lines(&mut self, start: usize) {
        let (line, mut next) = self.any_line(start);
        self.start_line = line;
        loop {
            let (line, after) = self.line(next);
            if line.is_empty() {
                self.body_at = after;
                return;
            }
            next = match self.bytes.get(after) {
                Some(b' ' | b'\t') => self.folded(line, after),
                _ => {
                    self.header(line);
                    after
                }
            };
        }
    }

    /// Reads a header whose value goes on at `next`; gives where the line behind it begins.
    #[cold]
    fn folded(&mut self, mut line: Range<usize>, mut next: usize) -> usize {
        while matches!(self.bytes.get(next), Some(b' ' | b'\t')) {
            self.blanks.extend(line.end..next);
            let (folded, behind) = self.any_line(next);
            line.end = folded.end;
            next = behind;
        }
        self.header(line);
        next
    }

    /// The line at `from` without its end, and where the next one begins.
    #[inline(always)]
    fn line(&mut self, from: usize) -> (Range<usize>, usize) {
        let rest = self.bytes.get(from..).unwrap_or_default();
        match text::find_control(rest) {
            Some(length) if rest.get(length) == Some(&b'\r') && rest.get(length + 1) == Some(&b'\n') => {
                (from..from + length, from + length + 2)
            }
            _ => self.any_line(from),
        }
    }

    /// The same for a line that has a tab, a stray byte or another end.
    #[cold]
    fn any_line(&mut self, from: usize) -> (Range<usize>, usize) {
        let mut at = from;
        loop {
            let rest = self.bytes.get(at..).unwrap_or_default();
            let Some(control) = text::find_control(rest) else {
                // The empty line that ends the head is missing.
                self.fail(Fault::HeaderLine);
                return (from..self.bytes.len(), self.bytes.len());
            };
            at += control;
            match (rest.get(control), rest.get(control + 1)) {
                (Some(b'\r'), Some(b'\n')) => return (from..at, at + 2),
                (Some(b'\n'), _) => return (from..at, at + 1),
                (Some(0), _) if at > from && self.bytes.get(at - 1) == Some(&b'\\') => self.quoted_nul(at),
                (Some(b'\r' | 0), _) => self.stray(at),
                _ => {}
            }
            at += 1;
        }
    }

    fn stray(&mut self, at: usize) {
        self.fail(Fault::HeaderLine);
        self.blanks.push(at);
        self.strays = true;
    }

    /// A quoted pair may hold a NUL (RFC 3261 §25.1); whoever reads on is spared it.
    fn quoted_nul(&mut self, at: usize) {
        self.blanks.push(at);
        self.strays = true;
    }

    #[inline]
    fn header(&mut self, line: Range<usize>) {
        let bytes = self.bytes.get(line.clone()).unwrap_or_default();
        if bytes.len() > limits::HEADER_BYTES_MAX {
            return self.fail(Fault::HeaderTooLong);
        }
        if self.slots.len() >= limits::HEADERS_MAX {
            return self.fail(Fault::TooManyHeaders);
        }
        let Some((name, name_length, value)) = split_header(bytes) else { return self.fail(Fault::HeaderLine) };
        let value_at = line.end - value.len();
        self.places.note(name, self.slots.len());
        self.slots.push(Slot {
            name,
            name_at: line.start as u32,
            name_length: name_length as u16,
            value_length: trimmed_end(value).len() as u16,
            value_at: value_at as u32,
        });
    }

    fn fail(&mut self, fault: Fault) {
        self.fault.get_or_insert(fault);
    }
}

/// The name of a header line, its length as written, and the value without what is blank before it.
#[inline]
fn split_header(line: &[u8]) -> Option<(Name, usize, &[u8])> {
    let colon = text::find(line, b':')?;
    let (mut name_text, value) = line.split_at_checked(colon)?;
    while let [rest @ .., b' ' | b'\t'] = name_text {
        name_text = rest;
    }
    let name = Name::of_line(line, name_text.len());
    // Whatever we know by name is a token.
    if name == Name::Other && !text::is_token_bytes(name_text) {
        return None;
    }
    let value = match value {
        // As nearly all write it.
        [b':', b' ', value @ ..] if value.first().is_some_and(|&first| first > b' ') => value,
        [b':', value @ ..] => value.trim_ascii_start(),
        _ => value,
    };
    Some((name, name_text.len(), value))
}

#[inline]
fn trimmed_end(value: &[u8]) -> &[u8] {
    if value.last().is_some_and(|&last| last > b' ') { value } else { value.trim_ascii_end() }
}

/// The head as text of the same length: blanks are spaces, bytes that are no UTF-8 are `?`.
fn head_text(bytes: &[u8], head_length: usize, blanks: &[usize]) -> String {
    let mut head = bytes.get(..head_length).unwrap_or(bytes).to_vec();
    for &at in blanks {
        if let Some(byte) = head.get_mut(at) {
            *byte = b' ';
        }
    }
    String::from_utf8(head).unwrap_or_else(|error| {
        let mut text = String::with_capacity(head_length);
        for chunk in error.as_bytes().utf8_chunks() {
            text.push_str(chunk.valid());
            text.extend(chunk.invalid().iter().map(|_| '?'));
        }
        text
    })
}

/// Reads the start line. `Err` when not even a method or a status can be told; other faults are noted.
fn read_start(head: &str, line: Range<usize>, fault: &mut Option<Fault>) -> Result<Start, Fault> {
    let text = head.get(line.clone()).ok_or(Fault::StartLine)?;
    if text.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("SIP/")) {
        return read_status_line(text, line.start);
    }
    let trimmed = text.trim_end_matches([' ', '\t']);
    let (method, rest) =
        text::cut(trimmed, b' ').filter(|(method, _)| text::is_token(method)).ok_or(Fault::StartLine)?;
    let at = memchr::memrchr(b' ', rest.as_bytes()).ok_or(Fault::StartLine)?;
    let (uri, version) = (rest.get(..at).unwrap_or_default(), rest.get(at + 1..).unwrap_or_default());
    if !version.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("SIP/")) {
        return Err(Fault::StartLine);
    }
    if trimmed.len() != text.len() {
        fault.get_or_insert(Fault::StartLine);
    }
    if !version.eq_ignore_ascii_case("SIP/2.0") {
        fault.get_or_insert(Fault::Version);
    }
    let read = UriRef::parse(uri);
    if read.is_err() {
        let too_long = uri.len() > limits::URI_BYTES_MAX;
        fault.get_or_insert(if too_long { Fault::RequestUriTooLong } else { Fault::RequestUri });
    }
    let uri_at = line.start + method.len() + 1;
    Ok(Start::Request {
        method: Method::from_token(method),
        method_text: line.start..line.start + method.len(),
        uri_text: uri_at..uri_at + uri.len(),
        uri: read.ok().and_then(|read| UriSpans::of(head, read)),
    })
}

fn read_status_line(text: &str, at: usize) -> Result<Start, Fault> {
    let (version, rest) = text.split_once(' ').ok_or(Fault::StartLine)?;
    if !version.eq_ignore_ascii_case("SIP/2.0") {
        return Err(Fault::Version);
    }
    // Some stacks leave the space behind the code away when they have no phrase.
    let (code, reason) = rest.split_once(' ').unwrap_or((rest, ""));
    let status = text::number(code).filter(|status| code.len() == 3 && (100..700).contains(status));
    let reason_at = at + text.len() - reason.len();
    Ok(Start::Response { status: status.ok_or(Fault::StartLine)?, reason: reason_at..at + text.len() })
}

/// Takes the spaces off that were stray bytes.
fn trim(head: &str, slot: &mut Slot) {
    let text = head.get(slot.value_range()).unwrap_or_default();
    let trimmed = text.trim_ascii_start();
    slot.value_at += (text.len() - trimmed.len()) as u32;
    slot.value_length = text::trim(trimmed).len() as u16;
}

/// Keeps the first of the headers that may stand once; notes a fault when another one says something else.
fn drop_repeats(head: &str, slots: &mut Vec<Slot>, fault: &mut Option<Fault>) {
    let all = std::mem::take(slots);
    for slot in all {
        let first = slots.iter().find(|first| first.name == slot.name).filter(|_| slot.name.is_single());
        let Some(first) = first else {
            slots.push(slot);
            continue;
        };
        if head.get(first.value_range()) != head.get(slot.value_range()) {
            fault.get_or_insert(Fault::Repeated(slot.name));
        }
    }
}

impl Message {
    /// Whether what every transaction needs can be read; notes CSeq and the ends, and cuts the body.
    fn check(&mut self) -> Result<(), Fault> {
        let cseq = self.header(Name::Cseq).and_then(read_cseq);
        let (number, method) = cseq.ok_or(Fault::Malformed(Name::Cseq))?;
        let same = !self.is_request() || method == self.method_name();
        let cseq = (number, Method::from_token(method));
        // Also of a request that is refused for its CSeq: whoever answers it looks at the tags.
        let ends = Ends::of(self);
        let length = self.body_length();
        let read = Arc::make_mut(&mut self.0);
        read.cseq = Some(cseq);
        read.ends = ends.as_ref().ok().copied();
        if let Ok(length) = length {
            read.body.truncate(length);
        }
        if !same {
            return Err(Fault::CseqMethod);
        }
        ends.map(drop).and(self.check_via_list()).map_err(|error| Fault::Malformed(error.name))?;
        if self.header(Name::MaxForwards).is_some_and(|hops| text::number::<u8>(hops).is_none()) {
            return Err(Fault::Malformed(Name::MaxForwards));
        }
        length.map(drop)
    }

    /// The bytes of the body that count.
    fn body_length(&self) -> Result<usize, Fault> {
        let Some(value) = self.header(Name::ContentLength) else { return Ok(self.0.body.len()) };
        let length: usize = text::number(value).ok_or(Fault::Malformed(Name::ContentLength))?;
        if length > self.0.body.len() { Err(Fault::Truncated) } else { Ok(length) }
    }
}

fn read_cseq(value: &str) -> Option<(u32, &str)> {
    let at = value.bytes().position(|byte| matches!(byte, b' ' | b'\t'))?;
    let (number, method) = value.split_at_checked(at)?;
    let number = text::number(number).filter(|&number| number < CSEQ_MAX)?;
    let method = text::trim(method);
    text::is_token(method).then_some((number, method))
}
