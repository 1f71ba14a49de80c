//! The thread that renders, seals and writes.

use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::time::Duration;

use crate::Key;
use crate::format::{Closing, HEADER, Header, Kind, LINE_MAX, MAGIC, SEALED_MAX};
use crate::key::random;
use crate::queue::Receiver;
use crate::recorder::Render;
use crate::seal::{Sealer, TAG};

/// Between two looks at the queue: what a killed process may leave unwritten. The recording side wakes nobody.
const EVERY: Duration = Duration::from_millis(2);
/// Entries are written together up to this size.
const BATCH: usize = 256 * 1024;

pub(crate) struct Writer<T> {
    file: File,
    path: PathBuf,
    sealer: Sealer,
    receiver: Receiver<T>,
    /// Sealed and not yet written.
    batch: Vec<u8>,
    /// Bytes of the file and the batch together.
    length: u64,
    limit: u64,
    line: String,
    bytes: Vec<u8>,
}

/// What the last record takes, its line too.
const CLOSING_MAX: u64 = 512;

impl<T> Writer<T> {
    pub(crate) fn new(
        file: File,
        path: PathBuf,
        key: &Key,
        limit: u64,
        receiver: Receiver<T>,
    ) -> io::Result<Writer<T>> {
        let salt = random().map_err(io::Error::other)?;
        let sealer = Sealer::new(key, &salt).ok_or_else(|| io::Error::other("the cipher refuses the key"))?;
        let mut batch = MAGIC.to_vec();
        batch.extend_from_slice(&salt);
        let length = batch.len() as u64;
        Ok(Writer { file, path, sealer, receiver, batch, length, limit, line: String::new(), bytes: Vec::new() })
    }

    /// The first record stands in the file before anything is recorded.
    pub(crate) fn head(&mut self, (line, bytes): (&str, &[u8])) -> io::Result<()> {
        self.line.push_str(line);
        self.bytes.extend_from_slice(bytes);
        if self.bytes.len() + TAG > SEALED_MAX as usize {
            return Err(io::Error::other("the ledger at the start is too large for a trace"));
        }
        self.record(Kind::Head)?;
        self.flush()
    }

    /// Writes until told to close, until the limit, or until the disk refuses.
    pub(crate) fn run(&mut self, orders: &mpsc::Receiver<Closing>, render: Render<T>) {
        let ended = self.write_all(orders, render).and_then(|closing| self.close(closing));
        self.receiver.shared.over.store(true, Ordering::Relaxed);
        if let Err(e) = ended {
            tracing::error!(trace = %self.path.display(), "the trace ends here: cannot write: {e}");
        }
    }

    fn write_all(&mut self, orders: &mpsc::Receiver<Closing>, render: Render<T>) -> io::Result<Closing> {
        loop {
            // Asked before the queue is emptied: what was handed over before the order is in it.
            let order = orders.try_recv();
            while let Some(entry) = self.receiver.pop() {
                self.line.clear();
                self.bytes.clear();
                render(&entry, &mut self.line, &mut self.bytes);
                if self.length + self.next_length() + CLOSING_MAX > self.limit {
                    tracing::warn!(trace = %self.path.display(), "{}", Closing::Limit.sentence());
                    return Ok(Closing::Limit);
                }
                self.record(Kind::Entry)?;
                if self.batch.len() >= BATCH {
                    self.flush()?;
                }
            }
            self.flush()?;
            match order {
                Ok(closing) => return Ok(closing),
                Err(mpsc::TryRecvError::Empty) => std::thread::park_timeout(EVERY),
                // The recorder was leaked, not dropped.
                Err(mpsc::TryRecvError::Disconnected) => return Ok(Closing::Stopped),
            }
        }
    }

    fn close(&mut self, closing: Closing) -> io::Result<()> {
        self.line.clear();
        self.line.push_str(closing.sentence());
        self.bytes.clear();
        self.record(Kind::Closing(closing))?;
        self.flush()?;
        self.file.sync_data()
    }

    fn next_length(&self) -> u64 {
        (HEADER + self.line.len() + self.bytes.len() + TAG) as u64
    }

    /// Seals line and bytes into the batch.
    fn record(&mut self, kind: Kind) -> io::Result<()> {
        self.line.truncate(self.line.floor_char_boundary(LINE_MAX as usize));
        self.length += self.next_length();
        let header = Header { kind, line: self.line.len() as u32, sealed: (self.bytes.len() + TAG) as u32 };
        let start = self.batch.len();
        self.batch.extend_from_slice(&header.to_bytes());
        self.batch.extend_from_slice(self.line.as_bytes());
        let sealed = self.sealer.seal(&self.batch[start..], &mut self.bytes);
        sealed.ok_or_else(|| io::Error::other("the cipher refuses"))?;
        self.batch.extend_from_slice(&self.bytes);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.batch.is_empty() {
            self.file.write_all(&self.batch)?;
            self.batch.clear();
        }
        Ok(())
    }
}
