//! Telephone numbers in URIs (RFC 3966).

use super::{UriError, escape};
use crate::params::ParamsRef;

/// A dialled number is at most 15 digits (E.164) behind prefixes; keypad strings and `#31#` codes stay under this.
const NUMBER_CHARS_MAX: usize = 64;

pub(super) fn parse_tel(text: &str) -> Result<(&str, ParamsRef<'_>), UriError> {
    let (number, params) = text.split_once(';').unwrap_or((text, ""));
    if !is_number(number) {
        return Err(UriError("a tel: URI without a telephone number"));
    }
    Ok((number, ParamsRef::parse_uri(params).map_err(UriError)?))
}

/// The number that a user part is, escapes resolved.
pub(super) fn of_user(user: &str) -> Option<String> {
    let user = escape::decode(user);
    let number = user.split(';').next()?;
    is_number(number).then(|| plain(number))
}

/// Without visual separators, hexadecimal digits in upper case.
pub(super) fn plain(number: &str) -> String {
    number.chars().filter(|c| !matches!(c, '-' | '.' | '(' | ')')).map(|c| c.to_ascii_uppercase()).collect()
}

/// Digits, `*`, `#`, the keys A to F of a local number and separators, one digit at least, `+` in front alone.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    let allowed = |byte: u8| byte.is_ascii_hexdigit() || matches!(byte, b'*' | b'#' | b'-' | b'.' | b'(' | b')');
    let dialled = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'*' | b'#');
    text.len() <= NUMBER_CHARS_MAX && digits.bytes().all(allowed) && digits.bytes().any(dialled)
}
