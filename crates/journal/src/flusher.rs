//! The thread that flushes what was written, and removes what a flushed segment makes needless; nobody waits for it.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use crate::disk::Disk;
use crate::frame::SegmentId;
use crate::shared::{Current, Shared, Trouble, wait};

/// Writes are gathered this long before a flush: with the flush itself, some ms on any SSD, 20 ms are kept.
const GATHER: Duration = Duration::from_millis(10);

pub(crate) struct Flusher {
    pub(crate) shared: Arc<Shared>,
    pub(crate) disk: Arc<dyn Disk>,
}

/// What to flush, and the facts that are safe then.
struct Job {
    current: Current,
    /// Its name is not flushed yet.
    is_new: bool,
    facts: u64,
}

impl Flusher {
    pub(crate) fn run(self) {
        while let Some(job) = self.job() {
            let began = Instant::now();
            let flushed = self.flush(&job);
            self.finish(&job, began.elapsed(), flushed);
            for name in self.needless() {
                self.remove(name);
            }
        }
    }

    fn job(&self) -> Option<Job> {
        let mut inner = self.shared.lock();
        while !inner.dirty {
            if inner.writer_ended {
                return None;
            }
            inner = wait(&self.shared.to_flusher, inner, None);
        }
        let until = Instant::now() + GATHER;
        while !inner.stop && Instant::now() < until {
            let left = until.saturating_duration_since(Instant::now());
            inner = wait(&self.shared.to_flusher, inner, Some(left));
        }
        let current = inner.current.clone()?;
        inner.dirty = false;
        inner.flush_began = Some((Instant::now(), SystemTime::now()));
        let is_new = inner.flushed != Some(current.id);
        Some(Job { is_new, facts: inner.facts_done, current })
    }

    fn flush(&self, job: &Job) -> io::Result<()> {
        job.current.file.sync()?;
        if job.is_new {
            self.disk.sync()?;
        }
        // Somebody may remove the folder under a running server: the file takes bytes still, and no start will see them.
        if self.disk.has(&job.current.id.name()) { Ok(()) } else { Err(io::Error::other("the file is gone")) }
    }

    fn finish(&self, job: &Job, took: Duration, flushed: io::Result<()>) {
        let mut inner = self.shared.lock();
        inner.flush_began = None;
        inner.slowest_flush = inner.slowest_flush.max(took);
        match flushed {
            Ok(()) if inner.bad == Some(job.current.id) => {}
            Ok(()) => {
                inner.flushed = Some(job.current.id);
                inner.facts_flushed = inner.facts_flushed.max(job.facts);
                if inner.flush_lost.take().is_some() {
                    tracing::info!("the journal is flushed again");
                }
            }
            Err(error) => {
                inner.failures += 1;
                inner.bad = Some(job.current.id);
                let what = format!("{}: flushing failed: {error}", self.disk.path(&job.current.id.name()).display());
                if inner.flush_lost.is_none() {
                    tracing::error!("{what}; a power cut now would lose the last facts: check the disk");
                }
                inner.flush_lost.get_or_insert(Trouble::now(what));
            }
        }
        drop(inner);
        self.shared.wake_all();
    }

    /// Segments older than the flushed one, and those between it and the current one.
    fn needless(&self) -> Vec<SegmentId> {
        let inner = self.shared.lock();
        let Some(current) = inner.current.as_ref() else { return Vec::new() };
        // With nothing flushed since the start, the oldest is what the last process left.
        let kept = inner.flushed.or(inner.segments.first().map(|first| first.0));
        let needless = |id: &SegmentId| Some(*id) != kept && *id < current.id;
        inner.segments.iter().map(|segment| segment.0).filter(needless).collect()
    }

    fn remove(&self, id: SegmentId) {
        match self.disk.remove(&id.name()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::debug!("{}: cannot be removed yet: {error}", self.disk.path(&id.name()).display());
            }
            _ => self.shared.lock().segments.retain(|segment| segment.0 != id),
        }
    }
}
