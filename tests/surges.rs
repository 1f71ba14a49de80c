//! A group in surge, on real phones: who joins hears so once, begins at the shorter menu, and is served all the same.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::kit::baresip::Baresip;
use crate::kit::engine::{Engine, hotline, replace};
use crate::kit::scene::{CITIZEN, STEP, agent, caller, heard, in_menu, menu_path, talk};
use crate::kit::tone::{self, Pair};
use crate::kit::wait;

const AGENT: Pair = Pair(620.0, 1510.0);
const EARLY: Pair = Pair(410.0, 970.0);
/// In place of the menu's prompt, and of what is said in surge.
const MENU: Pair = Pair(700.0, 1660.0);
const SURGE: Pair = Pair(560.0, 1330.0);

/// A menu that is shorter by the notice and the welcome.
fn shorter(config: &Path) {
    tone::say(config, 2, &[("main-menu", MENU), ("queue-surge", SURGE)]);
    let menu = config.join("menu/12345.toml");
    replace(&menu, "start = \"notice\"", "start = \"notice\"\nsurge_start = \"short\"");
    let short = "[node.short]\nkind = \"menu\"\nprompt = \"main-menu\"\nkeys = { 1 = \"staff\" }\n\n[node.welcome]";
    replace(&menu, "[node.welcome]", short);
}

/// What `hotline queue` prints.
fn queue(engine: &Engine, args: &[&str]) -> String {
    let url = format!("http://{}", engine.http);
    let mut command = Command::new(hotline());
    command.arg("queue").args(args).args(["--url", &url, "--token", &engine.admin_token()]);
    let output = command.output().expect("hotline runs");
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

fn is_in_surge(engine: &Engine, on: bool) {
    let word = if on { "a group in surge" } else { "no group in surge" };
    wait::until(word, STEP, || {
        (engine.gauge("hotline_group_surge{group=\"consult\"}") == f64::from(u8::from(on))).then_some(())
    });
}

fn waiting(engine: &Engine, count: f64) {
    wait::until("the wait in the metrics", STEP, || {
        (engine.gauge("hotline_queue_waiting{group=\"consult\"}") == count).then_some(())
    });
}

/// Calls, hears the menu, asks for a person, and hears what is said then.
fn calls(engine: &Engine) -> Baresip {
    let mut phone = in_menu(engine, "13800138000", "udp", CITIZEN);
    std::thread::park_timeout(Duration::from_secs(4));
    phone.command("sndcode", "0");
    phone
}

#[test]
fn who_joins_in_surge_hears_so_once_begins_at_the_shorter_menu_and_is_served() {
    let engine = Engine::start_with(shorter);
    let mut early = caller(&engine, "13800138001", "udp", EARLY);
    waiting(&engine, 1.0);
    assert_eq!(queue(&engine, &["surge", "consult", "on"]), "surge of consult: on\n");
    is_in_surge(&engine, true);
    engine.process.signal("KILL");
    let engine = engine.restart();
    is_in_surge(&engine, true);
    let listed = queue(&engine, &["list"]);
    assert!(listed.lines().any(|line| line.starts_with("consult") && line.contains("surge")), "{listed}");
    early.event("CALL_CLOSED", STEP);
    let mut citizen = calls(&engine);
    waiting(&engine, 1.0);
    // Behind what the queue's node says itself.
    std::thread::park_timeout(Duration::from_secs(12));
    let mut desk = agent(&engine, "1001", "udp", true, AGENT);
    talk(&engine);
    citizen.command("hangup", "");
    queue(&engine, &["surge", "consult", "auto"]);
    is_in_surge(&engine, false);
    let records = engine.ended_records(2);
    let with = |reason: &str| records.iter().find(|record| record["end_reason"] == reason).expect("a record");
    assert_eq!(menu_path(with("caller_hangup")), ["short", "staff"]);
    assert_eq!(menu_path(with("restart")).first(), Some(&"notice"));
    [&mut early, &mut citizen, &mut desk].into_iter().for_each(Baresip::quit);
    let said = tone::turns(&[MENU, SURGE], citizen.recordings().first().expect("a recording"));
    assert_eq!(said, [MENU, SURGE], "the menu at once, then once that many are calling");
    heard("who called before", &[], &[early.heard(SURGE), early.heard(AGENT)]);
    heard("the citizen", &[citizen.heard(AGENT)], &[citizen.heard(EARLY)]);
    heard("the agent", &[desk.heard(CITIZEN)], &[desk.heard(SURGE)]);
}
