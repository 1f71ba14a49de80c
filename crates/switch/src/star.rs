//! Star codes: an agent dials one, the owner of the state decides, the phone hears what came of it.

use acd::Command as ToQueue;
use base::{AgentId, Flow, Now, Ticket};
use roster::{Command as ToRoster, StarCode, StateChange};
use sip::{Message, ServerTx};

use crate::admit::{Purpose, Sender};
use crate::{Answer, Effects, Switch};

/// A star code that its owner is deciding on.
#[derive(Debug)]
pub(crate) struct Dialled {
    tx: ServerTx,
    flow: Flow,
    sender: Sender,
    /// The prompt that confirms it.
    said: &'static str,
    request: Box<Message>,
}

/// Star codes under way at once: every seat of a large city at the beginning of a shift.
const DIALLED_MAX: usize = 2000;
/// The name in records of who changed a state.
const BY: &str = "star code";
/// The prompt that refuses.
const REFUSED: &str = "agent-refused";

impl Switch {
    /// An agent dialled something with a star; what is no code, or a code for what there is not, is refused in words.
    pub(crate) fn on_starred(
        &mut self,
        now: Now,
        (tx, flow, agent): (ServerTx, Flow, AgentId),
        dialled: &str,
        request: &Message,
        out: &mut Effects,
    ) {
        match self.plan.star_codes.parse(dialled) {
            Some(code) => self.on_star_code(now, (tx, flow, agent), code, request, out),
            None => {
                out.roster.push(ToRoster::OwnCall { agent, begins: true });
                self.say(now, (tx, flow, Sender::Agent(agent)), request, REFUSED, out);
            }
        }
    }

    fn on_star_code(
        &mut self,
        now: Now,
        (tx, flow, agent): (ServerTx, Flow, AgentId),
        code: StarCode,
        request: &Message,
        out: &mut Effects,
    ) {
        if self.dialled.len() >= DIALLED_MAX {
            return self.turn_away_for_now(now, tx, Sender::Agent(agent));
        }
        out.roster.push(ToRoster::OwnCall { agent, begins: true });
        let ticket = self.ticket();
        let by = BY.to_owned();
        let set = |change| ToRoster::Set { ticket, agent, change, by };
        let said = match code {
            StarCode::SignOn => {
                out.roster.push(set(StateChange::SignOn));
                "agent-signed-on"
            }
            StarCode::Ready => {
                out.queue.push(ToQueue::Rested { agent });
                out.roster.push(set(StateChange::Ready));
                "agent-ready"
            }
            StarCode::Pause { reason } => {
                out.roster.push(set(StateChange::Pause { reason }));
                "agent-paused"
            }
            StarCode::SignOff => {
                out.roster.push(set(StateChange::SignOff));
                "agent-signed-off"
            }
            StarCode::WrapUp { length } => {
                out.queue.push(ToQueue::WrapUp { ticket, agent, length });
                "agent-wrap-up"
            }
        };
        let dialled = Dialled { tx, flow, sender: Sender::Agent(agent), said, request: Box::new(request.clone()) };
        self.dialled.insert(ticket, dialled);
    }

    /// Whether a phone waits for the answer to this ticket.
    pub(crate) fn asked_by_phone(&self, ticket: Ticket) -> bool {
        self.dialled.contains_key(&ticket)
    }

    /// The decision is there: a short call tells it.
    pub(crate) fn on_answer(&mut self, now: Now, ticket: Ticket, answer: &Answer, out: &mut Effects) {
        let Some(Dialled { tx, flow, sender, said, request }) = self.dialled.remove(&ticket) else { return };
        let done = matches!(answer, Answer::State(_) | Answer::WrapUp { .. } | Answer::WrapUpAfterTalk { .. });
        self.say(now, (tx, flow, sender), &request, if done { said } else { REFUSED }, out);
    }

    /// Answers with a prompt and hangs up. What an agent does about the own state is let in whatever the load.
    fn say(
        &mut self,
        now: Now,
        (tx, flow, sender): (ServerTx, Flow, Sender),
        request: &Message,
        prompt: &'static str,
        out: &mut Effects,
    ) {
        let Some(lease) = self.lease_for(flow) else {
            if let Sender::Agent(agent) = sender {
                out.roster.push(ToRoster::OwnCall { agent, begins: false });
            }
            return self.turn_away_for_now(now, tx, sender);
        };
        let called = starred(request).unwrap_or_default();
        let purpose = Purpose { errand: Some(prompt), ..Purpose::new(called, 0) };
        self.arrive(now, (tx, flow, sender), request, (lease, purpose), out);
    }
}

/// What was dialled, where it begins with a star.
pub(crate) fn starred(request: &Message) -> Option<String> {
    request.request_uri_ref()?.user_text().filter(|dialled| dialled.starts_with('*'))
}
