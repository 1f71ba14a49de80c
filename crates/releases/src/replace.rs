//! A file that is there whole, or as it was.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use crate::Error;

/// The whole file at once, or not at all; its folder has to be there.
pub(crate) fn replace(path: &Path, text: &str) -> Result<(), Error> {
    let new = path.with_extension("new");
    let mut options = OpenOptions::new();
    let written = options.create(true).write(true).truncate(true).mode(0o600).open(&new).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, path)?;
        fs::File::open(path.parent().unwrap_or(path))?.sync_all()
    });
    written.map_err(Error::at(path))
}
