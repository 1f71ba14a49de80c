//! The side of the journal that the control thread holds.

use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

use base::{Epoch, Time};

use crate::disk::{Disk, Folder};
use crate::flusher::Flusher;
use crate::frame::{HEADER, SegmentId};
use crate::recover::{Recovered, failed, recover};
use crate::segment::{self, Draft};
use crate::shadow::Shadow;
use crate::shared::{Alive, Current, Inner, Shared, wait};
use crate::state::State;
use crate::writer::{Growing, Retry, Writer};
use crate::{Batch, Error, Health, Report, Unwritten};

/// How long dropping waits for the threads: a disk that hangs must not hang the caller.
const DROP_WAIT: Duration = Duration::from_secs(2);

/// How large things may grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// A segment is followed by a new one beyond this and four times its snapshot: 16 MiB are replayed in under a second.
    pub segment_bytes: u64,
    /// Bytes of batches kept while the disk hangs: 64 MiB, a minute of the busiest hour.
    pub queue_bytes: usize,
    /// Batches kept at most: as many as fit at 64 bytes.
    pub queue_batches: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { segment_bytes: 16 << 20, queue_bytes: 64 << 20, queue_batches: 1 << 20 }
    }
}

/// A start of the engine.
#[derive(Debug)]
pub struct Opened<S> {
    pub journal: Journal,
    /// What the facts written so far make; the journal keeps a copy.
    pub state: S,
    /// Larger than at every earlier start and than asked for.
    pub epoch: Epoch,
    /// The largest time written: the engine's time goes on from there at least.
    pub last_time: Time,
    pub report: Report,
}

/// Takes batches without ever waiting; threads of its own apply, write and flush them.
pub struct Journal {
    pub(crate) shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

impl std::fmt::Debug for Journal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Journal").finish_non_exhaustive()
    }
}

impl Journal {
    /// Opens or creates the journal in the folder `dir`, which it locks, and begins a segment with a higher epoch.
    ///
    /// `above` is an epoch known from elsewhere, e.g. the records: the new one is larger too. `empty` is the state before
    /// any fact. Waits for the disk: what this returns survives a power cut.
    ///
    /// # Errors
    /// When the folder cannot be used, another process uses it, or a newer version wrote it.
    pub fn open<S: State>(dir: &Path, above: Epoch, empty: S, limits: Limits) -> Result<Opened<S>, Error> {
        Journal::open_on(Arc::new(Folder::open(dir)?), above, empty, limits)
    }

    pub(crate) fn open_on<S: State>(
        disk: Arc<dyn Disk>,
        above: Epoch,
        empty: S,
        limits: Limits,
    ) -> Result<Opened<S>, Error> {
        let found = recover(&*disk, empty)?;
        let epoch = Epoch(found.epoch.max(above).0.saturating_add(1));
        let (current, bytes) = begin(&*disk, epoch, &found)?;
        let shared = Arc::new(Shared::new(limits, found.next));
        note_segments(&shared, &found.older, &current, bytes);
        let current = Growing::new(current, bytes, bytes, limits.segment_bytes);
        let mut journal = Journal { shared: Arc::clone(&shared), threads: Vec::new() };
        let (retry, buffer) = (Retry::new(), Vec::new());
        let writer = Writer { shared: Arc::clone(&shared), disk: Arc::clone(&disk), epoch, current, retry, buffer };
        let state = found.state.clone();
        let shadow = Shadow { shared: Arc::clone(&shared), state, epoch, time: found.last_time, facts_through: 0 };
        journal.spawn("journal", move || writer.run())?;
        journal.spawn("journal-shadow", move || shadow.run())?;
        journal.spawn("journal-flush", move || Flusher { shared, disk }.run())?;
        Ok(Opened { journal, state: found.state, epoch, last_time: found.last_time, report: found.report })
    }

