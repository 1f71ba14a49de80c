//! The roster itself: commands and deadlines in, actions out.

use std::sync::Arc;

use base::{AgentId, CallId, Flow, GroupId, Map, Now, Ticket, Time, TimerId, Wheel};

use crate::binding::{Binding, Bindings, Update};
use crate::slot::Slot;
use crate::{Action, Command, Plan, Registration};

/// Every deadline the roster has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timer {
    /// A binding was not refreshed in time.
    Expired { agent: AgentId, serial: u64 },
    /// Nobody reported what became of a reservation, or the end of a dialog: the slot frees itself.
    Backstop { agent: AgentId },
}

/// Whether an agent works.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    #[default]
    SignedOff,
    Ready,
    /// Signed on, and not to be offered calls.
    Paused {
        reason: String,
    },
}

/// One agent.
#[derive(Clone, Debug)]
pub(crate) struct Agent {
    pub(crate) state: State,
    pub(crate) bindings: Bindings,
    pub(crate) slot: Slot,
    /// The newest epoch seen in a `Reserve`.
    epoch: u64,
    backstop: Option<TimerId>,
    /// When the last call left the slot.
    freed: Option<Time>,
}

impl Agent {
    /// Signed on, ready, and with a phone.
    fn is_reachable(&self) -> bool {
        self.state == State::Ready && !self.bindings.is_empty()
    }
}

/// The agents of one node.
#[derive(Clone, Debug)]
pub struct Roster {
    plan: Arc<Plan>,
    pub(crate) agents: Vec<Agent>,
    deadlines: Wheel<Timer>,
    /// Who is bound over a connection, an entry a binding. Only flows of authenticated agents come in here, at most
    /// `contacts_max` an agent.
    by_flow: Map<Flow, Vec<AgentId>>,
    /// Numbers the bindings ever made.
    serials: u64,
}

impl Roster {
    /// A roster in which nobody is registered.
    pub fn new(plan: impl Into<Arc<Plan>>, now: Time) -> Roster {
        let plan = plan.into();
        let signed_off = Agent {
            state: State::SignedOff,
            bindings: Bindings::default(),
            slot: Slot::Free,
            epoch: 0,
            backstop: None,
            freed: None,
        };
        Roster {
            agents: vec![signed_off; plan.agents.len()],
            plan,
            deadlines: Wheel::new(now),
            by_flow: Map::default(),
            serials: 0,
        }
    }

    /// Takes one command; what follows from it is appended to `out`.
    pub fn handle(&mut self, now: Now, command: Command, out: &mut Vec<Action>) {
        let time = now.time;
        match command {
            Command::Register { ticket, agent, registration } => {
                self.register(time, ticket, agent, &registration, out);
            }
            Command::FlowClosed { flow } => self.flow_closed(flow, out),
            Command::Reserve { agent, call, group, epoch, until } => {
                self.reserve(time, agent, (call, group), (epoch, until), out);
            }
            Command::Talking { agent, call, epoch } => self.turn(time, agent, out, |slot| slot.talking(call, epoch)),
            Command::Releasing { agent, call, epoch } => {
                self.turn(time, agent, out, |slot| slot.releasing(time, call, epoch));
            }
            Command::Released { agent, call, epoch } => self.turn(time, agent, out, |slot| slot.released(call, epoch)),
            Command::Set { ticket, agent, .. } => {
                out.push(Action::State { ticket, agent, outcome: Err(crate::StateRefusal::UnknownAgent) });
            }
            Command::OfferOver { .. } | Command::WrapsUp { .. } => {}
        }
    }

    /// Carries out every deadline that is due; each fires once, so at most one a binding and one a slot.
    pub fn handle_timeout(&mut self, now: Now, out: &mut Vec<Action>) {
        while let Some(timer) = self.deadlines.pop(now.time) {
            match timer {
                Timer::Expired { agent, serial } => self.expired(agent, serial, out),
                Timer::Backstop { agent } => self.backstop(now.time, agent, out),
            }
        }
    }

    /// When `handle_timeout` should be called next; may be early, never late.
    pub fn next_timeout(&self) -> Option<Time> {
        self.deadlines.next()
    }

    fn agent(&mut self, id: AgentId) -> Option<&mut Agent> {
        self.agents.get_mut(id.0 as usize)
    }

    fn register(&mut self, now: Time, ticket: Ticket, id: AgentId, asked: &Registration, out: &mut Vec<Action>) {
        let plan = self.plan.clone();
        let Some(agent) = self.agent(id) else {
            // An agent of a newer plan than ours: no contact is kept for it.
            return out.push(Action::Registered { ticket, bindings: Vec::new() });
        };
        match agent.bindings.check(&plan, asked) {
            Ok(updates) => {
                for update in updates {
                    self.update(now, id, asked, update);
                }
                let bindings = self.agent(id).map(|a| a.bindings.listed(now)).unwrap_or_default();
                out.push(Action::Registered { ticket, bindings });
                self.sign(id, out);
            }
            Err(refusal) => out.push(Action::RegisterRefused { ticket, refusal }),
        }
    }

