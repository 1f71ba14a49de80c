//! The memory of another process, and how it goes over time.

use std::io;

/// What a process holds in memory now, in KiB (`VmRSS` of proc(5)).
///
/// # Errors
/// When there is no such process, or the system has no `/proc`.
pub fn resident_kb(process: u32) -> io::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|text| text.split_whitespace().next()).and_then(|text| text.parse().ok());
    number.ok_or_else(|| io::Error::other(format!("/proc/{process}/status names no VmRSS: is the process gone?")))
}

/// The slope of the line through the points by least squares; 0 for fewer than two places.
pub fn slope(points: &[(f64, f64)]) -> f64 {
    let count = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count.max(1.0);
    let (x_mean, y_mean) = (mean(|p| p.0), mean(|p| p.1));
    let spread: f64 = points.iter().map(|(x, _)| (x - x_mean).powi(2)).sum();
    let together: f64 = points.iter().map(|(x, y)| (x - x_mean) * (y - y_mean)).sum();
    if spread > 0.0 { together / spread } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_found_again() {
        let points: Vec<_> = (0..10).map(|x| (f64::from(x), 3.0 + 2.5 * f64::from(x))).collect();
        assert!((slope(&points) - 2.5).abs() < 1e-9);
        assert_eq!(slope(&[(1.0, 5.0)]), 0.0);
        assert_eq!(slope(&[(1.0, 5.0), (1.0, 9.0)]), 0.0);
    }

    #[test]
    fn our_own_memory_is_known() {
        assert!(resident_kb(std::process::id()).expect("we live") > 100);
        assert!(resident_kb(u32::MAX).is_err());
    }
}
