//! What the model keeps for later: rests, places for a redial, and what is left of it after a restart.

use std::collections::BTreeMap;

use acd::Fact;
use acd::ledger::{self, Ledger};

use super::*;

impl Model {
    pub(super) fn rest(&mut self, now: Time, agent: usize, length: Duration, wrap_up: bool) {
        self.agents[agent].state = State::Free;
        if !length.is_zero() {
            self.rest_until(agent, now + length, wrap_up);
        }
    }

    fn rest_until(&mut self, agent: usize, until: Time, wrap_up: bool) {
        let due = self.due(until);
        self.agents[agent].state = State::Resting { due, wrap_up };
        if wrap_up {
            self.out.push(Action::WrapsUp { agent: AgentId(agent as u32), until: Some(until) });
        }
    }

    pub(super) fn end_rest(&mut self, agent: usize) -> bool {
        let Some(State::Resting { wrap_up, .. }) = self.agents.get(agent).map(|a| a.state) else { return false };
        self.agents[agent].state = State::Free;
        if wrap_up {
            self.out.push(Action::WrapsUp { agent: AgentId(agent as u32), until: None });
        }
        true
    }

    pub(super) fn ask_wrap_up(&mut self, now: Time, agent: usize, length: Duration) -> Granted {
        let length = if length > self.plan.wrap_up_max { self.plan.wrap_up_max } else { length };
        match self.agents.get(agent).map(|a| a.state) {
            Some(State::Talking { call, group, began, .. }) => {
                self.agents[agent].state = State::Talking { call, group, asked: length, began };
                Granted::AfterTalk(length)
            }
            Some(State::Resting { due, wrap_up: true }) => {
                if due.0 != now + length {
                    self.rest_until(agent, now + length, true);
                }
                Granted::Until(now + length)
            }
            _ => Granted::Nothing,
        }
    }

    /// Gives the caller of a call a place, or adds to the one that the number has.
    pub(super) fn keep(&mut self, now: Time, call: CallId, length: Duration) {
        let Some(caller) = self.caller(call) else { return };
        let (Some(number), false) = (caller.number, length.is_zero()) else { return };
        let until = now + length;
        let mut place = Place { group: caller.group, priority: caller.priority, since: caller.since, until };
        if let Some(at) = self.places.iter().position(|(n, _)| *n == number) {
            let (_, before) = self.places.remove(at);
            if before.since <= place.since {
                (place.since, place.group) = (before.since, before.group);
            }
            place.priority = place.priority.max(before.priority);
            place.until = place.until.max(before.until);
        }
        self.places.push((number, place));
    }

    pub(super) fn called(&mut self, now: Time, call: CallId, caller: CallerKey) {
        let repeat = self.plan.repeat;
        if repeat.is_zero() {
            return;
        }
        let before = self.calls.iter().position(|(known, ..)| *known == caller).map(|place| self.calls.remove(place));
        let mut times = before.map(|(_, times, _)| times).unwrap_or_default();
        let earlier = times.iter().rev().take(9).filter(|at| **at + repeat > now).count() as u8;
        times.push(now);
        self.calls.push((caller, times, now + repeat));
        if earlier > 0 {
            self.out.push(Action::Repeats { call, earlier });
        }
    }

    fn counted(&self) -> impl Iterator<Item = (CallerKey, ledger::Calls)> {
        self.calls.iter().map(|(caller, times, until)| {
            let mut told = Ledger::default();
            times.iter().for_each(|at| told.apply(Fact::Called { caller: *caller, at: *at, until: *until }));
            (*caller, told.calls[caller])
        })
    }

    pub(super) fn reclaim(&mut self, now: Time, number: Option<CallerKey>, rank: (u8, Time)) -> (u8, Time) {
        let Some(at) = self.places.iter().position(|(n, _)| Some(*n) == number) else { return rank };
        let (_, place) = self.places.remove(at);
        if place.until > now { (rank.0.max(place.priority), rank.1.min(place.since)) } else { rank }
    }

    pub(crate) fn places(&self) -> usize {
        self.places.len()
    }

    /// What facts should have told by now.
    pub(crate) fn ledger(&self) -> Ledger {
        let told = |c: &&Caller| !c.back || matches!(c.standing, Standing::Talking(_));
        let callers = self.callers.iter().filter(told).map(|c| {
            let agent = match c.standing {
                Standing::Talking(agent) => Some(AgentId(agent as u32)),
                _ => None,
            };
            let (caller, group, priority, since) = (c.number, c.group, c.priority, c.since);
            (c.call, ledger::Caller { caller, group, priority, since, agent })
        });
        let rests = self.agents.iter().enumerate().filter_map(|(place, a)| match a.state {
            State::Resting { due, wrap_up } => Some((AgentId(place as u32), ledger::Rest { wrap_up, until: due.0 })),
            _ => None,
        });
        Ledger {
            reservation: Reservation(self.issued),
            callers: callers.collect(),
            rests: rests.collect(),
            places: self.places.iter().copied().collect(),
            tallies: self.tallies(),
            lasts: self.lasts.iter().copied().collect(),
            closed: self.closed.iter().copied().collect(),
            promises: self.promises.iter().map(|p| (p.caller, p.promise.clone())).collect(),
            learned: BTreeMap::new(),
            surges: self.told_of_surges().collect(),
            calls: self.counted().collect(),
        }
    }

    /// The process died some time ago and is there again.
    pub(crate) fn restart(&mut self, now: Time) -> Vec<Action> {
        let mut next = Model::new(self.plan.clone(), now);
        next.issued = self.issued;
        next.resume_surges(now, &self.surges);
        for (place, agent) in self.agents.iter().enumerate() {
            next.agents[place].heard = self.issued;
            next.agents[place].tally = agent.tally;
            let State::Resting { due, wrap_up } = agent.state else { continue };
            if due.0 > now {
                next.rest_until(place, due.0, wrap_up);
            } else if wrap_up {
                next.out.push(Action::WrapsUp { agent: AgentId(place as u32), until: None });
            }
        }
        self.places.retain(|(_, place)| place.until > now);
        self.restored_promises(now, &mut next);
        let mut calls: Vec<_> = self.callers.iter().filter(|c| !c.back).map(|c| c.call).collect();
        calls.sort_unstable();
        for call in calls {
            self.keep(now, call, self.plan.redial);
        }
        next.places = std::mem::take(&mut self.places);
        let remembers = self.plan.groups.iter().any(|g| !g.prefer.is_zero());
        self.lasts.retain(|(_, last)| last.until > now && remembers);
        next.lasts = std::mem::take(&mut self.lasts);
        next.closed = std::mem::take(&mut self.closed);
        self.calls.retain(|(.., until)| *until > now);
        next.calls = std::mem::take(&mut self.calls);
        *self = next;
        std::mem::take(&mut self.out)
    }
}
