//! How long something takes, as a distribution that costs nothing to keep.

use std::time::Duration;

/// Buckets of an octave: a bound is at most an eighth above what was measured.
const STEPS: u32 = 8;
/// From a millisecond to more than a minute, which is longer than any transaction.
const BUCKETS: usize = 17 * STEPS as usize;

/// Counts of delays by size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delays {
    buckets: Box<[u64; BUCKETS]>,
    count: u64,
}

impl Default for Delays {
    fn default() -> Delays {
        Delays { buckets: Box::new([0; BUCKETS]), count: 0 }
    }
}

impl Delays {
    pub(crate) fn note(&mut self, delay: Duration) {
        let millis = u32::try_from(delay.as_millis()).unwrap_or(u32::MAX).max(1);
        self.buckets[bucket(millis)] += 1;
        self.count += 1;
    }

    pub fn count(&self) -> u64 {
        self.count
    }

    /// What so many in a thousand do not exceed, rounded up by an eighth at most; none where nothing was measured.
    pub fn permille(&self, share: u64) -> Option<Duration> {
        let wanted = (self.count * share).div_ceil(1000);
        let mut seen = 0;
        let place = self.buckets.iter().position(|count| {
            seen += count;
            seen >= wanted && seen > 0
        })?;
        Some(Duration::from_millis(bound(place)))
    }
}

/// Octave and step within it.
fn bucket(millis: u32) -> usize {
    let octave = millis.ilog2();
    let step = (u64::from(millis - (1 << octave)) * u64::from(STEPS)) >> octave;
    (octave as usize * STEPS as usize + step as usize).min(BUCKETS - 1)
}

/// The first number of milliseconds beyond a bucket.
fn bound(place: usize) -> u64 {
    let (octave, step) = (place / STEPS as usize, place % STEPS as usize);
    ((STEPS as u64 + step as u64 + 1) << octave).div_ceil(u64::from(STEPS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_right_by_an_eighth() {
        let mut delays = Delays::default();
        assert_eq!(delays.permille(500), None);
        (1..=1000).for_each(|millis| delays.note(Duration::from_millis(millis)));
        for (share, exact) in [(1, 1), (500, 500), (950, 950), (990, 990), (1000, 1000)] {
            let found = delays.permille(share).expect("something was measured").as_millis() as u64;
            assert!(found >= exact && found <= exact + exact / 8 + 1, "{share}: {found} for {exact}");
        }
        delays.note(Duration::from_secs(3600));
        assert!(delays.permille(1000).is_some_and(|longest| longest > Duration::from_secs(60)));
        assert_eq!(delays.count(), 1001);
    }
}
