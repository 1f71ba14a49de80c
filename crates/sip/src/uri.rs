//! `sip:`, `sips:` and `tel:` URIs (RFC 3261 §19.1, RFC 3966).

mod compare;
mod escape;
mod number;
mod view;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use base::pack::{Packed, Unpacker, Unreadable};

use crate::params::Params;
use crate::text;

pub use view::UriRef;

/// What kind of URI it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    Sip,
    Sips,
    Tel,
    /// Any other (`http`, `urn`, …): well formed, for a 416 or to be passed on.
    Other,
}

impl Scheme {
    pub const fn name(self) -> &'static str {
        match self {
            Scheme::Sip => "sip",
            Scheme::Sips => "sips",
            Scheme::Tel => "tel",
            Scheme::Other => "",
        }
    }
}

/// Why a text is no URI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UriError(pub &'static str);

impl fmt::Display for UriError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a URI: {}", self.0)
    }
}

impl std::error::Error for UriError {}

/// A URI, its parts apart. `==` compares the parts as they stand; `equivalent` is the comparison of the RFCs, which
/// is no equivalence relation (parameters that only one side has are ignored) and so cannot be `==`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Uri {
    pub scheme: Scheme,
    /// The user part, or the number of a `tel:` URI; needless escapes resolved, the needed ones in upper case.
    pub user: Option<String>,
    pub password: Option<String>,
    /// A name, an IPv4 address or an IPv6 address in brackets; empty for `tel:`.
    pub host: String,
    pub port: Option<u16>,
    pub params: Params,
    /// Header fields behind `?`, values escaped as they came.
    pub headers: Vec<(String, String)>,
    /// The whole text of a URI of another scheme; empty for ours.
    pub opaque: String,
}

impl Uri {
    /// A `sip:` URI of a user at a host; `user` may hold anything and is escaped.
    pub fn sip(user: Option<&str>, host: &str, port: Option<u16>) -> Uri {
        let user = user.filter(|user| !user.is_empty()).map(escape::encode_user);
        Uri { user, host: host.to_owned(), port, ..Uri::empty(Scheme::Sip) }
    }

    /// A user part as it has to be written.
    pub(crate) fn escaped_user(user: &str) -> String {
        escape::encode_user(user)
    }

    fn empty(scheme: Scheme) -> Uri {
        Uri {
            scheme,
            user: None,
            password: None,
            host: String::new(),
            port: None,
            params: Params::new(),
            headers: Vec::new(),
            opaque: String::new(),
        }
    }

    /// Reads a URI without angle brackets or white space around it.
    pub fn parse(text: &str) -> Result<Uri, UriError> {
        UriRef::parse(text).map(|uri| uri.to_uri())
    }

    /// The text, without the detour through a formatter: every request of ours and every image of a dialog has some.
    pub(crate) fn printed(&self) -> String {
        if self.scheme == Scheme::Other {
            return self.opaque.clone();
        }
        let (user, at) = match &self.user {
            Some(user) => (user.as_str(), if self.scheme == Scheme::Tel { "" } else { "@" }),
            None => ("", ""),
        };
        let (colon, password) = match &self.password {
            Some(password) if self.user.is_some() => (":", password.as_str()),
            _ => ("", ""),
        };
        // Scheme, colons, the port.
        let mut text = String::with_capacity(user.len() + self.host.len() + self.params.as_str().len() + 16);
        let parts = [self.scheme.name(), ":", user, colon, password, at, &self.host];
        parts.into_iter().for_each(|part| text.push_str(part));
        text::push_port(&mut text, self.port);
        text.push_str(self.params.as_str());
        for (place, (name, value)) in self.headers.iter().enumerate() {
            let separator = if place == 0 { "?" } else { "&" };
            [separator, name, "=", value].into_iter().for_each(|part| text.push_str(part));
        }
        text
    }

    /// The user part with every escape resolved; invalid UTF-8 shows as U+FFFD.
    pub fn user_text(&self) -> Option<String> {
        self.user.as_deref().map(escape::decode)
    }

    /// The dialled number of a `tel:` URI, or of a `sip:` URI whose user part is one: digits, `*`, `#`, a leading
    /// `+`; visual separators (RFC 3966 §5.1.1) and telephone parameters removed.
    pub fn number(&self) -> Option<String> {
        number::of_user(self.user.as_deref()?)
    }

    /// The value of a header field behind `?`, every escape resolved.
    pub fn header(&self, name: &str) -> Option<String> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| escape::decode(value))
    }

    /// The host as an address, when it is one.
    pub fn host_ip(&self) -> Option<IpAddr> {
        host_ip(&self.host)
    }

    /// Whether both name the same resource (RFC 3261 §19.1.4, RFC 3966 §4).
    pub fn equivalent(&self, other: &Uri) -> bool {
        compare::equivalent(self, other)
    }
}

/// A host as an address, when it is one.
pub(crate) fn host_ip(host: &str) -> Option<IpAddr> {
    match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(v6) => ipv6(v6).map(IpAddr::V6),
        None => host.parse().ok(),
    }
}

/// An IPv6 address. The grammar of RFC 3261 allows a third colon before an IPv4 address by mistake, so that such have to be
/// understood (RFC 5118 §4.10).
fn ipv6(text: &str) -> Option<Ipv6Addr> {
    text.parse().ok().or_else(|| {
        let (before, v4) = text.split_once(":::")?;
        v4.parse::<Ipv4Addr>().ok()?;
        format!("{before}::{v4}").parse().ok()
    })
}

/// `host [":" port]`, white space around the colon allowed (Via's sent-by); an IPv6 host keeps its brackets.
pub(crate) fn split_host_port(text: &str) -> Option<(&str, Option<u16>)> {
    let host_end = match text.strip_prefix('[') {
        Some(rest) => rest.find(']')? + 2,
        None => text.bytes().position(|byte| byte == b':').unwrap_or(text.len()),
    };
    let (host, rest) = text.split_at_checked(host_end)?;
    let (host, rest) = (text::trim(host), text::trim(rest));
    if !is_host(host) {
        return None;
    }
    match rest.strip_prefix(':') {
        Some(port) => Some((host, Some(text::number(text::trim(port))?))),
        None => rest.is_empty().then_some((host, None)),
    }
}

/// Reads a host without brackets and its port from the front, when nothing about them is unusual.
pub(crate) fn plain_host_port(text: &str) -> Option<(&str, Option<u16>, &str)> {
    let (host, rest) = text::apart(text, text::span(text, text::class::HOST));
    if host.is_empty() {
        return None;
    }
    let Some(rest) = rest.strip_prefix(':') else { return Some((host, None, rest)) };
    let (port, rest) = text::leading_number(rest)?;
    Some((host, Some(port), rest))
}

/// A host name (underscores are seen in the wild), an IPv4 address or an IPv6 address in brackets.
fn is_host(host: &str) -> bool {
    match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(v6) => ipv6(v6).is_some(),
        None => !host.is_empty() && host.bytes().all(|byte| text::is(byte, text::class::HOST)),
    }
}

impl Packed for Uri {
    fn pack(&self, out: &mut Vec<u8>) {
        self.printed().pack(out);
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Uri, Unreadable> {
        let text = String::unpack(from)?;
        // Escapes may have made it longer than what is read from a wire: it still prints as it was.
        Ok(Uri::parse(&text).unwrap_or_else(|_| Uri { opaque: text, ..Uri::empty(Scheme::Other) }))
    }
}

impl FromStr for Uri {
    type Err = UriError;

    fn from_str(text: &str) -> Result<Uri, UriError> {
        Uri::parse(text)
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.printed())
    }
}
