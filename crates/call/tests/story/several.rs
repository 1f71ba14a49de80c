//! Phones of several agents that ring for one citizen at once.

use acd::{Decline, Reservation};
use base::{AgentId, CallId};
use call::{Action, Event, Fact, Phase, Signal};

use crate::kit::{Bench, CITIZEN};

/// A caller who waits while one phone of each of two agents rings: reservations 1 and 2, legs 1 and 2.
fn both() -> Bench {
    let mut bench = Bench::waiting();
    bench.offer_ways(AgentId(0), &[0], None);
    bench.offer_ways(AgentId(1), &[0], None);
    bench
}

/// What the queue was told by the last event, without what it asked.
fn told(bench: &Bench) -> Vec<acd::Command> {
    let queue = |action: &Action| match action {
        Action::Queue(command) => Some(command.clone()),
        _ => None,
    };
    bench.said.iter().filter_map(queue).collect()
}

fn refusal(agent: AgentId, reservation: u64, cause: Decline) -> acd::Command {
    acd::Command::Declined { call: CallId::default(), agent, reservation: Reservation(reservation), cause }
}

fn withdraw(bench: &mut Bench, agent: AgentId, reservation: u64) {
    let (call, reservation) = (CallId::default(), Reservation(reservation));
    bench.tell(Event::Queue(acd::Action::Withdraw { agent, call, reservation }));
}

fn declined(bench: &Bench) -> Vec<(AgentId, Decline)> {
    let of = |fact: &Fact| match fact {
        Fact::Declined { agent, cause, .. } => Some((*agent, *cause)),
        _ => None,
    };
    bench.facts.iter().filter_map(of).collect()
}

#[test]
fn the_first_to_answer_has_the_citizen_and_the_other_phone_stops() {
    let mut bench = both();
    bench.agent_answers(2);
    let said = bench.lines();
    let (call, agent, reservation) = (CallId::default(), AgentId(1), Reservation(2));
    assert_eq!(told(&bench), [acd::Command::Accepted { call, agent, reservation }]);
    assert!(said.contains("HangUp { leg: 1,") && !said.contains("HangUp { leg: 2,"), "{said}");
    assert_eq!(bench.call.phase(), Phase::Talking);
    assert_eq!(declined(&bench), [(AgentId(0), Decline::Taken)], "nobody is to blame");
    // It answered at the same instant: the talk goes on, and its slot is free when its phone is.
    bench.agent_answers(1);
    assert_eq!(told(&bench), []);
    bench.signal(1, Signal::Closed);
    assert!(bench.lines().contains("roster Released"), "{}", bench.lines());
    assert_eq!(bench.call.phase(), Phase::Talking);
}

#[test]
fn one_who_declines_leaves_the_other_ringing() {
    let mut bench = both();
    bench.signal(1, Signal::Rejected { status: Some(603) });
    let said = bench.lines();
    assert_eq!(told(&bench), [refusal(AgentId(0), 1, Decline::Rejected)]);
    assert!(!said.contains("HangUp"), "{said}");
    bench.agent_answers(2);
    assert_eq!(bench.call.phase(), Phase::Talking);
}

#[test]
fn a_withdrawal_stops_the_phone_of_its_own_offer_alone() {
    let mut bench = both();
    withdraw(&mut bench, AgentId(1), 2);
    let said = bench.lines();
    assert!(said.contains("HangUp { leg: 2,") && !said.contains("HangUp { leg: 1,"), "{said}");
    bench.agent_answers(1);
    assert_eq!(bench.call.phase(), Phase::Talking);
}

/// A withdrawal that overtakes its offer is remembered, and an older offer rings all the same.
#[test]
fn an_offer_that_was_withdrawn_before_it_came_does_not_ring() {
    let mut bench = Bench::waiting();
    withdraw(&mut bench, AgentId(1), 2);
    bench.offer_ways(AgentId(0), &[0], None);
    bench.offer_ways(AgentId(1), &[0], None);
    let said = bench.lines();
    assert_eq!(told(&bench), [refusal(AgentId(1), 2, Decline::Taken)]);
    assert!(!said.contains("dial"), "{said}");
    bench.agent_answers(1);
    assert_eq!(bench.call.phase(), Phase::Talking);
}

#[test]
fn every_phone_stops_when_the_citizen_leaves() {
    let mut bench = both();
    bench.signal(CITIZEN, Signal::Bye);
    let said = bench.lines();
    assert!(said.contains("HangUp { leg: 1,") && said.contains("HangUp { leg: 2,"), "{said}");
}
