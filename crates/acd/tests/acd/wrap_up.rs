//! Wrap-up on demand, and what the roster hears of it and of offers.

use std::time::Duration;

use acd::Decline;

use crate::kit::{Desk, agent, group, plan};

const NOTHING: [&str; 0] = [];

/// One agent, who wraps up for 30 s, with call 1; call 2 waits.
fn desk_in_talk() -> Desk {
    let wrapping = acd::Group { wrap_up: Duration::from_secs(30), ..group() };
    let mut desk = Desk::new(plan(vec![wrapping], vec![agent(&[(0, 1)])]));
    desk.ready(0);
    desk.enqueue(1, 0, 0);
    desk.enqueue(2, 0, 0);
    desk.accepted(1, 0, 1);
    desk.ready(0);
    desk.news();
    desk
}

#[test]
fn wrap_up_lasts_as_long_as_was_last_asked_for() {
    let mut desk = desk_in_talk();
    desk.ended(1, 0);
    assert_eq!(desk.news(), ["WrapsUp a0 @30"]);
    desk.pass(20);
    assert_eq!(desk.wrap_up(0, 60), ["WrapUp t7 @80"]);
    assert_eq!(desk.news(), ["WrapsUp a0 @80"]);
    assert_eq!(desk.wrap_up(0, 60), ["WrapUp t7 @80"]);
    assert_eq!(desk.news(), NOTHING, "nothing was moved");
    assert_eq!(desk.pass(59), NOTHING);
    assert_eq!(desk.wrap_up(0, 5), ["WrapUp t7 @84"], "longer");
    assert_eq!(desk.pass(1), NOTHING);
    assert_eq!(desk.wrap_up(0, 2), ["WrapUp t7 @82"], "shorter");
    assert_eq!(desk.news(), ["WrapsUp a0 @84", "WrapsUp a0 @82"]);
    assert_eq!(desk.pass(2), ["Reserve a0 for c2 r2"]);
    assert_eq!(desk.news(), ["WrapsUp a0 over"]);
    assert_eq!(desk.pass(10), NOTHING, "the deadlines of old are cancelled");
    assert_eq!(desk.wrap_up(0, 60), ["WrapUp t7 nothing"]);
    assert_eq!(desk.wrap_up(9, 60), ["WrapUp t7 nothing"], "no such agent");
}

#[test]
fn wrap_up_is_bounded_from_the_moment_of_asking() {
    let mut desk = desk_in_talk();
    desk.ended(1, 0);
    desk.pass(10);
    assert_eq!(desk.wrap_up(0, u64::MAX), ["WrapUp t7 @3610"]);
    let mut desk = desk_in_talk();
    assert_eq!(desk.wrap_up(0, u64::MAX), ["WrapUp t7 3600 s after the talk"]);
}

#[test]
fn what_is_asked_in_a_talk_is_the_least_that_follows_it_and_no_other() {
    let cases: [(&[u64], u64); 4] = [(&[60], 60), (&[10], 30), (&[60, 40], 40), (&[60, 0], 30)];
    for (asked, rest) in cases {
        let mut desk = desk_in_talk();
        asked.iter().for_each(|length| drop(desk.wrap_up(0, *length)));
        assert_eq!(desk.rested(0), NOTHING, "a word that is for other states");
        desk.ended(1, 0);
        assert_eq!(desk.news(), [format!("WrapsUp a0 @{rest}")], "{asked:?}");
        assert_eq!(desk.pass(rest), ["Reserve a0 for c2 r2"]);
        desk.accepted(2, 0, 2);
        desk.news();
        desk.ended(2, 0);
        assert_eq!(desk.news(), [format!("WrapsUp a0 @{}", rest + 30)], "the next talk knows nothing of it");
    }
}

#[test]
fn a_rested_agent_takes_the_next_caller_at_once() {
    let mut desk = desk_in_talk();
    desk.ended(1, 0);
    desk.news();
    assert_eq!(desk.rested(0), ["Reserve a0 for c2 r2"]);
    assert_eq!(desk.news(), ["WrapsUp a0 over"]);
    assert_eq!(desk.rested(0), NOTHING);
    assert_eq!(desk.declined(2, 0, 2, Decline::Rejected), NOTHING);
    desk.ready(0);
    assert_eq!(desk.rested(0), ["Reserve a0 for c2 r3"], "from back-off too");
    desk.accepted(2, 0, 3);
    assert_eq!(desk.pass(5), NOTHING, "the deadline of the back-off is cancelled");
    desk.ended(2, 0);
    desk.away(0);
    assert_eq!(desk.rested(0), NOTHING);
    desk.enqueue(3, 0, 0);
    assert_eq!(desk.rested(0), NOTHING, "who is away stays away");
    assert_eq!(desk.rested(9), NOTHING, "no such agent");
}

#[test]
fn a_talk_that_begins_in_wrap_up_ends_it() {
    let wrapping = acd::Group { wrap_up: Duration::from_secs(300), ..group() };
    let mut desk = Desk::new(plan(vec![wrapping], vec![agent(&[(0, 1)])]));
    desk.ready(0);
    desk.enqueue(1, 0, 0);
    desk.pass(20);
    desk.enqueue(2, 0, 5);
    desk.ready(0);
    assert_eq!(desk.pass(10), ["Reserve a0 for c2 r2"]);
    desk.pass(20);
    // Both phones were answered at the last moment, and both words crossed the withdrawal.
    desk.accepted(1, 0, 1);
    desk.ended(1, 0);
    assert_eq!(desk.news(), ["OfferOver a0 c1 NoAnswer", "OfferOver a0 c2 NoAnswer", "WrapsUp a0 @350"]);
    assert_eq!(desk.accepted(2, 0, 2), NOTHING);
    assert_eq!(desk.news(), ["WrapsUp a0 over"]);
    desk.ready(0);
    desk.enqueue(3, 0, 0);
    assert_eq!(desk.pass(400), NOTHING, "the deadline of the wrap-up is cancelled");
}

#[test]
fn the_roster_hears_of_each_offer_that_came_to_nothing_but_of_a_refused_slot() {
    let two = || Desk::new(plan(vec![group()], vec![agent(&[(0, 1)]), agent(&[(0, 2)])]));
    let mut desk = two();
    desk.ready(0);
    desk.ready(1);
    desk.enqueue(1, 0, 0);
    desk.slot_refused(1, 0, 1);
    assert_eq!(desk.news(), NOTHING, "no phone rang");
    desk.ready(0);
    desk.pass(20);
    assert_eq!(desk.news(), ["OfferOver a1 c1 NoAnswer"]);
    desk.declined(1, 0, 3, Decline::Taken);
    assert_eq!(desk.news(), ["OfferOver a0 c1 nobody's fault"]);
    desk.ready(0);
    desk.declined(1, 0, 4, Decline::Busy);
    desk.declined(1, 0, 4, Decline::Busy);
    assert_eq!(desk.news(), ["OfferOver a0 c1 Busy"], "once");
    desk.ready(1);
    desk.pass(10);
    desk.accepted(1, 0, 4);
    assert_eq!(desk.news(), ["OfferOver a1 c1 nobody's fault"], "the call is with another agent");
}
