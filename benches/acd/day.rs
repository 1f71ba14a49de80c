//! A day of China: every call of a day through the queues of 31 domains, on virtual time.
//!
//! Callers come by the hour, wait with patience of their own and ask for their position; agents answer, talk, wrap up, and now and
//! then let a phone ring out. The people cost something themselves: that is in the figure.

use std::time::Duration;

use acd::{Acd, Action, Agent, Command, Group, Overflow, Plan, Reservation, Skill, SkillId};
use anyhow::{Result, ensure};
use base::pack::Packed;
use base::{AgentId, CallId, CallerKey, Epoch, GroupId, Key, Now, Rng, Slab, Time, TimerId, Wall, Wheel};
use benches::cpu;

pub(crate) const CALLS: usize = 4_370_000;
pub(crate) const AGENTS: usize = 30_000;
pub(crate) const DOMAINS: usize = 31;
/// Skill groups of a domain.
const GROUPS: u16 = 8;
/// In a thousand of the day, by the hour: 12 % in the busy one.
const HOURS: [u64; 24] = [8, 6, 5, 4, 5, 8, 16, 36, 92, 120, 104, 70, 50, 62, 96, 92, 76, 50, 30, 24, 18, 13, 9, 6];
const HOUR_MS: u64 = 3_600_000;
/// Means of what people take; with them the busy hour asks for a few more agents than there are.
const TALK: Duration = Duration::from_secs(190);
const PATIENCE: Duration = Duration::from_secs(180);
const WRAP_UP: Duration = Duration::from_secs(15);
const WAIT: Duration = Duration::from_secs(600);
/// From the first ring to the answer; one in so many phones is not answered, and its agent comes back this much later.
const ANSWER: Duration = Duration::from_secs(3);
const UNANSWERED_ONE_IN: u64 = 50;
const BACK_AFTER: Duration = Duration::from_secs(60);
/// Who waits hears the position as often as that.
const LOCATE: Duration = Duration::from_secs(20);

/// What people do next.
#[derive(Clone, Copy)]
enum Does {
    /// Somebody calls in some domain.
    Calls,
    HangsUp(Key),
    Asks(Key),
    Answers(Key, AgentId, Reservation),
    EndsTalk(Key, AgentId),
    ComesBack(usize, AgentId),
}

struct Call {
    id: CallId,
    /// In which queue.
    queue: usize,
    /// Hangs up, and asks for the position, as long as nobody has answered.
    waits: Option<[TimerId; 2]>,
    /// The offer that rings.
    rings: Option<Reservation>,
}

/// What became of the day.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Told {
    pub(crate) called: usize,
    pub(crate) talked: usize,
    /// Hung up while they waited.
    pub(crate) left: usize,
    /// Waited for the longest time that they may.
    pub(crate) refused: usize,
    pub(crate) commands: usize,
    pub(crate) most_waiting: usize,
    pub(crate) cpu: Duration,
}

struct Day {
    queues: Vec<Acd>,
    calls: Slab<Call>,
    does: Wheel<Does>,
    rng: Rng,
    now: Now,
    out: Vec<Action>,
    journal: Vec<u8>,
    /// Calls of the day.
    of: usize,
    waiting: usize,
    told: Told,
}

/// Runs a day of so many calls, and agents in proportion, through a queue a domain or through fewer.
pub(crate) fn run(calls: usize, queues: usize) -> Result<Told> {
    let began = cpu::this_thread();
    let mut day = Day::new(calls, queues);
    day.does.arm(day.now.time, Does::Calls);
    while let Some(next) = day.next() {
        let time = day.now.time.max(next);
        day.now = Now { time, wall: Wall(time.as_millis() as i64) };
        day.turn();
    }
    let told = Told { cpu: cpu::this_thread() - began, ..day.told };
    ensure!(told.called == calls && told.called == told.talked + told.left + told.refused, "calls are lost: {told:?}");
    ensure!(day.calls.is_empty() && told.talked > calls / 10 * 9, "most calls are answered: {told:?}");
    Ok(told)
}

