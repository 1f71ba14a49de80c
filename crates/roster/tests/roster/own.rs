//! Calls of the agents' own: whom a colleague may ring, and who is offered calls meanwhile.

use std::time::Duration;

use roster::{Action, Command, Slot, StateChange};

use crate::kit::{A, B, Desk, binds, id, pause, udp};

const NOTHING: [&str; 0] = [];

/// The agent is registered and ready.
fn desk() -> Desk {
    let mut desk = Desk::new();
    desk.register(A, binds(udp(1), "a", 1, "sip:a@h1"));
    desk
}

fn own(desk: &mut Desk, begins: bool) -> Vec<String> {
    words(&desk.tell(Command::OwnCall { agent: A, begins }))
}

fn ring(desk: &mut Desk, call: u32) -> Vec<String> {
    words(&desk.tell(Command::Ring { call: id(call), agent: A }))
}

fn takes_over(desk: &mut Desk, call: u32, epoch: u64) -> Vec<String> {
    words(&desk.tell(Command::TakesOver { agent: A, call: id(call), epoch }))
}

fn words(actions: &[Action]) -> Vec<String> {
    let word = |action: &Action| match action {
        Action::Reached { call, contacts, .. } => format!("{} reached at {}", call.serial, contacts[0].uri),
        Action::Unreached { call, busy: true, .. } => format!("{} busy", call.serial),
        Action::Unreached { call, busy: false, .. } => format!("{} nobody there", call.serial),
        Action::Ready { .. } => "ready".to_owned(),
        Action::Away { .. } => "away".to_owned(),
        Action::Offer { call, .. } => format!("{} offered", call.serial),
        Action::SlotRefused { call, .. } => format!("{} refused", call.serial),
        other => format!("{other:?}"),
    };
    actions.iter().map(word).collect()
}

fn slot(desk: &Desk) -> Slot {
    desk.roster.view().agents[0].slot
}

