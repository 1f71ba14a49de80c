//! The rules of the queue, one by one.

use std::time::Duration;

use acd::{Decline, Overflow};
use base::Time;

use crate::kit::{Desk, agent, group, plan};

const NOTHING: [&str; 0] = [];

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn callers_are_served_by_priority_then_time_then_arrival_over_all_groups_of_the_agent() {
    let mut desk = Desk::new(plan(vec![group(), group()], vec![agent(&[(0, 1), (1, 9)])]));
    let at = |seconds: u64| Time::from_millis(seconds * 1_000);
    desk.enqueue_since(1, 0, 0, at(50));
    desk.enqueue_since(2, 1, 0, at(40));
    desk.enqueue_since(3, 0, 0, at(40));
    desk.enqueue_since(4, 1, 5, at(60));
    desk.enqueue_since(5, 0, 5, at(70));
    desk.enqueue_since(6, 0, 0, at(30));
    let mut order = Vec::new();
    for reservation in 1..=6 {
        let said = desk.ready(0);
        let call = said[0].split(" c").nth(1).and_then(|s| s.split(' ').next()).and_then(|s| s.parse().ok());
        let call: u32 = call.expect("a Reserve");
        order.push(call);
        desk.accepted(call, 0, reservation);
        desk.ended(call, 0);
    }
    assert_eq!(order, [4, 5, 6, 2, 3, 1]);
}

#[test]
fn agents_are_offered_by_level_then_longest_idle() {
    let mut desk = Desk::new(plan(vec![group()], vec![agent(&[(0, 2)]), agent(&[(0, 1)]), agent(&[(0, 1)])]));
    for ready in [0, 2, 1] {
        assert_eq!(desk.ready(ready), NOTHING);
        desk.pass(1);
    }
    assert_eq!(desk.enqueue(1, 0, 0), ["Queued c1 g0 #1", "Reserve a2 for c1 r1"]);
    assert_eq!(desk.enqueue(2, 0, 0), ["Queued c2 g0 #1", "Reserve a1 for c2 r2"]);
    assert_eq!(desk.enqueue(3, 0, 0), ["Queued c3 g0 #1", "Reserve a0 for c3 r3"]);
    assert_eq!(desk.enqueue(4, 0, 0), ["Queued c4 g0 #1"]);
}

#[test]
fn an_agent_whose_caller_hung_up_keeps_the_place_among_the_idle_and_one_who_let_it_ring_does_not() {
    let mut desk = Desk::new(plan(vec![group()], vec![agent(&[(0, 1)]), agent(&[(0, 1)])]));
    desk.ready(0);
    desk.pass(1);
    desk.ready(1);
    desk.enqueue(1, 0, 0);
    assert_eq!(desk.abandon(1), ["Withdraw a0 from c1 r1"]);
    desk.ready(0);
    assert_eq!(desk.enqueue(2, 0, 0)[1], "Reserve a0 for c2 r2");
    assert_eq!(desk.pass(20), ["Withdraw a0 from c2 r2", "Reserve a1 for c2 r3"]);
    desk.abandon(2);
    desk.ready(0);
    desk.ready(1);
    desk.pass(10);
    assert_eq!(desk.enqueue(3, 0, 0)[1], "Reserve a1 for c3 r4");
}

#[test]
fn the_next_caller_is_offered_the_moment_slot_and_talk_are_over_in_either_order() {
    for ready_first in [true, false] {
        let mut desk = Desk::new(plan(vec![group()], vec![agent(&[(0, 1)])]));
        desk.ready(0);
        desk.enqueue(1, 0, 0);
        desk.enqueue(2, 0, 0);
        desk.accepted(1, 0, 1);
        let said = if ready_first {
            assert_eq!(desk.ready(0), NOTHING);
            desk.ended(1, 0)
        } else {
            assert_eq!(desk.ended(1, 0), NOTHING);
            desk.ready(0)
        };
        assert_eq!(said, ["Reserve a0 for c2 r2"]);
    }
}

#[test]
fn wrap_up_is_the_agents_own_else_the_groups() {
    let slow = acd::Group { wrap_up: secs(30), ..group() };
    for (own, rest) in [(None, 30), (Some(secs(5)), 5), (Some(secs(0)), 0)] {
        let mut agent = agent(&[(0, 1)]);
        agent.wrap_up = own;
        let mut desk = Desk::new(plan(vec![slow.clone()], vec![agent]));
        desk.ready(0);
        desk.enqueue(1, 0, 0);
        desk.enqueue(2, 0, 0);
        desk.accepted(1, 0, 1);
        desk.ready(0);
        let mut said = desk.ended(1, 0);
        if rest > 0 {
            assert_eq!(said, NOTHING);
            assert_eq!(desk.pass(rest - 1), NOTHING);
            said = desk.pass(1);
        }
        assert_eq!(said, ["Reserve a0 for c2 r2"], "{own:?}");
    }
}

