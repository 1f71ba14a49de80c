//! Where an operator says that a carrier is.

use std::fmt;
use std::net::IpAddr;

use base::Transport;
use sip::{Scheme, Uri};

use crate::dns;

/// An address, or a name that stands for some.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    Address(IpAddr),
    /// In lower case, without a dot at its end.
    Name(String),
}

impl fmt::Display for Host {
    /// As it stands in a URI.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Host::Address(IpAddr::V4(address)) => address.fmt(f),
            Host::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
            Host::Name(name) => f.write_str(name),
        }
    }
}

/// One target of a trunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// As the operator wrote it.
    pub uri: String,
    pub host: Host,
    /// With a port there is no search for one (RFC 3263 §4.2).
    pub port: Option<u16>,
    /// With a transport there is no search for one (RFC 3263 §4.1).
    pub transport: Option<Transport>,
    /// Smaller ones first.
    pub priority: u16,
    /// The share among targets of one priority.
    pub weight: u16,
}

impl Target {
    /// Reads `sip:HOST`, with or without a port and `;transport=udp` or `tcp`.
    ///
    /// # Errors
    /// Why it is none, in a few words.
    pub fn parse(text: &str) -> Result<Target, &'static str> {
        let uri = Uri::parse(text).map_err(|_| "no SIP URI")?;
        match uri.scheme {
            Scheme::Sip => {}
            Scheme::Sips => return Err("a URI for TLS, which trunks are not reached over"),
            Scheme::Tel | Scheme::Other => return Err("no `sip:` URI"),
        }
        if uri.user.is_some() {
            return Err("a URI of a user; a target is a host alone");
        }
        let transport = match uri.params.get("transport").map(str::to_ascii_lowercase).as_deref() {
            None => None,
            Some("udp") => Some(Transport::Udp),
            Some("tcp") => Some(Transport::Tcp),
            Some("tls") => return Err("a URI for TLS, which trunks are not reached over"),
            Some(_) => return Err("a URI of a transport that we do not speak"),
        };
        let host = match uri.host_ip() {
            Some(address) => Host::Address(address),
            None => Host::Name(dns::name(&uri.host).ok_or("a URI without a name that can be looked up")?),
        };
        if uri.port == Some(0) {
            return Err("a URI with port 0");
        }
        Ok(Target { uri: text.to_owned(), host, port: uri.port, transport, priority: 1, weight: 10 })
    }
}
