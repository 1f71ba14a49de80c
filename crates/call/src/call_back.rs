//! A call that the house places for an agent: the agent's phone first, and when that has answered, the line (回访).

use std::sync::Arc;

use base::{AgentId, Codec, EndReason, Lease, LegId, Now, StartRecord};
use roster::Contact;

use crate::call::FIRST;
use crate::journey::{Calling, Journey};
use crate::leg::{Leg, Party, State};
use crate::outgoing::PHONE_RINGS;
use crate::{Action, Call, Callee, Destination, Dial, Fact, Plan, Timer};

/// A call back that begins: the roster counts the agent's phone as in use for it already.
#[derive(Clone, Debug)]
pub struct CallBack {
    pub start: Arc<StartRecord>,
    pub agent: AgentId,
    /// The line, in its one form.
    pub line: String,
    pub contact: Contact,
    pub lease: Lease,
    pub session_id: u64,
}

impl Call {
    /// Rings the agent's phone, which shows the line.
    pub fn call_back(plan: Arc<Plan>, now: Now, back: CallBack, out: &mut Vec<Action>) -> Call {
        let CallBack { start, agent, line, contact, lease, session_id } = back;
        let id = LegId { call: start.id, index: FIRST };
        let mut phone = Leg::new(id, lease, contact.flow.peer.ip(), session_id, Codec::ALL.to_vec());
        phone.party = Party::Own(agent);
        let body = phone.offer();
        let mut call = Call::of(plan, start, 0, phone, session_id);
        let locale = call.plan.prompts.locale_name(call.locale);
        call.account.started(&call.menu.version, locale, out);
        call.tell_own(0, out);
        out.push(Action::Fact(Fact::Calling { to: line.clone() }));
        out.push(Action::Dial(Box::new(Dial {
            leg: FIRST,
            to: Destination::Phone(contact),
            from_number: line.clone(),
            from_display: String::new(),
            context: call.context(),
            body,
        })));
        out.push(Action::Arm { timer: Timer::NoAnswer, at: now.time + PHONE_RINGS });
        call.journey = Journey::Summoning { line };
        call.settle(out);
        call
    }

    /// The agent's phone has answered: the line is called, as if the agent had dialled it.
    pub(crate) fn summoned(&mut self, now: Now, line: String, body: Option<&[u8]>, out: &mut Vec<Action>) {
        if body.is_none_or(|answer| self.legs[0].accept(answer).is_err()) {
            return self.end(now, EndReason::Unanswered, out);
        }
        self.legs[0].state = State::Confirmed;
        self.account.answered(now, out);
        self.open(0, out);
        let outgoing = self.call_party(now, Callee::Line(line), out);
        self.journey = Journey::Calling(Calling { outgoing, told: 0, promised: None, last_resort: false, menu: None });
    }
}
