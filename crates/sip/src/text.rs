//! The character classes and separators of RFC 3261 §25.1.

use std::fmt::{Display, Write};
use std::net::IpAddr;

use memchr::{memchr, memchr3};

/// What a byte may be part of.
pub(crate) mod class {
    pub(crate) const TOKEN: u8 = 1;
    /// A parameter's value without quotes: a token, a bare IPv6 address, a URI as phones leave it unquoted.
    pub(crate) const VALUE: u8 = 2;
    /// A host name or an IPv4 address.
    pub(crate) const HOST: u8 = 4;
    /// A user part that is written as it is meant.
    pub(crate) const USER: u8 = 16;
    /// What no URI holds: white space, control characters, quotes, angle brackets.
    pub(crate) const NO_URI: u8 = 8;
}

const CLASSES: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut at = 0;
    while at < table.len() {
        let byte = at as u8;
        let other = matches!(byte, b'-' | b'.' | b'!' | b'%' | b'*' | b'_' | b'+' | b'`' | b'\'' | b'~');
        if byte.is_ascii_alphanumeric() || other {
            table[at] |= class::TOKEN | class::VALUE;
        }
        if matches!(byte, b'[' | b']' | b':' | b'/' | b'@' | b'=' | b'&' | b'$' | b'#') {
            table[at] |= class::VALUE;
        }
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_') {
            table[at] |= class::HOST;
        }
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'+' | b'*') {
            table[at] |= class::USER;
        }
        if byte <= b' ' || byte == 0x7f || matches!(byte, b'<' | b'>' | b'"') {
            table[at] |= class::NO_URI;
        }
        at += 1;
    }
    table
}

/// Whether a byte is of one of the classes.
pub(crate) const fn is(byte: u8, class: u8) -> bool {
    CLASSES[byte as usize] & class != 0
}

/// How many bytes of one of the classes `text` begins with.
#[inline]
pub(crate) fn span(text: &str, class: u8) -> usize {
    let bytes = text.as_bytes();
    let mut length = 0;
    while bytes.get(length).is_some_and(|&byte| is(byte, class)) {
        length += 1;
    }
    length
}

/// `text` apart at `at`; nothing behind when it is shorter.
#[inline]
pub(crate) fn apart(text: &str, at: usize) -> (&str, &str) {
    text.split_at_checked(at).unwrap_or((text, ""))
}

const ONES: u64 = u64::from_ne_bytes([1; 8]);
const HIGHS: u64 = ONES << 7;

/// Where `wanted` first stands. Names and values are short: eight bytes at a time beat a search that has to be prepared.
#[inline]
pub(crate) fn find(bytes: &[u8], wanted: u8) -> Option<usize> {
    let all = ONES * u64::from(wanted);
    // A byte of `marked` is zero where `wanted` stood; the lowest such byte is found exactly.
    first(bytes, |word| (word ^ all).wrapping_sub(ONES) & !(word ^ all), |byte| byte == wanted)
}

/// Where the first byte stands that may end a line or confuse its reader: a control character up to CR.
#[inline]
pub(crate) fn find_control(bytes: &[u8]) -> Option<usize> {
    const ABOVE: u64 = ONES * (b'\r' as u64 + 1);
    first(bytes, |word| word.wrapping_sub(ABOVE) & !word, |byte| byte <= b'\r')
}

/// The first byte that `is_it`; `marks` sets its high bit in a word, and none below it.
#[inline]
fn first(bytes: &[u8], marks: impl Fn(u64) -> u64, is_it: impl Fn(u8) -> bool) -> Option<usize> {
    let (words, rest) = bytes.as_chunks::<8>();
    let mut at = 0;
    for word in words {
        let marked = marks(u64::from_le_bytes(*word)) & HIGHS;
        if marked != 0 {
            return Some(at + marked.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    rest.iter().position(|&byte| is_it(byte)).map(|place| at + place)
}

/// Whether `text` is a non-empty `token`.
pub(crate) fn is_token(text: &str) -> bool {
    is_token_bytes(text.as_bytes())
}

pub(crate) fn is_token_bytes(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|&byte| is(byte, class::TOKEN))
}

/// Without the white space around it; folds have become spaces when a message was read.
pub(crate) const fn trim(text: &str) -> &str {
    text.trim_ascii()
}

/// What stands before and behind the first `separator`.
#[inline]
pub(crate) fn cut(text: &str, separator: u8) -> Option<(&str, &str)> {
    let at = find(text.as_bytes(), separator)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// The parts of `text` between separators that stand outside quotes and angle brackets, trimmed.
pub(crate) fn split(text: &str, separator: u8) -> Split<'_> {
    Split { rest: Some(text), separator }
}

pub(crate) struct Split<'a> {
    rest: Option<&'a str>,
    separator: u8,
}

impl<'a> Iterator for Split<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let text = self.rest?;
        // Most text has no separator at all, quoted or not.
        if memchr(self.separator, text.as_bytes()).is_none() {
            self.rest = None;
            return Some(trim(text));
        }
        let (part, rest) = match find_outside(text, self.separator).and_then(|at| text.split_at_checked(at)) {
            Some((part, rest)) => (part, rest.get(1..)),
            None => (text, None),
        };
        self.rest = rest;
        Some(trim(part))
    }
}

