//! One server a data directory.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use crate::Error;

/// Held as long as the file is open; the system lets go of it when the process dies.
#[derive(Debug)]
pub(crate) struct Lock(#[expect(dead_code, reason = "held for its lock alone")] File);

/// Creates `dir` where needed, for this user alone, and takes its lock.
///
/// A second server would take the first one's live calls for calls that a crash left open.
pub(crate) fn take(dir: &Path) -> Result<Lock, Error> {
    let unusable = |source| Error::Directory { path: dir.to_path_buf(), source };
    DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(unusable)?;
    let path = dir.join("lock");
    let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path).map_err(unusable)?;
    match file.try_lock() {
        Ok(()) => Ok(Lock(file)),
        Err(TryLockError::WouldBlock) => Err(Error::InUse { path: dir.to_path_buf() }),
        Err(TryLockError::Error(source)) => Err(unusable(source)),
    }
}
