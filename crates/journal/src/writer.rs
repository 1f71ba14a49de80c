//! The thread that writes: batches behind the current segment, and new segments.

use std::io;
use std::sync::{Arc, MutexGuard};
use std::time::{Duration, Instant};

use base::Epoch;

use crate::disk::{Disk, DiskFile, write_all};
use crate::frame::{Frame, HEADER, Kind, SegmentId};
use crate::segment::{Draft, Snapshot};
use crate::shared::{Current, Entry, Inner, Shared, Trouble, wait};

/// Bytes of one `write(2)`: a thousand turns' worth, and a millisecond of copying.
const WRITE_MAX: usize = 1 << 20;

/// Bytes of a snapshot written between two looks at the queue: below a millisecond, so that nobody waits for a large one.
const PIECE: usize = 1 << 18;

/// The first and the longest pause before a failing disk is tried again.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));

/// A segment may grow to this many times its snapshot, so that a large state is not written again and again.
const SNAPSHOTS: u64 = 4;

pub(crate) struct Writer {
    pub(crate) shared: Arc<Shared>,
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) epoch: Epoch,
    pub(crate) current: Growing,
    pub(crate) retry: Retry,
    pub(crate) buffer: Vec<u8>,
}

/// The segment that is written now, and when the next one is due.
pub(crate) struct Growing {
    pub(crate) current: Current,
    bytes: u64,
    full_at: u64,
}

impl Growing {
    /// A segment of `bytes` that began with a snapshot of `snapshot` bytes.
    pub(crate) fn new(current: Current, bytes: u64, snapshot: u64, segment_bytes: u64) -> Growing {
        Growing { current, bytes, full_at: segment_bytes.max(SNAPSHOTS * snapshot) }
    }
}

/// When to try again after a failure.
pub(crate) struct Retry {
    pause: Duration,
    at: Instant,
}

impl Retry {
    pub(crate) fn new() -> Retry {
        Retry { pause: BACK_OFF.0, at: Instant::now() }
    }

    fn tried(&mut self) {
        self.at = Instant::now() + self.pause;
        self.pause = (self.pause * 2).min(BACK_OFF.1);
    }
}

enum Step {
    Write(Vec<Entry>, u64),
    Begin(Snapshot),
}

impl Writer {
    pub(crate) fn run(mut self) {
        let _ended = Ended(Arc::clone(&self.shared));
        while let Some(step) = self.step() {
            match step {
                Step::Write(entries, from) => self.write(&entries, from),
                Step::Begin(snapshot) => self.begin(&snapshot),
            }
        }
    }

    fn step(&mut self) -> Option<Step> {
        let shared = Arc::clone(&self.shared);
        let mut inner = shared.lock();
        loop {
            if let Some(snapshot) = inner.snapshot.take() {
                return Some(Step::Begin(snapshot));
            }
            let due = self.ask_for_snapshot(&mut inner);
            if inner.writer_lost.is_none() && inner.done < inner.next() {
                return Some(Step::Write(inner.batches(inner.done, u64::MAX, WRITE_MAX), inner.done));
            }
            if inner.stop {
                return None;
            }
            inner = wait(&shared.to_writer, inner, due);
        }
    }

    /// Asks the shadow when a new segment is due; returns how long until it is.
    fn ask_for_snapshot(&mut self, inner: &mut MutexGuard<'_, Inner>) -> Option<Duration> {
        if inner.wanted || inner.shadow_lost.is_some() {
            return None;
        }
        let failed = inner.writer_lost.is_some() || inner.is_bad();
        // Until the last segment is flushed the one before it is kept: a hanging disk does not collect more of them.
        let full = self.current.bytes >= self.current.full_at && inner.flushed == Some(self.current.current.id);
        if !failed && !full {
            return None;
        }
        let due = self.retry.at.saturating_duration_since(Instant::now());
        if !due.is_zero() {
            return Some(due);
        }
        if failed {
            self.retry.tried();
        }
        inner.wanted = true;
        self.shared.to_shadow.notify_all();
        None
    }

    fn write(&mut self, entries: &[Entry], from: u64) {
        self.buffer.clear();
        let written = encode(entries, self.epoch, from, &mut self.buffer)
            .and_then(|()| write_all(&*self.current.current.file, &self.buffer));
        let mut inner = self.shared.lock();
        match written {
            Ok(()) => {
                self.current.bytes += self.buffer.len() as u64;
                if let Some(last) = inner.segments.last_mut() {
                    last.1 = self.current.bytes;
                }
                let facts = entries.last().map_or(0, |entry| entry.facts_through);
                inner.wrote(from + entries.len() as u64, facts);
                if inner.flush_lost.is_none() && inner.stretched.is_none() {
                    self.retry.pause = BACK_OFF.0;
                }
            }
            Err(error) => self.failed(&mut inner, &self.current.current.id.name(), &error),
        }
        self.told(inner);
    }

