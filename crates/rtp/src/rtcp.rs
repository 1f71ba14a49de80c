//! RTCP (RFC 3550 §6): sender and receiver reports, names and goodbyes.

use std::time::Duration;

use base::{Time, Wall};

use crate::receiver::compact;

const SENDER_REPORT: u8 = 200;
const RECEIVER_REPORT: u8 = 201;
const DESCRIPTION: u8 = 202;
const GOODBYE: u8 = 203;
const CNAME: u8 = 1;
/// From 1900, where NTP counts from, to 1970.
const NTP_OFFSET_S: i64 = 2_208_988_800;
const BLOCK_LEN: usize = 24;

/// A report block: what its sender received from `ssrc` (RFC 3550 §6.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    pub ssrc: u32,
    /// 256ths lost since the last report.
    pub fraction_lost: u8,
    /// Lost since the start; 24 bits on the wire.
    pub lost: i32,
    pub newest_sequence: u32,
    /// In samples.
    pub jitter: u32,
    /// The middle of the NTP time stamp of the last sender report heard; 0 before one.
    pub last_sr: u32,
    /// Since that report, in 1/65536 s.
    pub delay_since_sr: u32,
}

/// The sender's part of a sender report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SenderInfo {
    /// Seconds since 1900 in the upper half, their fraction in the lower.
    pub ntp: u64,
    pub timestamp: u32,
    pub packets: u32,
    pub octets: u32,
}

/// A civil time as NTP tells it.
pub fn ntp(wall: Wall) -> u64 {
    let seconds = wall.unix_seconds().wrapping_add(NTP_OFFSET_S) as u32;
    let fraction = ((wall.0.rem_euclid(1_000) as u64) << 32) / 1_000;
    (u64::from(seconds) << 32) | fraction
}

/// Appends a report: a sender report with `info`, else a receiver report. Every compound packet begins with one.
pub fn write_report(out: &mut Vec<u8>, ssrc: u32, info: Option<&SenderInfo>, block: Option<&Report>) {
    let kind = if info.is_some() { SENDER_REPORT } else { RECEIVER_REPORT };
    let start = open(out, kind, u8::from(block.is_some()));
    put(out, ssrc);
    if let Some(info) = info {
        out.extend_from_slice(&info.ntp.to_be_bytes());
        put(out, info.timestamp);
        put(out, info.packets);
        put(out, info.octets);
    }
    if let Some(block) = block {
        put(out, block.ssrc);
        put(out, (u32::from(block.fraction_lost) << 24) | (block.lost as u32 & 0xff_ffff));
        put(out, block.newest_sequence);
        put(out, block.jitter);
        put(out, block.last_sr);
        put(out, block.delay_since_sr);
    }
    close(out, start);
}

/// Appends a description with a canonical name of at most 255 bytes; what is longer is cut.
pub fn write_cname(out: &mut Vec<u8>, ssrc: u32, cname: &[u8]) {
    let start = open(out, DESCRIPTION, 1);
    put(out, ssrc);
    let cname = cname.get(..255).unwrap_or(cname);
    out.extend_from_slice(&[CNAME, cname.len() as u8]);
    out.extend_from_slice(cname);
    out.push(0);
    while !(out.len() - start).is_multiple_of(4) {
        out.push(0);
    }
    close(out, start);
}

/// Appends a goodbye.
pub fn write_bye(out: &mut Vec<u8>, ssrc: u32) {
    let start = open(out, GOODBYE, 1);
    put(out, ssrc);
    close(out, start);
}

fn open(out: &mut Vec<u8>, kind: u8, count: u8) -> usize {
    let start = out.len();
    out.extend_from_slice(&[0x80 | count, kind, 0, 0]);
    start
}

fn put(out: &mut Vec<u8>, word: u32) {
    out.extend_from_slice(&word.to_be_bytes());
}

/// Fills in the length, in words without the first.
fn close(out: &mut [u8], start: usize) {
    let words = ((out.len() - start) / 4 - 1) as u16;
    if let Some(place) = out.get_mut(start + 2..start + 4) {
        place.copy_from_slice(&words.to_be_bytes());
    }
}

