//! A citizen who calls again: the supervisor's list, the agent's phone and the record say so, also after a kill.

use std::process::Command;

use crate::kit::baresip::{Baresip, Options};
use crate::kit::engine::{Engine, hotline};
use crate::kit::scene::{CITIZEN, STEP, caller, heard, talk};
use crate::kit::tone::Pair;
use crate::kit::wait;

const AGENT: Pair = Pair(620.0, 1510.0);
const NUMBER: &str = "13800138000";

/// Who waits in the group, once somebody does.
fn waiting(engine: &Engine) -> String {
    wait::until("the wait in the metrics", STEP, || {
        (engine.gauge("hotline_queue_waiting{group=\"consult\"}") == 1.0).then_some(())
    });
    let url = format!("http://{}", engine.http);
    let mut command = Command::new(hotline());
    let output =
        command.args(["queue", "callers", "consult", "--url", &url, "--token", &engine.admin_token()]).output();
    String::from_utf8(output.expect("hotline runs").stdout).expect("text")
}

#[test]
fn who_calls_again_is_known_to_have_called_before() {
    let engine = Engine::start();
    let mut citizen = caller(&engine, NUMBER, "udp", CITIZEN);
    let listed = waiting(&engine);
    assert!(listed.contains(NUMBER) && !listed.contains("before"), "{listed}");
    citizen.command("hangup", "");
    citizen.event("CALL_CLOSED", STEP);
    engine.ended_records(1);
    engine.process.signal("KILL");
    let engine = engine.restart();
    citizen.command("dial", &format!("sip:12345@{}", engine.sip));
    citizen.event("CALL_ESTABLISHED", STEP);
    citizen.command("sndcode", "0");
    let listed = waiting(&engine);
    assert!(listed.contains("called once before"), "{listed}");
    let mut desk = Baresip::start_traced(&Options {
        user: "1001",
        password: Some("example-1001"),
        server: engine.sip,
        transport: "udp",
        codec: "PCMA",
        answers: true,
        voice: AGENT,
    });
    desk.says(";earlier=\"1\"");
    talk(&engine);
    citizen.command("hangup", "");
    desk.event("CALL_CLOSED", STEP);
    let mut earlier: Vec<_> = engine.ended_records(2).iter().map(|r| r["earlier_calls"].clone()).collect();
    earlier.sort_by_key(|count| count.as_u64());
    assert_eq!(earlier, [0, 1]);
    citizen.quit();
    desk.quit();
    heard("the citizen", &[citizen.heard(AGENT)], &[citizen.heard(CITIZEN)]);
    heard("the agent", &[desk.heard(CITIZEN)], &[desk.heard(AGENT)]);
}