#[test]
fn a_cause_decides_the_rest_and_the_caller_goes_on_at_once() {
    let cases = [
        (Decline::Rejected, 5),
        (Decline::Busy, 5),
        (Decline::NoAnswer, 10),
        (Decline::Unreachable, 10),
        (Decline::Taken, 0),
    ];
    for (cause, rest) in cases {
        let mut desk = Desk::new(plan(vec![group()], vec![agent(&[(0, 1)]), agent(&[(0, 2)])]));
        desk.ready(0);
        desk.ready(1);
        desk.enqueue(1, 0, 0);
        desk.enqueue(2, 0, 0);
        desk.enqueue(3, 0, 0);
        desk.away(1);
        desk.declined(2, 1, 2, Decline::Rejected);
        desk.ready(0);
        let said = desk.declined(1, 0, 1, cause);
        let again = ["Reserve a0 for c1 r3"];
        if rest == 0 {
            assert_eq!(said, again, "{cause:?}");
            continue;
        }
        assert_eq!(said, NOTHING);
        assert_eq!(desk.pass(rest - 1), NOTHING, "{cause:?}");
        assert_eq!(desk.pass(1), again, "{cause:?}");
    }
}

#[test]
fn a_refused_slot_waits_for_the_next_ready() {
    let mut desk = Desk::new(plan(vec![group()], vec![agent(&[(0, 1)]), agent(&[(0, 2)])]));
    desk.ready(0);
    desk.ready(1);
    desk.enqueue(1, 0, 0);
    assert_eq!(desk.slot_refused(1, 0, 1), ["Reserve a1 for c1 r2"]);
    desk.enqueue(2, 0, 0);
    assert_eq!(desk.pass(15), NOTHING);
    assert_eq!(desk.ready(0), ["Reserve a0 for c2 r3"]);
}

#[test]
fn an_acceptance_that_crosses_a_withdraw_is_final() {
    let mut desk = Desk::new(plan(vec![group()], vec![agent(&[(0, 1)]), agent(&[(0, 2)])]));
    desk.ready(0);
    desk.ready(1);
    desk.enqueue(1, 0, 0);
    assert_eq!(desk.pass(20), ["Withdraw a0 from c1 r1", "Reserve a1 for c1 r2"]);
    assert_eq!(desk.accepted(1, 0, 1), ["Withdraw a1 from c1 r2"]);
    assert_eq!(desk.declined(1, 1, 2, Decline::Taken), NOTHING);
    assert_eq!(desk.locate(1), NOTHING);
    assert_eq!(desk.ready(1), NOTHING);
    assert_eq!(desk.enqueue(2, 0, 0)[1], "Reserve a1 for c2 r3", "agent 1 is blameless");
    desk.enqueue(3, 0, 0);
    desk.ready(0);
    assert_eq!(desk.ended(1, 0), ["Reserve a0 for c3 r4"], "the talk ended the back-off");
}

#[test]
fn an_acceptance_frees_the_agent_from_a_newer_promise() {
    let mut desk = Desk::new(plan(vec![group()], vec![agent(&[(0, 1)])]));
    desk.ready(0);
    desk.enqueue(1, 0, 0);
    desk.enqueue(2, 0, 5);
    desk.pass(20);
    desk.ready(0);
    assert_eq!(desk.pass(10), ["Reserve a0 for c2 r2"]);
    assert_eq!(desk.accepted(1, 0, 1), ["Withdraw a0 from c2 r2"]);
    assert_eq!(desk.locate(2), ["Located c2 g0 #1"]);
    assert_eq!(desk.locate(1), NOTHING);
}

#[test]
fn stale_words_change_nothing() {
    let mut desk = Desk::new(plan(vec![group()], vec![agent(&[(0, 1)])]));
    desk.ready(0);
    desk.enqueue(1, 0, 0);
    assert_eq!(desk.declined(1, 0, 1, Decline::Rejected), NOTHING);
    desk.ready(0);
    assert_eq!(desk.pass(5), ["Reserve a0 for c1 r2"]);
    for _ in 0..2 {
        assert_eq!(desk.declined(1, 0, 1, Decline::Rejected), NOTHING);
        assert_eq!(desk.declined(9, 0, 2, Decline::Rejected), NOTHING);
        assert_eq!(desk.accepted(1, 0, 99), NOTHING, "never issued");
        assert_eq!(desk.accepted(1, 7, 2), NOTHING, "no such agent");
        assert_eq!(desk.slot_refused(1, 0, 1), NOTHING);
        assert_eq!(desk.ended(1, 0), NOTHING);
        assert_eq!(desk.abandon(9), NOTHING);
        assert_eq!(desk.locate(9), NOTHING);
        assert_eq!(desk.ready(7), NOTHING);
        assert_eq!(desk.away(7), NOTHING);
    }
    assert_eq!(desk.locate(1), ["Located c1 g0 #1"]);
    assert_eq!(desk.enqueue(1, 0, 0), ["Withdraw a0 from c1 r2", "Queued c1 g0 #1"]);
    assert_eq!(desk.accepted(1, 0, 2), NOTHING, "of an earlier stay");
    assert_eq!(desk.locate(1), ["Located c1 g0 #1"]);
}