    /// Writes a segment with the snapshot and the batches behind it that are written already; returns it and those.
    ///
    /// Meanwhile the present segment takes batches.
    fn build(&mut self, id: SegmentId, snapshot: &Snapshot) -> io::Result<(Arc<dyn DiskFile>, Vec<Entry>)> {
        let disk = Arc::clone(&self.disk);
        let draft = Draft::begin(&*disk, id)?;
        for piece in snapshot.bytes.chunks(PIECE) {
            draft.write(piece)?;
            self.write_waiting();
        }
        let inner = self.shared.lock();
        if inner.snapshot_at.is_none() {
            return Err(io::Error::other("too many batches waited for its snapshot"));
        }
        // What the old segment holds beyond the snapshot was confirmed: the new one must have it before its name.
        let entries = inner.batches(snapshot.at, inner.done, usize::MAX);
        drop(inner);
        self.buffer.clear();
        encode(&entries, self.epoch, snapshot.at, &mut self.buffer)?;
        draft.write(&self.buffer)?;
        Ok((draft.name()?, entries))
    }

    fn write_waiting(&mut self) {
        let inner = self.shared.lock();
        if inner.writer_lost.is_none() && inner.done < inner.next() {
            let (entries, from) = (inner.batches(inner.done, u64::MAX, WRITE_MAX), inner.done);
            drop(inner);
            self.write(&entries, from);
        }
    }

    /// Begins a segment with the snapshot.
    fn begin(&mut self, snapshot: &Snapshot) {
        let id = SegmentId { epoch: self.epoch, number: self.current.current.id.number + 1 };
        let begun = self.build(id, snapshot);
        let shared = Arc::clone(&self.shared);
        let mut inner = shared.lock();
        match begun {
            Ok((file, entries)) => {
                let current = Current { id, file };
                let bytes = (HEADER + snapshot.bytes.len() + self.buffer.len()) as u64;
                let least = inner.limits.segment_bytes;
                self.current = Growing::new(current.clone(), bytes, snapshot.bytes.len() as u64, least);
                inner.current = Some(current);
                inner.segments.push((id, bytes));
                inner.stretched = None;
                // Without its claim a batch behind the snapshot is gone: writing must begin again, as before.
                if inner.snapshot_at.take().is_some() && inner.writer_lost.take().is_some() {
                    let path = self.disk.path(&id.name());
                    tracing::info!(path = %path.display(), "the journal is written again");
                }
                let facts = entries.last().map_or(snapshot.facts_through, |entry| entry.facts_through);
                inner.wrote(snapshot.at + entries.len() as u64, facts);
            }
            Err(error) => {
                inner.snapshot_at = None;
                if inner.writer_lost.is_some() {
                    self.failed(&mut inner, &id.name(), &error);
                } else {
                    self.not_followed(&mut inner, id, &error);
                }
                inner.release();
            }
        }
        self.told(inner);
    }

    fn failed(&self, inner: &mut MutexGuard<'_, Inner>, name: &str, error: &io::Error) {
        let what = format!("{}: {error}", self.disk.path(name).display());
        if inner.writer_lost.is_none() {
            tracing::error!("the journal cannot be written, trying again: {what}; check space and rights of the disk");
        }
        inner.lose_writer(Trouble::now(what));
        inner.release();
    }

    /// The next segment cannot begin, but the present one takes batches.
    fn not_followed(&mut self, inner: &mut MutexGuard<'_, Inner>, id: SegmentId, error: &io::Error) {
        let what = format!("{}: {error}", self.disk.path(&id.name()).display());
        tracing::warn!("the journal's file grows beyond its size because the next one cannot be written: {what}");
        inner.failures += 1;
        inner.stretched.get_or_insert(Trouble::now(what));
        self.retry.tried();
    }

    fn told(&self, inner: MutexGuard<'_, Inner>) {
        drop(inner);
        self.shared.to_caller.notify_all();
        self.shared.to_flusher.notify_one();
    }
}

/// Each entry becomes a frame, the first one with number `from`.
fn encode(entries: &[Entry], epoch: Epoch, from: u64, out: &mut Vec<u8>) -> io::Result<()> {
    (from..).zip(entries).try_for_each(|(sequence, entry)| {
        Frame { kind: Kind::Facts, epoch, sequence, time: entry.time, payload: &entry.bytes }.encode(out)
    })
}

/// The others end when the writer did.
struct Ended(Arc<Shared>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.lock().writer_ended = true;
        self.0.wake_all();
    }
}
