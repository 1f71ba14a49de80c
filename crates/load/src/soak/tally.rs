//! What became of the calls.

use std::collections::BTreeMap;
use std::fmt;

use phone::{Side, Why};

/// Counts of calls by their end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub calls: u64,
    /// Citizens who heard an agent's voice.
    pub served: u64,
    /// Given up in the menu, in the queue or while an agent's phone rang.
    pub abandoned: u64,
    /// Ended by the agent.
    pub ended_by_agent: u64,
    /// What no citizen may meet, by reason.
    pub failures: BTreeMap<String, u64>,
}

impl Tally {
    /// A citizen's call is over.
    pub(super) fn end(&mut self, by: Side, why: Why, served: bool, heard: bool) {
        self.served += u64::from(served);
        match (by, why) {
            (Side::Us, Why::Bye | Why::Cancelled) if !served => self.abandoned += 1,
            (Side::Us, Why::Bye | Why::Cancelled) => {}
            (Side::Peer, Why::Bye) if served => self.ended_by_agent += 1,
            (Side::Peer, Why::Bye) => self.fail("hung up by the engine before an agent spoke".into()),
            (_, why) => self.fail(why.to_string()),
        }
        if !heard && why == Why::Bye {
            self.fail("answered, yet nothing was heard".into());
        }
    }

    pub(super) fn fail(&mut self, why: String) {
        *self.failures.entry(why).or_default() += 1;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tally { served, abandoned, ended_by_agent, failures, .. } = self;
        let failed: u64 = failures.values().sum();
        write!(f, "{served} served ({ended_by_agent} ended by the agent), {abandoned} abandoned, {failed} failed")?;
        failures.iter().try_for_each(|(why, count)| write!(f, "; {count}: {why}"))
    }
}
