//! Offer and answer of one audio stream over RTP (RFC 3264 on the descriptions of RFC 4566).
//!
//! Invariants: no input panics; what a description costs is bounded by `reader`'s limits; every m-line of an offer
//! is answered, in its place; an answer names one codec, so that neither side may change it without asking.
//!
//! The reader is our own and not `sdp-types`: real phones send session names in GBK, origins that are no numbers and
//! lines twice, and a strict parser loses the whole call for a line that nobody needs.

mod answer;
mod gist;
mod offer;
mod reader;
mod refusal;
mod writer;

use std::net::{IpAddr, SocketAddr};

use base::{Codec, Direction};

pub use answer::{Answer, answer};
pub use gist::{Gist, gist};
pub use offer::{accept, first_codecs, offer, offer_again};
pub use refusal::Refusal;

/// The media type of every body that this crate reads and writes.
pub const CONTENT_TYPE: &str = "application/sdp";

/// The payload type that our offers name for `telephone-event/8000`; what nearly every phone uses itself.
pub const TELEPHONE_EVENT_TYPE: u8 = 101;

/// The packet time that our offers name, and that we send with unless the peer asks otherwise.
pub const PTIME_MS: u8 = 20;

/// Our side of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Local {
    /// Where we want media: what peers reach, not what the socket is bound to.
    pub address: IpAddr,
    /// Where we want RTP; RTCP goes one port above.
    pub port: u16,
    /// The `o=` line's session id: the same for the whole dialog.
    pub session_id: u64,
    /// The `o=` line's version: one more for each description that is sent, which RFC 3264 §8 demands of those that differ.
    pub version: u64,
    /// What we speak, in order of preference.
    pub codecs: Vec<Codec>,
    /// Whether we take and send keys by RFC 4733.
    pub telephone_event: bool,
    /// What we want to do; an answer narrows it to what the offer allows.
    pub direction: Direction,
    /// Where the peer's signalling comes from. It stands in for a media address that cannot be reached from ours: one of the
    /// other IP version, as phones on hosts with both offer, or a host name.
    pub peer: Option<IpAddr>,
}

impl Local {
    /// A first description: version 0, keys by RFC 4733, sending and receiving.
    pub fn new(address: SocketAddr, session_id: u64, codecs: &[Codec]) -> Local {
        Local {
            address: address.ip(),
            port: address.port(),
            session_id,
            version: 0,
            codecs: codecs.to_vec(),
            telephone_event: true,
            direction: Direction::SendRecv,
            peer: None,
        }
    }
}

/// The direction of one side as the other side stands in it (RFC 3264 §6.1).
const fn mirrored(direction: Direction) -> Direction {
    match direction {
        Direction::SendRecv => Direction::SendRecv,
        Direction::SendOnly => Direction::RecvOnly,
        Direction::RecvOnly => Direction::SendOnly,
        Direction::Inactive => Direction::Inactive,
    }
}

/// What both directions allow.
const fn both(a: Direction, b: Direction) -> Direction {
    match (a.sends() && b.sends(), a.receives() && b.receives()) {
        (true, true) => Direction::SendRecv,
        (true, false) => Direction::SendOnly,
        (false, true) => Direction::RecvOnly,
        (false, false) => Direction::Inactive,
    }
}
