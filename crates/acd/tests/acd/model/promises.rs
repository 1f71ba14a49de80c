//! What the model makes of citizens who are called back.

use acd::{CallBack, Citizen, ledger};

use super::*;

#[derive(Clone, Debug)]
pub(super) struct Promised {
    pub(super) caller: CallerKey,
    pub(super) promise: ledger::Promise,
    begun: bool,
    /// Stands in no line until the time comes.
    rests: bool,
}

impl Model {
    pub(super) fn promised(&self, number: Option<CallerKey>) -> Option<&Promised> {
        self.promises.iter().find(|p| Some(p.caller) == number)
    }

    fn policy(&self, group: GroupId) -> Option<CallBack> {
        self.plan.groups.get(usize::from(group.0))?.call_back
    }

    pub(super) fn call_back(&mut self, now: Time, call: CallId, citizen: &Citizen) {
        let waits = |c: &&Caller| matches!(c.standing, Standing::Waiting | Standing::Offered) && !c.back;
        let taken = self.caller(call.again()).is_some();
        let caller = self.caller(call).filter(waits).filter(|_| !taken).cloned();
        let asks = caller.and_then(|c| Some((c.number?, self.policy(c.group)?, c))).filter(|(_, policy, c)| {
            !self.held && self.promises.iter().filter(|p| p.promise.group == c.group).count() < policy.limit
        });
        let Some((number, _, caller)) = asks else { return self.out.push(Action::Promised { call, kept: false }) };
        let (priority, since) = self.with_promise(Some(number), (caller.priority, caller.since));
        let mut freed = self.take_back(number, Refusal::CalledAgain);
        freed.extend(self.take_out(call));
        let (group, not_before, citizen) = (caller.group, Time::ZERO, citizen.clone());
        let promise = ledger::Promise { call: call.again(), group, priority, since, tried: 0, not_before, citizen };
        self.promises.push(Promised { caller: number, promise, begun: false, rests: false });
        let back = self.stand_by(number, caller.arrival, caller.pulled);
        self.stand(now, back);
        self.out.push(Action::Promised { call, kept: true });
        self.review_all(now, freed);
    }

    /// The caller who stands for a promise, in no line yet.
    fn stand_by(&mut self, number: CallerKey, arrival: u64, pulled: Option<u64>) -> CallId {
        let ledger::Promise { call, group, priority, since, .. } =
            self.promised(Some(number)).expect("a promise").promise.clone();
        let mut caller = Caller::new(call, Some(number), group, (priority, since), arrival);
        (caller.floor, caller.pulled, caller.back) = (self.issued, pulled, true);
        self.callers.push(caller);
        call
    }

    fn stand_by_again(&mut self, number: CallerKey) -> CallId {
        self.arrivals += 1;
        self.stand_by(number, self.arrivals, None)
    }

    fn stand(&mut self, now: Time, call: CallId) {
        if !self.leave_closed(now, call) {
            self.seek(now, call);
        }
    }

    pub(super) fn promises_due(&mut self, now: Time) {
        let due = |p: &&Promised| p.rests && p.promise.not_before <= now;
        let mut due: Vec<_> = self.promises.iter().filter(due).map(|p| (p.promise.not_before, p.caller)).collect();
        due.sort_unstable();
        for (_, caller) in due {
            let held = self.held;
            let promised = self.promises.iter_mut().find(|p| p.caller == caller && p.rests);
            let Some(promised) = promised else { continue };
            promised.rests = false;
            if !held {
                let call = self.stand_by_again(caller);
                self.stand(now, call);
            }
        }
    }

    pub(super) fn next_promise(&self) -> Option<Time> {
        self.promises.iter().filter(|p| p.rests).map(|p| p.promise.not_before).min()
    }

    /// Before the first phone rings for who is called back.
    pub(super) fn begin_call_back(&mut self, call: CallId) {
        let caller = self.caller_mut(call).clone();
        let tries = self.policy(caller.group).unwrap_or_default().tries;
        let of_caller = |p: &&mut Promised| caller.back && Some(p.caller) == caller.number && !p.begun;
        let Some(promised) = self.promises.iter_mut().find(of_caller) else { return };
        promised.begun = true;
        let (citizen, last) = (promised.promise.citizen.clone(), promised.promise.tried + 1 >= tries);
        let (group, priority, since) = (caller.group, caller.priority, caller.since);
        self.out.push(Action::CallsBack { call, group, priority, since, citizen: Box::new(citizen), last });
    }

    pub(super) fn with_promise(&self, number: Option<CallerKey>, rank: (u8, Time)) -> (u8, Time) {
        let promise = self.promised(number).map(|p| &p.promise);
        promise.map_or(rank, |promise| (rank.0.max(promise.priority), rank.1.min(promise.since)))
    }

    pub(super) fn take_back(&mut self, number: CallerKey, reason: Refusal) -> Vec<usize> {
        let Some(place) = self.promises.iter().position(|p| p.caller == number) else { return Vec::new() };
        let Promised { promise, begun, .. } = self.promises.remove(place);
        let (call, group) = (promise.call, promise.group);
        let freed = self.take_out(call);
        if begun {
            self.out.push(Action::Refused { call, group, reason });
        }
        freed
    }

