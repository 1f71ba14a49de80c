//! The queue itself: commands and deadlines in, actions out.

use std::collections::BTreeSet;
use std::sync::Arc;

use base::{AgentId, CallId, GroupId, Key, Now, Time};

use crate::agents::{Agent, Agents, Newest, State};
use crate::call_backs::Promises;
use crate::callers::{Asks, Caller, Callers, Claim, Standing};
use crate::estimate::Outcome;
use crate::expect::Expect;
use crate::last::Lasts;
use crate::places::Places;
use crate::repeat::Repeats;
use crate::staffing::Staff;
use crate::surge::Surges;
use crate::timer::{Deadlines, Timer};
use crate::{Action, Command, Fact, Plan, Refusal, Reservation};

/// The automatic call distributor of one node.
#[derive(Clone, Debug)]
pub struct Acd {
    pub(crate) plan: Arc<Plan>,
    pub(crate) callers: Callers,
    pub(crate) agents: Agents,
    pub(crate) places: Places,
    pub(crate) promises: Promises,
    pub(crate) lasts: Lasts,
    pub(crate) repeats: Repeats,
    /// Whether a group lets callers wait for the agent of the last talk.
    pub(crate) remembers: bool,
    pub(crate) deadlines: Deadlines,
    /// How long callers will wait.
    pub(crate) expect: Expect,
    /// Groups that take nobody new.
    pub(crate) closed: BTreeSet<GroupId>,
    pub(crate) staff: Staff,
    pub(crate) surges: Surges,
    /// Callers who were pulled forward up to now.
    pub(crate) pulls: u32,
    /// Whether a strategy looks at what agents did today.
    pub(crate) counts: bool,
    /// The number of the newest reservation.
    pub(crate) issued: u64,
    /// The number of the newest arrival; decides between callers of the same time.
    pub(crate) arrivals: u64,
}

impl Acd {
    /// A queue without callers, in which nobody is ready yet.
    pub fn new(plan: impl Into<Arc<Plan>>, now: Time) -> Acd {
        let plan = plan.into();
        let (callers, agents, mut deadlines) = (Callers::new(&plan), Agents::new(&plan), Deadlines::new(now));
        Acd {
            staff: Staff::new(&plan, &agents, now, &mut deadlines),
            expect: Expect::new(&plan, &agents, callers.steps.queues(), now),
            callers,
            agents,
            counts: plan.groups.iter().any(|group| group.strategy.counts()),
            places: Places::default(),
            promises: Promises::default(),
            lasts: Lasts::default(),
            repeats: Repeats::default(),
            remembers: plan.groups.iter().any(|group| !group.prefer.is_zero()),
            closed: BTreeSet::new(),
            surges: Surges::new(&plan),
            pulls: 0,
            deadlines,
            issued: 0,
            arrivals: 0,
            plan,
        }
    }

    /// Takes one command; what follows from it is appended to `out`.
    pub fn handle(&mut self, now: Now, command: Command, out: &mut Vec<Action>) {
        self.mark_day(now);
        let time = now.time;
        match command {
            Command::Called { call, caller } => self.called(time, call, caller, out),
            Command::Enqueue { call, caller, group, priority, since } => {
                self.enqueue(time, call, group, Claim { caller, priority, since, pulled: None }, out);
            }
            Command::Claim { call, agent } => self.claim(time, call, agent, out),
            Command::TakesOver { call, agent } => self.hand_to(time, call, agent, out),
            Command::Return { call, caller, group, priority, since } => {
                self.come_back(time, call, group, Claim { caller, priority, since, pulled: None }, out);
            }
            Command::Abandon { call } => self.abandon(time, call, out),
            Command::Keep { call } => self.keep(time, call, self.plan.redial, out),
            Command::HungUp { call } => self.hung_up(time, call, out),
            Command::Locate { call } => self.locate(time, call, out),
            Command::Accepted { call, agent, reservation } => self.accepted(time, call, agent, reservation, out),
            Command::Declined { call, agent, reservation, cause } => {
                self.declined(time, (call, agent, reservation), cause, out);
            }
            Command::Ended { call, agent } => self.ended(time, call, agent, out),
            Command::SlotRefused { call, agent, reservation } => {
                self.slot_refused(time, (call, agent, reservation), out);
            }
            Command::Ready { agent } => self.ready(time, agent, out),
            Command::Away { agent } => self.away(time, agent, out),
            Command::SignedOn { agent, on } => self.signs(time, agent, on),
            Command::WrapUp { ticket, agent, length } => {
                let granted = self.ask_wrap_up(time, agent, length, out);
                out.push(Action::WrapUp { ticket, granted });
            }
            Command::Rested { agent } => self.rested(time, agent, out),
            Command::CallBack { call, citizen } => self.promise(time, call, *citizen, out),
            Command::Reached { call } => self.reached(time, call, out),
            Command::Unreached { call, agent } => self.unreached(time, call, agent, out),
            Command::HoldCallBacks => self.hold_call_backs(time, out),
            Command::Raise { .. }
            | Command::Move { .. }
            | Command::Release { .. }
            | Command::Open { .. }
            | Command::Surge { .. } => {
                self.steer(time, &command, out);
            }
            Command::Plan(plan) => self.adopt(now, plan, out),
        }
        self.watch_surges(time, out);
    }

