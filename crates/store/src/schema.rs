//! The tables, how an older database becomes today's, and what a start finds and leaves in it.

use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base::{Epoch, NodeId, Time, Wall};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, Row as _, SqliteConnection};

use crate::Error;

/// Each step leads from the version that is its place to the next; a step never changes once it was released.
const STEPS: [&[&str]; 6] = [FIRST, AGENTS, ORDERS, REPEATS, VERDICTS, WRONG_KEYS];

const FIRST: &[&str] = &[
    "CREATE TABLE calls (
        id TEXT NOT NULL PRIMARY KEY,
        caller TEXT NOT NULL,
        called TEXT NOT NULL,
        source TEXT NOT NULL,
        started BIGINT NOT NULL,
        answered BIGINT,
        ended BIGINT,
        menu_path TEXT,
        menu_version TEXT,
        locale TEXT,
        skill_group TEXT,
        queued_ms BIGINT,
        waits TEXT,
        agent TEXT,
        talk_ms BIGINT,
        end_reason TEXT
    )",
    "CREATE INDEX calls_started ON calls (started, id)",
    "CREATE INDEX calls_open ON calls (id) WHERE ended IS NULL",
    "CREATE TABLE starts (
        node INTEGER NOT NULL,
        epoch BIGINT NOT NULL,
        started BIGINT NOT NULL,
        last_time BIGINT NOT NULL,
        last_wall BIGINT NOT NULL,
        PRIMARY KEY (node, epoch)
    )",
];

/// Agents' events, what is confidential, and callers found by their number. Text and numbers that an event does not have
/// are empty and zero, so that equal events compare equal.
const AGENTS: &[&str] = &[
    "CREATE TABLE agent_events (
        id TEXT NOT NULL PRIMARY KEY,
        agent BIGINT NOT NULL,
        number TEXT NOT NULL,
        happened BIGINT NOT NULL,
        what TEXT NOT NULL,
        call_id TEXT NOT NULL,
        detail TEXT NOT NULL,
        until BIGINT NOT NULL,
        brought_by TEXT NOT NULL
    )",
    "CREATE INDEX agent_events_number ON agent_events (number, happened)",
    "CREATE INDEX agent_events_happened ON agent_events (happened, id)",
    "ALTER TABLE calls ADD COLUMN confidential BIGINT NOT NULL DEFAULT 0",
    "CREATE INDEX calls_caller ON calls (caller, started)",
];

/// Orders that desks have opened for calls, and calls found by theirs.
const ORDERS: &[&str] = &[
    "ALTER TABLE calls ADD COLUMN order_number TEXT",
    "CREATE INDEX calls_order ON calls (order_number) WHERE order_number IS NOT NULL",
];

/// Calls of the same number a while before.
const REPEATS: &[&str] = &["ALTER TABLE calls ADD COLUMN earlier_calls BIGINT"];

/// Citizens' verdicts on talks.
const VERDICTS: &[&str] = &["ALTER TABLE calls ADD COLUMN rating BIGINT"];

/// Where keys were pressed that lead nowhere.
const WRONG_KEYS: &[&str] = &["ALTER TABLE calls ADD COLUMN wrong_keys TEXT"];

/// How long a statement waits for another process that holds the file, e.g. a copy in progress.
const BUSY: Duration = Duration::from_secs(1);

pub(crate) fn database_path(dir: &Path) -> PathBuf {
    dir.join("records.db")
}

/// A connection that may write.
pub(crate) async fn connect(path: &Path) -> Result<SqliteConnection, Error> {
    create(path).map_err(|error| Error::database(path, "opening the records")(error.into()))?;
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .busy_timeout(BUSY)
        .disable_statement_logging()
        .connect()
        .await
        .map_err(Error::database(path, "opening the records"))
}

/// An empty file is an empty database. Callers' numbers stand in it, so it is this user's alone; SQLite gives its other
/// files the same rights.
fn create(path: &Path) -> io::Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// A connection that reads beside a running server.
pub(crate) async fn connect_reader(path: &Path) -> Result<SqliteConnection, Error> {
    if !path.is_file() {
        return Err(Error::Missing { path: path.to_path_buf() });
    }
    let options =
        SqliteConnectOptions::new().filename(path).read_only(true).busy_timeout(BUSY).disable_statement_logging();
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let mut connection = options.clone().connect().await.map_err(Error::database(path, "opening the records"))?;
    let probe = sqlx::query("SELECT COUNT(*) FROM starts").fetch_one(&mut connection).await;
    let Err(error) = probe else { return Ok(connection) };
    if error.as_database_error().is_some_and(|e| e.message().contains("no such table")) {
        // A first start that was cut short, by a full disk or a kill, leaves a database without tables.
        return Err(Error::Missing { path: path.to_path_buf() });
    }
    if !Path::new(&log).exists() {
        // Reading a WAL database creates its index file; in a directory that we may not write, a database at rest is
        // read as the plain file that it is.
        return options.immutable(true).connect().await.map_err(Error::database(path, "opening the records"));
    }
    Err(Error::database(path, "reading the records")(error))
}

