//! Why a description cannot be agreed to.

use std::fmt;

/// Why an offer or an answer leads to no session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The body is no session description, or too large; the text names the part.
    Malformed { what: &'static str },
    /// No audio stream over plain RTP is open in it.
    NoAudio,
    /// Audio, but in no codec that we speak.
    NoCommonCodec,
    /// The peer's media address is one that we cannot send to.
    Unreachable { what: &'static str },
    /// An answer that does not fit our offer.
    AnswerMismatch { what: &'static str },
}

impl Refusal {
    /// The status for the request that carried the description: 400 where it cannot be read, 488 where it can
    /// (RFC 3261 §13.3.1.3).
    pub const fn status(self) -> u16 {
        match self {
            Refusal::Malformed { .. } => 400,
            _ => 488,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Malformed { what } => write!(f, "the session description cannot be read: {what}"),
            Refusal::NoAudio => {
                f.write_str("no open audio stream over RTP/AVP: offer m=audio with a port, without SRTP")
            }
            Refusal::NoCommonCodec => f.write_str("no common codec: offer PCMA or PCMU at 8000 Hz"),
            Refusal::Unreachable { what } => write!(f, "media cannot be sent to the peer: {what}"),
            Refusal::AnswerMismatch { what } => write!(f, "the answer does not fit our offer: {what}"),
        }
    }
}

impl std::error::Error for Refusal {}
