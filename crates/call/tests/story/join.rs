//! An agent asks a colleague first and then brings citizen and colleague together: two calls become one.

use acd::Reservation;
use base::{AgentId, CallId, Codec, EndReason, Ticket};
use call::{Action, Event, Fact, Given, Phase, Signal, Target};
use insta::assert_snapshot;

use crate::kit::{Bench, CITIZEN, sdp};

const COLLEAGUE: AgentId = AgentId(1);
/// The agent's leg in the citizen's call.
const AGENT: u16 = 1;

fn asked(agent_answered: bool) -> Bench {
    let mut bench = Bench::own_call(Some(&sdp(4000, &Codec::ALL)));
    bench.reached(1);
    if agent_answered {
        bench.agent_answers(1).ack();
    }
    bench
}

/// The citizen talks with the agent, who has just asked for the other call.
fn joining() -> Bench {
    let mut bench = Bench::talking();
    bench.pass(20).signal(AGENT, Signal::Refer { request: Ticket(5), to: &Target::Call(CallId::default()) });
    bench
}

fn give(own: &mut Bench) -> Option<Given> {
    own.tell(Event::Give { leg: CITIZEN, to: CallId::default() });
    given(own)
}

fn given(own: &mut Bench) -> Option<Given> {
    own.said.iter().find_map(|action| match action {
        Action::Give { leg, .. } => Some(leg.clone()),
        _ => None,
    })
}

