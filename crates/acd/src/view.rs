//! What the queue shows of itself, as plain data.

use std::time::Duration;

use base::{AgentId, GroupId, Now};

use crate::agents::State;
use crate::callers::{Caller, Standing};
use crate::ledger::Surging;
use crate::{Acd, Range};

/// The queue at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// By `GroupId`.
    pub groups: Vec<GroupView>,
    /// By `AgentId`.
    pub agents: Vec<AgentState>,
    /// Places that are kept for callers whose call was cut short.
    pub places: usize,
}

/// One group at one moment; an agent counts in every group it serves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupView {
    /// Takes nobody new.
    pub closed: bool,
    /// Whether it is in surge, and who says so.
    pub surging: Surging,
    /// Callers in line who are on the line.
    pub waiting: usize,
    /// Citizens who are called back when their turn has come.
    pub call_backs: usize,
    /// Callers for whom an agent's phone is asked to ring.
    pub offered: usize,
    /// Since the time in `Enqueue`, of whoever is in line or offered; zero when nobody is.
    pub longest_wait: Duration,
    /// How long a caller of no priority will wait who comes now; none where the group is closed, or nobody is at work who serves it.
    pub expected: Option<Range>,
    /// Places that are kept for callers who waited here when their call was cut short.
    pub places: usize,
    /// Agents signed on, whatever they do.
    pub agents_signed_on: usize,
    pub agents_ready: usize,
    pub agents_offered: usize,
    pub agents_talking: usize,
    pub agents_wrap_up: usize,
    pub agents_back_off: usize,
}

/// What an agent does, as the queue sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AgentState {
    /// Not to be offered calls: signed off, out of reach, or its slot not free yet.
    Away,
    /// Eligible.
    Ready,
    Offered,
    Talking,
    WrapUp,
    /// Rests after an offer that came to nothing.
    BackOff,
}

impl Acd {
    /// What the queue looks like now. Takes time in proportion to groups and agents, whatever the number of callers.
    pub fn view(&self, now: Now) -> View {
        let mut groups: Vec<GroupView> = (0..self.plan.groups.len())
            .map(|place| {
                let group = GroupId(place as u16);
                let longest_wait = self.callers.longest(group).map(|since| now.time - since).unwrap_or_default();
                let closed = self.closed.contains(&group) || self.plan.groups[place].removed;
                let (waiting, agents_signed_on) = (self.callers.waiting(group), self.staff.signed_on(group) as usize);
                let expected = if closed { None } else { self.expected(now.time, group, 0, now.time) };
                let call_backs = self.promises.of_group(group);
                GroupView {
                    closed,
                    surging: self.surges.of(group),
                    waiting,
                    agents_signed_on,
                    longest_wait,
                    expected,
                    call_backs,
                    ..GroupView::default()
                }
            })
            .collect();
        let mut agents = Vec::new();
        for (id, agent) in (0..).map(AgentId).zip(self.agents.iter()) {
            let state = match agent.state {
                State::Free if agent.eligible() => AgentState::Ready,
                State::Free => AgentState::Away,
                State::Offered { .. } => AgentState::Offered,
                State::Talking { .. } => AgentState::Talking,
                State::Resting { rest, .. } if rest.wrap_up => AgentState::WrapUp,
                State::Resting { .. } => AgentState::BackOff,
            };
            agents.push(state);
            for group in self.agents.groups(id) {
                if let Some(group) = groups.get_mut(usize::from(group.0)) {
                    group.count(state);
                }
            }
            self.count_caller(now, id, agent.state, &mut groups);
        }
        for place in self.places.all().values() {
            if let Some(group) = groups.get_mut(usize::from(place.group.0)) {
                group.places += 1;
            }
        }
        View { groups, agents, places: self.places.len() }
    }

    /// Counts the caller for whom this agent's phone rings, and who waits for this agent alone.
    fn count_caller(&self, now: Now, agent: AgentId, state: State, groups: &mut [GroupView]) {
        let mut waits = |caller: &Caller, offered| {
            let Some(group) = groups.get_mut(usize::from(caller.group.0)) else { return };
            group.offered += usize::from(offered);
            group.longest_wait = group.longest_wait.max(now.time - caller.since);
        };
        if let State::Offered { caller, .. } = state
            // Who is handed on by an agent does not wait, and who has several phones ring is counted with one.
            && let Some(caller) = self.callers.get(caller).filter(|c| c.standing == Standing::Offered(agent))
        {
            waits(caller, true);
        }
        if let Some(caller) = self.callers.first_for(agent).and_then(|(_, key)| self.callers.get(key)) {
            waits(caller, false);
        }
    }
}

impl GroupView {
    fn count(&mut self, state: AgentState) {
        match state {
            AgentState::Away => {}
            AgentState::Ready => self.agents_ready += 1,
            AgentState::Offered => self.agents_offered += 1,
            AgentState::Talking => self.agents_talking += 1,
            AgentState::WrapUp => self.agents_wrap_up += 1,
            AgentState::BackOff => self.agents_back_off += 1,
        }
    }
}
