//! Disks that fail and heal, hang and go on.

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base::{Epoch, Time};

use super::memory::{Memory, Plan};
use super::{LONG, Numbers, PANICS, SMALL, append, first, open, reopen, wait_for};
use crate::disk::Disk as _;
use crate::shared::Shared;
use crate::{Batch, Health, Journal, Limits};

/// Full, read-only, and worn out.
const KINDS: [ErrorKind; 3] = [ErrorKind::StorageFull, ErrorKind::ReadOnlyFilesystem, ErrorKind::Other];

#[test]
fn what_failed_at_any_operation_is_written_when_the_disk_heals() {
    let clean = Arc::new(Memory::default());
    drop(open(&clean).expect("opens"));
    let begin = clean.operations();
    for (round, from) in (begin - 1..begin + 24).enumerate() {
        let with = KINDS[round % KINDS.len()];
        let disk = Memory::default().with(Plan::Fail { from, to: from + 1 + round as u64 % 3, with });
        let mut opened = open(&disk).expect("opens before the disk fails");
        let mut count = 0;
        while count < 60 {
            append(&mut opened.journal, [count]);
            count += 1;
            let stands = opened.journal.commit(LONG);
            // By now the disk may have healed: what is not ok may pass at any moment, the count of failures stays.
            let health = opened.journal.health();
            assert!(stands || health.failures > 0, "{health:?}");
            wait_for(&opened.journal, |health| health.facts_not_flushed == 0 || !health.ok);
        }
        let health = wait_for(&opened.journal, |health| health.ok && health.facts_not_flushed == 0);
        assert_eq!((health.facts, health.facts_not_written), (count, 0));
        assert_eq!(reopen(&disk).state, first(count), "all of them, once, after {with} at {from}");
        assert_eq!(opened.journal.close(LONG), Ok(()));
    }
}

#[test]
fn a_full_disk_is_named_counted_and_not_waited_for() {
    let disk = Arc::new(Memory::default());
    let mut opened = open(&disk).expect("opens");
    append(&mut opened.journal, 0..3);
    assert!(opened.journal.commit(LONG));
    disk.plan(Plan::Fail { from: 0, to: u64::MAX, with: ErrorKind::StorageFull });
    append(&mut opened.journal, 3..4);
    assert!(!opened.journal.commit(LONG), "told at once, long before the deadline");
    append(&mut opened.journal, 4..500);
    let began = Instant::now();
    for _ in 0..100 {
        assert!(!opened.journal.commit(LONG));
    }
    assert!(began.elapsed() < LONG / 2);
    // A writer that got no processor meanwhile tells of the batches that waited first, and of the disk with its next try.
    let full = |health: &Health| health.problem.as_deref().is_some_and(|text| text.contains("no storage space"));
    let health = wait_for(&opened.journal, full);
    assert_eq!((health.ok, health.facts_not_written), (false, 497));
    assert!(health.since.is_some());
    assert_eq!(reopen(&disk).state, first(3), "a kill now loses what health counts");
    disk.plan(Plan::Fine);
    // A snapshot that was made before the last batches begins a file that takes them a moment later.
    let health = wait_for(&opened.journal, |health| health.ok && health.facts_not_written == 0);
    assert_eq!(health.since, None);
    assert_eq!(reopen(&disk).state, first(500));
}

#[test]
fn a_hanging_disk_holds_nobody_and_costs_no_batch() {
    let disk = Arc::new(Memory::default());
    let mut opened = open(&disk).expect("opens");
    append(&mut opened.journal, [0]);
    assert!(opened.journal.commit(LONG));
    disk.hang(true);
    append(&mut opened.journal, [1]);
    assert!(!opened.journal.commit(Duration::from_millis(20)));
    let began = Instant::now();
    for number in 2..2000 {
        append(&mut opened.journal, [number]);
        assert!(!opened.journal.commit(LONG), "behind: nobody waits");
    }
    assert!(began.elapsed() < LONG / 2);
    let health = wait_for(&opened.journal, |health| health.problem.as_deref().is_some_and(|p| p.contains("hangs")));
    assert_eq!((health.times_behind, health.facts_not_written), (1, 1999));
    disk.hang(false);
    wait_for(&opened.journal, |health| health.ok && health.facts_not_written == 0);
    assert!(opened.journal.commit(LONG), "it has caught up");
    assert_eq!(reopen(&disk).state, first(2000), "the shadow saw every batch");
}

#[test]
fn a_short_hang_is_caught_up_without_a_new_segment() {
    let disk = Arc::new(Memory::default());
    let mut opened = open(&disk).expect("opens");
    disk.hang(true);
    append(&mut opened.journal, 0..5);
    assert!(!opened.journal.commit(Duration::from_millis(5)));
    assert!(!opened.journal.health().ok);
    disk.hang(false);
    wait_for(&opened.journal, |health| health.ok);
    assert!(opened.journal.commit(LONG));
    let names = disk.names().expect("names");
    assert_eq!(names, ["journal-1-1.log"]);
}