/// Where `wanted` first stands outside quotes and angle brackets.
pub(crate) fn find_outside(text: &str, wanted: u8) -> Option<usize> {
    let mut from = 0;
    loop {
        let rest = text.get(from..)?;
        let at = memchr3(wanted, b'"', b'<', rest.as_bytes())?;
        let behind = rest.get(at..)?;
        from += at;
        match behind.as_bytes().first()? {
            byte if *byte == wanted => return Some(from),
            b'"' => from += quoted_end(behind)?,
            _ => {
                let close = from + memchr(b'>', behind.as_bytes())?;
                if wanted == b'>' {
                    return Some(close);
                }
                from = close + 1;
            }
        }
    }
}

/// The end of the quoted string that begins `text`, behind its closing quote.
pub(crate) fn quoted_end(text: &str) -> Option<usize> {
    let mut bytes = text.bytes().enumerate();
    bytes.next().filter(|&(_, byte)| byte == b'"')?;
    let mut escaped = false;
    for (at, byte) in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// What stands between the quotes, backslash pairs resolved; `text` itself when it is not quoted.
pub(crate) fn unquote(text: &str) -> String {
    let Some(inner) = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else { return text.to_owned() };
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.extend(chars.next()),
            c => out.push(c),
        }
    }
    out
}

/// `text` as a quoted string; CR, LF and NUL, which no quoted string may hold, become spaces.
pub(crate) fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\r' | '\n' | '\0' => out.push(' '),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A number of decimal digits alone; `None` when it does not fit.
pub(crate) fn number<T: TryFrom<u64>>(text: &str) -> Option<T> {
    // Sixteen digits hold every number of SIP with room for leading zeros; longer text is an attack on the parser.
    if text.is_empty() || text.len() > 16 {
        return None;
    }
    let mut value = 0u64;
    for byte in text.bytes() {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + u64::from(digit);
    }
    T::try_from(value).ok()
}

/// A number of few digits at the front, and what stands behind it.
#[inline]
pub(crate) fn leading_number(text: &str) -> Option<(u16, &str)> {
    let (mut value, mut used) = (0u32, 0);
    // Five digits hold every port.
    for digit in text.bytes().map(|byte| byte.wrapping_sub(b'0')).take_while(|&digit| digit <= 9).take(5) {
        value = value * 10 + u32::from(digit);
        used += 1;
    }
    let value = u16::try_from(value).ok().filter(|_| used > 0)?;
    Some((value, apart(text, used).1))
}

/// What `to_string` gives, without growing step by step: most addresses fit.
pub(crate) fn printed(value: &impl Display) -> String {
    let mut out = String::with_capacity(96);
    write!(out, "{value}").expect("a String takes every write; a Display of ours never fails");
    out
}

/// Appends a number in sixteen hexadecimal digits.
pub(crate) fn push_hex(out: &mut String, number: u64) {
    let digits: [u8; 16] = std::array::from_fn(|place| match (number >> (60 - place * 4)) as u8 & 0xf {
        digit @ ..10 => b'0' + digit,
        digit => b'a' + digit - 10,
    });
    out.push_str(str::from_utf8(&digits).expect("digits are text"));
}

/// Appends a number in decimal.
pub(crate) fn push_number(out: &mut String, number: u64) {
    // A u64 has twenty digits at most.
    let mut digits = [0u8; 20];
    let mut rest = number;
    let mut used = 0;
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
        used += 1;
        if rest == 0 {
            break;
        }
    }
    let text = digits.get(digits.len() - used..).and_then(|digits| str::from_utf8(digits).ok());
    out.push_str(text.expect("digits are text"));
}

/// Appends an address as it prints.
pub(crate) fn push_ip(out: &mut String, ip: IpAddr) {
    match ip {
        IpAddr::V4(v4) => {
            for (place, octet) in v4.octets().into_iter().enumerate() {
                if place > 0 {
                    out.push('.');
                }
                push_number(out, octet.into());
            }
        }
        IpAddr::V6(v6) => write!(out, "{v6}").expect("a String takes every write"),
    }
}

/// Appends `:port` where there is one.
pub(crate) fn push_port(out: &mut String, port: Option<u16>) {
    if let Some(port) = port {
        out.push(':');
        push_number(out, port.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_inside_quotes_and_brackets_do_not_split() {
        let text = r#" "a, \"b" <sip:c@d;e,f> ;g="h,i" , tel:1 ,, j"#;
        let parts: Vec<_> = split(text, b',').collect();
        assert_eq!(parts, [r#""a, \"b" <sip:c@d;e,f> ;g="h,i""#, "tel:1", "", "j"]);
    }

    #[test]
    fn an_open_quote_swallows_the_rest() {
        assert_eq!(split(r#"a, "b, c"#, b',').collect::<Vec<_>>(), ["a", r#""b, c"#]);
    }

    #[test]
    fn quoting_is_undone_by_unquoting() {
        for text in ["", "plain", r#"a "b" \ c"#, "市民 王"] {
            assert_eq!(unquote(&quote(text)), text);
        }
        assert_eq!(quote("a\r\nb"), "\"a  b\"");
    }

    #[test]
    fn numbers_are_digits_alone() {
        assert_eq!(number::<u32>("0009"), Some(9));
        assert_eq!(number::<u32>("+9"), None);
        assert_eq!(number::<u32>("4294967296"), None);
        assert_eq!(number::<u8>(""), None);
    }
}
