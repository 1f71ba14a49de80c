//! What signalling asks for a whole queue call: a citizen dials, is answered, presses 0, is queued; an agent's phone
//! rings, answers and hangs up. Against the bare loop of `responder`, in turn, with the same batched people.
//!
//! CPU time is that of the thread that signals: the engine's `control`, with menu, queue, roster, records handed over and
//! jobs for the media thread, and the whole of the responder.

mod responder;

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use benches::cpu::Thread;
use benches::engine::Engine;
use benches::people::{People, Wish};
use benches::{Compared, percentile, quick, row, tell_spread};

use self::responder::Responder;

/// Calls at once, each with an agent of its own: as many as fill a batch.
const AT_ONCE: usize = 48;
/// Calls of a round.
const CALLS: usize = 500;
/// Before each round of the engine: a closed port pair rests for two seconds, and there are 11,000.
const REST: Duration = Duration::from_millis(300);
/// Transactions stay for 32 s (RFC 3261 §17): after that a call's memory is what an earlier one gave back, as in an engine that runs for days.
const WARM_UP: Duration = Duration::from_secs(34);
/// Odd, for the median.
const ROUNDS: usize = 15;
const ROUNDS_QUICK: usize = 5;

fn main() -> Result<()> {
    let engine = Engine::start(AT_ONCE)?;
    let responder = Responder::start()?;
    let mut callers = People::new(engine.sip, Wish::Person)?;
    let mut legs = People::new(responder.address, Wish::Nothing)?;
    callers.register(AT_ONCE)?;
    let control = engine.thread("control")?;
    let others = [engine.thread("media-0")?, engine.thread("store")?];
    let bare = Thread::named(std::process::id(), responder::NAME)?;
    warm_up(&mut callers, &control)?;
    round(&bare, &mut legs)?;
    let mut others_us = [Vec::new(), Vec::new()];
    let mut pairs = Vec::new();
    let (mut ours_messages, mut bare_messages) = (0.0, 0.0);
    for _ in 0..if quick() { ROUNDS_QUICK } else { ROUNDS } {
        let (leg_ns, messages) = round(&bare, &mut legs)?;
        bare_messages = messages;
        std::thread::sleep(REST);
        let before = [others[0].used()?, others[1].used()?];
        let (call_ns, messages) = round(&control, &mut callers)?;
        ours_messages = messages;
        for (place, other) in others.iter().enumerate() {
            others_us[place].push((other.used()? - before[place]).as_nanos() as f64 / 1000.0 / CALLS as f64);
        }
        pairs.push((leg_ns, call_ns));
    }
    let [media, store] = others_us.map(|all| percentile(&all, 50));
    eprintln!(
        "a call is {ours_messages:.1} messages, a leg {bare_messages:.1}; beside `control` the engine spends on a call {media:.0} us of media, {store:.0} us of records"
    );
    tell(&pairs, ours_messages, bare_messages);
    Ok(())
}

/// Rounds as they are measured, until memory, tables and routes no longer grow.
fn warm_up(callers: &mut People, control: &Thread) -> Result<()> {
    let end = Instant::now() + if quick() { Duration::ZERO } else { WARM_UP };
    loop {
        round(control, callers)?;
        if Instant::now() >= end {
            return Ok(());
        }
        std::thread::sleep(REST);
    }
}

fn tell(pairs: &[(f64, f64)], ours_messages: f64, bare_messages: f64) {
    let two_legs: Vec<_> = pairs.iter().map(|(leg, call)| (2.0 * leg, *call)).collect();
    let messages: Vec<_> = pairs.iter().map(|(leg, call)| (leg / bare_messages, call / ours_messages)).collect();
    for (what, pairs, goal) in [
        ("call: CPU of a whole queue call (two legs of a bare responder)", two_legs, "ratio <= 2"),
        ("call: CPU a message (bare responder)", messages, "-"),
    ] {
        let compared = Compared::of(&pairs);
        tell_spread(what, &compared.ratios);
        let micros = |nanos: f64| format!("{:.1} us", nanos / 1000.0);
        row(what, micros(compared.baseline_ns), micros(compared.ours_ns), percentile(&compared.ratios, 50), goal);
    }
}

/// So many calls, always as many at once: nanoseconds of CPU and messages a call.
fn round(thread: &Thread, people: &mut People) -> Result<(f64, f64)> {
    let (before, used) = (people.counts(), thread.used()?);
    people.turn_until(|people| {
        let counts = people.counts();
        let (dialled, over) = (counts.dialled - before.dialled, counts.over - before.over);
        for _ in 0..(CALLS - dialled).min(AT_ONCE.saturating_sub(dialled - over)) {
            people.dial();
        }
        over >= CALLS
    })?;
    let after = people.counts();
    ensure!(after.refused == 0, "{} calls were refused", after.refused);
    let messages = (after.messages - before.messages) as f64 / CALLS as f64;
    Ok(((thread.used()? - used).as_nanos() as f64 / CALLS as f64, messages))
}
