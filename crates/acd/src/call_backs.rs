//! Citizens who are called back when their turn has come: each holds a place in line, and no call.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use base::{AgentId, CallId, CallerKey, GroupId, Key, Masked, Time, packed_struct};

use crate::callers::{Back, Caller, Claim, Standing};
use crate::ledger::{Ledger, Promise};
use crate::{Acd, Action, Fact, Refusal, plan};

/// Who is called back, as calls and records need it; nothing of it decides anything here.
#[derive(Clone, PartialEq, Eq)]
pub struct Citizen {
    /// In its one form.
    pub number: String,
    /// The number of ours that the citizen had called.
    pub called: String,
    /// The language that the citizen chose.
    pub locale: String,
}

packed_struct!(Citizen { number, called, locale });

impl fmt::Debug for Citizen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Citizen({})", Masked(&self.number))
    }
}

/// A promise, and whether the switch has a call of its id.
#[derive(Clone, Debug)]
struct Open {
    promise: Promise,
    begun: bool,
}

/// All promises, at most `plan::CallBack::limit` a group and those that moved there. Ordered maps, as the keys come from numbers that
/// strangers choose.
#[derive(Clone, Debug, Default)]
pub(crate) struct Promises {
    by_caller: BTreeMap<CallerKey, Open>,
    by_call: BTreeMap<CallId, CallerKey>,
    /// Who stands in no line, until then.
    resting: BTreeSet<(Time, CallerKey)>,
    /// This process calls nobody back any more.
    held: bool,
}

impl Promises {
    pub(crate) fn get(&self, caller: CallerKey) -> Option<&Promise> {
        self.by_caller.get(&caller).map(|open| &open.promise)
    }

    pub(crate) fn of_call(&self, call: CallId) -> Option<CallerKey> {
        self.by_call.get(&call).copied()
    }

    /// How many a group has made.
    pub(crate) fn of_group(&self, group: GroupId) -> usize {
        self.by_caller.values().filter(|open| open.promise.group == group).count()
    }

    /// Since when each of a group waits who stands in no line at this moment, and until when.
    pub(crate) fn resting(&self, group: GroupId) -> impl Iterator<Item = (&Promise, Time)> {
        let rests = |(until, caller): &(Time, CallerKey)| Some((self.get(*caller)?, *until));
        self.resting.iter().filter_map(rests).filter(move |(promise, _)| promise.group == group)
    }

    pub(crate) fn all(&self) -> BTreeMap<CallerKey, Promise> {
        self.by_caller.iter().map(|(caller, open)| (*caller, open.promise.clone())).collect()
    }

    /// When the first of those who rest stands in line again.
    pub(crate) fn first(&self) -> Option<Time> {
        self.resting.first().map(|(until, _)| *until)
    }

    fn insert(&mut self, caller: CallerKey, promise: Promise) {
        self.remove(caller);
        self.by_call.insert(promise.call, caller);
        self.by_caller.insert(caller, Open { promise, begun: false });
    }

    fn remove(&mut self, caller: CallerKey) -> Option<Open> {
        let open = self.by_caller.remove(&caller)?;
        self.by_call.remove(&open.promise.call);
        self.resting.remove(&(open.promise.not_before, caller));
        Some(open)
    }
}

impl Acd {
    /// A caller who waits is called back instead, where the group does so and the number is known.
    pub(crate) fn promise(&mut self, now: Time, call: CallId, citizen: Citizen, out: &mut Vec<Action>) {
        let free = self.callers.find(call.again()).is_none();
        let asks = self.waits(call).filter(|_| free).and_then(|key| {
            let caller = self.callers.get(key).filter(|caller| !caller.is_called_back())?;
            Some((key, caller.claim().caller?, caller.group, caller.claim(), caller.arrival))
        });
        let Some((key, number, group, claim, arrival)) = asks.filter(|(_, _, group, ..)| self.may_promise(*group))
        else {
            return out.push(Action::Promised { call, kept: false });
        };
        let claim = self.with_promise(claim);
        // Two calls of one number have one promise.
        let mut freed = self.take_back(number, Refusal::CalledAgain, out);
        let (priority, since) = (claim.priority, claim.since);
        let promise = Promise { call: call.again(), group, priority, since, tried: 0, not_before: Time::ZERO, citizen };
        // Before the caller leaves, so that a journal that is cut between the two has the caller twice.
        self.keep_promise(number, promise, out);
        freed.extend(self.take_out(key, out));
        if let Some(key) = self.stand_by(number, (claim, arrival)) {
            self.stand(now, key, out);
        }
        out.push(Action::Promised { call, kept: true });
        self.review_all(now, freed, out);
    }

