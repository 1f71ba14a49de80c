//! When citizens call: at random, at the rate of the time of day.

use std::time::Duration;

use base::Rng;
use staff::{HALF_HOUR, HALVES, Profile};

/// Steps over a stretch in which nobody calls; a day has 48 half hours and as many more edges as bursts.
const TRIES_MAX: u32 = 1_000_000;

/// A Poisson process whose rate follows the profile, by thinning (Lewis and Shedler, 1979).
pub(super) struct Arrivals {
    rng: Rng,
    /// Calls a second that are never exceeded.
    rate_max: f64,
    /// From midnight.
    at: Duration,
    end: Duration,
}

impl Arrivals {
    pub(super) fn new(profile: &Profile, start: Duration, end: Duration, rng: Rng) -> Arrivals {
        let base = profile.calls.iter().copied().fold(0.0, f64::max) / HALF_HOUR.as_secs_f64();
        let rate_max = profile.bursts.iter().map(|burst| burst.factor.max(1.0)).product::<f64>() * base;
        Arrivals { rng, rate_max, at: start, end }
    }

    /// From midnight of the first day; none when the day is over.
    pub(super) fn next(&mut self, profile: &Profile) -> Option<Duration> {
        let day = HALF_HOUR * HALVES as u32;
        for _ in 0..TRIES_MAX {
            if self.rate_max <= 0.0 {
                return None;
            }
            self.at += Duration::from_secs_f64(-(1.0 - self.rng.unit()).ln() / self.rate_max);
            if self.at >= self.end {
                return None;
            }
            let of_day = Duration::from_nanos((self.at.as_nanos() % day.as_nanos()) as u64);
            if self.rng.unit() * self.rate_max < profile.rate_at(of_day) {
                return Some(self.at);
            }
        }
        None
    }
}