    fn spawn(&mut self, name: &'static str, run: impl FnOnce() + Send + 'static) -> Result<(), Error> {
        let alive = Alive::new(&self.shared, name);
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            let _alive = alive;
            run();
        });
        self.threads.push(thread.map_err(|source| Error::Thread { source })?);
        Ok(())
    }

    /// Hands over the facts of one turn and empties `batch`; never waits.
    ///
    /// `time` is the engine's at that turn. When batches pile up beyond the limits because the disk hangs, they leave the
    /// queue for the file and stand in the snapshot that follows; `health` tells.
    pub fn append(&mut self, time: Time, batch: &mut Batch) {
        if batch.is_empty() {
            return;
        }
        let mut inner = self.shared.lock();
        let rested = inner.applied == inner.next();
        inner.push(time, batch.bytes(), batch.len());
        let hurry = inner.is_filling();
        drop(inner);
        batch.clear();
        self.shared.to_writer.notify_one();
        if rested || hurry {
            self.shared.to_shadow.notify_one();
        }
    }

    /// Waits until everything handed over stands in the file (true): it survives a kill then. At most `within` (false).
    ///
    /// After that ran out, or while the disk fails, returns false at once until the file has caught up.
    pub fn commit(&mut self, within: Duration) -> bool {
        let began = Instant::now();
        let mut inner = self.shared.lock();
        let wanted = inner.next();
        while inner.done < wanted {
            if inner.behind.is_some() || inner.is_stuck() {
                return false;
            }
            let left = within.saturating_sub(began.elapsed());
            if left.is_zero() {
                inner.behind = Some(SystemTime::now());
                inner.times_behind += 1;
                inner.slowest_commit = inner.slowest_commit.max(began.elapsed());
                return false;
            }
            inner = wait(&self.shared.to_caller, inner, Some(left));
        }
        inner.slowest_commit = inner.slowest_commit.max(began.elapsed());
        true
    }

    pub fn health(&self) -> Health {
        Health::of(&self.shared.lock())
    }

    /// Writes and flushes what waits, for at most `within`, and ends the threads.
    ///
    /// # Errors
    /// When the deadline passed with facts unwritten.
    pub fn close(mut self, within: Duration) -> Result<(), Unwritten> {
        let deadline = Instant::now() + within;
        self.wait_until(deadline, |inner| inner.done == inner.next() || inner.died.is_some());
        self.end(deadline);
        let health = self.health();
        match health.facts_not_written {
            0 => Ok(()),
            facts => Err(Unwritten { facts, reason: health.problem }),
        }
    }

    /// Tells the threads to end and waits for them until `deadline`; one that the disk holds is left behind.
    fn end(&mut self, deadline: Instant) {
        self.shared.lock().stop = true;
        self.shared.wake_all();
        if self.wait_until(deadline, |inner| inner.alive == 0) {
            self.threads.drain(..).for_each(|thread| drop(thread.join()));
        }
    }

    fn wait_until(&self, deadline: Instant, done: impl Fn(&Inner) -> bool) -> bool {
        let mut inner = self.shared.lock();
        while !done(&inner) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            inner = wait(&self.shared.to_caller, inner, Some(left));
        }
        true
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        // After a panic the process ends at once; what was handed over and not written, a kill would cost too.
        if !self.threads.is_empty() && !std::thread::panicking() {
            self.end(Instant::now() + DROP_WAIT);
        }
    }
}

/// Begins the first segment of this start; returns it and its bytes.
fn begin<S: State>(disk: &dyn Disk, epoch: Epoch, found: &Recovered<S>) -> Result<(Current, u64), Error> {
    let id = SegmentId { epoch, number: 1 };
    let name = id.name();
    let doing = "writing the journal's first segment of this start";
    let snapshot = segment::snapshot(&found.state, epoch, found.next, found.last_time)
        .map_err(|reason| Error::State { path: disk.path(""), reason })?;
    let begun = Draft::begin(disk, id).and_then(|draft| {
        draft.write(&snapshot)?;
        draft.sync()?;
        let file = draft.name()?;
        disk.sync()?;
        Ok(file)
    });
    let file = begun.map_err(failed(disk, &name, doing))?;
    Ok((Current { id, file }, (HEADER + snapshot.len()) as u64))
}

/// The older segments are removed by the flusher, now that the new one is durable.
fn note_segments(shared: &Shared, older: &[SegmentId], current: &Current, bytes: u64) {
    let mut inner = shared.lock();
    inner.segments = older.iter().map(|id| (*id, 0)).collect();
    inner.segments.push((current.id, bytes));
    inner.current = Some(current.clone());
    inner.flushed = Some(current.id);
    inner.dirty = true;
}
