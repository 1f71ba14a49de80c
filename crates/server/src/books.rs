//! The journal as the control thread keeps it: facts first, then everything that follows from them.

use std::collections::VecDeque;
use std::path::Path;
use std::time::Duration;

use base::pack::Packed;
use base::{Epoch, Now, RecordEntry, Time};
use journal::{Batch, Health, Journal, Limits, Opened, State};
use store::Store;
use switch::{Fact, Ledger};

/// How long a turn waits for its facts to stand in the file: as long as a flush may lag behind. A disk that takes longer raises
/// the alarm, and turns wait no more until it has caught up.
const COMMIT_WITHIN: Duration = Duration::from_millis(20);
/// What one chunk of a snapshot holds, its first byte aside.
const CHUNK: usize = 60 * 1024;
/// The folder beside the records.
const FOLDER: &str = "journal";

/// The journal's own copy of the ledger.
#[derive(Clone, Default)]
pub(crate) struct Shadow {
    ledger: Ledger,
    /// Chunks of a snapshot that is being read.
    read: Vec<u8>,
}

impl State for Shadow {
    fn apply(&mut self, fact: &[u8]) -> Result<(), String> {
        let fact = Fact::from_bytes(fact).map_err(|e| e.to_string())?;
        self.ledger.apply(fact);
        Ok(())
    }

    fn snapshot(&self, out: &mut dyn FnMut(&[u8])) {
        let bytes = self.ledger.to_bytes();
        let last = bytes.len().div_ceil(CHUNK).saturating_sub(1);
        let mut chunk = Vec::with_capacity(CHUNK + 1);
        for (place, part) in bytes.chunks(CHUNK).enumerate() {
            chunk.clear();
            chunk.push(u8::from(place == last));
            chunk.extend_from_slice(part);
            out(&chunk);
        }
    }

    fn restore(&mut self, chunk: &[u8]) -> Result<(), String> {
        let (last, part) = chunk.split_first().ok_or("an empty chunk")?;
        self.read.extend_from_slice(part);
        if *last == 1 {
            let bytes = std::mem::take(&mut self.read);
            self.ledger = Ledger::from_bytes(&bytes).map_err(|e| e.to_string())?;
        }
        Ok(())
    }
}

/// What was known when the journal was opened.
pub(crate) struct Found {
    pub(crate) books: Books,
    pub(crate) ledger: Ledger,
    pub(crate) epoch: Epoch,
    pub(crate) last_time: Time,
}

/// Writes facts down, and keeps account of the records that the journal owes to the store.
#[derive(Debug)]
pub(crate) struct Books {
    journal: Journal,
    batch: Batch,
    /// The store's numbers of entries that the ledger keeps until they are written. At most as many as the store keeps.
    owed: VecDeque<u64>,
    /// Entries of these that are written, not yet told to the journal.
    written: u64,
}

impl Books {
    /// `above` is the newest epoch that the records know.
    ///
    /// # Errors
    /// The folder cannot be used, or a newer version wrote it.
    pub(crate) fn open(data: &Path, above: Epoch) -> Result<Found, journal::Error> {
        let folder = data.join(FOLDER);
        let Opened { journal, state, epoch, last_time, report } =
            Journal::open(&folder, above, Shadow::default(), Limits::default())?;
        tracing::info!(%report, "journal read");
        let books = Books { journal, batch: Batch::new(), owed: VecDeque::new(), written: 0 };
        Ok(Found { books, ledger: state.ledger, epoch, last_time })
    }

    /// Before anything leaves that follows from these facts. Waits for the disk, but never long.
    pub(crate) fn write(&mut self, now: Now, facts: &[Fact]) {
        if facts.is_empty() && self.written == 0 {
            return;
        }
        self.batch.push(|out| Fact::Turn { now }.pack(out));
        if self.written > 0 {
            let count = std::mem::take(&mut self.written);
            self.batch.push(|out| Fact::Written { count }.pack(out));
        }
        for fact in facts {
            self.batch.push(|out| fact.pack(out));
        }
        self.journal.append(now.time, &mut self.batch);
        // An alarm stands in the health where it took too long; calls go on.
        let _ = self.journal.commit(COMMIT_WITHIN);
    }

    /// Gives an entry to the store, which hands it on at its `send`.
    pub(crate) fn record(&mut self, store: &mut Store, entry: RecordEntry) {
        let owed = matches!(entry, RecordEntry::End(_) | RecordEntry::Agent(_));
        match store.keep(entry) {
            Some(number) if owed => self.owed.push_back(number),
            // Given up and counted: nothing waits for it any more.
            None if owed => self.written += 1,
            _ => {}
        }
    }

    /// Looks how far the store came; the journal learns of it with the next facts.
    pub(crate) fn settle(&mut self, store: &Store) {
        let done = store.written();
        while self.owed.pop_front_if(|number| *number <= done).is_some() {
            self.written += 1;
        }
    }

    pub(crate) fn health(&self) -> Health {
        self.journal.health()
    }

    /// # Errors
    /// A sentence for the operator: facts were not written in time.
    pub(crate) fn close(self, within: Duration) -> Result<(), String> {
        self.journal.close(within).map_err(|unwritten| unwritten.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_comes_back_chunk_by_chunk() {
        let mut shadow = Shadow::default();
        let event = |number: u32| base::AgentEvent {
            agent: base::AgentId(number),
            number: "x".repeat(1000),
            at: base::Wall(1),
            what: base::AgentHappening::Ready,
            by: "phone".to_owned(),
        };
        for number in 0..200 {
            shadow.apply(&Fact::Agent(event(number)).to_bytes()).expect("a fact");
        }
        let (mut again, mut chunks) = (Shadow::default(), 0);
        shadow.snapshot(&mut |chunk| {
            chunks += 1;
            again.restore(chunk).expect("its own chunk");
        });
        assert!(chunks > 2 && again.ledger == shadow.ledger);
        assert!(Shadow::default().restore(&[]).is_err());
        assert!(Shadow::default().restore(&[1, 9, 9]).is_err());
        assert!(shadow.apply(&[250]).is_err(), "an unknown fact is refused");
    }
}
