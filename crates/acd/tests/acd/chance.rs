//! Random commands in any order: the queue does what the model does, and the promises hold after every step.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use acd::{
    Acd, Action, Agent, AgentState, BackOff, CallBack, Citizen, Command, Crowd, Decline, Fact, Group, Ledger, Need,
    Overflow, Overflows, Plan, Reservation, Skill, SkillId, Step as NeedStep, Strategy as Order, Surge,
};
use base::pack::Packed;
use base::{AgentId, CallId, CallerKey, GroupId, Now, Ticket, Time};
use proptest::prelude::*;

use crate::model::Model;

const GROUPS: u16 = 3;
const AGENTS: u32 = 4;
const CALLS: u32 = 15;

#[derive(Clone, Debug)]
enum Step {
    Enqueue {
        call: u32,
        group: u16,
        priority: u8,
        back_s: u64,
        number: Option<u64>,
    },
    Claim {
        call: u32,
        agent: u32,
    },
    TakesOver {
        call: u32,
        agent: u32,
    },
    Return {
        call: u32,
        group: u16,
        priority: u8,
        back_s: u64,
    },
    HungUp {
        call: u32,
    },
    SignedOn {
        agent: u32,
        on: bool,
    },
    Abandon {
        call: u32,
    },
    Keep {
        call: u32,
    },
    Locate {
        call: u32,
    },
    Ready {
        agent: u32,
    },
    Away {
        agent: u32,
    },
    /// About the reservation that is this much older than the newest.
    Accepted {
        older: usize,
    },
    Declined {
        older: usize,
        cause: Decline,
    },
    SlotRefused {
        older: usize,
    },
    Ended {
        older: usize,
    },
    WrapUp {
        agent: u32,
        seconds: u64,
    },
    Rested {
        agent: u32,
    },
    Raise {
        call: u32,
    },
    Move {
        call: u32,
        group: u16,
    },
    Release {
        call: u32,
    },
    Open {
        group: u16,
        open: bool,
    },
    Called {
        call: u32,
        number: u64,
    },
    Surge {
        group: u16,
        by_hand: Option<bool>,
    },
    CallBack {
        call: u32,
    },
    Reached {
        older: usize,
    },
    Unreached {
        older: usize,
    },
    HoldCallBacks,
    Pass {
        seconds: u64,
    },
    /// Another plan comes to hold: the second one, or the first one again.
    Reload {
        second: bool,
    },
    /// The process is killed, and for so long there is none.
    Restart {
        seconds: u64,
    },
}

/// Twelve calls, and behind them three that are the first to call back who made one.
fn calls() -> impl Strategy<Value = u32> {
    0..CALLS
}

fn id(call: u32) -> CallId {
    let of = crate::kit::id(call % 12);
    if call < 12 { of } else { of.again() }
}

fn seconds(of: &'static [u64]) -> impl Strategy<Value = Duration> {
    prop::sample::select(of).prop_map(Duration::from_secs)
}

