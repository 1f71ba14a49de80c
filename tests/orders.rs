//! A desk opens an order for a call: the next agent's phone is told of it, and every record names it.

use serde_json::json;

use crate::kit::baresip::{Baresip, Options};
use crate::kit::engine::Engine;
use crate::kit::scene::{CITIZEN, STEP, agent, citizen, heard, order, talk};
use crate::kit::tone::Pair;
use crate::kit::wait;

const FIRST: Pair = Pair(620.0, 1510.0);
const SECOND: Pair = Pair(560.0, 1330.0);
/// What a header must not take for its own.
const ORDER: &str = "工单\"7\";x\\1";

#[test]
fn the_phone_of_the_second_agent_is_told_the_order() {
    let engine = Engine::start();
    let mut first = agent(&engine, "1001", "udp", true, FIRST);
    let mut second = Baresip::start_traced(&Options {
        user: "1002",
        password: Some("example-1002"),
        server: engine.sip,
        transport: "udp",
        codec: "PCMA",
        answers: true,
        voice: SECOND,
    });
    // The citizen is to come to the first.
    first.registered();
    let paused = r#"{"state":"paused","reason":"other"}"#;
    wait::until("the second to be paused", STEP, || {
        (engine.api("POST", &engine.admin_token(), "/agents/1002/state", paused).0 == 200).then_some(())
    });
    let mut citizen = citizen(&engine, "udp");
    first.event("CALL_ESTABLISHED", STEP);
    talk(&engine);
    order(&engine, "GD-1");
    let id = order(&engine, ORDER);
    let admin = engine.admin_token();
    assert_eq!(engine.api("GET", &admin, &format!("/calls/{id}"), "").1["order"], ORDER);
    second.registered();
    assert_eq!(engine.api("POST", &admin, "/agents/1002/state", r#"{"state":"ready"}"#).0, 200);
    first.command("transfer", &format!("sip:1002@{}", engine.sip));
    second.event("CALL_ESTABLISHED", STEP);
    second.says(&format!("X-Hotline: call=\"{id}\";"));
    second.says("from=\"1001\";order=\"工单\\\"7\\\";x\\\\1\"\r\n");
    first.event("CALL_CLOSED", STEP);
    talk(&engine);
    citizen.command("hangup", "");
    second.event("CALL_CLOSED", STEP);
    let record = engine.ended_records(1).remove(0);
    assert_eq!((&record["order"], &record["agent"]), (&json!(ORDER), &json!("1002")), "{record}");
    assert_eq!(engine.api("GET", &admin, &format!("/records/{id}"), "").1["order"], ORDER);
    citizen.quit();
    first.quit();
    second.quit();
    heard("the citizen", &[citizen.heard(FIRST), citizen.heard(SECOND)], &[citizen.heard(CITIZEN)]);
    heard("the second agent", &[second.heard(CITIZEN)], &[second.heard(FIRST), second.heard(SECOND)]);
}

#[test]
fn a_kill_in_the_talk_leaves_the_order_in_the_record() {
    let engine = Engine::start();
    let mut first = agent(&engine, "1001", "udp", true, FIRST);
    let mut citizen = citizen(&engine, "udp");
    first.event("CALL_ESTABLISHED", STEP);
    talk(&engine);
    order(&engine, ORDER);
    let open = wait::until("the order in the row", STEP, || {
        engine.records().into_iter().find(|record| !record["order"].is_null())
    });
    assert_eq!((&open["order"], &open["ended"]), (&json!(ORDER), &json!(null)), "of a call that is open");
    let engine = engine.restart();
    let record = engine.ended_records(1).remove(0);
    assert_eq!((&record["order"], &record["end_reason"]), (&json!(ORDER), &json!("restart")), "{record}");
    citizen.event("CALL_CLOSED", STEP);
    first.event("CALL_CLOSED", STEP);
    citizen.quit();
    first.quit();
    heard("the citizen", &[citizen.heard(FIRST)], &[citizen.heard(CITIZEN)]);
}
