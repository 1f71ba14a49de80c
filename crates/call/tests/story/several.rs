//! Phones of several agents that ring for one citizen at once.

use acd::{Decline, Reservation};
use base::{AgentId, CallId};
use call::{Event, Fact, Phase, Signal};

use crate::kit::{Bench, CITIZEN};

/// A caller who waits while one phone of each of two agents rings: reservations 1 and 2, legs 1 and 2.
fn both() -> Bench {
    let mut bench = Bench::waiting();
    bench.offer_ways(AgentId(0), &[0], None);
    bench.offer_ways(AgentId(1), &[0], None);
    bench
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
    assert!(said.contains("queue Accepted { agent: 1, reservation: 2 }"), "{said}");
    assert!(said.contains("HangUp { leg: 1,") && !said.contains("HangUp { leg: 2,"), "{said}");
    assert_eq!(bench.call.phase(), Phase::Talking);
    assert_eq!(declined(&bench), [(AgentId(0), Decline::Taken)], "nobody is to blame");
    // It answered at the same instant: what it says is acknowledged and ended, and the talk goes on.
    bench.agent_answers(1);
    let said = bench.lines();
    assert!(said.contains("HangUp { leg: 1,") && !said.contains("Accepted"), "{said}");
    bench.signal(1, Signal::Closed);
    assert!(bench.lines().contains("Released"), "its slot is free when its phone is");
    assert_eq!(bench.call.phase(), Phase::Talking);
}

#[test]
fn one_who_declines_leaves_the_other_ringing() {
    let mut bench = both();
    bench.signal(1, Signal::Rejected { status: Some(603) });
    let said = bench.lines();
    assert!(said.contains("queue Declined { agent: 0, reservation: 1, cause: Rejected }"), "{said}");
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
    assert!(said.contains("queue Declined { agent: 1, reservation: 2, cause: Taken }"), "{said}");
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