#[test]
fn abandoning_ends_place_offer_and_talk() {
    let mut desk = Desk::new(plan(vec![group()], vec![agent(&[(0, 1)])]));
    desk.enqueue(1, 0, 0);
    desk.enqueue(2, 0, 0);
    assert_eq!(desk.abandon(1), NOTHING);
    assert_eq!(desk.ready(0), ["Reserve a0 for c2 r1"]);
    assert_eq!(desk.abandon(2), ["Withdraw a0 from c2 r1"]);
    assert_eq!(desk.accepted(2, 0, 1), NOTHING, "nothing comes after a call's last word");
    desk.enqueue(3, 0, 0);
    assert_eq!(desk.ready(0), ["Reserve a0 for c3 r2"]);
    desk.accepted(3, 0, 2);
    desk.enqueue(4, 0, 0);
    desk.ready(0);
    assert_eq!(desk.abandon(3), ["Reserve a0 for c4 r3"]);
    assert_eq!(desk.ended(3, 0), NOTHING);
}

#[test]
fn a_full_group_overflows_along_the_chain_and_no_further_than_there_are_groups() {
    let full = |overflow: Overflow| acd::Group { limit: 1, overflow: overflow.into(), ..group() };
    let to = |n| Overflow::Group(base::GroupId(n));
    let groups = vec![full(to(1)), full(to(2)), full(Overflow::Message), full(to(4)), full(to(3)), full(to(77))];
    let mut desk = Desk::new(plan(groups, vec![agent(&[(0, 1)])]));
    assert_eq!(desk.enqueue(1, 0, 0), ["Queued c1 g0 #1"]);
    assert_eq!(desk.enqueue(2, 0, 0), ["Moved c2 g0 to g1", "Queued c2 g1 #1"]);
    assert_eq!(desk.enqueue(3, 0, 0), ["Moved c3 g0 to g2", "Queued c3 g2 #1"]);
    assert_eq!(desk.enqueue(4, 0, 0), ["Refused c4 g2 full"]);
    desk.enqueue(5, 3, 0);
    desk.enqueue(6, 4, 0);
    assert_eq!(desk.enqueue(7, 3, 0), ["Refused c7 g4 full"], "a circle ends");
    desk.enqueue(8, 5, 0);
    assert_eq!(desk.enqueue(9, 5, 0), ["Refused c9 g77 unknown"]);
    assert_eq!(desk.enqueue(10, 99, 0), ["Refused c10 g99 unknown"]);
    desk.ready(0);
    assert_eq!(desk.enqueue(11, 0, 0), ["Queued c11 g0 #1"], "who is being offered is not in line");
}

#[test]
fn a_group_without_places_takes_whom_an_agent_serves_at_once() {
    let mut desk = Desk::new(plan(vec![acd::Group { limit: 0, ..group() }], vec![agent(&[(0, 1)])]));
    assert_eq!(desk.enqueue(1, 0, 0), ["Refused c1 g0 full"]);
    desk.ready(0);
    assert_eq!(desk.enqueue(2, 0, 0), ["Queued c2 g0 #1", "Reserve a0 for c2 r1"]);
    assert_eq!(desk.enqueue(3, 0, 0), ["Refused c3 g0 full"]);
    assert_eq!(desk.declined(2, 0, 1, Decline::Busy), NOTHING, "who was taken in is not sent away");
    assert_eq!(desk.locate(2), ["Located c2 g0 #1"]);
}

#[test]
fn too_long_a_wait_moves_with_the_place_in_time() {
    let short = |overflow: Overflow| acd::Group { wait: Some(secs(30)), overflow: overflow.into(), ..group() };
    let groups = vec![short(Overflow::Group(base::GroupId(1))), short(Overflow::Message)];
    let mut desk = Desk::new(plan(groups, vec![agent(&[(1, 1)])]));
    desk.enqueue(1, 0, 0);
    desk.pass(20);
    desk.enqueue(2, 1, 0);
    assert_eq!(desk.pass(10), ["Moved c1 g0 to g1", "Queued c1 g1 #1"]);
    assert_eq!(desk.locate(2), ["Located c2 g1 #1"], "a position told never grows");
    assert_eq!(desk.pass(20), ["Refused c2 g1 waited too long"]);
    assert_eq!(desk.ready(0), ["Reserve a0 for c1 r1"]);
    assert_eq!(desk.pass(15), NOTHING, "an open offer runs its course");
    assert_eq!(desk.declined(1, 0, 1, Decline::Busy), ["Refused c1 g1 waited too long"]);
}

