//! The rules that must hold, always.

mod audio;
mod owners;
mod queue;
mod records;

use std::collections::BTreeMap;

use base::{AgentId, Time};

pub(crate) use audio::{Audio, CROSSING};
pub(crate) use owners::Owners;
pub(crate) use queue::Queue;
pub(crate) use records::Records;

/// All checkers of a run.
pub(crate) struct Checks {
    pub(crate) audio: Audio,
    pub(crate) owners: Owners,
    pub(crate) queue: Queue,
    pub(crate) records: Records,
    /// When the engine was last done with a call of an agent's own: what it refused that with may still be on its way.
    pub(crate) own_over: BTreeMap<AgentId, Time>,
}
