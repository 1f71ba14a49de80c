//! A URI where it stands in a message: checked, its parts found, nothing copied.

use std::net::IpAddr;

use super::{Scheme, Uri, UriError, escape, host_ip, number, plain_host_port, split_host_port};
use crate::limits;
use crate::params::ParamsRef;
use crate::text::{self, class};

/// A `Uri` that borrows its text.
#[derive(Clone, Copy, Debug)]
pub struct UriRef<'a> {
    pub scheme: Scheme,
    /// The user part as written, or the number of a `tel:` URI.
    user: Option<&'a str>,
    password: Option<&'a str>,
    /// As `Uri::host`.
    pub host: &'a str,
    pub port: Option<u16>,
    pub params: ParamsRef<'a>,
    /// What stands behind `?`.
    headers: Option<&'a str>,
    text: &'a str,
}

const BAD_ESCAPE: UriError = UriError("a % without two hexadecimal digits");

impl<'a> UriRef<'a> {
    /// Like `Uri::parse`.
    pub fn parse(text: &'a str) -> Result<UriRef<'a>, UriError> {
        if text.len() > limits::URI_BYTES_MAX {
            return Err(UriError("longer than a URI may be"));
        }
        if let Some(plain) = UriRef::parse_plain(text) {
            return Ok(plain);
        }
        if text.bytes().any(|byte| text::is(byte, class::NO_URI)) {
            return Err(UriError("white space, quotes or angle brackets inside"));
        }
        let (scheme, rest) = text::cut(text, b':').ok_or(UriError("no scheme"))?;
        let empty = UriRef {
            scheme: Scheme::Other,
            user: None,
            password: None,
            host: "",
            port: None,
            params: ParamsRef::default(),
            headers: None,
            text,
        };
        if scheme.eq_ignore_ascii_case("sip") {
            UriRef { scheme: Scheme::Sip, ..empty }.with_address(rest)
        } else if scheme.eq_ignore_ascii_case("sips") {
            UriRef { scheme: Scheme::Sips, ..empty }.with_address(rest)
        } else if scheme.eq_ignore_ascii_case("tel") {
            let (user, params) = number::parse_tel(rest)?;
            Ok(UriRef { scheme: Scheme::Tel, user: Some(user), params, ..empty })
        } else if is_scheme(scheme) {
            Ok(empty)
        } else {
            Err(UriError("no scheme"))
        }
    }

    /// `sip:` with a plain user, host and port, as nearly all are; `None` leaves it to the thorough reader.
    pub(crate) fn parse_plain(text: &'a str) -> Option<UriRef<'a>> {
        let (uri, behind) = UriRef::plain_start(text)?;
        let params = match behind.strip_prefix(';') {
            Some(params) if params.bytes().any(|byte| byte == b'?' || text::is(byte, class::NO_URI)) => return None,
            Some(params) => ParamsRef::parse_uri(params).ok()?,
            None if behind.is_empty() => return Some(uri),
            None => return None,
        };
        Some(UriRef { params, text, ..uri })
    }

    /// The same in angle brackets, and what stands behind them.
    pub(crate) fn parse_bracketed(text: &'a str) -> Option<(UriRef<'a>, &'a str)> {
        let text = text.strip_prefix('<')?;
        let (uri, behind) = UriRef::plain_start(text)?;
        if let Some(behind) = behind.strip_prefix('>') {
            return Some((uri, behind));
        }
        let (text, behind) = text::cut(text, b'>')?;
        Some((UriRef::parse_plain(text)?, behind))
    }

    /// Scheme, user, host and port, and what stands behind them.
    #[inline]
    fn plain_start(text: &'a str) -> Option<(UriRef<'a>, &'a str)> {
        if !text.as_bytes().first_chunk::<4>()?.eq_ignore_ascii_case(b"sip:") {
            return None;
        }
        let (_, rest) = text::apart(text, 4);
        let (user, behind) = text::apart(rest, text::span(rest, class::USER));
        let (user, address) = match behind.strip_prefix('@') {
            Some(address) => (Some(user).filter(|user| !user.is_empty())?.into(), address),
            None if behind.contains('@') => return None,
            None => (None, rest),
        };
        let (host, port, behind) = plain_host_port(address)?;
        let text = text.get(..text.len() - behind.len()).filter(|text| text.len() <= limits::URI_BYTES_MAX)?;
        let params = ParamsRef::default();
        let uri = UriRef { scheme: Scheme::Sip, user, password: None, host, port, params, headers: None, text };
        Some((uri, behind))
    }

    fn with_address(mut self, text: &'a str) -> Result<UriRef<'a>, UriError> {
        let rest = match text::cut(text, b'@') {
            Some((userinfo, rest)) => {
                let (user, password) = match text::cut(userinfo, b':') {
                    Some((user, password)) => (user, Some(password)),
                    None => (userinfo, None),
                };
                if user.is_empty() {
                    return Err(UriError("an @ without a user before it"));
                }
                if !escape::is_whole(userinfo) {
                    return Err(BAD_ESCAPE);
                }
                (self.user, self.password) = (Some(user), password);
                rest
            }
            None => text,
        };
        let (address, headers) = match text::cut(rest, b'?') {
            Some((address, headers)) => (address, Some(headers)),
            None => (rest, None),
        };
        let (host_port, params) = text::cut(address, b';').unwrap_or((address, ""));
        (self.host, self.port) = split_host_port(host_port).ok_or(UriError("no valid host and port"))?;
        self.params = ParamsRef::parse_uri(params).map_err(UriError)?;
        self.headers = headers;
        headers.map_or(Ok(()), check_headers)?;
        Ok(self)
    }

    /// What was read before, without password and headers.
    pub(crate) const fn checked(
        scheme: Scheme,
        user: Option<&'a str>,
        host: &'a str,
        port: Option<u16>,
        params: ParamsRef<'a>,
        text: &'a str,
    ) -> UriRef<'a> {
        UriRef { scheme, user, password: None, host, port, params, headers: None, text }
    }

    /// The user part as written, of a URI that has neither password nor headers.
    pub(crate) const fn plain_user(self) -> Option<Option<&'a str>> {
        match self {
            UriRef { password: None, headers: None, user, .. } => Some(user),
            _ => None,
        }
    }

    /// The text as it stands in the message.
    pub const fn as_str(self) -> &'a str {
        self.text
    }

