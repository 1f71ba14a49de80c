//! Groups that nobody is signed on for, and callers who hang up and come back.

use std::time::Duration;

use acd::{Command, Overflow, Plan};
use base::{AgentId, GroupId};

use crate::kit::{Desk, agent, group, plan};

const NOTHING: [&str; 0] = [];

/// Agent 0 serves group 0, agent 1 both; group 0 sends callers on when nobody is there.
fn two_groups(unstaffed: Overflow) -> Plan {
    let mut first = group();
    first.overflow.unstaffed = unstaffed;
    let plan = plan(vec![first, group()], vec![agent(&[(0, 1)]), agent(&[(0, 2), (1, 1)])]);
    Plan { unstaffed_after: Duration::from_secs(10), ..plan }
}

fn signs(desk: &mut Desk, agent: u32, on: bool) -> Vec<String> {
    desk.tell(Command::SignedOn { agent: AgentId(agent), on })
}

#[test]
fn who_signs_on_in_time_is_waited_for() {
    let mut desk = Desk::new(two_groups(Overflow::Message));
    desk.enqueue(1, 0, 0);
    desk.pass(9);
    assert_eq!(signs(&mut desk, 1, true), NOTHING);
    assert_eq!(desk.pass(60), NOTHING, "the caller waits for an agent who is paused");
    assert_eq!(desk.enqueue(2, 0, 0), ["Queued c2 g0 #2"]);
    assert_eq!(desk.acd.view(desk.now).groups[0].agents_signed_on, 1);
}

#[test]
fn nobody_waits_for_nobody() {
    let mut desk = Desk::new(two_groups(Overflow::Message));
    desk.enqueue(1, 0, 0);
    assert_eq!(desk.pass(10), ["Refused c1 g0 unstaffed"]);
    assert_eq!(desk.enqueue(2, 0, 0), ["Refused c2 g0 unstaffed"]);
    assert_eq!(desk.enqueue(3, 1, 0), ["Queued c3 g1 #1"], "a group that says nothing of it lets callers wait");
    signs(&mut desk, 0, true);
    assert_eq!(desk.enqueue(4, 0, 0), ["Queued c4 g0 #1"]);
}

#[test]
fn the_last_to_sign_off_begins_the_time_anew_and_callers_move_in_order() {
    let mut desk = Desk::new(two_groups(Overflow::Group(GroupId(1))));
    for agent in [0, 1] {
        signs(&mut desk, agent, true);
    }
    for call in 1..=3 {
        desk.enqueue(call, 0, 0);
        desk.pass(1);
    }
    signs(&mut desk, 1, false);
    assert_eq!(desk.pass(30), NOTHING, "one is there");
    signs(&mut desk, 0, false);
    desk.pass(9);
    signs(&mut desk, 0, true);
    signs(&mut desk, 0, false);
    assert_eq!(desk.pass(9), NOTHING);
    let moved = |call, at| [format!("Moved c{call} g0 to g1"), format!("Queued c{call} g1 #{at}")];
    assert_eq!(desk.pass(1), [moved(1, 1), moved(2, 2), moved(3, 3)].concat());
}

#[test]
fn an_offer_that_comes_to_nothing_after_the_agent_signed_off_is_the_last() {
    let mut desk = Desk::new(two_groups(Overflow::Message));
    signs(&mut desk, 0, true);
    desk.ready(0);
    assert_eq!(desk.enqueue(1, 0, 0), ["Queued c1 g0 #1", "Reserve a0 for c1 r1"]);
    signs(&mut desk, 0, false);
    desk.away(0);
    assert_eq!(desk.pass(10), NOTHING, "the phone rings yet");
    let after = desk.pass(10);
    assert_eq!(after.last().map(String::as_str), Some("Refused c1 g0 unstaffed"), "{after:?}");
}

#[test]
fn after_a_restart_agents_have_their_time_to_come_back() {
    let mut desk = Desk::new(two_groups(Overflow::Message));
    desk.pass(10);
    assert_eq!(desk.enqueue(1, 0, 0), ["Refused c1 g0 unstaffed"]);
    desk.restart(None);
    assert_eq!(desk.enqueue(2, 0, 0), ["Queued c2 g0 #1"]);
    assert_eq!(desk.pass(10), ["Refused c2 g0 unstaffed"]);
}

#[test]
fn a_group_that_no_agent_can_serve_is_unstaffed_from_the_first_moment() {
    let mut line = group();
    line.overflow.unstaffed = Overflow::Message;
    let mut desk = Desk::new(plan(vec![group(), line], vec![agent(&[(0, 1)])]));
    assert_eq!(desk.enqueue(1, 1, 0), ["Refused c1 g1 unstaffed"]);
}

#[test]
fn who_hangs_up_while_waiting_has_a_place_and_who_talked_has_none() {
    for rings in [false, true] {
        let mut desk = Desk::new(two_groups(Overflow::Stay));
        if rings {
            desk.ready(0);
        }
        desk.enqueue_from(7, 1, 0, 3);
        desk.news();
        desk.tell(Command::HungUp { call: crate::kit::id(1) });
        assert_eq!(desk.news()[0], "{PlaceKept n7 g0 p3 since @0 until @120}");
        desk.pass(119);
        desk.away(0);
        desk.enqueue(2, 0, 0);
        assert_eq!(desk.enqueue_from(7, 3, 0, 0), ["Queued c3 g0 #1"]);
        desk.tell(Command::HungUp { call: crate::kit::id(3) });
        desk.pass(120);
        assert_eq!(desk.enqueue_from(7, 4, 0, 0), ["Queued c4 g0 #2"], "too late");
    }
    let mut desk = Desk::new(two_groups(Overflow::Stay));
    desk.ready(0);
    desk.enqueue_from(7, 1, 0, 3);
    desk.accepted(1, 0, 1);
    desk.tell(Command::HungUp { call: crate::kit::id(1) });
    assert_eq!(desk.acd.view(desk.now).places, 0);
}
