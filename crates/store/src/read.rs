//! Reading the records, also while a server writes them; each read has a connection of its own that cannot write.

use std::path::Path;

use sqlx::SqliteConnection;

use crate::filter::Order;
use crate::row::CallRow;
use crate::{Cursor, Error, Filter, schema};

/// Rows of one query: little memory, and none so long that it keeps the server from tidying its log.
const ROWS: u32 = 500;

/// Rows of a page at most: about 1 MB, and more than anybody looks at.
pub const PAGE_MAX: u32 = 1000;

/// Calls, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    pub rows: Vec<CallRow>,
    /// What `Filter::after` must be for the next page; none after the last.
    pub next: Option<Cursor>,
}

/// The calls of `dir` that fit, oldest first; all of them in memory.
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

/// Hands the calls of `dir` that fit to `each`, oldest first, until it returns false.
///
/// # Errors
/// When the database is missing or cannot be read.
pub fn for_each(dir: &Path, filter: Filter, each: impl FnMut(CallRow) -> bool) -> Result<(), Error> {
    let path = schema::database_path(dir);
    block_on(async {
        let mut connection = schema::connect_reader(&path).await?;
        pages(&mut connection, &path, filter, each).await
    })
}

/// A page of the calls of `dir` that fit, newest first: `filter.limit` of them, `PAGE_MAX` at most and without.
///
/// # Errors
/// When the database is missing or cannot be read.
pub fn page(dir: &Path, filter: &Filter) -> Result<Page, Error> {
    let path = schema::database_path(dir);
    let limit = filter.limit.unwrap_or(PAGE_MAX).clamp(1, PAGE_MAX);
    block_on(async {
        let mut connection = schema::connect_reader(&path).await?;
        let after = filter.after.as_ref();
        let mut rows = rows(&mut connection, &path, filter, after, Order::NewestFirst, limit + 1).await?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let next = rows.last().filter(|_| more).map(Cursor::of);
        Ok(Page { rows, next })
    })
}

/// The call with that id.
///
/// # Errors
/// When the database is missing or cannot be read.
pub fn one(dir: &Path, id: &str) -> Result<Option<CallRow>, Error> {
    let filter = Filter { id: Some(id.to_owned()), limit: Some(1), ..Filter::default() };
    Ok(page(dir, &filter)?.rows.pop())
}

/// Runs a read on this thread.
pub(crate) fn block_on<T>(read: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .map_err(|source| Error::Thread { source })?;
    runtime.block_on(read)
}

async fn pages(
    connection: &mut SqliteConnection,
    path: &Path,
    filter: Filter,
    mut each: impl FnMut(CallRow) -> bool,
) -> Result<(), Error> {
    // The last call read; the first page begins before every call, or before the last N.
    let mut after = filter.after.clone();
    if let Some(last) = filter.last {
        let before = before_last(connection, path, &filter, last).await?;
        after = after.max(before);
    }
    let mut left = filter.limit.unwrap_or(u32::MAX);
    while left > 0 {
        let wanted = ROWS.min(left);
        let found = rows(connection, path, &filter, after.as_ref(), Order::OldestFirst, wanted).await?;
        let count = found.len() as u32;
        for row in found {
            after = Some(Cursor::of(&row));
            if !each(row) {
                return Ok(());
            }
        }
        if count < wanted {
            return Ok(());
        }
        left -= count;
    }
    Ok(())
}

async fn rows(
    connection: &mut SqliteConnection,
    path: &Path,
    filter: &Filter,
    after: Option<&Cursor>,
    order: Order,
    limit: u32,
) -> Result<Vec<CallRow>, Error> {
    let mut sql = filter.query("*", after, order);
    sql.push(" LIMIT ").push_bind(i64::from(limit));
    let found = sql.build().fetch_all(connection).await.map_err(Error::database(path, "reading the records"))?;
    found.iter().map(|row| CallRow::from_sql(row, path)).collect()
}

/// The call just before the last `count` that fit; none when there are no more than `count`.
async fn before_last(
    connection: &mut SqliteConnection,
    path: &Path,
    filter: &Filter,
    count: u32,
) -> Result<Option<Cursor>, Error> {
    let mut sql = filter.query("*", None, Order::NewestFirst);
    sql.push(" LIMIT 1 OFFSET ").push_bind(i64::from(count));
    let found = sql.build().fetch_optional(connection).await.map_err(Error::database(path, "reading the records"))?;
    let row = found.map(|row| CallRow::from_sql(&row, path)).transpose()?;
    Ok(row.map(|row| Cursor::of(&row)))
}
