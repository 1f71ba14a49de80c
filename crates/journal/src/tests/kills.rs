//! Killed at every operation: what was confirmed stands, and nothing stands twice.

use std::sync::Arc;

use base::{Epoch, Rng};

use super::memory::{Memory, Plan};
use super::{LONG, Numbers, append, first, open, reopen, wait_for};

/// Batches of one run: some segments' worth.
const BATCHES: u64 = 40;

/// Writes numbers on from where the journal stands until `BATCHES` or until it dies; returns how many are confirmed.
fn run(disk: &Arc<Memory>) -> Option<u64> {
    let mut opened = open(disk).ok()?;
    let begin = opened.state.0.len() as u64;
    let mut confirmed = begin;
    for number in begin..begin + BATCHES {
        append(&mut opened.journal, [number]);
        if !opened.journal.commit(LONG) {
            break;
        }
        confirmed = number + 1;
        // A new segment waits for the last one's flush.
        if number % 10 == 9 {
            wait_for(&opened.journal, |health| !health.ok || health.facts_not_flushed == 0);
        }
    }
    Some(confirmed)
}

fn check(disk: &Memory, confirmed: u64, epoch: Epoch) -> u64 {
    let opened = reopen(disk);
    let count = opened.state.0.len() as u64;
    assert_eq!(opened.state, first(count), "a prefix, each batch once");
    assert!(count >= confirmed, "{confirmed} were confirmed, {count} stand: {}", opened.report);
    assert!(opened.epoch > epoch, "{:?}", opened.epoch);
    count
}

#[test]
fn a_kill_at_any_operation_loses_nothing_confirmed() {
    let before = Arc::new(Memory::default());
    let old = run(&before).expect("opens");
    let epoch = reopen(&before).epoch;
    let mut died = 0;
    for at in 0.. {
        let disk = before.after_kill().with(Plan::DieAt(at));
        let confirmed = run(&disk).unwrap_or(old);
        check(&disk, confirmed, Epoch(epoch.0 - 1));
        if disk.operations() <= at {
            break;
        }
        died += 1;
    }
    assert!(died > 60, "a run has more operations than {died}");
}

#[test]
fn a_first_start_may_be_killed_too() {
    for at in 0..12 {
        let disk = Memory::default().with(Plan::DieAt(at));
        let confirmed = run(&disk).unwrap_or(0);
        check(&disk, confirmed, Epoch(0));
    }
}

#[test]
fn kills_during_one_recovery_after_the_other_add_up_to_nothing() {
    let mut rng = Rng::from_number(5);
    for _ in 0..40 {
        let mut disk = Arc::new(Memory::default());
        let mut confirmed = 0;
        for _ in 0..8 {
            let at = rng.below(60);
            disk.plan(Plan::DieAt(at));
            confirmed = run(&disk).unwrap_or(confirmed).max(confirmed);
            disk = Arc::new(disk.after_kill());
        }
        check(&disk, confirmed, Epoch(0));
    }
}

#[test]
fn a_power_cut_leaves_a_prefix_with_everything_flushed() {
    let mut rng = Rng::from_number(7);
    let (mut flushed, mut lost) = (0, 0);
    for _ in 0..60 {
        let disk = Arc::new(Memory::default());
        let mut opened = open(&disk).expect("opens");
        let count = 1 + rng.below(60);
        // Flushed, not flushed, or as it comes.
        let course = rng.below(3);
        if course == 0 {
            disk.plan(Plan::FailSyncs);
        }
        append(&mut opened.journal, 0..count);
        assert!(opened.journal.commit(LONG));
        if course == 1 {
            wait_for(&opened.journal, |health| health.facts_not_flushed < count);
        }
        let health = opened.journal.health();
        let least = health.facts - health.facts_not_flushed;
        let cut = Arc::new(disk.after_power_cut(&mut rng));
        let Numbers(stand) = open(&cut).expect("opens").state;
        assert_eq!(stand, (0..stand.len() as u64).collect::<Vec<_>>());
        assert!(stand.len() as u64 >= least, "{least} were flushed, {} stand", stand.len());
        flushed += least;
        lost += count - stand.len() as u64;
    }
    assert!(flushed > 0 && lost > 0, "both were seen: {flushed} flushed, {lost} lost");
}
