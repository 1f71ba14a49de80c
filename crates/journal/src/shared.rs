//! What the threads of a journal have in common, and how long a batch is kept.
//!
//! A batch stays in memory until everyone who has a claim on it is done: the shadow until it applied it, the writer until
//! it wrote it, and a snapshot that waits for its file keeps the batches behind it. Who falls too far behind loses its
//! claim: the writer begins again with a snapshot; a shadow without its claim gives none any more.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use base::Time;

use crate::disk::DiskFile;
use crate::frame::SegmentId;
use crate::handle::Limits;
use crate::segment::Snapshot;

/// A batch on its way.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) time: Time,
    pub(crate) bytes: Arc<[u8]>,
    /// Facts handed over up to the end of this batch.
    pub(crate) facts_through: u64,
}

/// What is wrong and since when.
#[derive(Clone, Debug)]
pub(crate) struct Trouble {
    pub(crate) what: String,
    pub(crate) since: SystemTime,
}

impl Trouble {
    pub(crate) fn now(what: impl Into<String>) -> Trouble {
        Trouble { what: what.into(), since: SystemTime::now() }
    }
}

#[derive(Default)]
pub(crate) struct Shared {
    inner: Mutex<Inner>,
    /// Wakes the writer, the shadow, the flusher and who waits for a commit or an end.
    pub(crate) to_writer: Condvar,
    pub(crate) to_shadow: Condvar,
    pub(crate) to_flusher: Condvar,
    pub(crate) to_caller: Condvar,
}

/// The segment that is written now.
#[derive(Clone)]
pub(crate) struct Current {
    pub(crate) id: SegmentId,
    pub(crate) file: Arc<dyn DiskFile>,
}

#[derive(Default)]
pub(crate) struct Inner {
    pub(crate) limits: Limits,
    entries: VecDeque<Entry>,
    /// The number of the first entry.
    first: u64,
    bytes: usize,
    pub(crate) facts_handed: u64,

    /// The first batch that the shadow has not applied.
    pub(crate) applied: u64,
    pub(crate) shadow_lost: Option<Trouble>,
    pub(crate) refused: u64,
    pub(crate) refusal: Option<Trouble>,

    /// The first batch that does not stand in the file.
    pub(crate) done: u64,
    pub(crate) facts_done: u64,
    /// The file does not go on: a snapshot must come first.
    pub(crate) writer_lost: Option<Trouble>,
    /// The file goes on, but its successor cannot be written.
    pub(crate) stretched: Option<Trouble>,

    /// The writer asks for a snapshot.
    pub(crate) wanted: bool,
    pub(crate) snapshot: Option<Snapshot>,
    /// Batches from here on belong behind the snapshot under way.
    pub(crate) snapshot_at: Option<u64>,

    pub(crate) current: Option<Current>,
    /// Segments on the disk with their bytes, oldest first.
    pub(crate) segments: Vec<(SegmentId, u64)>,
    /// Something was written since the last flush began.
    pub(crate) dirty: bool,
    pub(crate) flushed: Option<SegmentId>,
    pub(crate) facts_flushed: u64,
    pub(crate) flush_began: Option<(Instant, SystemTime)>,
    pub(crate) flush_lost: Option<Trouble>,
    /// After a failed flush the kernel takes the lost pages for clean: what this file holds must be written anew, and a
    /// later flush of it says nothing.
    pub(crate) bad: Option<SegmentId>,

    pub(crate) behind: Option<SystemTime>,
    pub(crate) times_behind: u64,
    pub(crate) failures: u64,
    pub(crate) slowest_commit: Duration,
    pub(crate) slowest_flush: Duration,

    pub(crate) stop: bool,
    pub(crate) writer_ended: bool,
    pub(crate) alive: u32,
    pub(crate) died: Option<Trouble>,
}

impl Shared {
    /// The journal goes on with batch `next`, which everyone waits for.
    pub(crate) fn new(limits: Limits, next: u64) -> Shared {
        let inner = Inner { limits, first: next, applied: next, done: next, ..Inner::default() };
        Shared { inner: Mutex::new(inner), ..Shared::default() }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing under this lock can panic half way: plain stores and a queue.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn wake_all(&self) {
        for condition in [&self.to_writer, &self.to_shadow, &self.to_flusher, &self.to_caller] {
            condition.notify_all();
        }
    }
}

/// Waits on `condition`; the lock is free meanwhile.
pub(crate) fn wait<'a>(
    condition: &Condvar,
    inner: MutexGuard<'a, Inner>,
    within: Option<Duration>,
) -> MutexGuard<'a, Inner> {
    match within {
        None => condition.wait(inner).unwrap_or_else(PoisonError::into_inner),
        Some(within) => condition.wait_timeout(inner, within).unwrap_or_else(PoisonError::into_inner).0,
    }
}

