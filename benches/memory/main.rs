//! What a call that stays takes of memory: resident bytes of the engine with 500 and with 2,000 held calls, and the slope.
//! The buffers of sockets belong to the system and do not count.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use benches::engine::Engine;
use benches::people::{People, Wish};
use benches::{quick, row};

const FEW: usize = 500;
const MANY: usize = 2000;
/// Calls that are set up at the same time.
const AT_ONCE: usize = 8;
const REFUSED_MAX: usize = 200;
/// From the last arrival to the reading: transactions that linger keep their memory, which the next calls then use.
const SETTLE: Duration = Duration::from_secs(10);
const SETTLE_QUICK: Duration = Duration::from_secs(3);
const KILOBYTE: f64 = 1024.0;
/// Messages for ladders have a sum of memory of their own, which calls of any kind fill, held or over.
const NO_LADDERS: (&str, &str) = ("HOTLINE__LADDER__KEEP_MIB", "0");

fn main() -> Result<()> {
    for (what, wish, goal_kb) in [
        ("memory: a caller who waits and hears music (the goal)", Wish::Person, 14.0),
        ("memory: a caller in the menu (the goal)", Wish::Menu, 16.0),
    ] {
        let engine = Engine::start_with(0, &[NO_LADDERS])?;
        let mut people = People::new(engine.sip, wish)?;
        let few = hold(&engine, &mut people, FEW)?;
        let many = hold(&engine, &mut people, MANY)?;
        let slope_kb = (many as f64 - few as f64) / (MANY - FEW) as f64 / KILOBYTE;
        let megabytes = |bytes: u64| bytes as f64 / KILOBYTE / KILOBYTE;
        eprintln!("{what}: {:.1} MB with {FEW} calls, {:.1} MB with {MANY}", megabytes(few), megabytes(many));
        row(what, format!("{goal_kb} KB"), format!("{slope_kb:.1} KB"), slope_kb / goal_kb, "ratio <= 1");
    }
    Ok(())
}

/// Dials until so many calls are held; the resident bytes after a pause.
fn hold(engine: &Engine, people: &mut People, calls: usize) -> Result<u64> {
    people.turn_until(|people| {
        let counts = people.counts();
        // Whom a busy machine refuses, because a worker was late in binding ports, is followed by another.
        let open = counts.dialled - counts.answered - counts.refused;
        for _ in 0..calls.saturating_sub(counts.answered + open).min(AT_ONCE - open.min(AT_ONCE)) {
            people.dial();
        }
        counts.answered >= calls
    })?;
    let until = Instant::now() + if quick() { SETTLE_QUICK } else { SETTLE };
    while Instant::now() < until {
        people.turn()?;
    }
    let counts = people.counts();
    ensure!(counts.over == 0 && counts.refused <= REFUSED_MAX, "not every call is held: {counts:?}");
    engine.resident()
}
