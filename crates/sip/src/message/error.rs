//! What can be wrong with a message, and what may still be answered.

use std::fmt;

use super::Message;
use crate::name::Name;

/// Why bytes are no message that we go on with.
#[derive(Clone, Debug)]
pub enum ParseError {
    /// Empty lines, a few stray bytes or STUN, sent to keep a NAT binding open: to be ignored.
    KeepAlive,
    /// Not SIP, or too broken to know whom to answer: to be counted and dropped.
    Garbage(Fault),
    /// A request that cannot be carried out but can be answered with `fault.status()`: what could be read of it, with
    /// Via, From, To, Call-ID and CSeq present. Never an ACK.
    Answerable { fault: Fault, request: Message },
}

/// What is wrong with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Longer than `limits::MESSAGE_BYTES_MAX`.
    TooLarge,
    StartLine,
    /// A version other than `SIP/2.0`.
    Version,
    RequestUri,
    RequestUriTooLong,
    /// A header line without a name and a colon, or with a bare CR or NUL in it.
    HeaderLine,
    HeaderTooLong,
    TooManyHeaders,
    Missing(Name),
    /// A header that may stand once stands twice, with different values.
    Repeated(Name),
    Malformed(Name),
    /// The method in CSeq is not the one of the start line.
    CseqMethod,
    /// Content-Length promises more than the datagram holds.
    Truncated,
}

impl Fault {
    /// The answer that tells the sender.
    pub const fn status(self) -> u16 {
        match self {
            Fault::Version => 505,
            Fault::RequestUriTooLong => 414,
            Fault::TooLarge | Fault::HeaderTooLong | Fault::TooManyHeaders => 513,
            _ => 400,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::TooLarge => f.write_str("Message Too Large"),
            Fault::StartLine => f.write_str("Malformed Start Line"),
            Fault::Version => f.write_str("Version Not Supported"),
            Fault::RequestUri => f.write_str("Malformed Request-URI"),
            Fault::RequestUriTooLong => f.write_str("Request-URI Too Long"),
            Fault::HeaderLine => f.write_str("Malformed Header Line"),
            Fault::HeaderTooLong => f.write_str("Header Too Long"),
            Fault::TooManyHeaders => f.write_str("Too Many Headers"),
            Fault::Missing(name) => write!(f, "Missing {name}"),
            Fault::Repeated(name) => write!(f, "Repeated {name}"),
            Fault::Malformed(name) => write!(f, "Malformed {name}"),
            Fault::CseqMethod => f.write_str("CSeq Names Another Method"),
            Fault::Truncated => f.write_str("Body Shorter Than Content-Length"),
        }
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ParseError::KeepAlive => f.write_str("keep-alive"),
            ParseError::Garbage(fault) => write!(f, "not a message to answer: {fault}"),
            ParseError::Answerable { fault, .. } => write!(f, "bad request: {fault}"),
        }
    }
}

impl std::error::Error for ParseError {}

/// A header that is missing or cannot be read; the rest of the message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeaderError {
    pub name: Name,
    pub what: &'static str,
}

impl HeaderError {
    pub(super) const fn new(name: Name, what: &'static str) -> HeaderError {
        HeaderError { name, what }
    }
}

impl fmt::Display for HeaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "header {}: {}", self.name, self.what)
    }
}

impl std::error::Error for HeaderError {}
