//! The packets that an end sends.

use base::{Notice, Now, Time};
use rtp::Header;
use rtp::rtcp::{self, SenderInfo};

use crate::end::{End, Hears};
use crate::inbound::{Arrival, Kind};
use crate::{Bank, Channel, Output, Packet};

/// How many packets one late turn may send at once: 60 ms, what any jitter buffer holds. The rest of the time is left out,
/// and the timestamps say so.
const BURST_MAX: u32 = 3;

impl End {
    /// Sends the packet of our own that is due and moves to the next point of the grid.
    pub(crate) fn tick(&mut self, now: Time, bank: &Bank, out: &mut Output) {
        let packet_time = self.packet_time();
        let late = now.since(self.outbound.due).as_nanos() / packet_time.as_nanos();
        let left_out = u32::try_from(late).unwrap_or(u32::MAX).saturating_sub(BURST_MAX - 1);
        let due = self.outbound.due + packet_time.saturating_mul(left_out);
        self.outbound.due = due + packet_time;
        let len = packet_time.as_millis() as usize * 8;
        self.send_own(due, len, bank, out);
    }

    fn send_own(&mut self, due: Time, len: usize, bank: &Bank, out: &mut Output) {
        let start = out.buffer.len();
        out.buffer.resize(start + rtp::packet::HEADER_LEN, 0);
        let outbound = &mut self.outbound;
        match &mut outbound.hears {
            Hears::Play(list) => {
                list.fill(bank, self.params.codec, &mut outbound.music, &mut out.buffer, len);
                if let Some(play) = list.take_played() {
                    out.notices.push(Notice::Played { leg: self.leg, play });
                }
            }
            Hears::Silence | Hears::End(_) => {
                let end = out.buffer.len() + len;
                out.buffer.resize(end, rtp::g711::silence(self.params.codec));
            }
        }
        // On hold the sounds run on and nothing leaves: the peer's own clock does not stop either.
        let Some(to) = self.rtp.target().filter(|_| self.params.direction.sends()) else {
            out.buffer.truncate(start);
            return;
        };
        let header = outbound.sender.next(due, self.params.send_type, len as u32);
        outbound.known = true;
        if let Some(packet) = out.buffer.get_mut(start..) {
            header.write(packet);
        }
        let bytes = start..out.buffer.len();
        out.packets.push(Packet { end: self.id, channel: Channel::Rtp, to, bytes });
    }

    /// Passes on what the end that this one hears has received.
    pub(crate) fn relay(&mut self, now: Time, arrival: &Arrival<'_>, out: &mut Output) {
        let Some(to) = self.rtp.target().filter(|_| self.params.direction.sends()) else {
            self.outbound.rewriter.forget();
            return;
        };
        let Some(header) = self.relayed_header(now, arrival) else { return };
        let start = out.buffer.len();
        out.buffer.extend_from_slice(&header.to_bytes());
        let payload = out.buffer.len();
        out.buffer.extend_from_slice(arrival.payload);
        if let (Kind::Voice(codec), Some(codes)) = (arrival.kind, out.buffer.get_mut(payload..)) {
            rtp::g711::convert(codec, self.params.codec, codes);
        }
        self.outbound.known = true;
        let bytes = start..out.buffer.len();
        out.packets.push(Packet { end: self.id, channel: Channel::Rtp, to, bytes });
    }

    /// The header that a relayed packet gets; none when this end does not take it.
    fn relayed_header(&mut self, now: Time, arrival: &Arrival<'_>) -> Option<Header> {
        let Arrival { place, header, kind, payload } = arrival;
        let (rewriter, sender) = (&mut self.outbound.rewriter, &mut self.outbound.sender);
        match (kind, self.params.dtmf_send_type) {
            (Kind::Voice(_), _) if !payload.is_empty() => {
                rewriter.voice(sender, now, *place, header, self.params.send_type, payload.len() as u32)
            }
            (Kind::Event(event), Some(payload_type)) => {
                rewriter.event(sender, now, *place, header, payload_type, event.duration)
            }
            (Kind::Voice(_) | Kind::Event(_) | Kind::Comfort, _) => {
                rewriter.skip(*place);
                None
            }
        }
    }

    /// Sends the report that is due.
    pub(crate) fn report(&mut self, now: Now, out: &mut Output) {
        self.send_rtcp(now, false, out);
    }

    /// Says goodbye to a peer that knows of us (RFC 3550 §6.3.7).
    pub(crate) fn say_goodbye(&mut self, now: Now, out: &mut Output) {
        if self.outbound.known {
            self.send_rtcp(now, true, out);
        }
    }

    fn send_rtcp(&mut self, now: Now, bye: bool, out: &mut Output) {
        let (channel, latch) = if self.is_muxed() { (Channel::Rtp, &self.rtp) } else { (Channel::Rtcp, &self.rtcp) };
        let Some(to) = latch.target() else { return };
        let outbound = &mut self.outbound;
        let (ssrc, packets) = (outbound.sender.ssrc(), outbound.sender.packets());
        let info = SenderInfo {
            ntp: rtcp::ntp(now.wall),
            timestamp: outbound.sender.timestamp_now(now.time),
            packets: packets as u32,
            octets: outbound.sender.octets() as u32,
        };
        // Who has sent nothing since the last report is a receiver (RFC 3550 §6.4).
        let sends = packets != std::mem::replace(&mut outbound.reported, packets);
        if sends {
            outbound.round_trip.sent(now.time, info.ntp);
        }
        let start = out.buffer.len();
        let block = self.inbound.receiver.report(now.time);
        rtcp::write_report(&mut out.buffer, ssrc, sends.then_some(&info), block.as_ref());
        rtcp::write_cname(&mut out.buffer, ssrc, &outbound.cname);
        if bye {
            rtcp::write_bye(&mut out.buffer, ssrc);
        }
        outbound.known = true;
        let bytes = start..out.buffer.len();
        out.packets.push(Packet { end: self.id, channel, to, bytes });
    }
}
