//! Reading the records, also while a server writes them.

use std::path::Path;

use sqlx::{Row as _, SqliteConnection};

use crate::row::CallRow;
use crate::{Error, schema};

/// Rows of one read: little memory, and no read so long that it keeps the server from tidying its log.
const PAGE: usize = 500;

/// Which calls to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Filter {
    /// Only the calls that started last, this many; all without.
    pub last: Option<u32>,
}

/// The calls of `dir`, oldest first.
///
/// # Errors
/// When the database is missing or cannot be read.
pub fn read(dir: &Path, filter: Filter) -> Result<Vec<CallRow>, Error> {
    let mut rows = Vec::new();
    for_each(dir, filter, |row| {
        rows.push(row);
        true
    })?;
    Ok(rows)
}

/// Hands the calls of `dir` to `each`, oldest first, until it returns false.
///
/// # Errors
/// When the database is missing or cannot be read.
pub fn for_each(dir: &Path, filter: Filter, each: impl FnMut(CallRow) -> bool) -> Result<(), Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .map_err(|source| Error::Thread { source })?;
    runtime.block_on(pages(&schema::database_path(dir), filter, each))
}

async fn pages(path: &Path, filter: Filter, mut each: impl FnMut(CallRow) -> bool) -> Result<(), Error> {
    let mut connection = schema::connect_reader(path).await?;
    let failed = || Error::database(path, "reading the records");
    // The start and id of the last call read; the first page begins before every call, or before the last N.
    let mut after = (i64::MIN, String::new());
    if let Some(last) = filter.last
        && let Some(before) = before_last(&mut connection, last).await.map_err(failed())?
    {
        after = before;
    }
    loop {
        let rows = sqlx::query(
            "SELECT * FROM calls WHERE started > $1 OR (started = $1 AND id > $2) ORDER BY started, id LIMIT $3",
        )
        .bind(after.0)
        .bind(&after.1)
        .bind(PAGE as i64)
        .fetch_all(&mut connection)
        .await
        .map_err(failed())?;
        for row in &rows {
            let row = CallRow::from_sql(row, path)?;
            after = (row.started.0, row.id.clone());
            if !each(row) {
                return Ok(());
            }
        }
        if rows.len() < PAGE {
            return Ok(());
        }
    }
}

/// Start and id of the call just before the last `count`; none when there are no more than `count`.
async fn before_last(connection: &mut SqliteConnection, count: u32) -> Result<Option<(i64, String)>, sqlx::Error> {
    let row = sqlx::query("SELECT started, id FROM calls ORDER BY started DESC, id DESC LIMIT 1 OFFSET $1")
        .bind(i64::from(count))
        .fetch_optional(connection)
        .await?;
    Ok(row.map(|row| (row.get(0), row.get(1))))
}
