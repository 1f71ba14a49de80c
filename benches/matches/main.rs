//! Callers and agents brought together by the shipped binary on one core: from the caller's ACK, the last thing before a match, to the INVITE at the
//! agent's socket; at a thousand calls a second, and at twice that with and without a limit.
//!
//! Callers dial a number that leads to the queue at once, agents are always free, answer, and hang up with the ACK; nobody sends voice. The generator
//! has the other core. Arrivals are the kernel's time stamps, so that what the generator itself comes late by is not in the figures.

mod wire;

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use benches::engine::Engine;
use benches::people::{Counts, People, Wish};
use benches::probe::Probe;
use benches::{cpu, micros, percentile, quick, row, times};

use self::wire::Wire;

/// The goal for one core.
const RATE: usize = 1_000;
/// What a caller notices as little as a relay's click.
const GOAL: Duration = Duration::from_millis(5);
/// More than have a call at once: nobody waits for an agent.
const AGENTS: usize = 200;
/// Transactions stay for 32 s (RFC 3261 §17): after that a call's memory is what an earlier one gave back. In two rounds: who presses
/// nothing, as the call that asks meanwhile, is with an agent after half a minute.
const WARM_UP: [Duration; 2] = [Duration::from_secs(17); 2];
const WARM_UP_QUICK: [Duration; 1] = [Duration::from_secs(2)];
const ROUND: Duration = Duration::from_secs(5);
/// Before each round: closed ports rest for two seconds.
const CALM: Duration = Duration::from_millis(2500);
/// Odd, for the median.
const ROUNDS: usize = 5;
const ROUNDS_QUICK: usize = 1;

/// What came of the calls of one round, or of several.
#[derive(Clone, Debug, Default)]
struct Taken {
    matches: Vec<Duration>,
    offered: usize,
    refused: usize,
    unkind: usize,
    /// For one match, of those that came about.
    each: Duration,
    /// Answers to what an established call asks meanwhile.
    asked: Vec<Duration>,
}

impl Taken {
    fn p(&self, percent: usize) -> Duration {
        percentile(&self.matches, percent)
    }
}

fn main() -> Result<()> {
    let cores = cpu::last_and_first();
    let mut wire = there(cores, Wire::start)?;
    let open = there(cores, || Engine::start(AGENTS))?;
    let mut callers = people(&open)?;
    for time in if quick() { &WARM_UP_QUICK[..] } else { &WARM_UP[..] } {
        let warm = round(&open, &mut callers, RATE, *time)?;
        eprintln!("{} matches to warm up, p99 {}", warm.matches.len(), micros(warm.p(99)));
    }
    let (mut alone, mut once, mut twice) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..if quick() { ROUNDS_QUICK } else { ROUNDS } {
        alone.extend(wire.round(RATE, ROUND)?);
        once.push(round(&open, &mut callers, RATE, ROUND)?);
        twice.push(round(&open, &mut callers, 2 * RATE, ROUND)?);
    }
    drop(open);
    let rate = RATE.to_string();
    let limit = [("HOTLINE__LIMITS__CALLS_PER_S", rate.as_str())];
    let limited = there(cores, || Engine::start_with(AGENTS, &limit))?;
    let mut callers = people(&limited)?;
    let mut shed = Vec::new();
    for _ in 0..if quick() { ROUNDS_QUICK } else { ROUNDS } {
        shed.push(round(&limited, &mut callers, 2 * RATE, ROUND)?);
    }
    tell(&alone, &[once, twice, shed]);
    Ok(())
}

/// Begins something on the engine's core, where its threads stay, and goes on on the generator's.
fn there<T>((theirs, ours): (usize, usize), begin: impl FnOnce() -> Result<T>) -> Result<T> {
    cpu::pin(theirs)?;
    let begun = begin()?;
    cpu::pin(ours)?;
    Ok(begun)
}

fn people(engine: &Engine) -> Result<People> {
    let mut people = People::new(engine.sip, Wish::Agent)?;
    people.register(AGENTS)?;
    Ok(people)
}

