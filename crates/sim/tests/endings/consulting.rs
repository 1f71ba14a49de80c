//! Agents call colleagues, ask them first, and bring them together with citizens: who hears whom, and when each party leaves at each moment.

use std::time::Duration;

use base::EndReason::*;
use base::WaitOutcome::Answered;
use base::{EndReason, Record};
use phone::{Answering, Line, Side, Status, What, Why};
use sim::{Person, Setting, Stage};

use crate::kit::{connected, ms, says, talk, waiting};

pub(crate) const NEVER: Answering = Answering::Never;
pub(crate) const BOTH: [Line; 2] = [Line::Waiting, Line::Running];

pub(crate) fn setting() -> Setting {
    Setting { citizens: 2, agents: 3, ..Setting::default() }
}

/// A citizen in a talk with the first agent; the second one is there and answers as told.
pub(crate) fn two_agents(answering: Answering) -> (Stage, Person, Person, Person) {
    let (mut stage, citizen, first) = connected(&setting());
    let second = stage.agent(1);
    stage.config(second).answering = answering;
    stage.sign_on(second);
    (stage, citizen, first, second)
}

/// The first agent has asked the second one, who talks; the citizen hears music.
fn consulting() -> (Stage, Person, Person, Person) {
    let (mut stage, citizen, first, second) = two_agents(Answering::After(ms(300)));
    stage.call(first, 1);
    talk(&mut stage, first, second);
    hears_nobody(&mut stage, citizen, &[first, second]);
    (stage, citizen, first, second)
}

pub(crate) fn rings(stage: &mut Stage, who: Person) {
    stage.until("a phone that rings", |stage| stage.phone(who).status() == Status::Ringing);
}

pub(crate) fn idle(stage: &mut Stage, who: Person) {
    stage.until("a phone without a call", |stage| stage.phone(who).status() == Status::Idle);
}

pub(crate) fn one_line(stage: &mut Stage, who: Person) {
    stage.until("a phone with one call", |stage| !stage.phone(who).has_two());
}

fn picks_up(stage: &mut Stage, who: Person) {
    stage.act(who, |phone, now, out| phone.pick_up(now, out));
}

pub(crate) fn hears_nobody(stage: &mut Stage, who: Person, whom: &[Person]) {
    stage.pass(ms(1000));
    assert!(whom.iter().all(|whom| !stage.hears(who, *whom)), "music, or nothing");
}

/// The agent takes the citizen back.
pub(crate) fn resumes(stage: &mut Stage, agent: Person, citizen: Person) {
    one_line(stage, agent);
    stage.act(agent, |phone, now, out| phone.resume(now, out));
    talk(stage, citizen, agent);
}

fn refused(stage: &Stage, who: Person, status: u16) -> bool {
    let so = |what: &What| matches!(what, What::LineOver { line: Line::Running, by: Side::Peer, why } if *why == Why::Status(status));
    stage.told(who).any(so)
}

fn not_referred(stage: &Stage, who: Person) -> bool {
    stage.told(who).any(|what| matches!(what, What::NotReferred { .. }))
}

/// The records of the citizen's first call and of the agents' calls, which say these reasons in the order of their ends.
fn of_agents(records: &[Record], reasons: &[EndReason]) {
    let own: Vec<_> = records.iter().filter(|r| r.start.source.starts_with("agent ")).map(|r| r.end_reason).collect();
    assert_eq!(own, reasons);
}

pub(crate) fn of_citizen(records: &[Record]) -> &Record {
    records.iter().find(|r| r.start.source == "carrier").expect("the citizen's record")
}

