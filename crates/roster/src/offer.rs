//! Offers, talks and wrap-up: what the slot is held for, and what is told of it.

use base::{AgentHappening, AgentId, CallId, GroupId, Now, Time};

use crate::roster::{QUEUE, Timer};
use crate::slot::Slot;
use crate::{Action, Fact, Outcome, Roster};

impl Outcome {
    /// The word in records and the API.
    pub const fn name(self) -> &'static str {
        match self {
            Outcome::Rejected => "rejected",
            Outcome::Busy => "busy",
            Outcome::NoAnswer => "no_answer",
            Outcome::Unreachable => "unreachable",
            Outcome::Withdrawn => "withdrawn",
            Outcome::Answered => "answered",
        }
    }
}

impl Roster {
    pub(crate) fn reserve(
        &mut self,
        now: Now,
        id: AgentId,
        (call, group): (CallId, GroupId),
        (epoch, until): (u64, Time),
        out: &mut Vec<Action>,
    ) {
        let refused = Action::SlotRefused { call, agent: id, epoch };
        let Some(agent) = self.agent(id) else { return out.push(refused) };
        let newer = epoch > agent.epoch;
        agent.epoch = agent.epoch.max(epoch);
        let contacts = agent.bindings.contacts(now.time);
        let freed = agent.freed;
        let free = agent.slot == Slot::Free && agent.is_reachable() && !contacts.is_empty();
        if free && newer {
            agent.offered = Some(call);
            out.push(Action::Offer { call, agent: id, group, epoch, until, freed, contacts });
            self.set(id, Slot::Reserved { call, epoch, until }, out);
            return self.event(now, id, AgentHappening::Offered { call }, QUEUE, out);
        }
        out.push(refused);
        if free {
            // Only the number was old. The queue takes a refusal for a slot in use and waits for this.
            out.push(Action::Ready { agent: id });
        }
    }

    /// Turns a slot, and tells the queue when that frees it.
    pub(crate) fn turn(&mut self, now: Now, id: AgentId, out: &mut Vec<Action>, change: impl FnOnce(Slot) -> Slot) {
        let Some(before) = self.agent(id).map(|a| a.slot) else { return };
        let after = change(before);
        if before == after {
            return;
        }
        self.set(id, after, out);
        if let Slot::Talking { call, .. } = before {
            self.event(now, id, AgentHappening::TalkOver { call }, QUEUE, out);
        }
        match after {
            Slot::Talking { call, .. } => self.talks(now, id, call, out),
            Slot::Free => self.freed(now, id, out),
            _ => {}
        }
    }

    fn talks(&mut self, now: Now, id: AgentId, call: CallId, out: &mut Vec<Action>) {
        if let Some(agent) = self.agent(id) {
            agent.offered = None;
        }
        self.event(now, id, AgentHappening::Talking { call }, QUEUE, out);
        self.answered(now, id, call, out);
    }

    fn freed(&mut self, now: Now, id: AgentId, out: &mut Vec<Action>) {
        self.pause_begins(now, id, out);
        let Some(agent) = self.agent(id) else { return };
        agent.freed = Some(now.time);
        if agent.is_reachable() {
            out.push(Action::Ready { agent: id });
        }
    }

    /// The deadline stands and falls with the slot's state, so the slot is still as it was when it was set.
    pub(crate) fn backstop(&mut self, now: Now, id: AgentId, out: &mut Vec<Action>) {
        self.turn(now, id, out, |_| Slot::Free);
    }

    /// Sets a slot and writes it down.
    pub(crate) fn set(&mut self, id: AgentId, slot: Slot, out: &mut Vec<Action>) {
        self.hold(id, slot);
        out.push(Action::Fact(Fact::Slot { agent: id, serves: slot.serving() }));
    }

    /// Sets a slot and its backstop.
    pub(crate) fn hold(&mut self, id: AgentId, slot: Slot) {
        let Some(agent) = self.agents.get_mut(id.0 as usize) else { return };
        agent.slot = slot;
        if let Some(old) = agent.backstop.take() {
            self.deadlines.cancel(old);
        }
        agent.backstop = slot.backstop().map(|at| self.deadlines.arm(at, Timer::Backstop { agent: id }));
    }

    /// The end of an offer that was made and not taken; of any other nothing was told, so nothing has ended.
    pub(crate) fn offer_over(&mut self, now: Now, id: AgentId, call: CallId, outcome: Outcome, out: &mut Vec<Action>) {
        if outcome == Outcome::Answered {
            self.answered(now, id, call, out);
        }
        let open = self.agent(id).and_then(|agent| agent.offered.take_if(|offered| *offered == call));
        if open.is_none() {
            return;
        }
        let word = outcome.name().to_owned();
        self.event(now, id, AgentHappening::OfferOver { call, outcome: word }, QUEUE, out);
        if outcome == Outcome::NoAnswer {
            self.unanswered(now, id, call, out);
        }
    }

    /// The phone is in use, or not any more.
    pub(crate) fn own_call(&mut self, now: Now, id: AgentId, begins: bool, out: &mut Vec<Action>) {
        self.telling(id, out, |roster, _| {
            let Some(agent) = roster.agent(id) else { return };
            let calls = agent.own_calls;
            agent.own_calls = if begins { calls.saturating_add(1) } else { calls.saturating_sub(1) };
            if calls > 0 && agent.own_calls == 0 {
                // What we refuse its call with may be overtaken by what it is offered next.
                agent.freed = Some(now.time);
            }
        });
    }

    /// A colleague calls: whatever the agent's state, a phone that is free rings.
    pub(crate) fn ring(&mut self, now: Now, id: AgentId, call: CallId, out: &mut Vec<Action>) {
        let contacts = self.agent(id).map(|agent| agent.bindings.contacts(now.time)).unwrap_or_default();
        let busy = self.agent(id).is_some_and(|agent| agent.slot != Slot::Free || agent.own_calls > 0);
        if contacts.is_empty() || busy {
            return out.push(Action::Unreached { call, agent: id, busy: busy && !contacts.is_empty() });
        }
        out.push(Action::Reached { call, agent: id, contacts });
        self.own_call(now, id, true, out);
    }

    /// The slot serves the talk, and the call of the agent's own is over with that.
    pub(crate) fn takes_over(&mut self, now: Now, id: AgentId, talk: (CallId, u64), out: &mut Vec<Action>) {
        let (call, epoch) = talk;
        let Some(agent) = self.agent(id) else { return };
        agent.own_calls = agent.own_calls.saturating_sub(1);
        agent.epoch = agent.epoch.max(epoch);
        self.turn(now, id, out, |_| Slot::Talking { call, epoch });
    }

    pub(crate) fn wraps_up(&mut self, now: Now, id: AgentId, until: Option<Time>, out: &mut Vec<Action>) {
        let Some(agent) = self.agent(id).filter(|a| a.wrap_up != Some(until)) else { return };
        agent.wrap_up = Some(until);
        let what = match until {
            Some(until) => AgentHappening::WrapUp { until: now.wall.plus(until - now.time) },
            None => AgentHappening::WrapUpOver,
        };
        self.event(now, id, what, QUEUE, out);
    }
}
