//! The registrar: what a REGISTER, an expiry and a closed connection do to bindings (RFC 3261 §10.3).

use base::{AgentId, Flow, Now, Ticket};

use crate::binding::{Binding, Update};
use crate::reach::own_flow;
use crate::roster::Timer;
use crate::{Action, Bound, Registration, Roster};

impl Roster {
    pub(crate) fn register(
        &mut self,
        now: Now,
        ticket: Ticket,
        id: AgentId,
        asked: &Registration,
        out: &mut Vec<Action>,
    ) {
        let plan = self.plan.clone();
        let removed = self.has_removed(id);
        let Some(agent) = self.agent(id).filter(|_| !removed) else {
            // An agent of another plan than ours: no contact is kept for it.
            return out.push(Action::Registered { ticket, bindings: Vec::new() });
        };
        let updates = match agent.bindings.check(&plan, asked) {
            Ok(updates) => updates,
            Err(refusal) => return out.push(Action::RegisterRefused { ticket, refusal }),
        };
        let changes = !updates.is_empty();
        self.telling(id, out, |roster, out| {
            for update in updates {
                roster.update(now, id, asked, update, out);
            }
            let bindings = roster.agent(id).map(|a| a.bindings.listed(now.time)).unwrap_or_default();
            out.push(Action::Registered { ticket, bindings });
            if changes {
                roster.phones_changed(now, id, out);
            }
        });
    }

    fn update(&mut self, now: Now, id: AgentId, asked: &Registration, update: Update, out: &mut Vec<Action>) {
        let mut old = Vec::new();
        while let Some(taken) = self.agent(id).and_then(|a| a.bindings.take(&update)) {
            self.unbind(id, &taken.1);
            old.push(taken);
        }
        match update.until(now.time) {
            Some(until) => {
                let binding = self.bind(id, update.into_bound(asked, until));
                out.push(Action::Fact(binding.fact(id, &old)));
                if let Some(agent) = self.agent(id) {
                    agent.bindings.push(binding);
                }
            }
            None => out.extend(old.into_iter().map(|(_, old)| Action::Fact(old.gone(id)))),
        }
    }

    /// Makes what the roster keeps beside a binding.
    pub(crate) fn bind(&mut self, id: AgentId, bound: Bound) -> Binding {
        self.serials += 1;
        let serial = self.serials;
        let expiry = self.deadlines.arm(bound.until, Timer::Expired { agent: id, serial });
        if bound.flow.transport.is_reliable() {
            self.by_flow.entry(bound.flow).or_default().push(id);
        }
        Binding::new(bound, serial, expiry)
    }

    /// Forgets what the roster keeps beside a binding that was taken out.
    pub(crate) fn unbind(&mut self, id: AgentId, binding: &Binding) {
        self.deadlines.cancel(binding.expiry);
        let flow = binding.bound.flow;
        if let Some(bound) = self.by_flow.get_mut(&flow) {
            if let Some(place) = bound.iter().position(|b| *b == id) {
                bound.swap_remove(place);
            }
            if bound.is_empty() {
                self.by_flow.remove(&flow);
            }
        }
    }

    pub(crate) fn expired(&mut self, now: Now, id: AgentId, serial: u64, out: &mut Vec<Action>) {
        self.lose(now, id, out, |agent| agent.bindings.take_serial(serial));
    }

    pub(crate) fn flow_closed(&mut self, now: Now, flow: Flow, out: &mut Vec<Action>) {
        if !flow.transport.is_reliable() {
            return;
        }
        for id in self.by_flow.remove(&flow).unwrap_or_default() {
            if !self.redirect(id, flow, out) {
                self.lose(now, id, out, |agent| agent.bindings.take_on(flow));
            }
        }
    }

    /// A phone that takes connections at its own address is called there from now on; once, then it has to register again.
    fn redirect(&mut self, id: AgentId, gone: Flow, out: &mut Vec<Action>) -> bool {
        let on = |bound: &&Bound| bound.flow == gone && gone.connection != 0;
        let own = self.agent(id).and_then(|agent| agent.bindings.bound().find(on).and_then(own_flow));
        let Some(flow) = own else { return false };
        let Some(old) = self.agent(id).and_then(|agent| agent.bindings.take_on(gone)) else { return false };
        self.deadlines.cancel(old.expiry);
        let binding = self.bind(id, Bound { flow, ..old.bound });
        out.push(Action::Fact(binding.fact(id, &[])));
        if let Some(agent) = self.agent(id) {
            agent.bindings.push(binding);
        }
        true
    }

    fn lose(
        &mut self,
        now: Now,
        id: AgentId,
        out: &mut Vec<Action>,
        take: impl FnOnce(&mut crate::roster::Agent) -> Option<Binding>,
    ) {
        self.telling(id, out, |roster, out| {
            let Some(old) = roster.agent(id).and_then(take) else { return };
            roster.unbind(id, &old);
            out.push(Action::Fact(old.gone(id)));
            roster.phones_changed(now, id, out);
        });
    }
}
