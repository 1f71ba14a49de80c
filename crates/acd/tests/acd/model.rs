//! The rules of the queue with nothing but lists that are searched from end to end: slow, and plain to see.

mod claims;
mod control;
mod memory;
mod offers;
mod promises;
mod reload;
mod serving;
mod staffing;
mod surges;

use std::time::Duration;

use acd::ledger::{Last, Place};
use acd::{Action, Command, Decline, Granted, Overflow, Plan, Refusal, Reservation};
use base::{AgentId, CallId, CallerKey, GroupId, Time};

use self::staffing::Staffing;

/// When a deadline is due, and when it was set.
type Due = (Time, u64);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Waiting,
    /// Phones ring, those of the agents whose state says so.
    Offered,
    Talking(usize),
    /// Between two of the above, while a command is carried out.
    Nowhere,
}

/// Whom a caller waits for: a step of the group's, or one agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asks {
    Step(usize),
    For(usize),
}

#[derive(Clone, Debug)]
struct Caller {
    call: CallId,
    number: Option<CallerKey>,
    group: GroupId,
    priority: u8,
    since: Time,
    arrival: u64,
    standing: Standing,
    asks: Asks,
    prefers: Option<(usize, Time)>,
    told: u32,
    wait: Option<Due>,
    relax: Option<Due>,
    overdue: bool,
    hops: usize,
    floor: u64,
    /// The number of the pull, where somebody pulled the caller forward.
    pulled: Option<u64>,
    /// Whose phone rings to take the talk over.
    claims: Option<usize>,
    /// Is called back.
    back: bool,
}

