//! Supervisors at work: callers who are pulled forward, moved and let go, groups that close and open.

use acd::{Decline, Group, Overflow, Plan};
use base::{GroupId, Time};

use crate::kit::{Desk, agent, group, plan};

/// Agent 0 serves group 0, agent 1 group 1, agent 2 both; nobody is ready.
fn two_groups(overflow: Overflow) -> Plan {
    let first = Group { overflow: overflow.into(), ..group() };
    plan(vec![first, group()], vec![agent(&[(0, 1)]), agent(&[(1, 1)]), agent(&[(0, 1), (1, 1)])])
}

/// Three wait in group 0, then one in group 1.
fn desk(overflow: Overflow) -> Desk {
    let mut desk = Desk::new(two_groups(overflow));
    for call in 1..=3 {
        desk.enqueue(call, 0, 0);
        desk.pass(1);
    }
    desk.enqueue(4, 1, 0);
    desk
}

#[test]
fn who_is_pulled_forward_goes_first_and_of_two_the_one_before() {
    let mut desk = desk(Overflow::Stay);
    desk.enqueue(5, 0, 9);
    assert_eq!(desk.raise(3), ["Steered t7 Done"]);
    assert_eq!(desk.raise(2), ["Steered t7 Done"]);
    assert_eq!(desk.raise(3), ["Steered t7 Done"], "asked again it stays where it is");
    assert_eq!(desk.locate(3), ["Located c3 g0 #1"]);
    assert_eq!(desk.locate(2), ["Located c2 g0 #2"]);
    assert_eq!(desk.ready(2), ["Reserve a2 for c3 r1"], "before callers of other groups and of any priority");
    assert_eq!(desk.ready(0), ["Reserve a0 for c2 r2"]);
    assert_eq!(desk.declined(3, 2, 1, Decline::Rejected), [""; 0]);
    desk.abandon(2);
    assert_eq!(desk.ready(0), ["Reserve a0 for c3 r3"], "an offer that came to nothing takes the turn from nobody");
}

#[test]
fn a_pull_lasts_until_the_caller_is_served() {
    let mut desk = desk(Overflow::Stay);
    desk.raise(3);
    desk.ready(0);
    desk.accepted(3, 0, 1);
    let since = desk.now.time;
    assert_eq!(desk.raise(3), ["Steered t7 NotWaiting"], "who talks waits for nobody");
    desk.enqueue_since(3, 0, 0, since);
    desk.pass(10);
    desk.ready(2);
    assert_eq!(desk.said.last().map(String::as_str), Some("Reserve a2 for c3 r2"), "the agent was lost: still first");
    desk.accepted(3, 2, 2);
    desk.come_back(3, 0, 0, since);
    desk.ready(0);
    assert_eq!(desk.said.last().map(String::as_str), Some("Reserve a0 for c1 r3"), "handed on it stands in line");
}

#[test]
fn who_is_moved_waits_elsewhere_since_the_same_time() {
    let mut desk = desk(Overflow::Stay);
    assert_eq!(desk.move_to(3, 1), ["Moved c3 g0 to g1 by hand", "Queued c3 g1 #1", "Steered t7 Done"]);
    assert_eq!(desk.move_to(3, 1), ["Steered t7 Done"], "it is there");
    assert_eq!(desk.move_to(3, 2), ["Steered t7 UnknownGroup"]);
    assert_eq!(desk.move_to(9, 1), ["Steered t7 NotWaiting"]);
    assert_eq!(desk.ledger.callers[&crate::kit::id(3)].group, GroupId(1));
    assert_eq!(desk.ready(1), ["Reserve a1 for c3 r1"], "before the one who came to this group later");
    assert_eq!(desk.ready(0), ["Reserve a0 for c1 r2"]);
    let moved = desk.move_to(3, 0);
    assert_eq!(moved, ["Withdraw a1 from c3 r1", "Moved c3 g1 to g0 by hand", "Queued c3 g0 #2", "Steered t7 Done"]);
    assert_eq!(desk.accepted(3, 1, 1), [""; 0], "a word that crossed the move");
    assert!(desk.said.iter().any(|word| word == "{Talks c3 a1}"));
}