#[test]
fn whose_phone_a_colleague_may_ring() {
    type Case = (&'static str, fn(&mut Desk), &'static [&'static str]);
    let cases: [Case; 9] = [
        ("free", |_| {}, &["7 reached at sip:a@h1", "away"]),
        ("offered a call", |d| drop(d.reserve(A, 1, 5)), &["7 busy"]),
        (
            "in a talk",
            |d| drop((d.reserve(A, 1, 5), d.tell(Command::Talking { agent: A, call: id(1), epoch: 5 }))),
            &["7 busy"],
        ),
        (
            "being hung up",
            |d| drop((d.reserve(A, 1, 5), d.tell(Command::Releasing { agent: A, call: id(1), epoch: 5 }))),
            &["7 busy"],
        ),
        ("in a call of its own", |d| drop(own(d, true)), &["7 busy"]),
        ("rung by another colleague", |d| drop(ring(d, 6)), &["7 busy"]),
        // Nobody is offered to the agent anyway, and the phone is there.
        ("paused", |d| d.must(A, pause("meal")), &["7 reached at sip:a@h1"]),
        ("signed off", |d| d.must(A, StateChange::SignOff), &["7 reached at sip:a@h1"]),
        ("without a phone", |d| drop(d.pass(Duration::from_secs(700))), &["7 nobody there"]),
    ];
    for (what, prepare, answer) in cases {
        let mut desk = desk();
        prepare(&mut desk);
        assert_eq!(ring(&mut desk, 7), answer, "{what}");
    }
    let mut desk = Desk::new();
    assert_eq!(words(&desk.tell(Command::Ring { call: id(7), agent: B })), ["7 nobody there"], "never registered");
    let nobody = Command::Ring { call: id(7), agent: base::AgentId(9) };
    assert_eq!(words(&desk.tell(nobody)), ["7 nobody there"], "no agent at all");
}

#[test]
fn two_who_ring_at_once_find_one_phone() {
    let mut desk = desk();
    assert_eq!(ring(&mut desk, 6), ["6 reached at sip:a@h1", "away"]);
    assert_eq!(ring(&mut desk, 7), ["7 busy"]);
    assert_eq!(own(&mut desk, false), ["ready"]);
    assert_eq!(ring(&mut desk, 7), ["7 reached at sip:a@h1", "away"]);
}

#[test]
fn an_agent_in_calls_of_the_own_is_not_offered_until_the_last_is_over() {
    let mut desk = desk();
    assert_eq!(own(&mut desk, true), ["away"]);
    assert_eq!(own(&mut desk, true), NOTHING);
    assert_eq!(words(&desk.reserve(A, 1, 5)), ["1 refused"]);
    assert_eq!(own(&mut desk, false), NOTHING);
    assert_eq!(words(&desk.reserve(A, 1, 6)), ["1 refused"]);
    assert_eq!(own(&mut desk, false), ["ready"]);
    assert_eq!(own(&mut desk, false), NOTHING, "and none is over twice");
    assert_eq!(words(&desk.reserve(A, 1, 7)), ["1 offered"]);
}

#[test]
fn an_offer_says_since_when_a_call_of_the_own_is_over() {
    let mut desk = desk();
    own(&mut desk, true);
    desk.pass(Duration::from_secs(30));
    own(&mut desk, false);
    let over = desk.now.time;
    desk.pass(Duration::from_secs(1));
    assert_eq!(own(&mut desk, false), NOTHING, "and none is over twice");
    let said = desk.reserve(A, 1, 5);
    let freed = said.iter().find_map(|action| match action {
        Action::Offer { freed, .. } => *freed,
        _ => None,
    });
    assert_eq!(freed, Some(over), "{said:?}");
}

#[test]
fn a_state_that_changes_meanwhile_counts_afterwards() {
    let mut desk = desk();
    own(&mut desk, true);
    desk.must(A, pause("meal"));
    assert_eq!(own(&mut desk, false), NOTHING, "paused");
    own(&mut desk, true);
    let (_, said) = desk.set(A, StateChange::Ready);
    assert_eq!(words(&said), NOTHING, "the phone is in use");
    assert_eq!(own(&mut desk, false), ["ready"]);
}

#[test]
fn a_call_of_the_own_beside_a_talk_leaves_the_slot() {
    let mut desk = desk();
    desk.reserve(A, 1, 5);
    desk.tell(Command::Talking { agent: A, call: id(1), epoch: 5 });
    assert_eq!(own(&mut desk, true), ["away"]);
    assert_eq!(words(&desk.tell(Command::Released { agent: A, call: id(1), epoch: 5 })), NOTHING, "still on the phone");
    assert_eq!(own(&mut desk, false), ["ready"]);
}

#[test]
fn what_was_a_call_of_the_own_is_a_talk() {
    let mut desk = desk();
    ring(&mut desk, 7);
    assert_eq!(takes_over(&mut desk, 1, 8), NOTHING);
    assert_eq!(slot(&desk), Slot::Talking { call: id(1), epoch: 8 });
    assert!(!desk.roster.view().agents[0].own_call);
    assert!(desk.happened().contains(&"1001 talking 1 by queue".to_owned()));
    assert_eq!(words(&desk.reserve(A, 2, 8)), ["2 refused"], "an old number");
    assert_eq!(words(&desk.tell(Command::Released { agent: A, call: id(2), epoch: 9 })), NOTHING, "another's");
    assert_eq!(words(&desk.tell(Command::Released { agent: A, call: id(1), epoch: 8 })), ["ready"]);
    assert_eq!(words(&desk.reserve(A, 2, 9)), ["2 offered"]);
}

#[test]
fn a_talk_that_was_taken_over_beside_another_call_of_the_own_ends_unready() {
    let mut desk = desk();
    ring(&mut desk, 7);
    own(&mut desk, true);
    takes_over(&mut desk, 1, 8);
    assert_eq!(words(&desk.tell(Command::Released { agent: A, call: id(1), epoch: 8 })), NOTHING, "still on the phone");
    assert_eq!(own(&mut desk, false), ["ready"]);
}

#[test]
fn a_restart_keeps_the_talk_that_was_taken_over() {
    let mut desk = desk();
    ring(&mut desk, 7);
    takes_over(&mut desk, 1, 8);
    desk.restart(crate::kit::plan(), Duration::from_secs(1));
    assert!(!matches!(slot(&desk), Slot::Free), "its dialog has to be closed first");
    assert_eq!(words(&desk.tell(Command::Released { agent: A, call: id(1), epoch: 8 })), ["ready"]);
}