impl Day {
    fn new(of: usize, queues: usize) -> Day {
        let now = Now::default();
        let plans = plans((AGENTS as u64 * of as u64 / CALLS as u64) as usize, queues);
        let agents: Vec<usize> = plans.iter().map(|plan| plan.agents.len()).collect();
        let mut day = Day {
            queues: plans.into_iter().map(|plan| Acd::new(plan, now.time)).collect(),
            calls: Slab::new(),
            does: Wheel::new(now.time),
            rng: Rng::from_number(12_345),
            now,
            out: Vec::with_capacity(64),
            journal: Vec::with_capacity(1 << 16),
            of,
            waiting: 0,
            told: Told::default(),
        };
        for (queue, agents) in agents.into_iter().enumerate() {
            (0..agents as u32).for_each(|agent| day.tell(queue, Command::Ready { agent: AgentId(agent) }));
        }
        day
    }

    /// When something happens next, in a queue or among people.
    fn next(&self) -> Option<Time> {
        let of_queues = self.queues.iter().filter_map(Acd::next_timeout).min();
        self.does.next().into_iter().chain(of_queues).min()
    }

    fn turn(&mut self) {
        for queue in 0..self.queues.len() {
            if self.queues[queue].next_timeout().is_some_and(|next| next <= self.now.time) {
                self.queues[queue].handle_timeout(self.now, &mut self.out);
                self.hear(queue);
            }
        }
        while let Some(does) = self.does.pop(self.now.time) {
            self.act(does);
        }
        // As the journal takes a turn's facts away.
        self.journal.clear();
    }

    fn act(&mut self, does: Does) {
        match does {
            Does::Calls => self.call(),
            Does::HangsUp(key) => {
                let Some((call, queue)) = self.over(key) else { return };
                self.told.left += 1;
                self.tell(queue, Command::Abandon { call });
            }
            Does::Asks(key) => {
                let asks = self.does.arm_after(self.now.time, LOCATE, Does::Asks(key));
                let Some(call) = self.calls.get_mut(key) else { return };
                let (id, queue) = (call.id, call.queue);
                call.waits.iter_mut().for_each(|waits| waits[1] = asks);
                self.tell(queue, Command::Locate { call: id });
            }
            Does::Answers(key, agent, reservation) => self.answer(key, agent, reservation),
            Does::EndsTalk(key, agent) => {
                let Some((call, queue)) = self.over(key) else { return };
                self.tell(queue, Command::Ended { call, agent });
                self.tell(queue, Command::Ready { agent });
            }
            Does::ComesBack(queue, agent) => self.tell(queue, Command::Ready { agent }),
        }
    }

    fn call(&mut self) {
        self.told.called += 1;
        let (serial, key) = (self.told.called as u32, self.calls.next_key());
        let domain = self.rng.below(DOMAINS as u64) as usize;
        let (queue, house) = (domain % self.queues.len(), domain / self.queues.len());
        let call = CallId { epoch: Epoch(1), serial, slot: key.slot, ..CallId::default() };
        let patience = exponential(&mut self.rng, PATIENCE);
        let hangs_up = self.does.arm_after(self.now.time, patience, Does::HangsUp(key));
        let asks = self.does.arm_after(self.now.time, LOCATE, Does::Asks(key));
        self.calls.insert(Call { id: call, queue, waits: Some([hangs_up, asks]), rings: None });
        self.waiting += 1;
        self.told.most_waiting = self.told.most_waiting.max(self.waiting);
        let group = GroupId(house as u16 * GROUPS + self.rng.below(GROUPS.into()) as u16);
        let priority = u8::from(self.rng.chance(0.05));
        let caller = Some(CallerKey([self.rng.u64(), 0]));
        let since = self.now.time;
        self.tell(queue, Command::Enqueue { call, caller, group, priority, since });
        if self.told.called < self.of {
            let hour = HOURS[(self.now.time.as_millis() / HOUR_MS) as usize % HOURS.len()];
            let between = HOUR_MS as f64 * 1000.0 / (hour as f64 * self.of as f64);
            let next = exponential(&mut self.rng, Duration::from_secs_f64(between / 1000.0));
            self.does.arm_after(self.now.time, next, Does::Calls);
        }
    }

