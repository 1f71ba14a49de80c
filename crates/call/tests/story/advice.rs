//! An agent asks a group: waits in its line as callers do, and talks with whoever answers as with a colleague who was called.

use acd::{Command, Decline, Refusal};
use base::{AgentId, Codec, Digit, EndReason, GroupId, Record, WaitOutcome};
use call::{Action, Event, Fact, Given, Ledger, Phase, Signal};
use insta::assert_snapshot;

use crate::kit::{Bench, CITIZEN, OTHER_CALL, answer_to, plan, sdp};

/// Who answers, and the leg of that phone.
const OTHER: AgentId = AgentId(1);
const ASKED: u16 = 1;
/// The leg of the agent who asks by keys, in the citizen's call.
const AGENT: u16 = 1;

/// A phone of the group rings for the question.
fn ringing(mut bench: Bench) -> Bench {
    bench.pass(3).offer_of(OTHER, 1, None);
    bench
}

/// Both talk.
fn advised() -> Bench {
    let mut bench = ringing(Bench::question());
    bench.pass(2).agent_answers(ASKED);
    bench
}

fn refused(bench: &mut Bench) {
    let (call, reason) = (bench.call.id(), Refusal::WaitedTooLong);
    bench.tell(Event::Queue(acd::Action::Refused { call, group: GroupId(0), reason }));
}

fn record(bench: &Bench) -> Record {
    bench.record().cloned().expect("a record")
}

fn given(bench: &Bench) -> Option<Given> {
    bench.said.iter().find_map(|action| match action {
        Action::Give { leg, .. } => Some(leg.clone()),
        _ => None,
    })
}

fn tells_the_other_call(bench: &Bench) -> bool {
    bench.said.iter().any(|action| matches!(action, Action::NotGiven { to } if *to == OTHER_CALL))
}

