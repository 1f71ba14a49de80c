//! What the API asks of the store: the one place that knows how records are found.

use std::path::Path;
use std::sync::Arc;

use axum::http::StatusCode;
use base::Wall;
use store::{AgentFilter, AgentRow, CallRow, Filter, MissedRow, Page};

use crate::problem::Problem;
use crate::serve::Shared;

/// Calls that fit, newest first. Looking for a number never finds a confidential call.
pub(crate) async fn records(shared: &Arc<Shared>, mut filter: Filter) -> Result<Page, Problem> {
    if filter.caller.is_some() {
        filter.confidential = Some(false);
    }
    read(shared, move |data| store::page(data, &filter)).await
}

pub(crate) async fn record(shared: &Arc<Shared>, id: String) -> Result<Option<CallRow>, Problem> {
    read(shared, move |data| store::one(data, &id)).await
}

/// Who called since then in vain and was not served since, newest first.
pub(crate) async fn missed(shared: &Arc<Shared>, since: Wall, limit: usize) -> Result<Vec<MissedRow>, Problem> {
    read(shared, move |data| store::missed(data, since, Wall(i64::MAX), rows(limit))).await
}

/// What happened to an agent, newest first.
pub(crate) async fn agent_events(shared: &Arc<Shared>, number: &str, limit: usize) -> Result<Vec<AgentRow>, Problem> {
    let filter = AgentFilter { number: Some(number.to_owned()), limit: Some(rows(limit)), ..AgentFilter::default() };
    read(shared, move |data| store::read_agents(data, &filter)).await
}

pub(crate) fn rows(limit: usize) -> u32 {
    u32::try_from(limit).unwrap_or(u32::MAX)
}

/// Reads on a thread of its own; so many at once, and the next one is told to come later.
async fn read<T: Send + 'static>(
    shared: &Arc<Shared>,
    read: impl FnOnce(&Path) -> Result<T, store::Error> + Send + 'static,
) -> Result<T, Problem> {
    let Ok(permit) = Arc::clone(&shared.reading).try_acquire_owned() else {
        return Err(Problem::busy("other readers of the records are not done yet"));
    };
    let data = shared.data.clone();
    let done = tokio::task::spawn_blocking(move || {
        let _permit = permit;
        read(&data)
    });
    let failed = |message: String| {
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        Problem::new(status, "store_failed", message, "look at the disk of the data folder, and at /readyz")
    };
    match done.await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => {
            tracing::error!("reading the records for the API: {error}");
            Err(failed("the records cannot be read".to_owned()))
        }
        Err(_) => Err(failed("reading the records failed".to_owned())),
    }
}