fn groups() -> impl Strategy<Value = Vec<Group>> {
    let one = || {
        prop_oneof![
            Just(Overflow::Stay),
            Just(Overflow::Message),
            (0..=GROUPS).prop_map(|g| Overflow::Group(GroupId(g))),
        ]
    };
    let overflow = prop_oneof![
        one().prop_map(Overflows::from),
        (one(), one(), one(), one()).prop_map(|(full, waited, closed, unstaffed)| Overflows {
            expected: full,
            full,
            waited,
            closed,
            unstaffed
        }),
    ];
    let wait = prop::option::of(seconds(&[0, 5, 30]));
    let strategy = prop::sample::select(vec![
        Order::LongestIdle,
        Order::FewestCalls,
        Order::LeastTalk,
        Order::RoundRobin,
        Order::Fixed,
    ]);
    let call_back = (0..3u8, seconds(&[0, 5, 40]), 0..4usize);
    let call_back = prop::option::of(call_back.prop_map(|(tries, retry, limit)| CallBack { tries, retry, limit }));
    let surge = (1..4usize, 0..3usize, seconds(&[0, 4, 20])).prop_map(|(from, less, hold)| {
        let waiting = Some(Crowd { from, until: from.saturating_sub(less).max(1) });
        Surge { waiting, expected: None, hold }
    });
    let called = (call_back, prop::option::of(surge));
    let routing = (strategy, serving(), seconds(&[0, 0, 25]), seconds(&[0, 8]), 0..4u8, called);
    let group = (seconds(&[0, 10, 20]), seconds(&[0, 7]), 0..4usize, wait, overflow, routing);
    let group = group.prop_map(|(ring, wrap_up, limit, wait, overflow, routing)| {
        let (strategy, steps, head_start, prefer, ring_at_once, (call_back, surge)) = routing;
        let limit = [0, 2, 4, 100][limit];
        let name = String::new();
        // What is expected is looked at alone: the model does not reckon.
        let group = Group { name, ring, wrap_up, limit, wait, overflow, ..Group::default() };
        Group { head_start, strategy, steps, prefer, ring_at_once, call_back, surge, ..group }
    });
    prop::collection::vec(group, usize::from(GROUPS))
}

/// Who serves a group: nothing said in half of the cases, else up to three steps whose times need not even rise.
fn serving() -> impl Strategy<Value = Vec<NeedStep>> {
    let skill = || (0..GROUPS + 2, 1..4u8).prop_map(|(skill, worst)| Need::Skill { skill: SkillId(skill), worst });
    let need = prop_oneof![
        2 => skill(),
        1 => prop::collection::vec(skill(), 0..3).prop_map(Need::All),
        1 => prop::collection::vec(skill(), 0..3).prop_map(Need::Any),
    ];
    let step = (seconds(&[0, 3, 12, 40]), need).prop_map(|(after, need)| NeedStep { after, need });
    prop_oneof![Just(Vec::new()), prop::collection::vec(step, 1..4)]
}

fn plans() -> impl Strategy<Value = Plan> {
    let skill = (0..GROUPS + 2, 1..4u8).prop_map(|(skill, level)| Skill { skill: SkillId(skill), level });
    let agent = (prop::collection::vec(skill, 0..5), prop::option::of(seconds(&[0, 3])))
        .prop_map(|(skills, wrap_up)| Agent { skills, wrap_up, weight: 1 });
    let agents = prop::collection::vec(agent, AGENTS as usize);
    let back_off = (seconds(&[0, 5]), seconds(&[0, 10])).prop_map(|(short, long)| BackOff {
        rejected: short,
        busy: short,
        no_answer: long,
        unreachable: long,
    });
    let times = (seconds(&[0, 5, 60]), seconds(&[4, 100]), seconds(&[0, 10, 100_000]), seconds(&[0, 20, 300]));
    let returns = (seconds(&[0, 3, 20]), seconds(&[0, 4, 30]), seconds(&[0, 10, 200]));
    (groups(), agents, back_off, times, returns).prop_map(|(groups, agents, back_off, times, returns)| {
        let (redial, wrap_up_max, priority_worth, remember) = times;
        let (hung_up, unstaffed_after, repeat) = returns;
        let plan = Plan { groups, agents, back_off, redial, wrap_up_max, priority_worth, remember, ..Plan::default() };
        Plan { hung_up, unstaffed_after, repeat, ..plan }
    })
}