#[test]
fn the_colleague_takes_the_agents_place() {
    let mut citizen = joining();
    assert_snapshot!(citizen.lines(), @r"
    reply 202
    HandingOn { leg: 1, status: 100, over: false }
    fetch
    end 0 hears [] then Loop(SoundId(14))
    end 2 hears silence
    ");
    let mut own = asked(true);
    let leg = give(&mut own).expect("the colleague's leg");
    assert_snapshot!(own.lines(), @r"
    give leg 1
    close end 50
    HangUp { leg: 0, status_if_early: 480 }
    record end joined
    ");
    assert_eq!(own.call.phase(), Phase::Ending);
    let index = citizen.call.draw_leg();
    citizen.tell(Event::Given { index, leg });
    assert_snapshot!(citizen.lines(), @r"
    end 2 is of leg 2
    HandingOn { leg: 1, status: 200, over: true }
    close end 2
    HangUp { leg: 1, status_if_early: 480 }
    arm MaxTalk
    queue TakesOver
    end 0 hears end 2
    end 2 hears end 0
    roster Releasing
    ");
}

#[test]
fn the_queue_counts_it_as_a_talk_of_the_colleague() {
    let mut citizen = joining();
    let leg = give(&mut asked(true)).expect("the colleague's leg");
    let index = citizen.call.draw_leg();
    citizen.tell(Event::Given { index, leg });
    let call = citizen.call.id();
    let taken = acd::Action::TakenOver { call, agent: COLLEAGUE, reservation: Reservation(40) };
    citizen.tell(Event::Queue(taken));
    assert_snapshot!(citizen.lines(), @"roster TakesOver");
    citizen.signal(AGENT, Signal::Closed);
    assert_snapshot!(citizen.lines(), @"roster Released");
    citizen.pass(9).signal(index, Signal::Bye);
    assert!(citizen.lines().contains("queue Ended"), "{}", citizen.lines());
    let record = citizen.record().expect("a record");
    assert_eq!((record.agent.as_deref(), record.end_reason), (Some("1002"), EndReason::AgentHangup));
    assert_eq!(record.talk_ms, 29_000, "with both agents");
    citizen.signal(index, Signal::Closed);
    assert_snapshot!(citizen.lines(), @"roster Released");
}

#[test]
fn a_colleague_who_still_rings_comes_when_the_phone_is_answered() {
    let mut own = asked(false);
    assert!(give(&mut own).is_none());
    assert_eq!(own.lines(), "", "it rings on");
    own.signal(CITIZEN, Signal::Cancelled);
    assert_eq!(own.lines(), "close end 50\n", "the agent may hang up");
    own.signal(CITIZEN, Signal::Closed).pass(3).agent_answers(1);
    let leg = given(&mut own).expect("the colleague's leg");
    let mut citizen = joining();
    let index = citizen.call.draw_leg();
    citizen.tell(Event::Given { index, leg });
    // Its media was not at work yet.
    assert!(citizen.lines().contains("open end 2 with Pcma"), "{}", citizen.lines());
    assert!(citizen.lines().contains("end 0 hears end 2"), "{}", citizen.lines());
}

#[test]
fn a_colleague_who_does_not_answer_leaves_the_citizen_with_the_agent() {
    let mut own = asked(false);
    give(&mut own);
    own.signal(1, Signal::Rejected { status: Some(486) });
    assert!(own.lines().contains("not given"), "{}", own.lines());
    let mut citizen = joining();
    citizen.tell(Event::NotGiven);
    assert_snapshot!(citizen.lines(), @r"
    HandingOn { leg: 1, status: 480, over: true }
    end 0 hears end 2
    end 2 hears end 0
    ");
    assert!(citizen.facts.contains(&Fact::HandedBack));
}

#[test]
fn a_citizen_whose_agent_left_meanwhile_goes_back_into_line() {
    let mut citizen = joining();
    citizen.signal(AGENT, Signal::Bye);
    assert_eq!(citizen.call.phase(), Phase::Talking, "the colleague is waited for");
    citizen.signal(AGENT, Signal::Closed).tell(Event::NotGiven);
    assert_eq!(citizen.call.phase(), Phase::Waiting);
    assert!(citizen.lines().contains("queue Return"), "{}", citizen.lines());
}

#[test]
fn a_citizen_who_leaves_takes_the_question_back() {
    let mut citizen = joining();
    citizen.signal(CITIZEN, Signal::Bye);
    assert!(citizen.lines().contains("unfetch"), "{}", citizen.lines());
    let mut own = asked(false);
    give(&mut own);
    own.signal(CITIZEN, Signal::Cancelled).tell(Event::Keep);
    assert!(own.lines().contains("HangUp { leg: 1, status_if_early: 480 }"), "{}", own.lines());
    assert_eq!(own.record().map(|record| record.end_reason), Some(EndReason::Cancelled));
}

#[test]
fn a_leg_that_comes_too_late_is_hung_up() {
    let mut citizen = joining();
    citizen.tell(Event::NotGiven);
    let leg = give(&mut asked(true)).expect("the colleague's leg");
    let index = citizen.call.draw_leg();
    citizen.tell(Event::Given { index, leg });
    assert_snapshot!(citizen.lines(), @r"
    end 2 is of leg 2
    close end 2
    HangUp { leg: 2, status_if_early: 480 }
    ");
    citizen.signal(index, Signal::Closed);
    assert_snapshot!(citizen.lines(), @"roster OwnCall");
}

#[test]
fn who_talks_with_nobody_gives_nobody() {
    let mut waiting = Bench::waiting();
    assert!(give(&mut waiting).is_none());
    assert_eq!(waiting.lines(), "not given\n");
}

#[test]
fn an_agent_with_two_colleagues_joins_those() {
    let mut one = asked(true);
    one.signal(CITIZEN, Signal::Refer { request: Ticket(5), to: &Target::Call(CallId::default()) });
    let leg = give(&mut asked(true)).expect("the other colleague's leg");
    let index = one.call.draw_leg();
    one.tell(Event::Given { index, leg });
    assert!(one.lines().contains("HangUp { leg: 0, status_if_early: 480 }"), "{}", one.lines());
    one.signal(CITIZEN, Signal::Closed);
    assert_snapshot!(one.lines(), @"roster OwnCall");
    one.signal(1, Signal::Bye);
    assert_eq!(one.record().map(|record| record.end_reason), Some(EndReason::CallerHangup));
}

#[test]
fn the_queue_hears_of_the_end_of_a_talk_that_it_has_not_numbered() {
    let mut citizen = joining();
    let leg = give(&mut asked(true)).expect("the colleague's leg");
    let index = citizen.call.draw_leg();
    citizen.tell(Event::Given { index, leg });
    citizen.signal(CITIZEN, Signal::Bye);
    let call = citizen.call.id();
    let told = |action: &Action| match action {
        Action::Queue(command) => *command == acd::Command::Ended { call, agent: COLLEAGUE },
        _ => false,
    };
    assert!(citizen.said.iter().any(told), "{}", citizen.lines());
    // The number crosses that: the call wants none any more, and the phone is given back as what it was.
    let taken = acd::Action::TakenOver { call, agent: COLLEAGUE, reservation: Reservation(40) };
    citizen.tell(Event::Queue(taken));
    assert_eq!(citizen.lines(), "");
    citizen.signal(index, Signal::Closed);
    assert_snapshot!(citizen.lines(), @"roster OwnCall");
}

#[test]
fn a_colleagues_other_phone_that_is_still_being_stopped_is_counted_apart() {
    let own = |bench: &Bench| {
        let count = |action: &Action| match action {
            Action::Roster(roster::Command::OwnCall { agent: COLLEAGUE, begins }) => Some(*begins),
            _ => None,
        };
        bench.said.iter().filter_map(count).collect::<Vec<_>>()
    };
    let mut asks = Bench::own_call(Some(&sdp(4000, &Codec::ALL)));
    asks.reached(2);
    give(&mut asks);
    asks.agent_answers(2);
    assert!(given(&mut asks).is_some());
    assert_eq!(own(&asks), [true], "one phone goes, the other is not silent yet");
    asks.signal(1, Signal::Closed);
    assert_eq!(own(&asks), [false]);
}

#[test]
fn a_colleague_whom_a_group_serves_joins_no_more_than_a_citizen() {
    let mut own = asked(true);
    own.signal(1, Signal::Refer { request: Ticket(5), to: &Target::Group(base::GroupId(1)) });
    assert_eq!(own.call.phase(), Phase::Waiting);
    own.signal(1, Signal::Closed).offer_of(COLLEAGUE, 1, None);
    own.agent_answers(2);
    assert_eq!(own.call.phase(), Phase::Talking);
    own.said.clear();
    own.signal(CITIZEN, Signal::Refer { request: Ticket(6), to: &Target::Call(CallId::default()) });
    assert_eq!(own.lines(), "reply 403\n", "the queue goes on knowing whom its agent serves");
    own.pass(3).signal(CITIZEN, Signal::Bye);
    assert!(own.lines().contains("queue Ended"), "{}", own.lines());
}
