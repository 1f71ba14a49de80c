//! Killed and started again: phones hang up, records are whole, agents stay at work, callers keep their places.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use load::PhoneId;
use load::phone::{Side, Why};
use serde_json::Value;

use crate::kit::engine::Engine;
use crate::kit::puppet::Puppet;
use crate::kit::raw::{self, Dialog};
use crate::kit::town::{STEP, Town, number};
use crate::kit::wait;

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

/// What a phone by hand that called somebody hears once the engine is back, and when.
fn refused_within(caller: &mut Puppet, since: Instant) -> String {
    let refusal = caller.hear("480");
    assert!(since.elapsed() < HUNG_UP_WITHIN, "after {:?}", since.elapsed());
    assert!(raw::header(&refusal, "CSeq").ends_with("INVITE") && raw::header(&refusal, "Reason").contains("cut short"));
    refusal
}

#[test]
fn an_agents_own_call_that_only_rang_is_refused() {
    for rings in [true, false] {
        let engine = Engine::start();
        let [mut caller, mut callee] = [Puppet::new(engine.sip), Puppet::new(engine.sip)];
        caller.sign_on(1001);
        callee.sign_on(1002);
        let mut dialog = Dialog::calling_to(engine.sip, ("1001", "1002"), "own", caller.address());
        caller.say(&dialog.request("INVITE", &caller.description()));
        let offered = callee.hear("INVITE");
        let heard = if rings {
            callee.respond(&offered, (180, "callee"), "");
            caller.hear("180")
        } else {
            caller.hear("100")
        };
        engine.process.signal("KILL");
        let engine = engine.restart();
        let since = Instant::now();
        let refusal = refused_within(&mut caller, since);
        if rings {
            assert_eq!(raw::header(&refusal, "To"), raw::header(&heard, "To"), "the early dialog");
        }
        // The ACK of a refusal belongs to the INVITE's transaction (RFC 3261 §17.1.1.3).
        caller.say(&dialog.request("ACK", "").replace("ownACK1", "ownINVITE1"));
        // Nobody knows that it rings where no 180 was heard: the CANCEL waits a second then (RFC 3261 §9.1).
        let cancel = callee.hear("CANCEL");
        assert!(since.elapsed() < HUNG_UP_WITHIN, "after {:?}", since.elapsed());
        callee.respond(&cancel, (200, "callee"), "");
        callee.respond(&offered, (487, "callee"), "");
        let records = engine.ended_records(1);
        assert_eq!(records.len(), 1, "{records:?}");
        assert_eq!((&records[0]["end_reason"], &records[0]["caller"]), (&"restart".into(), &"1001".into()));
        let free = || (engine.gauge("hotline_agents{state=\"free\"}") == 2.0).then_some(());
        wait::until("both agents to be free", STEP, free);
        // The phone may call again at once, and the colleague is rung.
        let mut again = Dialog::calling_to(engine.sip, ("1001", "1002"), "again", caller.address());
        caller.say(&again.request("INVITE", &caller.description()));
        callee.hear("INVITE");
    }
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
