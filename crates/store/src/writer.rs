//! The thread that writes.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use base::{Epoch, NodeId, Now, RecordEntry, Wall};
use sqlx::error::ErrorKind;
use sqlx::{Connection as _, SqliteConnection};
use tokio::sync::mpsc::Receiver;

use crate::lock::Lock;
use crate::schema::{self, Started};
use crate::write::{self, Place, Work};
use crate::{Error, Health};

/// Entries of one transaction: a commit costs the same for one and for hundreds, and a batch is written in a few ms.
const BATCH: usize = 256;

/// How often the time is written when there is nothing else: a crash is dated to within this.
const NOTE_EVERY: Duration = Duration::from_secs(1);

/// The first and the longest pause after a failed write.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));

/// How often a pause looks whether the store was closed.
const STOP_CHECK: Duration = Duration::from_millis(20);

/// What both threads see; held for moments, never during a write.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    health: Health,
    /// What was handed in first, this many, is written or refused.
    done: u64,
    now: Now,
    stop: bool,
    closed: bool,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // Every change is a plain store, so that a panic between two leaves nothing half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn note(&self, now: Now) {
        self.state().now = now;
    }

    pub(crate) fn health(&self) -> Health {
        self.state().health.clone()
    }

    pub(crate) fn done(&self) -> u64 {
        self.state().done
    }

    pub(crate) fn give_up(&self) {
        self.state().health.lost += 1;
    }

    pub(crate) fn stop(&self) {
        self.state().stop = true;
    }

    /// Whether `taken` entries are done, known before `deadline`; none while they are not. With `briefly` returns early,
    /// so that the caller can refill the queue.
    pub(crate) fn wait_for(&self, taken: u64, deadline: Instant, briefly: bool) -> Option<bool> {
        let done = |state: &State| state.done >= taken || state.closed;
        let most = if briefly { Duration::from_millis(1) } else { Duration::MAX };
        let within = deadline.saturating_duration_since(Instant::now()).min(most);
        let waited = self.changed.wait_timeout_while(self.state(), within, |state| !done(state));
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let all = state.done >= taken;
        (all || state.closed).then_some(all)
    }

    pub(crate) fn wait_closed(&self, deadline: Instant) {
        let within = deadline.saturating_duration_since(Instant::now());
        drop(self.changed.wait_timeout_while(self.state(), within, |state| !state.closed));
    }
}

/// Opens the database on a new thread, which goes on to write what `receiver` gives until the sender is gone.
pub(crate) fn start(
    dir: &Path,
    opening: Opening,
    lock: Lock,
    receiver: Receiver<Work>,
    shared: Arc<Shared>,
) -> Result<(JoinHandle<()>, Started), Error> {
    let path = schema::database_path(dir);
    let (tell, told) = std::sync::mpsc::sync_channel(1);
    let run = move || {
        let end = Closing(Arc::clone(&shared), lock);
        match open(&path, opening) {
            Ok((runtime, connection, started)) => {
                let place = Place { node: opening.node, epoch: started.epoch, last_wall: started.last_wall };
                let _ = tell.send(Ok(started));
                let writer = Writer {
                    path,
                    place,
                    receiver,
                    shared,
                    connection: Some(connection),
                    noted: Now::default(),
                    first: 0,
                };
                runtime.block_on(writer.run());
            }
            Err(error) => drop(tell.send(Err(error))),
        }
        drop(end);
    };
    let thread =
        std::thread::Builder::new().name("store".to_owned()).spawn(run).map_err(|source| Error::Thread { source })?;
    match told.recv() {
        Ok(started) => Ok((thread, started?)),
        Err(_) => Err(Error::Thread { source: std::io::Error::other("it ended at once") }),
    }
}

/// Tells the end of the thread, also after a panic, and holds the directory's lock until then.
struct Closing(Arc<Shared>, #[expect(dead_code, reason = "held for its lock alone")] Lock);

impl Drop for Closing {
    fn drop(&mut self) {
        let mut state = self.0.state();
        if std::thread::panicking() {
            state.health.problem = Some("the thread that writes records died; restart the server".to_owned());
        }
        state.closed = true;
        drop(state);
        self.0.changed.notify_all();
    }
}

type Ready = (tokio::runtime::Runtime, SqliteConnection, Started);

/// What a start writes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Opening {
    pub(crate) node: NodeId,
    pub(crate) wall: Wall,
    pub(crate) at_least: Epoch,
}

fn open(path: &Path, opening: Opening) -> Result<Ready, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .map_err(|source| Error::Thread { source })?;
    let (connection, started) = runtime.block_on(async {
        let mut connection = schema::connect(path).await?;
        schema::migrate(&mut connection, path).await?;
        let started = schema::start(&mut connection, path, opening.node, opening.wall, opening.at_least).await?;
        Ok::<_, Error>((connection, started))
    })?;
    Ok((runtime, connection, started))
}

struct Writer {
    path: PathBuf,
    place: Place,
    receiver: Receiver<Work>,
    shared: Arc<Shared>,
    /// None after a failure: the next attempt opens the database anew.
    connection: Option<SqliteConnection>,
    noted: Now,
    /// The number of the first work that is not done.
    first: u64,
}