/// What an operator makes of a plan: other groups and agents, one of each more or not, some of the old ones removed.
fn second_plans() -> impl Strategy<Value = Plan> {
    let removed = prop::collection::vec(prop::bool::weighted(0.3), usize::from(GROUPS));
    (plans(), plans(), any::<[bool; 2]>(), removed).prop_map(|(mut plan, more, [group, agent], removed)| {
        plan.groups.extend(more.groups.into_iter().take(usize::from(group)));
        plan.agents.extend(more.agents.into_iter().take(usize::from(agent)));
        for (group, removed) in plan.groups.iter_mut().zip(removed) {
            group.removed = removed;
        }
        plan
    })
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let cause = prop::sample::select(vec![
        Decline::Rejected,
        Decline::Busy,
        Decline::NoAnswer,
        Decline::Unreachable,
        Decline::Taken,
    ]);
    // Mostly the newest few, now and then one long settled.
    let older = || prop_oneof![4 => 0..4usize, 1 => 0..20usize];
    let step = prop_oneof![
        8 => (0..12u32, 0..=GROUPS, 0..3u8, 0..60u64, prop::option::of(0..6u64)).prop_map(
            |(call, group, priority, back_s, number)| Step::Enqueue { call, group, priority, back_s, number }),
        5 => (calls(), 0..=AGENTS).prop_map(|(call, agent)| Step::Claim { call, agent }),
        3 => (calls(), 0..=AGENTS).prop_map(|(call, agent)| Step::TakesOver { call, agent }),
        3 => (calls(), 0..=GROUPS, 0..4u8, 0..60u64).prop_map(
            |(call, group, priority, back_s)| Step::Return { call, group, priority, back_s }),
        2 => calls().prop_map(|call| Step::Abandon { call }),
        2 => calls().prop_map(|call| Step::Keep { call }),
        2 => calls().prop_map(|call| Step::HungUp { call }),
        6 => (0..=AGENTS, any::<bool>()).prop_map(|(agent, on)| Step::SignedOn { agent, on }),
        2 => (0..=AGENTS, 0..9u64).prop_map(|(agent, seconds)| Step::WrapUp { agent, seconds }),
        1 => (0..=AGENTS).prop_map(|agent| Step::Rested { agent }),
        3 => calls().prop_map(|call| Step::Raise { call }),
        3 => (calls(), 0..=GROUPS).prop_map(|(call, group)| Step::Move { call, group }),
        1 => calls().prop_map(|call| Step::Release { call }),
        3 => (0..=GROUPS, any::<bool>()).prop_map(|(group, open)| Step::Open { group, open }),
        3 => (0..12u32, 0..3u64).prop_map(|(call, number)| Step::Called { call, number }),
        2 => (0..=GROUPS, any::<Option<bool>>()).prop_map(|(group, by_hand)| Step::Surge { group, by_hand }),
        5 => (0..12u32).prop_map(|call| Step::CallBack { call }),
        3 => older().prop_map(|older| Step::Reached { older }),
        4 => older().prop_map(|older| Step::Unreached { older }),
        1 => Just(Step::HoldCallBacks),
        1 => prop::sample::select(vec![0, 3, 7, 30]).prop_map(|seconds| Step::Restart { seconds }),
        3 => any::<bool>().prop_map(|second| Step::Reload { second }),
        3 => calls().prop_map(|call| Step::Locate { call }),
        8 => (0..=AGENTS).prop_map(|agent| Step::Ready { agent }),
        1 => (0..=AGENTS).prop_map(|agent| Step::Away { agent }),
        5 => older().prop_map(|older| Step::Accepted { older }),
        3 => (older(), cause).prop_map(|(older, cause)| Step::Declined { older, cause }),
        2 => older().prop_map(|older| Step::SlotRefused { older }),
        4 => older().prop_map(|older| Step::Ended { older }),
        4 => prop::sample::select(vec![0, 1, 3, 5, 10, 30]).prop_map(|seconds| Step::Pass { seconds }),
    ];
    prop::collection::vec(step, 1..150)
}

