//! Killed and started again: phones hang up, records are whole, agents stay at work, callers keep their places.

use std::collections::BTreeSet;
use std::time::Duration;

use load::PhoneId;
use load::phone::{Side, Why};
use serde_json::Value;

use crate::kit::engine::Engine;
use crate::kit::town::{STEP, Town, number};
/// What both phones of every open call may wait for their BYE after the engine is back.
const HUNG_UP_WITHIN: Duration = Duration::from_secs(2);

/// `calls` citizens call, ten of them talk, the others wait; the engine is killed and started again.
fn killed_under(calls: u32) {
    let engine = Engine::start_for(u16::try_from(calls).expect("few"), |_| {});
    let mut town = Town::new(engine.sip, 10, calls);
    for place in 0..calls as usize {
        town.dial(place);
    }
    town.until("ten talk", STEP, |town| town.talking().len() == 10);
    let waiting = r#"hotline_calls{phase="waiting"}"#;
    let all_wait = f64::from(calls) - 10.0;
    town.until("the others wait", STEP, |_| (engine.gauge(waiting) - all_wait).abs() < 0.5);
    engine.process.signal("KILL");
    let engine = engine.restart();
    let everybody: Vec<PhoneId> = town.citizens.iter().chain(&town.agents).copied().collect();
    town.until("every phone is hung up", HUNG_UP_WITHIN, |town| everybody.iter().all(|id| !town.in_call(*id)));
    let by_peer = |id: &PhoneId| town.hung_up.get(id) == Some(&(Side::Peer, Why::Bye));
    let cut = everybody.iter().filter(|id| by_peer(id)).count();
    assert_eq!(cut, everybody.len(), "each phone was told: {:?}", town.hung_up);
    one_record_a_call(&engine.ended_records(calls as usize), calls);
    // Nobody registers anew, and yet agents are rung.
    for place in 0..10 {
        town.dial(place);
    }
    town.until("ten talk again", STEP, |town| town.talking().len() == 10);
    for id in town.citizens.clone() {
        town.hang_up(id);
    }
    town.until("all are done", STEP, |town| everybody.iter().all(|id| !town.in_call(*id)));
    let records = engine.ended_records(calls as usize + 10);
    assert_eq!(records.len(), calls as usize + 10);
}

fn one_record_a_call(records: &[Value], calls: u32) {
    let callers: BTreeSet<&str> = records.iter().filter_map(|r| r["caller"].as_str()).collect();
    assert_eq!((records.len(), callers.len()), (calls as usize, calls as usize), "one record a call");
    assert!(records.iter().all(|r| r["end_reason"] == "restart"), "{records:?}");
    assert!(records.iter().all(|r| r["skill_group"] == "consult"), "the records know where the callers waited");
    let with_agent = records.iter().filter(|r| r["agent"].is_string()).count();
    assert_eq!(with_agent, 10, "the records know who talked");
}

#[test]
fn killed_under_fifty_calls() {
    killed_under(50);
}

#[test]
fn killed_under_five_hundred_calls() {
    killed_under(500);
}

#[test]
fn killed_again_before_it_could_recover() {
    let engine = Engine::start();
    let mut town = Town::new(engine.sip, 1, 3);
    for place in 0..3 {
        town.dial(place);
    }
    town.until("one talks", STEP, |town| town.talking().len() == 1);
    engine.process.signal("KILL");
    let engine = engine.restart();
    engine.process.signal("KILL");
    let engine = engine.restart();
    let everybody: Vec<PhoneId> = town.citizens.iter().chain(&town.agents).copied().collect();
    town.until("every phone is hung up", HUNG_UP_WITHIN, |town| everybody.iter().all(|id| !town.in_call(*id)));
    let records = engine.ended_records(3);
    assert_eq!(records.len(), 3);
    assert!(records.iter().all(|r| r["end_reason"] == "restart"), "{records:?}");
}

#[test]
fn callers_of_the_queue_get_their_places_back() {
    let engine = Engine::start();
    let mut town = Town::new(engine.sip, 1, 5);
    let agent = town.agents[0];
    for (place, waiting) in [(0, 0), (1, 1), (2, 2)] {
        town.dial(place);
        town.settled(&engine, place + 1, waiting);
    }
    engine.process.signal("KILL");
    let engine = engine.restart();
    town.until("the agent is hung up", HUNG_UP_WITHIN, |town| !town.in_call(agent));
    // A newcomer talks, another waits; then both come back who waited, the later one first.
    for (calls, (place, waiting)) in [(3, 0), (4, 1), (2, 2), (1, 3)].into_iter().enumerate() {
        town.dial(place);
        town.settled(&engine, calls + 1, waiting);
    }
    let order = [3, 1, 2, 4];
    for place in order {
        town.until("the agent talks", STEP, |town| town.talking().len() == 1);
        town.hung_up.remove(&agent);
        town.hang_up(town.citizens[place]);
        town.until("the talk is over", STEP, |town| town.hung_up.contains_key(&agent));
    }
    let records = engine.ended_records(3 + order.len());
    let mut talks: Vec<_> = records.iter().filter(|r| r["end_reason"] == "caller_hangup").collect();
    talks.sort_by_key(|r| r["ended"].as_str().map(str::to_owned));
    let served: Vec<_> = talks.iter().filter_map(|r| r["caller"].as_str()).collect();
    assert_eq!(served, order.map(number), "in the order of their first call: {records:?}");
}
