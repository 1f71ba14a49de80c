//! REGISTER: the switch proves who asks, the roster decides, the switch answers (RFC 3261 §10.3).

use std::time::Duration;

use base::{AgentId, Flow, Now};
use roster::{Change, ContactChange, RegisterRefusal, Registration};
use sip::{ContactHeader, Message, Name, Reply, ServerTx};

use crate::admit::{password_of, seconds};
use crate::auth::Verdict;
use crate::reach::{Reach, instance};
use crate::{Effects, Switch};

/// A REGISTER that the roster is deciding on.
#[derive(Debug)]
pub(crate) struct Asked {
    tx: ServerTx,
    agent: AgentId,
    flow: Flow,
    reach: Reach,
}

/// REGISTERs that may wait for the roster at once: more than all phones of 2,000 seats at a power cut's end in one turn.
const ASKED_MAX: usize = 10_000;

impl Switch {
    pub(crate) fn on_register(&mut self, now: Now, tx: ServerTx, flow: Flow, request: &Message, out: &mut Effects) {
        let Some(agent) = self.proved_agent(now, tx, request) else { return };
        let Some(change) = change_of(request) else { return self.answer(now, tx, 400, Vec::new()) };
        let reach = match Reach::of(request, &change) {
            Ok(reach) => reach,
            Err(status) => return self.answer(now, tx, status, Vec::new()),
        };
        if self.asked.len() >= ASKED_MAX {
            return self.answer(now, tx, 503, vec![("Retry-After".to_owned(), "5".to_owned())]);
        }
        let registration = Registration {
            flow,
            call_id: request.call_id().unwrap_or_default().to_owned(),
            cseq: request.cseq().map_or(0, |(number, _)| number),
            expires: seconds(request, Name::Expires),
            path: reach.path.clone(),
            proxied: reach.proxied,
            change,
        };
        let ticket = self.ticket();
        self.asked.insert(ticket, Asked { tx, agent, flow, reach });
        out.roster.push(roster::Command::Register { ticket, agent, registration });
    }

    /// Unknown agents are challenged like known ones, so that nobody can list the numbers.
    fn proved_agent(&mut self, now: Now, tx: ServerTx, request: &Message) -> Option<AgentId> {
        let wanted = request.to().ok().and_then(|to| to.uri.user_text());
        match self.doorman.auth.check(now, request, |user| password_of(&self.plan, user)) {
            Verdict::Proved(user) if Some(&user) == wanted.as_ref() => {
                let agent = self.plan.colleague(&user);
                if agent.is_none() {
                    self.answer(now, tx, 403, Vec::new());
                }
                agent
            }
            Verdict::Challenge(headers) => {
                self.answer(now, tx, 401, headers);
                None
            }
            Verdict::Proved(_) | Verdict::Refused => {
                self.counters.auth_failed += 1;
                self.answer(now, tx, 403, Vec::new());
                None
            }
        }
    }

    pub(crate) fn on_roster(&mut self, now: Now, action: roster::Action, out: &mut Effects) {
        match action {
            roster::Action::Registered { ticket, bindings } => {
                let Some(asked) = self.asked.remove(&ticket) else { return };
                self.note_registered(now, &asked, &bindings);
                let contact = |b: &roster::BindingView| format!("<{}>;expires={}", b.uri, b.expires);
                let contacts = bindings.iter().map(|b| ("Contact".to_owned(), contact(b)));
                let headers = contacts.chain(asked.reach.headers(asked.flow)).collect();
                self.answer(now, asked.tx, 200, headers);
            }
            roster::Action::RegisterRefused { ticket, refusal } => {
                let Some(asked) = self.asked.remove(&ticket) else { return };
                let (status, headers) = refused(refusal);
                self.answer(now, asked.tx, status, headers);
            }
            offer @ roster::Action::Offer { .. } => self.on_offer(now, offer, out),
            roster::Action::Reached { call, agent, contacts } => self.on_reached(now, call, (agent, contacts), out),
            roster::Action::Unreached { call, agent, busy } => {
                if !self.not_summoned(call, out) {
                    self.tell(now, call, call::Event::Unreached { agent, busy }, out);
                }
            }
            // The exchange brings these elsewhere.
            roster::Action::SlotRefused { .. }
            | roster::Action::SignedOn { .. }
            | roster::Action::Ready { .. }
            | roster::Action::Away { .. }
            | roster::Action::State { .. }
            | roster::Action::Event(_)
            | roster::Action::Fact(_) => {}
        }
    }

    /// Whom the door knows from now on. A proxy's flow is that of many, and nobody's proof.
    fn note_registered(&mut self, now: Now, asked: &Asked, bindings: &[roster::BindingView]) {
        let longest = bindings.iter().map(|b| b.expires).max();
        let until = longest.map(|longest| now.time + Duration::from_secs(u64::from(longest)));
        match (until, asked.reach.proxied) {
            (Some(until), false) => self.doorman.registered(asked.flow, asked.agent, until),
            (Some(until), true) => self.doorman.proxies.note(asked.flow, until),
            (None, false) => self.doorman.unregistered(asked.flow),
            (None, true) => {}
        }
    }

    fn answer(&mut self, now: Now, tx: ServerTx, status: u16, headers: Vec<(String, String)>) {
        self.endpoint.reply(now, tx, status, &Reply { headers, body: None }, &mut self.sip);
    }
}

fn refused(refusal: RegisterRefusal) -> (u16, Vec<(String, String)>) {
    match refusal {
        RegisterRefusal::IntervalTooBrief { min } => (423, vec![("Min-Expires".to_owned(), min.to_string())]),
        RegisterRefusal::OutOfOrder => (500, Vec::new()),
        RegisterRefusal::TooManyContacts { .. } => (403, Vec::new()),
    }
}

/// What the Contacts ask for; none when they make no sense together (RFC 3261 §10.3 step 6).
fn change_of(request: &Message) -> Option<Change> {
    let contacts = request.contacts().ok()?;
    if contacts.is_empty() {
        return Some(Change::Query);
    }
    if contacts.contains(&ContactHeader::Star) {
        let alone = contacts.len() == 1 && seconds(request, Name::Expires) == Some(0);
        return alone.then_some(Change::RemoveAll);
    }
    let address = |contact: &ContactHeader| {
        let address = contact.address()?;
        let uri = address.uri.to_string();
        let (expires, q, instance) = (address.expires(), address.q_milli(), instance(address));
        Some(ContactChange { uri, expires, q, instance })
    };
    contacts.iter().map(address).collect::<Option<Vec<_>>>().map(Change::Update)
}
