//! Why a journal cannot be opened or closed, and what to do about it.

use std::io;
use std::path::PathBuf;

/// Why the journal cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{}: {doing} failed: {source}; check that the disk has space and that this user may read and write there", path.display())]
    Folder { path: PathBuf, doing: &'static str, source: io::Error },
    #[error("{}: another server uses this journal; stop it or choose another data directory with --data", path.display())]
    InUse { path: PathBuf },
    #[error("{}: written by a newer version (journal version {found}, this one knows {known}); start the newer version, or move the file away to go on without what it holds", path.display())]
    Newer { path: PathBuf, found: u8, known: u8 },
    #[error("{}: what the journal holds makes no snapshot: {reason}; report this as a fault, and move the folder away to start without what it holds", path.display())]
    State { path: PathBuf, reason: String },
    #[error("cannot start the threads of the journal: {source}; raise the limit of threads or of memory")]
    Thread { source: io::Error },
}

/// What the deadline of closing cut off.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{facts} facts were not written before the deadline{}; look at the disk of the data directory", reason.as_deref().map(|r| format!(" ({r})")).unwrap_or_default())]
pub struct Unwritten {
    pub facts: u64,
    pub reason: Option<String>,
}
