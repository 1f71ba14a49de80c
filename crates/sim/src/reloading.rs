//! An operator who has other configurations hold while citizens wait and talk.

use std::sync::Arc;
use std::time::Duration;

use acd::{Overflow, SkillId};
use base::{GroupId, Now, Rng};
use switch::{Input, Plans, Reload};

use crate::people::{Deed, People};
use crate::plan::GROUPS;
use crate::turn::Turn;
use crate::world::World;

/// The group that comes and goes; the other one is where a menu leads that says nothing else.
const GOES: usize = 1;
/// The group that comes with a reload.
const NEW: &str = "night";

impl People {
    /// The operator changes the configuration every now and then while citizens dial, and a little longer.
    pub(crate) fn operator_comes(&mut self, now: Now) {
        if self.scenario.reloading == 0.0 {
            return;
        }
        let span_ns = (self.scenario.span * 2).as_nanos() as u64;
        while self.operator.chance(self.scenario.reloading) {
            let at = now.time + Duration::from_nanos(self.operator.below(span_ns));
            self.agenda.push((at, 0, Deed::Reload));
        }
    }
}

impl World {
    /// Another configuration comes to hold.
    pub(crate) fn reload(&mut self) -> Result<(), String> {
        if !self.disk.is_up() {
            return Ok(());
        }
        let operator = &mut self.people.operator;
        let plans = self.disk.edit(|plans| edit(plans, true, operator));
        self.tell(|| format!("the operator has {:?} hold", plans.acd));
        self.turn(Turn::Feed(Input::Plan(Box::new(Reload::new(plans)))))
    }
}

/// Other waits, strategies and skills; a group goes, comes back, or where there may be more is new.
pub(crate) fn edit(plans: &mut Plans, grows: bool, rng: &mut Rng) {
    let call = Arc::make_mut(&mut plans.call);
    if grows && plans.acd.groups.len() == GROUPS.len() && rng.chance(0.3) {
        let group =
            acd::Group { name: NEW.to_owned(), overflow: Overflow::Message.into(), ..plans.acd.groups[0].clone() };
        plans.acd.groups.push(group);
        let group = call::plan::Group { name: NEW.to_owned(), number: None, ..call.groups[0].clone() };
        call.groups.push(group);
    }
    for group in &mut plans.acd.groups {
        change(group, rng);
    }
    if plans.acd.groups.len() > GOES && rng.chance(0.4) {
        let (back, circles) =
            (plans.acd.groups[GOES].removed, plans.acd.groups[0].overflow.full == Overflow::Group(GroupId(1)));
        let group = &mut plans.acd.groups[GOES];
        group.removed = !back;
        let to = if circles || rng.chance(0.3) { Overflow::Message } else { Overflow::Group(GroupId(0)) };
        group.overflow = to.into();
        call.groups[GOES].removed = !back;
    }
    let groups = plans.acd.groups.len() as u64;
    for agent in &mut plans.acd.agents {
        if rng.chance(0.4) {
            let skill = |_| acd::Skill { skill: SkillId(rng.below(groups) as u16), level: 1 + rng.below(2) as u8 };
            agent.skills = (0..2).map(skill).collect();
        }
    }
    plans.acd.priority_worth = Duration::from_secs(1 + rng.below(20));
    // Somebody has to be there in the end.
    let place = rng.below(plans.acd.agents.len().max(1) as u64) as usize;
    if grows && place > 0 && rng.chance(0.2) {
        let removed = !call.agents[place].removed;
        (call.agents[place].removed, plans.roster.agents[place].removed) = (removed, removed);
    }
}

/// Agents leave the configuration, and some who left come back; the one of number `stays` is there all the time. Gives who came back.
pub(crate) fn staff(plans: &mut Plans, stays: &str, rng: &mut Rng) -> Vec<String> {
    let call = Arc::make_mut(&mut plans.call);
    let mut back = Vec::new();
    for (agent, known) in call.agents.iter_mut().zip(&mut plans.roster.agents) {
        if agent.number == stays || !rng.chance(if agent.removed { 0.6 } else { 0.2 }) {
            continue;
        }
        (agent.removed, known.removed) = (!agent.removed, !agent.removed);
        if !agent.removed {
            back.push(agent.number.clone());
        }
    }
    back
}

fn change(group: &mut acd::Group, rng: &mut Rng) {
    use acd::Strategy::{FewestCalls, Fixed, LeastTalk, LongestIdle, Random, RoundRobin};
    if rng.chance(0.4) {
        group.strategy = [LongestIdle, FewestCalls, LeastTalk, RoundRobin, Fixed, Random][rng.below(6) as usize];
    }
    if rng.chance(0.3) {
        // Bounds every wait, so that each scenario ends.
        group.wait = Some(Duration::from_secs(3 + rng.below(25)));
    }
    if rng.chance(0.3) {
        (group.limit, group.ring_at_once) = (2 + rng.below(20) as usize, 1 + rng.below(3) as u8);
    }
    if rng.chance(0.2) {
        group.steps.clear();
    }
}
