//! How the journal fares.

use std::time::{Duration, SystemTime};

use crate::shared::{Inner, Trouble};

/// A flush that runs longer raises the alarm: 50 times what a power cut may cost.
const FLUSH_LATE: Duration = Duration::from_secs(1);

/// How writing and flushing go; for `/readyz`, metrics and the log.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Health {
    /// What is handed over stands in the file in time.
    pub ok: bool,
    /// A sentence for the operator while it is not ok.
    pub problem: Option<String>,
    /// Since when it is not ok.
    pub since: Option<SystemTime>,
    /// Facts handed over since the start.
    pub facts: u64,
    /// Of these not in the file: a kill now would lose them.
    pub facts_not_written: u64,
    /// Of these not flushed: a power cut now would lose them.
    pub facts_not_flushed: u64,
    /// Facts that the shadow state refused.
    pub facts_refused: u64,
    /// Segments on the disk and their bytes.
    pub segments: u64,
    pub bytes: u64,
    /// The longest that `commit` waited since the start.
    pub slowest_commit: Duration,
    /// The longest flush since the start.
    pub slowest_flush: Duration,
    /// How often `commit` ran out of time since the start.
    pub times_behind: u64,
    /// How often writing or flushing failed since the start.
    pub failures: u64,
}

impl Health {
    pub(crate) fn of(inner: &Inner) -> Health {
        let troubles = troubles(inner);
        Health {
            ok: troubles.is_empty(),
            problem: troubles.first().map(|trouble| trouble.what.clone()),
            since: troubles.iter().map(|trouble| trouble.since).min(),
            facts: inner.facts_handed,
            facts_not_written: inner.facts_handed - inner.facts_done,
            facts_not_flushed: inner.facts_handed - inner.facts_flushed,
            facts_refused: inner.refused,
            segments: inner.segments.len() as u64,
            bytes: inner.segments.iter().map(|segment| segment.1).sum(),
            slowest_commit: inner.slowest_commit,
            slowest_flush: inner.slowest_flush,
            times_behind: inner.times_behind,
            failures: inner.failures,
        }
    }
}

/// The gravest first.
fn troubles(inner: &Inner) -> Vec<Trouble> {
    let known = [&inner.died, &inner.writer_lost, &inner.shadow_lost, &inner.flush_lost, &inner.stretched];
    let mut troubles: Vec<Trouble> = known.into_iter().flatten().cloned().collect();
    if let Some(since) = inner.behind {
        troubles.push(Trouble { what: "the disk takes longer than a turn may wait for it".to_owned(), since });
    }
    if let Some((began, since)) = inner.flush_began
        && began.elapsed() > FLUSH_LATE
    {
        let what = format!("a flush takes longer than {} s: look at the load of the disk", FLUSH_LATE.as_secs());
        troubles.push(Trouble { what, since });
    }
    troubles.extend(inner.refusal.clone());
    troubles
}