    fn may_promise(&self, group: GroupId) -> bool {
        let limit = self.plan.groups.get(usize::from(group.0)).and_then(|plan| plan.call_back).map(|plan| plan.limit);
        !self.promises.held && limit.is_some_and(|limit| self.promises.of_group(group) < limit)
    }

    fn keep_promise(&mut self, caller: CallerKey, promise: Promise, out: &mut Vec<Action>) {
        self.promises.insert(caller, promise.clone());
        out.push(Action::Fact(Fact::Promised { caller, promise: Box::new(promise) }));
    }

    /// Who is to be called back is a caller with this turn, in no line yet.
    fn stand_by(&mut self, number: CallerKey, (claim, arrival): (Claim, u64)) -> Option<Key> {
        let Promise { call, group, .. } = self.promises.get(number)?;
        let mut caller = Caller::new(*call, *group, claim, arrival);
        (caller.floor, caller.back) = (self.issued, Back::Promised);
        Some(self.callers.insert(caller))
    }

    /// As `stand_by`, for who was in no line.
    fn stand_by_again(&mut self, caller: CallerKey) -> Option<Key> {
        let &Promise { priority, since, .. } = self.promises.get(caller)?;
        self.arrivals += 1;
        self.stand_by(caller, (Claim { caller: Some(caller), priority, since, pulled: None }, self.arrivals))
    }

    /// Who is to be called back stands in line, or is offered at once.
    fn stand(&mut self, now: Time, key: Key, out: &mut Vec<Action>) {
        if !self.leave_closed(now, key, out) {
            self.seek(now, key, out);
        }
    }

    /// Those whose next call has come stand in line again.
    pub(crate) fn promises_due(&mut self, now: Time, out: &mut Vec<Action>) {
        while let Some(&(until, caller)) = self.promises.resting.first().filter(|(until, _)| *until <= now) {
            self.promises.resting.remove(&(until, caller));
            if self.promises.held {
                continue;
            }
            if let Some(key) = self.stand_by_again(caller) {
                self.stand(now, key, out);
            }
        }
    }

    /// Before the first phone rings for who is called back, there is a call.
    pub(crate) fn begin_call_back(&mut self, key: Key, out: &mut Vec<Action>) {
        let Some(caller) = self.callers.get(key).filter(|caller| caller.is_called_back()) else { return };
        let (call, group, claim) = (caller.call, caller.group, caller.claim());
        let tries = self.call_back_of(group).tries;
        let open = claim.caller.and_then(|number| self.promises.by_caller.get_mut(&number));
        let Some(open) = open.filter(|open| !open.begun) else { return };
        open.begun = true;
        let (citizen, last) = (Box::new(open.promise.citizen.clone()), open.promise.tried.saturating_add(1) >= tries);
        let (priority, since) = (claim.priority, claim.since);
        out.push(Action::CallsBack { call, group, priority, since, citizen, last });
    }

    fn call_back_of(&self, group: GroupId) -> plan::CallBack {
        // A promise outlives the plan that it was made by.
        self.plan.groups.get(usize::from(group.0)).and_then(|group| group.call_back).unwrap_or_default()
    }

