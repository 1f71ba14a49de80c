//! The statements that write entries.

use base::{Epoch, NodeId, Now, Record, RecordEntry, StartRecord, Wait};
use sqlx::{Connection as _, SqliteConnection};

/// Which row of `starts` tells how far this process came.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) node: NodeId,
    pub(crate) epoch: Epoch,
}

/// Writes all of `entries` and the time, or nothing.
pub(crate) async fn batch(
    connection: &mut SqliteConnection,
    place: Place,
    entries: &[RecordEntry],
    now: Now,
) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin().await?;
    for entry in entries {
        match entry {
            RecordEntry::Start(start) => write_start(&mut transaction, start).await?,
            RecordEntry::End(record) => write_end(&mut transaction, record).await?,
            RecordEntry::Agent(_) => {}
        }
    }
    // Until the rim first tells the time, the row keeps what the start wrote.
    if now != Now::default() {
        write_time(&mut transaction, place, now).await?;
    }
    transaction.commit().await
}

async fn write_time(connection: &mut SqliteConnection, place: Place, now: Now) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE starts SET last_time = $1, last_wall = $2 WHERE node = $3 AND epoch = $4")
        .bind(number(now.time.as_nanos()))
        .bind(now.wall.0)
        .bind(i64::from(place.node.0))
        .bind(i64::from(place.epoch.0))
        .execute(connection)
        .await?;
    Ok(())
}

/// A start that comes again, or after its end, changes nothing. It is recorded in the turn that answers the call, so that
/// both times are the same until the end says otherwise.
async fn write_start(connection: &mut SqliteConnection, start: &StartRecord) -> Result<(), sqlx::Error> {
    let id = start.id.to_string();
    if exists(connection, &id).await? {
        return Ok(());
    }
    sqlx::query("INSERT INTO calls (id, caller, called, source, started, answered) VALUES ($1, $2, $3, $4, $5, $5)")
        .bind(id)
        .bind(&start.caller)
        .bind(&start.called)
        .bind(&start.source)
        .bind(start.started.0)
        .execute(connection)
        .await?;
    Ok(())
}

/// Completes the row of the start, or writes the whole row; an ended call stays as it is.
async fn write_end(connection: &mut SqliteConnection, record: &Record) -> Result<(), sqlx::Error> {
    const UPDATE: &str = "UPDATE calls SET caller = $2, called = $3, source = $4, started = $5, answered = $6,
        ended = $7, menu_path = $8, menu_version = $9, locale = $10, skill_group = $11, queued_ms = $12, waits = $13,
        agent = $14, talk_ms = $15, end_reason = $16 WHERE id = $1 AND ended IS NULL";
    const INSERT: &str = "INSERT INTO calls (id, caller, called, source, started, answered, ended, menu_path,
        menu_version, locale, skill_group, queued_ms, waits, agent, talk_ms, end_reason)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";
    let id = record.start.id.to_string();
    let updated = end_statement(connection, UPDATE, &id, record).await?;
    if updated == 0 && !exists(connection, &id).await? {
        end_statement(connection, INSERT, &id, record).await?;
    }
    Ok(())
}

async fn end_statement(
    connection: &mut SqliteConnection,
    sql: &'static str,
    id: &str,
    record: &Record,
) -> Result<u64, sqlx::Error> {
    let done = sqlx::query(sql)
        .bind(id)
        .bind(&record.start.caller)
        .bind(&record.start.called)
        .bind(&record.start.source)
        .bind(record.start.started.0)
        .bind(record.answered.map(|wall| wall.0))
        .bind(record.ended.0)
        .bind(serde_json::Value::from(record.menu_path.clone()).to_string())
        .bind(&record.menu_version)
        .bind(&record.locale)
        .bind(&record.skill_group)
        .bind(number(record.queued_ms))
        .bind(waits_json(&record.waits))
        .bind(&record.agent)
        .bind(number(record.talk_ms))
        .bind(record.end_reason.name())
        .execute(connection)
        .await?;
    Ok(done.rows_affected())
}

async fn exists(connection: &mut SqliteConnection, id: &str) -> Result<bool, sqlx::Error> {
    let row = sqlx::query("SELECT 1 FROM calls WHERE id = $1").bind(id).fetch_optional(connection).await?;
    Ok(row.is_some())
}

fn waits_json(waits: &[Wait]) -> String {
    let rows: Vec<serde_json::Value> = waits
        .iter()
        .map(|wait| {
            serde_json::json!({
                "group": wait.group,
                "entered": wait.entered.0,
                "waited_ms": wait.waited_ms,
                "outcome": wait.outcome.name(),
            })
        })
        .collect();
    serde_json::Value::from(rows).to_string()
}

/// SQL knows signed numbers only.
fn number(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
