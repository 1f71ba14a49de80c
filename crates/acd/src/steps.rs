//! Which callers wait for the same agents: the steps of each group, and one agent alone.

use std::ops::Range;

use base::{AgentId, GroupId, Key, Time};

use crate::agents::State;
use crate::callers::{Asks, Standing};
use crate::need::Need;
use crate::timer::{Armed, Timer};
use crate::{Acd, Action, Plan};

/// Where the queues of callers lie who wait for the same agents: one a step of each group, then one an agent.
#[derive(Clone, Debug)]
pub(crate) struct Steps {
    /// By group, the queue of its first step; one more for the end of the last.
    first: Vec<u32>,
}

impl Steps {
    pub(crate) fn of(plan: &Plan) -> Steps {
        let mut first = vec![0];
        for group in &plan.groups {
            let next = first[first.len() - 1] + group.steps.len().clamp(1, usize::from(u8::MAX)) as u32;
            first.push(next);
        }
        Steps { first }
    }

    /// How many queues there are but for those of one agent.
    pub(crate) fn queues(&self) -> usize {
        self.first.last().map_or(0, |end| *end as usize)
    }

    /// The queues of a group, none of an unknown one.
    pub(crate) fn of_group(&self, group: GroupId) -> Range<usize> {
        match self.first.get(usize::from(group.0)..=usize::from(group.0) + 1) {
            Some(&[from, to]) => from as usize..to as usize,
            _ => 0..0,
        }
    }

    /// The queue of whoever waits for one agent alone.
    pub(crate) fn personal(&self, agent: AgentId) -> usize {
        self.queues() + agent.0 as usize
    }

    pub(crate) fn queue(&self, group: GroupId, asks: Asks) -> usize {
        match asks {
            Asks::Step(step) => self.of_group(group).start + usize::from(step),
            Asks::For(agent) => self.personal(agent),
        }
    }
}

/// What each queue of a plan asks for, in their order, and whose queue it is.
pub(crate) fn needs(plan: &Plan) -> impl Iterator<Item = (GroupId, Need)> + '_ {
    (0..).map(GroupId).zip(&plan.groups).flat_map(|(id, group)| {
        let own = group.steps.is_empty().then(|| Need::of(id));
        let steps = group.steps.iter().map(|step| step.need.clone()).take(usize::from(u8::MAX));
        own.into_iter().chain(steps).map(move |need| (id, need))
    })
}

impl Acd {
    /// Whom somebody asks for who has waited in a group since then, and when that will be others.
    pub(crate) fn step(&self, now: Time, group: GroupId, since: Time) -> (u8, Option<Time>) {
        let steps = self.plan.groups.get(usize::from(group.0)).map(|group| group.steps.as_slice()).unwrap_or_default();
        let steps = &steps[..steps.len().min(usize::from(u8::MAX))];
        // The first step serves from the beginning, whatever its time says.
        let step = steps.iter().skip(1).take_while(|step| since + step.after <= now).count();
        let next = steps.get(step + 1);
        (step as u8, next.map(|next| since + next.after))
    }

    /// The queue that somebody joins who has waited in a group since then.
    pub(crate) fn queue_of(&self, now: Time, group: GroupId, since: Time) -> usize {
        self.callers.steps.queue(group, Asks::Step(self.step(now, group, since).0))
    }

    /// Finds agents for a caller who stands in no line, or else puts the caller in line.
    pub(crate) fn seek(&mut self, now: Time, key: Key, out: &mut Vec<Action>) {
        let Some(caller) = self.callers.get(key) else { return };
        let (group, since) = (caller.group, caller.since);
        let preferred = caller.prefers().filter(|(agent, until)| now < *until && self.is_at_work(*agent));
        // A plan of before may have let another agent serve.
        let preferred = preferred.filter(|(agent, _)| self.agents.groups(*agent).contains(&group));
        let (step, next) = self.step(now, group, since);
        let (asks, until) = match preferred {
            Some((agent, until)) => (Asks::For(agent), Some(until)),
            None => (Asks::Step(step), next),
        };
        let Some(caller) = self.callers.get_mut(key) else { return };
        caller.ask(asks);
        if preferred.is_none() {
            caller.prefer(None);
        }
        if !self.ring(now, key, out) {
            self.callers.join(key);
            self.ask_others(key, until);
        }
    }

    /// Whether an agent will be free sooner or later, as far as the queue knows.
    fn is_at_work(&self, agent: AgentId) -> bool {
        self.agents.get(agent).is_some_and(|a| a.ready || a.state != State::Free)
    }

    /// Sets when a caller in line asks for others.
    fn ask_others(&mut self, key: Key, at: Option<Time>) {
        let Some(caller) = self.callers.get_mut(key) else { return };
        if let Some(before) = caller.relax.take() {
            self.deadlines.cancel(before);
        }
        caller.relax = at.map(|at| self.deadlines.set(at, Timer::Relaxes { caller: key })).into();
    }

    /// A caller asks for others from now on.
    pub(crate) fn relax(&mut self, now: Time, key: Key, out: &mut Vec<Action>) {
        let Some(caller) = self.callers.get_mut(key).filter(|c| self.deadlines.has_fired(c.relax)) else { return };
        caller.relax = Armed::default();
        if caller.standing == Standing::Waiting {
            self.callers.leave(key);
            self.seek(now, key, out);
        }
    }

    /// Whoever waits for one agent alone waits for all again.
    pub(crate) fn ask_for_all(&mut self, now: Time, agent: AgentId, out: &mut Vec<Action>) {
        // Each turn takes one out of a line that nobody joins meanwhile.
        while let Some((_, key)) = self.callers.first(self.callers.steps.personal(agent)) {
            self.callers.leave(key);
            if let Some(caller) = self.callers.get_mut(key) {
                caller.prefer(None);
            }
            self.seek(now, key, out);
        }
    }
}
