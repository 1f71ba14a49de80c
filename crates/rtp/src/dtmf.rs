//! Telephone events: keys told in packets of their own (RFC 4733).

use std::time::Duration;

use base::{Digit, Time};

use crate::packet::Header;
use crate::stream::{is_after, samples};

/// The bytes of an event payload (RFC 4733 §2.3).
pub const EVENT_LEN: usize = 4;

/// −10 dBm0, the usual level of a key.
const VOLUME: u8 = 10;
/// The shortest pause between two presses that gateways keep, in samples: 40 ms.
const PAUSE_MIN: u32 = 320;
/// A segment that lasted this long may be followed by the next of the same press (RFC 4733 §2.5.1.3): 7 s of at most 8.19.
const LONG_SEGMENT: u16 = 56_000;
/// For how long an older timestamp is a late packet and not a new time line: 2 s, beyond any reordering.
const LATE_MAX: u32 = 16_000;

/// The payload of a telephone-event packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// 0 to 15 are keys (RFC 4733 §3.2).
    pub code: u8,
    /// The last packet of its press, sent three times.
    pub end: bool,
    /// −dBm0.
    pub volume: u8,
    /// Samples since the timestamp.
    pub duration: u16,
}

impl Event {
    /// None when shorter than an event; what follows the first event is ignored.
    pub fn parse(payload: &[u8]) -> Option<Event> {
        let &[code, flags, d0, d1] = payload.first_chunk::<EVENT_LEN>()?;
        let duration = u16::from_be_bytes([d0, d1]);
        Some(Event { code, end: flags & 0x80 != 0, volume: flags & 0x3f, duration })
    }

    /// The payload on the wire.
    pub const fn to_bytes(self) -> [u8; EVENT_LEN] {
        let [d0, d1] = self.duration.to_be_bytes();
        [self.code, (self.volume & 0x3f) | if self.end { 0x80 } else { 0 }, d0, d1]
    }
}

/// Tells each key press once, at the first packet of it that arrives.
///
/// A press is known by its timestamp, never by marker or sequence number alone: those are lost, repeated and reordered.
#[derive(Clone, Debug, Default)]
pub struct Presses {
    last: Option<Press>,
}

#[derive(Clone, Copy, Debug)]
struct Press {
    code: u8,
    timestamp: u32,
    duration: u16,
    ended: bool,
    sequence: u16,
    at: Time,
}

/// What a packet is to the press before it.
enum Relation {
    /// Of that press; it may tell more of it.
    Same,
    /// Of an older one.
    Late,
    New,
}

impl Presses {
    /// The key, when this packet is the first sign of a press.
    pub fn receive(&mut self, now: Time, header: &Header, event: Event) -> Option<Digit> {
        let digit = Digit::from_event(event.code)?;
        let relation = self.last.as_ref().map_or(Relation::New, |last| relate(last, now, header, event));
        match (relation, &mut self.last) {
            (Relation::Late, _) => None,
            (Relation::Same, Some(last)) => {
                last.ended |= event.end;
                last.timestamp = header.timestamp;
                last.duration = event.duration;
                last.at = now;
                if (header.sequence.wrapping_sub(last.sequence) as i16) > 0 {
                    last.sequence = header.sequence;
                }
                None
            }
            (Relation::New | Relation::Same, last) => {
                *last = Some(Press {
                    code: event.code,
                    timestamp: header.timestamp,
                    duration: event.duration,
                    ended: event.end,
                    sequence: header.sequence,
                    at: now,
                });
                Some(digit)
            }
        }
    }
}

fn relate(last: &Press, now: Time, header: &Header, event: Event) -> Relation {
    let elapsed = samples(last.at, now);
    let newer = (header.sequence.wrapping_sub(last.sequence) as i16) > 0;
    if header.timestamp == last.timestamp {
        // Some carriers give two presses one timestamp; a start after an end is then the only sign of the second.
        let start_again = last.ended && header.marker && !event.end && newer && elapsed >= PAUSE_MIN;
        return if event.code == last.code && !start_again { Relation::Same } else { Relation::New };
    }
    if is_after(last.timestamp, header.timestamp) {
        let late = last.timestamp.wrapping_sub(header.timestamp) <= LATE_MAX && elapsed <= LATE_MAX;
        return if late { Relation::Late } else { Relation::New };
    }
    if event.code != last.code {
        return Relation::New;
    }
    let same = if event.end { repeats_end(elapsed, event) } else { continues(last, header, newer) };
    if same { Relation::Same } else { Relation::New }
}

/// An end under a new timestamp that has come too soon for a press of its length: a sender that stamps each packet anew.
fn repeats_end(elapsed: u32, event: Event) -> bool {
    elapsed < u32::from(event.duration).max(PAUSE_MIN)
}

