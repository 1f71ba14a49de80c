//! What became of the calls.

use std::collections::BTreeMap;
use std::fmt;

use phone::{Side, Why};

use super::diary::{End, Story};

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
    /// A citizen's call is over; `heard` also of one too short for that. Gives why it is a failure.
    pub(super) fn end(&mut self, story: &Story, end: End, heard: bool) -> Option<String> {
        let End { by, why, served, .. } = end;
        self.served += u64::from(served);
        let mut failure = None;
        match (by, why) {
            (Side::Us, Why::Bye | Why::Cancelled) if !served => self.abandoned += 1,
            (Side::Us, Why::Bye | Why::Cancelled) => {}
            // Who holds hears nobody, also while an agent speaks and leaves.
            (Side::Peer, Why::Bye) if served || story.was_held() => self.ended_by_agent += 1,
            (Side::Peer, Why::Bye) => failure = Some("hung up by the engine before an agent spoke".to_owned()),
            (_, why) => failure = Some(why.to_string()),
        }
        if !heard && why == Why::Bye {
            failure = Some("answered, yet nothing was heard".to_owned());
        }
        failure.clone().into_iter().for_each(|why| self.fail(why));
        failure
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
