//! What another plan costs the queue, all at once and between two other commands: beside many who wait, agents who all talk.

use std::sync::Arc;
use std::time::Duration;

use acd::{Command, Group, Plan};
use anyhow::Result;
use benches::{cpu, percentile, row};

use crate::crowd::{Call, Has, Side as _};
use crate::ours::{Ours, WAIT, plan};

/// A whole country in one queue.
const AGENTS: u32 = 30_000;
const GROUPS: u16 = 248;
const WAITING: u32 = 100_000;
const SKILLS_EACH: u32 = 5;
const PRIORITIES: u32 = 4;
/// What a turn of the control thread may take at most beside calls that are up.
const TURN_MAX: Duration = Duration::from_millis(50);
const ROUNDS: usize = 15;

/// Skills of an agent: different ones, spread over the house.
fn skills(agent: u32) -> Vec<Has> {
    let skill = |n: u32| (((agent * 31 + n * 53) % u32::from(GROUPS)) as u16, (1 + (agent + n) % 3) as u8);
    (0..SKILLS_EACH).map(skill).collect()
}

/// The house in which a caller waits at most so long, with one skill of one agent in ten another one.
fn house(wait: Duration, changed: bool) -> Plan {
    let moved = |agent: u32| if changed && agent.is_multiple_of(10) { agent + 1 } else { agent };
    plan(GROUPS, (0..AGENTS).map(|agent| skills(moved(agent))).collect(), Some(wait))
}

pub(crate) fn tell() -> Result<()> {
    let mut ours = Ours::new(house(WAIT, false));
    let call = |slot: u32| Call {
        slot,
        serial: slot,
        skill: (slot % u32::from(GROUPS)) as u16,
        priority: (slot / u32::from(GROUPS) % PRIORITIES) as u8,
    };
    for slot in 0..WAITING + AGENTS {
        ours.enqueue(call(slot));
    }
    for agent in 0..AGENTS {
        ours.ready(agent);
        ours.accept(agent);
    }
    let plans = [(WAIT * 2, true), (WAIT, false)].map(|(wait, changed)| Arc::new(house(wait, changed)));
    let same = Arc::new(renamed(&plans[1]));
    let mut costs = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        for (plan, of) in [(&plans[0], 0), (&plans[1], 0), (&same, 1)] {
            let began = cpu::this_thread();
            ours.tell(Command::Plan(Arc::clone(plan)));
            costs[of].push((cpu::this_thread() - began).as_secs_f64() * 1e3);
        }
    }
    for (what, costs) in ["other skills and waits", "another name"].into_iter().zip(&costs) {
        let (middle, limit) = (percentile(costs, 50), TURN_MAX.as_secs_f64() * 1e3);
        let what = format!("acd: another plan, {what}, {WAITING} wait ({limit:.0} ms)");
        row(&what, format!("{limit:.0} ms"), format!("{middle:.1} ms"), middle / limit, "ratio <= 1");
    }
    Ok(())
}

/// The same plan but for the name of a group: what most plans that are adopted differ by is as small.
fn renamed(plan: &Plan) -> Plan {
    let groups = plan.groups.iter().cloned().enumerate();
    let groups = groups.map(|(place, group)| match place {
        0 => Group { name: "another".into(), ..group },
        _ => group,
    });
    Plan { groups: groups.collect(), ..plan.clone() }
}
