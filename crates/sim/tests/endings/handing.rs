//! Agents hand citizens on: who hears whom before, during and after, and when each party leaves at each moment.

use std::time::Duration;

use base::EndReason::*;
use base::WaitOutcome::{Abandoned as GaveUp, Answered};
use phone::{Answering, Status, What};
use sim::{Person, Setting, Stage};

use crate::kit::{connected, ms, says, serves_again, talk, waiting};

/// Until a test has it answer.
const NEVER: Answering = Answering::Never;

/// A citizen in a talk with the first agent; the second one is there and answers as told.
fn two_agents(answering: Answering) -> (Stage, Person, Person, Person) {
    let (mut stage, citizen, first) = connected(&Setting { citizens: 2, agents: 2, ..Setting::default() });
    let second = stage.agent(1);
    stage.config(second).answering = answering;
    stage.sign_on(second);
    (stage, citizen, first, second)
}

fn rings(stage: &mut Stage, who: Person) {
    stage.until("a phone that rings", |stage| stage.phone(who).status() == Status::Ringing);
}

fn idle(stage: &mut Stage, who: Person) {
    stage.until("a phone without a call", |stage| stage.phone(who).status() == Status::Idle);
}

fn hears_nobody(stage: &mut Stage, who: Person, whom: &[Person]) {
    stage.pass(ms(1000));
    assert!(whom.iter().all(|whom| !stage.hears(who, *whom)), "music, or nothing");
}

fn not_referred(stage: &Stage, who: Person) -> bool {
    stage.told(who).any(|what| matches!(what, What::NotReferred { .. }))
}

/// Both agents are offered calls again.
fn all_serve_again(stage: &mut Stage, citizen: Person, agents: &[Person]) {
    for agent in agents {
        stage.config(*agent).answering = Answering::After(ms(300));
    }
    let later = stage.citizen(1);
    stage.dial(citizen, &[1]);
    stage.dial(later, &[1]);
    let served = |stage: &Stage, who: Person| agents.iter().any(|a| stage.hears(who, *a) && stage.hears(*a, who));
    stage.until("two talks", |stage| served(stage, citizen) && served(stage, later));
    stage.hang_up(citizen);
    stage.hang_up(later);
}

#[test]
fn an_agent_hands_on_to_another() {
    let (mut stage, citizen, first, second) = two_agents(NEVER);
    stage.refer(first, "1002");
    rings(&mut stage, second);
    hears_nobody(&mut stage, citizen, &[first, second]);
    hears_nobody(&mut stage, first, &[citizen, second]);
    stage.act(second, |phone, now, out| phone.pick_up(now, out));
    talk(&mut stage, citizen, second);
    idle(&mut stage, first);
    hears_nobody(&mut stage, first, &[citizen, second]);
    stage.hang_up(citizen);
    idle(&mut stage, second);
    all_serve_again(&mut stage, citizen, &[first, second]);
    says(&stage.finish()[0], CallerHangup, Some("1002"), &[Answered]);
}

#[test]
fn an_agent_who_is_asked_for_declines() {
    for status in [486, 603, 480, 404, 302] {
        let (mut stage, citizen, first, _) = two_agents(Answering::Reject(status));
        stage.refer(first, "1002");
        stage.until("word of it", |stage| not_referred(stage, first));
        talk(&mut stage, citizen, first);
        stage.hang_up(citizen);
        says(&stage.finish()[0], CallerHangup, Some("1001"), &[Answered]);
    }
}

#[test]
fn an_agent_who_is_asked_for_does_not_answer() {
    let (mut stage, citizen, first, second) = two_agents(NEVER);
    stage.refer(first, "1002");
    rings(&mut stage, second);
    stage.until("word of it", |stage| not_referred(stage, first));
    idle(&mut stage, second);
    talk(&mut stage, citizen, first);
    stage.hang_up(citizen);
    says(&stage.finish()[0], CallerHangup, Some("1001"), &[Answered]);
}

#[test]
fn an_agent_who_is_asked_for_is_not_there_or_talks() {
    let (mut stage, citizen, first) = connected(&Setting { citizens: 2, agents: 2, ..Setting::default() });
    stage.refer(first, "1002");
    stage.until("word of it", |stage| not_referred(stage, first));
    talk(&mut stage, citizen, first);
    let (second, later) = (stage.agent(1), stage.citizen(1));
    stage.sign_on(second);
    stage.dial(later, &[1]);
    talk(&mut stage, later, second);
    let before = stage.told(first).count();
    stage.refer(first, "1002");
    stage.until("word of it", |stage| stage.told(first).count() > before);
    talk(&mut stage, citizen, first);
    talk(&mut stage, later, second);
    stage.hang_up(citizen);
    stage.hang_up(later);
    says(&stage.finish()[0], CallerHangup, Some("1001"), &[Answered]);
}

#[test]
fn nobody_has_the_number_that_is_asked_for() {
    let (mut stage, citizen, first, _) = two_agents(NEVER);
    for to in ["999", "1001", ""] {
        stage.refer(first, to);
        stage.pass(ms(1500));
        assert!(stage.hears(citizen, first) && stage.hears(first, citizen), "{to:?}");
    }
    stage.hang_up(citizen);
    says(&stage.finish()[0], CallerHangup, Some("1001"), &[Answered]);
}

