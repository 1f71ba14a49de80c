//! The files of a journal by name, and how one begins.

use std::io;
use std::sync::Arc;

use base::{Epoch, Time};

use crate::disk::{Disk, DiskFile, write_all};
use crate::frame::{self, Frame, Kind, SegmentId};
use crate::state::{State, guarded};

/// A segment while its snapshot is written; there is one at most, and no start reads it.
pub(crate) const TEMPORARY: &str = "journal.tmp";

/// What was cut off a segment, beside it.
pub(crate) const TORN: &str = ".torn";

impl SegmentId {
    pub(crate) fn name(self) -> String {
        format!("journal-{}-{}.log", self.epoch.0, self.number)
    }

    /// The segment of that name; none for other files.
    pub(crate) fn parse(name: &str) -> Option<SegmentId> {
        let (epoch, number) = name.strip_prefix("journal-")?.strip_suffix(".log")?.split_once('-')?;
        let id = SegmentId { epoch: Epoch(epoch.parse().ok()?), number: number.parse().ok()? };
        // `journal-01-1.log` is not the name we give to that segment.
        (id.name() == name).then_some(id)
    }
}

/// The frames of a snapshot, complete, held in memory: some MB for the busiest hour.
pub(crate) struct Snapshot {
    pub(crate) bytes: Vec<u8>,
    /// The first batch that is not in it.
    pub(crate) at: u64,
    /// Facts handed over up to there.
    pub(crate) facts_through: u64,
}

/// Encodes `state` as it stands before batch `at`; `time` is the largest seen.
pub(crate) fn snapshot<S: State>(state: &S, epoch: Epoch, at: u64, time: Time) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let mut parts = 0_u64;
    let mut failed = None;
    guarded(|| {
        state.snapshot(&mut |chunk| {
            let frame = Frame { kind: Kind::Chunk, epoch, sequence: parts, time, payload: chunk };
            if let Err(error) = frame.encode(&mut bytes) {
                failed.get_or_insert(error.to_string());
            }
            parts += 1;
        });
        Ok(())
    })?;
    let end = Frame { kind: Kind::End, epoch, sequence: at, time, payload: &parts.to_le_bytes() };
    end.encode(&mut bytes).map_err(|error| error.to_string())?;
    failed.map_or(Ok(bytes), |reason| Err(format!("the snapshot's chunk is too long: {reason}")))
}

/// A segment that does not have its name yet; dropped before, it is removed.
pub(crate) struct Draft<'a> {
    disk: &'a dyn Disk,
    file: Arc<dyn DiskFile>,
    id: SegmentId,
    is_named: bool,
}

impl Draft<'_> {
    pub(crate) fn begin(disk: &dyn Disk, id: SegmentId) -> io::Result<Draft<'_>> {
        let draft = Draft { disk, file: disk.create(TEMPORARY)?, id, is_named: false };
        draft.write(&frame::header(id))?;
        Ok(draft)
    }

    pub(crate) fn write(&self, bytes: &[u8]) -> io::Result<()> {
        write_all(&*self.file, bytes)
    }

    /// Makes what was written survive a power cut.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.file.sync()
    }

    /// From here on a start reads it.
    pub(crate) fn name(mut self) -> io::Result<Arc<dyn DiskFile>> {
        self.disk.rename(TEMPORARY, &self.id.name())?;
        self.is_named = true;
        Ok(Arc::clone(&self.file))
    }
}

impl Drop for Draft<'_> {
    fn drop(&mut self) {
        if !self.is_named {
            // On a full disk its bytes are wanted back. When this fails too, the next one begins by emptying it.
            let _ = self.disk.remove(TEMPORARY);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_ours_or_none() {
        let id = SegmentId { epoch: Epoch(7), number: 12 };
        assert_eq!(SegmentId::parse(&id.name()), Some(id));
        for other in [
            "journal-7.log",
            "journal-07-1.log",
            "journal-7-1.log.torn",
            "journal.tmp",
            "records.db",
            "journal-a-1.log",
        ] {
            assert_eq!(SegmentId::parse(other), None, "{other}");
        }
    }
}
