//! Agents hand citizens on, from real phones of two makes: who hears whom, before and after, and who keeps whom when it fails.

use crate::kit::engine::Engine;
use crate::kit::linphone::Linphone;
use crate::kit::scene::{CITIZEN, STEP, agent, citizen, heard, talk};
use crate::kit::tone::Pair;
use crate::kit::wait;

const FIRST: Pair = Pair(620.0, 1510.0);
const SECOND: Pair = Pair(560.0, 1330.0);

#[test]
fn the_other_agent_takes_over_and_hears_the_citizen_alone() {
    for transport in ["udp", "tcp"] {
        let engine = Engine::start();
        let mut first = agent(&engine, "1001", transport, true, FIRST);
        let mut second = agent(&engine, "1002", transport, true, SECOND);
        let mut citizen = citizen(&engine, "udp");
        first.event("CALL_ESTABLISHED", STEP);
        talk(&engine);
        first.command("transfer", &format!("sip:1002@{}", engine.sip));
        second.event("CALL_ESTABLISHED", STEP);
        first.event("CALL_CLOSED", STEP);
        talk(&engine);
        citizen.command("hangup", "");
        second.event("CALL_CLOSED", STEP);
        let record = engine.ended_records(1).remove(0);
        assert_eq!((&record["agent"], &record["end_reason"]), (&"1002".into(), &"caller_hangup".into()), "{record}");
        wait::until("both to be there for the next", STEP, || {
            (engine.gauge("hotline_agents{state=\"free\"}") == 2.0).then_some(())
        });
        citizen.quit();
        first.quit();
        second.quit();
        heard("the citizen", &[citizen.heard(FIRST), citizen.heard(SECOND)], &[citizen.heard(CITIZEN)]);
        heard("the first agent", &[first.heard(CITIZEN)], &[first.heard(SECOND), first.heard(FIRST)]);
        heard("the second agent", &[second.heard(CITIZEN)], &[second.heard(FIRST), second.heard(SECOND)]);
    }
}

#[test]
fn into_a_group_the_citizen_goes_with_the_place_and_is_served_by_the_next() {
    let engine = Engine::start();
    let mut first = agent(&engine, "1001", "udp", true, FIRST);
    let mut citizen = citizen(&engine, "udp");
    first.event("CALL_ESTABLISHED", STEP);
    talk(&engine);
    let mut second = agent(&engine, "1002", "udp", true, SECOND);
    first.command("transfer", &format!("sip:802@{}", engine.sip));
    first.event("CALL_CLOSED", STEP);
    second.event("CALL_ESTABLISHED", STEP);
    talk(&engine);
    second.command("hangup", "");
    citizen.event("CALL_CLOSED", STEP);
    let record = engine.ended_records(1).remove(0);
    assert_eq!((&record["agent"], &record["skill_group"]), (&"1002".into(), &"complaint".into()), "{record}");
    citizen.quit();
    first.quit();
    second.quit();
    heard("the citizen", &[citizen.heard(FIRST), citizen.heard(SECOND)], &[citizen.heard(CITIZEN)]);
    heard("the second agent", &[second.heard(CITIZEN)], &[second.heard(FIRST)]);
}

#[test]
fn whoever_is_refused_has_the_citizen_back() {
    let engine = Engine::start();
    let mut first = Linphone::start(engine.sip, "udp", FIRST);
    first.register("1001", "example-1001");
    let mut citizen = citizen(&engine, "udp");
    first.until("Receiving new incoming call");
    first.says("answer");
    talk(&engine);
    // Nobody there, then somebody who presses reject.
    first.says(&format!("transfer sip:1009@{}", engine.sip));
    handed_back(&engine, 1.0);
    let mut second = agent(&engine, "1002", "udp", false, SECOND);
    first.says(&format!("transfer sip:1002@{}", engine.sip));
    second.event("CALL_INCOMING", STEP);
    second.command("hangup", "");
    handed_back(&engine, 2.0);
    first.says("resume");
    talk(&engine);
    citizen.command("hangup", "");
    first.until("ended (No error)");
    let record = engine.ended_records(1).remove(0);
    assert_eq!(record["agent"], "1001", "{record}");
    citizen.quit();
    first.quit();
    second.quit();
    assert!(citizen.heard(FIRST) >= 8.0, "before and after: {} s", citizen.heard(FIRST));
    heard("the citizen", &[], &[citizen.heard(SECOND), citizen.heard(CITIZEN)]);
    heard("the second agent", &[], &[second.heard(CITIZEN), second.heard(FIRST)]);
}

/// A phone has asked for it so many times, and in vain.
fn handed_back(engine: &Engine, times: f64) {
    let failed = || engine.metric("hotline_handings_total{result=\"failed\"}");
    wait::until("it failed", STEP, || (failed() == Some(times)).then_some(()));
}

#[test]
fn a_phone_that_hangs_up_when_it_failed_leaves_the_citizen_in_the_queue() {
    let engine = Engine::start();
    let mut first = agent(&engine, "1001", "udp", true, FIRST);
    let mut citizen = citizen(&engine, "udp");
    first.event("CALL_ESTABLISHED", STEP);
    talk(&engine);
    let mut second = agent(&engine, "1002", "udp", true, SECOND);
    first.command("transfer", &format!("sip:1009@{}", engine.sip));
    first.event("TRANSFER_FAILED", STEP);
    second.event("CALL_ESTABLISHED", STEP);
    talk(&engine);
    citizen.command("hangup", "");
    second.event("CALL_CLOSED", STEP);
    let records = engine.ended_records(1);
    assert_eq!((records.len(), &records[0]["agent"]), (1, &"1002".into()), "{records:?}");
    citizen.quit();
    first.quit();
    second.quit();
    heard("the citizen", &[citizen.heard(FIRST), citizen.heard(SECOND)], &[citizen.heard(CITIZEN)]);
}

#[test]
fn a_linphone_hands_on_to_a_baresip() {
    let engine = Engine::start();
    let mut first = Linphone::start(engine.sip, "udp", FIRST);
    first.register("1001", "example-1001");
    let mut citizen = citizen(&engine, "udp");
    first.until("Receiving new incoming call");
    first.says("answer");
    talk(&engine);
    let mut second = agent(&engine, "1002", "udp", true, SECOND);
    first.says(&format!("transfer sip:1002@{}", engine.sip));
    second.event("CALL_ESTABLISHED", STEP);
    talk(&engine);
    citizen.command("hangup", "");
    second.event("CALL_CLOSED", STEP);
    citizen.quit();
    first.quit();
    second.quit();
    heard("the citizen", &[citizen.heard(FIRST), citizen.heard(SECOND)], &[citizen.heard(CITIZEN)]);
    heard("the first agent", &[first.heard(CITIZEN)], &[first.heard(SECOND)]);
    heard("the second agent", &[second.heard(CITIZEN)], &[second.heard(FIRST)]);
}
