//! The roster itself: commands and deadlines in, actions out.

use std::sync::Arc;

use base::{AgentEvent, AgentHappening, AgentId, CallId, Flow, Map, Now, Time, TimerId, Wheel};

use crate::binding::Bindings;
use crate::slot::Slot;
use crate::{Action, Command, Plan, Standing, State};

/// Every deadline the roster has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timer {
    /// A binding was not refreshed in time.
    Expired { agent: AgentId, serial: u64 },
    /// Nobody reported what became of a reservation, or the end of a dialog: the slot frees itself.
    Backstop { agent: AgentId },
    /// A phone whose binding a restart ended had time to come back.
    Return { agent: AgentId },
}

/// Who brings about what happens without anybody's asking.
pub(crate) const PHONE: &str = "phone";
pub(crate) const QUEUE: &str = "queue";
pub(crate) const RULE: &str = "rule";
pub(crate) const RESTART: &str = "restart";
pub(crate) const RELOAD: &str = "reload";

/// One agent.
#[derive(Clone, Debug)]
pub(crate) struct Agent {
    pub(crate) standing: Standing,
    /// Offers in a row that rang out.
    pub(crate) unanswered: u8,
    pub(crate) bindings: Bindings,
    pub(crate) slot: Slot,
    /// The newest epoch seen in a `Reserve`.
    pub(crate) epoch: u64,
    pub(crate) backstop: Option<TimerId>,
    /// When the last call left the slot, or the agent's own was over.
    pub(crate) freed: Option<Time>,
    /// The offer of which nobody has said how it ended.
    pub(crate) offered: Option<CallId>,
    /// The call whose ring-out paused the agent: answered after all, it takes the pause back.
    pub(crate) paused_by: Option<CallId>,
    /// Calls that the agent made, or a colleague made to the agent, and that are not over: the phone is in use.
    pub(crate) own_calls: u32,
    /// The last word on wrap-up, so that nothing is told twice; none before the first.
    pub(crate) wrap_up: Option<Option<Time>>,
}

impl Agent {
    pub(crate) const fn new() -> Agent {
        Agent {
            standing: Standing { state: State::SignedOff, by_hand: false, since: Time::ZERO },
            unanswered: 0,
            bindings: Bindings::new(),
            slot: Slot::Free,
            epoch: 0,
            backstop: None,
            freed: None,
            offered: None,
            paused_by: None,
            own_calls: 0,
            wrap_up: None,
        }
    }

    /// Signed on, ready, and with a phone that is not in use for a call of the agent's own.
    pub(crate) fn is_reachable(&self) -> bool {
        self.standing.state == State::Ready && !self.bindings.is_empty() && self.own_calls == 0
    }
}

/// The agents of one node.
#[derive(Clone, Debug)]
pub struct Roster {
    pub(crate) plan: Arc<Plan>,
    pub(crate) agents: Vec<Agent>,
    pub(crate) deadlines: Wheel<Timer>,
    /// Who is bound over a connection, an entry a binding. Only flows of authenticated agents come in here, at most
    /// `contacts_max` an agent.
    pub(crate) by_flow: Map<Flow, Vec<AgentId>>,
    /// Numbers the bindings ever made.
    pub(crate) serials: u64,
    pub(crate) began: Time,
}

impl Roster {
    /// A roster in which nobody is registered.
    pub fn new(plan: impl Into<Arc<Plan>>, now: Time) -> Roster {
        let plan = plan.into();
        Roster {
            agents: vec![Agent::new(); plan.agents.len()],
            plan,
            deadlines: Wheel::new(now),
            by_flow: Map::default(),
            serials: 0,
            began: now,
        }
    }

    /// Takes one command; what follows from it is appended to `out`.
    pub fn handle(&mut self, now: Now, command: Command, out: &mut Vec<Action>) {
        match command {
            Command::Register { ticket, agent, registration } => {
                self.register(now, ticket, agent, &registration, out);
            }
            Command::FlowClosed { flow } => self.flow_closed(now, flow, out),
            Command::Reserve { agent, call, group, epoch, until } => {
                self.reserve(now, agent, (call, group), (epoch, until), out);
            }
            Command::Talking { agent, call, epoch } => self.turn(now, agent, out, |slot| slot.talking(call, epoch)),
            Command::Releasing { agent, call, epoch } => {
                self.turn(now, agent, out, |slot| slot.releasing(now.time, call, epoch));
            }
            Command::Released { agent, call, epoch } => self.turn(now, agent, out, |slot| slot.released(call, epoch)),
            Command::Set { ticket, agent, change, by } => {
                let outcome = self.change(now, agent, change, &by, out);
                out.push(Action::State { ticket, agent, outcome });
            }
            Command::OwnCall { agent, begins } => self.own_call(now, agent, begins, out),
            Command::Ring { call, agent } => self.ring(now, agent, call, out),
            Command::TakesOver { agent, call, epoch } => self.takes_over(now, agent, (call, epoch), out),
            Command::OfferOver { agent, call, outcome } => self.offer_over(now, agent, call, outcome, out),
            Command::WrapsUp { agent, until } => self.wraps_up(now, agent, until, out),
            Command::Plan(plan) => self.adopt(now, plan, out),
        }
    }

    /// Carries out every deadline that is due; each fires once, so at most one a binding and two an agent.
    pub fn handle_timeout(&mut self, now: Now, out: &mut Vec<Action>) {
        while let Some(timer) = self.deadlines.pop(now.time) {
            match timer {
                Timer::Expired { agent, serial } => self.expired(now, agent, serial, out),
                Timer::Backstop { agent } => self.backstop(now, agent, out),
                Timer::Return { agent } => self.telling(agent, out, |r, out| r.phones_changed(now, agent, out)),
            }
        }
    }

    /// When `handle_timeout` should be called next; may be early, never late.
    pub fn next_timeout(&self) -> Option<Time> {
        self.deadlines.next()
    }

    pub(crate) fn agent(&mut self, id: AgentId) -> Option<&mut Agent> {
        self.agents.get_mut(id.0 as usize)
    }

    /// Carries out a change of state or of phones, and tells the queue what it comes to for an agent.
    pub(crate) fn telling(
        &mut self,
        id: AgentId,
        out: &mut Vec<Action>,
        change: impl FnOnce(&mut Roster, &mut Vec<Action>),
    ) {
        let before = self.agent(id).is_some_and(|a| a.is_reachable());
        change(self, out);
        let Some(agent) = self.agent(id) else { return };
        match (before, agent.is_reachable()) {
            (true, false) => out.push(Action::Away { agent: id }),
            // A slot in use says it when it is freed.
            (false, true) if agent.slot == Slot::Free => out.push(Action::Ready { agent: id }),
            _ => {}
        }
    }

    pub(crate) fn event(&self, now: Now, id: AgentId, what: AgentHappening, by: &str, out: &mut Vec<Action>) {
        let number = self.plan.agents.get(id.0 as usize).map(|a| a.number.clone()).unwrap_or_default();
        out.push(Action::Event(AgentEvent { agent: id, number, at: now.wall, what, by: by.to_owned() }));
    }
}
