//! What a phone tells of its media every five seconds, and what it is told (RFC 3550 §6).

use std::time::Duration;

use base::{Now, Time};
use rtp::rtcp::{self, Item, RoundTrip, SenderInfo};
use rtp::{Header, Receiver};

/// RFC 3550 §6.2: the usual least interval of a session of two.
const INTERVAL: Duration = Duration::from_secs(5);

pub(crate) struct Reports {
    receiver: Receiver,
    round_trip: RoundTrip,
    next: Time,
    packets: u32,
    octets: u32,
    heard: u64,
}

impl Reports {
    pub(crate) fn new(now: Time) -> Reports {
        let (receiver, round_trip) = (Receiver::default(), RoundTrip::default());
        Reports { receiver, round_trip, next: now + INTERVAL, packets: 0, octets: 0, heard: 0 }
    }

    pub(crate) fn next_timeout(&self) -> Time {
        self.next
    }

    pub(crate) fn sent(&mut self, octets: usize) {
        self.packets = self.packets.wrapping_add(1);
        self.octets = self.octets.wrapping_add(octets as u32);
    }

    pub(crate) fn received(&mut self, now: Time, header: &Header, voice: bool) {
        // The place serves those who reorder; the phone only counts.
        let _place = self.receiver.receive(now, header, voice);
    }

    /// The report that is due: a sender report after sending, else a receiver report.
    pub(crate) fn due(&mut self, now: Now, ssrc: u32, timestamp: u32, user: &str) -> Option<Vec<u8>> {
        if self.next > now.time {
            return None;
        }
        self.next = now.time + INTERVAL;
        let ntp = rtcp::ntp(now.wall);
        let info = SenderInfo { ntp, timestamp, packets: self.packets, octets: self.octets };
        let sender = (self.packets > 0).then_some(&info);
        if sender.is_some() {
            self.round_trip.sent(now.time, ntp);
        }
        let mut bytes = Vec::new();
        rtcp::write_report(&mut bytes, ssrc, sender, self.receiver.report(now.time).as_ref());
        rtcp::write_cname(&mut bytes, ssrc, user.as_bytes());
        Some(bytes)
    }

    pub(crate) fn heard(&mut self, now: Time, our_ssrc: u32, bytes: &[u8]) {
        for item in rtcp::parse(bytes) {
            match item {
                Item::Sender { ssrc, info } => {
                    self.heard += 1;
                    self.receiver.sender_report(now, ssrc, info.ntp);
                }
                Item::Report { report, .. } if report.ssrc == our_ssrc => self.round_trip.heard(now, &report),
                Item::Report { .. } | Item::Bye { .. } => {}
            }
        }
    }

    /// Sender reports of the other side.
    pub(crate) fn heard_count(&self) -> u64 {
        self.heard
    }

    pub(crate) fn round_trip(&self) -> Option<Duration> {
        self.round_trip.newest()
    }
}
