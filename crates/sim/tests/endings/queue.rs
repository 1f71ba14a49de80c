//! What the queue itself ends or moves.

use base::EndReason::{CallerHangup, QueueRefused};
use base::WaitOutcome::{Answered, Overflowed, Refused};
use phone::{Answering, Status};
use sim::{Setting, Stage};

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
