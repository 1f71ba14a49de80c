//! A panic costs what it happens in, and nothing else.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use crate::kit::{Bench, CARRIER, invite, request};
use base::{EndReason, Job, RecordEntry};
use sip::Name;
use switch::{Drill, Place};

fn drilled(place: Place, nth: u64) -> Bench {
    Bench::with(|_, config| config.drill = Some(Drill { place, nth }))
}

fn ends(bench: &Bench) -> Vec<EndReason> {
    let ends = bench.records.iter().filter_map(|r| match r {
        RecordEntry::End(record) => Some(record.end_reason),
        _ => None,
    });
    ends.collect()
}

/// A citizen calls and acknowledges, and hangs up after a while.
fn call(bench: &mut Bench, tag: &str) {
    bench.receive(CARRIER, &invite(tag));
    let answered = bench.sent.iter().find(|(_, m)| m.status() == Some(200));
    let Some(to) = answered.and_then(|(_, m)| m.header(Name::To)).map(str::to_owned) else { return };
    let inside = |method: &str, cseq: u32| {
        let text = request(method, "sip:12345@10.0.0.1", "13800138000", tag, "", "");
        let text = text.replace("To: <sip:12345@10.0.0.1>", &format!("To: {to}"));
        text.replace(&format!("CSeq: 1 {method}"), &format!("CSeq: {cseq} {method}"))
    };
    bench.receive(CARRIER, &inside("ACK", 1));
    bench.pass(Duration::from_secs(5));
    bench.receive(CARRIER, &inside("BYE", 2));
}

#[test]
fn a_panic_in_a_call_ends_that_call_alone_at_whatever_event() {
    let mut faults = 0;
    for nth in 1..30 {
        let mut bench = drilled(Place::Call, nth);
        for tag in ["a", "b", "c"] {
            call(&mut bench, tag);
        }
        bench.pass(Duration::from_secs(80));
        assert!(bench.exchange.is_idle(), "{nth}: something of a call is left");
        let ends = ends(&bench);
        assert_eq!(ends.len(), 3, "{nth}: one record a call: {ends:?}");
        let fault = ends.iter().filter(|r| **r == EndReason::Fault).count();
        assert!(fault <= 1, "{nth}: {ends:?}");
        assert!(fault as u64 <= bench.exchange.switch.counters().faults, "{nth}: {ends:?}");
        let opened = bench.jobs.iter().filter(|(_, j)| matches!(j, Job::Open { .. })).count();
        let closed = bench.jobs.iter().filter(|(_, j)| matches!(j, Job::Close { .. })).count();
        assert!(closed >= opened, "{nth}: a media end was left open");
        faults += fault;
    }
    assert!(faults > 8, "{faults}");
}

#[test]
fn a_panic_in_queue_roster_or_transactions_ends_the_process() {
    for place in [Place::Queue, Place::Roster, Place::Transactions] {
        let mut bench = drilled(place, 1);
        let lived = catch_unwind(AssertUnwindSafe(|| {
            let register = request("REGISTER", "sip:10.0.0.1", "1001", "r", "", "");
            bench.receive(CARRIER, &register);
            call(&mut bench, "a");
        }));
        assert_eq!(lived.is_err(), place != Place::Roster, "{place:?}");
    }
}

#[test]
fn a_panic_in_the_reader_costs_that_message_and_its_repetition_is_read() {
    let mut bench = drilled(Place::Reader, 1);
    bench.receive(CARRIER, &invite("a"));
    assert!(bench.sent.is_empty(), "nobody read it");
    assert_eq!(bench.exchange.switch.counters().reader_faults, 1);
    bench.receive(CARRIER, &invite("a"));
    assert_eq!(bench.status(), Some(200));
}