    /// The promise of a caller who moved to this group.
    pub(crate) fn note_promise(&mut self, caller: CallerKey, group: GroupId, out: &mut Vec<Action>) {
        let Some(open) = self.promises.by_caller.get_mut(&caller) else { return };
        open.promise.group = group;
        let promise = Box::new(open.promise.clone());
        out.push(Action::Fact(Fact::Promised { caller, promise }));
    }

    /// The caller has what was promised: is a caller as any other from now on.
    pub(crate) fn redeem(&mut self, key: Key, out: &mut Vec<Action>) {
        let Some(caller) = self.callers.get(key).filter(|caller| caller.is_called_back()) else { return };
        let (number, told) = (caller.claim().caller, caller.back == Back::Accepted);
        self.callers.leave(key);
        let Some(caller) = self.callers.get_mut(key) else { return };
        caller.back = Back::No;
        if !told {
            self.note(key, out);
        }
        number.into_iter().for_each(|number| self.promise_over(number, out));
    }

    pub(crate) fn promise_over(&mut self, caller: CallerKey, out: &mut Vec<Action>) {
        if self.promises.remove(caller).is_some() {
            out.push(Action::Fact(Fact::PromiseOver { caller }));
        }
    }

    pub(crate) fn reached(&mut self, now: Time, call: CallId, out: &mut Vec<Action>) {
        let Some(key) = self.callers.find(call) else { return };
        let Some(caller) = self.callers.get(key).filter(|caller| caller.is_called_back()) else { return };
        let (Standing::Talking(agent), number) = (caller.standing, caller.claim().caller) else { return };
        self.redeem(key, out);
        self.remember(now, number, agent, out);
    }

    pub(crate) fn unreached(&mut self, now: Time, call: CallId, agent: AgentId, out: &mut Vec<Action>) {
        let Some(key) = self.callers.find(call) else { return };
        if self.callers.get(key).is_some_and(|caller| caller.standing == Standing::Talking(agent)) {
            self.try_again_later(now, key, out);
        }
    }

    /// A call to the citizen came to nothing, whosever fault that is: nobody's here.
    pub(crate) fn try_again_later(&mut self, now: Time, key: Key, out: &mut Vec<Action>) {
        let number = self.callers.get(key).filter(|caller| caller.is_called_back()).and_then(|c| c.claim().caller);
        if let Some((number, promise)) = number.and_then(|number| Some((number, self.promises.get(number)?))) {
            let plan = self.call_back_of(promise.group);
            let tried = promise.tried.saturating_add(1);
            let next = Promise { call: promise.call.again(), tried, not_before: now + plan.retry, ..promise.clone() };
            match tried < plan.tries {
                true => self.keep_resting(number, next, out),
                false => self.promise_over(number, out),
            }
        }
        let freed = self.take_out(key, out);
        self.review_all(now, freed, out);
    }

    fn keep_resting(&mut self, caller: CallerKey, promise: Promise, out: &mut Vec<Action>) {
        let until = promise.not_before;
        self.keep_promise(caller, promise, out);
        self.promises.resting.insert((until, caller));
    }

    /// Takes a promise back, if there is one; whom to look at then.
    pub(crate) fn take_back(&mut self, number: CallerKey, reason: Refusal, out: &mut Vec<Action>) -> Vec<AgentId> {
        let Some(open) = self.promises.by_caller.get(&number) else { return Vec::new() };
        let (call, group, begun) = (open.promise.call, open.promise.group, open.begun);
        let freed = self.callers.find(call).map(|key| self.take_out(key, out)).unwrap_or_default();
        if begun {
            out.push(Action::Refused { call, group, reason });
        }
        self.promise_over(number, out);
        freed
    }

    /// The better right of that which a caller comes with, and of what the caller was promised.
    pub(crate) fn with_promise(&self, claim: Claim) -> Claim {
        let promise = claim.caller.and_then(|number| self.promises.get(number));
        let of_promise = |p: &Promise| Claim { caller: None, priority: p.priority, since: p.since, pulled: None };
        promise.map_or(claim, |promise| claim.or_better(of_promise(promise)))
    }

