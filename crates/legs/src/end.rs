//! The state of one end.

use std::net::IpAddr;
use std::time::Duration;

use base::wheel::TimerId;
use base::{EndId, LegId, MediaParams, MediaStats, Rng, Time};
use rtp::dtmf::Presses;
use rtp::rtcp::RoundTrip;
use rtp::{Receiver, Rewriter, Sender};

use crate::ear::Ear;
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
///
/// Its fields stand in an order: what a voice packet reads at its talker and at its listener fills nine cache lines, so
/// that two thousand ends take little from the caches that the system's sockets need.
#[derive(Clone, Debug)]
#[repr(C, align(64))]
pub(crate) struct End {
    /// The ends, by slot, that hear this one.
    pub(crate) listeners: Vec<u32>,
    pub(crate) rtp: Latch,
    pub(crate) params: MediaParams,
    pub(crate) id: EndId,
    pub(crate) outbound: Outbound,
    pub(crate) timers: Timers,
    pub(crate) inbound: Inbound,
    pub(crate) rtcp: Latch,
    pub(crate) leg: LegId,
}

/// What the peer sends; first what each packet changes.
#[derive(Clone, Debug)]
#[repr(C)]
pub(crate) struct Inbound {
    pub(crate) receiver: Receiver,
    /// When the last packet was accepted, or when packets began to be expected.
    pub(crate) heard_at: Time,
    /// A packet was accepted once.
    pub(crate) heard: bool,
    /// Whether there is an ear: what each packet asks, in a line that it reads anyway.
    pub(crate) listens: bool,
    pub(crate) refused: u64,
    /// None where nobody wants to know what is said.
    ear: Option<Box<Ear>>,
    pub(crate) presses: Presses,
}

impl Inbound {
    pub(crate) fn ear(&mut self) -> Option<&mut Ear> {
        self.ear.as_deref_mut()
    }

    /// Gives back the one before.
    pub(crate) fn set_ear(&mut self, ear: Option<Box<Ear>>) -> Option<Box<Ear>> {
        self.listens = ear.is_some();
        std::mem::replace(&mut self.ear, ear)
    }
}

/// What the peer gets; first what each relayed packet changes.
#[derive(Clone, Debug)]
#[repr(C)]
pub(crate) struct Outbound {
    pub(crate) sender: Sender,
    pub(crate) rewriter: Rewriter,
    /// A report or a packet left: there is somebody to say goodbye to.
    pub(crate) known: bool,
    /// When the next packet of our own is due; a point of the end's grid.
    pub(crate) due: Time,
    pub(crate) hears: Hears,
    pub(crate) music: Music,
    /// Packets sent when the last report left.
    pub(crate) reported: u64,
    pub(crate) round_trip: RoundTrip,
    pub(crate) cname: [u8; CNAME_LEN],
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
                ear: None,
                listens: false,
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

    /// Reads a field of each cache line that a voice packet of this end reads; the sum means nothing.
    pub(crate) fn touch_inbound(&self) -> u64 {
        let inbound = &self.inbound;
        let far = inbound.receiver.received() ^ inbound.heard_at.as_nanos() ^ u64::from(self.timers.told_silent);
        far ^ u64::from(self.id.slot) ^ self.listeners.len() as u64
    }

    /// The same for a packet that is relayed to this end.
    pub(crate) fn touch_outbound(&self) -> u64 {
        let far = self.outbound.sender.packets() ^ u64::from(self.outbound.known);
        far ^ u64::from(self.id.slot) ^ self.listeners.len() as u64
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::mem::{offset_of, size_of};
    use std::ops::Range;

    use super::*;

    fn lines(fields: impl IntoIterator<Item = Range<usize>>) -> BTreeSet<usize> {
        fields.into_iter().flat_map(|field| field.start / 64..=(field.end - 1) / 64).collect()
    }

    #[test]
    fn a_packet_touches_few_cache_lines() {
        let at = |start: usize, len: usize| start..start + len;
        let [inbound, outbound] = [offset_of!(End, inbound), offset_of!(End, outbound)];
        let both = [
            at(offset_of!(End, listeners), size_of::<Vec<u32>>()),
            at(offset_of!(End, rtp), crate::latch::HOT),
            at(offset_of!(End, params) + offset_of!(MediaParams, direction), 1),
            at(offset_of!(End, params) + offset_of!(MediaParams, receive_type), 1),
            at(offset_of!(End, params) + offset_of!(MediaParams, codec), 1),
            at(offset_of!(End, id), size_of::<EndId>()),
        ];
        let talker = [
            at(inbound, offset_of!(Inbound, refused)),
            at(inbound + offset_of!(Inbound, listens), 1),
            at(offset_of!(End, timers) + offset_of!(Timers, told_silent), 1),
            at(offset_of!(End, timers) + offset_of!(Timers, silence), size_of::<Option<TimerId>>()),
        ];
        let listener = [at(outbound, offset_of!(Outbound, due))];
        assert_eq!(lines(both.clone()).len(), 2, "{both:?}");
        assert_eq!(lines(both.clone().into_iter().chain(talker.clone())).len(), 5, "{talker:?}");
        assert_eq!(lines(both.into_iter().chain(listener.clone())).len(), 4, "{listener:?}");
    }
}
