//! Callers that keep their sessions alive (RFC 4028) or insist on extensions (RFC 3262), played by SIPp from our scenarios.

use std::time::Duration;

use crate::kit::engine::{Engine, root};
use crate::kit::sipp::Sipp;

/// Plays a scenario over both transports.
fn played(scenario: &str) {
    let engine = Engine::start();
    let file = root().join("tests/sipp").join(scenario).to_string_lossy().into_owned();
    for (n, transport) in ["u1", "t1"].into_iter().enumerate() {
        Sipp::start(&["-sf", &file, "-t", transport], engine.sip, 5).succeeds(Duration::from_secs(60));
        let records = engine.ended_records(5 * (n + 1));
        assert!(records.iter().all(|record| record["end_reason"] == "left_in_menu"), "{transport} {records:?}");
    }
}

#[test]
fn a_caller_asks_for_a_longer_session_and_refreshes_it_rfc4028() {
    played("refresh.xml");
}

#[test]
fn a_caller_requires_what_we_know_and_what_we_do_not_rfc3262() {
    played("required.xml");
}
