//! Supervisors pull callers forward, move them and let them go, and close and open groups: through messages, answers and restarts.

use std::sync::Arc;
use std::time::Duration;

use base::{CallId, EndReason, GroupId, RecordEntry, Ticket, WaitOutcome};
use switch::{Answer, Ask, Effects, Input};

use crate::table::{CITIZEN, Table};

const FIRST: usize = 1;
const HERE: GroupId = GroupId(0);
const THERE: GroupId = GroupId(1);

/// One agent who serves the first group, and a second group that the agent does not serve.
fn two_groups() -> Table {
    Table::with_trunks(1, |plans| {
        plans.acd.groups.push(acd::Group { name: "complaint".to_owned(), ..plans.acd.groups[0].clone() });
        let call = Arc::make_mut(&mut plans.call);
        let there = call::plan::Group { name: "complaint".to_owned(), number: None, ..call.groups[0].clone() };
        call.groups.push(there);
    })
}

fn ask(table: &mut Table, ask: Ask) -> Option<Answer> {
    let mut effects = Effects::default();
    let input = Input::Ask { ticket: Ticket(1 << 63), by: "desk".to_owned(), ask };
    table.bench.exchange.handle(table.bench.now, input, &mut effects);
    let answer = effects.answers.first().map(|(_, answer)| answer.clone());
    assert_eq!(effects.answers.len(), 1, "each question has one answer");
    table.bench.take(effects);
    table.settle();
    answer
}

/// The calls in the order in which they began.
fn calls(table: &Table) -> Vec<CallId> {
    let started = table.bench.records.iter().filter_map(|entry| match entry {
        RecordEntry::Start(start) => Some(start.id),
        _ => None,
    });
    started.collect()
}

fn callers(table: &mut Table, group: GroupId) -> Vec<acd::InLine> {
    match ask(table, Ask::Callers { group, most: 10 }) {
        Some(Answer::Callers(callers)) => callers,
        other => panic!("{other:?}"),
    }
}

/// One talks, two wait.
fn line() -> (Table, base::LegId, Vec<CallId>) {
    let mut table = two_groups();
    table.dials(CITIZEN, "12345");
    let agent = table.picks_up(FIRST).expect("it rings");
    for _ in 0..2 {
        table.pass(1);
        table.dials(CITIZEN, "12345");
    }
    let calls = calls(&table);
    (table, agent, calls)
}

#[test]
fn who_is_pulled_forward_is_served_next() {
    let (mut table, agent, calls) = line();
    assert_eq!(ask(&mut table, Ask::Raise { call: calls[2] }), Some(Answer::Done));
    let waiting: Vec<_> = callers(&mut table, HERE).iter().map(|c| (c.call, c.pulled, c.waited.as_secs())).collect();
    assert_eq!(waiting, [(calls[2], true, 0), (calls[1], false, 1)]);
    table.hangs_up(FIRST, agent);
    table.picks_up(FIRST).expect("it rings");
    assert_eq!(callers(&mut table, HERE).iter().map(|c| c.call).collect::<Vec<_>>(), [calls[1]]);
    assert_eq!(ask(&mut table, Ask::Raise { call: calls[2] }), Some(Answer::NotWaiting), "it talks");
    assert_eq!(ask(&mut table, Ask::Raise { call: calls[0] }), Some(Answer::NoSuchCall), "it is over");
}

#[test]
fn who_is_moved_waits_elsewhere_and_the_record_says_so() {
    let (mut table, _, calls) = line();
    assert_eq!(ask(&mut table, Ask::Move { call: calls[1], group: THERE }), Some(Answer::Done));
    assert_eq!(callers(&mut table, THERE).iter().map(|c| c.call).collect::<Vec<_>>(), [calls[1]]);
    assert_eq!(ask(&mut table, Ask::Move { call: calls[1], group: GroupId(2) }), Some(Answer::NoSuchGroup));
    ask(&mut table, Ask::Open { group: HERE, open: false });
    assert_eq!(ask(&mut table, Ask::Move { call: calls[1], group: HERE }), Some(Answer::GroupClosed));
    table.pass(3);
    ask(&mut table, Ask::HangUp { call: calls[1] });
    let record = table.records().last().copied().cloned().expect("a record");
    let waits: Vec<_> = record.waits.iter().map(|w| (w.group.as_str(), w.outcome)).collect();
    assert_eq!(waits, [("consult", WaitOutcome::Moved), ("complaint", WaitOutcome::Ended)]);
}

