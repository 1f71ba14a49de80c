//! Who may serve whom in the model, and in which order.

use std::collections::BTreeMap;

use acd::ledger::Tally;
use acd::{Need, Strategy};

use super::*;

/// A caller's place among all: seconds do not do, and time has no sign.
type Turn = (i128, u64);

impl Model {
    /// Today's tallies count for whoever asks.
    fn counts(&self) -> bool {
        self.plan.groups.iter().any(|g| matches!(g.strategy, Strategy::FewestCalls | Strategy::LeastTalk))
    }

    pub(super) fn count_talk(&mut self, now: Time, agent: usize, began: Time) {
        if self.counts() {
            let (calls, talk) = self.agents[agent].tally;
            self.agents[agent].tally = (calls + 1, talk + (now - began));
        }
    }

    pub(super) fn tallies(&self) -> BTreeMap<AgentId, Tally> {
        let talked = (0..).map(AgentId).zip(&self.agents).filter(|(_, a)| a.tally.0 > 0);
        talked.map(|(id, a)| (id, Tally { day: 0, calls: a.tally.0, talk: a.tally.1 })).collect()
    }

    /// Whether somebody waits whom this agent serves.
    pub(crate) fn is_wanted(&self, agent: usize) -> bool {
        self.first_for(agent).is_some()
    }

    /// Since when a caller waits, less what priority and group are worth.
    pub(super) fn turn(&self, caller: &Caller) -> Turn {
        if let Some(pulled) = caller.pulled {
            return (i128::MIN, pulled);
        }
        let head_start = self.plan.groups.get(usize::from(caller.group.0)).map_or(0, |g| g.head_start.as_nanos());
        let worth = self.plan.priority_worth.as_nanos() * u128::from(caller.priority) + head_start;
        (i128::from(caller.since.as_nanos()) - worth as i128, caller.arrival)
    }

    /// Whom somebody asks for who waits since then: the last step that has been reached.
    pub(super) fn step(&self, now: Time, group: GroupId, since: Time) -> (usize, Option<Time>) {
        let steps = self.plan.groups.get(usize::from(group.0)).map(|g| g.steps.as_slice()).unwrap_or_default();
        let step = (1..steps.len()).take_while(|step| since + steps[*step].after <= now).last().unwrap_or(0);
        (step, steps.get(step + 1).map(|next| since + next.after))
    }

    /// How well an agent serves whoever asks for this step.
    pub(super) fn rank(&self, agent: usize, group: GroupId, step: usize) -> Option<u8> {
        let steps = &self.plan.groups.get(usize::from(group.0))?.steps;
        let skills = &self.plan.agents[agent].skills;
        match steps.get(step) {
            Some(step) => step.need.rank(skills),
            None => Need::of(group).rank(skills),
        }
    }

    fn standing_of(&self, agent: usize, strategy: Strategy) -> (u128, u64) {
        let a = &self.agents[agent];
        let (since, number) = a.idle.unwrap_or_default();
        match strategy {
            Strategy::LongestIdle => (u128::from(since.as_nanos()), number),
            Strategy::FewestCalls => (u128::from(a.tally.0), number),
            Strategy::LeastTalk => (a.tally.1.as_nanos(), number),
            Strategy::RoundRobin => (u128::from(a.newest.as_ref().map_or(0, |(number, _)| *number)), number),
            Strategy::Fixed => (agent as u128, 0),
            Strategy::Random => panic!("the model draws no lots"),
        }
    }

    /// The eligible agent who serves best, then by the group's strategy.
    pub(super) fn best_agent(&self, group: GroupId, step: usize) -> Option<usize> {
        let strategy = self.plan.groups.get(usize::from(group.0))?.strategy;
        let ranked = (0..self.agents.len())
            .filter(|agent| self.eligible(*agent) && !self.aside.contains(agent))
            .filter_map(|agent| Some((self.rank(agent, group, step)?, self.standing_of(agent, strategy), agent)));
        ranked.min().map(|(_, _, agent)| agent)
    }

    /// The caller whom an agent takes who becomes free.
    pub(super) fn first_for(&self, agent: usize) -> Option<CallId> {
        let served = self.callers.iter().filter(|c| match c.asks {
            _ if c.standing != Standing::Waiting => false,
            Asks::Step(step) => self.rank(agent, c.group, step).is_some(),
            Asks::For(other) => other == agent,
        });
        served.min_by_key(|c| self.turn(c)).map(|c| c.call)
    }

    /// Whose phones ring for a caller who waits, the newest first.
    pub(super) fn ringing(&self, call: CallId) -> Vec<usize> {
        let claimed = self.caller(call).and_then(|c| c.claims);
        let rings = |agent: &usize| match self.agents[*agent].state {
            State::Offered { call: for_whom, number, .. } if for_whom == call => Some(number),
            _ => None,
        };
        let mut all: Vec<_> = (0..self.agents.len()).filter(|a| rings(a).is_some() && Some(*a) != claimed).collect();
        all.sort_by_key(|agent| std::cmp::Reverse(rings(agent)));
        all
    }

