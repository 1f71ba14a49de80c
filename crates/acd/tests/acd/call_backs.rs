//! Citizens who are called back: each at the turn that it would have had, once, and after an agent is reserved.

use std::time::Duration;

use acd::{Acd, Action, CallBack, Command, Decline, Fact, Overflow, Plan, Reservation};
use base::{AgentId, CallId, GroupId, Ticket};

use crate::kit::{Desk, agent, group, id, plan};

const NOTHING: [&str; 0] = [];

/// Two groups that call back twice, a minute apart; agent 0 serves the first, agent 1 the second.
fn two_groups() -> Plan {
    let call_back = CallBack { tries: 2, retry: Duration::from_secs(60), limit: 2 };
    let calls_back = acd::Group { call_back: Some(call_back), wrap_up: Duration::from_secs(30), ..group() };
    plan(vec![calls_back.clone(), calls_back], vec![agent(&[(0, 1)]), agent(&[(1, 1)])])
}

/// Calls 1, 2 and 3 came in this order, and 2 is to be called back.
fn desk() -> Desk {
    let mut desk = Desk::new(two_groups());
    for call in 1..=3 {
        desk.enqueue(call, 0, 0);
        desk.pass(1);
    }
    assert_eq!(desk.call_back(2), ["Promised c2 true"]);
    desk
}

fn back(desk: &mut Desk, command: impl Fn(CallId) -> Command) -> Vec<String> {
    desk.tell(command(id(2).again()))
}

fn accepts(desk: &mut Desk, call: CallId, reservation: u64) -> Vec<String> {
    desk.tell(Command::Accepted { call, agent: AgentId(0), reservation: Reservation(reservation) })
}

#[test]
fn who_is_called_back_has_the_turn_that_it_would_have_had() {
    let mut desk = desk();
    assert_eq!(desk.locate(3), ["Located c3 g0 #3"], "nobody moves up");
    assert_eq!(desk.ready(0), ["Reserve a0 for c1 r1"]);
    desk.accepted(1, 0, 1);
    desk.ended(1, 0);
    desk.ready(0);
    assert_eq!(desk.pass(30), ["CallsBack c2+1 g0", "Reserve a0 for c2 r2"], "before who came after");
    assert_eq!(accepts(&mut desk, id(2).again(), 2), NOTHING);
    assert_eq!(back(&mut desk, |call| Command::Reached { call }), NOTHING);
    assert!(desk.ledger.promises.is_empty());
    desk.tell(Command::Ended { call: id(2).again(), agent: AgentId(0) });
    desk.ready(0);
    assert_eq!(desk.pass(29), NOTHING, "wraps up as after any talk");
    assert_eq!(desk.pass(1), ["Reserve a0 for c3 r3"]);
}

#[test]
fn an_offer_that_comes_to_nothing_keeps_the_place() {
    let mut desk = desk();
    desk.abandon(1);
    desk.ready(0);
    let declined = back(&mut desk, |call| Command::Declined {
        call,
        agent: AgentId(0),
        reservation: Reservation(1),
        cause: Decline::Rejected,
    });
    assert_eq!(declined, NOTHING);
    desk.ready(0);
    assert_eq!(desk.pass(5), ["Reserve a0 for c2 r2"], "the agent's call has begun already, and it is its turn still");
}

#[test]
fn who_does_not_answer_is_called_again_and_then_no_more() {
    let mut desk = desk();
    desk.abandon(1);
    desk.abandon(3);
    desk.ready(0);
    accepts(&mut desk, id(2).again(), 1);
    desk.said.clear();
    assert_eq!(back(&mut desk, |call| Command::Unreached { call, agent: AgentId(0) }), NOTHING);
    assert_eq!(desk.said, ["{Promised n2 c2+2 g0 p0 since @1 tried 1 from @63}", "{Left c2}"], "and no wrap-up");
    desk.ready(0);
    assert_eq!(desk.pass(59), NOTHING, "is in no line for a minute");
    assert_eq!(desk.enqueue(6, 0, 0), ["Queued c6 g0 #1", "Reserve a0 for c6 r2"]);
    assert_eq!(desk.pass(1), NOTHING);
    desk.declined(6, 0, 2, Decline::Taken);
    assert_eq!(desk.ready(0), ["CallsBack c2+2 g0 last", "Reserve a0 for c2 r3"], "then before all who came later");
    let second = id(2).again().again();
    accepts(&mut desk, second, 3);
    desk.said.clear();
    desk.tell(Command::Unreached { call: second, agent: AgentId(0) });
    assert_eq!(desk.said, ["{PromiseOver n2}", "{Left c2}"]);
}

