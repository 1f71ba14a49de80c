//! How costs grow: the same work for crowds of several sizes, in rounds in turn.

use acd::Strategy;
use anyhow::Result;
use benches::{percentile, quick};

use crate::crowd::{BATCH, Costs, Crowd, OtherWork, skills, worth};
use crate::fifo::Fifo;
use crate::hall::{self, Hall};
use crate::linked::Linked;
use crate::ours::{Ours, house};
use crate::scan::Scan;

/// Callers who wait.
pub(crate) const WAITING: [usize; 4] = [10_000, 30_000, 100_000, 1_000_000];
/// Agents of those crowds.
const AGENTS: usize = 10_000;
/// Agents who idle, or serve a crowd of 10,000.
pub(crate) const AGENTS_STEPS: [usize; 4] = [1_000, 3_000, 10_000, 30_000];
const WAITING_AGENTS: usize = 10_000;
/// A scan over more takes minutes.
const SCAN_MAX: usize = 100_000;
/// Enough for a steady median.
const ROUNDS: usize = 61;
const ROUNDS_QUICK: usize = 15;
const ROUNDS_WARM: usize = 4;
/// A scan takes a thousand times as long, and varies little.
const ROUNDS_SCAN: usize = 3;
const CALLS_SCAN: usize = 300;

/// What was measured beside so many.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) count: usize,
    pub(crate) ours: Vec<Costs>,
    pub(crate) fifo: Vec<Costs>,
    /// A match beside other work of the thread: ours, and the bare list's.
    pub(crate) beside: Vec<(f64, f64)>,
    /// A match, and a whole call, with their facts packed.
    pub(crate) packed: Vec<f64>,
    pub(crate) call: Vec<f64>,
    /// Of a scan over everybody, compact and linked; empty beyond `SCAN_MAX`.
    pub(crate) scan: Vec<Costs>,
    pub(crate) linked: Vec<Costs>,
}

impl Step {
    /// The median of one cost.
    pub(crate) fn of(all: &[Costs], cost: fn(&Costs) -> f64) -> f64 {
        percentile(&all.iter().map(cost).collect::<Vec<_>>(), 50)
    }

    pub(crate) fn packed(&self) -> f64 {
        percentile(&self.packed, 50)
    }

    pub(crate) fn call(&self) -> f64 {
        percentile(&self.call, 50)
    }
}

/// What was measured with so many agents.
#[derive(Clone, Debug)]
pub(crate) struct Agents {
    pub(crate) count: usize,
    /// While 10,000 wait: a whole call with its facts packed, and the match alone.
    pub(crate) call: Vec<f64>,
    pub(crate) free: Vec<f64>,
    /// While all idle.
    pub(crate) idle: Vec<hall::Costs>,
    pub(crate) scan: f64,
    /// What is shown of the queue, once.
    pub(crate) view: Vec<f64>,
}

pub(crate) fn rounds() -> usize {
    if quick() { ROUNDS_QUICK } else { ROUNDS }
}

fn ours(waiting: usize, agents: usize) -> Crowd<Ours> {
    Crowd::new(Ours::new(house(skills(agents), worth(waiting))), waiting, agents)
}

/// Crowds of all sizes, ours and the bare list, in turn.
pub(crate) fn waiting() -> Result<Vec<Step>> {
    let fifo = |waiting| Crowd::new(Fifo::new(skills(AGENTS), worth(waiting)), waiting, AGENTS);
    let mut crowds: Vec<_> = WAITING.iter().map(|&waiting| (ours(waiting, AGENTS), fifo(waiting))).collect();
    let empty = |count| Step {
        count,
        ours: Vec::new(),
        fifo: Vec::new(),
        beside: Vec::new(),
        packed: Vec::new(),
        call: Vec::new(),
        scan: Vec::new(),
        linked: Vec::new(),
    };
    let mut steps: Vec<Step> = WAITING.into_iter().map(empty).collect();
    let mut other = OtherWork::new();
    for round in 0..ROUNDS_WARM + rounds() {
        for ((ours, fifo), step) in crowds.iter_mut().zip(&mut steps) {
            let journal = ours.side.journal.take();
            let (of_ours, of_fifo) = if round % 2 == 0 {
                let of_ours = ours.round();
                (of_ours, fifo.round())
            } else {
                let of_fifo = fifo.round();
                (ours.round(), of_fifo)
            };
            let beside = (ours.match_beside(&mut other), fifo.match_beside(&mut other));
            ours.side.journal = journal;
            let (packed, call) = (ours.round().free, ours.calls()?);
            if round >= ROUNDS_WARM {
                step.ours.push(of_ours);
                step.fifo.push(of_fifo);
                step.beside.push(beside);
                step.packed.push(packed);
                step.call.push(call);
            }
        }
    }
    for step in steps.iter_mut().filter(|step| step.count <= SCAN_MAX) {
        let mut scan = Crowd::new(Scan::new(skills(AGENTS), worth(step.count)), step.count, AGENTS);
        step.scan = (0..ROUNDS_SCAN).map(|_| scan.round()).collect();
        let linked = Linked::new(skills(AGENTS), worth(step.count), step.count + 4 * BATCH);
        let mut linked = Crowd::new(linked, step.count, AGENTS);
        step.linked = (0..ROUNDS_SCAN).map(|_| linked.round()).collect();
    }
    Ok(steps)
}

/// The same crowd with more and more agents; and halls in which all of them idle.
pub(crate) fn agents() -> Result<Vec<Agents>> {
    let mut crowds: Vec<_> =
        AGENTS_STEPS.iter().map(|&agents| (ours(WAITING_AGENTS, agents), Hall::house(agents))).collect();
    let empty =
        |count| Agents { count, call: Vec::new(), free: Vec::new(), idle: Vec::new(), scan: 0.0, view: Vec::new() };
    let mut steps: Vec<Agents> = AGENTS_STEPS.into_iter().map(empty).collect();
    for round in 0..ROUNDS_WARM + rounds() {
        for ((crowd, hall), step) in crowds.iter_mut().zip(&mut steps) {
            let (free, call, idle, view) = (crowd.round().free, crowd.calls()?, hall.round()?, hall.view());
            if round >= ROUNDS_WARM {
                step.free.push(free);
                step.call.push(call);
                step.idle.push(idle);
                step.view.push(view);
            }
        }
    }
    for step in &mut steps {
        step.scan = hall::scanned(step.count, CALLS_SCAN)?;
    }
    Ok(steps)
}

/// An agent who idles again among 30,000 of one group and level: nanoseconds by strategy, longest idle first.
pub(crate) fn strategies() -> Result<Vec<(Strategy, Vec<f64>)>> {
    const ALL: [Strategy; 6] = [
        Strategy::LongestIdle,
        Strategy::FewestCalls,
        Strategy::LeastTalk,
        Strategy::RoundRobin,
        Strategy::Fixed,
        Strategy::Random,
    ];
    let most = AGENTS_STEPS[AGENTS_STEPS.len() - 1];
    let mut halls: Vec<_> =
        ALL.into_iter().map(|strategy| (Hall::one_group(most, strategy), strategy, Vec::new())).collect();
    for round in 0..ROUNDS_WARM + rounds() {
        for (hall, _, idle) in &mut halls {
            let costs = hall.round()?;
            if round >= ROUNDS_WARM {
                idle.push(costs.idle);
            }
        }
    }
    Ok(halls.into_iter().map(|(_, strategy, idle)| (strategy, idle)).collect())
}