/// Brings the tables to today's version.
pub(crate) async fn migrate(connection: &mut SqliteConnection, path: &Path) -> Result<(), Error> {
    let failed = || Error::database(path, "preparing the tables");
    sqlx::query("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)")
        .execute(&mut *connection)
        .await
        .map_err(failed())?;
    let row = sqlx::query("SELECT COALESCE(MAX(version), 0) FROM schema_version")
        .fetch_one(&mut *connection)
        .await
        .map_err(failed())?;
    let (found, known) = (row.get::<i64, _>(0), STEPS.len() as i64);
    if found > known {
        return Err(Error::Newer { path: path.to_path_buf(), found, known });
    }
    for (step, version) in STEPS.iter().zip(1_i64..).skip(usize::try_from(found).unwrap_or(0)) {
        apply(connection, step, version).await.map_err(failed())?;
    }
    Ok(())
}

async fn apply(connection: &mut SqliteConnection, step: &[&'static str], version: i64) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin().await?;
    for statement in step {
        sqlx::query(*statement).execute(&mut *transaction).await?;
    }
    sqlx::query("INSERT INTO schema_version (version) VALUES ($1)").bind(version).execute(&mut *transaction).await?;
    transaction.commit().await
}

/// What a start finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Started {
    pub(crate) epoch: Epoch,
    /// The last time that was written; zero in a new database.
    pub(crate) last_time: Time,
    /// The civil time of the last write of the process before.
    pub(crate) last_wall: Wall,
}

/// Raises the epoch, to `at_least` or more, in one transaction.
pub(crate) async fn start(
    connection: &mut SqliteConnection,
    path: &Path,
    node: NodeId,
    wall: Wall,
    at_least: Epoch,
) -> Result<Started, Error> {
    start_in(connection, node, wall, at_least).await.map_err(Error::database(path, "writing the start of the server"))
}

async fn start_in(
    connection: &mut SqliteConnection,
    node: NodeId,
    wall: Wall,
    at_least: Epoch,
) -> Result<Started, sqlx::Error> {
    let mut transaction = connection.begin().await?;
    let (epoch, last_time, last_wall) = last_start(&mut transaction, node).await?;
    let epoch = epoch.saturating_add(1).max(i64::from(at_least.0));
    sqlx::query("INSERT INTO starts (node, epoch, started, last_time, last_wall) VALUES ($1, $2, $3, $4, $5)")
        .bind(i64::from(node.0))
        .bind(epoch)
        .bind(wall.0)
        .bind(last_time)
        // Until this process tells a time of its own: a start that is killed at once does not date what it found open.
        .bind(last_wall)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(Started {
        epoch: Epoch(u32::try_from(epoch).unwrap_or(u32::MAX)),
        last_time: Time::from_nanos(u64::try_from(last_time).unwrap_or(0)),
        last_wall: Wall(last_wall),
    })
}

/// Epoch, time and civil time of the last start of `node`; zeros before the first.
async fn last_start(connection: &mut SqliteConnection, node: NodeId) -> Result<(i64, i64, i64), sqlx::Error> {
    let row = sqlx::query("SELECT epoch, last_time, last_wall FROM starts WHERE node = $1 ORDER BY epoch DESC LIMIT 1")
        .bind(i64::from(node.0))
        .fetch_optional(connection)
        .await?;
    Ok(row.map_or((0, 0, 0), |row| (row.get(0), row.get(1), row.get(2))))
}

/// The epoch of the last start of `node` that the records of `dir` tell of; zero where there are none.
///
/// For a journal that is opened before the store and must not fall behind it.
///
/// # Errors
/// When the database is there and cannot be read.
pub fn last_epoch(dir: &Path, node: NodeId) -> Result<Epoch, Error> {
    let path = database_path(dir);
    let found = crate::read::block_on(async {
        let mut connection = connect_reader(&path).await?;
        last_start(&mut connection, node).await.map_err(Error::database(&path, "reading the records"))
    });
    match found {
        Ok((epoch, _, _)) => Ok(Epoch(u32::try_from(epoch).unwrap_or(u32::MAX))),
        Err(Error::Missing { .. }) => Ok(Epoch(0)),
        Err(error) => Err(error),
    }
}