/// A new timestamp inside a press: the next segment of a long one, or a sender that stamps each packet anew.
fn continues(last: &Press, header: &Header, newer: bool) -> bool {
    if last.ended || header.marker || !newer {
        return false;
    }
    let step = header.timestamp.wrapping_sub(last.timestamp);
    let next_segment = last.duration >= LONG_SEGMENT && (u32::from(last.duration)..=0xffff).contains(&step);
    next_segment || header.sequence == last.sequence.wrapping_add(1)
}

/// A key press as a phone sends it: an update each packet time, the end three times, all under one timestamp.
#[derive(Clone, Debug)]
pub struct KeyPress {
    digit: Digit,
    timestamp: u32,
    /// Samples told so far.
    duration: u16,
    /// Samples in all.
    total: u16,
    ends_left: u8,
}

impl KeyPress {
    /// `timestamp`: the stream's at the moment the key goes down. A press lasts at least 40 ms and at most 8 s, one segment.
    pub fn new(digit: Digit, timestamp: u32, length: Duration) -> KeyPress {
        let total = length.as_millis().clamp(40, 8_000) as u16 * 8;
        KeyPress { digit, timestamp, duration: 0, total, ends_left: 3 }
    }

    pub const fn timestamp(&self) -> u32 {
        self.timestamp
    }

    /// The next packet, `step` samples after the one before, and whether it carries the marker; none after the last.
    pub fn next(&mut self, step: u16) -> Option<(Event, bool)> {
        if self.ends_left == 0 {
            return None;
        }
        let first = self.duration == 0;
        self.duration = self.duration.saturating_add(step.max(1)).min(self.total);
        let end = self.duration == self.total;
        if end {
            self.ends_left -= 1;
        }
        let event = Event { code: self.digit.event(), end, volume: VOLUME, duration: self.duration };
        Some((event, first))
    }
}

#[cfg(test)]
mod tests {
    use base::Rng;

    use super::*;

    /// A packet on its way: when it arrives, and what it is.
    #[derive(Clone, Debug)]
    struct Sent {
        at_ms: u64,
        header: Header,
        event: Event,
    }

    struct Phone {
        sequence: u16,
        sent: Vec<Sent>,
    }

    impl Phone {
        fn new() -> Phone {
            Phone { sequence: 65_530, sent: Vec::new() }
        }

        fn header(&mut self, marker: bool, timestamp: u32) -> Header {
            self.sequence = self.sequence.wrapping_add(1);
            Header { marker, payload_type: 101, sequence: self.sequence, timestamp, ssrc: 1 }
        }

        /// A press by the book; the sequence numbers of the voice before it pass too.
        fn press(&mut self, key: char, at_ms: u64, length_ms: u64) {
            self.sequence = self.sequence.wrapping_add(7);
            let digit = Digit::from_char(key).expect("a key");
            let mut press = KeyPress::new(digit, at_ms as u32 * 8, Duration::from_millis(length_ms));
            for k in 1.. {
                let Some((event, marker)) = press.next(160) else { break };
                let header = self.header(marker, press.timestamp());
                self.sent.push(Sent { at_ms: at_ms + k * 20, header, event });
            }
        }

        fn change(mut self, change: impl Fn(usize, &mut Sent)) -> Phone {
            self.sent.iter_mut().enumerate().for_each(|(i, s)| change(i, s));
            self
        }

        fn keep(mut self, keep: impl Fn(usize, &Sent) -> bool) -> Phone {
            self.sent = self.sent.into_iter().enumerate().filter(|(i, s)| keep(*i, s)).map(|(_, s)| s).collect();
            self
        }

        fn heard(&self) -> String {
            let mut presses = Presses::default();
            let each = |s: &Sent| presses.receive(Time::from_millis(s.at_ms), &s.header, s.event);
            self.sent.iter().filter_map(each).map(Digit::as_char).collect()
        }
    }

    fn presses(keys: &str) -> Phone {
        let mut phone = Phone::new();
        for (i, key) in keys.chars().enumerate() {
            phone.press(key, 1_000 + 200 * i as u64, 100);
        }
        phone
    }

    #[test]
    fn a_press_by_the_book() {
        let phone = presses("5");
        let shape: Vec<(bool, bool, u16)> =
            phone.sent.iter().map(|s| (s.header.marker, s.event.end, s.event.duration)).collect();
        let ends = [(false, true, 800); 3];
        assert_eq!(shape[..4], [(true, false, 160), (false, false, 320), (false, false, 480), (false, false, 640)]);
        assert_eq!(shape[4..], ends);
        assert_eq!(presses("0123456789*#ABCD").heard(), "0123456789*#ABCD");
        assert_eq!(presses("1155").heard(), "1155");
    }

