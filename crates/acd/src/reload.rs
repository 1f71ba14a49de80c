//! Another plan while callers wait and talk.

use std::sync::Arc;

use base::{AgentId, GroupId, Key, Now, Time};

use crate::agents::Agent;
use crate::callers::Asks;
use crate::{Acd, Action, Plan};

impl Acd {
    /// Has another plan hold from now on. Whoever waits keeps the turn, whatever it is worth now; talks, open offers and rests run on.
    pub(crate) fn adopt(&mut self, now: Now, plan: Arc<Plan>, out: &mut Vec<Action>) {
        if plan.groups.len() < self.plan.groups.len() || plan.agents.len() < self.plan.agents.len() {
            return;
        }
        let before = std::mem::replace(&mut self.plan, plan);
        self.counts = self.plan.groups.iter().any(|group| group.strategy.counts());
        self.remembers = self.plan.groups.iter().any(|group| !group.prefer.is_zero());
        self.agents.adopt(&self.plan);
        let waiting = self.callers.adopt(&self.plan);
        self.staff.adopt(&self.plan, &self.agents, now.time, &mut self.deadlines);
        self.expect.adopt(&self.plan, &self.agents, self.callers.steps.queues(), now.time);
        self.renew_surges(out);
        self.mark_day(now);
        let offered = self.callers.offered();
        self.renew_waits(now.time, &before, waiting.iter().chain(&offered));
        self.renew_asks(now.time, &offered);
        for agent in (0..self.plan.agents.len() as u32).map(AgentId) {
            let eligible = self.agents.get(agent).is_some_and(Agent::eligible);
            self.agents.list(agent, eligible);
        }
        let goes = |acd: &Acd, group| acd.has_removed(group) || acd.is_left(group);
        let is_gone = |acd: &Acd, key: &Key| acd.callers.get(*key).is_some_and(|caller| goes(acd, caller.group));
        let (gone, staying): (Vec<Key>, Vec<Key>) = waiting.into_iter().partition(|key| is_gone(self, key));
        // Those who stay first, so that there is room only where there is: the others come to their groups.
        for key in staying {
            self.seek(now.time, key, out);
        }
        for key in gone {
            if !self.leave_shut(now.time, key, out) {
                self.seek(now.time, key, out);
            }
        }
    }

    pub(crate) fn has_removed(&self, group: GroupId) -> bool {
        self.plan.groups.get(usize::from(group.0)).is_some_and(|group| group.removed)
    }

    /// A wait of another length counts from when the caller entered the group, or from now where that had no end and so was not noted.
    fn renew_waits<'a>(&mut self, now: Time, before: &Plan, waiting: impl Iterator<Item = &'a Key>) {
        let wait = |plan: &Plan, group: GroupId| plan.groups.get(usize::from(group.0)).and_then(|group| group.wait);
        let (ends, mut renewed) = (self.deadlines.waits(), Vec::new());
        for key in waiting {
            let Some(caller) = self.callers.get(*key) else { continue };
            let (was, is) = (wait(before, caller.group), wait(&self.plan, caller.group));
            if was == is || caller.overdue {
                continue;
            }
            self.deadlines.cancel_wait(key.slot);
            let end = ends.get(key.slot as usize).copied().flatten();
            let entered = end.map(|end| Time::ZERO + (end - Time::ZERO).saturating_sub(was.unwrap_or_default()));
            renewed.extend(is.map(|is| (is, (entered.unwrap_or(now) + is).max(now), key.slot)));
        }
        self.deadlines.set_waits(renewed.into_iter());
    }

    /// Whoever is rung for next is asked by what the group asks for now.
    fn renew_asks(&mut self, now: Time, offered: &[Key]) {
        for key in offered {
            let Some(caller) = self.callers.get(*key) else { continue };
            let serves = |agent| self.agents.groups(agent).contains(&caller.group);
            if matches!(caller.asks(), Asks::For(agent) if serves(agent)) {
                continue;
            }
            let (step, _) = self.step(now, caller.group, caller.since);
            if let Some(caller) = self.callers.get_mut(*key) {
                caller.ask(Asks::Step(step));
            }
        }
    }
}
