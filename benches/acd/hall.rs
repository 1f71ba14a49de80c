//! Agents who idle: what a caller costs who is served at once, and an agent who idles again.

use std::time::Duration;

use acd::{Group, Plan, Strategy};
use anyhow::{Context, Result};
use base::Rng;

use crate::crowd::{BATCH, BATCHES, BATCHES_COLD, Call, Has, SKILLS, Side as _, clocked, skills};
use crate::ours::{Ours, plan};
use crate::scan::Scan;

/// Nanoseconds of CPU an operation.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Costs {
    /// Enqueued and reserved at once.
    pub(crate) serve: f64,
    /// Back among the idle.
    pub(crate) idle: f64,
    /// All of a call, from `Enqueue` to idling again.
    pub(crate) call: f64,
}

/// A queue in which everybody idles.
pub(crate) struct Hall {
    pub(crate) ours: Ours,
    groups: u16,
    serial: u32,
    rng: Rng,
}

impl Hall {
    /// So many agents with the skills of the house.
    pub(crate) fn house(agents: usize) -> Hall {
        Hall::new(SKILLS, skills(agents), Strategy::LongestIdle)
    }

    /// One group in which all serve at one level.
    pub(crate) fn one_group(agents: usize, strategy: Strategy) -> Hall {
        Hall::new(1, vec![vec![(0, 1)]; agents], strategy)
    }

    fn new(groups: u16, agents: Vec<Vec<Has>>, strategy: Strategy) -> Hall {
        let count = agents.len() as u32;
        let house = plan(groups, agents, Some(crate::ours::WAIT));
        let groups_of = house.groups.into_iter().map(|group| Group { strategy, ..group }).collect();
        let mut ours = Ours::new(Plan { groups: groups_of, ..house });
        for agent in 0..count {
            ours.ready(agent);
        }
        Hall { ours, groups, serial: 0, rng: Rng::from_number(2) }
    }

    fn draw(&mut self, slot: u32) -> Call {
        self.serial += 1;
        let skill = self.rng.below(self.groups.into()) as u16;
        Call { slot, serial: self.serial, skill, priority: 0 }
    }

    /// Batches in which everybody whom a caller came to idles again.
    pub(crate) fn round(&mut self) -> Result<Costs> {
        let costs =
            (0..BATCHES_COLD + BATCHES).map(|_| self.batch()).skip(BATCHES_COLD).collect::<Result<Vec<Costs>>>()?;
        let mean = |cost: fn(&Costs) -> f64| costs.iter().map(cost).sum::<f64>() / costs.len() as f64;
        Ok(Costs { serve: mean(|c| c.serve), idle: mean(|c| c.idle), call: mean(|c| c.call) })
    }

    fn batch(&mut self) -> Result<Costs> {
        let calls: Vec<Call> = (0..BATCH as u32).map(|slot| self.draw(slot)).collect();
        let ours = &mut self.ours;
        let mut taken = Vec::with_capacity(BATCH);
        let serve = clocked(&calls, |call| taken.extend(ours.enqueue(*call)));
        (taken.len() == calls.len()).then_some(()).context("more agents than calls idle")?;
        let talk = clocked(&taken, |agent| ours.accept(*agent));
        // Talks differ in length.
        let ended: Vec<u32> = (0..taken.len()).map(|n| taken[n * 71 % taken.len()]).collect();
        let end = clocked(&ended, |agent| ours.end(*agent));
        let idle = clocked(&ended, |agent| {
            ours.ready(*agent);
        });
        Ok(Costs { serve, idle, call: serve + talk + end + idle })
    }

    /// What a tick shows of the queue takes so long.
    pub(crate) fn view(&self) -> f64 {
        clocked(&[(); 10], |()| {
            std::hint::black_box(self.ours.view());
        })
    }
}

/// The same by looking at every agent: nanoseconds of CPU for a caller who is served at once.
pub(crate) fn scanned(agents: usize, calls: usize) -> Result<f64> {
    let mut scan = Scan::new(skills(agents), Duration::ZERO);
    (0..agents as u32).for_each(|agent| scan.idle(agent));
    let mut rng = Rng::from_number(3);
    let calls: Vec<Call> = (0..calls as u32)
        .map(|slot| Call { slot, serial: slot, skill: rng.below(SKILLS.into()) as u16, priority: 0 })
        .collect();
    let mut served = 0;
    let cost = clocked(&calls, |call| served += usize::from(scan.serve(*call).is_some()));
    (served == calls.len()).then_some(cost).context("more agents than calls idle")
}
