//! The order that a desk has opened for a call: in the header of every INVITE that follows, in the journal, and behind a restart.

use base::pack::Packed;
use base::{CallId, EndReason, Epoch, OrderNumber, RecordEntry, SwitchId, Ticket};
use switch::{Answer, Ask, Effects, Input, Ledger};

use crate::table::{CITIZEN, Table};

const FIRST: usize = 1;
const SECOND: usize = 2;
const UNKNOWN: CallId =
    CallId { switch: SwitchId { node: base::NodeId(0), index: 0 }, epoch: Epoch(0), serial: 77, slot: 9 };

fn number(text: &str) -> OrderNumber {
    OrderNumber::parse(text).expect("an order number")
}

/// The call that began first.
fn first_call(table: &Table) -> CallId {
    let started = table.bench.records.iter().find_map(|entry| match entry {
        RecordEntry::Start(start) => Some(start.id),
        _ => None,
    });
    started.expect("a call began")
}

fn order(table: &mut Table, call: CallId, text: &str) -> Option<Answer> {
    let (mut effects, ask) = (Effects::default(), Ask::Order { call, order: number(text) });
    let input = Input::Ask { ticket: Ticket(1 << 63), by: "desk".to_owned(), ask };
    table.bench.exchange.handle(table.bench.now, input, &mut effects);
    let answer = effects.answers.first().map(|(_, answer)| answer.clone());
    table.bench.take(effects);
    answer
}

/// A citizen talks with the first agent.
fn talk() -> (Table, base::LegId, base::LegId) {
    let mut table = Table::new(2, |_| {});
    let citizen = table.dials(CITIZEN, "12345");
    let agent = table.picks_up(FIRST).expect("it rings");
    (table, citizen, agent)
}

#[test]
fn every_invite_behind_it_says_the_order_in_one_line() {
    let (mut table, citizen, agent) = talk();
    let call = first_call(&table);
    assert!(!table.along().contains("order"), "{}", table.along());
    assert_eq!(order(&mut table, UNKNOWN, "GD-1"), Some(Answer::NoSuchCall));
    assert_eq!(order(&mut table, call, "GD-1"), Some(Answer::Done));
    assert_eq!(order(&mut table, call, "急 \"2\"\\;x=%0d%0aX-Evil: 1"), Some(Answer::Done));
    assert_eq!(table.transfers(FIRST, agent, "1002"), Some(202));
    let ends = r#";from="1001";order="急 \"2\"\\;x=%0d%0aX-Evil: 1""#;
    assert!(table.along().ends_with(ends) && !table.along().contains('\n'), "{}", table.along());
    table.picks_up(SECOND).expect("it rings");
    table.hangs_up(CITIZEN, citizen);
    table.pass(40);
    assert_eq!(table.records()[0].order, Some(number("急 \"2\"\\;x=%0d%0aX-Evil: 1")));
    assert_eq!(order(&mut table, call, "GD-3"), Some(Answer::NoSuchCall), "it is over");
    table.is_clean("after the call");
}

#[test]
fn a_colleague_who_is_called_beside_the_talk_learns_of_the_citizens_order() {
    let (mut table, citizen, agent) = talk();
    let call = first_call(&table);
    order(&mut table, call, "GD-1");
    let asks = table.dials(FIRST, "1002");
    assert!(table.along().ends_with(";order=\"GD-1\""), "{}", table.along());
    table.picks_up(SECOND).expect("it rings");
    let replaces = table.replaces(FIRST, asks);
    assert_eq!(table.refers(FIRST, agent, &replaces), Some(202));
    table.hangs_up(CITIZEN, citizen);
    let orders: Vec<_> = table.records().iter().map(|record| record.order.clone()).collect();
    assert_eq!(orders, [Some(number("GD-1")), Some(number("GD-1"))], "of both calls");
    // The next citizen's is another matter.
    table.pass(80);
    let other = table.dials(CITIZEN, "12345");
    assert!(!table.along().contains("order"), "{}", table.along());
    table.hangs_up(CITIZEN, other);
    table.pass(40);
    table.is_clean("after the calls");
}

#[test]
fn a_call_that_is_ending_takes_no_order_that_its_record_would_not_have() {
    let (mut table, ..) = talk();
    let call = first_call(&table);
    table.bench.feed(Input::StopCalls);
    table.bench.raw.clear();
    assert_eq!(table.records().len(), 1, "and the phones owe their answers");
    assert_eq!(order(&mut table, call, "GD-1"), Some(Answer::NoSuchCall));
    assert!(!table.bench.records.iter().any(|entry| matches!(entry, RecordEntry::Order { .. })));
}

#[test]
fn the_journal_keeps_it_and_the_record_of_a_restart_names_it() {
    let (mut table, ..) = talk();
    let call = first_call(&table);
    order(&mut table, call, "GD-1");
    let ledger = table.bench.ledger.clone();
    let read = Ledger::from_bytes(&ledger.to_bytes()).expect("its own form");
    assert_eq!(read, ledger);
    table.restart(&read, 2);
    let record = table.records()[0];
    assert_eq!((record.end_reason, &record.order), (EndReason::Restart, &Some(number("GD-1"))));
    // Killed again before the store had the record: it is owed as bytes, with the order.
    let owed = Ledger::from_bytes(&table.bench.ledger.to_bytes()).expect("its own form");
    assert_eq!(owed, table.bench.ledger);
    table.bench.records.clear();
    table.restart(&owed, 2);
    assert_eq!(table.records()[0].order, Some(number("GD-1")));
}

#[test]
fn a_call_whose_logic_fails_keeps_its_order() {
    let orders = |nth: u64| {
        let drill = switch::Drill { place: switch::Place::Call, nth };
        let mut table = Table::new(2, |config| config.drill = Some(drill));
        let citizen = table.dials(CITIZEN, "12345");
        table.picks_up(FIRST)?;
        let call = first_call(&table);
        order(&mut table, call, "GD-1").filter(|answer| *answer == Answer::Done)?;
        table.hangs_up(CITIZEN, citizen);
        table.pass(40);
        let record = table.records().into_iter().find(|record| record.end_reason == EndReason::Fault)?;
        Some(record.order.clone())
    };
    let failed: Vec<_> = (1..40).filter_map(orders).collect();
    assert!(failed.contains(&Some(number("GD-1"))), "{failed:?}");
}
