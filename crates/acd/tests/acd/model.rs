//! The rules of the queue with nothing but lists that are searched from end to end: slow, and plain to see.

mod claims;
mod memory;
mod offers;

use std::cmp::Reverse;
use std::time::Duration;

use acd::ledger::Place;
use acd::{Action, Command, Decline, Granted, Overflow, Plan, Refusal, Reservation};
use base::{AgentId, CallId, CallerKey, GroupId, Time};

/// When a deadline is due, and when it was set.
type Due = (Time, u64);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Waiting,
    Offered(usize),
    Talking(usize),
    /// Between two of the above, while a command is carried out.
    Nowhere,
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
    told: u32,
    wait: Option<Due>,
    overdue: bool,
    hops: usize,
    floor: u64,
    /// Whose phone rings to take the talk over.
    claims: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Free,
    Offered { call: CallId, number: u64, due: Due },
    Talking { call: CallId, group: Option<GroupId>, asked: Duration },
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
}

#[derive(Clone, Copy, Debug)]
enum Fires {
    Agent(usize),
    Caller(CallId),
}

#[derive(Debug)]
pub(crate) struct Model {
    plan: Plan,
    callers: Vec<Caller>,
    agents: Vec<Agent>,
    places: Vec<(CallerKey, Place)>,
    issued: u64,
    arrivals: u64,
    turns: u64,
    timers: u64,
    out: Vec<Action>,
}

impl Model {
    pub(crate) fn new(plan: Plan) -> Model {
        let agent = Agent { state: State::Free, ready: false, idle: None, heard: 0, newest: None };
        let agents = vec![agent; plan.agents.len()];
        let (callers, places, out) = (Vec::new(), Vec::new(), Vec::new());
        Model { plan, callers, agents, places, issued: 0, arrivals: 0, turns: 0, timers: 0, out }
    }