    /// Carries out every deadline that is due.
    pub fn handle_timeout(&mut self, now: Now, out: &mut Vec<Action>) {
        self.mark_day(now);
        self.expire_places(now.time, out);
        self.expire_lasts(now.time, out);
        self.expire_repeats(now.time, out);
        self.promises_due(now.time, out);
        let all = self.deadlines.due(now.time);
        for due in &all {
            match due.timer {
                Timer::RingOut { agent, reservation } => self.ring_out(now.time, agent, reservation, out),
                Timer::Rested { agent } => self.rested(now.time, agent, out),
                Timer::Waited { slot, ticket } => self.waited(now.time, slot, ticket, out),
                Timer::Relaxes { caller } => self.relax(now.time, caller, out),
                Timer::Unstaffed { group } => self.unstaffed(now.time, group, out),
            }
        }
        self.deadlines.done(all);
        self.watch_surges(now.time, out);
    }

    /// When `handle_timeout` should be called next; may be early, never late.
    pub fn next_timeout(&self) -> Option<Time> {
        let kept = [self.places.first(), self.lasts.first(), self.repeats.first()].into_iter().flatten();
        let others = [self.promises.first(), self.surges.next()].into_iter().flatten();
        self.deadlines.next().into_iter().chain(kept.map(|(until, _)| until)).chain(others).min()
    }

    fn locate(&mut self, now: Time, call: CallId, out: &mut Vec<Action>) {
        let Some(key) = self.callers.find(call) else { return };
        let Some(caller) = self.callers.get(key) else { return };
        if matches!(caller.standing, Standing::Talking(_)) {
            return;
        }
        let group = caller.group;
        let position = self.callers.position(key);
        let wait = self.tell_again(now, key);
        out.push(Action::Located { call, group, position, wait });
    }

    pub(crate) fn abandon(&mut self, now: Time, call: CallId, out: &mut Vec<Action>) {
        if let Some(key) = self.callers.find(call) {
            self.let_go(now, key, out);
        }
    }

    /// Takes a caller out of the queue.
    pub(crate) fn forget(&mut self, key: Key, out: &mut Vec<Action>) -> Option<Caller> {
        let caller = self.remove(key)?;
        if caller.is_told() {
            out.push(Action::Fact(Fact::Left { call: caller.call }));
        }
        if let Some(number) = caller.claim().caller.filter(|_| caller.is_called_back()) {
            self.promise_over(number, out);
        }
        Some(caller)
    }

    /// As `forget`, and says nothing of it.
    pub(crate) fn remove(&mut self, key: Key) -> Option<Caller> {
        let caller = self.callers.remove(key)?;
        self.deadlines.cancel_wait(key.slot);
        if let Some(relax) = caller.relax.get() {
            self.deadlines.cancel(relax);
        }
        Some(caller)
    }

    /// Ends whatever the queue holds for a caller: the turn, the offer, the talk.
    pub(crate) fn let_go(&mut self, now: Time, key: Key, out: &mut Vec<Action>) {
        self.unclaim(now, key, out);
        self.learn(now, key, Outcome::Left);
        let Some(caller) = self.forget(key, out) else { return };
        match caller.standing {
            Standing::Waiting | Standing::Nowhere => {}
            Standing::Offered(first) => {
                let mut ringing = Some(first);
                while let Some(agent) = ringing {
                    ringing = self.agents.rings_after(agent);
                    self.withdraw(agent, caller.call, None, out);
                    self.silence(agent);
                    self.review(now, agent, out);
                }
            }
            Standing::Talking(agent) => self.talk_over(now, agent, out),
        }
    }