impl Inner {
    /// The number of the batch that comes next.
    pub(crate) fn next(&self) -> u64 {
        self.first + self.entries.len() as u64
    }

    /// Takes a batch in; what is over the limits costs somebody's claim.
    pub(crate) fn push(&mut self, time: Time, bytes: &[u8], facts: u64) {
        self.facts_handed += facts;
        self.entries.push_back(Entry { time, bytes: bytes.into(), facts_through: self.facts_handed });
        self.bytes += bytes.len();
        while self.is_full() {
            self.drop_a_claim();
            self.release();
        }
        if self.shadow_lost.is_some() && self.writer_lost.is_some() {
            self.release();
        }
    }

    fn is_full(&self) -> bool {
        self.bytes > self.limits.queue_bytes || self.entries.len() > self.limits.queue_batches
    }

    /// The batches that are kept at most: a quarter of them is time for the shadow to hurry.
    pub(crate) fn is_filling(&self) -> bool {
        self.bytes > self.limits.queue_bytes / 4 || self.entries.len() > self.limits.queue_batches / 4
    }

    fn writer_floor(&self) -> Option<u64> {
        let writer = self.writer_lost.is_none().then_some(self.done);
        writer.into_iter().chain(self.snapshot_at).min()
    }

    fn drop_a_claim(&mut self) {
        let shadow = if self.shadow_lost.is_none() { self.applied } else { u64::MAX };
        match self.writer_floor() {
            Some(floor) if floor <= shadow => {
                let waiting = self.entries.len();
                let what = format!("the disk hangs: {waiting} batches waited for it");
                self.lose_writer(Trouble::now(what));
                (self.snapshot, self.snapshot_at) = (None, None);
            }
            _ => {
                let what = "the thread that follows the facts does not keep up and was given up: restart the server when it suits";
                self.shadow_lost.get_or_insert(Trouble::now(what));
            }
        }
    }

    pub(crate) fn lose_writer(&mut self, trouble: Trouble) {
        self.failures += 1;
        match &mut self.writer_lost {
            Some(known) => known.what = trouble.what,
            None => self.writer_lost = Some(trouble),
        }
    }

    /// Frees what nobody has a claim on.
    pub(crate) fn release(&mut self) {
        let shadow = self.shadow_lost.is_none().then_some(self.applied);
        let floor = shadow.into_iter().chain(self.writer_floor()).min().unwrap_or(u64::MAX);
        while self.first < floor {
            let Some(entry) = self.entries.pop_front() else { return };
            self.bytes -= entry.bytes.len();
            self.first += 1;
        }
    }

    /// Batches from `from` on, at most `bytes_max` of them but one at least, and none from `to` on.
    pub(crate) fn batches(&self, from: u64, to: u64, bytes_max: usize) -> Vec<Entry> {
        let skipped = usize::try_from(from.saturating_sub(self.first)).unwrap_or(usize::MAX);
        let count = usize::try_from(to.saturating_sub(from)).unwrap_or(usize::MAX);
        let mut bytes = 0;
        let wanted = self.entries.iter().skip(skipped).take(count).take_while(|entry| {
            let begins = bytes == 0;
            bytes += entry.bytes.len();
            begins || bytes <= bytes_max
        });
        wanted.cloned().collect()
    }

    /// Batches up to `done` stand in the file.
    pub(crate) fn wrote(&mut self, done: u64, facts_done: u64) {
        self.done = self.done.max(done);
        self.facts_done = self.facts_done.max(facts_done);
        self.dirty = true;
        if self.done == self.next() && self.writer_lost.is_none() {
            self.behind = None;
        }
        self.release();
    }

    /// The current file must be written anew.
    pub(crate) fn is_bad(&self) -> bool {
        self.bad.is_some() && self.bad == self.current.as_ref().map(|current| current.id)
    }

    /// Nothing is written now.
    pub(crate) fn is_stuck(&self) -> bool {
        self.writer_lost.is_some() || self.died.is_some()
    }
}

/// Tells the end of a thread, also after a panic.
pub(crate) struct Alive(pub(crate) Arc<Shared>, pub(crate) &'static str);

impl Alive {
    pub(crate) fn new(shared: &Arc<Shared>, name: &'static str) -> Alive {
        shared.lock().alive += 1;
        Alive(Arc::clone(shared), name)
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        let mut inner = self.0.lock();
        inner.alive -= 1;
        if std::thread::panicking() {
            let what = format!("the thread \"{}\" died: restart the server when it suits", self.1);
            inner.died.get_or_insert(Trouble::now(what));
        }
        drop(inner);
        self.0.wake_all();
    }
}