/// Queue and model side by side, and what the actions alone say.
struct Both {
    acd: Acd,
    model: Model,
    now: Now,
    made: Vec<(AgentId, CallId, Reservation)>,
    /// Reservations that nobody has ended.
    open: Vec<(AgentId, CallId, Reservation)>,
    /// The plan that holds, then the one that comes with the next reload.
    plan: Plan,
    plans: [Arc<Plan>; 2],
    /// What the facts told up to now.
    ledger: Ledger,
    /// Offers that came to nothing in the step under way, as commands and withdrawals tell it.
    over: Vec<Action>,
    /// Until when agents wrap up, as the actions tell it.
    wrap_up: BTreeMap<AgentId, Time>,
}

impl Both {
    fn new(plan: &Plan, second: &Plan) -> Both {
        let now = Now { time: Time::from_millis(100_000), ..Now::default() };
        let (acd, model) = (Acd::new(plan.clone(), now.time), Model::new(plan.clone(), now.time));
        let (ledger, wrap_up) = (Ledger::default(), BTreeMap::new());
        let (made, open, over) = (Vec::new(), Vec::new(), Vec::new());
        let plans = [Arc::new(plan.clone()), Arc::new(second.clone())];
        Both { acd, model, now, made, open, plan: plan.clone(), plans, ledger, over, wrap_up }
    }

    /// One of the two plans, with what the one that holds has more kept as removed.
    fn plan_of(&self, second: bool) -> Arc<Plan> {
        let mut plan = Plan::clone(&self.plans[usize::from(second)]);
        for group in self.plan.groups.iter().skip(plan.groups.len()) {
            plan.groups.push(Group { removed: true, steps: Vec::new(), ..group.clone() });
        }
        let agents = self.plan.agents.len().saturating_sub(plan.agents.len());
        plan.agents.extend(std::iter::repeat_n(Agent::default(), agents));
        Arc::new(plan)
    }

    fn command(&self, step: &Step) -> Option<Command> {
        let about = |older: usize| self.made.iter().rev().nth(older).copied();
        Some(match *step {
            Step::Enqueue { call, group, priority, back_s, number } => {
                let since = Time::from_nanos(self.now.time.as_nanos() - back_s * 1_000_000_000);
                let caller = number.map(|number| CallerKey([number, 0]));
                Command::Enqueue { call: id(call), caller, group: GroupId(group), priority, since }
            }
            Step::Claim { call, agent } => Command::Claim { call: id(call), agent: AgentId(agent) },
            Step::TakesOver { call, agent } => Command::TakesOver { call: id(call), agent: AgentId(agent) },
            Step::Return { call, group, priority, back_s } => {
                let since = Time::from_nanos(self.now.time.as_nanos() - back_s * 1_000_000_000);
                Command::Return { call: id(call), caller: None, group: GroupId(group), priority, since }
            }
            Step::Abandon { call } => Command::Abandon { call: id(call) },
            Step::Keep { call } => Command::Keep { call: id(call) },
            Step::HungUp { call } => Command::HungUp { call: id(call) },
            Step::SignedOn { agent, on } => Command::SignedOn { agent: AgentId(agent), on },
            Step::WrapUp { agent, seconds } => {
                let (ticket, length) = (Ticket(seconds), Duration::from_secs(seconds));
                Command::WrapUp { ticket, agent: AgentId(agent), length }
            }
            Step::Rested { agent } => Command::Rested { agent: AgentId(agent) },
            Step::Raise { call } => Command::Raise { ticket: Ticket(1), call: id(call) },
            Step::Move { call, group } => Command::Move { ticket: Ticket(2), call: id(call), group: GroupId(group) },
            Step::Release { call } => Command::Release { ticket: Ticket(3), call: id(call) },
            Step::Open { group, open } => Command::Open { ticket: Ticket(4), group: GroupId(group), open },
            Step::Called { call, number } => Command::Called { call: id(call), caller: CallerKey([number, 0]) },
            Step::Surge { group, by_hand } => Command::Surge { ticket: Ticket(5), group: GroupId(group), by_hand },
            Step::Locate { call } => Command::Locate { call: id(call) },
            Step::Ready { agent } => Command::Ready { agent: AgentId(agent) },
            Step::Away { agent } => Command::Away { agent: AgentId(agent) },
            Step::Accepted { older } => {
                let (agent, call, reservation) = about(older)?;
                Command::Accepted { call, agent, reservation }
            }
            Step::Declined { older, cause } => {
                let (agent, call, reservation) = about(older)?;
                Command::Declined { call, agent, reservation, cause }
            }
            Step::SlotRefused { older } => {
                let (agent, call, reservation) = about(older)?;
                Command::SlotRefused { call, agent, reservation }
            }
            Step::Ended { older } => {
                let (agent, call, _) = about(older)?;
                Command::Ended { call, agent }
            }
            Step::CallBack { call } => {
                let (number, called, locale) = (call.to_string(), String::new(), String::new());
                Command::CallBack { call: id(call), citizen: Box::new(Citizen { number, called, locale }) }
            }
            Step::Reached { older } => Command::Reached { call: about(older)?.1 },
            Step::Unreached { older } => {
                let (agent, call, _) = about(older)?;
                Command::Unreached { call, agent }
            }
            Step::HoldCallBacks => Command::HoldCallBacks,
            Step::Reload { second } => Command::Plan(self.plan_of(second)),
            Step::Pass { .. } | Step::Restart { .. } => return None,
        })
    }

