//! A datagram that arrives at an end.

use std::net::SocketAddr;

use base::{Codec, MediaParams, Notice, Time};
use rtp::dtmf::Event;
use rtp::rtcp::{self, Item};
use rtp::{Header, Place};

use crate::end::End;
use crate::{Channel, Limits, Output};

/// Comfort noise (RFC 3389), which senders use without asking when they detect silence.
const COMFORT_NOISE: u8 = 13;

/// What a packet carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Voice(Codec),
    Event(Event),
    /// Takes a sequence number and says nothing that a listener needs.
    Comfort,
}

/// A packet that listeners may get.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrival<'a> {
    pub(crate) place: Place,
    pub(crate) header: Header,
    pub(crate) kind: Kind,
    pub(crate) payload: &'a [u8],
}

impl End {
    /// Takes a datagram in; returns what to relay.
    pub(crate) fn receive<'a>(
        &mut self,
        now: Time,
        channel: Channel,
        from: SocketAddr,
        bytes: &'a [u8],
        limits: &Limits,
        out: &mut Output,
    ) -> Option<Arrival<'a>> {
        if channel == Channel::Rtcp || rtp::is_rtcp(bytes) {
            self.receive_rtcp(now, channel, from, bytes, limits);
            return None;
        }
        self.receive_rtp(now, from, bytes, limits, out)
    }

    fn receive_rtp<'a>(
        &mut self,
        now: Time,
        from: SocketAddr,
        bytes: &'a [u8],
        limits: &Limits,
        out: &mut Output,
    ) -> Option<Arrival<'a>> {
        let known = rtp::Packet::parse(bytes).and_then(|p| Some((p, kind(&self.params, &p)?)));
        // What is not understood never moves the latch.
        let Some((packet, kind)) = known.filter(|_| self.rtp.accept(now, from, limits.relatch)) else {
            self.inbound.refused += 1;
            return None;
        };
        let inbound = &mut self.inbound;
        if !self.params.direction.receives() {
            // Heard by nobody, yet not lost: the numbers go on.
            let place = inbound.receiver.receive(now, &packet.header, false)?;
            return Some(Arrival { place, header: packet.header, kind: Kind::Comfort, payload: &[] });
        }
        inbound.heard_at = now;
        // Keys and comfort noise are no sign that voice will go on coming.
        if matches!(kind, Kind::Voice(_)) && !std::mem::replace(&mut inbound.heard, true) {
            out.notices.push(Notice::Heard { leg: self.leg });
        }
        // Before duplicates are dropped: some phones send a whole press under one sequence number.
        if let Kind::Event(event) = kind
            && let Some(digit) = inbound.presses.receive(now, &packet.header, event)
        {
            out.notices.push(Notice::Digit { leg: self.leg, digit });
        }
        let place = inbound.receiver.receive(now, &packet.header, matches!(kind, Kind::Voice(_)))?;
        Some(Arrival { place, header: packet.header, kind, payload: packet.payload })
    }

    fn receive_rtcp(&mut self, now: Time, channel: Channel, from: SocketAddr, bytes: &[u8], limits: &Limits) {
        let latch = match channel {
            Channel::Rtp => &mut self.rtp,
            Channel::Rtcp => &mut self.rtcp,
        };
        if !rtp::is_rtcp(bytes) || !latch.accept(now, from, limits.relatch) {
            self.inbound.refused += 1;
            return;
        }
        for item in rtcp::parse(bytes) {
            match item {
                Item::Sender { ssrc, info } => self.inbound.receiver.sender_report(now, ssrc, info.ntp),
                Item::Report { report, .. } if report.ssrc == self.outbound.sender.ssrc() => {
                    self.outbound.round_trip.heard(now, &report);
                }
                // Signalling ends calls, not RTCP.
                Item::Report { .. } | Item::Bye { .. } => {}
            }
        }
    }
}

/// What a packet carries by its payload type; none when that was not agreed.
fn kind(params: &MediaParams, packet: &rtp::Packet<'_>) -> Option<Kind> {
    let payload_type = packet.header.payload_type;
    if payload_type == params.receive_type {
        return Some(Kind::Voice(params.codec));
    }
    if Some(payload_type) == params.dtmf_receive_type {
        return Event::parse(packet.payload).map(Kind::Event);
    }
    if payload_type == COMFORT_NOISE {
        return Some(Kind::Comfort);
    }
    // A peer that was offered both may send either at any time (RFC 3264 §5.1), and a static type means one codec only.
    Codec::ALL.into_iter().find(|c| c.payload_type() == payload_type).map(Kind::Voice)
}
