//! The one stream that a leg sends, whatever its sources are.

use base::{Rng, Time};

use crate::packet::Header;

/// Nanoseconds of a sample at 8 kHz.
const NANOS_PER_SAMPLE: u64 = 125_000;
/// How far the stream may be ahead of its clock when a new source begins: a usual packet.
const LEAD_MAX: u32 = 160;
/// A source whose timestamps are further from the clock than jitter explains, 60 ms, has a clock of another speed.
const DRIFT_MAX: u32 = 480;

/// Samples of 125 µs in a span of time, modulo 2^32 as timestamps are.
pub(crate) fn samples(from: Time, to: Time) -> u32 {
    let whole = |t: Time| t.as_nanos() / NANOS_PER_SAMPLE;
    whole(to).wrapping_sub(whole(from)) as u32
}

/// Whether `a` comes after `b` on a line that wraps.
pub(crate) const fn is_after(a: u32, b: u32) -> bool {
    (a.wrapping_sub(b) as i32) > 0
}

/// One SSRC for the leg's life, contiguous sequence numbers, and timestamps that advance by real time.
///
/// Timestamps follow a clock that began with the stream. A packet never begins before the one before it ended: a source
/// that ran ahead keeps its lead until the stream pauses or another source waits for the clock.
#[derive(Clone, Debug)]
pub struct Sender {
    ssrc: u32,
    next_sequence: u16,
    /// The clock: this timestamp at this time.
    origin: (Time, u32),
    /// Where the newest packet ends.
    end: u32,
    /// A timestamp of the stream and when it was now.
    last: Option<(u32, Time)>,
    marker_due: bool,
    packets: u64,
    octets: u64,
}

impl Sender {
    /// A stream with SSRC, first sequence number and first timestamp drawn (RFC 3550 §5.1).
    pub fn new(now: Time, rng: &mut Rng) -> Sender {
        let timestamp = rng.u32();
        Sender {
            ssrc: rng.u32(),
            next_sequence: rng.u32() as u16,
            origin: (now, timestamp),
            end: timestamp,
            last: None,
            marker_due: true,
            packets: 0,
            octets: 0,
        }
    }

    pub const fn ssrc(&self) -> u32 {
        self.ssrc
    }

    /// Packets sent so far.
    pub const fn packets(&self) -> u64 {
        self.packets
    }

    /// Payload bytes sent so far.
    pub const fn octets(&self) -> u64 {
        self.octets
    }

    /// The sequence number of the next packet in order.
    pub const fn next_sequence(&self) -> u16 {
        self.next_sequence
    }

    /// The next packet begins a talkspurt of a new source.
    pub fn mark(&mut self) {
        self.marker_due = true;
        // The listener has followed the old source's clock for as long as it spoke; going back would be a jump.
        if let Some((timestamp, at)) = self.last
            && self.clock(at).wrapping_sub(timestamp).wrapping_add(DRIFT_MAX) > 2 * DRIFT_MAX
        {
            self.origin = (at, timestamp);
        }
    }

    /// Whether a new source must leave out a packet at `at`: with each switch the stream would run further ahead.
    pub fn must_wait(&self, at: Time) -> bool {
        self.marker_due && is_after(self.end, self.clock(at).wrapping_add(LEAD_MAX))
    }

    /// The timestamp of a packet that begins at `at`.
    pub fn next_timestamp(&self, at: Time) -> u32 {
        let clock = self.clock(at);
        if is_after(self.end, clock) { self.end } else { clock }
    }

    fn clock(&self, at: Time) -> u32 {
        let (began, first) = self.origin;
        first.wrapping_add(samples(began, at))
    }

    /// What a sender report says of `now`: the running timestamp of the stream.
    pub fn timestamp_now(&self, now: Time) -> u32 {
        match self.last {
            Some((timestamp, at)) => timestamp.wrapping_add(samples(at, now)),
            None => self.next_timestamp(now),
        }
    }

    /// The header of a packet of our own that was due at `at` and carries this many samples, one byte each.
    pub fn next(&mut self, at: Time, payload_type: u8, len: u32) -> Header {
        let timestamp = self.next_timestamp(at);
        let marker = self.marker_due || timestamp != self.end;
        self.marker_due = false;
        let header = Header { marker, payload_type, sequence: self.next_sequence, timestamp, ssrc: self.ssrc };
        self.sent_voice(at, &header, len);
        header
    }

    /// The header of a telephone-event packet that began at `timestamp` and has lasted `duration` samples.
    pub fn next_event(&mut self, at: Time, payload_type: u8, marker: bool, timestamp: u32, duration: u16) -> Header {
        let header = Header { marker, payload_type, sequence: self.next_sequence, timestamp, ssrc: self.ssrc };
        self.sent_event(at, &header, duration);
        header
    }

