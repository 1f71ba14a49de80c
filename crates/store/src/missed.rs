//! Citizens who called and were not served: whom to call back.

use std::path::Path;

use base::Wall;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use crate::read::{PAGE_MAX, block_on};
use crate::{Error, schema};

/// A number that called in vain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissedRow {
    pub number: String,
    /// One of these calls was confidential: whoever shows this row masks the number.
    pub confidential: bool,
    /// Of the last call: its id, what it dialled, where it waited and why it ended.
    pub call: String,
    pub called: String,
    pub group: Option<String>,
    pub end_reason: String,
    /// When the last call began.
    pub last_try: Wall,
    /// Calls in vain since the last talk with an agent.
    pub tries: u64,
}

/// Calls in vain: left the queue, was refused, or was cut off by us; with `media_lost` and a supervisor's end only while
/// waiting. Who left in the menu or heard its goodbye wanted no more; agents' own calls are no citizens'. A number that hides itself cannot be called back.
const CALLS: &str = "SELECT caller, MAX(started) AS last_try, COUNT(*) AS tries, MAX(confidential) AS hidden
    FROM calls vain
    WHERE started >= $1 AND started < $2 AND caller <> '' AND caller <> 'anonymous' AND source NOT LIKE 'agent %'
    AND (end_reason IN ('abandoned', 'queue_refused', 'refused', 'restart', 'fault', 'shutdown')
        OR (end_reason IN ('media_lost', 'forced', 'no_ack') AND COALESCE(talk_ms, 0) = 0))
    AND NOT EXISTS (SELECT 1 FROM calls served
        WHERE served.caller = vain.caller AND served.started > vain.started AND served.talk_ms > 0)
    GROUP BY caller";

/// The numbers of `dir` that called from `from` until before `to` in vain and have not talked with an agent since, the
/// latest try first; `limit` of them, `PAGE_MAX` at most.
///
/// # Errors
/// When the database is missing or cannot be read.
pub fn missed(dir: &Path, from: Wall, to: Wall, limit: u32) -> Result<Vec<MissedRow>, Error> {
    let path = schema::database_path(dir);
    let sql = format!(
        "SELECT calls.id, calls.caller, calls.called, calls.skill_group, calls.end_reason, grouped.*
         FROM ({CALLS}) grouped JOIN calls ON calls.caller = grouped.caller AND calls.started = grouped.last_try
         ORDER BY grouped.last_try DESC, calls.caller, calls.id DESC LIMIT $3"
    );
    block_on(async {
        let mut connection = schema::connect_reader(&path).await?;
        let failed = || Error::database(&path, "reading the missed calls");
        // The text is ours alone: what the caller asks is bound.
        let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(from.0).bind(to.0).bind(i64::from(limit.min(PAGE_MAX)));
        let found = query.fetch_all(&mut connection).await.map_err(failed())?;
        let mut rows = found.iter().map(row).collect::<Result<Vec<_>, _>>().map_err(failed())?;
        // Two calls of one number in the same millisecond.
        rows.dedup_by(|second, first| second.number == first.number);
        Ok(rows)
    })
}

fn row(row: &SqliteRow) -> Result<MissedRow, sqlx::Error> {
    Ok(MissedRow {
        number: row.try_get("caller")?,
        confidential: row.try_get::<i64, _>("hidden")? != 0,
        call: row.try_get("id")?,
        called: row.try_get("called")?,
        group: row.try_get("skill_group")?,
        end_reason: row.try_get::<Option<String>, _>("end_reason")?.unwrap_or_default(),
        last_try: Wall(row.try_get("last_try")?),
        tries: u64::try_from(row.try_get::<i64, _>("tries")?).unwrap_or(0),
    })
}
