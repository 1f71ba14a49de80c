//! What goes into a worker and what comes out.

use std::net::SocketAddr;
use std::ops::Range;
use std::time::Duration;

use base::{EndId, Job, Notice, WorkerId};

/// What a worker is told once.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Config {
    pub worker: WorkerId,
    pub limits: Limits,
}

/// How long a worker waits for what may never come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// No RTP for this long, while some is expected, is told as `Notice::Silent`, and again each minute while it lasts.
    pub silence: Duration,
    /// After this long without a packet a latched end may move to another port of the same IP address.
    pub relatch: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        // A second is longer than any jitter and shorter than a citizen's patience with a phone that moved its port.
        Limits { silence: Duration::from_secs(10), relatch: Duration::from_secs(1) }
    }
}

/// Which socket of an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    Rtp,
    Rtcp,
}

/// What happened to a worker.
#[derive(Debug)]
pub enum Input<'a> {
    /// A datagram on a socket of `end`.
    Packet { end: EndId, channel: Channel, from: SocketAddr, bytes: &'a [u8] },
    /// `Open`, `Change`, `Hear` or `Close`; `Lease` is the rim's and ignored here.
    Job(&'a Job),
}

/// A datagram to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    pub end: EndId,
    pub channel: Channel,
    pub to: SocketAddr,
    /// A range of `Output::buffer`.
    pub bytes: Range<usize>,
}

/// What a worker wants done. The caller owns it, carries it out and clears it; a worker only appends.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Output {
    pub packets: Vec<Packet>,
    pub buffer: Vec<u8>,
    pub notices: Vec<Notice>,
    /// Ends that were closed, also those that were leased and never opened: their ports may go.
    pub closed: Vec<EndId>,
}

impl Output {
    pub fn clear(&mut self) {
        self.packets.clear();
        self.buffer.clear();
        self.notices.clear();
        self.closed.clear();
    }

    /// The bytes of a packet of this output; empty for a packet of another one.
    pub fn bytes(&self, packet: &Packet) -> &[u8] {
        self.buffer.get(packet.bytes.clone()).unwrap_or_default()
    }
}
