//! Releases of menus: what was published, when, by whom and why, and what differs between two.
//!
//! A release is a folder of files below the data folder, named by a hash of what is in it; the last line of the history says which one
//! holds. Invariants: a release never changes once it has its name; nothing holds before its files and its line are on the disk; a line
//! that was torn by a crash counts as not written.

mod differences;
mod error;
mod history;
mod replace;
mod stage;
mod tree;

use std::path::{Path, PathBuf};

pub use differences::{Change, Difference, differences};
pub use error::Error;
pub use history::{Action, Entry, Version, before};
pub use stage::Staged;
pub use tree::{File, ReleaseId};

/// What holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    pub id: ReleaseId,
    /// Where its files lie.
    pub folder: PathBuf,
}

/// The releases below one data folder. Whoever changes them has them alone; readers may look at any time.
#[derive(Clone, Debug)]
pub struct Releases {
    dir: PathBuf,
}

/// Folders that are kept: a year of publishing twice a working day. What did not change is there once.
pub const RELEASES_MAX: usize = 500;

impl Releases {
    /// Those below `data`; nothing is made before the first is published.
    pub fn new(data: &Path) -> Releases {
        Releases { dir: data.join("menu") }
    }

    /// What holds; none where nothing was ever published.
    ///
    /// # Errors
    /// When the history cannot be read, or the files of what holds are gone.
    pub fn holding(&self) -> Result<Option<Release>, Error> {
        match self.history()?.last() {
            Some(entry) => self.release(&entry.release).map(Some),
            None => Ok(None),
        }
    }

    /// The release of this name.
    ///
    /// # Errors
    /// When its files are not there.
    pub fn release(&self, id: &ReleaseId) -> Result<Release, Error> {
        let folder = self.folder(id);
        if folder.is_dir() {
            Ok(Release { id: id.clone(), folder })
        } else {
            Err(Error::Gone { id: id.clone(), folder })
        }
    }

    /// Every line of the history, oldest first.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn history(&self) -> Result<Vec<Entry>, Error> {
        history::read(&self.dir)
    }

    /// The files of a release by name.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn files(&self, id: &ReleaseId) -> Result<Vec<File>, Error> {
        tree::files(&self.release(id)?.folder)
    }

    /// The file of what is on air by hand; it need not be there.
    pub fn on_air(&self) -> PathBuf {
        self.dir.join("on-air.toml")
    }

    /// Replaces that file.
    ///
    /// # Errors
    /// When it cannot be written; it is as it was then.
    pub fn put_on_air(&self, text: &str) -> Result<(), Error> {
        std::fs::create_dir_all(&self.dir).map_err(Error::at(&self.dir))?;
        replace::replace(&self.on_air(), text)
    }

    fn folder(&self, id: &ReleaseId) -> PathBuf {
        self.dir.join("releases").join(id.as_str())
    }
}
