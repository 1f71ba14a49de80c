//! The side of the store that the control thread holds.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base::{Epoch, NodeId, Now, RecordEntry, Time, Wall};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use crate::write::Work;
use crate::writer::{self, Opening, Shared};
use crate::{Error, lock};

/// Entries under way to the writer: some seconds of the busiest hour that LIMITS plan for (200 calls a second).
const QUEUE: usize = 4096;

/// Entries kept while the disk does not take them: 100 000 of about 1 KB, 100 MB at most, a quarter of an hour of
/// 50 calls a second.
const OVERFLOW: usize = 100_000;

/// How the writing goes.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Health {
    /// The last write succeeded and nothing waits beside the queue.
    pub ok: bool,
    /// Why the last write failed; none since one succeeded.
    pub problem: Option<String>,
    /// Entries written since the start.
    pub written: u64,
    /// Attempts that failed since the start; each is tried again.
    pub failed_attempts: u64,
    /// Entries handed in and not yet written.
    pub waiting: u64,
    /// Entries given up: the memory for waiting ones was full, or the database refused them for what they say.
    pub lost: u64,
    /// Calls of earlier processes that were found open and ended since the start.
    pub closed: u64,
}

/// A start of the engine.
#[derive(Debug)]
pub struct Opened {
    pub store: Store,
    /// Larger than at every earlier start.
    pub epoch: Epoch,
    /// The last time that an earlier process wrote: the engine's time goes on from there at least.
    pub last_time: Time,
}

/// Takes entries without ever waiting; a thread of its own writes them.
#[derive(Debug)]
pub struct Store {
    /// None only while closing.
    sender: Option<mpsc::Sender<Work>>,
    overflow: VecDeque<Work>,
    /// The queue had no room for what is in the overflow.
    is_full: bool,
    shared: Arc<Shared>,
    thread: Option<std::thread::JoinHandle<()>>,
    /// Works handed in and kept.
    taken: u64,
}

/// What the shutdown's deadline cut off.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{count} records were not written before the deadline{}; look at the disk of the data directory", reason.as_deref().map(|r| format!(" ({r})")).unwrap_or_default())]
pub struct Unwritten {
    pub count: u64,
    pub reason: Option<String>,
}

impl Store {
    /// Opens or creates the records of `dir` and raises the epoch, to `at_least` or more.
    ///
    /// What the last process left open stays so until `end_leftovers`.
    ///
    /// # Errors
    /// When the directory or the database cannot be used, or another server uses it.
    pub fn open(dir: &Path, node: NodeId, wall: Wall, at_least: Epoch) -> Result<Opened, Error> {
        let lock = lock::take(dir)?;
        let (sender, receiver) = mpsc::channel(QUEUE);
        let shared = Arc::new(Shared::default());
        let (thread, started) =
            writer::start(dir, Opening { node, wall, at_least }, lock, receiver, Arc::clone(&shared))?;
        let store = Store {
            sender: Some(sender),
            overflow: VecDeque::new(),
            is_full: false,
            shared,
            thread: Some(thread),
            taken: 0,
        };
        Ok(Opened { store, epoch: started.epoch, last_time: started.last_time })
    }

    /// Hands in an entry; never waits. Returns its number: it is done once `written` is that or more.
    ///
    /// With queue and overflow full the entry is lost and counted: none.
    pub fn write(&mut self, entry: RecordEntry) -> Option<u64> {
        let number = self.keep(entry);
        self.pump();
        number
    }

    /// As `write`, but the entry waits for `send`: the entries of a turn wake the writer once.
    pub fn keep(&mut self, entry: RecordEntry) -> Option<u64> {
        if self.overflow.len() >= OVERFLOW {
            self.shared.give_up();
            return None;
        }
        Some(self.hand_in(Work::Entry(entry)))
    }

    /// Ends the calls that are still open from before this start once everything handed in so far is written: end records
    /// that a journal brought back come first and tell more.
    ///
    /// They end with reason `restart` at the last time known of their process, at latest `wall`; `Health::closed` counts
    /// them.
    pub fn end_leftovers(&mut self, wall: Wall) {
        self.hand_in(Work::Leftovers(wall));
        self.pump();
    }

    fn hand_in(&mut self, work: Work) -> u64 {
        self.taken += 1;
        self.overflow.push_back(work);
        self.taken
    }

    /// Hands the writer what was kept.
    pub fn send(&mut self) {
        self.pump();
    }

    /// Everything that `write` gave a number up to this is done: in the database, or refused by it for good.
    pub fn written(&self) -> u64 {
        self.shared.done()
    }

    /// Tells how far the engine's time came and moves on what waited; call it each turn, at least every 100 ms.
    pub fn note(&mut self, now: Now) {
        self.shared.note(now);
        self.pump();
    }

    /// Waits until everything handed in is written (true), or for `within` (false).
    ///
    /// For what must not be said before it was written: a start record before its 200 OK. A commit takes well under a
    /// millisecond; entries that were given up count as done.
    pub fn sync(&mut self, within: Duration) -> bool {
        let deadline = Instant::now() + within;
        loop {
            self.pump();
            if let Some(all) = self.shared.wait_for(self.taken, deadline, !self.overflow.is_empty()) {
                return all;
            }
            if Instant::now() >= deadline {
                return false;
            }
        }
    }

    pub fn health(&self) -> Health {
        let mut health = self.shared.health();
        health.waiting = self.taken.saturating_sub(self.shared.done());
        health.ok = health.problem.is_none() && !self.is_full;
        health
    }

    /// Writes what waits and closes the database, for at most `within`.
    ///
    /// # Errors
    /// When the deadline passed with entries unwritten.
    pub fn close(mut self, within: Duration) -> Result<(), Unwritten> {
        let deadline = Instant::now() + within;
        self.sync(within);
        self.sender = None;
        self.shared.wait_closed(deadline);
        let health = self.health();
        if health.waiting > 0 {
            self.shared.stop();
            self.thread = None;
            return Err(Unwritten { count: health.waiting, reason: health.problem });
        }
        Ok(())
    }

    /// Moves entries from the overflow into the queue, in order, as far as it has room.
    fn pump(&mut self) {
        let Some(sender) = &self.sender else { return };
        while let Some(entry) = self.overflow.pop_front() {
            match sender.try_send(entry) {
                Ok(()) => {}
                // Closed means that the writer died; its entries wait here and `health` tells.
                Err(TrySendError::Full(entry) | TrySendError::Closed(entry)) => {
                    self.overflow.push_front(entry);
                    self.is_full = true;
                    return;
                }
            }
        }
        self.is_full = false;
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.sender = None;
        self.shared.stop();
        if let Some(thread) = self.thread.take()
            // After a panic the process has to end, also with a disk that hangs: the journal brings back what was not written.
            && !std::thread::panicking()
        {
            // The writer ends after at most one more batch: dropping means not to wait for a failing disk.
            let _ = thread.join();
        }
    }
}
