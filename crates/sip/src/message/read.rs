//! The reader: one pass over the bytes.

use std::ops::Range;

use super::{Fault, Message, ParseError, Places, Slot, Span, Start};
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
    if scan.careful {
        headers.iter_mut().for_each(|slot| trim(&head, slot));
    }
    if scan.repeats {
        drop_repeats(&head, &mut headers, &mut fault);
    }
    let body = bytes.get(scan.body_at..).unwrap_or_default().to_vec();
    let places = Places::of(&headers);
    let (via, from_tag, to_tag) = (None, Span::default(), None);
    let mut message = Message { head, start, headers, places, via, from_tag, to_tag, cseq: None, body };
    if let Some(missing) = MANDATORY.into_iter().find(|&name| !message.has_value(name)) {
        return Err(ParseError::Garbage(Fault::Missing(missing)));
    }
    let checked = message.check();
    match fault.or(checked.err()) {
        None => Ok(message),
        Some(fault) if message.is_request() && message.method() != Method::Ack => {
            Err(ParseError::Answerable { fault, request: Box::new(message) })
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
    /// Bytes that become spaces: the line ends inside folded headers, and stray CR and NUL.
    blanks: Vec<usize>,
    body_at: usize,
    /// The first fault found; the scan goes on, so that the sender can be told.
    fault: Option<Fault>,
    /// Which names that may stand once were seen, and whether one was seen twice.
    singles: u16,
    repeats: bool,
    /// Line ends that began with CR.
    returns: usize,
    /// Looks for stray CR and NUL line by line, so that faults come in the order of the message.
    careful: bool,
}

impl<'a> Scan<'a> {
    fn run(bytes: &'a [u8]) -> Scan<'a> {
        let start = bytes.iter().position(|byte| !matches!(byte, b'\r' | b'\n')).unwrap_or(0);
        let mut scan = Scan::new(bytes, false);
        scan.lines(start);
        // Hardly any message has a stray CR or NUL: they are counted in one sweep, and looked for only when there are.
        if count_cr_and_nul(bytes.get(start..scan.body_at).unwrap_or_default()) != scan.returns {
            scan = Scan::new(bytes, true);
            scan.lines(start);
        }
        scan
    }

    fn new(bytes: &'a [u8], careful: bool) -> Scan<'a> {
        Scan {
            bytes,
            start_line: 0..0,
            // A call's messages have 10 to 25 headers.
            slots: Vec::with_capacity(24),
            blanks: Vec::new(),
            body_at: 0,
            fault: None,
            singles: 0,
            repeats: false,
            returns: 0,
            careful,
        }
    }

    fn lines(&mut self, start: usize) {
        let (line, mut next) = self.line(start);
        self.start_line = line;
        loop {
            let (mut line, mut after) = self.line(next);
            if line.is_empty() {
                self.body_at = after;
                return;
            }
            while matches!(self.bytes.get(after), Some(b' ' | b'\t')) {
                self.blanks.extend(line.end..after);
                let (folded, behind) = self.line(after);
                line.end = folded.end;
                after = behind;
            }
            self.header(line);
            next = after;
        }
    }

    /// The line at `from` without its end, and where the next one begins.
    fn line(&mut self, from: usize) -> (Range<usize>, usize) {
        let rest = self.bytes.get(from..).unwrap_or_default();
        let (length, next) = match line_feed(rest) {
            Some(length) => (length, from + length + 1),
            None => {
                // The empty line that ends the head is missing.
                self.fail(Fault::HeaderLine);
                (rest.len(), self.bytes.len())
            }
        };
        let mut line = rest.get(..length).unwrap_or_default();
        if let Some(bare) = line.strip_suffix(b"\r") {
            self.returns += 1;
            line = bare;
        }
        if self.careful {
            for stray in memchr::memchr2_iter(b'\r', 0, line) {
                self.fail(Fault::HeaderLine);
                self.blanks.push(from + stray);
            }
        }
        (from..from + line.len(), next)
    }

    fn header(&mut self, line: Range<usize>) {
        let bytes = self.bytes.get(line.clone()).unwrap_or_default();
        if bytes.len() > limits::HEADER_BYTES_MAX {
            return self.fail(Fault::HeaderTooLong);
        }
        if self.slots.len() >= limits::HEADERS_MAX {
            return self.fail(Fault::TooManyHeaders);
        }
        let Some((name, text, value_at)) = split_header(bytes) else { return self.fail(Fault::HeaderLine) };
        let value = bytes.get(value_at..).unwrap_or_default();
        let trimmed = value.trim_ascii_start();
        let value_at = line.start + value_at + value.len() - trimmed.len();
        let slot = Slot {
            name,
            name_at: line.start as u32,
            name_length: text.len() as u16,
            value_length: trimmed.trim_ascii_end().len() as u16,
            value_at: value_at as u32,
        };
        if slot.name.is_single() {
            let bit = 1 << slot.name.asked().unwrap_or_default();
            self.repeats |= self.singles & bit != 0;
            self.singles |= bit;
        }
        self.slots.push(slot);
    }

    fn fail(&mut self, fault: Fault) {
        self.fault.get_or_insert(fault);
    }
}

/// The name of a header line, and where its value begins, untrimmed.
fn split_header(line: &[u8]) -> Option<(Name, &[u8], usize)> {
    let colon = line.iter().position(|&byte| byte == b':')?;
    let mut text = line.get(..colon)?;
    while let [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    let name = Name::from_bytes(text);
    // Whatever we know by name is a token.
    let token = || !text.is_empty() && text.iter().all(|&byte| text::is(byte, text::class::TOKEN));
    (name != Name::Other || token()).then_some((name, text, colon + 1))
}

/// The first line feed. Lines are some forty bytes long: eight at a time beat a search that has to be prepared.
fn line_feed(bytes: &[u8]) -> Option<usize> {
    const FEEDS: u64 = u64::from_ne_bytes([b'\n'; 8]);
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    let mut at = 0;
    for eight in bytes.as_chunks::<8>().0 {
        // A byte is zero where a line feed stood; the lowest such byte is found exactly.
        let marked = u64::from_le_bytes(*eight) ^ FEEDS;
        let zeros = marked.wrapping_sub(ONES) & !marked & (ONES << 7);
        if zeros != 0 {
            return Some(at + zeros.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    let rest = bytes.get(at..)?;
    rest.iter().position(|&byte| byte == b'\n').map(|place| at + place)
}

fn count_cr_and_nul(bytes: &[u8]) -> usize {
    // 128 at a time fit a byte's counter, which lets the compiler count sixteen or more bytes at once.
    let counts =
        bytes.chunks(128).map(|chunk| chunk.iter().map(|byte| u8::from(matches!(byte, b'\r' | 0))).sum::<u8>());
    counts.map(usize::from).sum()
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
    if UriRef::parse(uri).is_err() {
        let too_long = uri.len() > limits::URI_BYTES_MAX;
        fault.get_or_insert(if too_long { Fault::RequestUriTooLong } else { Fault::RequestUri });
    }
    let uri_at = line.start + method.len() + 1;
    Ok(Start::Request {
        method: Method::from_token(method),
        method_text: line.start..line.start + method.len(),
        uri_text: uri_at..uri_at + uri.len(),
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
    /// Whether what every transaction needs can be read; sets CSeq and cuts the body.
    fn check(&mut self) -> Result<(), Fault> {
        let cseq = self.header(Name::Cseq).and_then(read_cseq);
        let (number, method) = cseq.ok_or(Fault::Malformed(Name::Cseq))?;
        let same = !self.is_request() || method == self.method_name();
        self.cseq = Some((number, Method::from_token(method)));
        // Also of a request that is refused for its CSeq: whoever answers it looks at the tags.
        let noted = self.note_ends();
        if !same {
            return Err(Fault::CseqMethod);
        }
        noted.map_err(|error| Fault::Malformed(error.name))?;
        if self.header(Name::MaxForwards).is_some() && self.max_forwards().is_none() {
            return Err(Fault::Malformed(Name::MaxForwards));
        }
        self.cut_body()
    }

    fn cut_body(&mut self) -> Result<(), Fault> {
        let Some(value) = self.header(Name::ContentLength) else { return Ok(()) };
        let length: usize = text::number(value).ok_or(Fault::Malformed(Name::ContentLength))?;
        if length > self.body.len() {
            return Err(Fault::Truncated);
        }
        self.body.truncate(length);
        Ok(())
    }
}

fn read_cseq(value: &str) -> Option<(u32, &str)> {
    let at = value.bytes().position(|byte| matches!(byte, b' ' | b'\t'))?;
    let (number, method) = value.split_at_checked(at)?;
    let number = text::number(number).filter(|&number| number < CSEQ_MAX)?;
    let method = text::trim(method);
    text::is_token(method).then_some((number, method))
}
