//! What can go wrong with the records, and what to do about it.

use std::path::{Path, PathBuf};

/// Why the records cannot be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{}: cannot use this data directory: {source}; create it and give this user the right to write there, or choose another with --data", path.display())]
    Directory { path: PathBuf, source: std::io::Error },
    #[error("{}: another server uses this data directory; stop it or choose another with --data", path.display())]
    InUse { path: PathBuf },
    #[error("{}: no records here; start the server with this data directory or name the right one with --data", path.display())]
    Missing { path: PathBuf },
    #[error("{}: {doing} failed: {source}; check that the disk has space and that this user may write there", path.display())]
    Database { path: PathBuf, doing: &'static str, source: sqlx::Error },
    #[error("{}: damaged, or no database of records ({reason}); move it away to begin with empty records, or restore a copy", path.display())]
    Damaged { path: PathBuf, reason: String },
    #[error("{}: written by a newer version (schema {found}, this one knows {known}); start the newer version or restore an older copy", path.display())]
    Newer { path: PathBuf, found: i64, known: i64 },
    #[error("{}: the row of call {id} cannot be read: {reason}; restore the database from a copy, or delete that row", path.display())]
    Row { path: PathBuf, id: String, reason: String },
    #[error("cannot start the thread that writes the records: {source}; raise the limit of threads or of memory")]
    Thread { source: std::io::Error },
}

impl Error {
    /// Names the database and what was being done with it.
    pub(crate) fn database(path: &Path, doing: &'static str) -> impl FnOnce(sqlx::Error) -> Error {
        move |source| {
            let path = path.to_path_buf();
            match &source {
                sqlx::Error::Database(error) if is_damage(error.code().as_deref()) => {
                    Error::Damaged { path, reason: error.message().to_owned() }
                }
                _ => Error::Database { path, doing, source },
            }
        }
    }
}

/// SQLITE_CORRUPT and SQLITE_NOTADB, also extended by a cause in the higher bits.
fn is_damage(code: Option<&str>) -> bool {
    let code = code.and_then(|code| code.parse::<u32>().ok());
    code.is_some_and(|code| matches!(code & 0xff, 11 | 26))
}
