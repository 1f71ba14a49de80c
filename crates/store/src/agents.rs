//! What happened to agents: the list of it is an agent's working day.

use std::path::Path;

use base::{AgentEvent, AgentHappening, Wall};
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row as _, Sqlite, SqliteConnection};

use crate::filter::{between, equal};
use crate::read::{PAGE_MAX, block_on};
use crate::write::Place;
use crate::{Error, schema};

/// An agent's event as recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentRow {
    /// Unique, and larger than those of all events written before it.
    pub id: String,
    /// The agent's place in the configuration of that time.
    pub agent: u32,
    pub number: String,
    pub at: Wall,
    /// A `base::AgentHappening` by name.
    pub what: String,
    /// A `base::CallId` as text.
    pub call: Option<String>,
    /// Why an agent pauses.
    pub reason: Option<String>,
    /// What came of an offer.
    pub outcome: Option<String>,
    /// The end of the wrap-up.
    pub until: Option<Wall>,
    pub by: String,
}

/// Which events; what is `None` does not matter.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct AgentFilter {
    pub number: Option<String>,
    /// Happened then or later.
    pub from: Option<Wall>,
    /// Happened earlier than then.
    pub to: Option<Wall>,
    /// A `base::AgentHappening` by name.
    pub what: Option<String>,
    /// A `base::CallId` as text.
    pub call: Option<String>,
    /// Only events that come behind the one with this time and id, newest first.
    pub after: Option<(Wall, String)>,
    /// At most this many; `PAGE_MAX` at most and without.
    pub limit: Option<u32>,
}

/// The events of agents in `dir` that fit, newest first.
///
/// # Errors
/// When the database is missing or cannot be read.
pub fn read_agents(dir: &Path, filter: &AgentFilter) -> Result<Vec<AgentRow>, Error> {
    let path = schema::database_path(dir);
    block_on(async {
        let mut connection = schema::connect_reader(&path).await?;
        let failed = || Error::database(&path, "reading the events of agents");
        let found = query(filter).build().fetch_all(&mut connection).await.map_err(failed())?;
        found.iter().map(row).collect::<Result<_, _>>().map_err(failed())
    })
}

fn query(filter: &AgentFilter) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new("SELECT * FROM agent_events WHERE 1 = 1");
    between(&mut sql, "happened", filter.from, filter.to);
    equal(&mut sql, &[("number", &filter.number), ("what", &filter.what), ("call_id", &filter.call)]);
    if let Some((at, id)) = &filter.after {
        sql.push(" AND (happened < ").push_bind(at.0);
        sql.push(" OR (happened = ").push_bind(at.0).push(" AND id < ").push_bind(id.clone()).push("))");
    }
    let limit = filter.limit.unwrap_or(PAGE_MAX).min(PAGE_MAX);
    sql.push(" ORDER BY happened DESC, id DESC LIMIT ").push_bind(i64::from(limit));
    sql
}

fn row(row: &SqliteRow) -> Result<AgentRow, sqlx::Error> {
    let text = |name| row.try_get::<String, _>(name).map(|text| (!text.is_empty()).then_some(text));
    let what: String = row.try_get("what")?;
    let (paused, detail, until) = (what == "paused", text("detail")?, row.try_get::<i64, _>("until")?);
    Ok(AgentRow {
        id: row.try_get("id")?,
        agent: u32::try_from(row.try_get::<i64, _>("agent")?).unwrap_or(u32::MAX),
        number: row.try_get("number")?,
        at: Wall(row.try_get("happened")?),
        what,
        call: text("call_id")?,
        reason: detail.clone().filter(|_| paused),
        outcome: detail.filter(|_| !paused),
        until: (until != 0).then_some(Wall(until)),
        by: row.try_get("brought_by")?,
    })
}

/// Writes an event unless the same is there: what a restart brings back has another number and the same content.
pub(crate) async fn write(
    connection: &mut SqliteConnection,
    place: Place,
    number: u64,
    event: &AgentEvent,
) -> Result<(), sqlx::Error> {
    const SAME: &str = "SELECT 1 FROM agent_events WHERE number = $1 AND happened = $2 AND what = $3 AND call_id = $4
        AND detail = $5 AND until = $6 AND brought_by = $7";
    const INSERT: &str =
        "INSERT INTO agent_events (number, happened, what, call_id, detail, until, brought_by, agent, id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let (detail, until) = match &event.what {
        AgentHappening::Paused { reason } => (reason.as_str(), Wall(0)),
        AgentHappening::OfferOver { outcome, .. } => (outcome.as_str(), Wall(0)),
        AgentHappening::WrapUp { until } => ("", *until),
        _ => ("", Wall(0)),
    };
    let bound = |sql| {
        sqlx::query(sql)
            .bind(&event.number)
            .bind(event.at.0)
            .bind(event.what.name())
            .bind(event.what.call().map(|call| call.to_string()).unwrap_or_default())
            .bind(detail)
            .bind(until.0)
            .bind(&event.by)
    };
    if bound(SAME).fetch_optional(&mut *connection).await?.is_some() {
        return Ok(());
    }
    let id = format!("{:04x}{:08x}{number:016x}", place.node.0, place.epoch.0);
    bound(INSERT).bind(i64::from(event.agent.0)).bind(id).execute(connection).await?;
    Ok(())
}
