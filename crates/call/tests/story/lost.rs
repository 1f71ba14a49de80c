//! Phones that vanish in a talk: the citizen's ends the call, the agent's costs the citizen nothing but time.

use base::{Codec, EndReason, LegId, Notice, WaitOutcome};
use call::{Action, Event, Phase, Signal, Timer};
use insta::assert_snapshot;

use crate::kit::{Bench, CITIZEN, plan, sdp};

fn id(index: u16) -> LegId {
    LegId { index, ..LegId::default() }
}

fn silent(index: u16, for_ms: u32) -> Event<'static> {
    Event::Notice(Notice::Silent { leg: id(index), for_ms })
}

/// In a talk with an agent who spoke, was silent for a minute, and is asked.
fn asked() -> Bench {
    let mut bench = Bench::talking();
    bench.pass(60).tell(Event::Notice(Notice::Heard { leg: id(1) })).tell(silent(1, 60_000));
    bench
}

fn place(bench: &Bench) -> Option<(u8, base::Time)> {
    bench.said.iter().find_map(|action| match action {
        Action::Queue(acd::Command::Enqueue { priority, since, .. }) => Some((*priority, *since)),
        _ => None,
    })
}

#[test]
fn a_silent_citizen_is_asked_and_the_call_ends_when_the_phone_is_gone() {
    let mut bench = Bench::talking();
    bench.tell(silent(CITIZEN, 60_000));
    assert_eq!(bench.lines(), "", "who never spoke may only listen");
    bench.tell(silent(CITIZEN, 600_000));
    assert_eq!(bench.lines(), "Probe { leg: 0 }\n");
    bench.tell(Event::Notice(Notice::Heard { leg: id(CITIZEN) })).tell(silent(CITIZEN, 60_000));
    assert_eq!(bench.lines(), "Probe { leg: 0 }\n");
    bench.signal(CITIZEN, Signal::Gone);
    assert_eq!(bench.record().map(|r| r.end_reason), Some(EndReason::MediaLost));
    bench.tell(silent(CITIZEN, 60_000));
    assert_eq!(bench.lines(), "", "a leg that ends is asked nothing");
}

#[test]
fn a_silent_agent_is_asked_and_has_seconds_to_answer() {
    let mut bench = Bench::talking();
    bench.tell(silent(1, 60_000));
    assert_eq!(bench.lines(), "", "who never spoke may only listen");
    bench = asked();
    assert_snapshot!(bench.lines(), @"
    Probe { leg: 1 }
    arm Vanished
    ");
    bench.signal(1, Signal::Alive).pass(8).tell(Event::Timer(Timer::Vanished));
    assert_eq!(bench.lines(), "", "any answer is a sign of life");
    assert_eq!(bench.call.phase(), Phase::Talking);
}

#[test]
fn an_agent_who_does_not_answer_is_hung_up_on_and_the_citizen_keeps_the_place() {
    let mut bench = Bench::waiting();
    let since = bench.now.time;
    bench.pass(3).offer(1, None);
    bench.agent_answers(1).pass(60).tell(Event::Notice(Notice::Heard { leg: id(1) })).tell(silent(1, 60_000));
    bench.pass(8).tell(Event::Timer(Timer::Vanished));
    assert_eq!(place(&bench), Some((0, since)));
    assert_snapshot!(bench.lines(), @r#"
    close end 2
    HangUp { leg: 1, status_if_early: 480 }
    disarm MaxTalk
    disarm Vanished
    arm Announce
    queue Enqueue
    end 0 hears ["requeued"] then Loop(SoundId(14))
    roster Releasing
    "#);
    bench.signal(1, Signal::Closed);
    assert_snapshot!(bench.lines(), @"roster Released");
}

#[test]
fn every_death_of_the_agents_dialog_leads_back_into_the_queue() {
    for death in [Signal::Gone, Signal::Closed, Signal::AckMissing] {
        let mut bench = Bench::talking();
        bench.pass(9).signal(1, death);
        assert_eq!(bench.call.phase(), Phase::Waiting, "{death:?}");
        assert!(place(&bench).is_some(), "{death:?}");
        bench.pass(5).offer(1, None);
        bench.agent_answers(2).pass(4).signal(CITIZEN, Signal::Bye);
        let record = bench.record().expect("a record");
        assert_eq!((record.end_reason, record.talk_ms), (EndReason::CallerHangup, 13_000), "{death:?}");
        let outcomes: Vec<_> = record.waits.iter().map(|w| (w.waited_ms, w.outcome)).collect();
        assert_eq!(outcomes, [(3000, WaitOutcome::Answered), (5000, WaitOutcome::Answered)], "{death:?}");
    }
}

#[test]
fn the_facts_of_a_lost_talk_tell_what_the_record_tells() {
    let mut bench = Bench::talking();
    bench.pass(9).signal(1, Signal::Gone).signal(1, Signal::Closed).pass(5).signal(CITIZEN, Signal::Bye);
    let facts = bench.facts.clone();
    let record = bench.record().expect("the call ended").clone();
    assert_eq!((record.end_reason, record.agent.as_deref()), (EndReason::Abandoned, Some("1001")));
    let mut ledger = call::Ledger::new(record.start.id);
    for fact in facts.into_iter().filter(|f| !matches!(f, call::Fact::Ended { .. })) {
        ledger.apply(fact);
    }
    assert_eq!(ledger.record(record.ended, record.end_reason), record);
}

#[test]
fn who_hangs_up_on_the_greeting_has_served_nobody() {
    let mut bench = Bench::with(plan(|p| p.connect.say_agent_number = true), Some(&sdp(4000, &Codec::ALL)));
    bench.ack().press('1').offer(1, None);
    bench.agent_answers(1).pass(1).signal(1, Signal::Bye);
    assert_eq!(bench.call.phase(), Phase::Waiting);
    bench.signal(1, Signal::Closed).offer(1, None);
    bench.agent_answers(2).pass(3).played(5);
    bench.pass(2).signal(2, Signal::Bye);
    let record = bench.record().expect("a record");
    assert_eq!((record.end_reason, record.talk_ms), (EndReason::AgentHangup, 2000));
}
