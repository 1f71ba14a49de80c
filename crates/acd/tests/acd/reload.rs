//! Another plan while callers wait and talk: nobody loses a place, and no talk ends.

use std::sync::Arc;
use std::time::Duration;

use acd::{Command, Decline, Group, Overflow, Plan, Strategy};
use base::GroupId;

use crate::kit::{Desk, agent, group, plan};

impl Desk {
    fn reload(&mut self, plan: Plan) -> Vec<String> {
        self.tell(Command::Plan(Arc::new(plan)))
    }
}

/// Two groups with an agent each.
fn before() -> Plan {
    plan(vec![group(), group()], vec![agent(&[(0, 1)]), agent(&[(1, 1)])])
}

fn removed(overflow: Overflow) -> Group {
    Group { removed: true, overflow: overflow.into(), ..group() }
}

#[test]
fn an_agent_who_is_given_a_skill_serves_whoever_waits_longest() {
    let mut desk = Desk::new(before());
    desk.ready(1);
    for call in 1..=3 {
        desk.enqueue(call, 0, 0);
        desk.pass(1);
    }
    let more = plan(vec![group(), group()], vec![agent(&[(0, 1)]), agent(&[(0, 2), (1, 1)])]);
    assert_eq!(desk.reload(more), ["Reserve a1 for c1 r1"]);
    assert_eq!(desk.locate(3), ["Located c3 g0 #2"]);
}

#[test]
fn an_agent_who_loses_a_skill_talks_on_and_is_offered_no_more() {
    let mut desk = Desk::new(before());
    desk.ready(0);
    desk.enqueue(1, 0, 0);
    desk.accepted(1, 0, 1);
    desk.enqueue(2, 0, 0);
    let fewer = plan(vec![group(), group()], vec![agent(&[]), agent(&[(1, 1)])]);
    assert_eq!(desk.reload(fewer), [""; 0]);
    desk.ended(1, 0);
    assert_eq!(desk.ready(0), [""; 0]);
    assert_eq!(desk.locate(2), ["Located c2 g0 #1"], "the caller waits on");
    assert_eq!(desk.reload(before()), ["Reserve a0 for c2 r2"], "the skill comes back");
}

#[test]
fn new_groups_and_agents_come_behind_the_last() {
    let mut desk = Desk::new(before());
    desk.enqueue(1, 0, 0);
    assert_eq!(desk.enqueue(2, 2, 0), ["Refused c2 g2 unknown"]);
    let agents = vec![agent(&[(0, 1)]), agent(&[(1, 1)]), agent(&[(0, 1), (2, 1)])];
    assert_eq!(desk.reload(plan(vec![group(); 3], agents)), [""; 0]);
    assert_eq!(desk.enqueue(2, 2, 0), ["Queued c2 g2 #1"]);
    assert_eq!(desk.ready(2), ["Reserve a2 for c1 r1"]);
}

#[test]
fn callers_of_a_removed_group_overflow_in_order_of_turn() {
    let mut desk = Desk::new(before());
    let first = desk.now.time;
    desk.pass(10);
    desk.enqueue(1, 0, 0);
    desk.enqueue_since(2, 0, 0, first);
    desk.enqueue(3, 1, 0);
    let gone = plan(vec![removed(Overflow::Group(GroupId(1))), group()], before().agents);
    let moved = ["Moved c2 g0 to g1", "Queued c2 g1 #1", "Moved c1 g0 to g1", "Queued c1 g1 #2"];
    assert_eq!(desk.reload(gone.clone()), moved);
    assert_eq!(desk.locate(3), ["Located c3 g1 #1"], "what was told never grows");
    assert_eq!(desk.enqueue(4, 0, 0), ["Moved c4 g0 to g1", "Queued c4 g1 #4"], "a menu of before still leads there");
    assert_eq!(desk.open(0, true), ["Steered t7 UnknownGroup"]);
    assert_eq!(desk.move_to(3, 0), ["Steered t7 UnknownGroup"]);
    let message = plan(vec![removed(Overflow::Stay), removed(Overflow::Message)], before().agents);
    let told = ["Refused c2 g1 unknown", "Refused c1 g1 unknown", "Refused c3 g1 unknown", "Refused c4 g1 unknown"];
    assert_eq!(desk.reload(message), told);
    assert!(desk.ledger.callers.is_empty());
}

