//! What the model makes of another plan.

use super::*;

impl Model {
    pub(super) fn adopt(&mut self, now: Time, plan: &Plan) {
        if plan.groups.len() < self.plan.groups.len() || plan.agents.len() < self.plan.agents.len() {
            return;
        }
        let before = std::mem::replace(&mut self.plan, plan.clone());
        while self.agents.len() < self.plan.agents.len() {
            self.agents.push(Agent::new());
        }
        let waiting = self.all_in_turn(Standing::Waiting);
        let offered = self.all_in_turn(Standing::Offered);
        self.staff_anew(now);
        self.surge_anew();
        for call in waiting.iter().chain(&offered) {
            self.renew_wait(now, *call, &before);
        }
        for call in &offered {
            let (group, since, asks) =
                (self.caller_mut(*call).group, self.caller_mut(*call).since, self.caller_mut(*call).asks);
            if !matches!(asks, Asks::For(agent) if self.serves(agent, group)) {
                self.caller_mut(*call).asks = Asks::Step(self.step(now, group, since).0);
            }
        }
        for call in &waiting {
            self.caller_mut(*call).standing = Standing::Nowhere;
        }
        let is_gone = |model: &mut Model, call| {
            let group = model.caller_mut(call).group;
            model.plan.groups[usize::from(group.0)].removed || model.is_left(group)
        };
        let (gone, staying): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|call| is_gone(self, *call));
        staying.into_iter().for_each(|call| self.seek(now, call));
        for call in gone {
            if !self.leave_shut(now, call) {
                self.seek(now, call);
            }
        }
    }

    fn renew_wait(&mut self, now: Time, call: CallId, before: &Plan) {
        let caller = self.caller_mut(call).clone();
        let group = usize::from(caller.group.0);
        let (was, is) = (before.groups[group].wait, self.plan.groups[group].wait);
        if was == is || caller.overdue {
            return;
        }
        let entered = match (caller.wait, was) {
            (Some((due, _)), Some(was)) => Time::from_nanos(due.as_nanos() - was.as_nanos() as u64),
            _ => now,
        };
        let due = is.map(|is| self.due((entered + is).max(now)));
        self.caller_mut(call).wait = due;
    }

    fn all_in_turn(&self, standing: Standing) -> Vec<CallId> {
        let mut all: Vec<_> = self.callers.iter().filter(|c| c.standing == standing).collect();
        all.sort_by_key(|c| self.turn(c));
        all.into_iter().map(|c| c.call).collect()
    }
}
