//! The state of one end.

use std::net::IpAddr;
use std::time::Duration;

use base::wheel::TimerId;
use base::{EndId, LegId, MediaParams, MediaStats, Rng, Time};
use rtp::dtmf::Presses;
use rtp::rtcp::RoundTrip;
use rtp::{Receiver, Rewriter, Sender};

use crate::latch::Latch;
use crate::playlist::{Music, Playlist};

/// What an end hears.
#[derive(Clone, Debug)]
pub(crate) enum Hears {
    Silence,
    Play(Playlist),
    /// The voice of another end, which names this one among its listeners.
    End(EndId),
}

/// A leased end at work.
#[derive(Clone, Debug)]
pub(crate) struct End {
    pub(crate) id: EndId,
    pub(crate) leg: LegId,
    pub(crate) params: MediaParams,
    pub(crate) rtp: Latch,
    pub(crate) rtcp: Latch,
    pub(crate) inbound: Inbound,
    pub(crate) outbound: Outbound,
    /// The ends, by slot, that hear this one.
    pub(crate) listeners: Vec<u32>,
    pub(crate) timers: Timers,
}

/// What the peer sends.
#[derive(Clone, Debug)]
pub(crate) struct Inbound {
    pub(crate) receiver: Receiver,
    pub(crate) presses: Presses,
    pub(crate) refused: u64,
    /// A packet was accepted once.
    pub(crate) heard: bool,
    /// When the last packet was accepted, or when packets began to be expected.
    pub(crate) heard_at: Time,
}

/// What the peer gets.
#[derive(Clone, Debug)]
pub(crate) struct Outbound {
    pub(crate) sender: Sender,
    pub(crate) hears: Hears,
    pub(crate) rewriter: Rewriter,
    pub(crate) music: Music,
    /// When the next packet of our own is due; a point of the end's grid.
    pub(crate) due: Time,
    pub(crate) cname: [u8; CNAME_LEN],
    /// Packets sent when the last report left.
    pub(crate) reported: u64,
    /// A report or a packet left: there is somebody to say goodbye to.
    pub(crate) known: bool,
    pub(crate) round_trip: RoundTrip,
}

/// The armed deadlines; one that is missing is not wanted now.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Timers {
    pub(crate) tick: Option<TimerId>,
    pub(crate) report: Option<TimerId>,
    pub(crate) silence: Option<TimerId>,
    /// The silence that lasts has been told.
    pub(crate) told_silent: bool,
}

/// 96 random bits as hexadecimal digits: a name for this session alone (RFC 7022 §4.2).
const CNAME_LEN: usize = 24;

impl End {
    pub(crate) fn new(
        now: Time,
        id: EndId,
        leg: LegId,
        params: MediaParams,
        signalled_from: IpAddr,
        rng: &mut Rng,
    ) -> End {
        End {
            id,
            leg,
            params,
            rtp: Latch::new(now, params.remote, signalled_from),
            rtcp: Latch::new(now, params.remote_rtcp, signalled_from),
            inbound: Inbound {
                receiver: Receiver::default(),
                presses: Presses::default(),
                refused: 0,
                heard: false,
                heard_at: now,
            },
            outbound: Outbound {
                sender: Sender::new(now, rng),
                hears: Hears::Silence,
                rewriter: Rewriter::default(),
                music: Music::default(),
                due: now,
                cname: cname(rng),
                reported: 0,
                known: false,
                round_trip: RoundTrip::default(),
            },
            listeners: Vec::new(),
            timers: Timers::default(),
        }
    }

    /// The time that a packet of our own lasts.
    pub(crate) fn packet_time(&self) -> Duration {
        // The range of `MediaParams::ptime_ms`; a value outside of it must not stop the clock or overfill a datagram.
        Duration::from_millis(u64::from(self.params.ptime_ms.clamp(10, 60)))
    }

    /// Whether RTP and RTCP share a port (RFC 5761).
    pub(crate) fn is_muxed(&self) -> bool {
        self.params.remote == self.params.remote_rtcp
    }

    pub(crate) fn stats(&self) -> MediaStats {
        MediaStats {
            packets_sent: self.outbound.sender.packets(),
            packets_received: self.inbound.receiver.received(),
            packets_lost: self.inbound.receiver.lost(),
            packets_refused: self.inbound.refused,
            jitter: self.inbound.receiver.jitter(),
            round_trip: self.outbound.round_trip.newest(),
        }
    }
}

fn cname(rng: &mut Rng) -> [u8; CNAME_LEN] {
    let mut drawn = [0; CNAME_LEN];
    rng.fill(&mut drawn);
    drawn.map(|byte| b"0123456789abcdef"[usize::from(byte & 15)])
}
