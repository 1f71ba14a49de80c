//! The way from whoever records to the thread that writes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Entries on their way: two seconds of the heaviest load while the disk does not answer.
pub(crate) const ENTRIES_MAX: usize = 1 << 16;

/// What both sides see.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    /// About what the entries on their way take of memory.
    pub(crate) bytes: AtomicUsize,
    /// Nothing is written any more.
    pub(crate) over: AtomicBool,
}

impl Shared {
    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }
}

/// The recording side.
#[derive(Debug)]
pub(crate) struct Sender<T> {
    ring: rtrb::Producer<(T, usize)>,
    bytes_max: usize,
    pub(crate) shared: Arc<Shared>,
}

/// The writing side.
#[derive(Debug)]
pub(crate) struct Receiver<T> {
    ring: rtrb::Consumer<(T, usize)>,
    pub(crate) shared: Arc<Shared>,
}

pub(crate) fn open<T>(bytes_max: usize) -> (Sender<T>, Receiver<T>) {
    let (producer, consumer) = rtrb::RingBuffer::new(ENTRIES_MAX);
    let shared = Arc::new(Shared::default());
    (Sender { ring: producer, bytes_max, shared: Arc::clone(&shared) }, Receiver { ring: consumer, shared })
}

impl<T> Sender<T> {
    /// False when there is no room.
    pub(crate) fn push(&mut self, entry: T, cost: usize) -> bool {
        if self.shared.bytes.load(Ordering::Relaxed).saturating_add(cost) > self.bytes_max {
            return false;
        }
        self.shared.bytes.fetch_add(cost, Ordering::Relaxed);
        self.ring.push((entry, cost)).is_ok()
    }
}

impl<T> Receiver<T> {
    pub(crate) fn pop(&mut self) -> Option<T> {
        let (entry, cost) = self.ring.pop().ok()?;
        self.shared.bytes.fetch_sub(cost, Ordering::Relaxed);
        Some(entry)
    }
}