    pub(crate) fn handle(&mut self, now: Time, command: &Command) -> Vec<Action> {
        match *command {
            Command::Enqueue { call, caller, group, priority, since } => {
                self.enqueue(now, (call, caller), group, priority, since);
            }
            Command::Claim { call, agent } => self.claim(now, call, agent.0 as usize),
            Command::TakesOver { call, agent } => self.hand_to(now, call, agent.0 as usize),
            Command::Return { call, caller, group, priority, since } => {
                self.come_back(now, (call, caller), group, priority, since);
            }
            Command::Keep { call } => {
                self.keep(now, call);
                self.let_go(now, call);
            }
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
            }
        }
        std::mem::take(&mut self.out)
    }

    pub(crate) fn next_timeout(&self) -> Option<Time> {
        let of_places = self.places.iter().map(|(_, place)| place.until);
        self.deadlines().into_iter().map(|(due, _)| due.0).chain(of_places).min()
    }

    pub(crate) fn handle_timeout(&mut self, now: Time) -> Vec<Action> {
        self.places.retain(|(_, place)| place.until > now);
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
            }
        }
        std::mem::take(&mut self.out)
    }

    fn deadlines(&self) -> Vec<(Due, Fires)> {
        let of_agents = self.agents.iter().enumerate().filter_map(|(place, agent)| match agent.state {
            State::Offered { due, .. } | State::Resting { due, .. } => Some((due, Fires::Agent(place))),
            _ => None,
        });
        let of_callers = self.callers.iter().filter_map(|c| Some((c.wait?, Fires::Caller(c.call))));
        of_agents.chain(of_callers).collect()
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

    fn level(&self, agent: usize, group: GroupId) -> Option<u8> {
        self.plan.agents[agent].skills.iter().filter(|s| s.group == group).map(|s| s.level).min()
    }

    fn waiting(&self, group: GroupId) -> impl Iterator<Item = &Caller> {
        self.callers.iter().filter(move |c| c.group == group && c.standing == Standing::Waiting)
    }

    /// The eligible agent of the group with the best level, then the longest idle.
    fn best_agent(&self, group: GroupId) -> Option<usize> {
        let known = usize::from(group.0) < self.plan.groups.len();
        let serving = (0..self.agents.len()).filter(|a| known && self.eligible(*a));
        let ranked = serving.filter_map(|a| Some((self.level(a, group)?, self.agents[a].idle, a)));
        ranked.min().map(|(_, _, agent)| agent)
    }

    fn review(&mut self, now: Time, agent: usize) {
        if agent >= self.agents.len() || !self.eligible(agent) {
            return;
        }
        if self.agents[agent].idle.is_none() {
            self.turns += 1;
            self.agents[agent].idle = Some((now, self.turns));
        }
        let served = self.callers.iter().filter(|c| {
            let known = usize::from(c.group.0) < self.plan.groups.len();
            c.standing == Standing::Waiting && known && self.level(agent, c.group).is_some()
        });
        let first = served.min_by_key(|c| (Reverse(c.priority), c.since, c.arrival)).map(|c| c.call);
        if let Some(call) = first {
            self.reserve(now, agent, call);
        }
    }

    fn reserve(&mut self, now: Time, agent: usize, call: CallId) {
        self.issued += 1;
        let number = self.issued;
        let caller = self.caller_mut(call);
        match caller.standing {
            Standing::Talking(_) => caller.claims = Some(agent),
            _ => caller.standing = Standing::Offered(agent),
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

    fn seek(&mut self, now: Time, call: CallId) {
        let caller = self.caller_mut(call);
        caller.standing = Standing::Nowhere;
        let group = caller.group;
        match self.best_agent(group) {
            Some(agent) => self.reserve(now, agent, call),
            None => self.caller_mut(call).standing = Standing::Waiting,
        }
    }

    pub(super) fn resume(&mut self, now: Time, call: CallId) {
        if matches!(self.caller_mut(call).standing, Standing::Talking(_)) {
            let claimed = self.caller_mut(call).claims.take().map(|agent| AgentId(agent as u32));
            return self.out.extend(claimed.map(|agent| Action::Unclaimed { call, agent }));
        }
        self.caller_mut(call).standing = Standing::Nowhere;
        match self.caller_mut(call).overdue {
            true => self.overflow(now, call),
            false => self.seek(now, call),
        }
    }

    fn enqueue(&mut self, now: Time, who: (CallId, Option<CallerKey>), asked: GroupId, priority: u8, since: Time) {
        let (call, number) = who;
        let lost = self.caller(call).and_then(|c| match c.standing {
            Standing::Talking(agent) => Some((c.group, agent, c.priority, c.since)),
            _ => None,
        });
        self.let_go(now, call);
        if let Some((_, agent, ..)) = lost.filter(|(_, agent, ..)| self.agents[*agent].state == State::Free) {
            self.rest(now, agent, self.plan.back_off.unreachable, false);
            self.agents[agent].idle = None;
            self.review(now, agent);
        }
        let returns = lost.is_some_and(|(group, ..)| group == asked);
        let (priority, since) = lost.map_or((priority, since), |(_, _, p, s)| (p.max(priority), s.min(since)));
        let group = match if returns { Ok(asked) } else { self.room(asked) } {
            Ok(group) => group,
            Err((group, reason)) => return self.out.push(Action::Refused { call, group, reason }),
        };
        if group != asked {
            self.out.push(Action::Moved { call, from: asked, to: group });
        }
        self.arrivals += 1;
        let (priority, since) = self.reclaim(now, number, (priority, since));
        self.callers.push(Caller {
            call,
            number,
            group,
            priority,
            since,
            arrival: self.arrivals,
            standing: Standing::Nowhere,
            told: u32::MAX,
            wait: None,
            overdue: false,
            hops: 0,
            floor: self.issued,
            claims: None,
        });
        self.enter(now, call);
    }

    fn enter(&mut self, now: Time, call: CallId) {
        self.begin_stay(now, call);
        self.seek(now, call);
    }

    fn begin_stay(&mut self, now: Time, call: CallId) {
        let (group, position) = self.position(call);
        self.out.push(Action::Queued { call, group, position });
        if let Some(wait) = self.plan.groups[usize::from(group.0)].wait {
            self.caller_mut(call).wait = Some(self.due(now + wait));
        }
    }

    fn position(&mut self, call: CallId) -> (GroupId, u32) {
        let c = self.caller_mut(call).clone();
        let ahead = |o: &&Caller| (Reverse(o.priority), o.since, o.arrival) < (Reverse(c.priority), c.since, c.arrival);
        let position = (self.waiting(c.group).filter(ahead).count() as u32 + 1).min(c.told);
        self.caller_mut(call).told = position;
        (c.group, position)
    }

    fn locate(&mut self, call: CallId) {
        if self.caller(call).is_some_and(|c| !matches!(c.standing, Standing::Talking(_))) {
            let (group, position) = self.position(call);
            self.out.push(Action::Located { call, group, position });
        }
    }

    fn room(&self, asked: GroupId) -> Result<GroupId, (GroupId, Refusal)> {
        let mut group = asked;
        for _ in &self.plan.groups {
            let Some(plan) = self.plan.groups.get(usize::from(group.0)) else { break };
            if self.waiting(group).count() < plan.limit || self.best_agent(group).is_some() {
                return Ok(group);
            }
            let Overflow::Group(next) = plan.overflow else { return Err((group, Refusal::Full)) };
            group = next;
        }
        let known = usize::from(group.0) < self.plan.groups.len();
        Err((group, if known { Refusal::Full } else { Refusal::UnknownGroup }))
    }

    fn waited(&mut self, now: Time, call: CallId, due: Due) {
        let Some(caller) = self.callers.iter_mut().find(|c| c.call == call && c.wait == Some(due)) else { return };
        caller.wait = None;
        match caller.standing {
            Standing::Waiting => self.overflow(now, call),
            Standing::Offered(_) => caller.overdue = true,
            _ => {}
        }
    }

    fn overflow(&mut self, now: Time, call: CallId) {
        let groups = self.plan.groups.len();
        let caller = self.caller_mut(call);
        caller.overdue = false;
        let (from, circled) = (caller.group, caller.hops >= groups);
        let next = match self.plan.groups[usize::from(from.0)].overflow {
            Overflow::Group(next) if !circled => self.room(next),
            Overflow::Message => Err((from, Refusal::WaitedTooLong)),
            _ => Ok(from),
        };
        match next {
            Ok(to) if to == from => {
                if self.caller_mut(call).standing == Standing::Nowhere {
                    self.seek(now, call);
                }
            }
            Ok(to) => {
                let caller = self.caller_mut(call);
                (caller.group, caller.standing, caller.told) = (to, Standing::Nowhere, u32::MAX);
                caller.hops += 1;
                self.out.push(Action::Moved { call, from, to });
                self.enter(now, call);
            }
            Err((group, reason)) => {
                self.callers.retain(|c| c.call != call);
                self.out.push(Action::Refused { call, group, reason });
            }
        }
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
        let Some(place) = self.callers.iter().position(|c| c.call == call) else { return };
        match self.callers.remove(place).standing {
            Standing::Offered(agent) => {
                self.withdraw(agent, None);
                let a = &mut self.agents[agent];
                a.heard = a.heard.max(a.newest.as_ref().map_or(0, |(number, _)| *number));
                self.review(now, agent);
            }
            Standing::Talking(agent) => self.talk_over(now, agent),
            Standing::Waiting | Standing::Nowhere => {}
        }
    }

    fn talk_over(&mut self, now: Time, agent: usize) {
        let State::Talking { group, asked, .. } = self.agents[agent].state else { return };
        let of_group = || Some(self.plan.groups[usize::from(group?.0)].wrap_up);
        let rest = self.plan.agents[agent].wrap_up.or_else(of_group).unwrap_or_default();
        self.rest(now, agent, rest.max(asked), true);
        self.review(now, agent);
    }
}
