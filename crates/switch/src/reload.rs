//! Other plans while calls run: one step, in which the switch adopts its own and the owners are told over their wires.

use std::sync::Arc;

use base::Now;

use crate::trace::fingerprint;
use crate::{Effects, Exchange, Fact, Plans, Switch};

/// Plans that are to hold, and what tells them from others in a trace.
#[derive(Clone, Debug)]
pub struct Reload {
    pub(crate) plans: Plans,
    pub(crate) fingerprint: u64,
}

impl Reload {
    /// Puts every plan into words for the fingerprint: some milliseconds that no control thread should spend.
    pub fn new(plans: Plans) -> Reload {
        Reload { fingerprint: fingerprint(&plans), plans }
    }
}

impl Plans {
    /// What groups and agents are called whose places are ids.
    pub(crate) fn names(&self) -> Fact {
        Fact::Names { groups: self.group_names().collect(), agents: self.agent_names().collect() }
    }

    fn group_names(&self) -> impl Iterator<Item = String> + '_ {
        self.call.groups.iter().map(|group| group.name.clone())
    }

    fn agent_names(&self) -> impl Iterator<Item = String> + '_ {
        self.call.agents.iter().map(|agent| agent.number.clone())
    }

    /// Whether these can hold where a plan holds: every group and agent keeps its place, removed ones too, and networks and trunks are as
    /// many as they were.
    fn can_follow(&self, plan: &call::Plan) -> bool {
        let groups = plan.groups.iter().zip(&self.call.groups).all(|(old, new)| old.name == new.name);
        let agents = plan.agents.iter().zip(&self.call.agents).all(|(old, new)| old.number == new.number);
        let (groups_grow, agents_grow) = (self.call.groups.len(), self.call.agents.len());
        let one_length = (self.acd.groups.len(), self.acd.agents.len(), self.roster.agents.len());
        groups
            && agents
            && groups_grow >= plan.groups.len()
            && agents_grow >= plan.agents.len()
            && one_length == (groups_grow, agents_grow, agents_grow)
            && self.call.networks.len() == plan.networks.len()
            && self.call.trunks.len() == plan.trunks.len()
    }
}

impl Exchange {
    /// Plans that cannot follow change nothing: whoever loads them makes them so that they can.
    pub(crate) fn adopt(&mut self, now: Now, Reload { plans, .. }: Reload, out: &mut Effects) {
        let before = Arc::clone(self.switch.plan());
        if !plans.can_follow(&before) {
            return;
        }
        let grows = plans.call.groups.len() > before.groups.len() || plans.call.agents.len() > before.agents.len();
        if grows {
            out.facts.push(plans.names());
        }
        // Whatever was said before goes before it on each wire, and whatever calls say from now on behind it.
        self.to_queue.push_back(acd::Command::Plan(Arc::new(plans.acd)));
        self.to_roster.push_back(roster::Command::Plan(Arc::new(plans.roster)));
        self.switch.adopt(now, plans.call, out);
    }
}

impl Switch {
    /// Every call goes on by this plan, but for its menu; the door asks for the passwords that are in it.
    fn adopt(&mut self, now: Now, plan: Arc<call::Plan>, out: &mut Effects) {
        self.plan = plan;
        for call in self.calls.ids() {
            let event = call::Event::Plan(Arc::clone(&self.plan));
            self.tell(now, call, event, out);
        }
        self.pump(now, out);
    }
}
