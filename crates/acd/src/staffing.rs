//! Which groups anybody is signed on for, and what becomes of the callers of a group that nobody is.

use base::{AgentId, GroupId, Key, Time, TimerId};

use crate::agents::Agents;
use crate::callers::Caller;
use crate::overflow::Onward;
use crate::timer::{Deadlines, Timer};
use crate::{Acd, Action, Group, Overflow, Plan, Refusal};

/// Who is signed on, ready or paused, by the roster's word.
#[derive(Clone, Debug)]
pub(crate) struct Staff {
    /// By agent.
    signed_on: Vec<bool>,
    /// By group.
    groups: Vec<Staffing>,
}

#[derive(Clone, Copy, Debug)]
struct Staffing {
    /// Agents signed on who serve the group at one of its steps.
    agents: u32,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Staffed,
    /// Nobody is signed on; a while later the group counts as unstaffed.
    Leaving(TimerId),
    Unstaffed,
}

impl Staff {
    /// Nobody is signed on yet: who serves a group has `Plan::unstaffed_after` for it.
    pub(crate) fn new(plan: &Plan, agents: &Agents, now: Time, deadlines: &mut Deadlines) -> Staff {
        let mut staff = Staff { signed_on: Vec::new(), groups: Vec::new() };
        staff.adopt(plan, agents, now, deadlines);
        staff
    }

    /// Goes on under another plan: who is signed on stays so, and a group that somebody can serve now and nobody does has its time anew.
    pub(crate) fn adopt(&mut self, plan: &Plan, agents: &Agents, now: Time, deadlines: &mut Deadlines) {
        self.signed_on.resize(plan.agents.len().max(self.signed_on.len()), false);
        let (mut signed_on, mut served) = (vec![0; plan.groups.len()], vec![false; plan.groups.len()]);
        for (agent, on) in (0..).map(AgentId).zip(&self.signed_on) {
            for group in agents.groups(agent) {
                signed_on[usize::from(group.0)] += u32::from(*on);
                served[usize::from(group.0)] = true;
            }
        }
        let before = std::mem::take(&mut self.groups);
        for (place, (agents, served)) in signed_on.into_iter().zip(served).enumerate() {
            let group = GroupId(place as u16);
            let state = match before.get(place).map(|staffing| staffing.state) {
                Some(State::Leaving(timer)) if agents > 0 || !served => {
                    deadlines.cancel(timer);
                    if agents > 0 { State::Staffed } else { State::Unstaffed }
                }
                Some(state @ State::Leaving(_)) => state,
                _ if agents > 0 => State::Staffed,
                Some(State::Staffed) | None if served => {
                    State::Leaving(deadlines.set(now + plan.unstaffed_after, Timer::Unstaffed { group }))
                }
                _ => State::Unstaffed,
            };
            self.groups.push(Staffing { agents, state });
        }
    }

    /// Agents signed on who serve a group.
    pub(crate) fn signed_on(&self, group: GroupId) -> u32 {
        self.groups.get(usize::from(group.0)).map_or(0, |group| group.agents)
    }

    fn is_unstaffed(&self, group: GroupId) -> bool {
        self.groups.get(usize::from(group.0)).is_some_and(|group| group.state == State::Unstaffed)
    }
}

impl Acd {
    /// The roster's word that an agent signed on or off.
    pub(crate) fn signs(&mut self, now: Time, agent: AgentId, on: bool) {
        let Some(before) = self.staff.signed_on.get_mut(agent.0 as usize) else { return };
        if std::mem::replace(before, on) == on {
            return;
        }
        for &group in self.agents.groups(agent) {
            let Some(staffing) = self.staff.groups.get_mut(usize::from(group.0)) else { continue };
            staffing.agents = if on { staffing.agents + 1 } else { staffing.agents.saturating_sub(1) };
            staffing.state = match (staffing.agents, staffing.state) {
                (0, _) => {
                    let at = now + self.plan.unstaffed_after;
                    State::Leaving(self.deadlines.set(at, Timer::Unstaffed { group }))
                }
                (_, State::Leaving(timer)) => {
                    self.deadlines.cancel(timer);
                    State::Staffed
                }
                _ => State::Staffed,
            };
        }
    }

    /// For a while nobody has been signed on who serves the group: those in line go where it sends them.
    pub(crate) fn unstaffed(&mut self, now: Time, group: GroupId, out: &mut Vec<Action>) {
        let Some(staffing) = self.staff.groups.get_mut(usize::from(group.0)) else { return };
        // A word on the deadline that is due already crossed somebody's signing on.
        if !matches!(staffing.state, State::Leaving(_)) {
            return;
        }
        staffing.state = State::Unstaffed;
        if self.is_left(group) {
            for key in self.callers.in_line(group) {
                self.leave_unstaffed(now, key, out);
            }
        }
    }

    /// Whether the group lets nobody wait in it because nobody is signed on.
    pub(crate) fn is_left(&self, group: GroupId) -> bool {
        let sends_on = |plan: &Group| plan.overflow.unstaffed != Overflow::Stay;
        self.staff.is_unstaffed(group) && self.plan.groups.get(usize::from(group.0)).is_some_and(sends_on)
    }

    /// Sends a caller whom no phone rings for on from a group that nobody is signed on for; whether it went.
    pub(crate) fn leave_unstaffed(&mut self, now: Time, key: Key, out: &mut Vec<Action>) -> bool {
        // Who is called back waits for the morning.
        let left = |caller: &Caller| self.is_left(caller.group) && !caller.is_called_back();
        let left = self.callers.get(key).is_some_and(left);
        left && match self.onward(now, key, Refusal::Unstaffed) {
            Onward::Stays => false,
            to => {
                self.go(now, key, to, out);
                true
            }
        }
    }
}
