//! Five hundred citizens and fifty agents who are not always willing, while the configuration changes each second: nobody is served twice or
//! passed over, nobody is left behind, everybody hears whom they talk with and nobody else, and the records say what the phones saw.
//!
//! What people do is drawn from a seed, which is printed; `STORM_SEED=42` takes that one.

mod account;
mod changes;
mod hall;
mod order;
mod people;
mod phones;
mod voices;

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use self::changes::{Operator, State};
use self::hall::{Hall, Mood};
use crate::kit::engine::Engine;
use crate::kit::wait;

const CITIZENS: usize = 500;
const AGENTS: usize = 50;
/// A third more than so many agents serve: a crowd gathers.
const PER_S: u32 = 20;
/// All calls at that rate, those who wait then, and those who dial again; several times that on a busy machine.
const SERVED_WITHIN: Duration = Duration::from_secs(240);
/// The longest back-off and a ring, several times.
const READY_WITHIN: Duration = Duration::from_secs(10);
/// Of everything that people do by chance there was at least so much: a fifth of what is to be expected of the rarest.
const FEWEST: usize = 5;
/// What signalling may take between a phone and the engine, beside what the machine kept phones and engine from.
const SLACK: Duration = Duration::from_secs(1);

fn seed() -> u64 {
    let drawn = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros() as u64 % 1_000_000);
    let seed = std::env::var("STORM_SEED").ok().map(|text| text.parse().expect("a number")).unwrap_or_else(drawn);
    println!("STORM_SEED={seed}");
    seed
}

/// One storm at a time: each takes a quarter of all ports that tests have.
static ONE: Mutex<()> = Mutex::new(());
/// Everybody at once, and a phone of each agent that rings.
const LEGS: u16 = 640;

fn storm(kills: &'static [u32]) {
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let state = State::new(AGENTS);
    let engine = Engine::start_for(LEGS, |config| state.write(config));
    let mut hall = Hall::new(engine.sip, AGENTS, CITIZENS, seed());
    let operator = Operator::start(engine, state, kills);
    hall.everybody_calls(PER_S);
    hall.until_with("everybody is served", SERVED_WITHIN, &operator, Hall::is_empty);
    let served = hall.now();
    let (engine, account) = operator.go_home();
    nobody_is_stuck(&mut hall, &engine);
    let records = all_records(&engine);
    let slack = SLACK + hall.stall + hall.slowest_answer();
    phones::one_to_one(&hall, slack);
    phones::no_ghosts(&hall, slack);
    let entries = account::agree(&hall, &records, slack);
    let (compared, kept) = order::is_kept(&hall, &entries, slack);
    phones::no_strangers(&hall);
    let cut = entries.iter().flatten().filter(|entry| entry.reason == "restart").count();
    let (stall, answer) = (hall.stall, hall.slowest_answer());
    println!("served after {served:?}, longest stall {stall:?}, slowest answer {answer:?}, changes {account:?}");
    println!("{compared} comparisons of order, {cut} calls cut, {kept} places kept; {:?}", hall.people());
    assert!(compared > CITIZENS, "no crowd gathered");
    assert!(account.values().all(|count| *count >= 2), "each was changed and changed back");
    assert!(hall.people().values().all(|count| *count >= FEWEST), "everything that people do was done");
    assert!(cut >= FEWEST * kills.len() && kept >= FEWEST * kills.len(), "the engine was killed amid calls");
}

/// Every agent is free soon after the last talk, and a further call reaches each.
fn nobody_is_stuck(hall: &mut Hall, engine: &Engine) {
    hall.last_ones_register();
    hall.until("every agent is free", READY_WITHIN, |_| {
        engine.gauge("hotline_agents{state=\"free\"}") == AGENTS as f64
    });
    hall.mood = Mood::Willing;
    hall.call_again(AGENTS);
    hall.until("every agent talks", READY_WITHIN * 2, |hall| hall.heard() == AGENTS);
    hall.hang_up_all();
    hall.until("all is over", READY_WITHIN, Hall::is_empty);
}

fn all_records(engine: &Engine) -> Vec<Value> {
    wait::until("every record to be complete", READY_WITHIN, || {
        let records = engine.records();
        records.iter().all(|record| !record["ended"].is_null()).then_some(records)
    })
}

#[test]
fn five_hundred_callers_fifty_agents_and_another_configuration_each_second() {
    storm(&[]);
}

#[test]
fn five_hundred_callers_fifty_agents_and_the_engine_killed_four_times() {
    // Twice as a group is taken out.
    storm(&[8, 13, 19, 24]);
}