#[test]
fn an_offer_of_a_removed_group_runs_its_course() {
    let mut desk = Desk::new(before());
    let three = vec![agent(&[(0, 1)]), agent(&[(1, 1)]), agent(&[(0, 1)])];
    desk.reload(plan(vec![group(), group()], three));
    desk.ready(0);
    desk.ready(2);
    desk.enqueue(1, 0, 0);
    desk.enqueue(2, 0, 0);
    let skills = vec![agent(&[]), agent(&[(1, 1)]), agent(&[])];
    assert_eq!(desk.reload(plan(vec![removed(Overflow::Group(GroupId(1))), group()], skills)), [""; 0]);
    let declined = desk.declined(1, 0, 1, Decline::Rejected);
    assert_eq!(declined, ["Moved c1 g0 to g1", "Queued c1 g1 #1"]);
    assert_eq!(desk.accepted(2, 2, 2), [""; 0], "the other one talks");
    assert_eq!(desk.come_back(2, 0, 0, desk.now.time), ["Moved c2 g0 to g1", "Queued c2 g1 #2"]);
}

#[test]
fn a_wait_of_another_length_counts_from_when_the_caller_came() {
    let with = |wait: Option<u64>| {
        let first = Group { wait: wait.map(Duration::from_secs), overflow: Overflow::Message.into(), ..group() };
        plan(vec![first, group()], before().agents)
    };
    let mut desk = Desk::new(with(Some(60)));
    desk.enqueue(1, 0, 0);
    desk.pass(20);
    desk.enqueue(2, 0, 0);
    desk.reload(with(Some(30)));
    assert_eq!(desk.pass(10), ["Refused c1 g0 waited too long"]);
    desk.reload(with(None));
    assert_eq!(desk.pass(1_000), [""; 0]);
    desk.reload(with(Some(5)));
    assert_eq!(desk.pass(4), [""; 0], "it had no end, so it counts from now");
    assert_eq!(desk.pass(1), ["Refused c2 g0 waited too long"]);
    desk.enqueue(3, 0, 0);
    desk.pass(4);
    desk.reload(with(Some(1)));
    assert_eq!(desk.pass(1), ["Refused c3 g0 waited too long"], "what is over by the new plan ends at once");
}

#[test]
fn a_group_that_was_closed_by_hand_stays_closed() {
    let mut desk = Desk::new(before());
    desk.open(0, false);
    desk.reload(plan(vec![group(), group(), group()], before().agents));
    assert_eq!(desk.enqueue(1, 0, 0), ["Refused c1 g0 closed"]);
    desk.restart(None);
    assert_eq!(desk.enqueue(2, 0, 0), ["Refused c2 g0 closed"]);
}

#[test]
fn who_was_pulled_forward_and_what_priority_is_worth() {
    let worth = |seconds| Plan { priority_worth: Duration::from_secs(seconds), ..before() };
    let mut desk = Desk::new(worth(100));
    desk.enqueue(1, 0, 0);
    desk.pass(10);
    desk.enqueue(2, 0, 1);
    desk.enqueue(3, 0, 0);
    desk.raise(3);
    desk.reload(worth(1));
    assert_eq!(desk.ready(0), ["Reserve a0 for c3 r1"]);
    desk.accepted(3, 0, 1);
    desk.ended(3, 0);
    assert_eq!(desk.ready(0), ["Reserve a0 for c1 r2"], "a step is worth a second now, and ten have passed");
}

#[test]
fn another_strategy_sorts_those_who_idle() {
    let with = |strategy| {
        let first = Group { strategy, ..group() };
        plan(vec![first, group()], vec![agent(&[(0, 1)]), agent(&[(0, 1)])])
    };
    let mut desk = Desk::new(with(Strategy::LongestIdle));
    desk.ready(1);
    desk.ready(0);
    desk.reload(with(Strategy::Fixed));
    assert_eq!(desk.enqueue(1, 0, 0), ["Queued c1 g0 #1", "Reserve a0 for c1 r1"]);
}

#[test]
fn a_plan_of_fewer_groups_or_agents_is_none() {
    let mut desk = Desk::new(before());
    desk.enqueue(1, 1, 0);
    assert_eq!(desk.reload(plan(vec![group()], before().agents)), [""; 0]);
    assert_eq!(desk.reload(plan(vec![group(), group()], vec![])), [""; 0]);
    assert_eq!(desk.ready(1), ["Reserve a1 for c1 r1"]);
}
