//! INVITE with Replaces: an agent's phone takes the place of a colleague's, in a talk or while that one rings (RFC 3891 §3).

use base::{AgentId, Flow, LegId, Now};
use call::Event;
use sip::{Message, Name, Replaces, ServerTx};

use crate::admit::{Purpose, Sender};
use crate::{Effects, Switch};

/// The option tag (RFC 3891 §6.2). Agents' phones alone are shown it: nobody else's INVITE takes a place here.
pub(crate) const REPLACES: &str = "replaces";

impl Switch {
    /// Whether an INVITE is to take a dialog's place.
    pub(crate) fn names_dialog(request: &Message) -> bool {
        request.headers(Name::Replaces).next().is_some()
    }

    pub(crate) fn on_replaces(
        &mut self,
        now: Now,
        (tx, flow, sender): (ServerTx, Flow, Sender),
        request: &Message,
        out: &mut Effects,
    ) {
        let (agent, leg) = match self.named(sender, request) {
            Ok(named) => named,
            Err(status) => return self.turn_away(now, tx, Some(sender), status),
        };
        let worker = self.calls.get_mut(leg.call).map(|entry| entry.worker).filter(|_| self.has_room(now, sender));
        let Some(lease) = worker.and_then(|worker| self.leases.take(worker, flow.network)) else {
            return self.turn_away_for_now(now, tx, sender);
        };
        out.roster.push(roster::Command::OwnCall { agent, begins: true });
        let called = request.request_uri_ref().and_then(|uri| uri.user_text()).unwrap_or_default();
        let purpose = Purpose { stands_in: Some(leg.call), ..Purpose::new(called, 0) };
        self.tell(now, leg.call, Event::Expect { leg: leg.index }, out);
        self.arrive(now, (tx, flow, sender), request, (lease, purpose), out);
        // Nothing is expected any more, whatever became of it.
        self.tell(now, leg.call, Event::NotGiven, out);
    }

    /// Who asks, and the leg whose place is asked for; or the status that refuses it.
    fn named(&mut self, sender: Sender, request: &Message) -> Result<(AgentId, LegId), u16> {
        let Sender::Agent(agent) = sender else { return Err(403) };
        let mut values = request.headers(Name::Replaces);
        let (Some(value), None) = (values.next(), values.next()) else { return Err(400) };
        let Replaces { call_id, to_tag, from_tag, early_only } = Replaces::parse(value).ok_or(400_u16)?;
        let leg = self.endpoint.find(call_id, [to_tag, from_tag]).ok_or(481_u16)?;
        // Of a call that only winds down the dialog is over.
        let entry = self.calls.get_mut(leg.call).ok_or(603_u16)?;
        entry.call.may_replace(leg.index, early_only, agent)?;
        // Walks over all calls, as a phone that takes a place does seldom.
        if self.calls.iter().any(|call| call.is_served_by(agent)) {
            return Err(486);
        }
        Ok((agent, leg))
    }
}
