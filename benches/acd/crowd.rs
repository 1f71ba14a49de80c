//! Callers who wait and agents who become free: the same work for every side.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use base::Rng;
use benches::cpu;

/// Skills of the whole house; one group each.
pub(crate) const SKILLS: u16 = 100;
/// Skills of one agent.
const SKILLS_EACH: usize = 5;
/// Levels at which agents have a skill, 1 is best.
const LEVELS: u64 = 3;
/// Priorities of callers: 0 to 3.
const PRIORITIES: u64 = 4;
/// Commands come as fast as that: 50,000 a second.
pub(crate) const STEP: Duration = Duration::from_micros(20);
/// Of one timed run: half of the fewest agents, and far fewer than the fewest callers.
pub(crate) const BATCH: usize = 500;
/// Batches of one round, and those before them that find the caches full of another crowd and do not count.
pub(crate) const BATCHES: usize = 8;
pub(crate) const BATCHES_COLD: usize = 4;
/// Twice the second cache of a core: what other work of a thread touches between two batches. A thousand matches a second are half a second of
/// such work between them, so this is little.
const OTHER_WORK: usize = 4 << 20;
/// One in so many offers is declined, and one in so many callers gives up.
const DECLINED_ONE_IN: usize = 20;
const LEAVES_ONE_IN: usize = 10;

/// What one step of priority is worth: little beside the time in which so many arrive, so that the first in line came long ago.
pub(crate) fn worth(waiting: usize) -> Duration {
    STEP * waiting as u32 / 8
}

/// A caller, by the place that the switch keeps the call at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call {
    pub(crate) slot: u32,
    pub(crate) serial: u32,
    pub(crate) skill: u16,
    pub(crate) priority: u8,
}

/// A skill of an agent and its level.
pub(crate) type Has = (u16, u8);

/// The skills of so many agents.
pub(crate) fn skills(agents: usize) -> Vec<Vec<Has>> {
    let mut rng = Rng::from_number(agents as u64);
    let one = |rng: &mut Rng| {
        let first = rng.below(SKILLS.into()) as u16;
        // Neighbours in steps of 17: different ones, spread over the house.
        (0..SKILLS_EACH as u16).map(|n| ((first + 17 * n) % SKILLS, 1 + rng.below(LEVELS) as u8)).collect()
    };
    (0..agents).map(|_| one(&mut rng)).collect()
}

/// What is measured: a queue, or a baseline.
pub(crate) trait Side {
    /// A caller comes; nobody is free.
    fn join(&mut self, call: Call);
    /// An agent becomes free; the slot of the caller who is offered to it.
    fn free(&mut self, agent: u32) -> Option<u32>;
    /// A caller who waits gives up.
    fn leave(&mut self, call: Call);
    /// An agent for whom nobody waited is gone again.
    fn away(&mut self, _agent: u32) {}
    fn accept(&mut self, _agent: u32) {}
    fn end(&mut self, _agent: u32) {}
    /// The agent does not take the caller, who keeps the place.
    fn decline(&mut self, _agent: u32) {}
}

/// Nanoseconds of CPU an operation.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub(crate) struct Costs {
    pub(crate) join: f64,
    pub(crate) free: f64,
    pub(crate) accept: f64,
    pub(crate) end: f64,
    pub(crate) leave: f64,
}

/// Memory that other work of the thread uses.
pub(crate) struct OtherWork(Vec<u64>);

impl OtherWork {
    pub(crate) fn new() -> OtherWork {
        OtherWork(vec![1; OTHER_WORK / size_of::<u64>()])
    }

    fn run(&mut self) {
        self.0.iter_mut().for_each(|word| *word = word.wrapping_mul(3));
        std::hint::black_box(&self.0);
    }
}

/// A side with its crowd.
pub(crate) struct Crowd<S> {
    pub(crate) side: S,
    waiting: Vec<Call>,
    /// By slot, where in `waiting` the caller is.
    places: Vec<usize>,
    free_slots: Vec<u32>,
    serial: u32,
    rng: Rng,
    agents: u32,
    /// The agent who was free last.
    agent: u32,
}

impl<S: Side> Crowd<S> {
    pub(crate) fn new(side: S, waiting: usize, agents: usize) -> Crowd<S> {
        let mut crowd = Crowd {
            side,
            waiting: Vec::with_capacity(waiting + 4 * BATCH),
            places: vec![0; waiting + 4 * BATCH],
            free_slots: (0..(waiting + 4 * BATCH) as u32).rev().collect(),
            serial: 0,
            rng: Rng::from_number(1),
            agents: agents as u32,
            agent: 0,
        };
        for _ in 0..waiting {
            let call = crowd.draw();
            crowd.side.join(call);
            crowd.came(call);
        }
        crowd
    }

    fn draw(&mut self) -> Call {
        self.serial += 1;
        Call {
            slot: self.free_slots.pop().expect("a crowd has slots for two batches more"),
            serial: self.serial,
            skill: self.rng.below(SKILLS.into()) as u16,
            priority: self.rng.below(PRIORITIES) as u8,
        }
    }

    fn came(&mut self, call: Call) {
        self.places[call.slot as usize] = self.waiting.len();
        self.waiting.push(call);
    }

    fn gone(&mut self, slots: impl Iterator<Item = u32>) {
        for slot in slots {
            let place = self.places[slot as usize];
            self.waiting.swap_remove(place);
            if let Some(moved) = self.waiting.get(place) {
                self.places[moved.slot as usize] = place;
            }
            self.free_slots.push(slot);
        }
    }

