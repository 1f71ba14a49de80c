//! Places that are kept for a redial.

use std::time::Duration;

use acd::Plan;

use crate::kit::{Desk, agent, group, plan};

const NOTHING: [&str; 0] = [];

fn two_groups() -> Plan {
    plan(vec![group(), group()], vec![agent(&[(0, 1), (1, 1)])])
}

fn desk() -> Desk {
    Desk::new(two_groups())
}

fn places(desk: &Desk) -> usize {
    desk.acd.view(desk.now).places
}

#[test]
fn a_redial_stands_where_the_caller_stood() {
    let mut desk = desk();
    desk.enqueue_from(77, 1, 0, 0);
    desk.pass(5);
    desk.enqueue(2, 0, 0);
    desk.keep(1);
    assert_eq!(desk.news(), ["{PlaceKept n77 g0 p0 since @0 until @605}"]);
    desk.pass(5);
    desk.enqueue(3, 0, 0);
    assert_eq!(desk.enqueue_from(77, 4, 0, 0), ["Queued c4 g0 #1"]);
    assert_eq!((desk.news(), places(&desk)), (vec!["{PlaceGone n77}".to_owned()], 0));
    assert_eq!(desk.ready(0), ["Reserve a0 for c4 r1"]);
}

#[test]
fn whoever_was_offered_or_talked_gets_a_place_too_and_the_agent_is_let_go() {
    for talks in [false, true] {
        let mut desk = desk();
        desk.ready(0);
        desk.enqueue(1, 0, 3);
        if talks {
            desk.accepted(1, 0, 1);
        }
        desk.news();
        let said = desk.keep(1);
        assert_eq!(said.is_empty(), talks, "{said:?}");
        assert_eq!(desk.news()[0], "{PlaceKept n1 g0 p3 since @0 until @600}");
        desk.enqueue(2, 0, 0);
        assert_eq!(desk.ready(0), ["Reserve a0 for c2 r2"]);
    }
}

#[test]
fn the_earlier_time_and_the_higher_priority_count_in_the_group_asked_for_now() {
    let cases = [((0, 5), 5), ((7, 5), 7)];
    for ((before, now), after) in cases {
        let mut desk = desk();
        desk.enqueue_from(77, 1, 0, before);
        desk.keep(1);
        desk.pass(9);
        desk.said.clear();
        desk.enqueue_from(77, 2, 1, now);
        assert_eq!(desk.said[0], format!("{{Waits c2 g1 p{after} since @0}}"));
    }
    let mut desk = desk();
    desk.pass(9);
    desk.enqueue_from(77, 1, 0, 0);
    desk.keep(1);
    desk.said.clear();
    let since = base::Time::from_millis(101_000);
    let caller = Some(base::CallerKey([77, 0]));
    desk.tell(acd::Command::Enqueue { call: crate::kit::id(2), caller, group: base::GroupId(0), priority: 0, since });
    assert_eq!(desk.said[0], "{Waits c2 g0 p0 since @1}", "the place is the later of both");
}

#[test]
fn a_place_is_used_once_by_the_first_of_two_and_by_nobody_without_a_number() {
    let mut desk = desk();
    desk.enqueue_from(77, 1, 0, 0);
    desk.keep(1);
    desk.pass(9);
    desk.said.clear();
    let nobody = acd::Command::Enqueue {
        call: crate::kit::id(9),
        caller: None,
        group: base::GroupId(0),
        priority: 0,
        since: desk.now.time,
    };
    desk.tell(nobody);
    assert_eq!(desk.said[0], "{Waits c9 g0 p0 since @9}");
    desk.enqueue_from(77, 2, 0, 0);
    desk.enqueue_from(77, 3, 0, 0);
    assert_eq!(desk.locate(3), ["Located c3 g0 #3"]);
    desk.abandon(2);
    desk.news();
    desk.enqueue_from(77, 4, 0, 0);
    assert_eq!(desk.news(), NOTHING, "who hung up has used it");
    desk.keep(9);
    assert_eq!((desk.news(), places(&desk)), (vec![], 0), "no number, no place");
    desk.keep(55);
    assert_eq!(desk.news(), NOTHING, "no such call");
}

#[test]
fn a_caller_who_is_refused_keeps_the_place() {
    let mut desk = Desk::new(plan(vec![acd::Group { limit: 1, ..group() }], vec![]));
    desk.enqueue_from(77, 1, 0, 0);
    desk.keep(1);
    desk.pass(1);
    desk.enqueue(2, 0, 0);
    assert_eq!(desk.enqueue_from(77, 3, 0, 0), ["Refused c3 g0 full"]);
    assert_eq!(places(&desk), 1);
    desk.abandon(2);
    desk.said.clear();
    desk.enqueue_from(77, 4, 0, 0);
    assert_eq!(desk.said[..2], ["{Waits c4 g0 p0 since @0}", "{PlaceGone n77}"]);
}

#[test]
fn two_calls_of_one_number_that_are_cut_short_leave_one_place() {
    let mut desk = desk();
    desk.enqueue_from(77, 1, 1, 0);
    desk.pass(10);
    desk.enqueue_from(77, 2, 0, 4);
    desk.keep(2);
    desk.pass(10);
    desk.keep(1);
    let kept = ["{PlaceKept n77 g0 p4 since @10 until @610}", "{PlaceKept n77 g1 p4 since @0 until @620}"];
    assert_eq!((desk.news(), places(&desk)), (kept.map(str::to_owned).to_vec(), 1));
}

#[test]
fn a_place_goes_when_its_time_is_over_and_not_before() {
    let mut desk = desk();
    desk.enqueue_from(77, 1, 0, 0);
    desk.keep(1);
    desk.news();
    desk.pass(599);
    assert_eq!((desk.news(), places(&desk)), (vec![], 1));
    assert!(desk.acd.next_timeout().is_some_and(|next| next <= desk.now.plus(Duration::from_secs(1)).time));
    desk.pass(1);
    assert_eq!((desk.news(), places(&desk)), (vec!["{PlaceGone n77}".to_owned()], 0));
    assert_eq!(desk.acd.next_timeout(), None);
}

#[test]
fn a_place_whose_deadline_was_not_carried_out_yet_is_no_place() {
    let mut desk = desk();
    desk.enqueue_from(77, 1, 0, 0);
    desk.keep(1);
    desk.now = desk.now.plus(Duration::from_secs(600));
    desk.said.clear();
    desk.enqueue_from(77, 2, 0, 0);
    assert_eq!(desk.said[..2], ["{Waits c2 g0 p0 since @600}", "{PlaceGone n77}"]);
}

#[test]
fn without_a_time_for_redials_no_place_is_kept() {
    let mut desk = Desk::new(Plan { redial: Duration::ZERO, ..two_groups() });
    desk.enqueue_from(77, 1, 0, 0);
    assert_eq!(desk.keep(1), NOTHING);
    assert_eq!((desk.news(), places(&desk)), (vec![], 0));
}
