//! An agent hands the citizen on, and whatever may go wrong with that: the citizen stays connected or waits, with the place kept.

use acd::{Command, Decline, Reservation};
use base::{AgentId, EndReason, GroupId, Ticket};
use call::{Action, Event, Fact, Phase, Signal, Target, Timer};
use insta::assert_snapshot;

use crate::kit::{Bench, CITIZEN};

const OTHER: AgentId = AgentId(1);

fn refer(bench: &mut Bench, leg: u16, to: Target) {
    bench.signal(leg, Signal::Refer { request: Ticket(5), to: &to });
}

/// In talk with agent 1001, who has asked for agent 1002.
fn handing() -> Bench {
    let mut bench = Bench::talking();
    bench.pass(20);
    refer(&mut bench, 1, Target::Agent(OTHER));
    bench
}

/// The same, and the phone of agent 1002 rings on leg 2.
fn ringing() -> (Bench, Reservation) {
    let mut bench = handing();
    let reservation = bench.offer_of(OTHER, 1, None);
    (bench, reservation)
}

fn unclaimed(bench: &mut Bench) {
    let call = bench.call.id();
    bench.tell(Event::Queue(acd::Action::Unclaimed { call, agent: OTHER }));
}

fn told(bench: &Bench) -> Vec<(u16, u16, bool)> {
    let told = bench.said.iter().filter_map(|action| match action {
        Action::HandingOn { leg, status, over } => Some((*leg, *status, *over)),
        _ => None,
    });
    told.collect()
}

