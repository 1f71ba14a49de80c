//! Agents who are held by nothing but time: wrap-up after a talk, back-off after an offer that came to nothing.

use std::time::Duration;

use base::{AgentId, GroupId, Time};

use crate::action::Granted;
use crate::agents::State;
use crate::ledger::Rest;
use crate::timer::Timer;
use crate::{Acd, Action, Decline, Fact};

impl Acd {
    /// The agent's talk is over: wrap-up, or free at once where there is none.
    pub(crate) fn talk_over(&mut self, now: Time, agent: AgentId, out: &mut Vec<Action>) {
        let Some(State::Talking { group, least, began, .. }) = self.agents.get(agent).map(|a| a.state) else { return };
        self.count_talk(now, agent, began, out);
        let length = self.wrap_up(agent, group).max(least);
        if let Some(group) = group {
            self.handled(now, group, (now - began) + length, out);
        }
        self.free(agent);
        if !length.is_zero() {
            self.begin_rest(agent, Rest { wrap_up: true, until: now + length }, out);
        }
        self.review(now, agent, out);
    }

    /// Sends an agent into the rest that the cause calls for.
    pub(crate) fn blame(&mut self, now: Time, agent: AgentId, cause: Decline, out: &mut Vec<Action>) {
        if cause == Decline::Taken {
            return;
        }
        if let Some(a) = self.agents.get_mut(agent) {
            a.idle = None;
        }
        let length = self.back_off(cause);
        if !length.is_zero() {
            self.begin_rest(agent, Rest { wrap_up: false, until: now + length }, out);
        }
    }

    /// Somebody asks that the agent wrap up for so long.
    pub(crate) fn ask_wrap_up(
        &mut self,
        now: Time,
        agent: AgentId,
        length: Duration,
        out: &mut Vec<Action>,
    ) -> Granted {
        let length = length.min(self.plan.wrap_up_max);
        let Some(a) = self.agents.get_mut(agent) else { return Granted::Nothing };
        match &mut a.state {
            State::Talking { least, .. } => {
                *least = length;
                Granted::AfterTalk(length)
            }
            State::Resting { over, rest } if rest.wrap_up => {
                let until = now + length;
                if rest.until != until {
                    self.deadlines.cancel(*over);
                    self.begin_rest(agent, Rest { wrap_up: true, until }, out);
                }
                Granted::Until(until)
            }
            _ => Granted::Nothing,
        }
    }

    /// The agent's rest is over, by time or by word; in any other state there is nothing to end.
    pub(crate) fn rested(&mut self, now: Time, agent: AgentId, out: &mut Vec<Action>) {
        if self.end_rest(agent, out) {
            self.review(now, agent, out);
        }
    }

    /// Holds an agent who is held by nothing else until then. Replaces a rest whose deadline is cancelled.
    fn begin_rest(&mut self, agent: AgentId, rest: Rest, out: &mut Vec<Action>) {
        self.hold_at_rest(agent, rest);
        let Rest { wrap_up, until } = rest;
        out.push(Action::Fact(Fact::Rests { agent, wrap_up, until }));
        if wrap_up {
            out.push(Action::WrapsUp { agent, until: Some(until) });
        }
    }

    /// Holds an agent as the ledger has it already.
    pub(crate) fn hold_at_rest(&mut self, agent: AgentId, rest: Rest) {
        let Some(a) = self.agents.get_mut(agent) else { return };
        let over = self.deadlines.set(rest.until, Timer::Rested { agent });
        a.state = State::Resting { over, rest };
    }

    /// Ends an agent's rest, if there is one, and leaves the agent free.
    pub(crate) fn end_rest(&mut self, agent: AgentId, out: &mut Vec<Action>) -> bool {
        let Some(State::Resting { over, rest }) = self.agents.get(agent).map(|a| a.state) else { return false };
        self.deadlines.cancel(over);
        self.free(agent);
        out.push(Action::Fact(Fact::Rested { agent }));
        if rest.wrap_up {
            out.push(Action::WrapsUp { agent, until: None });
        }
        true
    }

    pub(crate) fn free(&mut self, agent: AgentId) {
        if let Some(a) = self.agents.get_mut(agent) {
            a.state = State::Free;
        }
    }

    /// How long an agent wraps up after a talk of this group; an agent's own time goes first.
    fn wrap_up(&self, agent: AgentId, group: Option<GroupId>) -> Duration {
        let has_own = self.agents.get(agent).is_some_and(|a| a.own_wrap_up);
        let own = self.plan.agents.get(agent.0 as usize).filter(|_| has_own).and_then(|a| a.wrap_up);
        let of_group = || self.plan.groups.get(usize::from(group?.0)).map(|g| g.wrap_up);
        own.or_else(of_group).unwrap_or_default()
    }

    /// How long an agent rests after an offer that came to nothing for this cause.
    fn back_off(&self, cause: Decline) -> Duration {
        let plan = self.plan.back_off;
        match cause {
            Decline::Rejected => plan.rejected,
            Decline::Busy => plan.busy,
            Decline::NoAnswer => plan.no_answer,
            Decline::Unreachable => plan.unreachable,
            Decline::Taken => Duration::ZERO,
        }
    }
}
