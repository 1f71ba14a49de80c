//! What one end receives: order, loss and jitter (RFC 3550 §A.1, §A.3, §A.8).

use std::time::Duration;

use base::Time;

use crate::packet::Header;
use crate::rtcp::Report;
use crate::stream::samples;

/// A longer jump ahead is no loss but a new start (RFC 3550 §A.1: MAX_DROPOUT).
const DROPOUT_MAX: u16 = 3_000;
/// A packet later than this is a new start too (RFC 3550 §A.1: MAX_MISORDER); the window of duplicates covers it.
const MISORDER_MAX: u16 = 100;
/// A larger step of the transit time is a new time line of the sender, not jitter: a second.
const TRANSIT_STEP_MAX: u32 = 8_000;
/// Keeps the extended number of a packet that arrived before the first one above zero.
const FIRST_CYCLE: u32 = 1 << 16;

/// Where a packet stands in what its sender sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Counts the sender's restarts: a new SSRC, or a jump of the sequence numbers.
    pub stream: u32,
    /// The sequence number with its cycles; grows within a `stream`.
    pub sequence: u32,
}

/// The statistics of everything that one end received, over all restarts of its peer.
#[derive(Clone, Debug, Default)]
pub struct Receiver {
    run: Option<Run>,
    restarts: u32,
    received: u64,
    /// Lost in runs that are over.
    lost_before: u64,
    transit: Option<u32>,
    /// Sixteen times the jitter in samples, as RFC 3550 §A.8 keeps it; none before two packets.
    jitter: Option<u32>,
    /// The middle of the NTP time stamp of the peer's newest sender report, and its arrival.
    report_heard: Option<(u32, Time)>,
}

/// A row of sequence numbers of one SSRC without a jump.
#[derive(Clone, Debug)]
struct Run {
    ssrc: u32,
    base: u32,
    newest: u32,
    /// Bit n: `newest − n` was received.
    window: u128,
    received: u32,
    /// The number that would confirm a jump.
    jump: Option<u16>,
    expected_before: u32,
    received_before: u32,
}

impl Run {
    fn new(header: &Header) -> Run {
        let first = FIRST_CYCLE | u32::from(header.sequence);
        Run {
            ssrc: header.ssrc,
            base: first,
            newest: first,
            window: 1,
            received: 1,
            jump: None,
            expected_before: 0,
            received_before: 0,
        }
    }

    fn expected(&self) -> u32 {
        self.newest.wrapping_sub(self.base).wrapping_add(1)
    }

    fn lost(&self) -> i64 {
        i64::from(self.expected()) - i64::from(self.received)
    }

    /// The extended number of a packet that is new; none for a duplicate or one too late.
    fn place(&mut self, sequence: u16) -> Step {
        let ahead = sequence.wrapping_sub(self.newest as u16);
        let behind = 0u16.wrapping_sub(ahead);
        if ahead == 0 {
            return Step::Seen;
        }
        if ahead < DROPOUT_MAX {
            // Only a sender that skips on purpose gets there within a call's life.
            let Some(newest) = self.newest.checked_add(u32::from(ahead)) else { return Step::Restart };
            self.newest = newest;
            self.window = self.window.checked_shl(u32::from(ahead)).unwrap_or(0) | 1;
            self.received += 1;
            self.jump = None;
            return Step::New(self.newest);
        }
        if behind <= MISORDER_MAX {
            let bit = 1u128 << behind;
            if self.window & bit != 0 {
                return Step::Seen;
            }
            self.window |= bit;
            let number = self.newest - u32::from(behind);
            self.base = self.base.min(number);
            self.received += 1;
            return Step::New(number);
        }
        if self.jump == Some(sequence) {
            return Step::Restart;
        }
        self.jump = Some(sequence.wrapping_add(1));
        Step::Seen
    }
}

enum Step {
    New(u32),
    Seen,
    Restart,
}

