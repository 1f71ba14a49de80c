//! Queue and roster, side by side.

use acd::AgentState;
use base::{AgentId, CallId, Now};
use roster::{Slot, State};
use switch::Exchange;

/// Compares what the owners show of themselves.
#[derive(Debug)]
pub(crate) struct Owners {
    pub(crate) plan: acd::Plan,
    /// Whether no message between owners is under way for longer than an agent needs to leave and come back.
    pub(crate) prompt: bool,
}

impl Owners {
    /// After every step.
    pub(crate) fn always(&self, now: Now, exchange: &Exchange) -> Result<(), String> {
        let queue = exchange.acd.view(now);
        for (agent, state) in self.plan.agents.iter().zip(&queue.agents) {
            let serves = |group: usize| agent.skills.iter().any(|s| usize::from(s.group.0) == group);
            let waits = |group: usize| queue.groups[group].waiting > 0;
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
    pub(crate) fn settled(&self, now: Now, exchange: &Exchange) -> Result<(), String> {
        let queue = exchange.acd.view(now);
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