    fn step(&mut self, step: &Step) -> Result<(), TestCaseError> {
        if let Step::Pass { seconds } = step {
            return self.pass(Duration::from_secs(*seconds));
        }
        if let Step::Restart { seconds } = step {
            return self.restart(Duration::from_secs(*seconds));
        }
        let Some(command) = self.command(step) else { return Ok(()) };
        let mut out = Vec::new();
        self.acd.handle(self.now, command.clone(), &mut out);
        let out = self.write_down(out)?;
        prop_assert_eq!(&out, &self.model.handle(self.now.time, &command), "after {:?}", &command);
        match command {
            Command::Plan(ref plan) => self.plan = Plan::clone(plan),
            Command::Accepted { agent, call, reservation }
            | Command::Declined { agent, call, reservation, .. }
            | Command::SlotRefused { agent, call, reservation } => {
                let before = self.open.len();
                self.open.retain(|open| *open != (agent, call, reservation));
                if let (Command::Declined { cause, .. }, true) = (&command, self.open.len() < before) {
                    let cause = Some(*cause).filter(|cause| *cause != Decline::Taken);
                    self.over.push(Action::OfferOver { agent, call, cause });
                }
            }
            _ => {}
        }
        self.check(&out, None)
    }

    /// Kills both and has both come back: the queue from bytes, the model from what it knows.
    fn restart(&mut self, gap: Duration) -> Result<(), TestCaseError> {
        self.now = self.now.plus(gap);
        let bytes = self.ledger.to_bytes();
        let ledger = Ledger::from_bytes(&bytes).map_err(|e| TestCaseError::fail(e.to_string()))?;
        prop_assert_eq!(&ledger, &self.ledger);
        let mut out = Vec::new();
        self.acd = Acd::restore(self.plan.clone(), self.now, &ledger, &mut out);
        let out = self.write_down(out)?;
        prop_assert_eq!(&out, &self.model.restart(self.now.time));
        let harmless = out.iter().all(|action| matches!(action, Action::WrapsUp { .. } | Action::Surge { .. }));
        prop_assert!(harmless, "a restart begins something: {out:?}");
        self.open.clear();
        self.wrap_up.clear();
        self.check(&out, None)
    }