    fn ended(&mut self, now: Time, call: CallId, agent: AgentId, out: &mut Vec<Action>) {
        let Some(key) = self.held(agent, call) else { return };
        if self.callers.get(key).is_some_and(|c| c.standing == Standing::Talking(agent)) {
            self.let_go(now, key, out);
        }
    }

    fn ready(&mut self, now: Time, agent: AgentId, out: &mut Vec<Action>) {
        if let Some(a) = self.agents.get_mut(agent) {
            a.ready = true;
        }
        self.at_work(agent, true);
        self.review(now, agent, out);
    }

    fn away(&mut self, now: Time, agent: AgentId, out: &mut Vec<Action>) {
        self.agents.list(agent, false);
        if let Some(a) = self.agents.get_mut(agent) {
            (a.ready, a.idle) = (false, None);
        }
        self.at_work(agent, false);
        self.ask_for_all(now, agent, out);
    }

    /// Brings an agent whose state changed where it belongs: to the first caller it may serve, or to the idle lists.
    pub(crate) fn review(&mut self, now: Time, agent: AgentId, out: &mut Vec<Action>) {
        if !self.agents.get(agent).is_some_and(Agent::eligible) {
            return self.agents.list(agent, false);
        }
        self.agents.begin_idle(agent, now);
        match self.callers.first_of(self.agents.serves(agent), agent) {
            Some(caller) => self.reserve(now, agent, caller, out),
            None => self.agents.list(agent, true),
        }
    }

    /// Offers a caller, in line or not, to an eligible agent.
    pub(crate) fn reserve(&mut self, now: Time, agent: AgentId, key: Key, out: &mut Vec<Action>) {
        self.agents.list(agent, false);
        self.callers.leave(key);
        self.begin_call_back(key, out);
        let (Some(a), Some(caller)) = (self.agents.get_mut(agent), self.callers.get_mut(key)) else { return };
        self.issued += 1;
        let mut next = None;
        match caller.standing {
            Standing::Talking(_) => caller.claims = agent.into(),
            Standing::Offered(other) => (next, caller.standing) = (Some(other), Standing::Offered(agent)),
            Standing::Waiting | Standing::Nowhere => caller.standing = Standing::Offered(agent),
        }
        let (call, group, reservation) = (caller.call, caller.group, Reservation(self.issued));
        let ring = self.plan.groups.get(usize::from(group.0)).map(|g| g.ring).unwrap_or_default();
        let until = now + ring;
        let ring_out = self.deadlines.set(until, Timer::RingOut { agent, reservation });
        a.state = State::Offered { caller: key, reservation, ring_out, next };
        (a.ready, a.rung_at) = (false, now);
        a.newest = Some(Newest::new(reservation, group, caller.claim()));
        out.push(Action::Fact(Fact::Offered { call, agent, reservation }));
        out.push(Action::Reserve { agent, call, group, reservation, until });
    }

    /// Rings phones for a caller who stands in no line, as many as the group has ring at once; whether any rings.
    pub(crate) fn ring(&mut self, now: Time, key: Key, out: &mut Vec<Action>) -> bool {
        let Some(caller) = self.callers.get(key) else { return false };
        let (group, asks) = (caller.group, caller.asks());
        let at_once = self.plan.groups.get(usize::from(group.0)).map_or(1, |group| group.ring_at_once.max(1));
        let queue = self.callers.steps.queue(group, asks);
        let mut ringing = self.ringing(key);
        while ringing < usize::from(at_once) {
            let agent = match asks {
                Asks::Step(_) => self.agents.first(queue),
                Asks::For(agent) => Some(agent).filter(|agent| self.agents.get(*agent).is_some_and(Agent::eligible)),
            };
            let Some(agent) = agent else { break };
            self.agents.draw(queue);
            self.reserve(now, agent, key, out);
            ringing += 1;
        }
        ringing > 0
    }