#[test]
fn the_citizen_hears_music_until_the_other_agent_answers() {
    let (mut bench, _) = ringing();
    assert_snapshot!(bench.lines(), @r#"dial leg 2 at sip:1001@127.0.0.1:7000 as "13800138000 consult 23s""#);
    bench = handing();
    assert_snapshot!(bench.lines(), @r"
    reply 202
    HandingOn { leg: 1, status: 100, over: false }
    queue Claim
    end 0 hears [] then Loop(SoundId(14))
    end 2 hears silence
    ");
    bench.offer_of(OTHER, 1, None);
    bench.pass(4).agent_answers(2);
    assert_snapshot!(bench.lines(), @r"
    HandingOn { leg: 1, status: 200, over: true }
    queue Accepted
    roster Releasing
    roster Talking
    open end 3 with Pcma
    close end 2
    HangUp { leg: 1, status_if_early: 480 }
    disarm Announce
    disarm Redial
    arm MaxTalk
    end 0 hears end 3
    end 3 hears end 0
    ");
    bench.signal(1, Signal::Closed);
    assert_snapshot!(bench.lines(), @"roster Released");
    bench.pass(10).signal(CITIZEN, Signal::Bye);
    let record = bench.record().expect("a record");
    assert_eq!((record.agent.as_deref(), record.end_reason), (Some("1002"), EndReason::CallerHangup));
    assert_eq!(record.talk_ms, 34_000, "both talks, and the wait between them");
}

#[test]
fn who_does_not_take_the_citizen_gives_the_talk_back() {
    for status in [Some(486), Some(603), None] {
        let (mut bench, reservation) = ringing();
        bench.signal(2, Signal::Rejected { status });
        let declined = bench.said.iter().any(|a| matches!(a, Action::Queue(Command::Declined { agent: OTHER, .. })));
        assert!(declined, "{status:?}");
        unclaimed(&mut bench);
        assert_eq!(told(&bench), [(1, 480, true)], "{status:?}");
        assert!(bench.lines().contains("end 0 hears end 2"), "{}", bench.lines());
        assert_eq!(bench.call.phase(), Phase::Talking);
        bench.signal(2, Signal::Closed);
        assert!(bench.facts.contains(&Fact::Released { agent: OTHER, reservation }), "the other's slot is free");
        bench.pass(5).signal(CITIZEN, Signal::Bye);
        assert_eq!(bench.record().map(|r| r.talk_ms), Some(25_000), "the talk never stopped");
    }
}

#[test]
fn a_phone_that_hangs_up_by_itself_when_it_failed_leaves_the_citizen_in_the_queue() {
    let mut bench = handing();
    unclaimed(&mut bench);
    bench.pass(1).signal(1, Signal::Bye);
    assert_eq!(bench.call.phase(), Phase::Waiting);
    let mut bench = handing();
    unclaimed(&mut bench);
    bench.pass(4).signal(1, Signal::Bye);
    assert_eq!(bench.record().map(|r| r.end_reason), Some(EndReason::AgentHangup), "a hand did that");
}

#[test]
fn an_agent_who_may_not_be_rung_gives_the_talk_back_at_once() {
    let mut bench = handing();
    unclaimed(&mut bench);
    assert_eq!(told(&bench), [(1, 480, true)]);
    // Without a phone that can be reached.
    let mut bench = handing();
    bench.offer_of(OTHER, 0, None);
    assert!(bench.lines().contains("queue Declined"), "{}", bench.lines());
    unclaimed(&mut bench);
    assert_eq!(told(&bench), [(1, 480, true)]);
}

#[test]
fn nobody_else_can_answer_for_the_one_who_is_asked_for() {
    let mut bench = handing();
    bench.offer_of(AgentId(0), 1, None);
    assert!(bench.lines().contains("queue Declined"), "{}", bench.lines());
    assert_eq!(bench.call.phase(), Phase::Talking);
}

#[test]
fn an_agent_who_hangs_up_meanwhile_leaves_a_ringing_phone_and_after_it_the_line() {
    let (mut bench, reservation) = ringing();
    let since = bench.now.time;
    bench.pass(1).signal(1, Signal::Bye);
    assert_eq!(bench.call.phase(), Phase::Waiting);
    let returned = bench.said.iter().find_map(|a| match a {
        Action::Queue(Command::Return { group, priority, since, .. }) => Some((*group, *priority, *since)),
        _ => None,
    });
    let (group, priority, kept) = returned.expect("back in line");
    assert_eq!((group, priority), (GroupId(0), 1));
    assert!(kept < since, "since the first wait began");
    let mut answered = bench;
    answered.pass(2).agent_answers(2);
    assert_eq!(answered.call.phase(), Phase::Talking);
    // And where that phone does not answer, whoever is next.
    let (mut bench, _) = ringing();
    bench.signal(1, Signal::Bye);
    let call = bench.call.id();
    bench.tell(Event::Queue(acd::Action::Withdraw { call, agent: OTHER, reservation }));
    bench.pass(1).offer(1, None);
    bench.agent_answers(3);
    assert_eq!(bench.call.phase(), Phase::Talking);
}

#[test]
fn the_citizen_may_leave_at_every_moment() {
    let (mut bench, reservation) = ringing();
    bench.signal(CITIZEN, Signal::Bye);
    assert_eq!(bench.record().map(|r| r.end_reason), Some(EndReason::CallerHangup));
    let hung_up = bench.said.iter().filter_map(|a| match a {
        Action::HangUp { leg, .. } => Some(*leg),
        _ => None,
    });
    let hung_up: Vec<u16> = hung_up.collect();
    assert_eq!(hung_up, [2, 1]);
    bench.signal(2, Signal::Closed);
    assert!(bench.facts.contains(&Fact::Released { agent: OTHER, reservation }));
    bench.signal(1, Signal::Closed).signal(CITIZEN, Signal::Closed);
    assert!(bench.call.is_over());
}

#[test]
fn into_a_group_the_citizen_goes_at_once_and_the_agent_is_done() {
    let mut bench = Bench::talking();
    bench.pass(20);
    refer(&mut bench, 1, Target::Group(GroupId(1)));
    assert_snapshot!(bench.lines(), @r#"
    reply 202
    HandingOn { leg: 1, status: 200, over: true }
    close end 2
    HangUp { leg: 1, status_if_early: 480 }
    disarm MaxTalk
    disarm Vanished
    arm Announce
    queue Return
    end 0 hears ["please-wait"] then Loop(SoundId(14))
    roster Releasing
    "#);
    assert!(bench.facts.contains(&Fact::Handing { to: "complaint".to_owned() }));
    bench.signal(1, Signal::Closed).pass(7).offer_of(OTHER, 1, None);
    bench.agent_answers(2).pass(3).signal(CITIZEN, Signal::Bye);
    let record = bench.record().expect("a record");
    assert_eq!((record.skill_group.as_deref(), record.agent.as_deref()), (Some("complaint"), Some("1002")));
    assert_eq!((record.queued_ms, record.talk_ms), (10_000, 23_000));
}

#[test]
fn what_is_not_to_be_is_refused_and_changes_nothing() {
    let cases = [
        (CITIZEN, Target::Agent(OTHER), 403, "a citizen moves nobody"),
        (1, Target::Agent(AgentId(0)), 403, "to the agent itself"),
        (1, Target::Nobody, 404, "to nobody"),
    ];
    for (leg, to, status, why) in cases {
        let mut bench = Bench::talking();
        refer(&mut bench, leg, to);
        assert_eq!(bench.lines(), format!("reply {status}\n"), "{why}");
    }
    let mut bench = handing();
    refer(&mut bench, 1, Target::Group(GroupId(1)));
    assert_eq!(bench.lines(), "reply 491\n", "one at a time");
    let mut bench = Bench::waiting();
    refer(&mut bench, CITIZEN, Target::Group(GroupId(1)));
    assert_eq!(bench.lines(), "reply 403\n");
    let mut bench = Bench::talking();
    bench.signal(CITIZEN, Signal::Bye);
    refer(&mut bench, 1, Target::Group(GroupId(1)));
    assert_eq!(bench.lines(), "reply 481\n", "the call is over");
}

#[test]
fn an_agent_whose_phone_dies_while_handing_on_costs_nobody_anything() {
    let (mut bench, _) = ringing();
    bench.signal(1, Signal::Gone);
    assert_eq!(bench.call.phase(), Phase::Waiting);
    bench.agent_answers(2);
    assert_eq!(bench.call.phase(), Phase::Talking);
    let (mut bench, _) = ringing();
    bench.tell(Event::Timer(Timer::MaxTalk));
    assert_eq!(bench.record().map(|r| r.end_reason), Some(EndReason::MaxTalk));
}

#[test]
fn the_facts_of_a_talk_that_was_handed_on_tell_what_the_record_tells() {
    let (mut bench, _) = ringing();
    bench.pass(2).agent_answers(2).pass(5);
    let mut ledger = call::Ledger::new(bench.call.id());
    bench.facts.iter().for_each(|fact| ledger.apply(fact.clone()));
    let cut = ledger.record(bench.now.wall, EndReason::Restart);
    bench.signal(CITIZEN, Signal::Bye);
    let record = bench.record().expect("a record");
    assert_eq!((cut.agent.as_deref(), cut.talk_ms), (record.agent.as_deref(), record.talk_ms));
    let held: Vec<_> = ledger.held().iter().map(|held| held.agent).collect();
    assert_eq!(held, [AgentId(0), OTHER], "the first phone has not answered its BYE yet");
    assert!(!bench.facts.iter().any(|f| matches!(f, Fact::Declined { cause: Decline::Taken, .. })));
}

#[test]
fn what_is_known_of_the_call_goes_along_to_the_next_agent() {
    let (bench, _) = ringing();
    let context = bench.said.iter().find_map(|action| match action {
        Action::Dial(dial) => Some(dial.context.clone()),
        _ => None,
    });
    let call = bench.call.id();
    let expected = format!("call=\"{call}\";group=\"consult\";menu=\"main/consult\";from=\"1001\"");
    assert_eq!(context, Some(expected));
}
