//! What a deadline costs in the timer wheel: armed, then cancelled or fired. The baseline is a ring with one bucket for
//! each millisecond, which only fits deadlines within its size and never gives back what was cancelled before its time.

use std::hint::black_box;
use std::time::Duration;

use anyhow::{Result, ensure};
use base::{Rng, Time, Wheel};
use benches::compare;

/// Deadlines of one timed run.
const DEADLINES: usize = 10_000;
/// The longest SIP deadline, 64*T1, and a power of two.
const SPAN_MS: u64 = 32_768;
/// How far the clock moves between two looks.
const STEP_MS: u64 = 1;

/// Delays in milliseconds; every second deadline is cancelled, as most of a call engine's are.
fn delays() -> Vec<u64> {
    let mut rng = Rng::from_number(1);
    (0..DEADLINES).map(|_| 1 + rng.below(SPAN_MS - 1)).collect()
}

fn is_cancelled(place: usize) -> bool {
    place % 2 == 1
}

struct Ring {
    buckets: Vec<Vec<u32>>,
    alive: Vec<bool>,
    now_ms: u64,
}

impl Ring {
    fn bucket(&mut self, at_ms: u64) -> &mut Vec<u32> {
        &mut self.buckets[(at_ms % SPAN_MS) as usize]
    }

    /// Returns how many fired.
    fn run(&mut self, delays: &[u64]) -> usize {
        for (place, delay) in delays.iter().enumerate() {
            let at = self.now_ms + delay;
            self.bucket(at).push(place as u32);
            self.alive[place] = true;
        }
        for place in (0..delays.len()).filter(|place| is_cancelled(*place)) {
            self.alive[place] = false;
        }
        let mut fired = 0;
        for _ in 0..SPAN_MS / STEP_MS {
            self.now_ms += STEP_MS;
            let now_ms = self.now_ms;
            while let Some(place) = self.bucket(now_ms).pop() {
                fired += usize::from(self.alive[black_box(place) as usize]);
            }
        }
        fired
    }
}

struct Ours {
    wheel: Wheel<u32>,
    now: Time,
}

impl Ours {
    /// Returns how many fired.
    fn run(&mut self, delays: &[u64]) -> usize {
        let after = |delay: &u64| Duration::from_millis(*delay);
        let armed = delays.iter().enumerate();
        let ids: Vec<_> =
            armed.map(|(place, delay)| self.wheel.arm_after(self.now, after(delay), place as u32)).collect();
        for (_, id) in ids.into_iter().enumerate().filter(|(place, _)| is_cancelled(*place)) {
            self.wheel.cancel(id);
        }
        let mut fired = 0;
        for _ in 0..SPAN_MS / STEP_MS {
            self.now = self.now + Duration::from_millis(STEP_MS);
            while let Some(place) = self.wheel.pop(self.now) {
                black_box(place);
                fired += 1;
            }
        }
        fired
    }
}

fn main() -> Result<()> {
    eprintln!("{DEADLINES} deadlines within {SPAN_MS} ms, half of them cancelled, looked at every {STEP_MS} ms.");
    let delays = delays();
    let buckets = (0..SPAN_MS).map(|_| Vec::new()).collect();
    let mut ring = Ring { buckets, alive: vec![false; DEADLINES], now_ms: 0 };
    let mut ours = Ours { wheel: Wheel::new(Time::ZERO), now: Time::ZERO };
    ensure!(ring.run(&delays) == DEADLINES / 2, "the ring fires what was not cancelled");
    ensure!(ours.run(&delays) == DEADLINES / 2, "the wheel fires what was not cancelled");
    let compared = compare(
        DEADLINES,
        || {
            black_box(ring.run(&delays));
        },
        || {
            black_box(ours.run(&delays));
        },
    );
    compared.row("deadline armed and done (bucket ring)", "-");
    Ok(())
}