/// Dials evenly, and sees every call to its end.
fn round(engine: &Engine, people: &mut People, rate: usize, time: Duration) -> Result<Taken> {
    std::thread::sleep(CALM);
    let control = engine.thread("control")?;
    let (before, used, calls) = (people.counts(), control.used()?, (time.as_secs_f64() * rate as f64) as usize);
    let probe = Probe::start(engine.sip)?;
    let began = Instant::now();
    people.turn_until(|people| {
        let due = (began.elapsed().as_secs_f64() * rate as f64) as usize;
        while people.counts().dialled - before.dialled < due.min(calls) {
            people.dial();
        }
        people.counts().over + people.counts().refused == before.over + before.refused + calls
    })?;
    let took = began.elapsed();
    let asked = probe.end()?.into_iter().map(|one| one.took).collect();
    let Counts { refused, unkind, .. } = people.counts();
    let (refused, unkind) = (refused - before.refused, unkind - before.unkind);
    let matches = people.take_matched();
    ensure!(matches.len() + refused == calls, "{} matches and {refused} refusals of {calls} calls", matches.len());
    let each = took / u32::try_from(matches.len())?.max(1);
    let taken = Taken { matches, offered: calls, refused, unkind, each, asked };
    eprintln!(
        "{rate} calls/s: {:.0} matches/s, {refused} refused, p50 {}, p99 {}, worst {}; p99 within dialogs {}; control took {:.0} % of its core",
        1.0 / each.as_secs_f64(),
        micros(taken.p(50)),
        micros(taken.p(99)),
        micros(taken.p(100)),
        micros(percentile(&taken.asked, 99)),
        100.0 * (control.used()? - used).as_secs_f64() / took.as_secs_f64(),
    );
    Ok(taken)
}

fn tell(alone: &[Duration], [once, twice, shed]: &[Vec<Taken>; 3]) {
    let median =
        |rounds: &[Taken], of: fn(&Taken) -> Duration| percentile(&rounds.iter().map(of).collect::<Vec<_>>(), 50);
    let what = "matches: ACK to INVITE";
    for (percent, of) in [(50, (|taken| taken.p(50)) as fn(&Taken) -> Duration), (99, |taken| taken.p(99))] {
        let (baseline, ours) = (percentile(alone, percent), median(once, of));
        let what = format!("{what}, {RATE} calls/s, p{percent} (the datagrams alone)");
        row(&what, micros(baseline), micros(ours), times(ours, baseline), "-");
    }
    let cases = [
        (format!("{RATE} calls/s"), once),
        (format!("{} calls/s", 2 * RATE), twice),
        (format!("{} calls/s, {RATE} let in", 2 * RATE), shed),
    ];
    for (load, rounds) in &cases {
        let p99 = median(rounds, |taken| taken.p(99));
        row(&format!("{what}, {load}, p99 (its goal)"), micros(GOAL), micros(p99), times(p99, GOAL), "ratio <= 1");
    }
    for (load, rounds) in &cases {
        let asked = median(rounds, |taken| percentile(&taken.asked, 99));
        let what = format!("matches: {load}, p99 within dialogs (its goal)");
        row(&what, micros(GOAL), micros(asked), times(asked, GOAL), "ratio <= 1");
    }
    let each = median(once, |taken| taken.each);
    for (load, rounds) in &cases[1..] {
        let ours = median(rounds, |taken| taken.each);
        // A burst at the beginning and the end of a round move it by less.
        row(
            &format!("matches: {load}, time a match (at {RATE} calls/s)"),
            micros(each),
            micros(ours),
            times(ours, each),
            "ratio <= 1.02",
        );
    }
    let sum = |rounds: &[Taken], of: fn(&Taken) -> usize| rounds.iter().map(of).sum::<usize>();
    let refused = sum(once, |taken| taken.refused);
    row(&format!("matches: {RATE} calls/s, lost or refused (none)"), 0, refused, refused as f64, "ours <= 0");
    let (offered, refused) = (sum(shed, |taken| taken.offered), sum(shed, |taken| taken.refused));
    let load = &cases[2].0;
    row(&format!("matches: {load}, refused (offered)"), offered, refused, refused as f64 / offered as f64, "-");
    let unkind = sum(shed, |taken| taken.unkind);
    row(&format!("matches: {load}, refused without Retry-After (none)"), 0, unkind, unkind as f64, "ours <= 0");
}