impl Receiver {
    /// Accounts a packet: its place, or none for a duplicate, a packet that comes far too late, and the first after a jump
    /// that no second has confirmed. `voice` tells whether its timestamp says when it was sampled: an event's does not.
    pub fn receive(&mut self, now: Time, header: &Header, voice: bool) -> Option<Place> {
        let step = match self.run.as_mut().filter(|r| r.ssrc == header.ssrc) {
            Some(run) => run.place(header.sequence),
            None => Step::Restart,
        };
        let sequence = match step {
            Step::Seen => return None,
            Step::New(sequence) => sequence,
            Step::Restart => self.restart(header),
        };
        self.received += 1;
        if voice {
            self.measure(now, header.timestamp);
        }
        Some(Place { stream: self.restarts, sequence })
    }

    fn restart(&mut self, header: &Header) -> u32 {
        self.lost_before = self.lost();
        self.restarts = self.restarts.wrapping_add(1);
        self.transit = None;
        self.report_heard = None;
        self.run.insert(Run::new(header)).newest
    }

    /// RFC 3550 §A.8.
    fn measure(&mut self, now: Time, timestamp: u32) {
        let transit = samples(Time::ZERO, now).wrapping_sub(timestamp);
        let Some(before) = self.transit.replace(transit) else { return };
        let step = (transit.wrapping_sub(before) as i32).unsigned_abs();
        if step <= TRANSIT_STEP_MAX {
            let jitter = self.jitter.unwrap_or(0);
            self.jitter = Some((jitter + step).saturating_sub((jitter + 8) >> 4));
        }
    }

    /// A sender report of the peer arrived.
    pub fn sender_report(&mut self, now: Time, ssrc: u32, ntp: u64) {
        if self.run.as_ref().is_some_and(|r| r.ssrc == ssrc) {
            self.report_heard = Some(((ntp >> 16) as u32, now));
        }
    }

    /// The report block on what was received since the last one (RFC 3550 §A.3); none before the first packet.
    pub fn report(&mut self, now: Time) -> Option<Report> {
        let jitter = self.jitter.unwrap_or(0) >> 4;
        let (last_sr, delay_since_sr) = match self.report_heard {
            Some((middle, at)) => (middle, compact(now.since(at))),
            None => (0, 0),
        };
        let run = self.run.as_mut()?;
        let expected = run.expected().saturating_sub(run.expected_before);
        let received = run.received.saturating_sub(run.received_before);
        (run.expected_before, run.received_before) = (run.expected(), run.received);
        let lost = expected.saturating_sub(received);
        let fraction_lost = (u64::from(lost) * 256).checked_div(u64::from(expected)).unwrap_or(0).min(255) as u8;
        Some(Report {
            ssrc: run.ssrc,
            fraction_lost,
            lost: run.lost().clamp(-0x80_0000, 0x7f_ffff) as i32,
            newest_sequence: run.newest.wrapping_sub(FIRST_CYCLE),
            jitter,
            last_sr,
            delay_since_sr,
        })
    }

    /// Packets received, without duplicates.
    pub const fn received(&self) -> u64 {
        self.received
    }

    /// Sequence numbers that never arrived.
    pub fn lost(&self) -> u64 {
        let now = self.run.as_ref().map_or(0, Run::lost);
        self.lost_before + u64::try_from(now).unwrap_or(0)
    }

    /// Interarrival jitter; none before two voice packets.
    pub fn jitter(&self) -> Option<Duration> {
        self.jitter.map(|j| Duration::from_nanos(u64::from(j) * 125_000 / 16))
    }
}