    /// The next agent to become free, all in turn, not side by side in memory.
    fn next_agent(&mut self) -> u32 {
        self.agent = (self.agent + 7_919) % self.agents;
        self.agent
    }

    /// Different callers who wait and came after the one of that number.
    fn some(&mut self, count: usize, after: u32) -> Vec<Call> {
        let mut found: Vec<Call> = Vec::new();
        while found.len() < count {
            let call = self.waiting[self.rng.below(self.waiting.len() as u64) as usize];
            if call.serial > after && !found.iter().any(|other| other.slot == call.slot) {
                found.push(call);
            }
        }
        found
    }

    /// Each operation by itself, in batches; the crowd is as large afterwards as before.
    pub(crate) fn round(&mut self) -> Costs {
        self.batches(|| {})
    }

    /// A match, with other work of the same thread before each batch, which leaves nothing of it in the core's own caches.
    pub(crate) fn match_beside(&mut self, other: &mut OtherWork) -> f64 {
        self.batches(|| other.run()).free
    }

    fn batches(&mut self, mut before: impl FnMut()) -> Costs {
        let mut batch = |_| {
            before();
            self.batch()
        };
        let costs: Vec<Costs> = (0..BATCHES_COLD + BATCHES).map(&mut batch).skip(BATCHES_COLD).collect();
        let mean = |cost: fn(&Costs) -> f64| costs.iter().map(cost).sum::<f64>() / costs.len() as f64;
        Costs {
            join: mean(|c| c.join),
            free: mean(|c| c.free),
            accept: mean(|c| c.accept),
            end: mean(|c| c.end),
            leave: mean(|c| c.leave),
        }
    }

    fn batch(&mut self) -> Costs {
        let agents: Vec<u32> = (0..BATCH).map(|_| self.next_agent()).collect();
        let mut offered = Vec::with_capacity(BATCH);
        let free = clocked(&agents, |agent| offered.extend(self.side.free(*agent).map(|slot| (*agent, slot))));
        let accept = clocked(&offered, |(agent, _)| self.side.accept(*agent));
        let end = clocked(&offered, |(agent, _)| self.side.end(*agent));
        agents.iter().filter(|agent| !offered.iter().any(|o| o.0 == **agent)).for_each(|agent| self.side.away(*agent));
        self.gone(offered.iter().map(|(_, slot)| *slot));
        let leaving = self.some(BATCH, 0);
        let leave = clocked(&leaving, |call| self.side.leave(*call));
        self.gone(leaving.iter().map(|call| call.slot));
        let joining: Vec<Call> = (0..offered.len() + leaving.len()).map(|_| self.draw()).collect();
        let join = clocked(&joining, |call| self.side.join(*call));
        joining.into_iter().for_each(|call| self.came(call));
        Costs { join, free, accept, end, leave }
    }

    /// Whole calls through the queue, their operations in turn, some declined or given up; nanoseconds of CPU a call.
    pub(crate) fn calls(&mut self) -> Result<f64> {
        let costs = (0..BATCHES_COLD + BATCHES)
            .map(|_| self.batch_of_calls())
            .skip(BATCHES_COLD)
            .collect::<Result<Vec<f64>>>()?;
        Ok(costs.iter().sum::<f64>() / costs.len() as f64)
    }

    fn batch_of_calls(&mut self) -> Result<f64> {
        let agents: Vec<u32> = (0..BATCH + BATCH / DECLINED_ONE_IN).map(|_| self.next_agent()).collect();
        // Of the younger half, whose turn does not come meanwhile.
        let leaving = self.some(BATCH / LEAVES_ONE_IN, self.serial - (self.waiting.len() / 2) as u32);
        let joining: Vec<Call> = (0..BATCH + leaving.len()).map(|_| self.draw()).collect();
        let (mut left, mut joined, mut free) = (leaving.iter(), joining.iter(), agents.into_iter());
        let mut taken = Vec::with_capacity(BATCH);
        let began = cpu::this_thread();
        for number in 0..BATCH {
            joined.next().into_iter().for_each(|call| self.side.join(*call));
            let mut agent = free.next().context("an agent for each call")?;
            let mut slot = self.side.free(agent);
            if number % DECLINED_ONE_IN == 0 {
                self.side.decline(agent);
                agent = free.next().context("an agent for each declined offer")?;
                slot = self.side.free(agent);
            }
            taken.push(slot.context("everybody who is free has somebody to serve")?);
            self.side.accept(agent);
            self.side.end(agent);
            if number % LEAVES_ONE_IN == 0 {
                left.next().into_iter().for_each(|call| self.side.leave(*call));
                joined.next().into_iter().for_each(|call| self.side.join(*call));
            }
        }
        let took = cpu::this_thread() - began;
        joining.into_iter().for_each(|call| self.came(call));
        ensure!(leaving.iter().all(|call| !taken.contains(&call.slot)), "who gives up was served");
        self.gone(taken.into_iter().chain(leaving.iter().map(|call| call.slot)));
        Ok(took.as_nanos() as f64 / BATCH as f64)
    }
}

/// Nanoseconds of CPU for each of these.
pub(crate) fn clocked<T>(all: &[T], mut each: impl FnMut(&T)) -> f64 {
    let began = cpu::this_thread();
    all.iter().for_each(&mut each);
    (cpu::this_thread() - began).as_nanos() as f64 / all.len().max(1) as f64
}
