//! Who changed what, when, with what outcome: in the log, and in a bounded file.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use crate::access::Who;
use crate::time;

/// About 50,000 changes; the file before it is kept too, so that there are always that many.
const FILE_BYTES: u64 = 8 * 1024 * 1024;

/// The file of changes.
#[derive(Debug)]
pub(crate) struct Audit {
    path: PathBuf,
    bytes: u64,
    /// Open once there was something to write.
    file: Mutex<Option<File>>,
}

impl Audit {
    pub(crate) fn new(data: &Path) -> Arc<Audit> {
        Audit::with_bytes(data, FILE_BYTES)
    }

    fn with_bytes(data: &Path, bytes: u64) -> Arc<Audit> {
        Arc::new(Audit { path: data.join("audit.log"), bytes, file: Mutex::new(None) })
    }

    /// Writes a change down; a disk that takes nothing is told in the log, where the change stands as well.
    pub(crate) async fn note(self: &Arc<Audit>, who: &Who, peer: SocketAddr, what: &Value, outcome: &str) {
        let (name, role, at) = (&*who.name, who.word().name(), time::now());
        tracing::info!(target: "audit", by = name, role, %peer, %what, outcome);
        let line = json!({
            "at": at.to_string(),
            "by": name,
            "role": role,
            "peer": peer.to_string(),
            "what": what,
            "outcome": outcome,
        });
        let audit = Arc::clone(self);
        let written = tokio::task::spawn_blocking(move || audit.append(&format!("{line}\n"))).await;
        if let Ok(Err(error)) = written {
            let path = self.path.display();
            tracing::error!(target: "audit", "{path}: not written: {error}; the line above is all there is of it");
        }
    }

    fn append(&self, line: &str) -> io::Result<()> {
        let mut kept = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let mut file = match kept.take() {
            Some(file) => file,
            None => self.open()?,
        };
        if file.metadata()?.len() + line.len() as u64 > self.bytes {
            fs::rename(&self.path, self.older())?;
            file = self.open()?;
        }
        file.write_all(line.as_bytes())?;
        *kept = Some(file);
        Ok(())
    }

    fn open(&self) -> io::Result<File> {
        OpenOptions::new().create(true).append(true).mode(0o600).open(&self.path)
    }

    fn older(&self) -> PathBuf {
        self.path.with_extension("log.1")
    }

    /// The last `limit` lines, newest first; lines that cannot be read are left out.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub(crate) fn last(&self, limit: usize) -> io::Result<Vec<Value>> {
        let mut lines = VecDeque::new();
        for path in [self.older(), self.path.clone()] {
            let file = match File::open(path) {
                Ok(file) => file,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            for line in BufReader::new(file).split(b'\n') {
                if lines.len() == limit {
                    lines.pop_front();
                }
                lines.push_back(line?);
            }
        }
        Ok(lines.iter().rev().filter_map(|line| serde_json::from_slice(line).ok()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_bounded_and_its_end_is_read() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let audit = Audit::with_bytes(dir.path(), 100);
        assert_eq!(audit.last(5).expect("no file is no error"), [0; 0]);
        for n in 0..30 {
            audit.append(&format!("{{\"n\":{n}}}\n")).expect("written");
        }
        let numbers = |limit| {
            let lines = audit.last(limit).expect("read");
            lines.iter().map(|line| line["n"].as_u64().expect("a number")).collect::<Vec<_>>()
        };
        assert_eq!(numbers(3), [29, 28, 27]);
        let all = numbers(100);
        assert!(all.len() < 25 && all.len() >= 10 && all[0] == 29, "{all:?}");
        let size = |path: PathBuf| fs::metadata(path).expect("there").len();
        assert!(size(audit.path.clone()) <= 100 && size(audit.older()) <= 100);
        OpenOptions::new().append(true).open(&audit.path).expect("ours").write_all(b"{torn").expect("written");
        assert_eq!(numbers(2), [29], "a torn line is left out");
    }
}