    /// Applies the facts, each of which must tell something new, and gives back the rest, without what is told of waits: the model knows
    /// nothing of those, see `waits.rs`.
    fn write_down(&mut self, out: Vec<Action>) -> Result<Vec<Action>, TestCaseError> {
        let mut others = Vec::new();
        for action in out {
            let fact = match action {
                Action::Fact(fact) => fact,
                Action::Queued { call, group, position, surge, .. } => {
                    others.push(Action::Queued { call, group, position, wait: None, surge });
                    continue;
                }
                Action::Located { call, group, position, .. } => {
                    others.push(Action::Located { call, group, position, wait: None });
                    continue;
                }
                action => {
                    others.push(action);
                    continue;
                }
            };
            let read = Fact::from_bytes(&fact.to_bytes()).map_err(|e| TestCaseError::fail(e.to_string()))?;
            prop_assert_eq!(&read, &fact);
            let before = self.ledger.clone();
            self.ledger.apply(read);
            prop_assert!(before != self.ledger, "{fact:?} tells nothing new");
        }
        Ok(others)
    }

    fn pass(&mut self, time: Duration) -> Result<(), TestCaseError> {
        let end = self.now.plus(time);
        // A circle of zero waits ends after as many turns as there are groups; ten times that is a fault.
        for _ in 0..1_000 {
            let (next, exact) = (self.acd.next_timeout(), self.model.next_timeout());
            // May be early, never late, and none where there is none.
            prop_assert!(next <= exact && next.is_some() == exact.is_some(), "{next:?} for {exact:?}");
            let next = next.filter(|t| *t <= end.time);
            let Some(next) = next else {
                self.now = end;
                return Ok(());
            };
            self.now = self.now.plus(next - self.now.time);
            let mut out = Vec::new();
            self.acd.handle_timeout(self.now, &mut out);
            let out = self.write_down(out)?;
            prop_assert_eq!(&out, &self.model.handle_timeout(self.now.time));
            self.check(&out, Some(Decline::NoAnswer))?;
        }
        Err(TestCaseError::fail("deadlines without end"))
    }