impl Writer {
    async fn run(mut self) {
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            match tokio::time::timeout(NOTE_EVERY, self.receiver.recv_many(&mut batch, BATCH)).await {
                Ok(0) => break,
                Ok(_) => self.write_until_done(&mut batch).await,
                Err(_) => self.note_time().await,
            }
            if self.shared.state().stop {
                break;
            }
        }
        if let Some(connection) = self.connection.take() {
            let _ = connection.close().await;
        }
    }

    /// Writes the batch, trying again with pauses until it is done or the store is dropped.
    async fn write_until_done(&mut self, batch: &mut Vec<Work>) {
        let mut pause = BACK_OFF.0;
        while !batch.is_empty() {
            match self.attempt(batch).await {
                Ok(ended) => {
                    self.succeeded(batch, ended);
                    batch.clear();
                }
                Err(error) if is_refusal(&error) && batch.len() == 1 => self.refused(batch, &error),
                Err(error) if is_refusal(&error) => self.write_singly(batch).await,
                Err(error) => {
                    self.failed(&error);
                    if self.pause(pause).await {
                        return;
                    }
                    pause = (pause * 2).min(BACK_OFF.1);
                }
            }
        }
    }

    /// Finds the entry that the database refuses for what it says, so that the others are written.
    async fn write_singly(&mut self, batch: &mut Vec<Work>) {
        while let Some(entry) = batch.first() {
            match self.attempt(std::slice::from_ref(entry)).await {
                Ok(ended) => {
                    self.succeeded(std::slice::from_ref(entry), ended);
                    batch.remove(0);
                }
                Err(error) if is_refusal(&error) => self.refused(batch, &error),
                // A fault of the disk: the caller's loop pauses and goes on with what is left.
                Err(_) => return,
            }
        }
    }

    /// Writes all of `works` or nothing; returns how many calls were ended.
    async fn attempt(&mut self, works: &[Work]) -> Result<u64, sqlx::Error> {
        let (place, first, now) = (self.place, self.first, self.shared.state().now);
        let connection = match self.connected().await {
            Ok(connection) => connection,
            Err(Error::Database { source, .. }) => return Err(source),
            Err(other) => return Err(sqlx::Error::Configuration(other.into())),
        };
        let done = write::batch(connection, place, first, works, now).await;
        match &done {
            Ok(_) => self.noted = now,
            Err(error) if is_refusal(error) => {}
            Err(_) => self.connection = None,
        }
        done
    }

    async fn connected(&mut self) -> Result<&mut SqliteConnection, Error> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => schema::connect(&self.path).await?,
        };
        Ok(self.connection.insert(connection))
    }

    async fn note_time(&mut self) {
        if self.shared.state().now == self.noted {
            return;
        }
        match self.attempt(&[]).await {
            Ok(ended) => self.succeeded(&[], ended),
            Err(error) => self.failed(&error),
        }
    }

    fn succeeded(&mut self, works: &[Work], ended: u64) {
        self.first += works.len() as u64;
        let mut state = self.shared.state();
        state.done = self.first;
        state.health.written += works.iter().filter(|work| matches!(work, Work::Entry(_))).count() as u64;
        state.health.closed += ended;
        let recovered = state.health.problem.take().is_some();
        drop(state);
        self.shared.changed.notify_all();
        if recovered {
            tracing::info!(path = %self.path.display(), "records are written again");
        }
    }

    fn failed(&self, error: &sqlx::Error) {
        let problem = format!("{}: {error}", self.path.display());
        let mut state = self.shared.state();
        state.health.failed_attempts += 1;
        let first = state.health.problem.replace(problem.clone()).is_none();
        drop(state);
        if first {
            tracing::error!("records cannot be written, trying again: {problem}; check space and rights of the disk");
        }
    }

    /// Gives up the first entry.
    fn refused(&mut self, batch: &mut Vec<Work>, error: &sqlx::Error) {
        let entry = batch.remove(0);
        let what = match &entry {
            Work::Entry(
                RecordEntry::Start(start)
                | RecordEntry::Confidential(start)
                | RecordEntry::Order { start, .. }
                | RecordEntry::Rated { start, .. }
                | RecordEntry::WrongKeys { start, .. },
            ) => format!("call {}", start.id),
            Work::Entry(RecordEntry::End(record)) => format!("call {}", record.start.id),
            Work::Entry(RecordEntry::Agent(event)) => format!("agent {}", event.number),
            Work::Leftovers(_) => "the end of calls left open".to_owned(),
        };
        tracing::error!(what, "the database refuses a record: {error}; it is lost, report this as a fault");
        self.first += 1;
        let mut state = self.shared.state();
        state.done = self.first;
        state.health.lost += 1;
        drop(state);
        self.shared.changed.notify_all();
    }

    /// Waits; true when the store was dropped meanwhile.
    async fn pause(&self, pause: Duration) -> bool {
        let until = Instant::now() + pause;
        while Instant::now() < until {
            if self.shared.state().stop {
                return true;
            }
            tokio::time::sleep(STOP_CHECK).await;
        }
        self.shared.state().stop
    }
}

/// The database works but will never take this entry.
fn is_refusal(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(error) => !matches!(error.kind(), ErrorKind::Other),
        sqlx::Error::Encode(_) => true,
        _ => false,
    }
}
