//! What others may know of a call.

use base::{AgentId, OrderNumber};

use crate::Call;
use crate::journey::Journey;
use crate::leg::{Leg, Party};

/// Where the citizen is, for views.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    Arriving,
    Menu,
    Waiting,
    /// An agent calls somebody who has not answered.
    Calling,
    Talking,
    Ending,
}

/// Letters of the menu's path that go along: an INVITE has to fit into a datagram (RFC 3261 §18.1.1).
const CONTEXT_PATH_MAX: usize = 120;

impl Call {
    pub fn phase(&self) -> Phase {
        match self.journey {
            Journey::Arriving => Phase::Arriving,
            Journey::Menu(_) => Phase::Menu,
            Journey::Waiting(_) => Phase::Waiting,
            Journey::Calling(_) | Journey::CallingBack(_) | Journey::Summoning { .. } => Phase::Calling,
            Journey::With(_) => Phase::Talking,
            Journey::Leaving(_) | Journey::Ending => Phase::Ending,
        }
    }

    /// The agent whose phone is on this leg.
    pub fn agent_on(&self, leg: u16) -> Option<AgentId> {
        self.legs.iter().find(|l| l.id.index == leg && l.is_live())?.agent()
    }

    /// The leg of an agent who calls or talks.
    pub fn leg_of(&self, agent: AgentId) -> Option<u16> {
        self.legs.iter().find(|l| l.is_live() && l.agent() == Some(agent)).map(|l| l.id.index)
    }

    /// Whether the queue has given the caller to the agent, who talks or is rung for that.
    pub fn is_served_by(&self, agent: AgentId) -> bool {
        let offered = |leg: &Leg| matches!(leg.party, Party::Offered(_));
        let of_agent = |leg: &&Leg| leg.is_live() && leg.agent() == Some(agent);
        self.legs.iter().filter(of_agent).any(|leg| offered(leg) || self.is_queued())
    }

    /// Whether the queue has a part in the talk.
    pub fn is_queued(&self) -> bool {
        matches!(&self.journey, Journey::With(with) if with.place.is_some())
    }

    /// The agent who talks, and may be handing the citizen on.
    pub fn talks_with(&self) -> Option<AgentId> {
        match &self.journey {
            Journey::With(with) => with.peer.agent(),
            _ => None,
        }
    }

    /// The number of the next leg.
    pub fn draw_leg(&mut self) -> u16 {
        let index = self.next_leg;
        self.next_leg = index.saturating_add(1);
        index
    }

    /// What goes along to an agent's phone: the call's id in the API, its group, the way through the menu, who served before, how often the citizen
    /// has called before, and the order.
    pub(crate) fn context(&self) -> String {
        let mut context = format!("call=\"{}\"", self.start.id);
        let mut put = |name: &str, value: &str| {
            if !value.is_empty() {
                // A quoted string (RFC 3261 §25.1); names of groups and nodes hold neither quotes nor control characters.
                [";", name, "=\"", value, "\""].into_iter().for_each(|part| context.push_str(part));
            }
        };
        let group = self.place().and_then(|place| self.plan.groups.get(usize::from(place.group.0)));
        put("group", group.map_or("", |group| group.name.as_str()));
        put("menu", &self.account.path_end(CONTEXT_PATH_MAX));
        put("from", self.account.served_by());
        put("earlier", &Some(self.account.earlier()).filter(|e| *e > 0).map(|e| e.to_string()).unwrap_or_default());
        if let Some(order) = self.account.order() {
            context.push(';');
            context.push_str(&order_said(order));
        }
        context
    }

    /// What goes along to a line outside: nothing of the house but the order, which whoever answers may have to name.
    pub(crate) fn context_outside(&self) -> String {
        self.account.order().map(order_said).unwrap_or_default()
    }

    pub fn order(&self) -> Option<&OrderNumber> {
        self.account.order()
    }

    pub fn id(&self) -> base::CallId {
        self.start.id
    }

    /// Whether its record was made.
    pub fn is_ended(&self) -> bool {
        matches!(self.journey, Journey::Ending)
    }

    pub fn is_over(&self) -> bool {
        self.over
    }
}

fn order_said(order: &OrderNumber) -> String {
    format!("order={}", order.quoted())
}
