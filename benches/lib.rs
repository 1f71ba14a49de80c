//! What every bench needs: the line that `cargo xtask bench` reads, and the middle of many measurements.

use std::fmt::Display;
use std::time::Duration;

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

/// How many times `ours` is `baseline`.
pub fn times(ours: Duration, baseline: Duration) -> f64 {
    ours.as_secs_f64() / baseline.as_secs_f64()
}