    fn answer(&mut self, key: Key, agent: AgentId, reservation: Reservation) {
        // The caller may have gone, or the phone's time to ring.
        let Some(call) = self.calls.get_mut(key).filter(|call| call.rings == Some(reservation)) else { return };
        call.rings = None;
        let (id, queue, waits) = (call.id, call.queue, call.waits.take());
        self.wait_no_more(waits);
        self.told.talked += 1;
        let talk = exponential(&mut self.rng, TALK);
        self.does.arm_after(self.now.time, talk, Does::EndsTalk(key, agent));
        self.tell(queue, Command::Accepted { call: id, agent, reservation });
    }

    fn wait_no_more(&mut self, waits: Option<[TimerId; 2]>) {
        for timer in waits.into_iter().flatten() {
            self.does.cancel(timer);
        }
        self.waiting -= usize::from(waits.is_some());
    }

    /// A call is over, talked or not.
    fn over(&mut self, key: Key) -> Option<(CallId, usize)> {
        let call = self.calls.remove(key)?;
        self.wait_no_more(call.waits);
        Some((call.id, call.queue))
    }

    fn tell(&mut self, queue: usize, command: Command) {
        self.told.commands += 1;
        self.queues[queue].handle(self.now, command, &mut self.out);
        self.hear(queue);
    }

    fn hear(&mut self, queue: usize) {
        for action in std::mem::take(&mut self.out).drain(..) {
            match action {
                Action::Fact(fact) => fact.pack(&mut self.journal),
                Action::Reserve { agent, call, reservation, .. } => self.ring(call, agent, reservation),
                Action::Refused { call, .. } => {
                    let key = self.calls.at(call.slot).map(|(key, _)| key);
                    if key.and_then(|key| self.over(key)).is_some() {
                        self.told.refused += 1;
                    }
                }
                Action::OfferOver { agent, cause, .. } => {
                    let back = if cause.is_some() { BACK_AFTER } else { Duration::ZERO };
                    self.does.arm_after(self.now.time, back, Does::ComesBack(queue, agent));
                }
                _ => {}
            }
        }
    }

    fn ring(&mut self, call: CallId, agent: AgentId, reservation: Reservation) {
        let Some((key, _)) = self.calls.at(call.slot) else { return };
        self.calls.get_mut(key).into_iter().for_each(|call| call.rings = Some(reservation));
        if self.rng.below(UNANSWERED_ONE_IN) > 0 {
            self.does.arm_after(self.now.time, ANSWER, Does::Answers(key, agent, reservation));
        }
    }
}

/// Of each queue: the groups of its domains, and their agents, who have one to three skills of their own domain.
fn plans(agents: usize, queues: usize) -> Vec<Plan> {
    let domains = DOMAINS / queues;
    let group = Group {
        limit: usize::MAX,
        wait: Some(WAIT),
        wrap_up: WRAP_UP,
        overflow: Overflow::Message.into(),
        ..Group::default()
    };
    let mut rng = Rng::from_number(6);
    let mut agent = |number: usize| {
        let first = (number / queues % domains) as u16 * GROUPS;
        let skill =
            |_| Skill { skill: SkillId(first + rng.below(GROUPS.into()) as u16), level: 1 + rng.below(2) as u8 };
        Agent { skills: (0..=number % 3).map(skill).collect(), ..Agent::default() }
    };
    let mut plans: Vec<Plan> = (0..queues)
        .map(|_| Plan { groups: vec![group.clone(); domains * usize::from(GROUPS)], ..Plan::default() })
        .collect();
    for number in 0..agents {
        plans[number % queues].agents.push(agent(number));
    }
    plans
}

/// A length of such a mean that has no memory.
fn exponential(rng: &mut Rng, mean: Duration) -> Duration {
    mean.mul_f64(-(1.0 - rng.unit()).ln())
}
