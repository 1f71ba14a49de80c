//! Calls as a carrier's IMS sends them: every kind that it has, dozens at once, each heard both ways and written down.

use std::time::Duration;

use load::ims::{self, Kind, Plan};

use crate::kit::engine::Engine;
use crate::kit::wait;

/// Four of each kind.
const CALLS: u64 = 4 * Kind::ALL.len() as u64;

#[test]
fn calls_of_a_carriers_ims_are_served_whatever_it_puts_into_them() {
    let engine = Engine::start_for(200, |_| {});
    let plan = Plan { server: engine.sip, calls: CALLS, rate: 40.0, at_once: CALLS as usize, agents: 10, seed: 12_345 };
    let outcome = ims::run(&plan).unwrap_or_else(|what| panic!("{what}"));
    println!("{outcome}");
    assert_eq!(outcome.faults(), [""; 0]);
    for kind in Kind::ALL {
        let tally = &outcome.kinds[&kind];
        let served = if kind.is_served() { 4 } else { 0 };
        assert_eq!((tally.calls, tally.served), (4, served), "{}", kind.name());
    }
    let records = engine.ended_records((CALLS - 4) as usize);
    assert_eq!(records.len() as u64, CALLS - 4, "those that require what we do not know never were calls");
    let of = |served: bool| records.iter().filter(move |record| record["agent"].is_null() != served);
    assert_eq!(of(true).count() as u64, 4 * Kind::ALL.into_iter().filter(|kind| kind.is_served()).count() as u64);
    assert!(of(true).all(|record| record["end_reason"] == "caller_hangup"), "{records:?}");
    let withheld = records.iter().filter(|record| record["confidential"] == true);
    assert_eq!(withheld.count(), 4, "who withholds the number");
    let idle = || {
        let busy =
            ["reserved", "talking", "releasing"].map(|s| engine.metric(&format!("hotline_agents{{state=\"{s}\"}}")));
        busy.iter().all(|count| *count == Some(0.0)).then_some(())
    };
    wait::until("every agent to be free", Duration::from_secs(30), idle);
    assert!(!engine.process.output().contains("13700000"), "no log shows a number");
}
