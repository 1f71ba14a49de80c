//! Whether an agent works: asked for by hand, brought about by a phone, or by the rule of unanswered offers.

use base::{AgentHappening, AgentId, CallId, Now};

use crate::plan::NO_ANSWER;
use crate::roster::{Agent, PHONE, RULE};
use crate::{Action, Fact, Plan, Roster, Standing, StateChange, StateRefusal};

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

impl Agent {
    /// What a change that somebody asks for comes to: the state, and whether sign-on or sign-off are by hand.
    fn asked(&self, change: StateChange, plan: &Plan) -> Result<(State, bool), StateRefusal> {
        let Standing { state, by_hand, .. } = &self.standing;
        match (change, state) {
            (StateChange::Pause { reason }, _) if !plan.knows_reason(&reason) => {
                Err(StateRefusal::UnknownReason { known: plan.known_reasons() })
            }
            (StateChange::SignOff, _) => Ok((State::SignedOff, true)),
            (StateChange::SignOn, State::SignedOff) => Ok((State::Ready, true)),
            (StateChange::SignOn, state) => Ok((state.clone(), true)),
            (StateChange::Ready, State::Ready) => Ok((State::Ready, *by_hand)),
            (StateChange::Ready, _) if self.bindings.is_empty() => Err(StateRefusal::NoPhone),
            (StateChange::Ready, State::SignedOff) => Ok((State::Ready, true)),
            (StateChange::Ready, State::Paused { .. }) => Ok((State::Ready, *by_hand)),
            (StateChange::Pause { .. }, State::SignedOff) => Err(StateRefusal::SignedOff),
            (StateChange::Pause { reason }, _) => Ok((State::Paused { reason }, *by_hand)),
        }
    }
}

/// What a change of state is called in the agent's day. Who is signed on is ready at once.
fn happenings(before: &State, after: &State) -> Vec<AgentHappening> {
    let word = match after {
        State::SignedOff => AgentHappening::SignedOff,
        State::Ready => AgentHappening::Ready,
        State::Paused { reason } => AgentHappening::Paused { reason: reason.clone() },
    };
    match before {
        before if before == after => Vec::new(),
        State::SignedOff => vec![AgentHappening::SignedOn, word],
        _ => vec![word],
    }
}

impl Roster {
    /// Carries out what somebody asks for, and says what the state is now.
    pub(crate) fn change(
        &mut self,
        now: Now,
        id: AgentId,
        change: StateChange,
        by: &str,
        out: &mut Vec<Action>,
    ) -> Result<State, StateRefusal> {
        let plan = self.plan.clone();
        let removed = self.has_removed(id);
        let agent = self.agent(id).filter(|_| !removed).ok_or(StateRefusal::UnknownAgent)?;
        let (state, by_hand) = agent.asked(change, &plan)?;
        agent.paused_by = None;
        self.count(id, 0, out);
        self.telling(id, out, |roster, out| roster.stand(now, id, (state.clone(), by_hand), by, out));
        Ok(state)
    }

    /// Signs an agent on with the first phone and off with the last, where that was not decided by hand. A pause stands.
    pub(crate) fn phones_changed(&mut self, now: Now, id: AgentId, out: &mut Vec<Action>) {
        let on_register = self.plan.agents.get(id.0 as usize).is_some_and(|a| a.ready_on_register);
        let Some(agent) = self.agent(id).filter(|a| !a.standing.by_hand) else { return };
        let state = match (&agent.standing.state, agent.bindings.is_empty()) {
            (State::SignedOff, false) if on_register => State::Ready,
            (State::Ready, true) => State::SignedOff,
            _ => return,
        };
        self.stand(now, id, (state, false), PHONE, out);
    }

    /// Writes a state down and tells of it; whoever calls it tells the queue.
    pub(crate) fn stand(&mut self, now: Now, id: AgentId, to: (State, bool), by: &str, out: &mut Vec<Action>) {
        let (state, by_hand) = to;
        let Some(agent) = self.agent(id) else { return };
        let before = agent.standing.clone();
        let since = if before.state == state { before.since } else { now.time };
        agent.standing = Standing { state, by_hand, since };
        if agent.standing == before {
            return;
        }
        let standing = agent.standing.clone();
        let on = standing.state != State::SignedOff;
        if on != (before.state != State::SignedOff) {
            out.push(Action::SignedOn { agent: id, on });
        }
        for what in happenings(&before.state, &standing.state) {
            self.event(now, id, what, by, out);
        }
        out.push(Action::Fact(Fact::State { agent: id, standing }));
    }

    /// Sets the number of offers that rang out in a row.
    pub(crate) fn count(&mut self, id: AgentId, count: u8, out: &mut Vec<Action>) {
        if let Some(agent) = self.agent(id).filter(|a| a.unanswered != count) {
            agent.unanswered = count;
            out.push(Action::Fact(Fact::Unanswered { agent: id, count }));
        }
    }

    /// An offer rang out: at the plan's limit the agent, who may have left the desk, is paused.
    pub(crate) fn unanswered(&mut self, now: Now, id: AgentId, call: CallId, out: &mut Vec<Action>) {
        let limit = self.plan.pause_after_unanswered;
        let Some(agent) = self.agent(id) else { return };
        let count = agent.unanswered.saturating_add(1);
        let by_hand = agent.standing.by_hand;
        let away = limit > 0 && count >= limit && agent.standing.state == State::Ready;
        if away {
            agent.paused_by = Some(call);
        }
        self.count(id, count, out);
        if away {
            let paused = State::Paused { reason: NO_ANSWER.to_owned() };
            self.telling(id, out, |roster, out| roster.stand(now, id, (paused, by_hand), RULE, out));
        }
    }

    /// The agent took a call: whoever answers is at the desk, also when the answer crossed the end of the ringing.
    pub(crate) fn answered(&mut self, now: Now, id: AgentId, call: CallId, out: &mut Vec<Action>) {
        self.count(id, 0, out);
        let Some(agent) = self.agent(id) else { return };
        let by_hand = agent.standing.by_hand;
        if agent.paused_by.take() == Some(call) {
            self.telling(id, out, |roster, out| roster.stand(now, id, (State::Ready, by_hand), RULE, out));
        }
    }

    /// A pause asked for during a call begins when the slot is freed.
    pub(crate) fn pause_begins(&mut self, now: Now, id: AgentId, out: &mut Vec<Action>) {
        let Some(agent) = self.agent(id) else { return };
        if matches!(agent.standing.state, State::Paused { .. }) && agent.standing.since != now.time {
            agent.standing.since = now.time;
            let standing = agent.standing.clone();
            out.push(Action::Fact(Fact::State { agent: id, standing }));
        }
    }
}
