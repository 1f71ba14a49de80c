//! The rules that must hold, always.

mod audio;
mod owners;
mod queue;
mod records;

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
}
