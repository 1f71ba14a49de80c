//! What the roster shows of itself, as plain data.

use crate::{Roster, Slot, State};

/// The roster at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// By `AgentId`.
    pub agents: Vec<AgentView>,
}

/// One agent at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentView {
    pub state: State,
    /// Live contacts.
    pub contacts: usize,
    pub slot: Slot,
}

impl Roster {
    /// What the roster looks like now.
    pub fn view(&self) -> View {
        let agents = self.agents.iter();
        View {
            agents: agents
                .map(|a| AgentView { state: a.state.clone(), contacts: a.bindings.len(), slot: a.slot })
                .collect(),
        }
    }
}
