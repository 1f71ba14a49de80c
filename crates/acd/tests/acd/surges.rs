//! Groups in surge: by rule and by hand, and over reloads and restarts.

use std::sync::Arc;
use std::time::Duration;

use acd::{Command, Crowd, Group, Plan, Surge};

use crate::kit::{Desk, agent, group, plan};

const NOTHING: [&str; 0] = [];

/// From four callers until fewer than two, for ten seconds at least.
fn rule() -> Surge {
    Surge { waiting: Some(Crowd { from: 4, until: 2 }), expected: None, hold: Duration::from_secs(10) }
}

fn with(surge: Option<Surge>) -> Plan {
    plan(vec![Group { surge, ..group() }, group()], vec![agent(&[(0, 1)])])
}

/// So many wait in the first group.
fn crowd(surge: Surge, waiting: u32) -> Desk {
    let mut desk = Desk::new(with(Some(surge)));
    for call in 1..=waiting {
        desk.enqueue(call, 0, 0);
    }
    desk
}

fn is_on(desk: &Desk) -> bool {
    desk.acd.view(desk.now).groups[0].surging.on
}

#[test]
fn it_begins_with_as_many_and_ends_with_few_and_not_before_its_time() {
    let mut desk = crowd(rule(), 3);
    assert!(!is_on(&desk));
    assert_eq!(desk.enqueue(4, 0, 0), ["Queued c4 g0 #4", "Surge g0 on"]);
    assert_eq!(desk.enqueue(5, 0, 0), ["Queued c5 g0 #5 in surge"]);
    assert_eq!(desk.enqueue(6, 1, 0), ["Queued c6 g1 #1"], "the other group has no rule");
    for call in 1..=4 {
        desk.abandon(call);
    }
    assert_eq!(desk.pass(9), NOTHING, "it holds");
    assert_eq!(desk.pass(1), ["Surge g0 off"]);
    assert_eq!(desk.pass(100), NOTHING);
    assert_eq!(desk.acd.next_timeout(), None, "nothing is looked at while there is no surge");
}

#[test]
fn between_the_two_numbers_nothing_changes() {
    let mut desk = crowd(rule(), 4);
    for call in [1, 2] {
        desk.abandon(call);
    }
    assert_eq!(desk.pass(60), NOTHING, "two are not fewer than two");
    desk.enqueue(5, 0, 0);
    desk.enqueue(6, 0, 0);
    assert!(is_on(&desk));
    for call in [3, 4, 5] {
        desk.abandon(call);
    }
    assert!(!is_on(&desk), "once it has held it ends at once");
    assert_eq!(desk.enqueue(7, 0, 0), ["Queued c7 g0 #2"]);
    assert_eq!(desk.enqueue(8, 0, 0), ["Queued c8 g0 #3"], "two and three begin none");
}

#[test]
fn who_is_expected_to_wait_long_begins_one_and_under_half_of_it_ends_it() {
    let long = Surge { waiting: None, expected: Some(Duration::from_secs(300)), hold: Duration::from_secs(10) };
    let mut desk = crowd(long, 0);
    for call in 1..=30 {
        desk.enqueue(call, 0, 0);
    }
    desk.pass(60);
    assert!(!is_on(&desk), "of what nobody serves nothing is expected");
    desk.ready(0);
    desk.accepted(1, 0, 1);
    desk.pass(1);
    desk.locate(2);
    let expected = |desk: &Desk| desk.acd.view(desk.now).groups[0].expected.and_then(|range| range.middle());
    assert!(expected(&desk).is_none_or(|middle| middle >= Duration::from_secs(300)), "{:?}", expected(&desk));
    assert!(is_on(&desk));
    for call in 2..=30 {
        desk.abandon(call);
    }
    desk.pass(9);
    let after = expected(&desk).expect("somebody is at work");
    assert_eq!(is_on(&desk), after >= Duration::from_secs(150), "{after:?}");
    desk.abandon(1);
    desk.ready(0);
    desk.pass(10);
    assert!(!is_on(&desk), "an agent is free");
}

#[test]
fn by_hand_goes_before_the_rule_which_decides_again_when_that_is_taken_back() {
    let mut desk = crowd(rule(), 0);
    assert_eq!(desk.surge(0, Some(true)), ["Surge g0 on", "Steered t7 Done"]);
    assert_eq!(desk.surge(0, Some(true)), ["Steered t7 Done"]);
    assert_eq!(desk.pass(60), NOTHING, "no rule ends it");
    assert_eq!(desk.enqueue(1, 0, 0), ["Queued c1 g0 #1 in surge"]);
    assert_eq!(desk.surge(0, None), ["Surge g0 off", "Steered t7 Done"]);
    assert_eq!(desk.surge(0, Some(false)), ["Steered t7 Done"]);
    for call in 2..=5 {
        assert_eq!(desk.enqueue(call, 0, 0), [format!("Queued c{call} g0 #{call}")]);
    }
    assert_eq!(desk.surge(0, None), ["Surge g0 on", "Steered t7 Done"], "the rule went on looking");
    assert_eq!(desk.surge(1, Some(true)), ["Surge g1 on", "Steered t7 Done"], "without a rule too");
    assert_eq!(desk.surge(2, Some(true)), ["Steered t7 UnknownGroup"]);
}

#[test]
fn another_rule_holds_at_once() {
    let mut desk = crowd(rule(), 4);
    let mut reload = |surge| desk.tell(Command::Plan(Arc::new(with(surge))));
    let more = Surge { waiting: Some(Crowd { from: 20, until: 10 }), ..rule() };
    assert_eq!(reload(Some(more)), NOTHING, "it holds its time");
    assert_eq!(reload(None), ["Surge g0 off"]);
    assert_eq!(reload(Some(more)), NOTHING);
    assert_eq!(reload(Some(rule())), ["Surge g0 on"]);
    let short = Surge { hold: Duration::ZERO, ..more };
    assert_eq!(reload(Some(short)), ["Surge g0 off"]);
}

#[test]
fn a_restart_keeps_what_was_said_by_hand_and_a_surge_for_its_time() {
    let mut desk = crowd(rule(), 4);
    desk.surge(1, Some(true));
    assert_eq!(desk.restart(None), ["Surge g0 on", "Surge g1 on"]);
    assert_eq!(desk.enqueue(9, 0, 0), ["Queued c9 g0 #1 in surge"], "who was cut off dials again");
    assert_eq!(desk.pass(10), ["Surge g0 off"]);
    desk.surge(1, Some(false));
    assert_eq!(desk.restart(None), NOTHING);
    assert_eq!(desk.ledger.surges.values().map(|surging| surging.by_hand).collect::<Vec<_>>(), [Some(false)]);
    desk.restart(Some(plan(vec![group()], vec![])));
    assert!(desk.ledger.surges.is_empty(), "the group is no more");
}
