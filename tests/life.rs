//! The process: ready, draining, ending, killed.

use std::time::Duration;

use crate::kit::baresip::{Baresip, Options};
use crate::kit::engine::Engine;
use crate::kit::sipp::Sipp;
use crate::kit::tone::Pair;
use crate::kit::wait;

const STEP: Duration = Duration::from_secs(20);

fn caller(engine: &Engine) -> Baresip {
    let options = Options {
        user: "13900139000",
        password: None,
        server: engine.sip,
        transport: "udp",
        codec: "PCMA",
        answers: false,
        voice: Pair(500.0, 1200.0),
    };
    let mut phone = Baresip::start(&options);
    phone.command("dial", &format!("sip:12345@{}", engine.sip));
    phone.event("CALL_ESTABLISHED", STEP);
    phone
}

#[test]
fn health_and_readiness_are_told() {
    let engine = Engine::start();
    assert_eq!(engine.get("/healthz").0, 200);
    assert_eq!(engine.get("/readyz").0, 200);
    assert_eq!(engine.get("/nowhere").0, 404);
    assert!(engine.get("/metrics").1.contains("hotline_"), "metrics have our names");
}

#[test]
fn sigterm_lets_the_call_end_then_exits_clean() {
    let mut engine = Engine::start();
    let mut phone = caller(&engine);
    engine.process.signal("TERM");
    wait::until("503 from /readyz", STEP, || (engine.get("/readyz").0 == 503).then_some(()));
    assert!(engine.process.is_running(), "a call is still up");
    phone.command("hangup", "");
    let status = engine.process.wait(STEP);
    assert_eq!(status.code(), Some(0));
    assert_eq!(engine.records()[0]["end_reason"], "left_in_menu");
}

#[test]
fn a_second_sigterm_ends_the_calls_at_once() {
    let mut engine = Engine::start();
    let mut phone = caller(&engine);
    engine.process.signal("TERM");
    wait::until("503 from /readyz", STEP, || (engine.get("/readyz").0 == 503).then_some(()));
    engine.process.signal("TERM");
    phone.event("CALL_CLOSED", STEP);
    assert_eq!(engine.process.wait(STEP).code(), Some(0));
    assert_eq!(engine.records()[0]["end_reason"], "shutdown");
}

#[test]
fn a_killed_process_leaves_a_record_of_the_open_call() {
    let engine = Engine::start();
    let _phone = caller(&engine);
    wait::until("the start record", STEP, || (engine.records().len() == 1).then_some(()));
    engine.process.signal("KILL");
    let engine = engine.restart();
    let records = engine.records();
    assert_eq!(records.len(), 1);
    assert_eq!(records[0]["end_reason"], "restart");
    Sipp::start(&["-sn", "uac"], engine.sip, 1).succeeds(Duration::from_secs(30));
    assert_eq!(engine.ended_records(2).len(), 2);
}
