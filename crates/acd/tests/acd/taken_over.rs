//! An agent has a caller whom the queue did not give: a colleague of the one before.

use std::time::Duration;

use acd::{AgentState, Decline};

use crate::kit::{Desk, agent, group, plan};

const NOTHING: [&str; 0] = [];

/// Caller 1 talks with agent 0; agents 1 and 2 are ready, in that order.
fn talk() -> Desk {
    let groups = vec![acd::Group { wrap_up: Duration::from_secs(7), ..group() }];
    let mut desk = Desk::new(plan(groups, vec![agent(&[(0, 1)]), agent(&[(0, 1)]), agent(&[(0, 1)])]));
    desk.ready(0);
    desk.enqueue(1, 0, 0);
    desk.accepted(1, 0, 1);
    desk.ready(1);
    desk.ready(2);
    desk.said.clear();
    desk
}

fn state(desk: &Desk, agent: usize) -> AgentState {
    desk.acd.view(desk.now).agents[agent]
}

#[test]
fn whatever_the_queue_had_the_agent_in_is_over() {
    type Case = (&'static str, fn(&mut Desk), &'static [&'static str]);
    let cases: [Case; 7] = [
        ("away, as a phone in use is", |d| drop(d.away(1)), &["TakenOver c1 a1 r2"]),
        ("free", |_| {}, &["TakenOver c1 a1 r2"]),
        // The caller who was offered goes to the next.
        (
            "offered another",
            |d| drop(d.enqueue(2, 0, 0)),
            &["Withdraw a1 from c2 r2", "TakenOver c1 a1 r3", "Reserve a2 for c2 r4"],
        ),
        ("claimed for the same caller", |d| drop(d.claim(1, 1)), &["Withdraw a1 from c1 r2", "TakenOver c1 a1 r3"]),
        ("wrapping up", |d| drop((d.enqueue(2, 0, 0), d.accepted(2, 1, 2), d.ended(2, 1))), &["TakenOver c1 a1 r3"]),
        (
            "backing off",
            |d| drop((d.away(2), d.enqueue(2, 0, 0), d.declined(2, 1, 2, Decline::Busy))),
            &["TakenOver c1 a1 r3"],
        ),
        ("in a talk with another", |d| drop((d.enqueue(2, 0, 0), d.accepted(2, 1, 2))), &["TakenOver c1 a1 r3"]),
    ];
    for (what, prepare, said) in cases {
        let mut desk = talk();
        prepare(&mut desk);
        assert_eq!(desk.takes_over(1, 1), said, "{what}");
        assert_eq!(state(&desk, 1), AgentState::Talking, "{what}");
        assert_eq!(state(&desk, 0), AgentState::WrapUp, "the one before: {what}");
        desk.ended(1, 1);
        assert_eq!(state(&desk, 1), AgentState::WrapUp, "as after every talk: {what}");
    }
}

#[test]
fn the_agent_who_has_the_caller_already_is_no_news() {
    let mut desk = talk();
    assert_eq!(desk.takes_over(1, 0), NOTHING);
    assert!(desk.said.is_empty(), "{:?}", desk.said);
    assert_eq!(desk.takes_over(1, 2), ["TakenOver c1 a2 r2"]);
    desk.said.clear();
    assert_eq!(desk.takes_over(1, 2), NOTHING);
    assert!(desk.said.is_empty(), "{:?}", desk.said);
}

#[test]
fn nobody_takes_a_call_that_the_queue_does_not_know() {
    let mut desk = talk();
    assert_eq!(desk.takes_over(9, 1), NOTHING);
    assert_eq!(desk.takes_over(1, 9), NOTHING, "an agent that there is not");
    assert!(desk.said.is_empty(), "{:?}", desk.said);
    assert_eq!((state(&desk, 0), state(&desk, 1)), (AgentState::Talking, AgentState::Ready));
}

#[test]
fn a_caller_who_waits_is_taken_out_of_the_line() {
    let mut desk = talk();
    desk.away(1);
    desk.away(2);
    desk.enqueue(2, 0, 0);
    desk.enqueue(3, 0, 0);
    assert_eq!(desk.takes_over(2, 1), ["TakenOver c2 a1 r2"]);
    assert_eq!(desk.locate(3), ["Located c3 g0 #1"]);
}

#[test]
fn the_next_caller_is_offered_when_the_talk_and_the_rest_are_over() {
    let mut desk = talk();
    desk.away(2);
    desk.takes_over(1, 1);
    desk.enqueue(2, 0, 0);
    assert_eq!(desk.ready(1), NOTHING, "the slot is the talk's");
    assert_eq!(desk.ended(1, 1), NOTHING);
    assert_eq!(desk.pass(7), ["Reserve a1 for c2 r3"]);
}

#[test]
fn a_restart_frees_who_took_over() {
    let mut desk = talk();
    desk.takes_over(1, 1);
    desk.restart(None);
    assert_eq!(desk.enqueue_from(1, 3, 0, 0), ["Queued c3 g0 #1"]);
    assert_eq!(desk.ready(1), ["Reserve a1 for c3 r3"], "numbers only grow");
}
