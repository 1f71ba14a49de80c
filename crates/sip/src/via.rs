//! Via values (RFC 3261 §20.42, RFC 3581).

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use crate::params::{Params, ParamsRef};
use crate::text;
use crate::uri::{host_ip, plain_host_port, split_host_port};

/// What every branch of RFC 3261 begins with (§8.1.1.7).
pub const MAGIC_COOKIE: &str = "z9hG4bK";

/// One hop of the way that answers go back.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Via {
    /// `UDP`, `TCP`, `TLS`, `WS`, `WSS` or any other token.
    pub transport: String,
    /// The sent-by host; an IPv6 address in brackets.
    pub host: String,
    pub port: Option<u16>,
    pub params: Params,
}

impl Via {
    /// Our own Via, asking the peer to answer to where we sent from (RFC 3581 §3).
    pub fn new(transport: &str, host: &str, port: Option<u16>, branch: &str) -> Via {
        let params = Params::new().with("branch", Some(branch)).with("rport", None);
        Via { transport: transport.to_owned(), host: host.to_owned(), port, params }
    }

    /// Reads one value; white space around `/` and `:` is allowed (RFC 4475 §3.1.1.1).
    pub fn parse(value: &str) -> Result<Via, &'static str> {
        ViaRef::parse(value).map(|via| via.to_via())
    }

    /// The same, borrowed.
    pub fn view(&self) -> ViaRef<'_> {
        ViaRef { transport: &self.transport, host: &self.host, port: self.port, params: self.params.view() }
    }

    pub fn branch(&self) -> Option<&str> {
        self.params.get("branch")
    }

    /// Whether the branch is of RFC 3261, so that it names the transaction by itself (§17.2.3); case is folded, as
    /// some stacks fold it.
    pub fn has_magic_cookie(&self) -> bool {
        self.view().has_magic_cookie()
    }

    /// The address that the request came from, as its receiver noted it.
    pub fn received(&self) -> Option<IpAddr> {
        let received = self.params.get("received")?;
        let bare = received.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(received);
        bare.parse().ok()
    }

    /// The port that the request came from, as its receiver noted it.
    pub fn rport(&self) -> Option<u16> {
        text::number(self.params.get("rport")?)
    }
}

/// A `Via` where it stands in a message.
#[derive(Clone, Copy, Debug, Default)]
pub struct ViaRef<'a> {
    pub transport: &'a str,
    pub host: &'a str,
    pub port: Option<u16>,
    pub params: ParamsRef<'a>,
}

impl<'a> ViaRef<'a> {
    /// The one spelling that nearly all use; `None` leaves it to the thorough reader.
    fn parse_plain(value: &'a str) -> Option<ViaRef<'a>> {
        let rest = value.strip_prefix("SIP/2.0/")?;
        let (transport, rest) = text::apart(rest, text::span(rest, text::class::TOKEN));
        let (host, port, params) = plain_host_port(rest.strip_prefix(' ').filter(|_| !transport.is_empty())?)?;
        if !params.is_empty() && !params.starts_with(';') {
            return None;
        }
        Some(ViaRef { transport, host, port, params: ParamsRef::parse_header(params).ok()? })
    }

    /// Like `Via::parse`.
    pub fn parse(value: &'a str) -> Result<ViaRef<'a>, &'static str> {
        if let Some(plain) = ViaRef::parse_plain(value) {
            return Ok(plain);
        }
        let (transport, rest) = parse_protocol(value)?;
        if !text::is_token(transport) {
            return Err("the transport is not a token");
        }
        let (sent_by, params) = text::cut(rest, b';').unwrap_or((rest, ""));
        let (host, port) = split_host_port(text::trim(sent_by)).ok_or("no valid host and port")?;
        Ok(ViaRef { transport, host, port, params: ParamsRef::parse_header(params)? })
    }

    pub fn to_via(self) -> Via {
        let ViaRef { transport, host, port, params } = self;
        Via { transport: transport.to_owned(), host: host.to_owned(), port, params: params.to_params() }
    }

    pub fn branch(self) -> Option<&'a str> {
        self.params.get("branch")
    }

    /// The sent-by host as an address, when it is one.
    pub fn host_ip(self) -> Option<IpAddr> {
        host_ip(self.host)
    }

    /// The value with where the request really came from: `received` when the sent-by says otherwise or `rport` was
    /// asked for (RFC 3261 §18.2.1, RFC 3581 §4), and the port in its `rport`. What the sender itself put into
    /// `received` is dropped.
    pub fn noted(self, source: SocketAddr) -> String {
        let asked = self.params.has("rport");
        let received = asked || self.host_ip() != Some(source.ip());
        // "received" and an IPv6 address are the longest that come in addition.
        let room = self.transport.len() + self.host.len() + self.params.parts().0.len() + 80;
        let mut noted = String::with_capacity(room);
        ["SIP/2.0/", self.transport, " ", self.host].into_iter().for_each(|part| noted.push_str(part));
        text::push_port(&mut noted, self.port);
        let mut port = asked.then(|| source.port());
        for (name, value) in self.params.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("received")) {
            [";", name].into_iter().for_each(|part| noted.push_str(part));
            match port.take_if(|_| name.eq_ignore_ascii_case("rport")) {
                Some(port) => {
                    noted.push('=');
                    text::push_number(&mut noted, port.into());
                }
                None => value.iter().for_each(|value| ["=", value].into_iter().for_each(|part| noted.push_str(part))),
            }
        }
        if received {
            noted.push_str(";received=");
            text::push_ip(&mut noted, source.ip());
        }
        noted
    }

    /// Like `Via::has_magic_cookie`.
    pub fn has_magic_cookie(self) -> bool {
        self.branch().is_some_and(has_magic_cookie)
    }
}

/// Whether a branch is of RFC 3261; the cookie alone tells no transaction from another (RFC 4475 §3.2.1).
pub(crate) fn has_magic_cookie(branch: &str) -> bool {
    branch.len() > MAGIC_COOKIE.len()
        && branch.get(..MAGIC_COOKIE.len()).is_some_and(|prefix| prefix.eq_ignore_ascii_case(MAGIC_COOKIE))
}

/// The transport, and what stands behind it.
fn parse_protocol(value: &str) -> Result<(&str, &str), &'static str> {
    let (protocol, rest) = value.split_once('/').ok_or("no protocol")?;
    let (version, rest) = rest.split_once('/').ok_or("no version")?;
    // A request of another version brings Vias of it along, and gets its 505 (RFC 3261 §21.5.6).
    let is_version = |text: &str| text.split_once('.').is_some_and(|(a, b)| is_digits(a) && is_digits(b));
    if !text::trim(protocol).eq_ignore_ascii_case("SIP") || !is_version(text::trim(version)) {
        return Err("not SIP");
    }
    let rest = text::trim(rest);
    let at = rest.bytes().position(|byte| matches!(byte, b' ' | b'\t')).ok_or("no sent-by")?;
    rest.split_at_checked(at).ok_or("no sent-by")
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SIP/2.0/{} {}", self.transport, self.host)?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        write!(f, "{}", self.params)
    }
}
