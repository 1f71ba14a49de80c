//! What another configuration ends or moves.

use std::sync::Arc;

use acd::Overflow;
use base::EndReason::{CallerHangup, QueueRefused};
use base::GroupId;
use base::WaitOutcome::{Answered, Overflowed, Refused};
use phone::Status;
use sim::{Setting, Stage};
use switch::Plans;

use crate::kit::{ms, says, talk, waits};

fn remove_group(plans: &mut Plans, overflow: Overflow) {
    let group = &mut plans.acd.groups[0];
    (group.removed, group.overflow) = (true, overflow.into());
    Arc::make_mut(&mut plans.call).groups[0].removed = true;
}

#[test]
fn the_group_is_removed_while_a_citizen_waits() {
    let setting = Setting { citizens: 2, agents: 2, split: true, ..Setting::default() };
    let mut stage = Stage::new(&setting);
    let (citizen, other, second) = (stage.citizen(0), stage.citizen(1), stage.agent(1));
    waits(&mut stage, citizen);
    stage.reload(|plans| remove_group(plans, Overflow::Group(GroupId(1))));
    stage.sign_on(second);
    talk(&mut stage, citizen, second);
    stage.reload(|plans| remove_group(plans, Overflow::Message));
    assert!(stage.hears(citizen, second), "the talk goes on");
    stage.dial(other, &[1]);
    stage.until("a released citizen", |stage| stage.phone(other).status() == Status::Idle);
    stage.hang_up(citizen);
    let records = stage.finish();
    says(&records[0], QueueRefused, None, &[Refused]);
    says(&records[1], CallerHangup, Some("1002"), &[Overflowed, Answered]);
}

#[test]
fn the_agent_is_removed_in_a_talk() {
    let mut stage = Stage::new(&Setting { citizens: 2, agents: 2, ..Setting::default() });
    let (citizen, waiting, first, second) = (stage.citizen(0), stage.citizen(1), stage.agent(0), stage.agent(1));
    stage.sign_on(first);
    stage.dial(citizen, &[1]);
    talk(&mut stage, citizen, first);
    waits(&mut stage, waiting);
    stage.reload(|plans| {
        plans.acd.agents[0].skills.clear();
        plans.roster.agents[0].removed = true;
        Arc::make_mut(&mut plans.call).agents[0].removed = true;
    });
    stage.pass(ms(5000));
    assert!(stage.hears(citizen, first) && stage.hears(first, citizen), "the talk goes on");
    stage.hang_up(citizen);
    stage.pass(ms(2000));
    assert_eq!(stage.phone(first).status(), Status::Idle, "nobody is offered any more");
    stage.sign_on(second);
    talk(&mut stage, waiting, second);
    stage.hang_up(waiting);
    let records = stage.finish();
    says(&records[0], CallerHangup, Some("1001"), &[Answered]);
    says(&records[1], CallerHangup, Some("1002"), &[Answered]);
}
