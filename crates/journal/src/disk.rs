//! The few things the journal asks of a folder.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::Error;

/// A folder. Tests put one in its place that fails and dies on demand.
pub(crate) trait Disk: Send + Sync + 'static {
    fn names(&self) -> io::Result<Vec<String>>;
    /// The file's length and its bytes from `at` on.
    fn read(&self, name: &str, at: u64) -> io::Result<(u64, Box<dyn Read>)>;
    /// An empty file of that name; what was there is gone.
    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>>;
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;
    fn remove(&self, name: &str) -> io::Result<()>;
    /// Makes creations, renames and removals so far survive a power cut.
    fn sync(&self) -> io::Result<()>;
    /// The file still has its name.
    fn has(&self, name: &str) -> bool;
    /// For messages.
    fn path(&self, name: &str) -> PathBuf;
}

/// A file that is only appended to.
pub(crate) trait DiskFile: Send + Sync {
    /// Appends some of `bytes` and says how many.
    fn write(&self, bytes: &[u8]) -> io::Result<usize>;
    /// Makes what was written survive a power cut.
    fn sync(&self) -> io::Result<()>;
}

/// Appends all of `bytes`; after an error any part of them may be in the file.
pub(crate) fn write_all(file: &dyn DiskFile, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match file.write(bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => bytes = &bytes[written..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// A real folder, and its lock for as long as this lives.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    /// Locked, so that a second journal does not cut what the first one writes.
    _lock: File,
}

impl Folder {
    /// Creates the folder where needed, for this user alone, and takes its lock.
    pub(crate) fn open(path: &Path) -> Result<Folder, Error> {
        let failed = |source| Error::Folder { path: path.to_path_buf(), doing: "opening the journal's folder", source };
        create_folder(path).map_err(failed)?;
        let handle = File::open(path).map_err(failed)?;
        match handle.try_lock() {
            Ok(()) => Ok(Folder { path: path.to_path_buf(), _lock: handle }),
            Err(TryLockError::WouldBlock) => Err(Error::InUse { path: path.to_path_buf() }),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }
}

fn create_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

impl Disk for Folder {
    fn names(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            // A name that is no text is none of ours.
            if let Ok(name) = entry?.file_name().into_string() {
                names.push(name);
            }
        }
        Ok(names)
    }

    fn read(&self, name: &str, at: u64) -> io::Result<(u64, Box<dyn Read>)> {
        let mut file = File::open(self.path.join(name))?;
        let length = file.metadata()?.len();
        io::Seek::seek(&mut file, io::SeekFrom::Start(at))?;
        Ok((length, Box::new(io::BufReader::with_capacity(1 << 16, file))))
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        // The folder may have been removed under a running server.
        create_folder(&self.path)?;
        let path = self.path.join(name);
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
        Ok(Arc::new(file))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.path.join(from), self.path.join(to))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.path.join(name))
    }

    fn sync(&self) -> io::Result<()> {
        File::open(&self.path)?.sync_all()
    }

    fn has(&self, name: &str) -> bool {
        self.path.join(name).is_file()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

impl DiskFile for File {
    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        let mut file = self;
        io::Write::write(&mut file, bytes)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_data()
    }
}
