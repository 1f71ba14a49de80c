//! The tables, how an older database becomes today's, and what a start finds and leaves in it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use base::{EndReason, Epoch, NodeId, Time, Wall};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, Row as _, SqliteConnection};

use crate::Error;

/// Each step leads from the version that is its place to the next; a step never changes once it was released.
const STEPS: [&[&str]; 1] = [&[
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
]];

/// How long a statement waits for another process that holds the file, e.g. a copy in progress.
const BUSY: Duration = Duration::from_secs(1);

pub(crate) fn database_path(dir: &Path) -> PathBuf {
    dir.join("records.db")
}

/// A connection that may write.
pub(crate) async fn connect(path: &Path) -> Result<SqliteConnection, Error> {
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
    if probe.is_err() && !Path::new(&log).exists() {
        // Reading a WAL database creates its index file; in a directory that we may not write, a database at rest is
        // read as the plain file that it is.
        return options.immutable(true).connect().await.map_err(Error::database(path, "opening the records"));
    }
    probe.map_err(Error::database(path, "reading the records"))?;
    Ok(connection)
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
    /// Calls that were open when the last process died.
    pub(crate) closed: u64,
}

/// Raises the epoch and ends the calls that the last process of this node left open, in one transaction.
pub(crate) async fn start(
    connection: &mut SqliteConnection,
    path: &Path,
    node: NodeId,
    wall: Wall,
) -> Result<Started, Error> {
    start_in(connection, node, wall).await.map_err(Error::database(path, "writing the start of the server"))
}

async fn start_in(connection: &mut SqliteConnection, node: NodeId, wall: Wall) -> Result<Started, sqlx::Error> {
    let mut transaction = connection.begin().await?;
    let row = sqlx::query("SELECT epoch, last_time, last_wall FROM starts WHERE node = $1 ORDER BY epoch DESC LIMIT 1")
        .bind(i64::from(node.0))
        .fetch_optional(&mut *transaction)
        .await?;
    let (epoch, last_time, last_wall): (i64, i64, i64) =
        row.map_or((0, 0, 0), |row| (row.get(0), row.get(1), row.get(2)));
    // A call whose start is later than the last written time ended no earlier than it started.
    let closed = sqlx::query(
        "UPDATE calls SET end_reason = $1, ended = CASE WHEN started > $2 THEN started ELSE $2 END
         WHERE ended IS NULL AND substr(id, 1, 4) = $3",
    )
    .bind(EndReason::Restart.name())
    .bind(last_wall)
    .bind(format!("{:04x}", node.0))
    .execute(&mut *transaction)
    .await?
    .rows_affected();
    let epoch = epoch.saturating_add(1);
    sqlx::query("INSERT INTO starts (node, epoch, started, last_time, last_wall) VALUES ($1, $2, $3, $4, $5)")
        .bind(i64::from(node.0))
        .bind(epoch)
        .bind(wall.0)
        .bind(last_time)
        .bind(wall.0)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(Started {
        epoch: Epoch(u32::try_from(epoch).unwrap_or(u32::MAX)),
        last_time: Time::from_nanos(u64::try_from(last_time).unwrap_or(0)),
        closed,
    })
}
