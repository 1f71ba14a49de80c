//! What every bench needs: the line that `cargo xtask bench` reads, and the middle of many measurements.

use std::fmt::Display;
use std::time::{Duration, Instant};

/// Prints one line `what|baseline|ours|ratio|goal`.
pub fn row(what: &str, baseline: impl Display, ours: impl Display, ratio: f64, goal: &str) {
    println!("{what}|{baseline}|{ours}|{ratio:.2}|{goal}");
}

/// The smallest value that `percent` of all are not above (nearest rank).
///
/// # Panics
/// When there is no value.
pub fn percentile<T: Copy + PartialOrd>(values: &[T], percent: usize) -> T {
    let mut sorted = values.to_vec();
    sorted.sort_by(|a, b| a.partial_cmp(b).expect("measurements compare"));
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted[rank - 1]
}

/// As microseconds with their unit.
pub fn micros(duration: Duration) -> String {
    format!("{:.0} us", duration.as_secs_f64() * 1e6)
}

/// How many times the baseline ours takes.
pub fn times(ours: Duration, baseline: Duration) -> f64 {
    ours.as_secs_f64() / baseline.as_secs_f64()
}

/// What one item costs on either side.
#[derive(Clone, Copy, Debug)]
pub struct Compared {
    pub baseline_ns: f64,
    pub ours_ns: f64,
    /// The median of each round's `ours` over `baseline`: what disturbs a round disturbs both.
    pub ratio: f64,
}

impl Compared {
    pub fn row(&self, what: &str, goal: &str) {
        row(what, format!("{:.1} ns", self.baseline_ns), format!("{:.1} ns", self.ours_ns), self.ratio, goal);
    }
}

/// Enough for a steady median, odd.
const ROUNDS: usize = 101;
const ROUNDS_WARM: usize = 5;

/// Runs both sides in turn, the first one changing; each run handles `items`.
pub fn compare(items: usize, mut baseline: impl FnMut(), mut ours: impl FnMut()) -> Compared {
    let mut measured = Vec::new();
    for round in 0..ROUNDS_WARM + ROUNDS {
        let pair = if round % 2 == 0 {
            let baseline = clocked(&mut baseline);
            (baseline, clocked(&mut ours))
        } else {
            let ours = clocked(&mut ours);
            (clocked(&mut baseline), ours)
        };
        if round >= ROUNDS_WARM {
            measured.push(pair);
        }
    }
    let median = |of: fn(&(f64, f64)) -> f64| percentile(&measured.iter().map(of).collect::<Vec<_>>(), 50);
    let items = items as f64;
    Compared {
        baseline_ns: median(|pair| pair.0) / items,
        ours_ns: median(|pair| pair.1) / items,
        ratio: median(|pair| pair.1 / pair.0),
    }
}

/// Nanoseconds of one run.
fn clocked(run: &mut impl FnMut()) -> f64 {
    let began = Instant::now();
    run();
    began.elapsed().as_nanos() as f64
}
