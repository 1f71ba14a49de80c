//! Why a trace cannot be written or read.

use std::io;
use std::path::PathBuf;

/// Each names the file, the reason and the next step.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot write the trace {}: {source}; name another file with --trace or make its folder writable", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("{} and {} traces after it are there already; move them away", path.display(), count)]
    Taken { path: PathBuf, count: u32 },
    #[error("cannot read the trace {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{} is no trace of this version; replay it with the version of hotline that wrote it", path.display())]
    Foreign { path: PathBuf },
    #[error("the key does not open {}: give the key of the machine that wrote it with --trace-key, or the file is damaged at its start", path.display())]
    WrongKey { path: PathBuf },
    #[error(
        "{} is damaged at byte {offset}, in record {record} after \"{after}\": what follows cannot be trusted; take the file from its source again",
        path.display()
    )]
    Damaged { path: PathBuf, record: u64, offset: u64, after: String },
    #[error("cannot use the key {}: {reason}", path.display())]
    Key { path: PathBuf, reason: String },
    #[error("cannot start the thread that writes the trace: {source}; raise the limit of threads")]
    Thread { source: io::Error },
}