    pub(crate) fn enqueue(&mut self, now: Time, call: CallId, asked: GroupId, claim: Claim, out: &mut Vec<Action>) {
        let talked = self.callers.find(call).and_then(|key| self.leave_for_anew(now, key, out));
        let claim = talked.map_or(claim, |(_, kept)| claim.or_better(kept));
        // Who lost an agent in a talk has a place, however full the group has become.
        let returns = talked.is_some_and(|(group, _)| group == asked);
        let group = match if returns { Ok(asked) } else { self.room(now, asked, claim) } {
            Ok(group) => group,
            Err((group, reason)) => return out.push(Action::Refused { call, group, reason }),
        };
        if group != asked {
            out.push(Action::Moved { call, from: asked, to: group, by_hand: false });
        }
        self.arrivals += 1;
        let better = self.with_promise(self.reclaim(now, claim));
        // Who just lost an agent waits for any other.
        let prefers = self.preferred(now, group, claim.caller).filter(|_| talked.is_none());
        let mut caller = Caller::new(call, group, better, self.arrivals);
        caller.floor = self.issued;
        if talked.is_none() && prefers.is_none() {
            caller.promise.heed = Acd::heed(now, better.since);
        }
        caller.prefer(prefers);
        let key = self.callers.insert(caller);
        // The place is given up after the caller stands in line, so that a journal that is cut between the two has it twice.
        self.note(key, out);
        let mut freed = Vec::new();
        if let Some(caller) = claim.caller {
            self.drop_place(caller, out);
            freed = self.take_back(caller, Refusal::CalledAgain, out);
        }
        self.enter(now, key, out);
        self.review_all(now, freed, out);
    }

    /// Tells that the queue holds a caller.
    pub(crate) fn note(&mut self, key: Key, out: &mut Vec<Action>) {
        let Some(held) = self.callers.get(key) else { return };
        let (told, group) = (held.is_told(), held.group);
        match held.claim().caller.filter(|_| !told) {
            Some(caller) => self.note_promise(caller, group, out),
            None => self.note_caller(key, out),
        }
    }

    pub(crate) fn note_caller(&self, key: Key, out: &mut Vec<Action>) {
        let Some(held) = self.callers.get(key) else { return };
        let Claim { caller, priority, since, .. } = held.claim();
        out.push(Action::Fact(Fact::Waits { call: held.call, caller, group: held.group, priority, since }));
    }

    /// Begins a caller's stay in its group.
    pub(crate) fn enter(&mut self, now: Time, key: Key, out: &mut Vec<Action>) {
        // Who comes back from a talk is taken in whatever the group.
        if self.leave_shut(now, key, out) {
            return;
        }
        self.begin_stay(now, key, out);
        self.seek(now, key, out);
    }

    /// Tells a caller who stands in no line the position, and sets the end of the wait.
    pub(crate) fn begin_stay(&mut self, now: Time, key: Key, out: &mut Vec<Action>) {
        let Some(caller) = self.callers.get(key) else { return };
        let (call, group) = (caller.call, caller.group);
        // A caller is told the position before an agent is sought: nobody else waits where an agent is free.
        let position = self.callers.position(key);
        let expected = self.tell_first(now, key, position);
        let surge = self.surges.of(group).on;
        out.push(Action::Queued { call, group, position, wait: expected, surge });
        // Nobody's patience wears out who is called back.
        let lasts = !self.callers.get(key).is_some_and(|caller| caller.is_called_back());
        let wait = self.plan.groups.get(usize::from(group.0)).and_then(|g| g.wait).filter(|_| lasts);
        match wait {
            Some(wait) => self.deadlines.set_wait(wait, now + wait, key.slot),
            None => self.deadlines.cancel_wait(key.slot),
        }
    }

    /// A caller whose offer came to nothing: the place is kept, unless the wait ran out meanwhile.
    pub(crate) fn resume(&mut self, now: Time, key: Key, out: &mut Vec<Action>) {
        let Some(caller) = self.callers.get_mut(key) else { return };
        let removed = self.plan.groups.get(usize::from(caller.group.0)).is_some_and(|group| group.removed);
        match caller.standing {
            // The talk goes on that somebody else was to take over.
            Standing::Talking(_) => {
                let call = caller.call;
                out.extend(caller.claims.take().map(|agent| Action::Unclaimed { call, agent }));
            }
            // Other phones ring on, and one more in place of the one that was lost.
            Standing::Offered(_) => {
                if !caller.overdue {
                    self.ring(now, key, out);
                }
            }
            _ if caller.overdue && !removed => self.overflow(now, key, out),
            _ => {
                // Whoever was preferred had the chance.
                caller.prefer(None);
                if !self.leave_shut(now, key, out) {
                    self.seek(now, key, out);
                }
            }
        }
    }
}
