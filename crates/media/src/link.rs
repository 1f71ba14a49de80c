//! What the control thread holds of a worker.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use base::{Job, Notice, WorkerId};
use rtrb::{Consumer, Producer};
use rustix::event::EventfdFlags;
use rustix::io::Errno;

use crate::Counts;
use crate::counts::SharedCounts;

/// Jobs under way: a call needs about fifteen in its life, so this is a thousand calls that begin while a worker is in
/// one turn of some milliseconds.
pub(crate) const JOBS: usize = 16_384;

/// Notices under way: a few a call, and as many leases as one start asks for.
pub(crate) const NOTICES: usize = 16_384;

/// The rings between the control thread and one worker.
#[derive(Debug)]
pub struct WorkerLink {
    pub worker: WorkerId,
    jobs: Producer<Job>,
    notices: Consumer<Notice>,
    bell: Arc<Bell>,
    counts: Arc<SharedCounts>,
    /// The worker was given something since the bell rang.
    untold: bool,
}

impl WorkerLink {
    pub(crate) fn new(
        worker: WorkerId,
        jobs: Producer<Job>,
        notices: Consumer<Notice>,
        bell: Arc<Bell>,
        counts: Arc<SharedCounts>,
    ) -> WorkerLink {
        WorkerLink { worker, jobs, notices, bell, counts, untold: false }
    }

    /// Queues a job; the worker sees it once `ring` was called.
    ///
    /// # Errors
    /// Gives the job back when 16 384 are under way: the worker has stopped or is overloaded, keep the job and try again.
    #[expect(clippy::result_large_err, reason = "the caller keeps the job itself, a box would allocate")]
    pub fn send(&mut self, job: Job) -> Result<(), Job> {
        // Also when it found no room: the worker has to make some.
        self.untold = true;
        self.jobs.push(job).map_err(|rtrb::PushError::Full(job)| job)
    }

    /// Wakes the worker where `send` was called since the last time; once after a batch of jobs is enough.
    pub fn ring(&mut self) {
        if std::mem::take(&mut self.untold) {
            self.bell.ring();
        }
    }

    /// Wakes the worker: there is room again for notices that it holds back, and for the jobs behind them.
    pub fn made_room(&self) {
        self.bell.ring();
    }

    /// The next notice.
    pub fn notice(&mut self) -> Option<Notice> {
        self.notices.pop().ok()
    }

    pub fn counts(&self) -> Counts {
        self.counts.read()
    }

    /// Reads the counts from another thread.
    pub fn counters(&self) -> Counters {
        Counters(Arc::clone(&self.counts))
    }
}

/// The counts of one worker, for whoever publishes them.
#[derive(Clone, Debug)]
pub struct Counters(Arc<SharedCounts>);

impl Counters {
    pub fn read(&self) -> Counts {
        self.0.read()
    }
}

/// Wakes a thread out of epoll.
#[derive(Debug)]
pub(crate) struct Bell(OwnedFd);

impl Bell {
    pub(crate) fn new() -> io::Result<Bell> {
        Ok(Bell(rustix::event::eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?))
    }

    pub(crate) fn ring(&self) {
        // The write fails only when the counter is full, and then the bell rings already.
        let _ = rustix::io::write(&self.0, &1_u64.to_ne_bytes());
    }

    /// Silences the bell until it rings again.
    pub(crate) fn hush(&self) {
        let mut count = [0; 8];
        while rustix::io::read(&self.0, &mut count) == Err(Errno::INTR) {}
    }

    pub(crate) fn fd(&self) -> &OwnedFd {
        &self.0
    }
}