#[test]
fn whom_another_group_sends_back_goes_there_when_it_has_people() {
    let mut groups = vec![acd::Group { wait: Some(secs(30)), ..group() }, group()];
    groups[0].overflow.waited = Overflow::Group(base::GroupId(1));
    groups[1].overflow.unstaffed = Overflow::Group(base::GroupId(0));
    let mut desk = Desk::new(plan(groups, vec![agent(&[(1, 1)])]));
    // Nobody has signed on for as long as makes a group unstaffed.
    desk.pass(60);
    desk.enqueue(1, 0, 0);
    assert_eq!(desk.pass(75), NOTHING, "sent back twice");
    desk.tell(acd::Command::SignedOn { agent: base::AgentId(0), on: true });
    assert_eq!(desk.pass(10), NOTHING);
    assert_eq!(desk.pass(10), ["Moved c1 g0 to g1", "Queued c1 g1 #1"]);
}

#[test]
fn a_circle_of_short_waits_comes_to_rest() {
    let short = |n| acd::Group { wait: Some(secs(0)), overflow: Overflow::Group(base::GroupId(n)).into(), ..group() };
    let mut desk = Desk::new(plan(vec![short(1), short(0)], vec![]));
    desk.enqueue(1, 0, 0);
    let said = desk.pass(100);
    let moves: Vec<_> = said.iter().filter(|w| w.starts_with("Moved")).collect();
    assert_eq!(moves, ["Moved c1 g0 to g1", "Moved c1 g1 to g0"]);
    assert_eq!(desk.locate(1), ["Located c1 g0 #1"]);
    assert_eq!(desk.acd.next_timeout(), None);
}

#[test]
fn positions_count_those_ahead_in_the_group_and_never_grow() {
    let mut desk = Desk::new(plan(vec![group(), group()], vec![agent(&[(0, 1)])]));
    desk.enqueue(1, 0, 1);
    desk.enqueue(2, 0, 1);
    desk.enqueue(3, 1, 9);
    assert_eq!(desk.enqueue(4, 0, 1), ["Queued c4 g0 #3"]);
    assert_eq!(desk.enqueue(5, 0, 9), ["Queued c5 g0 #1"]);
    assert_eq!(desk.locate(4), ["Located c4 g0 #3"], "let in ahead, not told");
    assert_eq!(desk.ready(0), ["Reserve a0 for c5 r1"]);
    desk.abandon(1);
    assert_eq!(desk.locate(4), ["Located c4 g0 #2"]);
    assert_eq!(desk.declined(5, 0, 1, Decline::Busy), NOTHING);
    assert_eq!(desk.locate(4), ["Located c4 g0 #2"], "came back ahead, not told");
    assert_eq!(desk.locate(5), ["Located c5 g0 #1"]);
    desk.abandon(5);
    desk.abandon(2);
    assert_eq!(desk.locate(4), ["Located c4 g0 #1"]);
}

#[test]
fn the_view_counts() {
    let wrapping = acd::Group { wrap_up: secs(60), ..group() };
    let both = || agent(&[(0, 1), (1, 1)]);
    let mut desk = Desk::new(plan(vec![wrapping, group()], vec![both(), both(), both(), both(), agent(&[(1, 1)])]));
    for n in 0..4 {
        desk.ready(n);
        desk.enqueue(n, 0, 0);
    }
    desk.ready(4);
    desk.accepted(0, 0, 1);
    desk.accepted(1, 1, 2);
    desk.ended(1, 1);
    desk.pass(2);
    desk.declined(2, 2, 3, Decline::Rejected);
    desk.pass(1);
    desk.enqueue(9, 0, 0);
    let view = desk.acd.view(desk.now);
    let expected = acd::GroupView {
        surging: acd::ledger::Surging::default(),
        closed: false,
        waiting: 2,
        call_backs: 0,
        offered: 1,
        longest_wait: secs(3),
        expected: view.groups[0].expected,
        places: 0,
        agents_signed_on: 0,
        agents_ready: 0,
        agents_offered: 1,
        agents_talking: 1,
        agents_wrap_up: 1,
        agents_back_off: 1,
    };
    assert_eq!(view.groups[0], expected);
    assert_eq!((view.groups[1].agents_ready, view.groups[1].agents_talking, view.groups[1].waiting), (1, 1, 0));
    use acd::AgentState::{BackOff, Offered, Ready, Talking, WrapUp};
    assert_eq!(view.agents, [Talking, WrapUp, BackOff, Offered, Ready]);
}
