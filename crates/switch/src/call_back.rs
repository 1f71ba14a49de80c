//! Calls that somebody asks for on behalf of an agent: the agent's phone is asked for, then the call begins at it.

use std::sync::Arc;

use base::{AgentId, CallId, Now, Ticket};
use call::{Call, CallBack};
use roster::Contact;

use crate::admit::Sender;
use crate::fault::Estate;
use crate::{Answer, Effects, Switch};

/// A call that waits for the roster's word on the agent's phone.
#[derive(Clone, Debug)]
pub(crate) struct Summons {
    ticket: Ticket,
    line: String,
}

/// Calls that wait for it at once: each agent of the largest hotline; the roster answers in the same turn.
const SUMMONS_MAX: usize = 2000;

impl Switch {
    /// What cannot be is told at once; else the roster is asked for the phone.
    pub(crate) fn summon(&mut self, now: Now, ticket: Ticket, agent: AgentId, to: &str, out: &mut Effects) {
        let line = self.plan.line(to).filter(|line| self.may_call(now, line, agent));
        let answer = match line {
            _ if self.plan.agents.get(agent.0 as usize).is_none_or(|agent| agent.removed) => Answer::NoSuchAgent,
            None => Answer::MayNotCall,
            Some(_) if self.summons.len() >= SUMMONS_MAX || !self.has_room(now, Sender::Agent(agent)) => Answer::NoRoom,
            Some(line) => {
                let call = self.calls.draw_id();
                self.summons.insert(call, Summons { ticket, line });
                out.roster.push(roster::Command::Ring { call, agent });
                return;
            }
        };
        out.answers.push((ticket, answer));
    }

    /// The phone is in use, or there is none. False for a call that is no such one.
    pub(crate) fn not_summoned(&mut self, call: CallId, out: &mut Effects) -> bool {
        let summons = self.summons.remove(&call);
        out.answers.extend(summons.iter().map(|summons| (summons.ticket, Answer::NoPhoneFree)));
        summons.is_some()
    }

    /// The phone is held for the call, which begins at the best way to it.
    pub(crate) fn summoned(
        &mut self,
        now: Now,
        (agent, summons): (AgentId, Summons),
        contacts: Vec<Contact>,
        out: &mut Effects,
    ) {
        let first = contacts.into_iter().next();
        let placed = first.and_then(|contact| Some((self.lease_for(contact.flow)?, contact)));
        let Some((lease, contact)) = placed else {
            out.roster.push(roster::Command::OwnCall { agent, begins: false });
            return out.answers.push((summons.ticket, Answer::NoRoom));
        };
        self.leases.refill(&mut out.jobs);
        let sender = Sender::Agent(agent);
        let number = self.plan.agents.get(agent.0 as usize).map(|agent| agent.number.clone()).unwrap_or_default();
        let start = Arc::new(self.start_record(now, sender, (number, summons.line.clone())));
        let id = start.id;
        let estate = Estate::summoning(Arc::clone(&start), agent, lease.end);
        let session_id = self.rng.u64() >> 2;
        let back = CallBack { start, agent, line: summons.line, contact, lease, session_id };
        let rings = self.begin(
            now,
            (id, estate),
            lease.end.worker,
            |plan, actions| Call::call_back(plan, now, back, actions),
            out,
        );
        let answer = if rings { Answer::Rings { call: id } } else { Answer::NoRoom };
        out.answers.push((summons.ticket, answer));
    }
}
