//! The house calls an agent's phone first, and when that has answered, the line.

use base::{Codec, EndReason};
use call::{Action, Event, Phase, Signal, Timer};
use insta::assert_snapshot;

use crate::kit::{Bench, answer_to, sdp};

/// The agent's leg, which the call begins with, and that of the line.
const AGENT: u16 = 0;
const LINE: u16 = 1;

/// The agent has answered, and the line is asked for.
fn summoned() -> Bench {
    let mut bench = Bench::call_back();
    bench.agent_answers(AGENT);
    bench
}

/// The line rings, over the first of so many ways.
fn calling(ways: usize) -> Bench {
    let mut bench = summoned();
    bench.lines_found(ways);
    bench
}

fn talking() -> Bench {
    let mut bench = calling(1);
    line_answers(&mut bench);
    bench
}

fn line_answers(bench: &mut Bench) {
    let body = answer_to(&sdp(1, &[Codec::Pcmu]), 7200);
    bench.signal(LINE, Signal::Answered { body: Some(&body) });
}

fn ended(bench: &Bench) -> Option<EndReason> {
    bench.record().map(|record| record.end_reason)
}

fn hangs_up(bench: &Bench, leg: u16) -> bool {
    bench.lines().contains(&format!("HangUp {{ leg: {leg}"))
}

/// No dialog is left: the call gives the phone back, and is over.
fn is_forgotten(bench: &mut Bench, open: &[u16]) {
    let mut lines = bench.lines();
    for leg in open {
        bench.signal(*leg, Signal::Closed);
        lines.push_str(&bench.lines());
    }
    assert!(lines.contains("roster OwnCall") && lines.ends_with("Over\n"), "{lines}");
}

