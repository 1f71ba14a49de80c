//! The agents who idle, in the order in which they are offered callers: best level first, then by the group's strategy.

use std::time::Duration;

use base::{AgentId, Rng, Time};

use crate::line::{Line, Lines, Turn};
use crate::plan::Strategy;

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

/// Somebody in a list, by what the agent's stamp was on joining.
type Stamped = (AgentId, u32);

/// The idle agents of one queue at one level.
#[derive(Clone, Debug, Default)]
struct List {
    queue: u32,
    /// Who joined, and some who idle no more: whoever stands first does idle.
    line: Line<Stamped>,
    /// How many of them idle.
    idle: usize,
}

/// The idle agents of one queue.
#[derive(Clone, Debug, Default)]
struct Idle {
    strategy: Strategy,
    /// A list a level, best level first.
    levels: Vec<(u8, u32)>,
    /// Up to where lots were drawn.
    drawn: Time,
}

/// The idle agents of all queues. An agent who is taken from one of them leaves the others too, in which it stands anywhere: there it is
/// passed over when its turn comes, and nothing is searched for.
#[derive(Clone, Debug)]
pub(crate) struct Idlers {
    queues: Vec<Idle>,
    /// By queue, the first of its first list in which anybody idles.
    firsts: Vec<Option<AgentId>>,
    lists: Vec<List>,
    lines: Lines<Stamped>,
    /// By agent, how often it joined and left: odd while it idles.
    stamps: Vec<u32>,
    rng: Rng,
}

/// A list has at most so many who idle no more, and as many as idle in it: fewer would be looked for too often.
const GONE_MAX: usize = 64;

impl Idlers {
    /// Lists for queues of these strategies, and for so many agents.
    pub(crate) fn new(strategies: impl Iterator<Item = Strategy>, agents: usize) -> Idlers {
        let queues: Vec<_> = strategies.map(|strategy| Idle { strategy, ..Idle::default() }).collect();
        // Lots only have to be even, and the same in a replay: nobody gains by guessing one.
        let rng = Rng::from_number(0);
        let firsts = vec![None; queues.len()];
        Idlers { queues, firsts, lists: Vec::new(), lines: Lines::default(), stamps: vec![0; agents], rng }
    }

    /// Draws lots where the lists of before left off, not the same ones again.
    pub(crate) fn go_on_drawing(&mut self, before: Idlers) {
        self.rng = before.rng;
    }

    /// The number of the list of a queue and level.
    pub(crate) fn list(&mut self, queue: usize, level: u8) -> Option<u32> {
        let levels = &mut self.queues.get_mut(queue)?.levels;
        let place = match levels.binary_search_by_key(&level, |(l, _)| *l) {
            Ok(place) => place,
            Err(place) => {
                levels.insert(place, (level, self.lists.len() as u32));
                self.lists.push(List { queue: queue as u32, ..List::default() });
                place
            }
        };
        Some(levels[place].1)
    }

    /// Puts an agent who is in none of them into these lists.
    pub(crate) fn join(&mut self, lists: &[u32], standing: &Standing) {
        let agent = standing.agent;
        let Some(stamp) = self.stamps.get_mut(agent.0 as usize) else { return };
        *stamp = stamp.wrapping_add(1);
        let stamped = (agent, *stamp);
        for list in lists {
            let Some(list) = self.lists.get_mut(*list as usize) else { continue };
            let Some(queue) = self.queues.get(list.queue as usize) else { continue };
            let turn = turn(queue, standing, &mut self.rng);
            self.lines.join(&mut list.line, stamped, turn);
            list.idle += 1;
            // Whoever joins behind others changes nothing of who is first.
            if list.line.first().is_some_and(|(_, first)| first == stamped) {
                let queue = list.queue;
                self.look_at_first(queue);
            }
        }
    }

    /// Takes an agent who is in all of them out of these lists.
    pub(crate) fn leave(&mut self, lists: &[u32], agent: AgentId) {
        let Some(stamp) = self.stamps.get_mut(agent.0 as usize) else { return };
        let stamped = (agent, *stamp);
        *stamp = stamp.wrapping_add(1);
        for number in lists {
            let Some(list) = self.lists.get_mut(*number as usize) else { continue };
            list.idle -= 1;
            if list.line.first().is_some_and(|(_, first)| first == stamped) {
                let queue = list.queue;
                self.pass_over(*number);
                self.look_at_first(queue);
            } else if list.line.len() > 2 * list.idle + GONE_MAX {
                let stamps = &self.stamps;
                self.lines.retain(&mut list.line, |stamped| is_idle(stamps, stamped));
            }
        }
    }

    /// Takes those out of the front of a list who idle no more.
    fn pass_over(&mut self, list: u32) {
        let line = &mut self.lists[list as usize].line;
        while line.first().is_some_and(|(_, first)| !is_idle(&self.stamps, first)) {
            self.lines.pop_first(line);
        }
    }

    fn look_at_first(&mut self, queue: u32) {
        let first = self.first_turn(queue as usize).map(|(_, agent)| agent);
        self.firsts[queue as usize] = first;
    }

    /// The agent whom a caller of this queue is offered.
    pub(crate) fn first(&self, queue: usize) -> Option<AgentId> {
        *self.firsts.get(queue)?
    }

    fn first_turn(&self, queue: usize) -> Option<(Turn, AgentId)> {
        let first = |list: u32| self.lists[list as usize].line.first();
        let (turn, (agent, _)) = self.queues.get(queue)?.levels.iter().find_map(|(_, list)| first(*list))?;
        Some((turn, agent))
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

/// Whether an agent idles since it joined with this stamp.
fn is_idle(stamps: &[u32], (agent, stamp): Stamped) -> bool {
    stamps.get(agent.0 as usize) == Some(&stamp)
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