#[test]
fn a_failing_flush_raises_the_alarm_and_the_file_is_written_anew() {
    let disk = Arc::new(Memory::default());
    let mut opened = open(&disk).expect("opens");
    disk.plan(Plan::FailSyncs);
    append(&mut opened.journal, 0..3);
    assert!(opened.journal.commit(LONG), "a kill does no harm");
    // The last good file, the one whose flush failed and the one begun anew: the next is begun after its flush failed too,
    // and between two flushes all but the first and the last are removed.
    let bounded = |health: &Health| assert!(health.segments <= 3, "{health:?}");
    let health = wait_for(&opened.journal, |health| {
        bounded(health);
        health.failures > 5
    });
    assert!(health.problem.as_deref().is_some_and(|text| text.contains("flushing failed")), "{health:?}");
    assert_eq!((health.facts_not_written, health.facts_not_flushed), (0, 3));
    disk.plan(Plan::Fine);
    wait_for(&opened.journal, |health| {
        bounded(health);
        health.ok && health.facts_not_flushed == 0 && health.segments == 1
    });
    assert_eq!(reopen(&disk).state, first(3));
}

#[test]
fn a_removed_file_is_noticed_and_written_anew() {
    let disk = Arc::new(Memory::default());
    let mut opened = open(&disk).expect("opens");
    append(&mut opened.journal, 0..3);
    assert!(opened.journal.commit(LONG));
    disk.forget_all();
    append(&mut opened.journal, 3..4);
    assert!(opened.journal.commit(LONG));
    wait_for(&opened.journal, |health| health.ok && health.failures > 0 && health.facts_not_flushed == 0);
    assert_eq!(reopen(&disk).state, first(4));
}

#[test]
fn facts_that_the_state_refuses_are_skipped_and_named() {
    let disk = Arc::new(Memory::default());
    let mut opened = open(&disk).expect("opens");
    let mut batch = Batch::new();
    for fact in [&0u64.to_le_bytes()[..], b"what?", &PANICS.to_le_bytes(), &1u64.to_le_bytes()] {
        batch.push(|out| out.extend_from_slice(fact));
    }
    opened.journal.append(Time::from_millis(9), &mut batch);
    assert!(opened.journal.commit(LONG));
    let told = |health: &Health| health.problem.as_deref().is_some_and(|text| text.contains("not a number"));
    wait_for(&opened.journal, |health| health.facts_refused == 2 && told(health));
    let again = reopen(&disk);
    assert_eq!((again.state, again.last_time), (first(2), Time::from_millis(9)));
    let report = again.report.to_string();
    assert!(report.contains("2 facts applied, 2 skipped") && report.contains("not a number"), "{report}");
}

#[test]
fn a_state_without_a_snapshot_raises_the_alarm_and_writing_goes_on() {
    let disk = Arc::new(Memory::default());
    let mut opened = open(&disk).expect("opens");
    // Before the facts: a flush of them that succeeds asks for no snapshot.
    disk.plan(Plan::FailSyncs);
    append(&mut opened.journal, [0, 5]);
    let lost = |text: &str| text.contains("gives no snapshot") && text.contains("a batch is missing");
    wait_for(&opened.journal, |health| health.problem.as_deref().is_some_and(lost));
    append(&mut opened.journal, [6]);
    assert!(opened.journal.commit(LONG), "the file goes on");
    disk.plan(Plan::Fine);
    let error = open(&Arc::new(disk.after_kill())).expect_err("no snapshot, no start");
    assert!(error.to_string().contains("move the folder away"), "{error}");
}

#[test]
fn memory_is_bounded_when_neither_disk_nor_shadow_keep_up() {
    let shared = Shared::new(SMALL, 0);
    let mut inner = shared.lock();
    for number in 0..10_000 {
        inner.push(Time::from_millis(number), &[7; 100], 1);
    }
    assert!(inner.batches(0, u64::MAX, usize::MAX).len() * 100 <= SMALL.queue_bytes);
    assert_eq!((inner.next(), inner.facts_handed), (10_000, 10_000));
    drop(inner);
    let health = Health::of(&shared.lock());
    assert!(health.problem.as_deref().is_some_and(|text| text.contains("the disk hangs")), "{health:?}");
    assert_eq!(health.facts_not_written, 10_000);
}

#[test]
fn a_batch_too_long_for_a_frame_stands_in_a_snapshot() {
    let disk: Arc<Memory> = Arc::default();
    let limits = Limits { queue_bytes: 64 << 20, ..SMALL };
    let mut opened = Journal::open_on(Arc::clone(&disk) as _, Epoch(0), Numbers::default(), limits).expect("opens");
    let mut batch = Batch::new();
    let count = 400_000;
    for number in 0..count {
        batch.push(|out| out.extend_from_slice(&u64::to_le_bytes(number)));
    }
    opened.journal.append(Time::ZERO, &mut batch);
    wait_for(&opened.journal, |health| health.ok && health.facts_not_written == 0);
    assert_eq!(reopen(&disk).state, first(count));
}

#[test]
fn closing_has_a_deadline_and_tells_what_is_missing() {
    let disk = Arc::new(Memory::default());
    let mut opened = open(&disk).expect("opens");
    disk.plan(Plan::Fail { from: 0, to: u64::MAX, with: ErrorKind::StorageFull });
    append(&mut opened.journal, 0..3);
    let missing = opened.journal.close(Duration::from_millis(100)).expect_err("the disk is full");
    assert_eq!(missing.facts, 3);
    assert!(missing.to_string().starts_with("3 facts were not written"), "{missing}");
}
