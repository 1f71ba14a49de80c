//! The thread that applies every batch and gives the snapshots; it never touches the disk.

use std::sync::Arc;
use std::time::Duration;

use base::{Epoch, Time};

use crate::replay;
use crate::segment::{self, Snapshot};
use crate::shared::{Entry, Shared, Trouble, wait};
use crate::state::State;

/// Nobody waits for the shadow: it gathers batches, so that a busy engine wakes it 50 times a second and not a thousand.
const GATHER: Duration = Duration::from_millis(20);

/// Bytes applied between two looks at what is wanted: some ms.
const APPLY_MAX: usize = 1 << 20;

pub(crate) struct Shadow<S> {
    pub(crate) shared: Arc<Shared>,
    pub(crate) state: S,
    pub(crate) epoch: Epoch,
    pub(crate) time: Time,
    /// Facts applied since the start, as the caller counts them.
    pub(crate) facts_through: u64,
}

enum Step {
    Apply(Vec<Entry>),
    Snapshot(u64),
}

impl<S: State> Shadow<S> {
    pub(crate) fn run(mut self) {
        while let Some(step) = self.step() {
            match step {
                Step::Apply(entries) => self.apply(&entries),
                Step::Snapshot(at) => self.snapshot(at),
            }
        }
    }

    fn step(&self) -> Option<Step> {
        let mut inner = self.shared.lock();
        let mut gathered = false;
        loop {
            if inner.writer_ended || inner.shadow_lost.is_some() {
                return None;
            }
            let waiting = inner.applied < inner.next();
            let urgent = inner.wanted || inner.is_filling();
            if waiting && (urgent || gathered) {
                return Some(Step::Apply(inner.batches(inner.applied, u64::MAX, APPLY_MAX)));
            }
            // Everything handed over is applied: no batch is missing that the file may already hold.
            if inner.wanted && inner.snapshot.is_none() {
                return Some(Step::Snapshot(inner.applied));
            }
            inner = wait(&self.shared.to_shadow, inner, waiting.then_some(GATHER));
            gathered = waiting;
        }
    }

    fn apply(&mut self, entries: &[Entry]) {
        let mut refusals = Vec::new();
        for entry in entries {
            self.time = self.time.max(entry.time);
            self.facts_through = entry.facts_through;
            refusals.extend(replay::apply(&mut self.state, &entry.bytes).1);
        }
        let mut inner = self.shared.lock();
        inner.applied += entries.len() as u64;
        for (count, reason) in refusals {
            inner.refused += count;
            let what = format!("the journal's state refuses facts ({reason}): report this as a fault");
            inner.refusal.get_or_insert(Trouble::now(what));
        }
        inner.release();
    }

    /// Encodes the state; the caller's batches go on to wait meanwhile.
    fn snapshot(&mut self, at: u64) {
        let made = segment::snapshot(&self.state, self.epoch, at, self.time);
        let mut inner = self.shared.lock();
        inner.wanted = false;
        match made {
            Ok(bytes) => {
                inner.snapshot = Some(Snapshot { bytes, at, facts_through: self.facts_through });
                inner.snapshot_at = Some(at);
            }
            Err(reason) => {
                let what =
                    format!("the journal's state gives no snapshot ({reason}): restart the server when it suits");
                inner.shadow_lost = Some(Trouble::now(what));
                inner.release();
            }
        }
        drop(inner);
        self.shared.to_writer.notify_all();
    }
}