    /// Takes a caller out without a word to it; whom to look at then.
    fn take_out(&mut self, call: CallId) -> Vec<usize> {
        let mut freed = self.ringing(call);
        freed.iter().for_each(|agent| self.withdraw(*agent, None));
        let Some(place) = self.callers.iter().position(|c| c.call == call) else { return freed };
        let caller = self.callers.remove(place);
        if let Some(agent) = caller.claims {
            self.withdraw(agent, None);
            freed.push(agent);
        }
        if let Standing::Talking(agent) = caller.standing {
            self.agents[agent].state = State::Free;
            freed.push(agent);
        }
        self.aside.extend(&freed);
        freed
    }

    pub(super) fn review_all(&mut self, now: Time, agents: Vec<usize>) {
        for agent in agents {
            self.aside.retain(|aside| *aside != agent);
            self.review(now, agent);
        }
    }

    /// A caller is gone from the queue, and with it what it was promised.
    pub(super) fn forget(&mut self, call: CallId) -> Option<Caller> {
        let place = self.callers.iter().position(|c| c.call == call)?;
        let caller = self.callers.remove(place);
        if caller.back {
            self.promises.retain(|p| Some(p.caller) != caller.number);
        }
        Some(caller)
    }

    pub(super) fn redeem(&mut self, call: CallId) {
        let caller = self.caller_mut(call);
        if std::mem::take(&mut caller.back) {
            let number = caller.number;
            self.promises.retain(|p| Some(p.caller) != number);
        }
    }

    pub(super) fn reached(&mut self, now: Time, call: CallId) {
        let Some(caller) = self.caller(call).filter(|c| c.back).cloned() else { return };
        if let Standing::Talking(agent) = caller.standing {
            self.redeem(call);
            self.remember(now, caller.number, agent);
        }
    }

    pub(super) fn unreached(&mut self, now: Time, call: CallId, agent: usize) {
        if self.caller(call).is_some_and(|c| c.standing == Standing::Talking(agent)) {
            self.try_again_later(now, call);
        }
    }

    pub(super) fn try_again_later(&mut self, now: Time, call: CallId) {
        let caller = self.caller_mut(call).clone();
        let place = self.promises.iter().position(|p| caller.back && Some(p.caller) == caller.number);
        if let Some(place) = place {
            let mut promised = self.promises.remove(place);
            let policy = self.policy(promised.promise.group).unwrap_or_default();
            promised.promise.tried += 1;
            promised.promise.call = promised.promise.call.again();
            promised.promise.not_before = now + policy.retry;
            (promised.begun, promised.rests) = (false, true);
            if promised.promise.tried < policy.tries {
                self.promises.push(promised);
            }
        }
        let freed = self.take_out(call);
        self.review_all(now, freed);
    }

    pub(super) fn hold_call_backs(&mut self, now: Time) {
        self.held = true;
        self.promises.sort_by_key(|p| p.caller);
        let mut freed = Vec::new();
        for place in 0..self.promises.len() {
            let Promised { promise, begun, .. } = self.promises[place].clone();
            let waits = |c: &Caller| matches!(c.standing, Standing::Waiting | Standing::Offered);
            if !self.caller(promise.call).is_some_and(waits) {
                continue;
            }
            freed.extend(self.take_out(promise.call));
            if begun {
                let (call, group) = (promise.call, promise.group);
                let promised = &mut self.promises[place];
                (promised.promise.call, promised.begun) = (call.again(), false);
                self.out.push(Action::Refused { call, group, reason: Refusal::Held });
            }
        }
        self.review_all(now, freed);
    }

    pub(super) fn moved_promise(&mut self, call: CallId, to: GroupId) {
        let caller = self.caller_mut(call).clone();
        self.promises.iter_mut().filter(|p| caller.back && Some(p.caller) == caller.number).for_each(|p| {
            p.promise.group = to;
        });
    }

    pub(super) fn release_resting(&mut self, call: CallId) -> bool {
        let before = self.promises.len();
        let known = self.caller(call).is_some();
        self.promises.retain(|p| known || p.promise.call != call);
        self.promises.len() < before
    }

    /// As the next process has them.
    pub(super) fn restored_promises(&mut self, now: Time, next: &mut Model) {
        self.promises.sort_by_key(|p| p.caller);
        for mut promised in std::mem::take(&mut self.promises) {
            let called = |c: &Caller| !c.back || matches!(c.standing, Standing::Talking(_));
            let retry = self.policy(promised.promise.group).unwrap_or_default().retry;
            if self.caller(promised.promise.call).is_some_and(called) {
                promised.promise.not_before = promised.promise.not_before.max(now + retry);
            }
            promised.promise.call = promised.promise.call.again();
            (promised.begun, promised.rests) = (false, promised.promise.not_before > now);
            let (caller, rests) = (promised.caller, promised.rests);
            next.promises.push(promised);
            if !rests {
                let call = next.stand_by_again(caller);
                next.seek(now, call);
            }
        }
    }

    pub(crate) fn promises(&self) -> usize {
        self.promises.len()
    }
}
