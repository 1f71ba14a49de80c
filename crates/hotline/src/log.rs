//! The log on its way to standard error: whoever logs neither waits nor fails, whatever stands behind it.
//!
//! A disk that is full or slow, or a pipe that nobody reads, costs lines; how many is said when lines are taken again.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use tracing_subscriber::EnvFilter;

/// Lines that wait, of some 200 bytes: ten seconds of the busiest hour.
const LINES: usize = 8192;
/// What the last lines may take when the process ends.
const LAST_LINES: Duration = Duration::from_millis(300);

enum Told {
    Line(Vec<u8>),
    /// To be answered once everything before it is out.
    Last(SyncSender<()>),
}

/// Where lines are handed in.
#[derive(Clone)]
pub(crate) struct Log {
    lines: SyncSender<Told>,
    lost: Arc<AtomicU64>,
}

impl Log {
    /// Sends everything that is traced to standard error.
    ///
    /// # Errors
    /// When no thread can be started.
    pub(crate) fn start(filter: &str) -> io::Result<Log> {
        let log = Log::to(io::stderr)?;
        let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
        let lines = log.clone();
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(move || lines.clone()).with_ansi(false).init();
        Ok(log)
    }

    fn to<W: Write>(open: impl FnOnce() -> W + Send + 'static) -> io::Result<Log> {
        let (lines, told) = sync_channel(LINES);
        let lost = Arc::<AtomicU64>::default();
        let log = Log { lines, lost: Arc::clone(&lost) };
        std::thread::Builder::new().name("log".to_owned()).spawn(move || write(&told, &mut open(), &lost))?;
        Ok(log)
    }

    /// A line for the operator that is no event.
    pub(crate) fn say(&self, text: &str) {
        self.hand_in(format!("{text}\n").into_bytes());
    }

    /// Waits until every line is out, but not long.
    pub(crate) fn finish(&self) {
        let (done, out) = sync_channel(1);
        if self.lines.try_send(Told::Last(done)).is_ok() {
            let _ = out.recv_timeout(LAST_LINES);
        }
    }

    fn hand_in(&self, line: Vec<u8>) {
        if let Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) = self.lines.try_send(Told::Line(line)) {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Each write is one event.
impl Write for Log {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.hand_in(line.to_vec());
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn write(told: &Receiver<Told>, out: &mut impl Write, lost: &AtomicU64) {
    for told in told {
        match told {
            Told::Line(line) => {
                confess(out, lost);
                if out.write_all(&line).is_err() {
                    lost.fetch_add(1, Ordering::Relaxed);
                }
            }
            Told::Last(done) => drop(done.send(())),
        }
    }
}

/// Says how many lines are missing here.
fn confess(out: &mut impl Write, lost: &AtomicU64) {
    let count = lost.swap(0, Ordering::Relaxed);
    if count > 0 && writeln!(out, "{count} lines of the log were lost here: what takes them was full or slow").is_err()
    {
        lost.fetch_add(count, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// Refuses or keeps lines, in turn as told.
    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<(bool, String)>>);

    impl Paper {
        fn refuse(&self, refuses: bool) {
            self.0.lock().expect("no panic").0 = refuses;
        }
    }

    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let mut inside = self.0.lock().expect("no panic");
            if inside.0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            inside.1.push_str(&String::from_utf8_lossy(bytes));
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_that_find_no_room_are_counted() {
        let paper = Paper::default();
        let shared = paper.clone();
        let log = Log::to(move || shared).expect("a thread");
        log.say("one");
        log.finish();
        paper.refuse(true);
        log.say("two");
        log.say("three");
        log.finish();
        paper.refuse(false);
        log.say("four");
        log.finish();
        let text = paper.0.lock().expect("no panic").1.clone();
        let expected = "one\n2 lines of the log were lost here: what takes them was full or slow\nfour\n";
        assert_eq!(text, expected);
    }
}