    fn update(&mut self, now: Time, id: AgentId, asked: &Registration, update: Update) {
        if let Some(old) = self.agent(id).and_then(|a| a.bindings.take(&update)) {
            self.unbind(id, &old);
        }
        let Some(until) = update.until(now) else { return };
        self.serials += 1;
        let serial = self.serials;
        let expiry = self.deadlines.arm(until, Timer::Expired { agent: id, serial });
        if asked.flow.transport.is_reliable() {
            self.by_flow.entry(asked.flow).or_default().push(id);
        }
        if let Some(agent) = self.agent(id) {
            agent.bindings.push(update.into_binding(asked, until, serial, expiry));
        }
    }

    /// Forgets what the roster keeps beside a binding that was taken out.
    fn unbind(&mut self, id: AgentId, binding: &Binding) {
        self.deadlines.cancel(binding.expiry);
        if let Some(bound) = self.by_flow.get_mut(&binding.flow) {
            if let Some(place) = bound.iter().position(|b| *b == id) {
                bound.swap_remove(place);
            }
            if bound.is_empty() {
                self.by_flow.remove(&binding.flow);
            }
        }
    }

    fn expired(&mut self, id: AgentId, serial: u64, out: &mut Vec<Action>) {
        if let Some(old) = self.agent(id).and_then(|a| a.bindings.take_serial(serial)) {
            self.unbind(id, &old);
            self.sign(id, out);
        }
    }

    fn flow_closed(&mut self, flow: Flow, out: &mut Vec<Action>) {
        if !flow.transport.is_reliable() {
            return;
        }
        for id in self.by_flow.remove(&flow).unwrap_or_default() {
            if let Some(old) = self.agent(id).and_then(|a| a.bindings.take_on(flow)) {
                self.unbind(id, &old);
                self.sign(id, out);
            }
        }
    }

    /// Signs an agent on with the first phone and off with the last, and tells the queue of a change.
    fn sign(&mut self, id: AgentId, out: &mut Vec<Action>) {
        let on_register = self.plan.agents.get(id.0 as usize).is_some_and(|a| a.ready_on_register);
        let Some(agent) = self.agent(id) else { return };
        let bound = !agent.bindings.is_empty();
        match (&agent.state, bound) {
            (State::SignedOff, true) if on_register => {
                agent.state = State::Ready;
                if agent.slot == Slot::Free {
                    out.push(Action::Ready { agent: id });
                }
            }
            (State::Ready, false) => {
                agent.state = State::SignedOff;
                out.push(Action::Away { agent: id });
            }
            _ => {}
        }
    }

    fn reserve(
        &mut self,
        now: Time,
        id: AgentId,
        (call, group): (CallId, GroupId),
        (epoch, until): (u64, Time),
        out: &mut Vec<Action>,
    ) {
        let refused = Action::SlotRefused { call, agent: id, epoch };
        let Some(agent) = self.agent(id) else { return out.push(refused) };
        let newer = epoch > agent.epoch;
        agent.epoch = agent.epoch.max(epoch);
        let contacts = agent.bindings.contacts(now);
        let freed = agent.freed;
        let free = agent.slot == Slot::Free && agent.is_reachable() && !contacts.is_empty();
        if free && newer {
            out.push(Action::Offer { call, agent: id, group, epoch, until, freed, contacts });
            self.set(id, Slot::Reserved { call, epoch, until });
            return;
        }
        out.push(refused);
        if free {
            // Only the number was old. The queue takes a refusal for a slot in use and waits for this.
            out.push(Action::Ready { agent: id });
        }
    }

    /// Turns a slot, and tells the queue when that frees it.
    fn turn(&mut self, now: Time, id: AgentId, out: &mut Vec<Action>, change: impl FnOnce(Slot) -> Slot) {
        let Some(agent) = self.agents.get(id.0 as usize) else { return };
        let (before, after) = (agent.slot, change(agent.slot));
        if before == after {
            return;
        }
        let reachable = agent.is_reachable();
        self.set(id, after);
        if after == Slot::Free
            && let Some(agent) = self.agent(id)
        {
            agent.freed = Some(now);
        }
        if after == Slot::Free && reachable {
            out.push(Action::Ready { agent: id });
        }
    }

    /// The deadline stands and falls with the slot's state, so the slot is still as it was when it was set.
    fn backstop(&mut self, now: Time, id: AgentId, out: &mut Vec<Action>) {
        self.turn(now, id, out, |_| Slot::Free);
    }

    /// Sets a slot and its backstop.
    fn set(&mut self, id: AgentId, slot: Slot) {
        let Some(agent) = self.agents.get_mut(id.0 as usize) else { return };
        agent.slot = slot;
        if let Some(old) = agent.backstop.take() {
            self.deadlines.cancel(old);
        }
        agent.backstop = slot.backstop().map(|at| self.deadlines.arm(at, Timer::Backstop { agent: id }));
    }
}