#[test]
fn an_agent_hangs_up_before_the_other_answers() {
    let (mut stage, citizen, first, second) = two_agents(NEVER);
    stage.refer(first, "1002");
    stage.hang_up(first);
    rings(&mut stage, second);
    stage.pass(ms(500));
    assert_eq!((waiting(&stage), stage.phone(first).status()), (1, Status::Idle), "nobody else is rung meanwhile");
    stage.act(second, |phone, now, out| phone.pick_up(now, out));
    talk(&mut stage, citizen, second);
    stage.hang_up(citizen);
    idle(&mut stage, second);
    all_serve_again(&mut stage, citizen, &[first, second]);
    says(&stage.finish()[0], CallerHangup, Some("1002"), &[Answered, Answered]);
}

#[test]
fn an_agent_hangs_up_and_the_other_declines() {
    let (mut stage, citizen, first, second) = two_agents(Answering::Reject(603));
    stage.refer(first, "1002");
    stage.hang_up(first);
    stage.until("the next talk", |stage| stage.phone(first).status() == Status::Talking);
    hears_nobody(&mut stage, second, &[citizen, first]);
    talk(&mut stage, citizen, first);
    stage.hang_up(citizen);
    says(&stage.finish()[0], CallerHangup, Some("1001"), &[Answered, Answered]);
}

#[test]
fn a_phone_hangs_up_by_itself_when_nobody_takes_the_citizen() {
    let (mut stage, citizen, first, second) = two_agents(Answering::Reject(486));
    stage.refer(first, "1002");
    stage.until("word of it", |stage| not_referred(stage, first));
    stage.hang_up(first);
    stage.config(second).answering = Answering::After(ms(300));
    stage.until("the next talk", |stage| [first, second].iter().any(|a| stage.phone(*a).status() == Status::Talking));
    stage.pass(ms(1500));
    assert!([first, second].iter().any(|a| stage.hears(citizen, *a) && stage.hears(*a, citizen)));
    stage.hang_up(citizen);
    let record = &stage.finish()[0];
    assert_eq!((record.end_reason, record.waits.len()), (CallerHangup, 2), "{record:?}");
}

#[test]
fn a_citizen_leaves_while_the_other_phone_rings() {
    let (mut stage, citizen, first, second) = two_agents(NEVER);
    stage.refer(first, "1002");
    rings(&mut stage, second);
    stage.hang_up(citizen);
    idle(&mut stage, first);
    idle(&mut stage, second);
    all_serve_again(&mut stage, citizen, &[first, second]);
    says(&stage.finish()[0], CallerHangup, Some("1001"), &[Answered]);
}

#[test]
fn a_citizen_leaves_at_the_instant_the_other_answers() {
    for early_us in [0, 500, 1000, 2000] {
        let (mut stage, citizen, first, second) = two_agents(NEVER);
        stage.refer(first, "1002");
        rings(&mut stage, second);
        stage.act(second, |phone, now, out| phone.pick_up(now, out));
        stage.pass(Duration::from_micros(early_us));
        stage.hang_up(citizen);
        idle(&mut stage, first);
        idle(&mut stage, second);
        all_serve_again(&mut stage, citizen, &[first, second]);
        assert_eq!(stage.finish()[0].end_reason, CallerHangup, "{early_us} us");
    }
}

#[test]
fn the_first_phone_vanishes_while_the_other_rings() {
    let (mut stage, citizen, first, second) = two_agents(NEVER);
    stage.refer(first, "1002");
    rings(&mut stage, second);
    stage.vanish(first);
    stage.act(second, |phone, now, out| phone.pick_up(now, out));
    talk(&mut stage, citizen, second);
    stage.hang_up(citizen);
    says(&stage.finish()[0], CallerHangup, Some("1002"), &[Answered]);
}

#[test]
fn the_other_phone_vanishes_while_it_rings() {
    let (mut stage, citizen, first, second) = two_agents(NEVER);
    stage.refer(first, "1002");
    rings(&mut stage, second);
    stage.vanish(second);
    stage.until("word of it", |stage| not_referred(stage, first));
    talk(&mut stage, citizen, first);
    stage.hang_up(citizen);
    says(&stage.finish()[0], CallerHangup, Some("1001"), &[Answered]);
}

#[test]
fn an_agent_hands_on_to_a_group() {
    let (mut stage, citizen, first) = connected(&Setting { citizens: 2, agents: 2, split: true, ..Setting::default() });
    let (second, later) = (stage.agent(1), stage.citizen(1));
    // Whoever came to that group meanwhile waits since later.
    stage.dial(later, &[2]);
    stage.until("a caller in the queue", |stage| waiting(stage) == 1);
    stage.refer(first, "complaint");
    idle(&mut stage, first);
    assert_eq!(waiting(&stage), 2);
    stage.sign_on(second);
    talk(&mut stage, citizen, second);
    stage.hang_up(citizen);
    talk(&mut stage, later, second);
    stage.hang_up(later);
    idle(&mut stage, second);
    serves_again(&mut stage, first, citizen);
    let records = stage.finish();
    says(&records[0], CallerHangup, Some("1002"), &[Answered, Answered]);
    assert_eq!(records[0].skill_group.as_deref(), Some("complaint"));
}

#[test]
fn a_full_group_has_room_for_who_is_handed_on() {
    let setting = Setting { citizens: 2, agents: 2, split: true, limit: 1, ..Setting::default() };
    let (mut stage, citizen, first) = connected(&setting);
    let later = stage.citizen(1);
    stage.dial(later, &[2]);
    stage.until("a caller in the queue", |stage| waiting(stage) == 1);
    stage.refer(first, "complaint");
    stage.until("both in the queue", |stage| waiting(stage) == 2);
    stage.hang_up(citizen);
    stage.hang_up(later);
    says(&stage.finish()[0], Abandoned, Some("1001"), &[Answered, GaveUp]);
}