/// What a compound packet told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// The head of a sender report.
    Sender { ssrc: u32, info: SenderInfo },
    /// A block of a sender's or a receiver's report.
    Report { from: u32, report: Report },
    /// A participant left; only the first of a packet is told.
    Bye { ssrc: u32 },
}

/// The items of a compound packet; ends without complaint at the first packet that is malformed.
pub fn parse(bytes: &[u8]) -> Items<'_> {
    Items { rest: bytes, blocks: &[], blocks_left: 0, from: 0 }
}

/// See `parse`.
#[derive(Clone, Debug)]
pub struct Items<'a> {
    rest: &'a [u8],
    blocks: &'a [u8],
    blocks_left: u8,
    from: u32,
}

impl Iterator for Items<'_> {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        // Each turn takes a block or a packet of at least four bytes.
        loop {
            if let Some(report) = self.block() {
                return Some(Item::Report { from: self.from, report });
            }
            let (head, body) = self.packet()?;
            let mut words = Words(body);
            let Some(ssrc) = words.next() else { continue };
            match head[1] {
                SENDER_REPORT => {
                    let Some(info) = words.sender_info() else { continue };
                    (self.from, self.blocks, self.blocks_left) = (ssrc, words.0, head[0] & 31);
                    return Some(Item::Sender { ssrc, info });
                }
                RECEIVER_REPORT => (self.from, self.blocks, self.blocks_left) = (ssrc, words.0, head[0] & 31),
                GOODBYE if head[0] & 31 > 0 => return Some(Item::Bye { ssrc }),
                _ => {}
            }
        }
    }
}

impl<'a> Items<'a> {
    fn block(&mut self) -> Option<Report> {
        self.blocks_left = self.blocks_left.checked_sub(1)?;
        let (block, rest) = self.blocks.split_first_chunk::<BLOCK_LEN>()?;
        self.blocks = rest;
        let mut words = Words(block);
        let (ssrc, loss) = (words.next()?, words.next()?);
        Some(Report {
            ssrc,
            fraction_lost: (loss >> 24) as u8,
            // The lower 24 bits with their sign.
            lost: ((loss << 8) as i32) >> 8,
            newest_sequence: words.next()?,
            jitter: words.next()?,
            last_sr: words.next()?,
            delay_since_sr: words.next()?,
        })
    }

    /// The next packet: its first word and what follows.
    fn packet(&mut self) -> Option<([u8; 4], &'a [u8])> {
        let (head, rest) = self.rest.split_first_chunk::<4>()?;
        let len = usize::from(u16::from_be_bytes([head[2], head[3]])) * 4;
        if head[0] >> 6 != 2 || rest.len() < len {
            return None;
        }
        let (body, rest) = rest.split_at(len);
        self.rest = rest;
        Some((*head, body))
    }
}

struct Words<'a>(&'a [u8]);

impl Words<'_> {
    fn next(&mut self) -> Option<u32> {
        let (word, rest) = self.0.split_first_chunk::<4>()?;
        self.0 = rest;
        Some(u32::from_be_bytes(*word))
    }

    fn sender_info(&mut self) -> Option<SenderInfo> {
        let ntp = (u64::from(self.next()?) << 32) | u64::from(self.next()?);
        Some(SenderInfo { ntp, timestamp: self.next()?, packets: self.next()?, octets: self.next()? })
    }
}

/// The round trip, from the peer's word on our newest sender report (RFC 3550 §6.4.1), on our own clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct RoundTrip {
    sent: Option<(u32, Time)>,
    newest: Option<Duration>,
}

impl RoundTrip {
    /// We sent a sender report.
    pub const fn sent(&mut self, now: Time, ntp: u64) {
        self.sent = Some(((ntp >> 16) as u32, now));
    }

