//! Memory: bytes a caller who waits, and whether steady work takes any.

use std::time::Duration;

use anyhow::Result;
use benches::{count, row};

use crate::crowd::{Call, Crowd, SKILLS, skills, worth};
use crate::hall::Hall;
use crate::ours::{Ours, WAIT, house, plan};

/// As many agents as a crowd is measured with elsewhere.
const AGENTS: usize = 10_000;
const WAITING: [usize; 2] = [100_000, 1_000_000];
const BYTES_MAX: f64 = 200.0;
/// Rounds while allocations are counted, and before: longer than it takes until lists are as long as they ever become.
const ROUNDS: usize = 50;
const ROUNDS_WARM: usize = 200;

pub(crate) fn tell() -> Result<()> {
    for (wait, how) in [(None, "without bound"), (Some(WAIT), "bounded")] {
        let sizes = WAITING.map(|waiting| bytes(waiting, wait));
        let most = sizes.into_iter().fold(0.0, f64::max);
        eprintln!(
            "a caller whose wait is {how}: {:.0} bytes beside 100,000, {:.0} beside a million",
            sizes[0], sizes[1]
        );
        row(
            &format!("acd: bytes a waiting caller, wait {how} (the goal)"),
            format!("{BYTES_MAX:.0} B"),
            format!("{most:.0} B"),
            most / BYTES_MAX,
            "ratio <= 1",
        );
    }
    let taken = taken()?;
    row("acd: allocations on the steady path (none)", "0", taken, taken as f64, "ours <= 0");
    Ok(())
}

/// What a waiting caller takes beside so many, of the queue alone.
fn bytes(waiting: usize, wait: Option<Duration>) -> f64 {
    let mut queue = Ours::new(plan(SKILLS, skills(AGENTS), wait));
    let before = count::in_use();
    for slot in 0..waiting as u32 {
        let (skill, priority) = ((slot % u32::from(SKILLS)) as u16, (slot / u32::from(SKILLS) % 4) as u8);
        queue.enqueue(Call { slot, serial: slot, skill, priority });
    }
    (count::in_use() - before) as f64 / waiting as f64
}

/// How often the queue takes memory in steady work, while callers wait and while agents idle.
fn taken() -> Result<usize> {
    let mut crowd = Crowd::new(Ours::new(house(skills(AGENTS), worth(AGENTS))), AGENTS, AGENTS);
    let mut hall = Hall::house(AGENTS);
    let mut before = 0;
    for round in 0..ROUNDS_WARM + ROUNDS {
        if round == ROUNDS_WARM {
            before = crowd.side.taken + hall.ours.taken;
        }
        crowd.round();
        crowd.calls()?;
        hall.round()?;
    }
    Ok(crowd.side.taken + hall.ours.taken - before)
}
