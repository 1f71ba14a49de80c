//! What every bench needs: the line that `cargo xtask bench` reads, clocks of CPU time, and the middle of many measurements.

pub mod batch;
pub mod count;
pub mod cpu;
pub mod engine;
pub mod people;
pub mod probe;

use std::fmt::Display;
use std::time::Duration;

/// Prints one line `what|baseline|ours|ratio|goal`.
///
/// A goal is `-` or conditions with commas between them: `ratio <= 2`, `ours <= 5 ms`. `cargo xtask bench` judges by this text.
pub fn row(what: &str, baseline: impl Display, ours: impl Display, ratio: f64, goal: &str) {
    println!("{what}|{baseline}|{ours}|{ratio:.2}|{goal}");
}

/// Whether short rounds were asked for, with `--quick`: rough figures in a fraction of the time.
pub fn quick() -> bool {
    std::env::args().any(|argument| argument == "--quick")
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

/// Says how far the middle half of the ratios lies apart: what the machine's other work did to them.
pub fn tell_spread(what: &str, ratios: &[f64]) {
    let [low, high] = [25, 75].map(|percent| percentile(ratios, percent));
    eprintln!("{what}: {} rounds, the middle half of the ratios between {low:.2} and {high:.2}", ratios.len());
}

/// What one item costs on either side.
#[derive(Clone, Debug)]
pub struct Compared {
    pub baseline_ns: f64,
    pub ours_ns: f64,
    /// Each round's `ours` over `baseline`: what disturbs a round disturbs both.
    pub ratios: Vec<f64>,
}

impl Compared {
    /// The median of `pairs`, baseline first, in nanoseconds an item.
    pub fn of(pairs: &[(f64, f64)]) -> Compared {
        let median = |of: fn(&(f64, f64)) -> f64| percentile(&pairs.iter().map(of).collect::<Vec<_>>(), 50);
        Compared {
            baseline_ns: median(|pair| pair.0),
            ours_ns: median(|pair| pair.1),
            ratios: pairs.iter().map(|pair| pair.1 / pair.0).collect(),
        }
    }

    pub fn row(&self, what: &str, goal: &str) {
        tell_spread(what, &self.ratios);
        let ratio = percentile(&self.ratios, 50);
        row(what, format!("{:.1} ns", self.baseline_ns), format!("{:.1} ns", self.ours_ns), ratio, goal);
    }
}

/// Enough for a steady median, odd.
const ROUNDS: usize = 101;
const ROUNDS_QUICK: usize = 21;
const ROUNDS_WARM: usize = 5;

/// Runs both sides in turn on this thread, the first one changing, and takes its CPU time; each run handles `items`.
pub fn compare(items: usize, mut baseline: impl FnMut(), mut ours: impl FnMut()) -> Compared {
    let rounds = if quick() { ROUNDS_QUICK } else { ROUNDS };
    let mut measured = Vec::new();
    for round in 0..ROUNDS_WARM + rounds {
        let pair = if round % 2 == 0 {
            let baseline = clocked(items, &mut baseline);
            (baseline, clocked(items, &mut ours))
        } else {
            let ours = clocked(items, &mut ours);
            (clocked(items, &mut baseline), ours)
        };
        if round >= ROUNDS_WARM {
            measured.push(pair);
        }
    }
    Compared::of(&measured)
}

/// Nanoseconds of CPU an item in one run.
fn clocked(items: usize, run: &mut impl FnMut()) -> f64 {
    let began = cpu::this_thread();
    run();
    (cpu::this_thread() - began).as_nanos() as f64 / items as f64
}
