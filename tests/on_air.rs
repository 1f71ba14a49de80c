//! What operators put on air by a command is heard at once, whatever else is half edited, and over a kill.

use std::path::Path;

use crate::kit::baresip::Baresip;
use crate::kit::engine::{Engine, replace};
use crate::kit::menus::{NEWS, done, menu};
use crate::kit::scene::{CITIZEN, agent, heard, in_menu, menu_path, talk};
use crate::kit::tone::{self, Pair};

const AGENT: Pair = Pair(620.0, 1510.0);
/// In place of prompts.
const GREETING: Pair = Pair(700.0, 1660.0);
const STORM: Pair = Pair(410.0, 970.0);

fn engine() -> Engine {
    Engine::start_with(|config: &Path| {
        tone::say(config, 2, &[("main-menu", GREETING)]);
        let file = config.join("menu/12345.toml");
        replace(&file, "start = \"notice\"", "start = \"first\"");
        let text = std::fs::read_to_string(&file).expect("the shipped menu");
        std::fs::write(&file, format!("{text}\n{NEWS}\n")).expect("written");
        std::fs::remove_file(config.join("menu/12345.script")).expect("a copy");
    })
}

/// The cells of the line of the slot.
fn line(said: &str) -> Vec<&str> {
    said.lines().find(|line| line.starts_with("news")).expect("a line").split_whitespace().collect()
}

/// A whole call; what the citizen heard.
fn call(engine: &Engine, user: &str, records: usize) -> Baresip {
    let mut citizen = in_menu(engine, user, "udp", CITIZEN);
    talk(engine);
    std::thread::park_timeout(std::time::Duration::from_secs(2));
    citizen.command("hangup", "");
    let records = engine.ended_records(records);
    assert!(records.iter().all(|record| menu_path(record) == ["first", "news", "staff"]), "{records:?}");
    citizen.quit();
    citizen
}

#[test]
fn a_new_recording_goes_on_air_at_once_beside_half_edited_files_and_stays_over_a_kill() {
    let engine = engine();
    done(&engine, &["publish", "--why", "as it was"]);
    assert_eq!(line(&done(&engine, &["on-air"])), ["news", "-", "file", "12345"]);
    let config = engine.dir.path().join("config");
    let queues = std::fs::read_to_string(config.join("queues.toml")).expect("a copy");
    std::fs::write(config.join("queues.toml"), "[[group").expect("written");
    std::fs::write(config.join("menu/12345.toml"), "start = ").expect("written");
    let refused = menu(&engine, &["on-air", "news", "storm"]);
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && told.contains("no prompt is named `storm`"), "{told}");
    assert_eq!(line(&done(&engine, &["on-air"])), ["news", "-", "file", "12345"], "nothing has changed");
    tone::write(STORM, 4, &config.with_file_name("prompts/zh-CN/storm.wav"));
    assert_eq!(line(&done(&engine, &["on-air", "news", "storm"])), ["news", "storm", "hand", "12345"]);
    let unknown = menu(&engine, &["on-air", "sea", "storm"]);
    let told = String::from_utf8_lossy(&unknown.stderr).into_owned();
    assert!(!unknown.status.success() && told.contains("no menu has a slot `sea`; there are `news`"), "{told}");

    let mut desk = agent(&engine, "1001", "udp", true, AGENT);
    let at_once = call(&engine, "13800138001", 1);
    desk.quit();
    std::fs::write(config.join("queues.toml"), queues).expect("written");
    let engine = engine.restart();
    assert_eq!(line(&done(&engine, &["on-air"])), ["news", "storm", "hand", "12345"]);
    let mut desk = agent(&engine, "1001", "udp", true, AGENT);
    let after_the_kill = call(&engine, "13800138002", 2);
    assert_eq!(line(&done(&engine, &["on-air", "news", "--off"])), ["news", "-", "hand", "12345"]);
    let off = call(&engine, "13800138003", 3);
    assert_eq!(line(&done(&engine, &["on-air", "news", "--as-written"])), ["news", "-", "file", "12345"]);
    desk.quit();
    for citizen in [&at_once, &after_the_kill] {
        heard("who calls in a storm", &[citizen.heard(STORM), citizen.heard(AGENT)], &[]);
    }
    heard("who calls afterwards", &[off.heard(AGENT)], &[off.heard(STORM)]);
}
