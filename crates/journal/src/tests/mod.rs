//! What the journal promises, on a disk that fails, hangs and dies on demand.

mod bytes;
mod faults;
mod kills;
mod memory;

use std::sync::Arc;
use std::time::{Duration, Instant};

use base::{Epoch, Time};

use crate::{Batch, Error, Health, Journal, Limits, Opened, State};
use memory::Memory;

/// Far longer than anything takes here; a test that waits this long fails.
const LONG: Duration = Duration::from_secs(20);

/// Small, so that a test sees many segments.
const SMALL: Limits = Limits { segment_bytes: 400, queue_bytes: 4096, queue_batches: 64 };

/// The numbers that were journalled, in order: a fact is one number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Numbers(pub(crate) Vec<u64>);

impl State for Numbers {
    fn apply(&mut self, fact: &[u8]) -> Result<(), String> {
        let number = <[u8; 8]>::try_from(fact).map_err(|_| "not a number".to_owned())?;
        let number = u64::from_le_bytes(number);
        assert_ne!(number, PANICS, "this number is bad");
        self.0.push(number);
        Ok(())
    }

    fn snapshot(&self, out: &mut dyn FnMut(&[u8])) {
        // Only how many: the numbers are 0, 1, 2 … in every test that takes snapshots.
        assert!((0..).zip(&self.0).all(|(place, number)| place == *number), "a batch is missing: {self:?}");
        out(&[]);
        out(&(self.0.len() as u64).to_le_bytes());
    }

    fn restore(&mut self, chunk: &[u8]) -> Result<(), String> {
        if chunk.is_empty() {
            return Ok(());
        }
        let count = <[u8; 8]>::try_from(chunk).map_err(|_| "not a count".to_owned())?;
        let count = u64::from_le_bytes(count);
        // A flipped bit never comes this far: the checksum is before it.
        assert!(count < 1_000_000, "{count} numbers");
        self.0.extend(0..count);
        Ok(())
    }
}

/// A fact that the state panics at.
const PANICS: u64 = u64::MAX;

fn open(disk: &Arc<Memory>) -> Result<Opened<Numbers>, Error> {
    Journal::open_on(Arc::clone(disk) as _, Epoch(0), Numbers::default(), SMALL)
}

fn reopen(disk: &Memory) -> Opened<Numbers> {
    open(&Arc::new(disk.after_kill())).expect("opens")
}

fn append(journal: &mut Journal, numbers: impl IntoIterator<Item = u64>) {
    let mut batch = Batch::new();
    for number in numbers {
        batch.push(|out| out.extend_from_slice(&number.to_le_bytes()));
        journal.append(Time::from_millis(number), &mut batch);
        if number % 16 == 15 {
            follow(journal);
        }
    }
}

/// Waits for the shadow: the small limits of a test leave it no time.
fn follow(journal: &Journal) {
    let deadline = Instant::now() + LONG;
    while {
        let inner = journal.shared.lock();
        inner.applied < inner.next() && inner.shadow_lost.is_none()
    } {
        assert!(Instant::now() < deadline, "the shadow hangs");
        std::thread::yield_now();
    }
}

/// Looks until `done`, without a pause of its own.
fn wait_for(journal: &Journal, done: impl Fn(&Health) -> bool) -> Health {
    let deadline = Instant::now() + LONG;
    loop {
        let health = journal.health();
        if done(&health) {
            return health;
        }
        assert!(Instant::now() < deadline, "{health:?}");
        std::thread::yield_now();
    }
}

fn first(count: u64) -> Numbers {
    Numbers((0..count).collect())
}
