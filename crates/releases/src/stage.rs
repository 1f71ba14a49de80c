//! From files that operators edit to a release that nobody does.

use std::fs::{self, DirBuilder};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use crate::tree::{BYTES_MAX, FILES_MAX, IdDigest};
use crate::{Entry, Error, File, RELEASES_MAX, Release, ReleaseId, Releases, history, tree};

/// Copies of files that become a release, or go away with this.
#[derive(Debug)]
pub struct Staged {
    id: ReleaseId,
    folder: PathBuf,
}

impl Staged {
    pub fn id(&self) -> &ReleaseId {
        &self.id
    }

    /// Where the copies lie: what is judged there is what is released.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        // Gone already where it became a release; else the next one clears it away.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Releases {
    /// Copies these files, which may change meanwhile, to where they will not; what the release that holds has as well is linked, not copied.
    ///
    /// # Errors
    /// When one cannot be read or written, or they are too many or too large.
    pub fn stage(&self, files: &[File]) -> Result<Staged, Error> {
        if files.len() > FILES_MAX {
            return Err(Error::TooMany { count: files.len() });
        }
        let folder = self.dir.join("staging");
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(Error::at(&folder))?;
        }
        make(&folder)?;
        let mut staged = Staged { id: IdDigest::default().finish(), folder };
        let held = self.history()?.last().map(|entry| self.folder(&entry.release));
        let (mut digest, mut bytes) = (IdDigest::default(), 0);
        for file in files {
            file.check()?;
            let content = fs::read(&file.path).map_err(Error::at(&file.path))?;
            bytes += content.len() as u64;
            if bytes > BYTES_MAX {
                return Err(Error::TooLarge { bytes });
            }
            digest.add(&file.name, &content);
            place(&staged.folder.join(&file.name), held.as_ref().map(|held| held.join(&file.name)), &content)?;
        }
        staged.id = digest.finish();
        Ok(staged)
    }

    /// Gives what was staged its name, where it is not there already and whole. On the disk when this returns.
    ///
    /// # Errors
    /// When it cannot be written: what held before holds.
    pub fn keep(&self, staged: Staged) -> Result<Release, Error> {
        let release = Release { id: staged.id.clone(), folder: self.folder(&staged.id) };
        if is_intact(&release) {
            return Ok(release);
        }
        let above = self.dir.join("releases");
        make(&above)?;
        if release.folder.exists() {
            fs::remove_dir_all(&release.folder).map_err(Error::at(&release.folder))?;
        }
        to_disk(&staged.folder)?;
        fs::rename(&staged.folder, &release.folder).map_err(Error::at(&release.folder))?;
        to_disk(&above)?;
        Ok(release)
    }

    /// Has a release that is kept hold from now on, by a line of the history. On the disk when this returns.
    ///
    /// # Errors
    /// When it cannot be written: what held before holds.
    pub fn hold(&self, entry: &Entry) -> Result<(), Error> {
        history::append(&self.dir, entry)?;
        self.forget_oldest();
        Ok(())
    }

    /// Takes the last line back: the engine did not take it up.
    ///
    /// # Errors
    /// When the history cannot be written.
    pub fn take_back(&self) -> Result<(), Error> {
        history::take_back(&self.dir)
    }

    /// What is left over lies there until the next release.
    fn forget_oldest(&self) {
        let Ok(entries) = self.history() else { return };
        let mut kept: Vec<&ReleaseId> = Vec::new();
        for entry in entries.iter().rev() {
            if !kept.contains(&&entry.release) && kept.len() < RELEASES_MAX {
                kept.push(&entry.release);
            }
        }
        for entry in fs::read_dir(self.dir.join("releases")).into_iter().flatten().flatten() {
            let name = entry.file_name();
            if !kept.iter().any(|id| name == id.as_str()) {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }
}

/// Somebody may have touched it, or a disk lost it.
fn is_intact(release: &Release) -> bool {
    let id = tree::files(&release.folder).and_then(|files| ReleaseId::of(&files));
    id.is_ok_and(|id| id == release.id)
}

fn make(folder: &Path) -> Result<(), Error> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(Error::at(folder))
}

/// A link to the same content, else a copy.
fn place(to: &Path, held: Option<PathBuf>, content: &[u8]) -> Result<(), Error> {
    if let Some(above) = to.parent() {
        make(above)?;
    }
    let same = |held: &PathBuf| fs::read(held).is_ok_and(|held| held == content);
    if held.filter(same).is_some_and(|held| fs::hard_link(held, to).is_ok()) {
        return Ok(());
    }
    let file = fs::OpenOptions::new().write(true).create_new(true).mode(0o400).open(to);
    file.and_then(|mut file| file.write_all(content)).map_err(Error::at(to))
}

/// Everything on the file system of this folder.
fn to_disk(folder: &Path) -> Result<(), Error> {
    let open = fs::File::open(folder);
    open.and_then(|folder| Ok(rustix::fs::syncfs(&folder)?)).map_err(Error::at(folder))
}