    /// Takes the marker that is due.
    pub(crate) const fn take_marker(&mut self) -> bool {
        std::mem::replace(&mut self.marker_due, false)
    }

    /// Accounts a voice packet, in order or late, of `len` samples, one byte each.
    pub(crate) fn sent_voice(&mut self, at: Time, header: &Header, len: u32) {
        self.account(header, len, (header.timestamp, at), len);
    }

    /// Accounts a telephone-event packet: it is sent at its end, not at its timestamp.
    pub(crate) fn sent_event(&mut self, at: Time, header: &Header, duration: u16) {
        let len = u32::from(duration);
        self.account(header, len, (header.timestamp.wrapping_add(len), at), crate::dtmf::EVENT_LEN as u32);
    }

    fn account(&mut self, header: &Header, len: u32, last: (u32, Time), octets: u32) {
        self.packets += 1;
        self.octets += u64::from(octets);
        if (header.sequence.wrapping_sub(self.next_sequence) as i16) < 0 {
            return;
        }
        self.next_sequence = header.sequence.wrapping_add(1);
        self.last = Some(last);
        let end = header.timestamp.wrapping_add(len);
        if is_after(end, self.end) {
            self.end = end;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    #[test]
    fn a_paced_stream_is_contiguous_and_marks_only_its_start() {
        let mut rng = Rng::from_number(1);
        let start = Time::from_nanos(7_000_123);
        let mut sender = Sender::new(start, &mut rng);
        let first = sender.next(start, 8, 160);
        assert!(first.marker);
        for k in 1..70_000u64 {
            let h = sender.next(start + ms(20 * k), 8, 160);
            assert_eq!(h.sequence, first.sequence.wrapping_add(k as u16));
            assert_eq!(h.timestamp, first.timestamp.wrapping_add(160 * k as u32));
            assert!(!h.marker);
            assert_eq!(h.ssrc, first.ssrc);
        }
        assert_eq!((sender.packets(), sender.octets()), (70_000, 70_000 * 160));
    }

    #[test]
    fn a_pause_shows_in_the_timestamp_alone() {
        let mut sender = Sender::new(Time::ZERO, &mut Rng::from_number(2));
        let a = sender.next(Time::ZERO, 8, 160);
        let b = sender.next(Time::from_millis(1_000), 8, 160);
        assert_eq!(b.sequence, a.sequence.wrapping_add(1));
        assert_eq!(b.timestamp.wrapping_sub(a.timestamp), 8_000);
        assert!(b.marker);
        assert_eq!(sender.timestamp_now(Time::from_millis(1_010)), b.timestamp.wrapping_add(80));
    }

    #[test]
    fn a_source_with_a_clock_of_its_own_is_followed() {
        for (ms, drift) in [(20_000u64, 10u32), (20_000, 0u32.wrapping_sub(10))] {
            let mut sender = Sender::new(Time::ZERO, &mut Rng::from_number(4));
            let first = sender.next(Time::ZERO, 8, 160);
            let timestamp = first.timestamp.wrapping_add(160_000).wrapping_add(drift.wrapping_mul(160));
            let sequence = first.sequence.wrapping_add(1);
            sender.sent_voice(Time::from_millis(ms), &Header { sequence, timestamp, ..first }, 160);
            sender.mark();
            assert!(!sender.must_wait(Time::from_millis(ms + 1)));
            let next = sender.next(Time::from_millis(ms + 25), 8, 160);
            assert_eq!(next.timestamp, timestamp.wrapping_add(200));
        }
    }

    #[test]
    fn a_new_source_waits_for_the_clock() {
        let mut sender = Sender::new(Time::ZERO, &mut Rng::from_number(5));
        for ms in [0, 1] {
            sender.next(Time::from_millis(ms), 8, 160);
        }
        assert!(!sender.must_wait(Time::from_millis(2)), "the same source goes on");
        sender.mark();
        assert!(sender.must_wait(Time::from_millis(2)));
        assert!(!sender.must_wait(Time::from_millis(20)));
    }

    #[test]
    fn an_early_packet_follows_the_one_before_and_the_lead_ends_with_a_pause() {
        let mut sender = Sender::new(Time::ZERO, &mut Rng::from_number(3));
        let a = sender.next(Time::ZERO, 8, 160);
        let b = sender.next(Time::from_millis(5), 8, 160);
        assert_eq!(b.timestamp.wrapping_sub(a.timestamp), 160);
        let c = sender.next(Time::from_millis(100), 8, 160);
        assert_eq!(c.timestamp.wrapping_sub(a.timestamp), 800);
    }
}