#[test]
fn who_calls_again_takes_the_turn_up_and_is_not_called_back() {
    let mut desk = desk();
    desk.abandon(1);
    assert_eq!(desk.ready(0), ["CallsBack c2+1 g0", "Reserve a0 for c2 r1"]);
    desk.said.clear();
    let said = desk.enqueue_from(2, 9, 0, 0);
    assert_eq!(said, ["Withdraw a0 from c2 r1", "Refused c2 g0 called again", "Queued c9 g0 #1"]);
    assert!(desk.ledger.promises.is_empty());
    assert_eq!(desk.ready(0), ["Reserve a0 for c9 r2"], "before call 3");
}

#[test]
fn who_calls_again_while_the_phone_rings_frees_the_agent() {
    let mut desk = desk();
    desk.abandon(1);
    desk.ready(0);
    accepts(&mut desk, id(2).again(), 1);
    let said = desk.enqueue_from(2, 9, 0, 0);
    assert_eq!(said, ["Refused c2 g0 called again", "Queued c9 g0 #1"]);
    assert_eq!(back(&mut desk, |call| Command::Unreached { call, agent: AgentId(0) }), NOTHING, "comes too late");
    assert_eq!(desk.ready(0), ["Reserve a0 for c9 r2"]);
}

#[test]
fn a_full_group_promises_nothing_and_a_promise_takes_no_room() {
    let limited = |mut plan: Plan| {
        plan.groups[0].limit = 2;
        plan.groups[0].overflow = Overflow::Message.into();
        plan
    };
    let mut desk = Desk::new(limited(two_groups()));
    for call in 1..=2 {
        desk.enqueue(call, 0, 0);
        desk.call_back(call);
    }
    desk.enqueue(3, 0, 0);
    assert_eq!(desk.enqueue(4, 0, 0), ["Queued c4 g0 #4"], "two wait on the line");
    assert_eq!(desk.enqueue(5, 0, 0), ["Refused c5 g0 full"]);
    assert_eq!(desk.call_back(3), ["Promised c3 false"]);
    let view = desk.acd.view(desk.now);
    assert_eq!((view.groups[0].waiting, view.groups[0].call_backs), (2, 2));
}

#[test]
fn nobody_without_a_number_or_in_another_group_is_promised_a_call() {
    let mut plan = two_groups();
    plan.groups[1].call_back = None;
    let mut desk = Desk::new(plan);
    let since = desk.now.time;
    desk.tell(Command::Enqueue { call: id(1), caller: None, group: GroupId(0), priority: 0, since });
    desk.enqueue(2, 1, 0);
    for call in 1..=3 {
        assert_eq!(desk.call_back(call), [format!("Promised c{call} false")]);
    }
}

#[test]
fn a_queue_that_drains_holds_them_and_the_next_one_calls() {
    let mut desk = desk();
    desk.abandon(1);
    desk.ready(0);
    assert_eq!(
        desk.tell(Command::HoldCallBacks),
        ["Withdraw a0 from c2 r1", "Refused c2 g0 held"],
        "the phone stops, and call 3 has the agent when that is free"
    );
    assert_eq!(desk.ready(0), ["Reserve a0 for c3 r2"]);
    assert_eq!(desk.call_back(3), ["Promised c3 false"]);
    desk.pass(3600);
    desk.restart(None);
    assert_eq!(desk.ready(0), ["CallsBack c2+3 g0", "Reserve a0 for c2 r3"]);
}