    #[test]
    fn each_fault_of_the_field_still_gives_one_digit_a_press() {
        let no_start = presses("11").keep(|_, s| !s.header.marker);
        let no_end = presses("112").keep(|_, s| !s.event.end);
        let only_ends = presses("1123").keep(|_, s| s.event.end);
        let last_end_only = presses("11").keep(|i, _| i % 7 == 6);
        let no_marker = presses("1155").change(|_, s| s.header.marker = false);
        let all_marked = presses("1155").change(|_, s| s.header.marker = true);
        let ends_stamped_anew = presses("1155").change(|i, s| {
            let later = if s.event.end { i as u32 % 7 * 160 } else { 0 };
            s.header.timestamp += later;
        });
        let two_ends_stamped_anew = presses("1155").change(|i, s| {
            s.header.timestamp += [0, 0, 0, 0, 0, 160, 320][i % 7];
        });
        let every_packet_stamped_anew = presses("1155").change(|i, s| s.header.timestamp += i as u32 % 7 * 160);
        let one_sequence = presses("1155").change(|i, s| s.header.sequence = (i / 7) as u16);
        let one_timestamp_for_all = presses("1155").change(|_, s| s.header.timestamp = 0x3200);
        let cases = [
            ("lost start", no_start, "11"),
            ("lost end", no_end, "112"),
            ("only ends", only_ends, "1123"),
            ("one end each", last_end_only, "11"),
            ("no marker", no_marker, "1155"),
            ("all marked", all_marked, "1155"),
            ("ends stamped anew", ends_stamped_anew, "1155"),
            ("two ends stamped anew", two_ends_stamped_anew, "1155"),
            ("all stamped anew", every_packet_stamped_anew, "1155"),
            ("same sequence", one_sequence, "1155"),
            ("same timestamp", one_timestamp_for_all, "1155"),
        ];
        for (fault, phone, expected) in cases {
            assert_eq!(phone.heard(), expected, "{fault}");
        }
    }

    #[test]
    fn a_press_longer_than_a_segment_is_one() {
        let mut phone = Phone::new();
        let mut timestamp = 8_000;
        for k in 0..1_200u64 {
            let told = (k + 1) * 160;
            let mut duration = (told - u64::from(timestamp - 8_000)) as u32;
            if duration > 0xffff {
                timestamp += 0xffff;
                duration = (told - u64::from(timestamp - 8_000)) as u32;
            }
            let header = phone.header(k == 0, timestamp);
            let event = Event { code: 7, end: k > 1_196, volume: 10, duration: duration as u16 };
            phone.sent.push(Sent { at_ms: 1_000 + k * 20, header, event });
        }
        assert_eq!(phone.heard(), "7");
        assert_eq!(phone.keep(|i, _| i % 3 == 0).heard(), "7");
    }

    #[test]
    fn a_late_packet_of_an_older_press_is_no_press() {
        let mut phone = presses("12");
        let times: Vec<u64> = phone.sent.iter().map(|s| s.at_ms).collect();
        phone.sent.swap(6, 8);
        phone.sent.swap(5, 7);
        phone.sent.iter_mut().zip(times).for_each(|(s, at)| s.at_ms = at);
        assert_eq!(phone.heard(), "12");
    }

    #[test]
    fn what_is_no_key_is_not_told() {
        let event = Event { code: 16, end: false, volume: 0, duration: 1 };
        let header = Header { marker: true, payload_type: 101, sequence: 1, timestamp: 1, ssrc: 1 };
        assert_eq!(Presses::default().receive(Time::ZERO, &header, event), None);
        assert_eq!(Event::parse(b"\x01\x0a\x01"), None);
        let event = Event { code: 11, end: true, volume: 10, duration: 0x1234 };
        assert_eq!(Event::parse(&event.to_bytes()), Some(event));
    }

    #[test]
    fn one_digit_a_press_under_loss_repetition_and_reordering() {
        const KEYS: [char; 5] = ['1', '1', '2', '#', '0'];
        for seed in 0..3_000 {
            let mut rng = Rng::from_number(seed);
            let mut phone = Phone::new();
            let mut at = 1_000;
            let mut pressed = String::new();
            let mut bounds = vec![0];
            for _ in 0..12 {
                let key = KEYS[rng.below(5) as usize];
                let length = 40 + rng.below(300);
                phone.press(key, at, length);
                at += length + 80 + rng.below(300);
                pressed.push(key);
                bounds.push(phone.sent.len());
            }
            let loss = rng.unit() * 0.6;
            // One packet of each press always arrives: nobody can tell a press that left no trace.
            let saved: Vec<usize> =
                bounds.windows(2).map(|w| w[0] + rng.below((w[1] - w[0]) as u64) as usize).collect();
            let mut arrived = Vec::new();
            for (i, sent) in phone.sent.iter().enumerate() {
                if !saved.contains(&i) && rng.chance(loss) {
                    continue;
                }
                let copies = if rng.chance(0.1) { 2 } else { 1 };
                for _ in 0..copies {
                    arrived.push(Sent { at_ms: sent.at_ms + rng.below(40), ..sent.clone() });
                }
            }
            arrived.sort_by_key(|s| s.at_ms);
            phone.sent = arrived;
            assert_eq!(phone.heard(), pressed, "seed {seed}");
        }
    }
}
