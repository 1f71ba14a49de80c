//! The trunks that we call out through: their questions and requests leave with the switch's own, and the answers come back here.

use base::{Now, Ticket};
use carrier::{Action, Carriers, Local, TrunkView};
use sip::{Cause, Message};

use crate::{Effects, Switch};

impl Switch {
    /// The trunks of `call::Plan` lead out as this plan says; said once, at the start.
    pub fn lead_out(&mut self, now: Now, plan: carrier::Plan) {
        // Who calls nobody draws nothing.
        if plan.trunks.iter().any(|trunk| !trunk.targets.is_empty()) {
            let locals = self.plan.networks.iter().map(|network| {
                let call::plan::Advertised { host, udp_port, tcp_port } = network.advertised.clone();
                Local { host, udp_port, tcp_port }
            });
            self.carriers = Carriers::new(plan, locals.collect(), now, self.rng.fork());
        }
    }

    /// How the trunks lead out, in the order of the plan; none for one that only brings calls in.
    pub fn outward(&self, now: Now) -> Vec<Option<TrunkView>> {
        let mut views: Vec<_> = self.carriers.view(now).collect();
        views.resize(self.plan.trunks.len(), None);
        views
    }

    pub(crate) fn on_resolved(&mut self, now: Now, ticket: Ticket, answer: carrier::Answer, out: &mut Effects) {
        let mut actions = Vec::new();
        self.carriers.handle(now, carrier::Input::Resolved { ticket, answer }, &mut actions);
        self.lead(now, actions, out);
    }

    /// The end of a request outside of dialogs: only carriers are asked any.
    pub(crate) fn on_response(&mut self, now: Now, ticket: Ticket, result: Result<&Message, Cause>, out: &mut Effects) {
        let mut actions = Vec::new();
        self.carriers.handle(now, carrier::Input::Response { ticket, result }, &mut actions);
        self.lead(now, actions, out);
    }

    pub(crate) fn carriers_due(&mut self, now: Now, out: &mut Effects) {
        let mut actions = Vec::new();
        self.carriers.handle_timeout(now, &mut actions);
        self.lead(now, actions, out);
    }

    /// Our last word to the carriers that we are registered with.
    pub(crate) fn leave(&mut self, now: Now, out: &mut Effects) {
        let mut actions = Vec::new();
        self.carriers.leave(now, &mut actions);
        self.lead(now, actions, out);
    }

    /// Whether one of them has not answered it.
    pub fn is_leaving(&self) -> bool {
        self.carriers.is_leaving()
    }

    fn lead(&mut self, now: Now, actions: Vec<Action>, out: &mut Effects) {
        for action in actions {
            match action {
                Action::Lookup { ticket, query } => out.lookups.push((ticket, query)),
                Action::Request { ticket, request } => self.endpoint.request(now, ticket, *request, &mut self.sip),
            }
        }
    }
}