    /// Forgets a caller who leaves no call behind: phones stop, and whom it talks with is free without wrap-up. Says whom to look at then. A
    /// word of the call that comes late still counts.
    fn take_out(&mut self, key: Key, out: &mut Vec<Action>) -> Vec<AgentId> {
        let mut freed = Vec::new();
        // Each turn ends one offer of those that there are.
        while let Some((call, Standing::Offered(agent))) = self.callers.get(key).map(|c| (c.call, c.standing)) {
            self.withdraw(agent, call, None, out);
            freed.push(agent);
        }
        freed.extend(self.withdraw_claim(key, out));
        if let Some(Standing::Talking(agent)) = self.callers.get(key).map(|caller| caller.standing) {
            self.free(agent);
            freed.push(agent);
        }
        if let Some(caller) = self.remove(key)
            && caller.is_told()
        {
            out.push(Action::Fact(Fact::Left { call: caller.call }));
        }
        freed
    }

    pub(crate) fn review_all(&mut self, now: Time, agents: Vec<AgentId>, out: &mut Vec<Action>) {
        agents.into_iter().for_each(|agent| self.review(now, agent, out));
    }

    /// Nobody is called back any more by this process, but for those who are being called.
    pub(crate) fn hold_call_backs(&mut self, now: Time, out: &mut Vec<Action>) {
        self.promises.held = true;
        let mut freed = Vec::new();
        for caller in self.promises.by_caller.keys().copied().collect::<Vec<_>>() {
            freed.extend(self.hold(caller, out));
        }
        self.review_all(now, freed, out);
    }

    fn hold(&mut self, caller: CallerKey, out: &mut Vec<Action>) -> Vec<AgentId> {
        let Some(Open { promise, begun }) = self.promises.by_caller.get(&caller).cloned() else { return Vec::new() };
        let Some(key) = self.callers.find(promise.call).filter(|_| self.waits(promise.call).is_some()) else {
            return Vec::new();
        };
        let freed = self.take_out(key, out);
        if begun {
            let (call, group) = (promise.call, promise.group);
            self.keep_promise(caller, Promise { call: call.again(), ..promise }, out);
            out.push(Action::Refused { call, group, reason: Refusal::Held });
        }
        freed
    }

    /// Promises stand. Who was being called is so again no sooner than after a call that was not answered, as a phone may ring yet.
    pub(crate) fn restore_promises(&mut self, now: Time, ledger: &Ledger, out: &mut Vec<Action>) {
        for (&caller, promise) in &ledger.promises {
            if usize::from(promise.group.0) >= self.plan.groups.len() {
                out.push(Action::Fact(Fact::PromiseOver { caller }));
                continue;
            }
            // The process before may have begun a call of the old id.
            let mut next = Promise { call: promise.call.again(), ..promise.clone() };
            if ledger.callers.contains_key(&promise.call) {
                next.not_before = next.not_before.max(now + self.call_back_of(promise.group).retry);
            }
            self.restore_promise(now, caller, (promise, next), out);
        }
    }

    fn restore_promise(
        &mut self,
        now: Time,
        caller: CallerKey,
        (before, next): (&Promise, Promise),
        out: &mut Vec<Action>,
    ) {
        let rests = next.not_before > now;
        if *before == next {
            self.promises.insert(caller, next);
        } else {
            self.keep_promise(caller, next, out);
        }
        match self.promises.get(caller).filter(|_| rests).map(|promise| promise.not_before) {
            Some(until) => drop(self.promises.resting.insert((until, caller))),
            // Where the group is closed they stay: a restart moves nobody.
            None => self.stand_by_again(caller).into_iter().for_each(|key| self.seek(now, key, out)),
        }
    }
}

impl Caller {
    pub(crate) fn is_called_back(&self) -> bool {
        self.back != Back::No
    }

    /// Whether facts have told of the caller: a promise stands for who is called back, until an agent accepts.
    pub(crate) fn is_told(&self) -> bool {
        self.back != Back::Promised
    }
}