impl Caller {
    fn new(
        call: CallId,
        number: Option<CallerKey>,
        group: GroupId,
        (priority, since): (u8, Time),
        arrival: u64,
    ) -> Caller {
        Caller {
            call,
            number,
            group,
            priority,
            since,
            arrival,
            standing: Standing::Nowhere,
            asks: Asks::Step(0),
            prefers: None,
            told: u32::MAX,
            wait: None,
            relax: None,
            overdue: false,
            hops: 0,
            floor: 0,
            pulled: None,
            claims: None,
            back: false,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Free,
    Offered { call: CallId, number: u64, due: Due },
    Talking { call: CallId, group: Option<GroupId>, asked: Duration, began: Time },
    Resting { due: Due, wrap_up: bool },
}

#[derive(Clone, Debug)]
struct Agent {
    state: State,
    ready: bool,
    idle: Option<(Time, u64)>,
    heard: u64,
    /// The newest reservation, and the caller as it was then.
    newest: Option<(u64, Caller)>,
    /// Talks of today.
    tally: (u32, Duration),
}

impl Agent {
    fn new() -> Agent {
        Agent { state: State::Free, ready: false, idle: None, heard: 0, newest: None, tally: (0, Duration::ZERO) }
    }
}

#[derive(Clone, Copy, Debug)]
enum Fires {
    Agent(usize),
    Caller(CallId),
    Relax(CallId),
    Unstaffed(usize),
}

#[derive(Debug)]
pub(crate) struct Model {
    plan: Plan,
    callers: Vec<Caller>,
    agents: Vec<Agent>,
    places: Vec<(CallerKey, Place)>,
    lasts: Vec<(CallerKey, Last)>,
    /// Who called, when, and until when that is kept.
    calls: Vec<(CallerKey, Vec<Time>, Time)>,
    closed: Vec<GroupId>,
    promises: Vec<promises::Promised>,
    held: bool,
    /// Freed, and looked at only when somebody else has found a place.
    aside: Vec<usize>,
    signed_on: Vec<bool>,
    staffing: Vec<Staffing>,
    surges: Vec<surges::Surge>,
    pulls: u64,
    issued: u64,
    arrivals: u64,
    turns: u64,
    timers: u64,
    out: Vec<Action>,
}

impl Model {
    pub(crate) fn new(plan: Plan, now: Time) -> Model {
        let agents = vec![Agent::new(); plan.agents.len()];
        let (callers, places, lasts, closed, out) = (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (issued, arrivals, pulls, turns, timers) = (0, 0, 0, 0, 0);
        let (signed_on, staffing) = (vec![false; agents.len()], Vec::new());
        let (promises, held, aside) = (Vec::new(), false, Vec::new());
        let calls = Vec::new();
        let surges = vec![surges::Surge::default(); plan.groups.len()];
        let mut model = Model {
            plan,
            callers,
            agents,
            places,
            lasts,
            calls,
            closed,
            promises,
            held,
            aside,
            signed_on,
            staffing,
            surges,
            pulls,
            issued,
            arrivals,
            turns,
            timers,
            out,
        };
        model.open_for_business(now);
        model
    }

    pub(crate) fn handle(&mut self, now: Time, command: &Command) -> Vec<Action> {
        match *command {
            Command::Called { call, caller } => self.called(now, call, caller),
            Command::Enqueue { call, caller, group, priority, since } => {
                self.enqueue(now, (call, caller), group, priority, since);
            }
            Command::Claim { call, agent } => self.claim(now, call, agent.0 as usize),
            Command::TakesOver { call, agent } => self.hand_to(now, call, agent.0 as usize),
            Command::Return { call, caller, group, priority, since } => {
                self.come_back(now, (call, caller), group, priority, since);
            }
            Command::Keep { call } => {
                if self.caller(call).is_some_and(|c| c.back) {
                    self.try_again_later(now, call);
                } else {
                    self.keep(now, call, self.plan.redial);
                    self.let_go(now, call);
                }
            }
            Command::HungUp { call } => {
                let talks = self.caller(call).is_some_and(|c| matches!(c.standing, Standing::Talking(_)));
                match self.caller(call).is_some_and(|c| c.back) {
                    true if !talks => self.try_again_later(now, call),
                    _ => {
                        if !talks {
                            self.keep(now, call, self.plan.hung_up);
                        }
                        self.let_go(now, call);
                    }
                }
            }
            Command::CallBack { call, ref citizen } => self.call_back(now, call, citizen),
            Command::Reached { call } => self.reached(now, call),
            Command::Unreached { call, agent } => self.unreached(now, call, agent.0 as usize),
            Command::HoldCallBacks => self.hold_call_backs(now),
            Command::Abandon { call } => self.let_go(now, call),
            Command::Locate { call } => self.locate(call),
            Command::Accepted { call, agent, reservation } => self.accepted(now, call, agent, reservation.0),
            Command::Declined { call, agent, reservation, cause } => {
                self.declined(now, call, agent.0 as usize, reservation.0, cause);
            }
            Command::Ended { call, agent } => {
                let agent = agent.0 as usize;
                if self.caller(call).is_some_and(|c| c.standing == Standing::Talking(agent)) {
                    self.let_go(now, call);
                }
            }
            Command::SlotRefused { call, agent, reservation } => {
                self.slot_refused(now, call, agent.0 as usize, reservation.0);
            }
            Command::WrapUp { ticket, agent, length } => {
                let granted = self.ask_wrap_up(now, agent.0 as usize, length);
                self.out.push(Action::WrapUp { ticket, granted });
            }
            Command::Rested { agent } => {
                if self.end_rest(agent.0 as usize) {
                    self.review(now, agent.0 as usize);
                }
            }
            Command::Ready { agent } => {
                if let Some(a) = self.agents.get_mut(agent.0 as usize) {
                    a.ready = true;
                }
                self.review(now, agent.0 as usize);
            }
            Command::Away { agent } => {
                if let Some(a) = self.agents.get_mut(agent.0 as usize) {
                    (a.ready, a.idle) = (false, None);
                }
                self.ask_for_all(now, agent.0 as usize);
            }
            Command::SignedOn { agent, on } => self.signs(now, agent.0 as usize, on),
            Command::Raise { .. }
            | Command::Move { .. }
            | Command::Release { .. }
            | Command::Open { .. }
            | Command::Surge { .. } => {
                self.steer(now, command);
            }
            Command::Plan(ref plan) => self.adopt(now, plan),
        }
        self.watch_surges(now);
        std::mem::take(&mut self.out)
    }

    pub(crate) fn next_timeout(&self) -> Option<Time> {
        let of_places = self.places.iter().map(|(_, place)| place.until);
        let of_places = of_places.chain(self.lasts.iter().map(|(_, last)| last.until));
        let of_places = of_places.chain(self.calls.iter().map(|(.., until)| *until));
        self.deadlines()
            .into_iter()
            .map(|(due, _)| due.0)
            .chain(of_places)
            .chain(self.next_promise())
            .chain(self.next_look())
            .min()
    }

    pub(crate) fn handle_timeout(&mut self, now: Time) -> Vec<Action> {
        self.places.retain(|(_, place)| place.until > now);
        self.lasts.retain(|(_, last)| last.until > now);
        self.calls.retain(|(.., until)| *until > now);
        self.promises_due(now);
        let mut due = self.deadlines();
        due.retain(|(due, _)| due.0 <= now);
        due.sort_by_key(|(due, _)| *due);
        for (due, fires) in due {
            match fires {
                Fires::Agent(agent) => match self.agents[agent].state {
                    State::Offered { call, due: d, .. } if d == due => self.ring_out(now, call, agent),
                    State::Resting { due: d, .. } if d == due => {
                        self.end_rest(agent);
                        self.review(now, agent);
                    }
                    _ => {}
                },
                Fires::Caller(call) => self.waited(now, call, due),
                Fires::Relax(call) => self.relax(now, call, due),
                Fires::Unstaffed(group) => self.unstaffed(now, group, due),
            }
        }
        self.watch_surges(now);
        std::mem::take(&mut self.out)
    }

    fn deadlines(&self) -> Vec<(Due, Fires)> {
        let of_agents = self.agents.iter().enumerate().filter_map(|(place, agent)| match agent.state {
            State::Offered { due, .. } | State::Resting { due, .. } => Some((due, Fires::Agent(place))),
            _ => None,
        });
        let of_callers = self.callers.iter().filter_map(|c| Some((c.wait?, Fires::Caller(c.call))));
        let of_asking = self.callers.iter().filter_map(|c| Some((c.relax?, Fires::Relax(c.call))));
        let of_groups = self.staffing.iter().enumerate().filter_map(|(group, staffing)| match staffing {
            Staffing::Leaving(due) => Some((*due, Fires::Unstaffed(group))),
            _ => None,
        });
        of_agents.chain(of_callers).chain(of_asking).chain(of_groups).collect()
    }

    fn due(&mut self, at: Time) -> Due {
        self.timers += 1;
        (at, self.timers)
    }

    fn caller(&self, call: CallId) -> Option<&Caller> {
        self.callers.iter().find(|c| c.call == call)
    }

    fn caller_mut(&mut self, call: CallId) -> &mut Caller {
        self.callers.iter_mut().find(|c| c.call == call).expect("a known caller")
    }

    fn eligible(&self, agent: usize) -> bool {
        self.agents[agent].ready && self.agents[agent].state == State::Free
    }

    fn waiting(&self, group: GroupId) -> impl Iterator<Item = &Caller> {
        self.callers.iter().filter(move |c| c.group == group && c.standing == Standing::Waiting)
    }

    /// Who takes up room in a group.
    fn on_the_line(&self, group: GroupId) -> usize {
        self.waiting(group).filter(|c| !c.back).count()
    }

    fn review(&mut self, now: Time, agent: usize) {
        if agent >= self.agents.len() || !self.eligible(agent) {
            return;
        }
        if self.agents[agent].idle.is_none() {
            self.turns += 1;
            self.agents[agent].idle = Some((now, self.turns));
        }
        if let Some(call) = self.first_for(agent) {
            self.reserve(now, agent, call);
        }
    }

    fn reserve(&mut self, now: Time, agent: usize, call: CallId) {
        self.begin_call_back(call);
        self.issued += 1;
        let number = self.issued;
        let caller = self.caller_mut(call);
        match caller.standing {
            Standing::Talking(_) => caller.claims = Some(agent),
            _ => caller.standing = Standing::Offered,
        }
        let offered = caller.clone();
        let group = caller.group;
        let until = now + self.plan.groups[usize::from(group.0)].ring;
        let due = self.due(until);
        let a = &mut self.agents[agent];
        (a.state, a.ready, a.newest) = (State::Offered { call, number, due }, false, Some((number, offered)));
        let (agent, reservation) = (AgentId(agent as u32), Reservation(number));
        self.out.push(Action::Reserve { agent, call, group, reservation, until });
    }

    pub(super) fn resume(&mut self, now: Time, call: CallId) {
        if self.caller(call).is_none() {
            return;
        }
        let rings = !self.ringing(call).is_empty();
        let group = self.caller_mut(call).group;
        let removed = self.plan.groups[usize::from(group.0)].removed;
        let caller = self.caller_mut(call);
        if matches!(caller.standing, Standing::Talking(_)) {
            let claimed = caller.claims.take().map(|agent| AgentId(agent as u32));
            return self.out.extend(claimed.map(|agent| Action::Unclaimed { call, agent }));
        }
        match (rings, caller.overdue) {
            (true, true) => {}
            (true, false) => drop(self.ring(now, call)),
            (false, true) if !removed => {
                caller.standing = Standing::Nowhere;
                self.overflow(now, call);
            }
            (false, _) => {
                caller.prefers = None;
                caller.standing = Standing::Nowhere;
                if !self.leave_shut(now, call) {
                    self.seek(now, call);
                }
            }
        }
    }

    fn enqueue(&mut self, now: Time, who: (CallId, Option<CallerKey>), asked: GroupId, priority: u8, since: Time) {
        let (call, number) = who;
        let lost = self.caller(call).and_then(|c| match c.standing {
            Standing::Talking(agent) => Some((c.group, agent, c.priority, c.since, c.pulled)),
            _ => None,
        });
        self.let_go(now, call);
        if let Some((_, agent, ..)) = lost.filter(|(_, agent, ..)| self.agents[*agent].state == State::Free) {
            self.rest(now, agent, self.plan.back_off.unreachable, false);
            self.agents[agent].idle = None;
            self.review(now, agent);
        }
        let returns = lost.is_some_and(|(group, ..)| group == asked);
        let (priority, since) = lost.map_or((priority, since), |(_, _, p, s, _)| (p.max(priority), s.min(since)));
        let pulled = lost.and_then(|(.., pulled)| pulled);
        let group = match if returns { Ok(asked) } else { self.room(now, asked, since) } {
            Ok(group) => group,
            Err((group, reason)) => return self.out.push(Action::Refused { call, group, reason }),
        };
        if group != asked {
            self.out.push(Action::Moved { call, from: asked, to: group, by_hand: false });
        }
        self.arrivals += 1;
        let (priority, since) = self.reclaim(now, number, (priority, since));
        let (priority, since) = self.with_promise(number, (priority, since));
        let prefers = self.prefers(now, group, number).filter(|_| lost.is_none());
        let mut caller = Caller::new(call, number, group, (priority, since), self.arrivals);
        (caller.prefers, caller.floor, caller.pulled) = (prefers, self.issued, pulled);
        self.callers.push(caller);
        let freed = number.map(|number| self.take_back(number, Refusal::CalledAgain)).unwrap_or_default();
        self.enter(now, call);
        self.review_all(now, freed);
    }

    fn enter(&mut self, now: Time, call: CallId) {
        if self.leave_shut(now, call) {
            return;
        }
        self.begin_stay(now, call);
        self.seek(now, call);
    }

    fn begin_stay(&mut self, now: Time, call: CallId) {
        let (group, position) = self.position(call);
        let surge = self.is_surging(group);
        self.out.push(Action::Queued { call, group, position, wait: None, surge });
        let back = self.caller_mut(call).back;
        if let Some(wait) = self.plan.groups[usize::from(group.0)].wait.filter(|_| !back) {
            self.caller_mut(call).wait = Some(self.due(now + wait));
        }
    }

    fn locate(&mut self, call: CallId) {
        if self.caller(call).is_some_and(|c| !matches!(c.standing, Standing::Talking(_))) {
            let (group, position) = self.position(call);
            self.out.push(Action::Located { call, group, position, wait: None });
        }
    }

    fn room(&self, now: Time, asked: GroupId, since: Time) -> Result<GroupId, (GroupId, Refusal)> {
        let (mut group, mut refused) = (asked, (asked, Refusal::UnknownGroup));
        for _ in &self.plan.groups {
            let Some(plan) = self.plan.groups.get(usize::from(group.0)) else {
                return Err((group, Refusal::UnknownGroup));
            };
            let served = self.best_agent(group, self.step(now, group, since).0).is_some();
            let (reason, to) = match () {
                () if plan.removed => (Refusal::UnknownGroup, plan.overflow.closed),
                () if self.closed.contains(&group) => (Refusal::Closed, plan.overflow.closed),
                () if self.is_left(group) => (Refusal::Unstaffed, plan.overflow.unstaffed),
                () if served || self.on_the_line(group) < plan.limit => return Ok(group),
                () => (Refusal::Full, plan.overflow.full),
            };
            refused = (group, reason);
            let Overflow::Group(next) = to else { return Err(refused) };
            group = next;
        }
        Err(refused)
    }

    fn waited(&mut self, now: Time, call: CallId, due: Due) {
        let Some(caller) = self.callers.iter_mut().find(|c| c.call == call && c.wait == Some(due)) else { return };
        caller.wait = None;
        match caller.standing {
            Standing::Waiting => self.overflow(now, call),
            Standing::Offered => caller.overdue = true,
            _ => {}
        }
    }

    fn overflow(&mut self, now: Time, call: CallId) {
        let groups = self.plan.groups.len();
        let caller = self.caller_mut(call);
        caller.overdue = false;
        let (from, circled, since) = (caller.group, caller.hops >= groups, caller.since);
        let next = match self.plan.groups[usize::from(from.0)].overflow.waited {
            Overflow::Group(next) if !circled => self.room(now, next, since),
            Overflow::Message => Err((from, Refusal::WaitedTooLong)),
            _ => Ok(from),
        };
        match next {
            Ok(to) if to == from => {
                let plan = &self.plan.groups[usize::from(from.0)];
                let leads_on = !circled && matches!(plan.overflow.waited, Overflow::Group(_));
                if let Some(wait) = plan.wait.filter(|wait| leads_on && !wait.is_zero()) {
                    self.caller_mut(call).wait = Some(self.due(now + wait));
                }
                if self.caller_mut(call).standing == Standing::Nowhere {
                    self.seek(now, call);
                }
            }
            Ok(to) => {
                self.caller_mut(call).hops += 1;
                self.move_to(now, call, to, false);
            }
            Err((group, reason)) => {
                self.forget(call);
                self.out.push(Action::Refused { call, group, reason });
            }
        }
    }

    fn move_to(&mut self, now: Time, call: CallId, to: GroupId, by_hand: bool) {
        let caller = self.caller_mut(call);
        let from = caller.group;
        (caller.group, caller.standing, caller.told) = (to, Standing::Nowhere, u32::MAX);
        caller.prefers = None;
        self.moved_promise(call, to);
        self.out.push(Action::Moved { call, from, to, by_hand });
        self.enter(now, call);
    }

    fn withdraw(&mut self, agent: usize, cause: Option<Decline>) {
        if let State::Offered { call, number, .. } = self.agents[agent].state {
            self.agents[agent].state = State::Free;
            let (agent, reservation) = (AgentId(agent as u32), Reservation(number));
            self.out.push(Action::Withdraw { agent, call, reservation });
            self.out.push(Action::OfferOver { agent, call, cause });
        }
    }

    fn let_go(&mut self, now: Time, call: CallId) {
        self.unclaim(now, call);
        let ringing = self.ringing(call);
        let Some(caller) = self.forget(call) else { return };
        match caller.standing {
            Standing::Offered => {
                for agent in ringing {
                    self.withdraw(agent, None);
                    let a = &mut self.agents[agent];
                    a.heard = a.heard.max(a.newest.as_ref().map_or(0, |(number, _)| *number));
                    self.review(now, agent);
                }
            }
            Standing::Talking(agent) => self.talk_over(now, agent),
            Standing::Waiting | Standing::Nowhere => {}
        }
    }

    fn talk_over(&mut self, now: Time, agent: usize) {
        let State::Talking { group, asked, began, .. } = self.agents[agent].state else { return };
        self.count_talk(now, agent, began);
        let of_group = || Some(self.plan.groups[usize::from(group?.0)].wrap_up);
        let rest = self.plan.agents[agent].wrap_up.or_else(of_group).unwrap_or_default();
        self.rest(now, agent, rest.max(asked), true);
        self.review(now, agent);
    }
}