#[test]
fn a_move_needs_room_and_an_open_group() {
    let mut plan = two_groups(Overflow::Stay);
    plan.groups[1].limit = 1;
    let mut desk = Desk::new(plan);
    desk.enqueue(1, 0, 0);
    desk.enqueue(2, 1, 0);
    assert_eq!(desk.move_to(1, 1), ["Steered t7 Full"]);
    desk.open(1, false);
    assert_eq!(desk.move_to(1, 1), ["Steered t7 Closed"]);
    assert_eq!(desk.locate(1), ["Located c1 g0 #1"], "nothing changed");
}

#[test]
fn the_wait_of_a_group_that_was_left_is_over() {
    let mut plan = two_groups(Overflow::Stay);
    plan.groups[0] =
        Group { wait: Some(std::time::Duration::from_secs(5)), overflow: Overflow::Message.into(), ..group() };
    let mut desk = Desk::new(plan);
    desk.enqueue(1, 0, 0);
    desk.move_to(1, 1);
    assert_eq!(desk.pass(60), [""; 0]);
}

#[test]
fn who_is_released_is_told_and_phones_stop() {
    let mut desk = desk(Overflow::Stay);
    desk.ready(0);
    let told = ["Withdraw a0 from c1 r1", "Refused c1 g0 released", "Steered t7 Done"];
    assert_eq!(desk.release(1), told);
    assert_eq!(desk.release(2), ["Refused c2 g0 released", "Steered t7 Done"]);
    assert_eq!(desk.release(2), ["Steered t7 NotWaiting"]);
    assert_eq!(desk.ready(0), ["Reserve a0 for c3 r2"]);
}

#[test]
fn a_closed_group_takes_nobody_new_and_those_in_line_go_where_it_overflows() {
    let mut desk = desk(Overflow::Group(GroupId(1)));
    desk.raise(3);
    desk.ready(0);
    let moved = ["Moved c1 g0 to g1", "Queued c1 g1 #1", "Moved c2 g0 to g1", "Queued c2 g1 #2", "Steered t7 Done"];
    assert_eq!(desk.open(0, false), moved, "a phone rings for the third");
    assert!(desk.acd.view(desk.now).groups[0].closed);
    assert_eq!(desk.open(0, false), ["Steered t7 Done"]);
    let gone = ["Moved c3 g0 to g1", "Queued c3 g1 #1"];
    assert_eq!(desk.declined(3, 0, 1, Decline::Busy), gone, "pulled forward there too");
    assert_eq!(desk.enqueue(6, 0, 0), ["Moved c6 g0 to g1", "Queued c6 g1 #5"]);
    desk.open(0, true);
    assert_eq!(
        desk.enqueue(7, 0, 0),
        ["Queued c7 g0 #1", "Reserve a0 for c7 r2"].iter().take(1).copied().collect::<Vec<_>>()
    );
}

#[test]
fn who_has_waited_is_served_where_the_closed_group_has_nowhere_to_go() {
    for overflow in [Overflow::Stay, Overflow::Message] {
        let mut desk = desk(overflow);
        assert_eq!(desk.open(0, false), ["Steered t7 Done"], "{overflow:?}");
        assert_eq!(desk.enqueue(6, 0, 0), ["Refused c6 g0 closed"]);
        assert_eq!(desk.ready(0), ["Reserve a0 for c1 r1"]);
        desk.accepted(1, 0, 1);
        let since = Time::from_millis(100_000);
        let back = desk.come_back(1, 0, 0, since);
        assert_eq!(back, ["Queued c1 g0 #1"], "who was in a talk is taken back");
    }
}

#[test]
fn closed_groups_stay_closed_over_a_restart() {
    let mut desk = desk(Overflow::Stay);
    desk.open(0, false);
    desk.open(1, false);
    desk.restart(None);
    assert_eq!(desk.enqueue(6, 0, 0), ["Refused c6 g0 closed"]);
    desk.restart(Some(plan(vec![group()], vec![])));
    assert_eq!(desk.ledger.closed.iter().copied().collect::<Vec<_>>(), [GroupId(0)], "the other group is no more");
    desk.open(0, true);
    desk.restart(None);
    assert_eq!(desk.enqueue(7, 0, 0), ["Queued c7 g0 #1"]);
    assert_eq!(desk.open(5, true), ["Steered t7 UnknownGroup"]);
}