    /// What must hold, read off the actions and the view alone; what is withdrawn in this step is so for this cause.
    fn check(&mut self, out: &[Action], cause: Option<Decline>) -> Result<(), TestCaseError> {
        prop_assert_eq!(&self.ledger, &self.acd.ledger());
        // The model learns nothing.
        prop_assert_eq!(&Ledger { learned: BTreeMap::new(), ..self.ledger.clone() }, &self.model.ledger());
        for action in out {
            match *action {
                Action::Reserve { agent, call, reservation, until, .. } => {
                    let busy = self.open.iter().any(|(a, ..)| *a == agent);
                    prop_assert!(!busy, "{:?} while {:?} are open", action, &self.open);
                    prop_assert!(until >= self.now.time);
                    prop_assert!(self.made.last().is_none_or(|(_, _, last)| *last < reservation));
                    self.made.push((agent, call, reservation));
                    self.open.push((agent, call, reservation));
                }
                Action::TakenOver { agent, call, reservation } => self.made.push((agent, call, reservation)),
                Action::Withdraw { agent, call, reservation } => {
                    let before = self.open.len();
                    self.open.retain(|open| *open != (agent, call, reservation));
                    prop_assert_eq!(self.open.len() + 1, before, "{:?} was not open", action);
                    self.over.push(Action::OfferOver { agent, call, cause });
                }
                Action::OfferOver { .. } => {
                    let before = self.over.len();
                    self.over.retain(|over| over != action);
                    prop_assert_eq!(self.over.len() + 1, before, "{:?} and no such offer came to nothing", action);
                }
                Action::WrapsUp { agent, until: Some(until) } => {
                    prop_assert!(self.wrap_up.insert(agent, until) != Some(until), "{action:?} is known");
                }
                Action::WrapsUp { agent, until: None } => drop(self.wrap_up.remove(&agent)),
                _ => {}
            }
        }
        prop_assert!(self.over.is_empty(), "untold: {:?}", self.over);
        let view = self.acd.view(self.now);
        prop_assert_eq!(view.places, self.model.places());
        prop_assert_eq!(view.groups.iter().map(|g| g.call_backs).sum::<usize>(), self.model.promises());
        let wrapping =
            view.agents.iter().zip(0..).filter(|(s, _)| **s == AgentState::WrapUp).map(|(_, id)| AgentId(id));
        prop_assert_eq!(wrapping.collect::<Vec<_>>(), self.wrap_up.keys().copied().collect::<Vec<_>>());
        for (agent, state) in view.agents.iter().enumerate() {
            let idles = *state == AgentState::Ready && self.model.is_wanted(agent);
            prop_assert!(!idles, "callers wait whom agent {agent} serves, who is free");
        }
        let offered = view.agents.iter().filter(|s| **s == AgentState::Offered).count();
        prop_assert_eq!(offered, self.open.len());
        let calls: BTreeSet<_> = self.open.iter().map(|(_, call, _)| *call).collect();
        let rung_for = view.groups.iter().map(|g| g.offered).sum::<usize>();
        prop_assert_eq!(calls.len(), rung_for + self.model.claims());
        let groups = self.plans.iter().flat_map(|plan| &plan.groups);
        let at_once = groups.map(|g| usize::from(g.ring_at_once.max(1))).max().unwrap_or(1);
        for call in calls {
            let rings = self.open.iter().filter(|(_, c, _)| *c == call).count();
            prop_assert!(rings <= at_once, "{rings} phones ring for {call}");
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_queue_does_what_the_model_does(plan in plans(), second in second_plans(), steps in steps()) {
        let mut both = Both::new(&plan, &second);
        for step in &steps {
            both.step(step)?;
        }
        for agent in 0..=AGENTS {
            both.step(&Step::Away { agent })?;
        }
        both.pass(Duration::from_secs(1_000))?;
        prop_assert!(both.open.is_empty(), "a reservation without end: {:?}", both.open);
        // Groups that send callers on to each other ask each other again, as long as somebody waits.
        for call in 0..CALLS {
            both.step(&Step::Abandon { call })?;
        }
        both.pass(Duration::from_secs(1_000))?;
        prop_assert_eq!(both.acd.next_timeout(), None);
    }

    #[test]
    fn what_is_told_never_rises_in_one_group_at_one_priority(plan in plans(), second in second_plans(), steps in steps()) {
        let mut both = Both::new(&plan, &second);
        let (mut told, mut waits) = (BTreeMap::new(), BTreeMap::<CallId, acd::Range>::new());
        for step in &steps {
            if let Some(Command::Enqueue { call, .. } | Command::Return { call, .. }) = both.command(step) {
                told.remove(&call);
                waits.remove(&call);
            }
            let mut out = Vec::new();
            if let Some(Command::Plan(plan)) = both.command(step) {
                both.plan = Plan::clone(&plan);
            }
            match both.command(step) {
                Some(command) => both.acd.handle(both.now, command, &mut out),
                None => {
                    both.now = both.now.plus(Duration::from_secs(3));
                    both.acd.handle_timeout(both.now, &mut out);
                }
            }
            for action in out {
                match action {
                    Action::Reserve { agent, call, reservation, .. } => both.made.push((agent, call, reservation)),
                    Action::Moved { call, .. } => {
                        told.remove(&call);
                        waits.remove(&call);
                    }
                    Action::Queued { call, position, wait, .. } | Action::Located { call, position, wait, .. } => {
                        let before = told.insert(call, position);
                        prop_assert!(position >= 1 && before.is_none_or(|before| position <= before));
                        let before = waits.remove(&call);
                        if let Some(wait) = wait {
                            prop_assert!(before.is_none_or(|before| rises_for_a_reason(before, wait)), "{:?} {:?}", before, wait);
                            waits.insert(call, wait);
                        }
                    }
                    _ => {}
                }
            }
        }
    }
}

/// No end rises, or both do because what was told has become too little.
fn rises_for_a_reason(before: acd::Range, after: acd::Range) -> bool {
    let high = |range: acd::Range| range.high().unwrap_or(Duration::MAX);
    after.low() <= before.low() && high(after) <= high(before) || after.low() > high(before)
}
