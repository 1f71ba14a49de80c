//! A node of a menu asks for skills beside those of its group: who has them is rung, however long others idle.

use std::path::Path;
use std::time::Duration;

use serde_json::json;

use crate::kit::baresip::Baresip;
use crate::kit::engine::{Engine, replace};
use crate::kit::scene::{CITIZEN, agent, heard, in_menu, menu_path, talk};
use crate::kit::tone::Pair;

const SKILLED: Pair = Pair(620.0, 1510.0);
const OTHER: Pair = Pair(560.0, 1330.0);

const MENU: &str = r#"
[node.first]
kind = "queue"
group = "complaint"
skills = "english"
skills_s = 8
"#;

/// Of two agents 1001 alone speaks English.
fn engine() -> Engine {
    Engine::start_with(|config: &Path| {
        let file = config.join("menu/12345.toml");
        replace(&file, "start = \"notice\"", "start = \"first\"");
        let text = std::fs::read_to_string(&file).expect("the shipped menu");
        std::fs::write(&file, format!("{text}\n{MENU}\n")).expect("written");
        let agent = "password = \"example-1002\"\nready_on_register = true\nskills = [\"consult\", \"complaint\"";
        replace(
            &config.join("queues.toml"),
            &format!("{agent}, \"suggestion\", \"order\", \"english\"]"),
            &format!("{agent}]"),
        );
    })
}

/// A call of three seconds of talk; what the citizen heard.
fn call(engine: &Engine, user: &str, records: usize) -> Baresip {
    let mut citizen = in_menu(engine, user, "udp", CITIZEN);
    talk(engine);
    std::thread::park_timeout(Duration::from_secs(3));
    citizen.command("hangup", "");
    let records = engine.ended_records(records);
    let record = records.iter().find(|record| record["caller"] == user).expect("its record");
    let group = &record["waits"][0]["group"];
    assert_eq!((menu_path(record), group), (vec!["first"], &json!("complaint+english:8s")), "{record}");
    citizen.quit();
    citizen
}

#[test]
fn the_agent_who_has_the_skill_is_rung_and_after_a_while_whoever_serves_the_group() {
    let engine = engine();
    let mut other = agent(&engine, "1002", "udp", true, OTHER);
    let mut skilled = agent(&engine, "1001", "udp", true, SKILLED);
    let first = call(&engine, "13800138001", 1);
    skilled.quit();
    heard("who is served in English", &[first.heard(SKILLED)], &[first.heard(OTHER)]);
    heard("who speaks it", &[skilled.heard(CITIZEN)], &[other.heard(CITIZEN)]);
    let second = call(&engine, "13800138002", 2);
    other.quit();
    heard("who has waited", &[second.heard(OTHER)], &[second.heard(SKILLED)]);
    heard("who serves the group", &[other.heard(CITIZEN)], &[]);
}