#[test]
fn a_promise_outlives_the_process_and_what_is_being_dialled_rests_first() {
    let mut desk = desk();
    desk.abandon(1);
    desk.restart(None);
    assert_eq!(desk.acd.view(desk.now).groups[0].call_backs, 1);
    assert_eq!(desk.ready(0), ["CallsBack c2+2 g0", "Reserve a0 for c2 r1"]);
    accepts(&mut desk, id(2).again().again(), 1);
    desk.said.clear();
    desk.restart(None);
    let said = ["{Promised n2 c2+3 g0 p0 since @1 tried 0 from @63}", "{Left c2}"];
    assert_eq!(desk.said, said, "no place beside the promise");
    desk.ready(0);
    assert_eq!(desk.pass(59), NOTHING);
    assert_eq!(desk.pass(1), ["CallsBack c2+3 g0", "Reserve a0 for c2 r2"]);
}

#[test]
fn a_journal_that_is_cut_anywhere_loses_no_promise() {
    let desk = desk();
    let mut before = desk.ledger.clone();
    before.promises.clear();
    let caller = before.callers[&id(1)];
    before.callers.insert(id(2), acd::ledger::Caller { caller: Some(base::CallerKey([2, 0])), ..caller });
    let mut acd = Acd::restore(two_groups(), desk.now, &before, &mut Vec::new());
    let mut out = Vec::new();
    let since = desk.now.time;
    let again =
        Command::Enqueue { call: id(9), caller: Some(base::CallerKey([2, 0])), group: GroupId(0), priority: 0, since };
    acd.handle(desk.now, again, &mut Vec::new());
    let ledger = acd.ledger();
    let citizen = desk.ledger.promises.values().next().expect("a promise").citizen.clone();
    let citizen = Box::new(citizen);
    acd.handle(desk.now, Command::CallBack { call: id(9), citizen }, &mut out);
    let facts: Vec<Fact> =
        out.into_iter().filter_map(|a| if let Action::Fact(f) = a { Some(f) } else { None }).collect();
    for written in 0..=facts.len() {
        let mut ledger = ledger.clone();
        facts[..written].iter().cloned().for_each(|fact| ledger.apply(fact));
        let next = Acd::restore(two_groups(), desk.now, &ledger, &mut Vec::new()).ledger();
        let kept = |caller: &base::CallerKey| caller.0[0] == 2;
        let promised = next.promises.keys().any(kept) || next.places.keys().any(kept);
        assert!(promised, "killed after {written} facts of {facts:?}");
    }
}

#[test]
fn supervisors_move_raise_and_take_back_what_was_promised() {
    let mut desk = desk();
    let ticket = Ticket(7);
    let moved = back(&mut desk, |call| Command::Move { ticket, call, group: GroupId(1) });
    assert_eq!(moved, ["Moved c2 g0 to g1 by hand", "Queued c2 g1 #1", "Steered t7 Done"]);
    assert_eq!(desk.ledger.promises.values().map(|p| p.group).collect::<Vec<_>>(), [GroupId(1)]);
    assert_eq!(desk.ready(1), ["CallsBack c2+1 g1", "Reserve a1 for c2 r1"]);
    let released = back(&mut desk, |call| Command::Release { ticket, call });
    assert_eq!(released, ["Withdraw a1 from c2 r1", "Refused c2 g1 released", "Steered t7 Done"]);
    assert!(desk.ledger.promises.is_empty());
    desk.call_back(3);
    desk.restart(None);
    desk.ready(0);
    let third = id(3).again().again();
    accepts(&mut desk, third, 2);
    desk.tell(Command::Keep { call: third });
    assert_eq!(
        desk.acd.callers(desk.now, GroupId(0), 9)[0].rests,
        Some(Duration::from_secs(60)),
        "our fault, and tried"
    );
    let resting = Command::Release { ticket, call: third.again() };
    assert_eq!(desk.tell(resting.clone()), ["Steered t7 Done"]);
    assert_eq!(desk.tell(resting), ["Steered t7 NotWaiting"]);
}
