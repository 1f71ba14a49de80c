//! Another plan while agents work.

use std::sync::Arc;

use base::{AgentId, Now};

use crate::roster::{Agent, RELOAD};
use crate::{Action, Plan, Roster, State};

impl Roster {
    /// Has another plan hold from now on.
    pub(crate) fn adopt(&mut self, now: Now, plan: Arc<Plan>, out: &mut Vec<Action>) {
        if plan.agents.len() < self.agents.len() {
            return;
        }
        self.plan = plan;
        self.agents.resize_with(self.plan.agents.len(), Agent::new);
        for id in (0..self.agents.len() as u32).map(AgentId) {
            if self.has_removed(id) {
                self.dismiss(now, id, out);
            }
        }
    }

    pub(crate) fn has_removed(&self, id: AgentId) -> bool {
        self.plan.agents.get(id.0 as usize).is_some_and(|agent| agent.removed)
    }

    /// Signs an agent off who is no more; a talk runs on, and whoever comes back by that number begins anew.
    fn dismiss(&mut self, now: Now, id: AgentId, out: &mut Vec<Action>) {
        self.telling(id, out, |roster, out| {
            while let Some(old) = roster.agent(id).and_then(|agent| agent.bindings.pop()) {
                roster.unbind(id, &old);
                out.push(Action::Fact(old.gone(id)));
            }
            roster.count(id, 0, out);
            roster.stand(now, id, (State::SignedOff, false), RELOAD, out);
        });
        if let Some(agent) = self.agent(id) {
            agent.paused_by = None;
        }
    }
}
