use std::io;
use std::path::PathBuf;

use crate::tree::{BYTES_MAX, FILES_MAX};
use crate::{RELEASES_MAX, ReleaseId};

/// Why a release cannot be read or kept.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{path}: {source}; the data folder must be there and writable for the engine")]
    File { path: PathBuf, source: io::Error },
    #[error(
        "the files of release {id} are not in {folder}; the newest {RELEASES_MAX} are kept: publish again, or put the folder back \
         from a backup"
    )]
    Gone { id: ReleaseId, folder: PathBuf },
    #[error("no release is named {0:?}; `hotline menu history` names them")]
    Unknown(String),
    #[error("{count} files are more than the {FILES_MAX} of a release; take out what no menu plays")]
    TooMany { count: usize },
    #[error("the files have {bytes} bytes, and a release has {BYTES_MAX} at most; take out what no menu plays")]
    TooLarge { bytes: u64 },
    #[error("{name:?} is no name of a file below a release")]
    Name { name: String },
}

impl Error {
    pub(crate) fn at(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Error {
        let path = path.into();
        move |source| Error::File { path, source }
    }
}
