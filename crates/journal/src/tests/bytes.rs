//! What a disk gives back is a prefix of what was written, or a reason.

use std::sync::Arc;

use base::{Epoch, Time};
use proptest::prelude::*;

use super::memory::Memory;
use super::{LONG, Numbers, append, first, open, reopen};
use crate::disk::Disk as _;
use crate::frame::{Frame, Kind, SegmentId, header};
use crate::{Error, Journal, Limits, Unusable, Why, replay};

const NAME: &str = "journal-1-1.log";
const COUNT: u64 = 12;

/// A segment with `COUNT` batches.
fn written() -> Vec<u8> {
    let disk: Arc<Memory> = Arc::default();
    let limits = Limits::default();
    let mut opened = Journal::open_on(Arc::clone(&disk) as _, Epoch(0), Numbers::default(), limits).expect("opens");
    append(&mut opened.journal, 0..COUNT);
    assert!(opened.journal.commit(LONG));
    disk.file(NAME)
}

fn read(bytes: &[u8]) -> Result<crate::Replayed<Numbers>, Unusable> {
    replay(bytes, bytes.len() as u64, Numbers::default())
}

/// Whatever was done to the bytes, a prefix comes back, and less than everything never without a reason.
fn check(bytes: &[u8]) {
    match read(bytes) {
        Ok(replayed) => {
            let count = replayed.state.0.len() as u64;
            assert_eq!(replayed.state, first(count));
            assert!(count == COUNT || replayed.cut.is_some() || bytes.len() < written().len(), "{count} in silence");
        }
        Err(Unusable::Version(version)) => panic!("version {version} with a good checksum"),
        Err(Unusable::Damaged(_)) => {}
    }
}

#[test]
fn every_cut_and_every_flipped_byte_leaves_a_prefix() {
    let bytes = written();
    for at in 0..bytes.len() {
        check(&bytes[..at]);
        for flip in [1, 0x80, 0xff] {
            let mut flipped = bytes.clone();
            flipped[at] ^= flip;
            check(&flipped);
            let whole = read(&flipped).is_ok_and(|replayed| replayed.state.0.len() as u64 == COUNT);
            assert!(!whole, "byte {at} flipped by {flip} was not noticed");
        }
    }
}

proptest! {
    #[test]
    fn several_wounds_and_foreign_bytes_leave_a_prefix(
        wounds in proptest::collection::vec((0usize..2000, any::<u8>()), 0..6),
        tail in proptest::collection::vec(any::<u8>(), 0..80),
        cut in 0usize..2000,
    ) {
        let mut bytes = written();
        let length = bytes.len();
        for (at, flip) in wounds {
            bytes[at % length] ^= flip;
        }
        bytes.truncate(cut.max(length / 2));
        bytes.extend(tail);
        check(&bytes);
    }

    #[test]
    fn arbitrary_bytes_are_no_segment(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(read(&bytes).is_err());
    }
}

/// Opens a journal whose one segment holds `bytes`.
fn opened_on(bytes: &[u8]) -> (Arc<Memory>, String, Numbers, Epoch) {
    let disk = Arc::new(Memory::default());
    disk.put(NAME, bytes);
    let opened = open(&disk).expect("opens");
    (Arc::clone(&disk), opened.report.to_string(), opened.state, opened.epoch)
}

#[test]
fn a_torn_tail_is_cut_kept_and_told() {
    let bytes = written();
    let (disk, report, state, epoch) = opened_on(&bytes[..bytes.len() - 3]);
    assert_eq!((state, epoch), (first(COUNT - 1), Epoch(2)));
    let at = bytes.len() - 41;
    assert_eq!(
        report,
        format!(
            "1 journal segment read, 11 facts applied; 38 bytes of journal-1-1.log from byte {at} on were cut \
             (torn tail) and kept as journal-1-1.log.torn"
        )
    );
    assert_eq!(disk.file("journal-1-1.log.torn"), &bytes[at..bytes.len() - 3]);
    assert_eq!(reopen(&disk).report.to_string(), "1 journal segment read, 0 facts applied, nothing cut");
}

#[test]
fn a_damaged_snapshot_is_set_aside_and_the_older_segment_used() {
    let bytes = written();
    let disk = Arc::new(Memory::default());
    disk.put(NAME, &bytes);
    disk.put("journal-4-2.log", &header(SegmentId { epoch: Epoch(4), number: 2 }));
    let opened = open(&disk).expect("opens");
    assert_eq!((opened.state, opened.epoch), (first(COUNT), Epoch(5)));
    let report = opened.report.to_string();
    assert!(report.starts_with("2 journal segments read, 12 facts applied; 24 bytes of journal-4-2.log"), "{report}");
    assert!(report.contains("incomplete snapshot") && report.ends_with("kept as journal-4-2.log.torn"), "{report}");
    drop(opened.journal);
    disk.forget_all();
    disk.put("journal-4-2.log.torn", b"");
    assert_eq!(open(&disk).expect("opens").epoch, Epoch(5), "what was set aside still tells its epoch");
}

#[test]
fn only_the_last_torn_tails_are_kept() {
    let disk = Arc::new(Memory::default());
    for epoch in 1..5 {
        disk.put(&format!("journal-{epoch}-1.log.torn"), b"torn");
    }
    disk.put("journal.tmp", b"never finished");
    drop(open(&disk).expect("opens"));
    let names = disk.names().expect("names");
    assert_eq!(names, ["journal-3-1.log.torn", "journal-4-1.log.torn", "journal-5-1.log"]);
}

#[test]
fn a_gap_and_a_frame_of_another_start_end_the_reading() {
    let bytes = written();
    let frame = |epoch, sequence| {
        let mut out = bytes.clone();
        let frame = Frame { kind: Kind::Facts, epoch: Epoch(epoch), sequence, time: Time::ZERO, payload: &[] };
        frame.encode(&mut out).expect("short");
        read(&out).expect("readable").cut
    };
    let at = bytes.len() as u64;
    assert_eq!(frame(1, COUNT), None);
    assert_eq!(frame(1, COUNT + 1), Some((at, Why::Gap { expected: COUNT, found: COUNT + 1 })));
    assert_eq!(frame(2, COUNT), Some((at, Why::Foreign)));
}

#[test]
fn a_sequence_that_nobody_counted_to_is_foreign() {
    let mut bytes = header(SegmentId { epoch: Epoch(1), number: 1 }).to_vec();
    for (kind, payload) in [(Kind::End, &0u64.to_le_bytes()[..]), (Kind::Facts, &[])] {
        let frame = Frame { kind, epoch: Epoch(1), sequence: u64::MAX, time: Time::ZERO, payload };
        frame.encode(&mut bytes).expect("short");
    }
    assert_eq!(read(&bytes).expect_err("foreign"), Unusable::Damaged(Why::Foreign));
}

#[test]
fn a_newer_version_is_refused_and_left_alone() {
    let mut bytes = written();
    bytes[7] = 2;
    let sum = crate::crc::crc32c(&[&bytes[..20]]);
    bytes[20..24].copy_from_slice(&sum.to_le_bytes());
    let disk = Arc::new(Memory::default());
    disk.put(NAME, &bytes);
    let error = open(&disk).expect_err("a newer version");
    assert!(matches!(error, Error::Newer { found: 2, known: 1, .. }), "{error}");
    assert!(error.to_string().contains("start the newer version"), "{error}");
    assert_eq!(disk.file(NAME), bytes);
}
