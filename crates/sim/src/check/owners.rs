//! Queue and roster, side by side.

use acd::{AgentState, View};
use base::{AgentId, CallId, GroupId};
use roster::{Slot, State};
use switch::Exchange;

/// What a group asks of agents, from its first step on.
pub(crate) fn steps(plan: &acd::Plan, group: usize) -> impl Iterator<Item = acd::Need> + '_ {
    let steps = plan.groups.get(group).map(|group| group.steps.as_slice()).unwrap_or_default();
    let own = steps.is_empty().then(|| acd::Need::of(GroupId(group as u16)));
    own.into_iter().chain(steps.iter().map(|step| step.need.clone()))
}

/// Compares what the owners show of themselves.
#[derive(Debug)]
pub(crate) struct Owners {
    pub(crate) plan: acd::Plan,
    /// Whether no message between owners is under way for longer than an agent needs to leave and come back.
    pub(crate) prompt: bool,
}

impl Owners {
    /// After every step.
    pub(crate) fn always(&self, queue: &View, exchange: &Exchange) -> Result<(), String> {
        for (agent, state) in self.plan.agents.iter().zip(&queue.agents) {
            // Who meets every step of a group meets the one that is asked now.
            let serves = |group: usize| steps(&self.plan, group).all(|need| need.rank(&agent.skills).is_some());
            // Who waits for the agent of the last talk waits for nobody else.
            let waits = |group: usize| queue.groups[group].waiting > 0 && self.plan.groups[group].prefer.is_zero();
            if *state == AgentState::Ready && (0..queue.groups.len()).any(|g| serves(g) && waits(g)) {
                return Err(format!("a caller waits while an eligible agent is free: {queue:?}"));
            }
        }
        self.one_agent_a_call(exchange)
    }

    fn one_agent_a_call(&self, exchange: &Exchange) -> Result<(), String> {
        let mut talking: Vec<CallId> = Vec::new();
        for agent in exchange.roster.view().agents {
            if let Slot::Talking { call, .. } = agent.slot {
                if talking.contains(&call) {
                    return Err(format!("{call:?} has two agents: {:?}", exchange.roster.view()));
                }
                talking.push(call);
            }
        }
        Ok(())
    }

    /// When nothing is on the wires.
    pub(crate) fn settled(&self, queue: &View, exchange: &Exchange) -> Result<(), String> {
        for (place, agent) in exchange.roster.view().agents.into_iter().enumerate() {
            let Some(state) = queue.agents.get(place).copied() else { continue };
            let ready = agent.state == State::Ready && agent.contacts > 0 && !agent.own_call;
            let free = ready && agent.slot == Slot::Free;
            let agree = match state {
                // A `Ready` from before a `Reserve` that comes after it promises too much; the slot then refuses.
                AgentState::Ready => free || !self.prompt,
                AgentState::Away => !free,
                AgentState::Offered => matches!(agent.slot, Slot::Reserved { .. }),
                AgentState::Talking => matches!(agent.slot, Slot::Talking { .. }),
                AgentState::WrapUp | AgentState::BackOff => {
                    !matches!(agent.slot, Slot::Reserved { .. } | Slot::Talking { .. })
                }
            };
            if !agree {
                let id = AgentId(place as u32);
                return Err(format!("{id:?} is {state:?} for the queue and {agent:?} for the roster"));
            }
        }
        Ok(())
    }

    /// When nobody calls and no wire holds anything.
    pub(crate) fn idle(&self, exchange: &Exchange) -> Result<(), String> {
        let view = exchange.roster.view();
        match view.agents.iter().find(|a| a.slot != Slot::Free || a.own_call) {
            Some(agent) => Err(format!("no call is left and a phone is in use: {agent:?}")),
            None => Ok(()),
        }
    }
}
