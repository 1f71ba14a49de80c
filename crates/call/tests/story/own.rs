//! An agent calls a colleague: the phone rings as a phone does, and whatever comes of it the caller is told.

use base::{Codec, EndReason};
use call::{Fact, Phase, Signal, Timer};
use insta::assert_snapshot;

use crate::kit::{Bench, CITIZEN, answer_to, sdp};

fn calling() -> Bench {
    Bench::own_call(Some(&sdp(4000, &Codec::ALL)))
}

fn talking() -> Bench {
    let mut bench = calling();
    bench.reached(1).agent_answers(1);
    bench.ack();
    bench
}

#[test]
fn a_colleague_is_rung_and_answers() {
    let mut bench = calling();
    assert_eq!(bench.call.phase(), Phase::Calling);
    assert_snapshot!(bench.lines(), @r"
    record start
    roster Ring
    arm NoAnswer
    ");
    bench.reached(1);
    assert_snapshot!(bench.lines(), @r#"dial leg 1 at sip:1001@127.0.0.1:7000 as """#);
    bench.signal(1, Signal::Progress { status: 180, body: None });
    assert_snapshot!(bench.lines(), @"Progress { leg: 0, status: 180, body: None }");
    bench.pass(4).agent_answers(1);
    assert_snapshot!(bench.lines(), @r"
    disarm NoAnswer
    open end 50 with Pcma
    answer leg 0
    open end 2 with Pcma
    arm MaxTalk
    end 50 hears end 2
    end 2 hears end 50
    ");
    bench.ack().pass(7).signal(1, Signal::Bye);
    let record = bench.record().expect("a record");
    assert_eq!((record.agent.as_deref(), record.end_reason), (Some("1002"), EndReason::AgentHangup));
    assert_eq!((record.talk_ms, record.skill_group.as_deref()), (7_000, None));
    bench.signal(1, Signal::Closed);
    assert_snapshot!(bench.lines(), @"roster OwnCall");
    bench.signal(CITIZEN, Signal::Closed);
    assert_snapshot!(bench.lines(), @r"
    roster OwnCall
    Over
    ");
}

#[test]
fn a_phone_without_an_offer_gets_ours_with_the_answer() {
    let mut bench = Bench::own_call(None);
    bench.reached(1).agent_answers(1);
    let offer = bench.said.iter().find_map(|action| match action {
        call::Action::Answer { body, .. } => Some(body.clone()),
        _ => None,
    });
    let answer = answer_to(&offer.expect("an answer with an offer"), 4000);
    bench.signal(CITIZEN, Signal::Acked { body: Some(&answer) });
    assert_snapshot!(bench.lines(), @r"
    open end 50 with Pcma
    end 50 hears end 2
    end 2 hears end 50
    ");
}

#[test]
fn an_offer_that_nobody_can_take_rings_nobody() {
    let bench = Bench::own_call(Some(
        b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 18\r\n",
    ));
    assert_snapshot!(bench.lines(), @r"
    HangUp { leg: 0, status_if_early: 488 }
    close end 50
    record end refused
    ");
}

/// What the caller is told, and why the record says that the call ended.
fn told(bench: &Bench) -> (Option<u16>, Option<EndReason>) {
    let status = bench.said.iter().find_map(|action| match action {
        call::Action::HangUp { leg: CITIZEN, status_if_early } => Some(*status_if_early),
        _ => None,
    });
    (status, bench.record().map(|record| record.end_reason))
}

#[test]
fn what_the_colleague_says_the_caller_hears() {
    for (said, told_so) in [(Some(486), 486), (Some(603), 603), (Some(302), 480), (None, 480)] {
        let mut bench = calling();
        bench.reached(1).signal(1, Signal::Rejected { status: said });
        assert_eq!(told(&bench), (Some(told_so), Some(EndReason::Unanswered)), "{said:?}");
    }
    for (busy, told_so) in [(true, 486), (false, 480)] {
        let mut bench = calling();
        bench.tell(call::Event::Unreached { agent: base::AgentId(1), busy });
        assert_eq!(told(&bench), (Some(told_so), Some(EndReason::Unanswered)));
    }
    let mut bench = calling();
    bench.reached(0);
    assert_eq!(told(&bench).0, Some(480), "no media end is left for a phone");
}

#[test]
fn the_last_phone_decides_and_a_word_outweighs_a_dead_line() {
    let mut bench = calling();
    bench.reached(2).signal(1, Signal::Rejected { status: Some(486) });
    assert_eq!(told(&bench), (None, None), "the other phone rings on");
    bench.signal(2, Signal::Rejected { status: None });
    assert_eq!(told(&bench), (Some(486), Some(EndReason::Unanswered)));
}

#[test]
fn the_other_phone_stops_when_one_is_answered() {
    let mut bench = calling();
    bench.reached(2).agent_answers(2);
    assert!(bench.lines().contains("HangUp { leg: 1, status_if_early: 480 }"), "{}", bench.lines());
    bench.signal(1, Signal::Closed);
    assert_eq!(bench.lines(), "", "the colleague still talks");
}

#[test]
fn it_rings_for_half_a_minute() {
    let mut bench = calling();
    bench.reached(1).pass(30).tell(call::Event::Timer(Timer::NoAnswer));
    assert_snapshot!(bench.lines(), @r"
    close end 2
    HangUp { leg: 1, status_if_early: 480 }
    disarm NoAnswer
    HangUp { leg: 0, status_if_early: 480 }
    close end 50
    record end unanswered
    ");
}

#[test]
fn a_caller_who_gives_up_rings_nobody_any_more() {
    let mut bench = calling();
    bench.reached(1).signal(CITIZEN, Signal::Cancelled);
    assert!(bench.lines().contains("HangUp { leg: 1, status_if_early: 480 }"), "{}", bench.lines());
    assert_eq!(told(&bench).1, Some(EndReason::Cancelled));
    // The roster's word comes after all.
    let mut bench = calling();
    bench.signal(CITIZEN, Signal::Cancelled).reached(1);
    assert_snapshot!(bench.lines(), @r"
    close end 2
    roster OwnCall
    ");
}

#[test]
fn facts_alone_make_the_record_of_a_restart() {
    let mut bench = talking();
    bench.pass(5);
    let mut ledger = call::Ledger::new(bench.call.id());
    bench.facts.iter().for_each(|fact| ledger.apply(fact.clone()));
    let record = ledger.record(bench.now.wall, EndReason::Restart);
    assert_eq!((record.agent.as_deref(), record.talk_ms), (Some("1002"), 5_000));
    let told = bench.call.retell(bench.now);
    assert!(told.contains(&Fact::Reached { number: "1002".to_owned() }), "{told:?}");
}
