//! An agent's state in the queue: a table of all its transitions.

use std::fmt::Write;

use acd::{AgentState, Decline};

use crate::kit::{Desk, agent, group, plan};
use std::time::Duration;

const STATES: [&str; 8] = [
    "away",
    "ready",
    "offered",
    "offered, ready again",
    "talking",
    "talking, 50 s of wrap-up asked for",
    "wrap-up",
    "back-off after ring-out",
];

/// Agent 0 in a state, on account of call 1 and reservation 1; nobody else waits.
fn desk_in(state: &str) -> Desk {
    let group = acd::Group { wrap_up: Duration::from_secs(30), ..group() };
    let mut desk = Desk::new(plan(vec![group], vec![agent(&[(0, 1)])]));
    if state == "away" {
        return desk;
    }
    desk.ready(0);
    if state == "ready" {
        return desk;
    }
    desk.enqueue(1, 0, 0);
    match state {
        "offered, ready again" => desk.ready(0),
        "talking" => desk.accepted(1, 0, 1),
        "talking, 50 s of wrap-up asked for" => [desk.accepted(1, 0, 1), desk.wrap_up(0, 50)].concat(),
        "wrap-up" => [desk.accepted(1, 0, 1), desk.ended(1, 0)].concat(),
        "back-off after ring-out" => desk.pass(20),
        _ => Vec::new(),
    };
    desk
}

type Input = (&'static str, fn(&mut Desk) -> Vec<String>);

const INPUTS: [Input; 21] = [
    ("Ready", |d| d.ready(0)),
    ("Away", |d| d.away(0)),
    ("Accepted", |d| d.accepted(1, 0, 1)),
    ("Declined rejected", |d| d.declined(1, 0, 1, Decline::Rejected)),
    ("Declined busy", |d| d.declined(1, 0, 1, Decline::Busy)),
    ("Declined no answer", |d| d.declined(1, 0, 1, Decline::NoAnswer)),
    ("Declined unreachable", |d| d.declined(1, 0, 1, Decline::Unreachable)),
    ("Declined taken", |d| d.declined(1, 0, 1, Decline::Taken)),
    ("SlotRefused", |d| d.slot_refused(1, 0, 1)),
    ("Ended", |d| d.ended(1, 0)),
    ("Abandon", |d| d.abandon(1)),
    ("Keep", |d| d.keep(1)),
    ("Keep, redial", |d| [d.keep(1), d.enqueue_from(1, 3, 0, 0)].concat()),
    ("WrapUp for 60 s", |d| d.wrap_up(0, 60)),
    ("WrapUp for a day", |d| d.wrap_up(0, 86_400)),
    ("Rested", |d| d.rested(0)),
    ("Restart", |d| d.restart(None)),
    ("Enqueue the same call", |d| d.enqueue(1, 0, 0)),
    ("Enqueue another", |d| d.enqueue(2, 0, 0)),
    ("20 s pass", |d| d.pass(20)),
    ("Ready, 30 s pass", |d| [d.ready(0), d.pass(30)].concat()),
];

fn name(state: AgentState) -> &'static str {
    match state {
        AgentState::Away => "away",
        AgentState::Ready => "ready",
        AgentState::Offered => "offered",
        AgentState::Talking => "talking",
        AgentState::WrapUp => "wrap-up",
        AgentState::BackOff => "back-off",
    }
}

#[test]
fn every_transition() {
    let mut table = String::new();
    for state in STATES {
        writeln!(table, "{state}").expect("a String takes any text");
        for (input, run) in INPUTS {
            let mut desk = desk_in(state);
            desk.said.clear();
            run(&mut desk);
            let said = desk.said.join(", ");
            let after = name(desk.acd.view(desk.now).agents[0]);
            writeln!(table, "  {input:<21} -> {after:<8} {said}").expect("a String takes any text");
        }
    }
    let table: Vec<_> = table.lines().map(str::trim_end).collect();
    insta::assert_snapshot!(table.join("\n"));
}
