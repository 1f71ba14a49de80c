//! What the queue itself ends or moves.

use base::EndReason::{CallerHangup, QueueRefused};
use base::WaitOutcome::{Answered, Moved, Overflowed, Refused};
use base::{CallId, GroupId, Now, Ticket};
use phone::{Answering, Status};
use sim::{Setting, Stage};
use switch::{Ask, Input};

use crate::kit::{ms, says, talk, waiting, waits};

#[test]
fn a_full_group_refuses() {
    let mut stage = Stage::new(&Setting { citizens: 2, limit: 1, ..Setting::default() });
    let (first, second, agent) = (stage.citizen(0), stage.citizen(1), stage.agent(0));
    waits(&mut stage, first);
    stage.dial(second, &[1]);
    stage.until("a released citizen", |stage| stage.records().len() == 1);
    stage.sign_on(agent);
    talk(&mut stage, first, agent);
    stage.hang_up(first);
    let records = stage.finish();
    says(&records[0], QueueRefused, None, &[Refused]);
    says(&records[1], CallerHangup, Some("1001"), &[Answered]);
}

#[test]
fn a_citizen_has_waited_too_long() {
    let mut stage = Stage::new(&Setting { wait: Some(ms(3000)), ..Setting::default() });
    let citizen = stage.citizen(0);
    waits(&mut stage, citizen);
    stage.until("a released citizen", |stage| stage.phone(citizen).status() == Status::Idle);
    says(&stage.finish()[0], QueueRefused, None, &[Refused]);
}

/// One agent serves the first group and lets it ring, another one serves the second, to which the first overflows.
fn overdue(answering: Answering) -> Stage {
    let setting = Setting { agents: 2, split: true, overflow: true, wait: Some(ms(2000)), ..Setting::default() };
    let mut stage = Stage::new(&setting);
    let (citizen, agent) = (stage.citizen(0), stage.agent(0));
    stage.sign_on(agent);
    stage.config(agent).answering = answering;
    stage.dial(citizen, &[1]);
    stage.until("a ringing phone", |stage| stage.phone(agent).status() == Status::Ringing);
    stage
}

#[test]
fn a_wait_runs_out_while_a_phone_rings_in_vain() {
    let mut stage = overdue(Answering::Never);
    let (citizen, second) = (stage.citizen(0), stage.agent(1));
    stage.sign_on(second);
    talk(&mut stage, citizen, second);
    stage.hang_up(citizen);
    let records = stage.finish();
    says(&records[0], CallerHangup, Some("1002"), &[Overflowed, Answered]);
    assert!(records[0].waits[0].waited_ms >= 4000, "the phone may ring on: {:?}", records[0]);
}

#[test]
fn a_wait_runs_out_and_the_ringing_phone_answers() {
    let mut stage = overdue(Answering::After(ms(3000)));
    let (citizen, agent) = (stage.citizen(0), stage.agent(0));
    talk(&mut stage, citizen, agent);
    stage.hang_up(citizen);
    says(&stage.finish()[0], CallerHangup, Some("1001"), &[Answered]);
}

#[test]
fn nobody_is_signed_on() {
    let mut stage = Stage::new(&Setting::default());
    let (citizen, agent) = (stage.citizen(0), stage.agent(0));
    waits(&mut stage, citizen);
    stage.pass(ms(10_000));
    assert_eq!(waiting(&stage), 1);
    stage.sign_on(agent);
    talk(&mut stage, citizen, agent);
    stage.hang_up(citizen);
    says(&stage.finish()[0], CallerHangup, Some("1001"), &[Answered]);
}

/// A supervisor asks.
fn ask(stage: &mut Stage, ask: Ask) {
    stage.feed(Input::Ask { ticket: Ticket(1), by: "supervisor".to_owned(), ask });
}

/// Who waits in the first group, in line or offered.
fn caller(stage: &Stage) -> CallId {
    let callers = stage.exchange().acd.callers(Now::default(), GroupId(0), 1);
    callers.first().map_or_else(|| stage.fail("nobody waits"), |caller| caller.call)
}

#[test]
fn a_supervisor_lets_a_citizen_go() {
    let mut stage = Stage::new(&Setting::default());
    let citizen = stage.citizen(0);
    waits(&mut stage, citizen);
    // The queue hears of it a moment later.
    stage.pass(ms(100));
    let call = caller(&stage);
    ask(&mut stage, Ask::Release { call });
    stage.until("a released citizen", |stage| stage.phone(citizen).status() == Status::Idle);
    says(&stage.finish()[0], QueueRefused, None, &[Refused]);
}

#[test]
fn a_supervisor_moves_a_citizen_while_a_phone_rings() {
    let mut stage = overdue(Answering::Never);
    let (citizen, second) = (stage.citizen(0), stage.agent(1));
    stage.sign_on(second);
    let call = caller(&stage);
    ask(&mut stage, Ask::Move { call, group: GroupId(1) });
    talk(&mut stage, citizen, second);
    stage.hang_up(citizen);
    says(&stage.finish()[0], CallerHangup, Some("1002"), &[Moved, Answered]);
}

#[test]
fn the_group_is_closed_while_a_citizen_waits() {
    let setting = Setting { agents: 2, split: true, overflow: true, ..Setting::default() };
    let mut stage = Stage::new(&setting);
    let (citizen, second) = (stage.citizen(0), stage.agent(1));
    stage.sign_on(second);
    waits(&mut stage, citizen);
    ask(&mut stage, Ask::Open { group: GroupId(0), open: false });
    talk(&mut stage, citizen, second);
    stage.hang_up(citizen);
    says(&stage.finish()[0], CallerHangup, Some("1002"), &[Overflowed, Answered]);
}
