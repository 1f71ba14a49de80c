//! What the API asks of the store: the one place that knows how records are found.

use std::collections::{BTreeMap, VecDeque};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use axum::http::StatusCode;
use base::Wall;
use serde_json::Value;
use server::events::{Position, What};
use store::{CallRow, Filter};

use crate::problem::Problem;
use crate::render;
use crate::route::Request;
use crate::serve::Shared;

/// Which records.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    pub(crate) from: Option<Wall>,
    pub(crate) to: Option<Wall>,
    pub(crate) agent: Option<String>,
    pub(crate) group: Option<String>,
    pub(crate) end_reason: Option<String>,
    pub(crate) caller: Option<String>,
    pub(crate) open: Option<bool>,
    /// Only records that began before this one: its start and id.
    pub(crate) before: Option<(i64, String)>,
    pub(crate) limit: usize,
}

impl Wanted {
    fn fits(&self, row: &CallRow) -> bool {
        let same = |wanted: &Option<String>, found: &Option<String>| wanted.is_none() || wanted == found;
        self.from.is_none_or(|from| row.started >= from)
            && self.to.is_none_or(|to| row.started < to)
            && same(&self.agent, &row.agent)
            && same(&self.group, &row.skill_group)
            && same(&self.end_reason, &row.end_reason)
            && self.caller.as_ref().is_none_or(|caller| *caller == row.caller && !is_confidential(row))
            && self.open.is_none_or(|open| row.ended.is_none() == open)
            && self.before.as_ref().is_none_or(|(started, id)| (row.started.0, &row.id) < (*started, id))
    }
}

/// Somebody who hung up while waiting and was not served since.
#[derive(Debug)]
pub(crate) struct Missed {
    pub(crate) last: CallRow,
    pub(crate) tries: u64,
}

/// The citizen asked that nobody learns the number.
pub(crate) fn is_confidential(_row: &CallRow) -> bool {
    false
}

/// The newest records that fit, newest first, and whether there are more.
pub(crate) async fn records(shared: &Arc<Shared>, wanted: Wanted) -> Result<(Vec<CallRow>, bool), Problem> {
    read(shared, move |data| {
        let mut newest = VecDeque::new();
        each(data, |row| {
            if wanted.fits(&row) {
                if newest.len() > wanted.limit {
                    newest.pop_front();
                }
                newest.push_back(row);
            }
            ControlFlow::Continue(())
        })?;
        let more = newest.len() > wanted.limit;
        Ok((newest.into_iter().rev().take(wanted.limit).collect(), more))
    })
    .await
}

pub(crate) async fn record(shared: &Arc<Shared>, id: String) -> Result<Option<CallRow>, Problem> {
    read(shared, move |data| {
        let mut found = None;
        each(data, |row| {
            if row.id != id {
                return ControlFlow::Continue(());
            }
            found = Some(row);
            ControlFlow::Break(())
        })?;
        Ok(found)
    })
    .await
}

/// Newest first.
pub(crate) async fn missed(shared: &Arc<Shared>, since: Wall, limit: usize) -> Result<Vec<Missed>, Problem> {
    read(shared, move |data| {
        let mut missed: BTreeMap<String, Missed> = BTreeMap::new();
        each(data, |row| {
            if row.agent.is_some() {
                missed.remove(&row.caller);
            } else if row.started >= since && row.end_reason.as_deref() == Some("abandoned") {
                let tries = missed.remove(&row.caller).map_or(0, |m| m.tries) + 1;
                missed.insert(row.caller.clone(), Missed { last: row, tries });
            }
            ControlFlow::Continue(())
        })?;
        let mut missed: Vec<Missed> = missed.into_values().collect();
        missed.sort_by(|a, b| (b.last.started, &b.last.id).cmp(&(a.last.started, &a.last.id)));
        missed.truncate(limit);
        Ok(missed)
    })
    .await
}

/// What happened to an agent since the start, as far as the ring of events reaches; newest first.
pub(crate) async fn agent_events(request: &Request, number: &str, limit: usize) -> Result<Vec<Value>, Problem> {
    let board = &request.shared.board;
    let newest = board.read(|_, position| position);
    let oldest = newest.seq.saturating_sub(server::events::EVENTS as u64 - 1);
    let mut position = Position { seq: oldest, ..newest };
    let mut found = VecDeque::new();
    // Short reads, so that the board is never held for long.
    while let Ok(events) = board.after(position, 1024) {
        let Some(last) = events.last() else { break };
        position.seq = last.seq;
        for event in &events {
            if let What::Agent { row, what, by } = &event.what
                && &*row.number == number
            {
                if found.len() == limit {
                    found.pop_front();
                }
                found.push_back(render::happening(event.at, what, by));
            }
        }
        tokio::task::yield_now().await;
    }
    Ok(found.into_iter().rev().collect())
}

fn each(data: &Path, mut each: impl FnMut(CallRow) -> ControlFlow<()>) -> Result<(), store::Error> {
    store::for_each(data, Filter::default(), |row| each(row).is_continue())
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
