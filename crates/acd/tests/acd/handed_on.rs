//! A talk that is handed on: to an agent, or back into a line.

use std::time::Duration;

use acd::Decline;
use base::Time;

use crate::kit::{Desk, agent, group, plan};

const NOTHING: [&str; 0] = [];

/// Caller 1 talks with agent 0; agents 1 and 2 are ready, in that order.
fn talk() -> Desk {
    let groups = vec![acd::Group { wrap_up: Duration::from_secs(7), ..group() }, acd::Group { limit: 0, ..group() }];
    let mut desk = Desk::new(plan(groups, vec![agent(&[(0, 1)]), agent(&[(0, 1)]), agent(&[(0, 1), (1, 1)])]));
    desk.ready(0);
    desk.enqueue(1, 0, 0);
    desk.accepted(1, 0, 1);
    desk.ready(1);
    desk.ready(2);
    desk
}

#[test]
fn the_agent_asked_for_rings_and_takes_over_and_the_first_wraps_up() {
    let mut desk = talk();
    assert_eq!(desk.claim(1, 2), ["Reserve a2 for c1 r2"]);
    assert_eq!(desk.locate(1), NOTHING, "who talks has no position");
    assert_eq!(desk.accepted(1, 2, 2), NOTHING);
    assert!(desk.news().contains(&"WrapsUp a0 @7".to_owned()));
    desk.ended(1, 2);
    assert_eq!(desk.ready(0), NOTHING, "wraps up");
}

#[test]
fn a_claim_that_comes_to_nothing_leaves_the_talk_as_it_was() {
    let mut desk = talk();
    desk.claim(1, 2);
    assert_eq!(desk.declined(1, 2, 2, Decline::Busy), ["Unclaimed c1 a2"]);
    assert_eq!(desk.claim(1, 1), ["Reserve a1 for c1 r3"]);
    assert_eq!(desk.pass(20), ["Withdraw a1 from c1 r3", "Unclaimed c1 a1"], "rings no longer than its group lets it");
    desk.pass(10);
    desk.ready(1);
    desk.claim(1, 1);
    assert_eq!(desk.slot_refused(1, 1, 4), ["Unclaimed c1 a1"]);
    assert_eq!(desk.ended(1, 0), NOTHING, "the talk was there all the time");
}

#[test]
fn only_an_agent_who_may_be_offered_a_call_is_claimed_and_only_for_a_talk() {
    let mut desk = talk();
    assert_eq!(desk.claim(1, 0), ["Unclaimed c1 a0"], "the agent itself");
    assert_eq!(desk.claim(1, 9), ["Unclaimed c1 a9"], "nobody");
    assert_eq!(desk.claim(7, 1), ["Unclaimed c7 a1"], "no such call");
    desk.claim(1, 1);
    assert_eq!(desk.claim(1, 2), ["Unclaimed c1 a2"], "one at a time");
    desk.enqueue(2, 0, 0);
    assert_eq!(desk.claim(2, 1), ["Unclaimed c2 a1"], "who waits has no agent to be handed on by");
}

#[test]
fn a_claim_ends_with_its_caller() {
    let mut desk = talk();
    desk.claim(1, 2);
    assert_eq!(desk.abandon(1), ["Withdraw a2 from c1 r2"]);
    desk.ready(2);
    assert_eq!(desk.enqueue(2, 0, 0)[1], "Reserve a1 for c2 r3");
    assert_eq!(desk.enqueue(3, 0, 0)[1], "Reserve a2 for c3 r4", "the other one is free again");
}

#[test]
fn a_caller_who_comes_back_has_the_old_turn_and_room_in_a_full_group() {
    let mut desk = talk();
    let since = Time::from_millis(50_000);
    desk.away(1);
    desk.away(2);
    assert_eq!(desk.come_back(1, 1, 3, since), ["Queued c1 g1 #1"]);
    assert!(desk.news().contains(&"WrapsUp a0 @7".to_owned()), "nobody is to blame");
    assert_eq!(desk.enqueue(2, 1, 9), ["Refused c2 g1 full"]);
    assert_eq!(desk.ready(2), ["Reserve a2 for c1 r2"]);
}

#[test]
fn a_claim_rings_on_when_the_first_agent_leaves_and_the_line_comes_after_it() {
    let mut desk = talk();
    desk.claim(1, 2);
    let since = Time::from_millis(50_000);
    assert_eq!(desk.come_back(1, 0, 1, since), ["Queued c1 g0 #1"], "no second phone rings");
    assert_eq!(desk.declined(1, 2, 2, Decline::Rejected), ["Reserve a1 for c1 r3"]);
}

#[test]
fn who_leaves_the_line_as_a_phone_answers_blames_nobody_and_nobody_is_asked_twice() {
    // An agent asks: the question is a caller that is gone with its answer.
    let mut desk = talk();
    assert_eq!(desk.enqueue(2, 0, 1), ["Queued c2 g0 #1", "Reserve a1 for c2 r2"]);
    assert_eq!(desk.abandon(2), ["Withdraw a1 from c2 r2"]);
    assert!(!desk.news().iter().any(|news| news.starts_with("WrapsUp")), "no wrap-up after a question");
    assert_eq!(desk.enqueue(3, 0, 0), ["Queued c3 g0 #1", "Reserve a2 for c3 r3"], "the one who answered is in use");
    assert_eq!(desk.ready(1), NOTHING);
    assert_eq!(desk.enqueue(4, 0, 0), ["Queued c4 g0 #1", "Reserve a1 for c4 r4"], "and offered again at once");
    // Joined with the citizen before it was seen to: the talk is the queue's.
    let mut desk = talk();
    desk.enqueue(2, 0, 1);
    desk.abandon(2);
    assert_eq!(desk.takes_over(1, 1), ["TakenOver c1 a1 r3"]);
    desk.ended(1, 1);
    assert_eq!(desk.ready(1), NOTHING, "wraps up after that");
}