    /// Rings as many phones as the group has ring at once; whether any rings.
    pub(super) fn ring(&mut self, now: Time, call: CallId) -> bool {
        let caller = self.caller_mut(call);
        let (group, asks) = (caller.group, caller.asks);
        let at_once = usize::from(self.plan.groups[usize::from(group.0)].ring_at_once.max(1));
        while self.ringing(call).len() < at_once {
            let agent = match asks {
                Asks::Step(step) => self.best_agent(group, step),
                Asks::For(agent) => Some(agent).filter(|agent| self.eligible(*agent)),
            };
            let Some(agent) = agent else { break };
            self.reserve(now, agent, call);
        }
        !self.ringing(call).is_empty()
    }

    pub(super) fn seek(&mut self, now: Time, call: CallId) {
        let caller = self.caller_mut(call);
        caller.standing = Standing::Nowhere;
        let (group, since, prefers) = (caller.group, caller.since, caller.prefers);
        let at_work = |agent: usize| self.agents[agent].ready || self.agents[agent].state != State::Free;
        let prefers = prefers.filter(|(agent, until)| now < *until && at_work(*agent) && self.serves(*agent, group));
        let (step, next) = self.step(now, group, since);
        let caller = self.caller_mut(call);
        caller.prefers = prefers;
        caller.asks = prefers.map_or(Asks::Step(step), |(agent, _)| Asks::For(agent));
        if !self.ring(now, call) {
            let at = prefers.map(|(_, until)| until).or(next);
            let due = at.map(|at| self.due(at));
            let caller = self.caller_mut(call);
            (caller.standing, caller.relax) = (Standing::Waiting, due);
        }
    }

    /// The agent of the last talk, and until when that one alone is waited for.
    pub(super) fn prefers(&self, now: Time, group: GroupId, number: Option<CallerKey>) -> Option<(usize, Time)> {
        let plan = self.plan.groups.get(usize::from(group.0))?;
        let (_, last) = self.lasts.iter().find(|(n, last)| Some(*n) == number && last.until > now)?;
        let agent = last.agent.0 as usize;
        let serves = agent < self.agents.len() && self.serves(agent, group);
        (serves && !plan.prefer.is_zero()).then(|| (agent, now + plan.prefer))
    }

    /// Whether the agent may be offered a caller of the group at some step.
    pub(super) fn serves(&self, agent: usize, group: GroupId) -> bool {
        let steps = self.plan.groups.get(usize::from(group.0)).map_or(0, |plan| plan.steps.len().max(1));
        (0..steps).any(|step| self.rank(agent, group, step).is_some())
    }

    pub(super) fn remember(&mut self, now: Time, number: Option<CallerKey>, agent: usize) {
        let Some(number) = number.filter(|_| self.plan.groups.iter().any(|g| !g.prefer.is_zero())) else { return };
        self.lasts.retain(|(n, _)| *n != number);
        if !self.plan.remember.is_zero() {
            let last = Last { agent: AgentId(agent as u32), until: now + self.plan.remember };
            self.lasts.push((number, last));
        }
    }

    pub(super) fn relax(&mut self, now: Time, call: CallId, due: Due) {
        let Some(caller) = self.callers.iter_mut().find(|c| c.call == call && c.relax == Some(due)) else { return };
        caller.relax = None;
        if caller.standing == Standing::Waiting {
            self.seek(now, call);
        }
    }

    /// Whoever waits for one agent alone waits for all.
    pub(super) fn ask_for_all(&mut self, now: Time, agent: usize) {
        let mut all: Vec<_> = self.callers.iter().filter(|c| c.standing == Standing::Waiting).cloned().collect();
        all.retain(|c| c.asks == Asks::For(agent));
        all.sort_by_key(|c| self.turn(c));
        for caller in all {
            self.caller_mut(caller.call).prefers = None;
            self.seek(now, caller.call);
        }
    }

    /// Who stands in a group's line, first to last.
    pub(super) fn in_turn(&self, group: GroupId) -> Vec<CallId> {
        let mut all: Vec<_> = self.waiting(group).map(|c| (self.turn(c), c.call)).collect();
        all.sort_unstable();
        all.into_iter().map(|(_, call)| call).collect()
    }

    pub(super) fn position(&mut self, call: CallId) -> (GroupId, u32) {
        let c = self.caller_mut(call).clone();
        let mine = self.turn(&c);
        let in_line = self.waiting(c.group).filter(|o| matches!(o.asks, Asks::Step(_)));
        let position = (in_line.filter(|o| self.turn(o) < mine).count() as u32 + 1).min(c.told);
        self.caller_mut(call).told = position;
        (c.group, position)
    }
}
