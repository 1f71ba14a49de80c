//! How calls and agents stand at one moment, for a mirror that begins or lost its thread.

use base::{AgentId, CallId, Now};
use roster::{Slot, State};
use switch::Exchange;

/// Everything that a mirror holds, taken on the control thread.
#[derive(Debug, Default)]
pub(crate) struct Picture {
    /// Each call with the facts that lead to where it stands.
    pub(crate) calls: Vec<(CallId, Vec<call::Fact>)>,
    /// By `AgentId`.
    pub(crate) agents: Vec<AgentPicture>,
}

#[derive(Debug)]
pub(crate) struct AgentPicture {
    pub(crate) number: String,
    pub(crate) state: State,
    pub(crate) slot: Slot,
    pub(crate) wraps_up: bool,
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
        });
    Picture { calls: exchange.switch.retell(now), agents: agents.collect() }
}

/// The place of an agent in the tables.
pub(crate) fn place(agent: AgentId) -> usize {
    agent.0 as usize
}
