//! A record as it is read.

use std::path::Path;

use base::Wall;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use crate::Error;

/// One wait in one skill group, as recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitRow {
    pub group: String,
    pub entered: Wall,
    pub waited_ms: u64,
    /// A `base::WaitOutcome` by name.
    pub outcome: String,
}

/// A call as recorded; what is not known is `None`. A call without `ended` is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallRow {
    /// A `base::CallId` as text.
    pub id: String,
    pub caller: String,
    pub called: String,
    pub source: String,
    pub started: Wall,
    pub answered: Option<Wall>,
    pub ended: Option<Wall>,
    pub menu_path: Option<Vec<String>>,
    pub menu_version: Option<String>,
    pub locale: Option<String>,
    pub skill_group: Option<String>,
    pub queued_ms: Option<u64>,
    pub waits: Option<Vec<WaitRow>>,
    pub agent: Option<String>,
    pub talk_ms: Option<u64>,
    /// A `base::EndReason` by name.
    pub end_reason: Option<String>,
    /// The citizen asked that nobody learns the number: whoever shows this row masks `caller`.
    pub confidential: bool,
    /// The number of the order that a desk has opened for it.
    pub order: Option<String>,
    /// What the citizen says of the talk, 1 to 5; 0 where they were asked and did not say anything.
    pub rating: Option<u8>,
    /// Calls of the same number a while before it; nine are nine or more.
    pub earlier: Option<u64>,
    /// The menu nodes at which a key was pressed that leads nowhere, each as often as that was; none where there was no such key.
    pub wrong_keys: Option<Vec<String>>,
}

impl CallRow {
    pub(crate) fn from_sql(row: &SqliteRow, path: &Path) -> Result<CallRow, Error> {
        let id: String = row.try_get("id").map_err(Error::database(path, "reading the records"))?;
        let bad = |reason: String| Error::Row { path: path.to_path_buf(), id: id.clone(), reason };
        columns(row, id.clone()).map_err(bad)
    }
}

fn columns(row: &SqliteRow, id: String) -> Result<CallRow, String> {
    let wall = |name| column::<Option<i64>>(row, name).map(|n| n.map(Wall));
    let number = |name| column::<Option<i64>>(row, name).map(|n| n.map(|n| u64::try_from(n).unwrap_or(0)));
    Ok(CallRow {
        id,
        caller: column(row, "caller")?,
        called: column(row, "called")?,
        source: column(row, "source")?,
        started: Wall(column(row, "started")?),
        answered: wall("answered")?,
        ended: wall("ended")?,
        menu_path: column::<Option<String>>(row, "menu_path")?.map(|text| path_of(&text)).transpose()?,
        menu_version: column(row, "menu_version")?,
        locale: column(row, "locale")?,
        skill_group: column(row, "skill_group")?,
        queued_ms: number("queued_ms")?,
        waits: column::<Option<String>>(row, "waits")?.map(|text| waits_of(&text)).transpose()?,
        agent: column(row, "agent")?,
        talk_ms: number("talk_ms")?,
        end_reason: column(row, "end_reason")?,
        confidential: newer::<i64>(row, "confidential")?.is_some_and(|number| number != 0),
        order: newer(row, "order_number")?,
        rating: newer::<i64>(row, "rating")?.and_then(|grade| u8::try_from(grade).ok()),
        earlier: newer::<i64>(row, "earlier_calls")?.and_then(|number| u64::try_from(number).ok()),
        wrong_keys: newer::<String>(row, "wrong_keys")?.map(|text| path_of(&text)).transpose()?,
    })
}

/// A database that no newer server has opened yet does not have the column.
fn newer<'r, T>(row: &'r SqliteRow, name: &'static str) -> Result<Option<T>, String>
where
    T: sqlx::Decode<'r, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite>,
{
    match row.try_get(name) {
        Ok(value) => Ok(value),
        Err(sqlx::Error::ColumnNotFound(_)) => Ok(None),
        Err(error) => Err(error.to_string()),
    }
}

fn column<'r, T>(row: &'r SqliteRow, name: &'static str) -> Result<T, String>
where
    T: sqlx::Decode<'r, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite>,
{
    row.try_get(name).map_err(|error| error.to_string())
}

fn path_of(text: &str) -> Result<Vec<String>, String> {
    serde_json::from_str(text).map_err(|error| format!("a list of nodes: {error}"))
}

fn waits_of(text: &str) -> Result<Vec<WaitRow>, String> {
    let rows: Vec<serde_json::Value> = serde_json::from_str(text).map_err(|error| format!("waits: {error}"))?;
    rows.iter().map(|row| wait_of(row).ok_or_else(|| format!("waits: not a wait: {row}"))).collect()
}

fn wait_of(row: &serde_json::Value) -> Option<WaitRow> {
    Some(WaitRow {
        group: row.get("group")?.as_str()?.to_owned(),
        entered: Wall(row.get("entered")?.as_i64()?),
        waited_ms: row.get("waited_ms")?.as_u64()?,
        outcome: row.get("outcome")?.as_str()?.to_owned(),
    })
}
