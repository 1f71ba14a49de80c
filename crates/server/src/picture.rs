//! How calls and agents stand at one moment, for a mirror that begins or lost its thread.

use base::{AgentId, CallId, Now};
use roster::{Slot, State};
use switch::Exchange;

/// Everything that a mirror holds, taken on the control thread.
#[derive(Debug, Default)]
pub struct Picture {
    /// Each call with the facts that lead to where it stands.
    pub calls: Vec<(CallId, Vec<call::Fact>)>,
    /// By `AgentId`.
    pub agents: Vec<AgentPicture>,
    /// By `GroupId`, their names; empty for one that is removed.
    pub groups: Vec<String>,
}

#[derive(Debug)]
pub struct AgentPicture {
    pub number: String,
    pub state: State,
    pub slot: Slot,
    pub wraps_up: bool,
    /// Kept for the place alone.
    pub removed: bool,
}

/// Takes time in proportion to calls and agents: a millisecond or two for thousands, once at the start and after a loss.
pub(crate) fn of(now: Now, exchange: &Exchange) -> Picture {
    let names = &exchange.plan().agents;
    let queue = exchange.acd.view(now).agents;
    let agents =
        exchange.roster.view().agents.into_iter().zip(names).enumerate().map(|(place, (view, plan))| AgentPicture {
            number: plan.number.clone(),
            state: view.state,
            slot: view.slot,
            wraps_up: queue.get(place) == Some(&acd::AgentState::WrapUp),
            removed: plan.removed,
        });
    let name = |group: &call::plan::Group| if group.removed { String::new() } else { group.name.clone() };
    let groups = exchange.plan().groups.iter().map(name).collect();
    Picture { calls: exchange.switch.retell(now), agents: agents.collect(), groups }
}

/// The place of an agent in the tables.
pub(crate) fn place(agent: AgentId) -> usize {
    agent.0 as usize
}
