//! The statements that write entries.

use base::{EndReason, Epoch, NodeId, Now, OrderNumber, Record, RecordEntry, StartRecord, Wait, Wall};
use sqlx::{Connection as _, SqliteConnection};

use crate::agents;

/// Which row of `starts` tells how far this process came.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) node: NodeId,
    pub(crate) epoch: Epoch,
    /// The civil time of the last write of the process before.
    pub(crate) last_wall: Wall,
}

/// What the writer is handed.
#[derive(Clone, Debug)]
pub(crate) enum Work {
    Entry(RecordEntry),
    /// End the calls that earlier processes of this node left open, no later than then.
    Leftovers(Wall),
}

/// Writes all of `works`, the first one with number `first`, and the time, or nothing; returns how many calls were ended.
pub(crate) async fn batch(
    connection: &mut SqliteConnection,
    place: Place,
    first: u64,
    works: &[Work],
    now: Now,
) -> Result<u64, sqlx::Error> {
    let mut transaction = connection.begin().await?;
    let mut ended = 0;
    for (number, work) in (first..).zip(works) {
        match work {
            Work::Entry(RecordEntry::Start(start)) => write_start(&mut transaction, start).await?,
            Work::Entry(RecordEntry::Confidential(start)) => confide(&mut transaction, start).await?,
            Work::Entry(RecordEntry::Rated { start, grade }) => write_verdict(&mut transaction, start, *grade).await?,
            Work::Entry(RecordEntry::WrongKeys { start, nodes }) => write_keys(&mut transaction, start, nodes).await?,
            Work::Entry(RecordEntry::Order { start, order }) => write_order(&mut transaction, start, order).await?,
            Work::Entry(RecordEntry::End(record)) => write_end(&mut transaction, record).await?,
            Work::Entry(RecordEntry::Agent(event)) => agents::write(&mut transaction, place, number, event).await?,
            Work::Leftovers(wall) => ended += end_leftovers(&mut transaction, place, *wall).await?,
        }
    }
    // Until the rim first tells the time, the row keeps what the start wrote.
    if now != Now::default() {
        write_time(&mut transaction, place, now).await?;
    }
    transaction.commit().await?;
    Ok(ended)
}

/// What is still open from before this start ended when its process was last seen alive, and not before it began.
async fn end_leftovers(connection: &mut SqliteConnection, place: Place, wall: Wall) -> Result<u64, sqlx::Error> {
    // Of an id the first 4 digits are the node and the 8 from the 9th on the epoch: text of equal length compares as numbers.
    let done = sqlx::query(
        "UPDATE calls SET end_reason = $1, ended = CASE WHEN started > $2 THEN started ELSE $2 END
         WHERE ended IS NULL AND substr(id, 1, 4) = $3 AND substr(id, 9, 8) < $4",
    )
    .bind(EndReason::Restart.name())
    .bind(place.last_wall.0.min(wall.0))
    .bind(format!("{:04x}", place.node.0))
    .bind(format!("{:08x}", place.epoch.0))
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
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

/// Hides the number of a row, which it writes where there is none yet.
async fn confide(connection: &mut SqliteConnection, start: &StartRecord) -> Result<(), sqlx::Error> {
    write_start(connection, start).await?;
    let hide = sqlx::query("UPDATE calls SET confidential = 1 WHERE id = $1").bind(start.id.to_string());
    hide.execute(connection).await?;
    Ok(())
}

/// Names the order in a row, which it writes where there is none yet.
async fn write_order(
    connection: &mut SqliteConnection,
    start: &StartRecord,
    order: &OrderNumber,
) -> Result<(), sqlx::Error> {
    write_start(connection, start).await?;
    let name = sqlx::query("UPDATE calls SET order_number = $1 WHERE id = $2").bind(order.as_str());
    name.bind(start.id.to_string()).execute(connection).await?;
    Ok(())
}

/// Keeps the citizen's verdict in a row, which it writes where there is none yet.
async fn write_verdict(connection: &mut SqliteConnection, start: &StartRecord, grade: u8) -> Result<(), sqlx::Error> {
    write_start(connection, start).await?;
    let keep = sqlx::query("UPDATE calls SET rating = $1 WHERE id = $2").bind(i64::from(grade));
    keep.bind(start.id.to_string()).execute(connection).await?;
    Ok(())
}

/// Keeps where wrong keys were pressed in a row, which it writes where there is none yet.
async fn write_keys(
    connection: &mut SqliteConnection,
    start: &StartRecord,
    nodes: &[String],
) -> Result<(), sqlx::Error> {
    write_start(connection, start).await?;
    let nodes = serde_json::Value::from(nodes.to_vec()).to_string();
    // Each names all that were before it: the longest stands, in whatever order they come.
    const UPDATE: &str = "UPDATE calls SET wrong_keys = $1
        WHERE id = $2 AND (wrong_keys IS NULL OR length(wrong_keys) < length($1))";
    let keep = sqlx::query(UPDATE).bind(nodes);
    keep.bind(start.id.to_string()).execute(connection).await?;
    Ok(())
}

/// Completes the row of the start, or writes the whole row; an ended call stays as it is.
async fn write_end(connection: &mut SqliteConnection, record: &Record) -> Result<(), sqlx::Error> {
    const UPDATE: &str = "UPDATE calls SET caller = $2, called = $3, source = $4, started = $5, answered = $6,
        ended = $7, menu_path = $8, menu_version = $9, locale = $10, skill_group = $11, queued_ms = $12, waits = $13,
        agent = $14, talk_ms = $15, end_reason = $16, confidential = $17, order_number = $18,
        earlier_calls = $19
        WHERE id = $1 AND ended IS NULL";
    const INSERT: &str = "INSERT INTO calls (id, caller, called, source, started, answered, ended, menu_path,
        menu_version, locale, skill_group, queued_ms, waits, agent, talk_ms, end_reason, confidential, order_number,
        earlier_calls)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)";
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
        .bind(i64::from(record.confidential))
        .bind(record.order.as_ref().map(OrderNumber::as_str))
        .bind(i64::from(record.earlier))
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
