//! Percent escapes (RFC 3261 §19.1.2).

use std::fmt::Write;

use memchr::memchr;

/// Characters that mean the same escaped or not; all others, escaped, stay so.
const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'!' | b'~' | b'*' | b'\'' | b'(' | b')')
}

/// Characters that a user part may hold as they are.
const fn is_user(byte: u8) -> bool {
    is_unreserved(byte) || matches!(byte, b'&' | b'=' | b'+' | b'$' | b',' | b';' | b'?' | b'/')
}

/// One spelling for every user part: needless escapes resolved, hexadecimal digits in upper case, characters that
/// phones forget to escape (`#`) escaped. `None` for a `%` without two digits.
pub(super) fn normalize_user(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => {
                let value = hex(bytes.next()?)? << 4 | hex(bytes.next()?)?;
                if is_unreserved(value) { out.push(char::from(value)) } else { escape(&mut out, value) }
            }
            byte if is_user(byte) => out.push(char::from(byte)),
            byte => escape(&mut out, byte),
        }
    }
    Some(out)
}

/// Whether every `%` has its two digits.
pub(super) fn is_whole(text: &str) -> bool {
    let mut rest = text.as_bytes();
    while let Some(at) = memchr(b'%', rest) {
        let digits = rest.get(at + 1..at + 3);
        if !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) {
            return false;
        }
        rest = rest.get(at + 3..).unwrap_or_default();
    }
    true
}

/// Any text as a user part.
pub(super) fn encode_user(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if is_user(byte) { out.push(char::from(byte)) } else { escape(&mut out, byte) }
    }
    out
}

/// Every escape resolved; a stray `%` stays, invalid UTF-8 becomes U+FFFD.
pub(super) fn decode(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        match tail {
            [high, low, after @ ..] if byte == b'%' => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => {
                    out.push(high << 4 | low);
                    rest = after;
                    continue;
                }
                _ => out.push(byte),
            },
            _ => out.push(byte),
        }
        rest = tail;
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn escape(out: &mut String, byte: u8) {
    write!(out, "%{byte:02X}").expect("a String takes every write");
}

const fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}