/// Both agents are offered calls again.
pub(crate) fn all_serve_again(stage: &mut Stage, citizen: Person, agents: [Person; 2]) {
    for agent in agents {
        idle(stage, agent);
        stage.config(agent).answering = Answering::After(ms(300));
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
fn an_agent_calls_a_colleague_while_nobody_waits() {
    let mut stage = Stage::new(&setting());
    let (citizen, first, second) = (stage.citizen(0), stage.agent(0), stage.agent(1));
    stage.sign_on(first);
    stage.sign_on(second);
    stage.call(first, 1);
    talk(&mut stage, first, second);
    stage.dial(citizen, &[1]);
    stage.until("a caller in the queue", |stage| waiting(stage) == 1);
    stage.pass(ms(2000));
    assert_eq!(waiting(&stage), 1, "no phone rings that is in use");
    stage.hang_up(second);
    let served = |stage: &Stage| [first, second].iter().any(|a| stage.hears(citizen, *a) && stage.hears(*a, citizen));
    stage.until("a talk of the citizen's", |stage| served(stage));
    stage.hang_up(citizen);
    all_serve_again(&mut stage, citizen, [first, second]);
    let records = stage.finish();
    of_agents(&records, &[AgentHangup]);
    assert_eq!(records[0].agent.as_deref(), Some("1002"));
}

#[test]
fn a_colleague_is_asked_and_takes_the_citizen() {
    for on in BOTH {
        let (mut stage, citizen, first, second) = consulting();
        stage.join(first, on);
        talk(&mut stage, citizen, second);
        idle(&mut stage, first);
        stage.hang_up(citizen);
        all_serve_again(&mut stage, citizen, [first, second]);
        let records = stage.finish();
        says(of_citizen(&records), CallerHangup, Some("1002"), &[Answered]);
        of_agents(&records, &[Joined]);
    }
}

#[test]
fn a_talk_after_a_join_goes_on() {
    let (mut stage, citizen, first, second) = consulting();
    stage.join(first, Line::Waiting);
    talk(&mut stage, citizen, second);
    stage.pass(ms(3000));
    assert!(stage.hears(citizen, second) && stage.hears(second, citizen), "and goes on");
    stage.hang_up(second);
    idle(&mut stage, citizen);
    says(of_citizen(&stage.finish()), AgentHangup, Some("1002"), &[Answered]);
}

#[test]
fn a_colleague_who_rings_takes_the_citizen_with_the_answer() {
    let (mut stage, citizen, first, second) = two_agents(NEVER);
    stage.call(first, 1);
    rings(&mut stage, second);
    stage.until("word of the ringing", |stage| stage.told(first).any(|what| matches!(what, What::Ringing { .. })));
    stage.join(first, Line::Waiting);
    hears_nobody(&mut stage, citizen, &[first, second]);
    picks_up(&mut stage, second);
    talk(&mut stage, citizen, second);
    idle(&mut stage, first);
    stage.hang_up(citizen);
    all_serve_again(&mut stage, citizen, [first, second]);
    let records = stage.finish();
    says(of_citizen(&records), CallerHangup, Some("1002"), &[Answered]);
    of_agents(&records, &[Joined]);
}

#[test]
fn a_colleague_talks_or_is_not_there() {
    let (mut stage, citizen, first) = connected(&setting());
    stage.call(first, 1);
    stage.until("word of it", |stage| refused(stage, first, 480));
    resumes(&mut stage, first, citizen);
    let (second, later) = (stage.agent(1), stage.citizen(1));
    stage.sign_on(second);
    stage.dial(later, &[1]);
    talk(&mut stage, later, second);
    stage.call(first, 1);
    stage.until("word of it", |stage| refused(stage, first, 486));
    resumes(&mut stage, first, citizen);
    assert!(stage.hears(later, second) && stage.hears(second, later));
    stage.hang_up(citizen);
    stage.hang_up(later);
    let records = stage.finish();
    of_agents(&records, &[Unanswered, Unanswered]);
    says(of_citizen(&records), CallerHangup, Some("1001"), &[Answered]);
}

#[test]
fn a_colleague_declines() {
    for (status, heard) in [(486, 486), (603, 603), (480, 480), (404, 404), (302, 480)] {
        let (mut stage, citizen, first, second) = two_agents(Answering::Reject(status));
        stage.call(first, 1);
        stage.until("word of it", |stage| refused(stage, first, heard));
        resumes(&mut stage, first, citizen);
        stage.hang_up(citizen);
        all_serve_again(&mut stage, citizen, [first, second]);
        of_agents(&stage.finish(), &[Unanswered]);
    }
}

#[test]
fn a_colleague_does_not_answer() {
    let (mut stage, citizen, first, second) = two_agents(NEVER);
    stage.call(first, 1);
    rings(&mut stage, second);
    stage.until("word of it", |stage| refused(stage, first, 480));
    idle(&mut stage, second);
    resumes(&mut stage, first, citizen);
    stage.hang_up(citizen);
    all_serve_again(&mut stage, citizen, [first, second]);
    of_agents(&stage.finish(), &[Unanswered]);
}

#[test]
fn a_colleague_hangs_up_when_asked() {
    let (mut stage, citizen, first, second) = consulting();
    stage.hang_up(second);
    resumes(&mut stage, first, citizen);
    stage.hang_up(citizen);
    all_serve_again(&mut stage, citizen, [first, second]);
    let records = stage.finish();
    of_agents(&records, &[AgentHangup]);
    says(of_citizen(&records), CallerHangup, Some("1001"), &[Answered]);
}

#[test]
fn a_colleague_declines_what_was_joined_already() {
    for leaves in [false, true] {
        let (mut stage, citizen, first, second) = two_agents(NEVER);
        stage.call(first, 1);
        rings(&mut stage, second);
        stage.pass(ms(500));
        stage.join(first, Line::Waiting);
        stage.pass(ms(500));
        if leaves {
            stage.hang_up(first);
            stage.hang_up(first);
            stage.pass(ms(500));
        }
        stage.config(first).answering = Answering::After(ms(300));
        stage.hang_up(second);
        if leaves {
            talk(&mut stage, citizen, first);
        } else {
            stage.until("word of it", |stage| not_referred(stage, first));
            resumes(&mut stage, first, citizen);
        }
        stage.hang_up(citizen);
        all_serve_again(&mut stage, citizen, [first, second]);
        of_agents(&stage.finish(), &[Unanswered]);
    }
}

#[test]
fn an_agent_hangs_up_before_the_colleague_answers() {
    let (mut stage, citizen, first, second) = two_agents(NEVER);
    stage.call(first, 1);
    rings(&mut stage, second);
    stage.hang_up(first);
    idle(&mut stage, second);
    resumes(&mut stage, first, citizen);
    stage.hang_up(citizen);
    all_serve_again(&mut stage, citizen, [first, second]);
    of_agents(&stage.finish(), &[Cancelled]);
}

#[test]
fn an_agent_joins_and_hangs_up_at_once() {
    for (on, answered) in [(Line::Waiting, true), (Line::Running, true), (Line::Waiting, false)] {
        let (mut stage, citizen, first, second) = if answered { consulting() } else { two_agents(NEVER) };
        if !answered {
            stage.call(first, 1);
            rings(&mut stage, second);
            stage.pass(ms(100));
        }
        stage.join(first, on);
        stage.hang_up(first);
        stage.hang_up(first);
        if !answered {
            stage.pass(ms(500));
            picks_up(&mut stage, second);
        }
        talk(&mut stage, citizen, second);
        stage.hang_up(citizen);
        all_serve_again(&mut stage, citizen, [first, second]);
        let records = stage.finish();
        of_agents(&records, &[Joined]);
        says(of_citizen(&records), CallerHangup, Some("1002"), &[Answered]);
    }
}

#[test]
fn a_citizen_hangs_up_while_a_colleague_is_asked() {
    let (mut stage, citizen, first, second) = consulting();
    stage.hang_up(citizen);
    one_line(&mut stage, first);
    talk(&mut stage, first, second);
    stage.hang_up(first);
    all_serve_again(&mut stage, citizen, [first, second]);
    let records = stage.finish();
    of_agents(&records, &[CallerHangup]);
    says(of_citizen(&records), CallerHangup, Some("1001"), &[Answered]);
}

#[test]
fn a_citizen_hangs_up_while_a_promised_colleague_rings() {
    let (mut stage, citizen, first, second) = two_agents(NEVER);
    stage.call(first, 1);
    rings(&mut stage, second);
    stage.pass(ms(500));
    stage.join(first, Line::Waiting);
    stage.pass(ms(500));
    stage.hang_up(citizen);
    one_line(&mut stage, first);
    picks_up(&mut stage, second);
    talk(&mut stage, first, second);
    stage.hang_up(first);
    all_serve_again(&mut stage, citizen, [first, second]);
    of_agents(&stage.finish(), &[CallerHangup]);
}

#[test]
fn a_citizen_hangs_up_at_the_instant_of_the_join() {
    at_the_instant(|stage, citizen, _| stage.hang_up(citizen), CallerHangup);
}

#[test]
fn a_colleague_hangs_up_at_the_instant_of_the_join() {
    at_the_instant(|stage, _, second| stage.hang_up(second), AgentHangup);
}

/// Somebody leaves just before, with or after the join: the citizen is with somebody or released, and everybody is free afterwards.
fn at_the_instant(leave: impl Fn(&mut Stage, Person, Person), reason: EndReason) {
    for on in BOTH {
        for (before_us, after_us) in [(0, 0), (0, 500), (500, 0), (0, 1000), (1000, 0), (0, 2000), (2000, 0)] {
            let (mut stage, citizen, first, second) = consulting();
            if before_us > 0 {
                leave(&mut stage, citizen, second);
                stage.pass(Duration::from_micros(before_us));
            }
            stage.join(first, on);
            if before_us == 0 {
                stage.pass(Duration::from_micros(after_us));
                leave(&mut stage, citizen, second);
            }
            stage.pass(ms(2000));
            for who in [citizen, first, second] {
                while stage.phone(who).status() != Status::Idle {
                    stage.hang_up(who);
                }
            }
            all_serve_again(&mut stage, citizen, [first, second]);
            let records = stage.finish();
            let call = of_citizen(&records);
            let ends = [reason, CallerHangup, AgentHangup];
            assert!(
                ends.contains(&call.end_reason) && records.len() == 4,
                "{on:?} {before_us} {after_us}: {records:?}"
            );
        }
    }
}

#[test]
fn two_calls_are_joined_twice() {
    for on in BOTH {
        let (mut stage, citizen, first, second) = consulting();
        stage.join(first, on);
        stage.join(first, on);
        talk(&mut stage, citizen, second);
        idle(&mut stage, first);
        stage.hang_up(citizen);
        all_serve_again(&mut stage, citizen, [first, second]);
        of_agents(&stage.finish(), &[Joined]);
    }
}

#[test]
fn two_calls_are_joined_while_the_citizen_is_handed_on() {
    let (mut stage, citizen, first, second) = two_agents(Answering::After(ms(300)));
    let third = stage.agent(2);
    stage.config(third).answering = NEVER;
    stage.sign_on(third);
    stage.call(first, 1);
    talk(&mut stage, first, second);
    stage.refer_waiting(first, "1003");
    rings(&mut stage, third);
    stage.join(first, Line::Waiting);
    stage.pass(ms(1000));
    assert_eq!(stage.phone(third).status(), Status::Ringing, "one at a time");
    picks_up(&mut stage, third);
    talk(&mut stage, citizen, third);
    one_line(&mut stage, first);
    stage.hang_up(first);
    stage.hang_up(citizen);
    let records = stage.finish();
    says(of_citizen(&records), CallerHangup, Some("1003"), &[Answered]);
    of_agents(&records, &[CallerHangup]);
}

#[test]
fn a_colleague_who_took_the_citizen_asks_another() {
    let (mut stage, citizen, first, second) = consulting();
    let third = stage.agent(2);
    stage.sign_on(third);
    stage.join(first, Line::Waiting);
    talk(&mut stage, citizen, second);
    idle(&mut stage, first);
    stage.call(second, 2);
    talk(&mut stage, second, third);
    stage.join(second, Line::Running);
    talk(&mut stage, citizen, third);
    stage.hang_up(third);
    idle(&mut stage, citizen);
    let records = stage.finish();
    says(of_citizen(&records), AgentHangup, Some("1003"), &[Answered]);
    of_agents(&records, &[Joined, Joined]);
}

#[test]
fn the_process_is_killed_while_a_colleague_is_asked() {
    for answered in [true, false] {
        let (mut stage, citizen, first, second) = if answered { consulting() } else { two_agents(NEVER) };
        if !answered {
            stage.call(first, 1);
            rings(&mut stage, second);
        }
        stage.kill();
        stage.dial(stage.citizen(1), &[]);
        if !answered {
            let refused = |what: &What| {
                matches!(
                    what,
                    What::LineOver { why: Why::Status(480), .. } | What::HungUp { why: Why::Status(480), .. }
                )
            };
            stage.until("the end of the INVITE that only rang", |stage| stage.told(first).any(refused));
        }
        after_the_kill(stage, [citizen, first, second]);
    }
}

#[test]
fn the_process_is_killed_at_the_instant_of_the_join() {
    for on in BOTH {
        for after_us in [0, 500, 1000, 1500, 2000, 4000] {
            let (mut stage, citizen, first, second) = consulting();
            stage.join(first, on);
            stage.pass(Duration::from_micros(after_us));
            stage.kill();
            stage.dial(stage.citizen(1), &[]);
            after_the_kill(stage, [citizen, first, second]);
        }
    }
}

/// Everybody is hung up, agents are offered calls again, and each call has its one record.
fn after_the_kill(mut stage: Stage, [citizen, first, second]: [Person; 3]) {
    stage.until("the next process", |stage| stage.told(citizen).any(|what| matches!(what, What::HungUp { .. })));
    let later = stage.citizen(1);
    for who in [first, second, later] {
        while stage.phone(who).status() != Status::Idle {
            stage.hang_up(who);
        }
    }
    all_serve_again(&mut stage, citizen, [first, second]);
    let records = stage.finish();
    says(of_citizen(&records), Restart, of_citizen(&records).agent.clone().as_deref(), &[Answered]);
    let own = records.iter().find(|r| r.start.source == "agent 1001").expect("the agents' record");
    assert!(matches!(own.end_reason, Restart | Joined), "{own:?}");
}