#[test]
fn who_is_released_is_told_why_also_where_somebody_is_on_duty() {
    let mut table = Table::with_duty(0, "13900139000", Duration::from_secs(60));
    let citizen = table.dials(CITIZEN, "12345");
    let call = calls(&table)[0];
    assert_eq!(ask(&mut table, Ask::Release { call }), Some(Answer::Done));
    assert_eq!(ask(&mut table, Ask::Release { call }), Some(Answer::NotWaiting), "it hears why");
    assert!(table.invite(1).is_none(), "nobody at a line is called for it");
    table.hangs_up(CITIZEN, citizen);
    table.pass(40);
    let record = table.records()[0];
    assert_eq!((record.end_reason, record.waits[0].outcome), (EndReason::QueueRefused, WaitOutcome::Refused));
    table.is_clean("after the release");
}

#[test]
fn a_phone_that_rings_stops_when_its_caller_is_moved_or_released() {
    for release in [false, true] {
        let mut table = two_groups();
        table.dials(CITIZEN, "12345");
        let call = calls(&table)[0];
        let leg = table.rings(FIRST).expect("it rings");
        let change = if release { Ask::Release { call } } else { Ask::Move { call, group: THERE } };
        assert_eq!(ask(&mut table, change), Some(Answer::Done));
        assert!(table.is_over(FIRST, leg), "release: {release}");
        table.pass(1);
        assert_eq!(table.bench.exchange.acd.view(table.bench.now).agents, [acd::AgentState::Ready], "nobody's fault");
        assert_eq!(callers(&mut table, THERE).len(), usize::from(!release));
    }
}

#[test]
fn a_closed_group_stays_closed_over_a_restart() {
    let mut table = two_groups();
    assert_eq!(ask(&mut table, Ask::Open { group: HERE, open: false }), Some(Answer::Done));
    assert_eq!(ask(&mut table, Ask::Open { group: GroupId(7), open: false }), Some(Answer::NoSuchGroup));
    let citizen = table.dials(CITIZEN, "12345");
    assert_eq!(table.rings(FIRST), None, "an agent is free, and nobody new is let in");
    table.hangs_up(CITIZEN, citizen);
    table.pass(40);
    assert_eq!(table.ends(), [EndReason::QueueRefused]);
    let ledger = table.bench.ledger.clone();
    table.restart(&ledger, 1);
    assert!(table.bench.exchange.acd.view(table.bench.now).groups[0].closed);
}

#[test]
fn while_the_group_behind_0_is_in_surge_calls_begin_at_the_shorter_menu_also_after_a_restart() {
    let mut table = two_groups();
    let paths = |table: &Table| -> Vec<Vec<String>> { table.records().iter().map(|r| r.menu_path.clone()).collect() };
    let calls_from = |table: &mut Table| {
        let citizen = table.dials(CITIZEN, "12345");
        table.hangs_up(CITIZEN, citizen);
        table.pass(40);
    };
    calls_from(&mut table);
    assert_eq!(ask(&mut table, Ask::Surge { group: THERE, by_hand: Some(true) }), Some(Answer::Done));
    calls_from(&mut table);
    assert_eq!(ask(&mut table, Ask::Surge { group: HERE, by_hand: Some(true) }), Some(Answer::Done));
    assert_eq!(ask(&mut table, Ask::Surge { group: GroupId(7), by_hand: None }), Some(Answer::NoSuchGroup));
    calls_from(&mut table);
    assert_eq!(paths(&table), [["person"], ["person"], ["soon"]], "the other group is none behind 0");
    let ledger = table.bench.ledger.clone();
    table.restart(&ledger, 1);
    (0..12).for_each(|slot| table.bench.lease(slot));
    // What the store did not confirm comes again.
    table.bench.records.clear();
    calls_from(&mut table);
    assert_eq!(paths(&table), [["soon"]], "it is kept");
    assert_eq!(ask(&mut table, Ask::Surge { group: HERE, by_hand: None }), Some(Answer::Done));
    calls_from(&mut table);
    assert_eq!(paths(&table), [["soon"], ["person"]]);
}
