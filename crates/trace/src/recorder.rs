//! The side of whoever records.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread::Thread;
use std::time::Duration;

use crate::format::Closing;
use crate::queue::{self, Sender};
use crate::writer::Writer;
use crate::{Error, Key};

/// How much is written and held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest file.
    pub file: u64,
    /// The memory of entries on their way to the disk.
    pub queue: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        // 1 GiB: some hundred thousand calls. 64 MiB: the entries that fit by number, at a kilobyte each.
        Limits { file: 1 << 30, queue: 64 << 20 }
    }
}

/// Makes the line and the bytes of an entry; both buffers are empty.
pub type Render<T> = fn(&T, &mut String, &mut Vec<u8>);

/// Traces of crashes that may lie beside each other: a process that is restarted again and again fills no disk.
const FILES_MAX: u32 = 9;
/// How long the last entries may take when the recorder is dropped.
const LAST_ENTRIES: Duration = Duration::from_secs(5);

/// Hands entries to the thread that writes them; dropped, it closes the file.
#[derive(Debug)]
pub struct Recorder<T> {
    sender: Sender<T>,
    closings: mpsc::Sender<Closing>,
    done: mpsc::Receiver<()>,
    writer: Thread,
    path: PathBuf,
    closed: bool,
}

impl<T: Send + 'static> Recorder<T> {
    /// Makes the file, `path` or the next free of `path.2` to `path.9`, and starts its thread. `head` is its first record: a line
    /// for anybody and bytes for the key. `render` makes line and bytes of an entry, on that thread.
    ///
    /// # Errors
    /// The file cannot be made, or too many are there.
    pub fn start(
        path: &Path,
        key: &Key,
        limits: Limits,
        head: (&str, &[u8]),
        render: Render<T>,
    ) -> Result<Recorder<T>, Error> {
        let (path, file) = create(path)?;
        let failed = |source| Error::Write { path: path.clone(), source };
        let (sender, receiver) = queue::open(limits.queue);
        let (closings, orders) = mpsc::channel();
        let (tell_done, done) = mpsc::channel();
        let mut writer = Writer::new(file, path.clone(), key, limits.file, receiver).map_err(failed)?;
        writer.head(head).map_err(failed)?;
        let run = move || {
            writer.run(&orders, render);
            // Whoever waits may have given up.
            let _ = tell_done.send(());
        };
        let thread = std::thread::Builder::new().name("trace".to_owned()).spawn(run);
        let writer = thread.map_err(|source| Error::Thread { source })?.thread().clone();
        Ok(Recorder { sender, closings, done, writer, path, closed: false })
    }

    /// Hands an entry over that takes about `cost` bytes of memory. Never waits: without room the trace ends here, broken.
    pub fn put(&mut self, entry: T, cost: usize) {
        if self.is_on() && !self.sender.push(entry, cost) {
            tracing::error!(trace = %self.path.display(), "{}", Closing::Broken.sentence());
            self.close(Closing::Broken);
        }
    }
}

impl<T> Recorder<T> {
    /// Whether entries are still written.
    pub fn is_on(&self) -> bool {
        !self.closed && !self.sender.shared.is_over()
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The writer takes what was handed over before, then ends.
    fn close(&mut self, closing: Closing) {
        self.closed = true;
        // A writer that is gone has said why.
        let _ = self.closings.send(closing);
        self.writer.unpark();
    }
}

impl<T> Drop for Recorder<T> {
    fn drop(&mut self) {
        if !self.closed {
            self.close(if std::thread::panicking() { Closing::Panicked } else { Closing::Stopped });
        }
        if self.done.recv_timeout(LAST_ENTRIES) == Err(mpsc::RecvTimeoutError::Timeout) {
            tracing::error!(trace = %self.path.display(), "the disk does not take the last entries of the trace");
        }
    }
}

/// A file that was not there before: the trace of a crash is not written over by the process that follows.
fn create(path: &Path) -> Result<(PathBuf, File), Error> {
    use std::os::unix::fs::OpenOptionsExt;
    for number in 1..=FILES_MAX {
        let path = if number == 1 { path.to_owned() } else { numbered(path, number) };
        match File::options().write(true).create_new(true).mode(0o600).open(&path) {
            Ok(file) => return Ok((path, file)),
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(source) => return Err(Error::Write { path, source }),
        }
    }
    Err(Error::Taken { path: path.to_owned(), count: FILES_MAX - 1 })
}

fn numbered(path: &Path, number: u32) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{number}"));
    PathBuf::from(name)
}
