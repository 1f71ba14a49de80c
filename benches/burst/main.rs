//! A burst of INVITEs at the shipped binary that holds calls: which of them are lost, and how late the established calls are
//! served meanwhile.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use benches::engine::Engine;
use benches::people::{Counts, People, Wish};
use benches::probe::{Asked, Probe};
use benches::{micros, percentile, quick, row, tell_spread, times};

/// Calls that are up, in the menu, beside which the burst comes.
const HELD: usize = 500;
/// INVITEs of a burst, spread over a second; each is hung up when answered.
const BURST: usize = 5_000;
const SECOND: Duration = Duration::from_secs(1);
/// Before each burst: closed ports rest for two seconds.
const CALM: Duration = Duration::from_secs(3);
/// Odd, for the median.
const ROUNDS: usize = 7;
const ROUNDS_QUICK: usize = 3;
/// What an established call may wait for its answer in a burst.
const WAIT_MAX: Duration = Duration::from_millis(5);

fn main() -> Result<()> {
    eprintln!("{BURST} INVITEs in a second beside {HELD} calls that are up.");
    let engine = Engine::start(0)?;
    let mut held = People::new(engine.sip, Wish::Menu)?;
    while held.counts().dialled < HELD {
        held.dial();
        held.turn_until(|people| people.counts().answered + people.counts().refused == people.counts().dialled)?;
    }
    let mut callers = People::new(engine.sip, Wish::Nothing)?;
    let mut rounds = Vec::new();
    let mut lost = 0;
    for _ in 0..if quick() { ROUNDS_QUICK } else { ROUNDS } {
        let probe = Probe::start(engine.sip)?;
        wait(&mut held, CALM)?;
        let began = Instant::now();
        let counts = burst(&mut callers, &mut held)?;
        let ended = Instant::now();
        let asked = probe.end()?;
        lost += BURST - counts.answered;
        let p99 = |during: &dyn Fn(&Asked) -> bool| {
            let took: Vec<Duration> = asked.iter().filter(|one| during(one)).map(|one| one.took).collect();
            percentile(&took, 99)
        };
        let calm = p99(&|one| one.at < began);
        let busy = p99(&|one| one.at >= began && one.at < ended);
        eprintln!(
            "p99 of an answer within a dialog {} before, {} in the burst; {} calls refused",
            micros(calm),
            micros(busy),
            counts.refused
        );
        rounds.push((calm, busy));
    }
    ensure!(held.counts().over == 0, "a call that was up has ended: {:?}", held.counts());
    tell(&rounds, lost);
    Ok(())
}

fn wait(held: &mut People, time: Duration) -> Result<()> {
    let until = Instant::now() + time;
    while Instant::now() < until {
        held.turn()?;
    }
    Ok(())
}

/// Dials evenly over a second and sees every call to its end.
fn burst(callers: &mut People, held: &mut People) -> Result<Counts> {
    let (before, began) = (callers.counts(), Instant::now());
    let placed = |people: &People| people.counts().dialled - before.dialled;
    callers.turn_until(|people| {
        let due = (began.elapsed().as_secs_f64() / SECOND.as_secs_f64() * BURST as f64) as usize;
        while placed(people) < due.min(BURST) {
            people.dial();
        }
        placed(people) == BURST && people.counts().over + people.counts().refused == people.counts().dialled
    })?;
    held.turn()?;
    let counts = callers.counts();
    let (answered, refused) = (counts.answered - before.answered, counts.refused - before.refused);
    Ok(Counts { answered, refused, ..counts })
}

fn tell(rounds: &[(Duration, Duration)], lost: usize) {
    let ratios: Vec<f64> = rounds.iter().map(|(calm, busy)| times(*busy, *calm)).collect();
    let what = format!("burst of {BURST} INVITEs in a second");
    tell_spread(&what, &ratios);
    let median = |of: fn(&(Duration, Duration)) -> Duration| percentile(&rounds.iter().map(of).collect::<Vec<_>>(), 50);
    let (calm, busy) = (median(|round| round.0), median(|round| round.1));
    row(&format!("{what}: calls lost or refused (none)"), 0, lost, lost as f64, "ours <= 0");
    row(&format!("{what}: p99 within dialogs (before)"), micros(calm), micros(busy), percentile(&ratios, 50), "-");
    row(
        &format!("{what}: p99 within dialogs (its goal)"),
        micros(WAIT_MAX),
        micros(busy),
        times(busy, WAIT_MAX),
        "ratio <= 1",
    );
}
