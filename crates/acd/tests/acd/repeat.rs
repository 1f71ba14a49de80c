//! Citizens who call again are counted.

use std::time::Duration;

use acd::Plan;

use crate::kit::{Desk, group, plan};

const NOTHING: [&str; 0] = [];

fn desk(repeat_s: u64) -> Desk {
    let plan = plan(vec![group()], vec![]);
    Desk::new(Plan { repeat: Duration::from_secs(repeat_s), ..plan })
}

#[test]
fn earlier_calls_of_the_same_number_count_for_their_time() {
    let mut desk = desk(100);
    assert_eq!(desk.called(7, 1), NOTHING);
    assert_eq!(desk.called(8, 2), NOTHING, "somebody else");
    desk.pass(60);
    assert_eq!(desk.called(7, 3), ["Repeats c3 1"]);
    desk.pass(30);
    assert_eq!(desk.called(7, 4), ["Repeats c4 2"]);
    desk.pass(20);
    assert_eq!(desk.called(7, 5), ["Repeats c5 2"], "the first is too long ago");
    assert_eq!(desk.called(8, 6), NOTHING, "that too");
    desk.pass(100);
    assert_eq!(desk.called(7, 7), NOTHING);
    desk.pass(100);
    assert!(desk.ledger.calls.is_empty() && desk.acd.next_timeout().is_none(), "nobody is kept for nothing");
}

#[test]
fn nine_are_nine_or_more() {
    let mut desk = desk(100);
    for call in 1..=30 {
        desk.called(7, call);
        desk.pass(1);
    }
    assert_eq!(desk.called(7, 31), ["Repeats c31 9"]);
}

#[test]
fn what_was_counted_outlives_a_restart_and_without_a_time_nobody_is_counted() {
    let mut desk = desk(100);
    desk.called(7, 1);
    desk.restart(None);
    assert_eq!(desk.called(7, 2), ["Repeats c2 1"]);
    desk.restart(Some(Plan { repeat: Duration::ZERO, ..plan(vec![group()], vec![]) }));
    assert_eq!(desk.called(7, 3), NOTHING);
    let mut none = Desk::new(Plan { repeat: Duration::ZERO, ..plan(vec![group()], vec![]) });
    none.called(7, 1);
    assert!(none.ledger.calls.is_empty());
}
