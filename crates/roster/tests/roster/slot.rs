//! The slot: a table of all its transitions.

use std::fmt::Write;
use std::time::Duration;

use base::GroupId;
use roster::{Action, Command, Slot};

use crate::kit::{A, Desk, binds, id, udp};

/// The states, each reached by commands from a registered agent whose newest epoch is 5, for call 1.
const STATES: [&str; 5] = ["free", "free, signed off", "reserved", "talking", "releasing"];

fn desk_in(state: &str) -> Desk {
    let mut desk = Desk::new();
    if state == "free, signed off" {
        return desk;
    }
    desk.register(A, binds(udp(1), "a", 1, "sip:a@h1"));
    desk.reserve(A, 1, 5);
    let (agent, call, epoch) = (A, id(1), 5);
    match state {
        "free" => desk.tell(Command::Released { agent, call, epoch }),
        "talking" => desk.tell(Command::Talking { agent, call, epoch }),
        "releasing" => desk.tell(Command::Releasing { agent, call, epoch }),
        _ => Vec::new(),
    };
    desk
}

fn inputs(desk: &Desk) -> Vec<(String, Option<Command>)> {
    let agent = A;
    let until = desk.now.time + Duration::from_secs(20);
    let mut inputs = Vec::new();
    for (call, epoch) in [(2, 6), (2, 5), (1, 4)] {
        let reserve = Command::Reserve { agent, call: id(call), group: GroupId(0), epoch, until };
        inputs.push((format!("Reserve call {call} epoch {epoch}"), Some(reserve)));
    }
    for (serial, epoch) in [(1, 5), (2, 5), (1, 4)] {
        let call = id(serial);
        let named = |what: &str| format!("{what} call {serial} epoch {epoch}");
        inputs.push((named("Talking"), Some(Command::Talking { agent, call, epoch })));
        inputs.push((named("Releasing"), Some(Command::Releasing { agent, call, epoch })));
        inputs.push((named("Released"), Some(Command::Released { agent, call, epoch })));
    }
    inputs.push(("52 s pass".to_owned(), None));
    inputs
}

fn name(slot: Slot) -> String {
    match slot {
        Slot::Free => "free".to_owned(),
        Slot::Reserved { call, epoch, .. } => format!("reserved({} {epoch})", call.serial),
        Slot::Talking { call, epoch } => format!("talking({} {epoch})", call.serial),
        Slot::Releasing { call, epoch, .. } => format!("releasing({} {epoch})", call.serial),
    }
}

fn said(actions: &[Action]) -> String {
    let names = actions.iter().map(|action| match action {
        Action::Offer { .. } => "Offer",
        Action::SlotRefused { .. } => "SlotRefused",
        Action::Ready { .. } => "Ready",
        Action::Away { .. } => "Away",
        _ => "(other)",
    });
    names.collect::<Vec<_>>().join(", ")
}

#[test]
fn every_transition() {
    let mut table = String::new();
    for state in STATES {
        writeln!(table, "{state}").expect("a String takes any text");
        for (input, command) in inputs(&desk_in(state)) {
            let mut desk = desk_in(state);
            let actions = match command {
                Some(command) => desk.tell(command),
                None => desk.pass(Duration::from_secs(52)),
            };
            let after = name(desk.roster.view().agents[0].slot);
            writeln!(table, "  {input:<26} -> {after:<16} {}", said(&actions)).expect("a String takes any text");
        }
    }
    let table: Vec<_> = table.lines().map(str::trim_end).collect();
    insta::assert_snapshot!(table.join("\n"));
}

#[test]
fn what_nobody_ends_frees_itself_and_a_talk_does_not() {
    let free_after = |state: &str, millis: u64| {
        let mut desk = desk_in(state);
        desk.register(A, binds(udp(1), "a", 2, "sip:a@h1"));
        assert_eq!(desk.pass(Duration::from_millis(millis - 1)), [], "{state}");
        assert_eq!(desk.pass(Duration::from_millis(1)), [Action::Ready { agent: A }], "{state}");
    };
    free_after("reserved", 52_000);
    free_after("releasing", 32_000);

    let mut desk = desk_in("talking");
    assert_eq!(desk.pass(Duration::from_secs(86_400)), [Action::Away { agent: A }]);
    assert_eq!(name(desk.roster.view().agents[0].slot), "talking(1 5)");
}

#[test]
fn a_second_report_of_release_does_not_prolong_it() {
    let mut desk = desk_in("releasing");
    desk.pass(Duration::from_secs(30));
    desk.tell(Command::Releasing { agent: A, call: id(1), epoch: 5 });
    assert_eq!(desk.pass(Duration::from_secs(2)), [Action::Ready { agent: A }]);
}

#[test]
fn a_refused_newer_epoch_leaves_the_backstop_of_the_older_one_in_place() {
    let mut desk = desk_in("reserved");
    assert_eq!(said(&desk.reserve(A, 2, 9)), "SlotRefused");
    desk.tell(Command::Releasing { agent: A, call: id(1), epoch: 5 });
    assert_eq!(desk.pass(Duration::from_secs(32)), [Action::Ready { agent: A }]);
    assert_eq!(said(&desk.reserve(A, 2, 9)), "SlotRefused, Ready");
    assert_eq!(said(&desk.reserve(A, 2, 10)), "Offer");
}