#[test]
fn an_agent_waits_in_the_groups_line_and_hears_its_music() {
    let bench = Bench::question();
    assert_eq!(bench.call.phase(), Phase::Waiting);
    assert_snapshot!(bench.lines(), @r#"
    arm MaxTalk
    arm Announce
    queue Enqueue
    end 50 hears ["please-wait"] then Loop(SoundId(14))
    "#);
    let enqueued = bench.said.iter().find_map(|action| match action {
        Action::Queue(Command::Enqueue { caller, group, priority, .. }) => Some((*caller, *group, *priority)),
        _ => None,
    });
    assert_eq!(enqueued, Some((None, GroupId(0), 1)), "as who is handed on, and without a place for a redial");
}

#[test]
fn whoever_answers_is_a_colleague_from_then_on() {
    let mut bench = ringing(Bench::question());
    assert_snapshot!(bench.lines(), @r#"dial leg 1 at sip:1001@127.0.0.1:7000 as "13800138000 consult 3s""#);
    bench.agent_answers(ASKED);
    assert_snapshot!(bench.lines(), @r"
    disarm Announce
    disarm Redial
    roster OfferOver
    roster OwnCall
    queue Abandon
    open end 2 with Pcma
    arm MaxTalk
    end 50 hears end 2
    end 2 hears end 50
    roster Released
    ");
    bench.pass(7).signal(ASKED, Signal::Bye);
    let told = record(&bench);
    assert_eq!((told.start.source.as_str(), told.agent.as_deref()), ("local", Some("1002")));
    assert_eq!(
        (told.end_reason, told.talk_ms, told.waits[0].outcome),
        (EndReason::AgentHangup, 7_000, WaitOutcome::Answered)
    );
    bench.signal(ASKED, Signal::Closed);
    assert_eq!(bench.lines(), "roster OwnCall\n", "no wrap-up");
}

#[test]
fn an_offer_that_comes_to_nothing_is_one_as_for_every_caller() {
    for (status, cause) in [(486, Decline::Busy), (603, Decline::Rejected), (500, Decline::Unreachable)] {
        let mut bench = ringing(Bench::question());
        bench.signal(ASKED, Signal::Rejected { status: Some(status) });
        let said = bench.said.iter().any(
            |action| matches!(action, Action::Queue(Command::Declined { agent: OTHER, cause: said, .. }) if *said == cause),
        );
        assert!(said && bench.call.phase() == Phase::Waiting, "{status}: {}", bench.lines());
    }
}

#[test]
fn who_gives_up_asking_is_no_citizen_who_left() {
    let mut bench = ringing(Bench::question());
    bench.signal(CITIZEN, Signal::Bye);
    assert!(bench.lines().contains("queue Abandon") && bench.lines().contains("HangUp { leg: 1"), "{}", bench.lines());
    let told = record(&bench);
    assert_eq!((told.end_reason, told.waits[0].outcome), (EndReason::Cancelled, WaitOutcome::Ended));
}

#[test]
fn a_group_that_cannot_keep_an_agent_tells_so() {
    let mut bench = Bench::question();
    refused(&mut bench);
    assert_eq!(bench.call.phase(), Phase::Ending);
    assert!(bench.lines().contains("end 50 hears [\"queue-refused\"]"), "{}", bench.lines());
}

#[test]
fn two_calls_are_joined_before_anybody_answers() {
    let mut bench = Bench::question();
    bench.tell(Event::Give { leg: CITIZEN, to: OTHER_CALL });
    assert_eq!(bench.lines(), "", "whoever answers goes there");
    // The agent hangs up, as many phones do: the question stands.
    bench.signal(CITIZEN, Signal::Bye);
    assert!(bench.record().is_none(), "{}", bench.lines());
    let mut bench = ringing(bench);
    bench.agent_answers(ASKED);
    assert!(given(&bench).is_some_and(|leg| leg.agent() == Some(OTHER)), "{}", bench.lines());
    assert_eq!((record(&bench).end_reason, record(&bench).agent.as_deref()), (EndReason::Joined, Some("1002")));
    // And nobody comes.
    let mut bench = Bench::question();
    bench.tell(Event::Give { leg: CITIZEN, to: OTHER_CALL }).signal(CITIZEN, Signal::Bye);
    refused(&mut bench);
    assert!(tells_the_other_call(&bench), "{}", bench.lines());
    assert_eq!(record(&bench).end_reason, EndReason::QueueRefused);
    // The promise is taken back, and the agent is gone.
    let mut bench = Bench::question();
    bench.tell(Event::Give { leg: CITIZEN, to: OTHER_CALL }).signal(CITIZEN, Signal::Bye).tell(Event::Keep);
    assert_eq!(record(&bench).end_reason, EndReason::Cancelled);
    assert!(bench.lines().contains("queue Abandon"), "{}", bench.lines());
}

#[test]
fn a_question_by_keys_has_nobody_at_its_place_and_goes_to_the_other_call() {
    let mut bench = Bench::question_by_keys(plan(|_| {}));
    assert_snapshot!(bench.lines(), @r"
    record start
    arm MaxTalk
    arm Announce
    queue Enqueue
    ");
    bench = ringing(bench);
    assert_snapshot!(bench.lines(), @r#"dial leg 1 at sip:1001@127.0.0.1:7000 as "1001 consult 3s""#);
    bench.agent_answers(ASKED);
    assert_snapshot!(bench.lines(), @r"
    disarm Announce
    disarm Redial
    roster OfferOver
    roster OwnCall
    queue Abandon
    give leg 1
    record end joined
    roster Released
    Over
    ");
}

#[test]
fn a_question_by_keys_that_comes_to_nothing_says_so_and_is_over() {
    let mut bench = Bench::question_by_keys(plan(|_| {}));
    refused(&mut bench);
    assert!(tells_the_other_call(&bench) && bench.lines().ends_with("Over\n"), "{}", bench.lines());
    assert_eq!((record(&bench).end_reason, record(&bench).answered), (EndReason::QueueRefused, None));
    let mut bench = ringing(Bench::question_by_keys(plan(|_| {})));
    bench.tell(Event::Keep);
    assert!(bench.lines().contains("HangUp { leg: 1") && bench.lines().contains("queue Abandon"), "{}", bench.lines());
    bench.signal(ASKED, Signal::Closed);
    assert!(bench.lines().ends_with("roster Released\nOver\n"), "{}", bench.lines());
    let mut bench = ringing(Bench::question_by_keys(plan(|_| {})));
    bench.tell(Event::Stop(EndReason::Forced));
    assert!(tells_the_other_call(&bench), "{}", bench.lines());
}

#[test]
fn whom_the_group_cannot_keep_the_one_on_duty_answers_also_an_agent() {
    let on_duty = || plan(|plan| plan.groups[0].duty_line = Some("13900139000".to_owned()));
    for by_keys in [false, true] {
        let mut bench = if by_keys { Bench::question_by_keys(on_duty()) } else { Bench::question_with(on_duty()) };
        refused(&mut bench);
        assert!(bench.lines().contains("Seek { number: \"13900139000\", by: Some(AgentId(0)) }"), "{}", bench.lines());
        let answer = answer_to(&sdp(1, &[Codec::Pcmu]), 7200);
        bench.lines_found(1).signal(ASKED, Signal::Answered { body: Some(&answer) });
        assert_eq!(given(&bench).is_some(), by_keys, "{}", bench.lines());
        assert_eq!(bench.record().is_some(), by_keys, "{}", bench.lines());
        // Nobody there either.
        let mut bench = if by_keys { Bench::question_by_keys(on_duty()) } else { Bench::question_with(on_duty()) };
        refused(&mut bench);
        bench.tell(Event::NoLine { status: 403 });
        assert_eq!((tells_the_other_call(&bench), bench.record().is_some()), (by_keys, by_keys), "{}", bench.lines());
    }
}

fn press(bench: &mut Bench, keys: &str) {
    for key in keys.chars() {
        bench.signal(AGENT, Signal::Digit(Digit::from_char(key).expect("a key")));
    }
}

/// A citizen talks with an agent, who asks the second group by keys.
fn asking() -> Bench {
    let mut bench = Bench::talking();
    bench.pass(20);
    press(&mut bench, "*28002#");
    bench.tell(Event::Asking { call: OTHER_CALL });
    bench
}

/// Somebody of the group has answered, and is here; on which leg.
fn asked() -> (Bench, u16) {
    let mut question = ringing(Bench::question_by_keys(plan(|_| {})));
    question.agent_answers(ASKED);
    let leg = given(&question).expect("a leg");
    let mut bench = asking();
    let index = bench.call.draw_leg();
    bench.pass(5).tell(Event::Given { index, leg });
    (bench, index)
}

#[test]
fn the_citizen_hears_music_while_a_group_is_asked_by_keys() {
    let mut bench = Bench::talking();
    press(&mut bench, "*28002#");
    assert_snapshot!(bench.lines(), @r#"
    ask group 1
    end 0 hears [] then Loop(SoundId(14))
    end 2 hears ["please-wait"] then Loop(SoundId(14))
    "#);
    let (bench, _) = asked();
    assert_snapshot!(bench.lines(), @r"
    end 31 is of leg 2
    open end 31 with Pcma
    end 2 hears end 31
    end 31 hears end 2
    ");
}

#[test]
fn after_asking_a_group_the_agent_joins_or_goes_back() {
    for by_key in [false, true] {
        let (mut bench, _) = asked();
        match by_key {
            true => press(&mut bench, "*1#"),
            false => drop(bench.signal(AGENT, Signal::Bye)),
        }
        let lines = bench.lines();
        assert!(lines.contains("queue TakesOver") && lines.contains("end 0 hears end 31"), "{lines}");
    }
    let (mut bench, index) = asked();
    press(&mut bench, "*0");
    let lines = bench.lines();
    assert!(lines.contains(&format!("HangUp {{ leg: {index}")) && lines.contains("end 0 hears end 2"), "{lines}");
    let (mut bench, index) = asked();
    bench.signal(index, Signal::Bye);
    assert!(bench.lines().contains("end 0 hears end 2"), "who was asked leaves: {}", bench.lines());
}

#[test]
fn before_anybody_of_the_group_answers_the_agent_goes_back_or_has_handed_on() {
    let mut bench = asking();
    press(&mut bench, "*0");
    assert!(bench.lines().contains("unfetch") && bench.lines().contains("end 0 hears end 2"), "{}", bench.lines());
    let mut bench = asking();
    bench.tell(Event::NotGiven);
    assert!(bench.lines().contains("end 2 hears [\"queue-refused\"]"), "{}", bench.lines());
    assert_eq!(bench.call.phase(), Phase::Talking);
    // Who leaves has handed the citizen on to the group, with the place kept.
    let mut bench = asking();
    bench.signal(AGENT, Signal::Bye);
    assert!(bench.lines().contains("unfetch") && bench.lines().contains("queue Return"), "{}", bench.lines());
    assert_eq!(bench.call.phase(), Phase::Waiting);
    bench.signal(AGENT, Signal::Closed);
    assert_eq!(bench.lines(), "roster Released\n", "and is free");
    let mut bench = asking();
    bench.signal(CITIZEN, Signal::Bye);
    assert!(bench.lines().contains("unfetch"), "{}", bench.lines());
    // What comes too late is sent back.
    let mut bench = Bench::talking();
    press(&mut bench, "*28002#*0");
    bench.tell(Event::Asking { call: OTHER_CALL });
    assert_eq!(bench.lines(), "unfetch\n");
}

#[test]
fn facts_alone_make_the_record_of_a_restart_while_a_group_is_asked() {
    let moments: [(&str, Bench, Option<&str>); 4] = [
        ("in line", Bench::question(), None),
        ("a phone rings", ringing(Bench::question()), None),
        ("they talk", advised(), Some("1002")),
        ("in line, by keys", Bench::question_by_keys(plan(|_| {})), None),
    ];
    for (what, mut bench, agent) in moments {
        bench.pass(5);
        let mut ledger = Ledger::new(bench.call.id());
        bench.facts.iter().for_each(|fact| ledger.apply(fact.clone()));
        let record = ledger.record(bench.now.wall, EndReason::Restart);
        assert_eq!(record.agent.as_deref(), agent, "{what}");
        assert_eq!(record.skill_group.as_deref(), Some("consult"), "{what}");
        assert_eq!(ledger.held().len(), usize::from(what == "a phone rings"), "{what}: {:?}", ledger.held());
        let told = bench.call.retell(bench.now);
        assert!(told.iter().any(|fact| matches!(fact, Fact::Waiting { .. })), "{what}: {told:?}");
    }
}
