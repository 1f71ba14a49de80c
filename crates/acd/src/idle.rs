//! The agents who idle, in the order in which they are offered callers: best level first, then by the group's strategy.

use std::time::Duration;

use base::{AgentId, Rng, Time};

use crate::line::{Line, Lines, Turn};
use crate::plan::Strategy;

/// One agent's place among those who serve one queue.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Serves {
    pub(crate) queue: u32,
    /// How well the agent meets what is asked; 1 is best.
    pub(crate) level: u8,
    /// The agent's number in the idle list.
    pub(crate) member: u32,
}

/// What the strategies look at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Standing {
    pub(crate) agent: AgentId,
    /// Since when the agent idles.
    pub(crate) idle: Turn,
    pub(crate) calls: u32,
    pub(crate) talk: Duration,
    /// The number of the newest reservation.
    pub(crate) offered: u64,
    pub(crate) weight: u16,
}

/// The idle agents of one queue, a list a level, best level first.
#[derive(Clone, Debug, Default)]
struct Idle {
    strategy: Strategy,
    levels: Vec<(u8, Line)>,
    /// Up to where lots were drawn.
    drawn: Time,
}

/// The idle agents of all queues.
#[derive(Clone, Debug)]
pub(crate) struct Idlers {
    queues: Vec<Idle>,
    lines: Lines,
    /// Whose number in an idle list this is.
    members: Vec<AgentId>,
    rng: Rng,
}

impl Idlers {
    /// Lists for queues of these strategies.
    pub(crate) fn new(strategies: impl Iterator<Item = Strategy>) -> Idlers {
        let queues = strategies.map(|strategy| Idle { strategy, ..Idle::default() }).collect();
        // Lots only have to be even, and the same in a replay: nobody gains by guessing one.
        let rng = Rng::from_number(0);
        Idlers { queues, lines: Lines::default(), members: Vec::new(), rng }
    }

    /// Draws lots where the lists of before left off, not the same ones again.
    pub(crate) fn go_on_drawing(&mut self, before: Idlers) {
        self.rng = before.rng;
    }

    /// A number for an agent in the idle list of a queue.
    pub(crate) fn add(&mut self, agent: AgentId, queue: usize, level: u8) -> Option<Serves> {
        let levels = &mut self.queues.get_mut(queue)?.levels;
        if let Err(place) = levels.binary_search_by_key(&level, |(l, _)| *l) {
            levels.insert(place, (level, Line::default()));
        }
        let member = self.members.len() as u32;
        self.members.push(agent);
        Some(Serves { queue: queue as u32, level, member })
    }

    /// Puts an agent into one list.
    pub(crate) fn join(&mut self, serves: Serves, standing: &Standing) {
        let Some(idle) = self.queues.get_mut(serves.queue as usize) else { return };
        let turn = turn(idle, standing, &mut self.rng);
        if let Ok(place) = idle.levels.binary_search_by_key(&serves.level, |(level, _)| *level) {
            self.lines.join(&mut idle.levels[place].1, serves.member, turn);
        }
    }

    pub(crate) fn leave(&mut self, serves: Serves) {
        let Some(idle) = self.queues.get_mut(serves.queue as usize) else { return };
        if let Ok(place) = idle.levels.binary_search_by_key(&serves.level, |(level, _)| *level) {
            self.lines.leave(&mut idle.levels[place].1, serves.member);
        }
    }

    /// The agent whom a caller of this queue is offered.
    pub(crate) fn first(&self, queue: usize) -> Option<AgentId> {
        self.first_turn(queue).and_then(|(_, member)| self.members.get(member as usize).copied())
    }

    fn first_turn(&self, queue: usize) -> Option<(Turn, u32)> {
        self.queues.get(queue)?.levels.iter().find_map(|(_, line)| line.first())
    }

    /// The first agent of this queue has been taken by lot: who draws now draws from there on.
    pub(crate) fn drawn(&mut self, queue: usize) {
        if self.queues.get(queue).is_none_or(|idle| idle.strategy != Strategy::Random) {
            return;
        }
        if let (Some((turn, _)), Some(idle)) = (self.first_turn(queue), self.queues.get_mut(queue)) {
            idle.drawn = turn.0;
        }
    }
}

fn turn(idle: &Idle, standing: &Standing, rng: &mut Rng) -> Turn {
    let Standing { agent, idle: since, calls, talk, offered, weight } = *standing;
    let nanos = |talk: Duration| u64::try_from(talk.as_nanos()).unwrap_or(u64::MAX);
    match idle.strategy {
        Strategy::LongestIdle => since,
        Strategy::FewestCalls => (Time::from_nanos(u64::from(calls)), since.1),
        Strategy::LeastTalk => (Time::from_nanos(nanos(talk)), since.1),
        Strategy::RoundRobin => (Time::from_nanos(offered), since.1),
        Strategy::Fixed => (Time::ZERO, u64::from(agent.0)),
        // The first of many who wait so long goes first with a chance in proportion to weight, and since such waits have no memory,
        // that holds however long ago each one drew.
        Strategy::Random => (idle.drawn + exponential(rng) / u32::from(weight.max(1)), since.1),
    }
}

/// A time that is distributed exponentially, with a mean of 2^40 ns: by comparisons alone (von Neumann 1951), so that one seed gives one
/// run on every machine.
fn exponential(rng: &mut Rng) -> Duration {
    const UNIT: u64 = 1 << 40;
    // Each round ends with a chance of 63 in 100: after a hundred, the lot is as late as any.
    for whole in 0..100 {
        let first = rng.below(UNIT);
        let (mut last, mut falls) = (first, 0_u32);
        loop {
            let next = rng.below(UNIT);
            if next >= last {
                break;
            }
            (last, falls) = (next, falls + 1);
        }
        if falls % 2 == 0 {
            return Duration::from_nanos(whole * UNIT + first);
        }
    }
    Duration::from_nanos(100 * UNIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lots_are_exponential() {
        let mut rng = Rng::from_number(7);
        let unit = (1_u64 << 40) as f64;
        let drawn: Vec<f64> = (0..200_000).map(|_| exponential(&mut rng).as_nanos() as f64 / unit).collect();
        let mean = drawn.iter().sum::<f64>() / drawn.len() as f64;
        assert!((mean - 1.0).abs() < 0.01, "{mean}");
        for at in [0.1, 0.5, 1.0, 2.0, 4.0] {
            let later = drawn.iter().filter(|x| **x > at).count() as f64 / drawn.len() as f64;
            assert!((later - (-at).exp()).abs() < 0.005, "{later} beyond {at}");
        }
    }
}