#[test]
fn the_agents_phone_rings_first_and_shows_the_line() {
    let mut bench = Bench::call_back();
    assert_eq!(bench.call.phase(), Phase::Calling);
    assert_snapshot!(bench.lines(), @r#"
    record start
    dial leg 0 at sip:1001@127.0.0.1:7000 as ""
    arm NoAnswer
    "#);
    let shown = bench.said.iter().find_map(|action| match action {
        Action::Dial(dial) => Some(dial.from_number.clone()),
        _ => None,
    });
    assert_eq!(shown.as_deref(), Some("13900139000"));
    bench.signal(AGENT, Signal::Progress { status: 180, body: None });
    assert_eq!(bench.lines(), "", "nobody waits to be told");
    bench.pass(4).agent_answers(AGENT);
    assert_snapshot!(bench.lines(), @r#"
    open end 50 with Pcma
    Seek { number: "13900139000", by: Some(AgentId(0)) }
    arm NoAnswer
    end 50 hears [] then Loop(SoundId(14))
    "#);
    bench.lines_found(1);
    assert_snapshot!(bench.lines(), @r"
    arm NoAnswer
    dial leg 1 at sip:13900139000@ims.example.org over trunk 0
    ");
    bench.signal(LINE, Signal::Progress { status: 180, body: None });
    assert_snapshot!(bench.lines(), @"arm NoAnswer");
    line_answers(&mut bench);
    assert_snapshot!(bench.lines(), @r"
    disarm NoAnswer
    open end 2 with Pcmu
    arm MaxTalk
    end 2 hears end 50
    end 50 hears end 2
    ");
}

#[test]
fn an_agent_who_does_not_take_it_ends_it_before_the_line_is_called() {
    for status in [Some(486), Some(603), Some(480), Some(302), Some(503), None] {
        let mut bench = Bench::call_back();
        bench.pass(2).signal(AGENT, Signal::Rejected { status });
        let record = bench.record().expect("a record");
        assert_eq!((record.end_reason, record.answered), (EndReason::Unanswered, None), "{status:?}");
        assert!(!bench.lines().contains("Seek"), "{status:?}: {}", bench.lines());
        assert!(bench.lines().contains("close end 50"), "{status:?}: {}", bench.lines());
        is_forgotten(&mut bench, &[AGENT]);
    }
    let mut bench = Bench::call_back();
    bench.pass(30).tell(Event::Timer(Timer::NoAnswer));
    assert_eq!((ended(&bench), hangs_up(&bench, AGENT)), (Some(EndReason::Unanswered), true));
    is_forgotten(&mut bench, &[AGENT]);
}

#[test]
fn an_answer_that_says_nothing_useful_ends_it() {
    let foreign =
        b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 18\r\n";
    for body in [None, Some(&foreign[..]), Some(&b"no description"[..])] {
        let mut bench = Bench::call_back();
        bench.signal(AGENT, Signal::Answered { body });
        assert_eq!((ended(&bench), hangs_up(&bench, AGENT)), (Some(EndReason::Unanswered), true), "{body:?}");
        is_forgotten(&mut bench, &[AGENT]);
    }
}

#[test]
fn an_agent_who_hangs_up_while_the_line_rings_stops_it() {
    let mut bench = calling(2);
    bench.pass(3).signal(AGENT, Signal::Bye);
    let lines = bench.lines();
    assert!(hangs_up(&bench, LINE) && lines.contains("close end 3"), "the way that was not tried too: {lines}");
    assert_eq!(ended(&bench), Some(EndReason::CallerHangup));
    is_forgotten(&mut bench, &[LINE, AGENT]);
    // The same before any way is known.
    let mut bench = summoned();
    bench.signal(AGENT, Signal::Bye).lines_found(1);
    assert_eq!(bench.lines(), "close end 2\n");
}

#[test]
fn a_line_that_does_not_come_ends_it_and_hangs_up_the_agent() {
    for status in [Some(486), Some(404), Some(603), Some(503), None] {
        let mut bench = calling(1);
        bench.pass(9).signal(LINE, Signal::Rejected { status });
        let record = bench.record().expect("a record");
        assert_eq!((record.end_reason, record.talk_ms), (EndReason::Unanswered, 0), "{status:?}");
        assert!(hangs_up(&bench, AGENT), "{status:?}: {}", bench.lines());
        is_forgotten(&mut bench, &[LINE, AGENT]);
    }
    let mut bench = calling(1);
    bench.pass(60).tell(Event::Timer(Timer::NoAnswer));
    assert_eq!((ended(&bench), hangs_up(&bench, LINE)), (Some(EndReason::Unanswered), true));
    for status in [403, 404, 503] {
        let mut bench = summoned();
        bench.tell(Event::NoLine { status });
        assert_eq!((ended(&bench), hangs_up(&bench, AGENT)), (Some(EndReason::Unanswered), true), "no way: {status}");
        is_forgotten(&mut bench, &[AGENT]);
    }
}

#[test]
fn the_next_way_is_tried_while_the_agent_waits() {
    let mut bench = calling(2);
    bench.signal(LINE, Signal::Rejected { status: Some(503) });
    assert!(bench.lines().contains("over trunk 1") && ended(&bench).is_none(), "{}", bench.lines());
    let mut bench = calling(2);
    bench.pass(4).tell(Event::Timer(Timer::NoAnswer));
    assert!(hangs_up(&bench, LINE) && bench.lines().contains("over trunk 1"), "{}", bench.lines());
}

#[test]
fn either_of_them_hangs_up() {
    for (leg, reason) in [(LINE, EndReason::CallerHangup), (AGENT, EndReason::AgentHangup)] {
        let mut bench = talking();
        bench.pass(12).signal(leg, Signal::Bye);
        let record = bench.record().expect("a record");
        assert_eq!((record.end_reason, record.agent.as_deref()), (reason, Some("1001")));
        assert_eq!((record.talk_ms, record.skill_group.as_deref()), (12_000, None));
        is_forgotten(&mut bench, &[AGENT, LINE]);
    }
}

#[test]
fn facts_alone_make_the_record_of_a_restart_at_each_moment() {
    type Moment = fn() -> Bench;
    let moments: [(&str, Moment, bool, Option<&str>); 4] = [
        ("the agent's phone rings", Bench::call_back, false, None),
        ("the line is asked for", summoned, true, None),
        ("the line rings", || calling(1), true, None),
        ("they talk", talking, true, Some("1001")),
    ];
    for (what, moment, answered, agent) in moments {
        let mut bench = moment();
        bench.pass(5);
        let mut ledger = call::Ledger::new(bench.call.id());
        bench.facts.iter().for_each(|fact| ledger.apply(fact.clone()));
        let record = ledger.record(bench.now.wall, EndReason::Restart);
        assert_eq!((record.answered.is_some(), record.agent.as_deref()), (answered, agent), "{what}");
        assert_eq!(record.start.source, "agent 1001", "{what}");
        assert_eq!(record.talk_ms, if agent.is_some() { 5_000 } else { 0 }, "{what}");
        let own = call::Fact::Own { leg: AGENT, agent: base::AgentId(0) };
        assert!(bench.facts.contains(&own), "{what}: the roster counts the phone");
    }
}