    /// The peer reported on our stream.
    pub fn heard(&mut self, now: Time, report: &Report) {
        let Some((middle, at)) = self.sent else { return };
        if report.last_sr == middle && report.last_sr != 0 {
            let units = compact(now.since(at)).saturating_sub(report.delay_since_sr);
            self.newest = Some(Duration::from_nanos((u64::from(units) * 1_000_000_000) >> 16));
        }
    }

    /// The newest measure; none before the first.
    pub const fn newest(&self) -> Option<Duration> {
        self.newest
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const INFO: SenderInfo = SenderInfo { ntp: 0x1122_3344_5566_7788, timestamp: 9, packets: 10, octets: 11 };
    const REPORT: Report = Report {
        ssrc: 1,
        fraction_lost: 200,
        lost: -5,
        newest_sequence: 0x1_0002,
        jitter: 3,
        last_sr: 4,
        delay_since_sr: 5,
    };

    #[test]
    fn a_compound_packet_survives_the_wire() {
        let mut bytes = Vec::new();
        write_report(&mut bytes, 77, Some(&INFO), Some(&REPORT));
        write_cname(&mut bytes, 77, b"name");
        write_report(&mut bytes, 78, None, None);
        write_report(&mut bytes, 79, None, Some(&REPORT));
        write_bye(&mut bytes, 77);
        assert!(bytes.len().is_multiple_of(4));
        let items: Vec<Item> = parse(&bytes).collect();
        let expected = [
            Item::Sender { ssrc: 77, info: INFO },
            Item::Report { from: 77, report: REPORT },
            Item::Report { from: 79, report: REPORT },
            Item::Bye { ssrc: 77 },
        ];
        assert_eq!(items, expected);
    }

    #[test]
    fn names_of_any_length_end_on_a_word() {
        for len in [0, 1, 2, 3, 4, 255, 300] {
            let mut bytes = Vec::new();
            write_cname(&mut bytes, 1, &vec![b'x'; len]);
            assert!(bytes.len().is_multiple_of(4), "{len}");
            let words = usize::from(u16::from_be_bytes([bytes[2], bytes[3]]));
            assert_eq!(words * 4 + 4, bytes.len());
            assert_eq!(bytes[bytes.len() - 1], 0, "the list of items ends with a zero");
        }
    }

    #[test]
    fn a_cut_packet_ends_the_reading() {
        let mut bytes = Vec::new();
        write_report(&mut bytes, 77, Some(&INFO), None);
        let whole = bytes.len();
        write_report(&mut bytes, 79, None, Some(&REPORT));
        assert_eq!(parse(&bytes[..bytes.len() - 1]).count(), 1);
        // A count that promises more blocks than there are.
        bytes[whole] |= 31;
        assert_eq!(parse(&bytes).count(), 2);
    }

    #[test]
    fn ntp_counts_from_1900() {
        assert_eq!(ntp(Wall(0)) >> 32, 2_208_988_800);
        assert_eq!(ntp(Wall(1_500)), (2_208_988_801 << 32) | 0x8000_0000);
    }

    #[test]
    fn the_round_trip_leaves_the_peers_delay_out() {
        let mut trip = RoundTrip::default();
        trip.heard(Time::from_millis(1), &REPORT);
        assert_eq!(trip.newest(), None);
        trip.sent(Time::from_millis(1_000), INFO.ntp);
        let report = Report { last_sr: 0x3344_5566, delay_since_sr: 65_536, ..REPORT };
        trip.heard(Time::from_millis(2_050), &report);
        let newest = trip.newest().expect("measured");
        assert!(newest.abs_diff(Duration::from_millis(50)) < Duration::from_micros(50), "{newest:?}");
        trip.heard(Time::from_millis(9_000), &REPORT);
        assert_eq!(trip.newest(), Some(newest), "a report on another stream tells nothing");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..200), kind in 200u8..=204) {
            let most = bytes.len() / 4;
            prop_assert!(parse(&bytes).count() <= most);
            if let Some(head) = bytes.first_chunk_mut::<4>() {
                *head = [0x80 | head[0] & 31, kind, 0, head[3] % 12];
            }
            prop_assert!(parse(&bytes).count() <= most + 1);
        }
    }
}