    pub fn to_uri(self) -> Uri {
        let headers = self.headers.into_iter().flat_map(|headers| headers.split('&'));
        Uri {
            scheme: self.scheme,
            user: self.user(),
            password: self.password.map(normalized),
            host: self.host.to_owned(),
            port: self.port,
            params: self.params.to_params(),
            headers: headers.filter_map(|one| one.split_once('=')).map(|(n, v)| (n.to_owned(), v.to_owned())).collect(),
            opaque: if self.scheme == Scheme::Other { self.text.to_owned() } else { String::new() },
        }
    }

    /// As `Uri::user`.
    pub fn user(self) -> Option<String> {
        match self.scheme {
            // Visual separators stay; a number has no escapes.
            Scheme::Tel => self.user.map(str::to_owned),
            _ => self.user.map(normalized),
        }
    }

    /// Like `Uri::user_text`.
    pub fn user_text(self) -> Option<String> {
        self.user.map(escape::decode)
    }

    /// Like `Uri::number`.
    pub fn number(self) -> Option<String> {
        number::of_user(self.user?)
    }

    /// Like `Uri::host_ip`.
    pub fn host_ip(self) -> Option<IpAddr> {
        host_ip(self.host)
    }
}

/// In the one spelling; what was read has whole escapes.
fn normalized(user: &str) -> String {
    escape::normalize_user(user).unwrap_or_default()
}

/// The letters of a scheme that is not ours.
fn is_scheme(scheme: &str) -> bool {
    let letters = scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    letters && scheme.as_bytes().first().is_some_and(u8::is_ascii_alphabetic)
}

fn check_headers(text: &str) -> Result<(), UriError> {
    for (count, part) in text.split('&').enumerate() {
        let (name, _) = part.split_once('=').ok_or(UriError("a header without ="))?;
        if name.is_empty() {
            return Err(UriError("a header without a name"));
        }
        if count >= limits::PARAMS_MAX {
            return Err(UriError("too many headers"));
        }
    }
    Ok(())
}
