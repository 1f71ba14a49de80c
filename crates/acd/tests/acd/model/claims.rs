//! What the model makes of a talk that is handed on.

use super::*;

impl Model {
    pub(super) fn claim(&mut self, now: Time, call: CallId, agent: usize) {
        let talks = |c: &Caller| matches!(c.standing, Standing::Talking(with) if with != agent) && c.claims.is_none();
        let may = agent < self.agents.len() && self.eligible(agent) && self.caller(call).is_some_and(talks);
        match may {
            true => self.reserve(now, agent, call),
            false => self.out.push(Action::Unclaimed { call, agent: AgentId(agent as u32) }),
        }
    }

    pub(super) fn hand_to(&mut self, now: Time, call: CallId, agent: usize) {
        let with = self.caller(call).map(|c| c.standing);
        let Some(standing) = with.filter(|s| agent < self.agents.len() && *s != Standing::Talking(agent)) else {
            return;
        };
        self.redeem(call);
        let caller = self.caller_mut(call);
        (caller.standing, caller.wait, caller.relax) = (Standing::Nowhere, None, None);
        self.leave(now, call, standing, agent);
        let promised = self.free_for_talk(now, agent);
        self.issued += 1;
        let number = self.issued;
        let as_now = self.caller_mut(call).clone();
        (self.agents[agent].ready, self.agents[agent].newest) = (false, Some((number, as_now)));
        let (id, reservation) = (AgentId(agent as u32), Reservation(number));
        self.out.push(Action::TakenOver { call, agent: id, reservation });
        self.talk(now, call, agent, number);
        if let Some(promised) = promised {
            self.resume(now, promised);
        }
    }

    pub(super) fn unclaim(&mut self, now: Time, call: CallId) {
        let caller = self.callers.iter_mut().find(|c| c.call == call);
        if let Some(agent) = caller.and_then(|c| c.claims.take()) {
            self.withdraw(agent, None);
            let a = &mut self.agents[agent];
            a.heard = a.heard.max(a.newest.as_ref().map_or(0, |(number, _)| *number));
            self.review(now, agent);
        }
    }

    pub(super) fn come_back(
        &mut self,
        now: Time,
        who: (CallId, Option<CallerKey>),
        group: GroupId,
        priority: u8,
        since: Time,
    ) {
        let (call, _) = who;
        let known = usize::from(group.0) < self.plan.groups.len();
        let with = self.caller(call).and_then(|c| match c.standing {
            Standing::Talking(agent) => Some(agent),
            _ => None,
        });
        let Some(agent) = with.filter(|_| known) else {
            return self.enqueue(now, who, group, priority, since);
        };
        self.redeem(call);
        self.arrivals += 1;
        let arrival = self.arrivals;
        let caller = self.caller_mut(call);
        (caller.group, caller.priority, caller.since, caller.arrival) = (group, priority, since, arrival);
        (caller.told, caller.hops, caller.overdue, caller.pulled) = (u32::MAX, 0, false, None);
        caller.prefers = None;
        let claimed = caller.claims.take();
        caller.standing = claimed.map_or(Standing::Nowhere, |_| Standing::Offered);
        match claimed {
            Some(_) => self.begin_stay(now, call),
            None => self.enter(now, call),
        }
        self.talk_over(now, agent);
    }

    /// Phones that ring for a caller who still talks.
    pub(crate) fn claims(&self) -> usize {
        self.callers.iter().filter(|c| c.claims.is_some()).count()
    }
}