/// A span in units of 1/65536 s, as RTCP tells delays.
pub(crate) fn compact(span: Duration) -> u32 {
    u32::try_from((span.as_nanos() << 16) / 1_000_000_000).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn header(sequence: u16, timestamp: u32, ssrc: u32) -> Header {
        Header { marker: false, payload_type: 8, sequence, timestamp, ssrc }
    }

    fn feed(receiver: &mut Receiver, sequences: &[u16]) -> Vec<Option<u32>> {
        let one = |s: &u16| receiver.receive(Time::ZERO, &header(*s, 0, 1), true).map(|p| p.sequence);
        sequences.iter().map(one).collect()
    }

    #[test]
    fn numbers_are_extended_over_the_wrap_and_seen_once() {
        let mut receiver = Receiver::default();
        let places = feed(&mut receiver, &[65_534, 65_535, 1, 0, 0, 65_533, 1]);
        let at = |n: u32| Some(FIRST_CYCLE + n);
        assert_eq!(places, [at(65_534), at(65_535), at(65_537), at(65_536), None, at(65_533), None]);
        assert_eq!((receiver.received(), receiver.lost()), (5, 0));
    }

    #[test]
    fn a_jump_needs_two_packets_and_a_new_ssrc_one() {
        let mut receiver = Receiver::default();
        feed(&mut receiver, &[1, 2, 4]);
        assert_eq!(feed(&mut receiver, &[30_000]), [None]);
        assert_eq!(feed(&mut receiver, &[5]).len(), 1);
        assert_eq!(feed(&mut receiver, &[30_000, 30_001]), [None, Some(FIRST_CYCLE + 30_001)]);
        let place = receiver.receive(Time::ZERO, &header(9, 0, 2), true);
        assert_eq!(place.map(|p| p.stream), Some(3));
        assert_eq!((receiver.received(), receiver.lost()), (6, 1));
    }

    #[test]
    fn reports_tell_loss_since_the_last_one() {
        let mut receiver = Receiver::default();
        feed(&mut receiver, &[10, 11, 13, 14]);
        let first = receiver.report(Time::ZERO).expect("a packet came");
        assert_eq!((first.fraction_lost, first.lost, first.newest_sequence), (51, 1, 14));
        feed(&mut receiver, &[15, 16]);
        receiver.sender_report(Time::from_millis(1_000), 1, 0x0001_2345_6789_0000);
        let second = receiver.report(Time::from_millis(1_500)).expect("a packet came");
        assert_eq!((second.fraction_lost, second.lost, second.newest_sequence), (0, 1, 16));
        assert_eq!((second.last_sr, second.delay_since_sr), (0x2345_6789, 0x8000));
        assert_eq!(Receiver::default().report(Time::ZERO), None);
    }

    #[test]
    fn jitter_settles_at_the_mean_step() {
        let mut receiver = Receiver::default();
        assert_eq!(receiver.jitter(), None);
        for k in 0..2_000u32 {
            // Every other packet is 4 ms late: each step of the transit time is 32 samples.
            let late = u64::from(k % 2) * 4;
            let at = Time::from_millis(u64::from(k) * 20 + late);
            receiver.receive(at, &header(k as u16, k * 160, 1), true);
        }
        let jitter = receiver.jitter().expect("measured");
        assert!((3_800..=4_100).contains(&jitter.as_micros()), "{jitter:?}");
    }

    proptest! {
        #[test]
        fn any_sequence_of_packets_is_counted_once(
            packets in proptest::collection::vec((any::<u16>(), any::<u32>(), 0u32..3, any::<bool>()), 0..200),
        ) {
            let mut receiver = Receiver::default();
            let mut seen = std::collections::BTreeSet::new();
            for (sequence, timestamp, ssrc, voice) in packets {
                // Half of the numbers are close together, so that runs are long enough to be tested.
                let sequence = if voice { sequence % 64 } else { sequence };
                if let Some(place) = receiver.receive(Time::ZERO, &header(sequence, timestamp, ssrc), voice) {
                    prop_assert!(seen.insert((place.stream, place.sequence)));
                }
                let _ = receiver.report(Time::ZERO);
            }
            prop_assert_eq!(receiver.received(), seen.len() as u64);
        }
    }
}
