//! Killed and started again: phones hang up, records are whole, agents stay at work, callers keep their places.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use base::{Digit, Secret};
use load::phone::{Act, Answering, Config, Side, Status, Step, What, Why};
use load::{PhoneId, Runner};
use serde_json::Value;

use crate::kit::engine::Engine;

const LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// What both phones of every open call may wait for their BYE after the engine is back.
const HUNG_UP_WITHIN: Duration = Duration::from_secs(2);
const STEP: Duration = Duration::from_secs(30);

/// Phones of citizens and agents around one engine.
struct Town {
    runner: Runner,
    agents: Vec<PhoneId>,
    citizens: Vec<PhoneId>,
    hung_up: BTreeMap<PhoneId, (Side, Why)>,
}

impl Town {
    fn new(server: SocketAddr, agents: u32, citizens: u32) -> Town {
        let mut runner = Runner::new().expect("descriptors");
        let agents = (0..agents).map(|place| agent(&mut runner, server, place)).collect();
        let citizens = (0..citizens).map(|place| citizen(&mut runner, server, place)).collect();
        let mut town = Town { runner, agents, citizens, hung_up: BTreeMap::new() };
        for id in town.agents.clone() {
            town.runner.act(id, |phone, now, out| phone.register(now, out));
        }
        town.until("every agent registers", STEP, |town| {
            town.agents.iter().all(|id| town.runner.phone(*id).is_registered())
        });
        town
    }

    fn dial(&mut self, place: usize) {
        self.hung_up.remove(&self.citizens[place]);
        self.runner.act(self.citizens[place], |phone, now, out| phone.dial(now, "12345", out));
    }

    fn hang_up(&mut self, id: PhoneId) {
        self.runner.act(id, |phone, now, out| phone.hang_up(now, out));
    }

    /// Runs the phones until something holds.
    fn until(&mut self, what: &str, within: Duration, holds: impl Fn(&Town) -> bool) {
        let end = self.runner.now() + within;
        while !holds(self) {
            assert!(self.runner.now() < end, "not within {within:?}: {what}; hung up: {:?}", self.hung_up);
            self.runner.run_until(Duration::from_millis(20), |_| false).expect("sockets work");
            for (id, event) in self.runner.take_events() {
                if let What::HungUp { by, why } = event.what {
                    self.hung_up.insert(id, (by, why));
                }
            }
        }
    }

    /// One talks and so many wait, of so many calls since the start.
    fn settled(&mut self, engine: &Engine, calls: usize, waiting: usize) {
        let is = |name: &str, value: usize| (metric(engine, name) - value as f64).abs() < 0.5;
        self.until("the new call waits or talks", STEP, |town| {
            town.talking().len() == 1
                && is("hotline_calls_started_total", calls)
                && is(r#"hotline_calls{phase="talking"}"#, 1)
                && is(r#"hotline_calls{phase="waiting"}"#, waiting)
        });
    }

    fn in_call(&self, id: PhoneId) -> bool {
        self.runner.phone(id).status() != Status::Idle
    }

    fn talking(&self) -> Vec<PhoneId> {
        let busy = |id: &&PhoneId| self.runner.phone(**id).status() == Status::Talking;
        self.agents.iter().filter(busy).copied().collect()
    }
}

fn agent(runner: &mut Runner, server: SocketAddr, place: u32) -> PhoneId {
    let number = 1001 + place;
    let id = runner.add(LOCAL, |sip, rtp| Config {
        password: Some(Secret(format!("example-{number}"))),
        answering: Answering::After(Duration::from_millis(100)),
        ..Config::new(&number.to_string(), server, sip, rtp)
    });
    id.expect("ports for an agent")
}

fn citizen(runner: &mut Runner, server: SocketAddr, place: u32) -> PhoneId {
    let press = Step { after: Duration::from_secs(1), act: Act::Press(Digit::Number(0)) };
    let id = runner.add(LOCAL, |sip, rtp| Config {
        script: vec![press],
        ..Config::new(&number(place as usize), server, sip, rtp)
    });
    id.expect("ports for a citizen")
}

fn number(place: usize) -> String {
    format!("1380000{place:04}")
}

fn metric(engine: &Engine, name: &str) -> f64 {
    engine.metric(name).unwrap_or_else(|| panic!("{name} in the metrics"))
}

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
    town.until("the others wait", STEP, |_| (metric(&engine, waiting) - all_wait).abs() < 0.5);
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
