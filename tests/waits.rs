//! How long a real phone's caller is told that the wait will be, while the one agent talks.

use std::path::Path;
use std::process::Command;

use crate::kit::baresip::Baresip;
use crate::kit::engine::{Engine, hotline, replace};
use crate::kit::scene::{CITIZEN, STEP, agent, caller, citizen, heard, talk, talks};
use crate::kit::tone::{self, Pair};
use crate::kit::wait;

const AGENT: Pair = Pair(620.0, 1510.0);
const NEXT: Pair = Pair(410.0, 970.0);
/// In place of “your expected wait is less than”, and of “minutes”.
const UNDER: Pair = Pair(700.0, 1660.0);
const MINUTES: Pair = Pair(560.0, 1330.0);

/// Announcements each three seconds, of the wait alone, by prompts that are told apart.
fn announced(config: &Path) {
    replace(&config.join("queues.toml"), "announce_every_s = 30", "announce_every_s = 3");
    replace(&config.join("queues.toml"), "announce_position = true", "announce_position = false");
    tone::say(config, 1, &[("wait-under", UNDER), ("minutes", MINUTES)]);
}

/// What supervisors see of the group.
fn shown(engine: &Engine) -> String {
    let url = format!("http://{}", engine.http);
    let mut command = Command::new(hotline());
    let output = command.args(["queue", "list", "--url", &url, "--token", &engine.admin_token()]).output();
    String::from_utf8(output.expect("hotline runs").stdout).expect("text")
}

#[test]
fn who_waits_is_told_how_long_and_hears_the_agent_then() {
    let engine = Engine::start_with(announced);
    let mut desk = agent(&engine, "1001", "udp", true, AGENT);
    let mut first = citizen(&engine, "udp");
    desk.event("CALL_ESTABLISHED", STEP);
    talk(&engine);
    let mut next = caller(&engine, "13800138001", "udp", NEXT);
    let admin = engine.admin_token();
    let waits = wait::until("the expected wait of who waits", STEP, || {
        let callers = engine.api("GET", &admin, "/queues/consult/callers", "").1;
        callers["callers"][0]["expected_wait_high_ms"].as_u64()
    });
    // Three minutes of talk are assumed before anybody was served: nine talks of ten are over within eight.
    assert!((360_000..=480_000).contains(&waits), "{waits}");
    wait::until("a newcomer to be behind one more", STEP, || {
        let high = "hotline_queue_expected_wait_seconds{group=\"consult\",end=\"high\"}";
        (engine.gauge(high) > 480.0).then_some(())
    });
    assert!(shown(&engine).contains(" to "), "{}", shown(&engine));
    // Two announcements.
    std::thread::park_timeout(std::time::Duration::from_secs(12));
    first.command("hangup", "");
    desk.event("CALL_ESTABLISHED", STEP);
    talks(&engine, 1);
    next.command("hangup", "");
    let records = engine.ended_records(2);
    assert!(records.iter().all(|record| record["agent"] == "1001"), "{records:?}");
    [&mut first, &mut next, &mut desk].into_iter().for_each(Baresip::quit);
    let said = tone::turns(&[UNDER, MINUTES], next.recordings().first().expect("a recording"));
    assert!(said.starts_with(&[UNDER, MINUTES, UNDER, MINUTES]), "{said:?}");
    heard("who waited", &[next.heard(AGENT)], &[next.heard(CITIZEN)]);
    heard("who was served at once", &[first.heard(AGENT)], &[first.heard(UNDER), first.heard(MINUTES)]);
}
