//! What the roster shows of itself, as plain data.

use base::{AgentId, Time};

use crate::roster::Agent;
use crate::{Bound, Roster, Slot, State};

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
    /// Since when; a pause counts from the end of the call that it was asked for in. From the start of the roster for
    /// one who never signed on.
    pub since: Time,
    /// Live contacts.
    pub contacts: usize,
    pub slot: Slot,
    /// The phone is in use for a call that the agent or a colleague made.
    pub own_call: bool,
    /// Offers that rang out in a row; a talk, or a change of state that somebody asked for, begins anew.
    pub unanswered: u8,
}

impl Roster {
    /// Every live binding.
    pub fn bound(&self) -> impl Iterator<Item = (AgentId, &Bound)> {
        let agents = (0..).map(AgentId).zip(&self.agents);
        agents.flat_map(|(id, agent)| agent.bindings.bound().map(move |bound| (id, bound)))
    }

    /// What the roster looks like now.
    pub fn view(&self) -> View {
        let view = |agent: &Agent| AgentView {
            state: agent.standing.state.clone(),
            since: if agent.standing.since == Time::ZERO { self.began } else { agent.standing.since },
            contacts: agent.bindings.len(),
            slot: agent.slot,
            own_call: agent.own_calls > 0,
            unanswered: agent.unanswered,
        };
        View { agents: self.agents.iter().map(view).collect() }
    }
}
