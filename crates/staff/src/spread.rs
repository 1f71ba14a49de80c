//! Times that differ from call to call.

use std::f64::consts::TAU;
use std::time::Duration;

use base::Rng;

/// The normal deviate that nine of ten stay below.
const NINETIETH: f64 = 1.281_551_565_544_6;

/// How a time is distributed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Spread {
    Fixed(Duration),
    /// Exponential, as the formulas assume it.
    Mean(Duration),
    /// Log-normal, as talks and thinking times are measured: half are below `median`, nine of ten below `p90`.
    LogNormal {
        median: Duration,
        p90: Duration,
    },
}

impl Spread {
    pub fn mean(&self) -> Duration {
        match self {
            Spread::Fixed(time) | Spread::Mean(time) => *time,
            Spread::LogNormal { median, .. } => median.mul_f64((self.sigma().powi(2) / 2.0).exp()),
        }
    }

    /// One time. Each kind draws a fixed number of times.
    pub fn draw(&self, rng: &mut Rng) -> Duration {
        match self {
            Spread::Fixed(time) => *time,
            Spread::Mean(mean) => mean.mul_f64(-(1.0 - rng.unit()).ln()),
            Spread::LogNormal { median, .. } => median.mul_f64((self.sigma() * normal(rng)).exp()),
        }
    }

    fn sigma(&self) -> f64 {
        match self {
            Spread::LogNormal { median, p90 } if *p90 > *median && !median.is_zero() => {
                (p90.as_secs_f64() / median.as_secs_f64()).ln() / NINETIETH
            }
            _ => 0.0,
        }
    }
}

/// A normal deviate (Box and Muller, 1958); 53 bits keep it within 8.6.
fn normal(rng: &mut Rng) -> f64 {
    let (radius, turn) = ((-2.0 * (1.0 - rng.unit()).ln()).sqrt(), rng.unit() * TAU);
    radius * turn.cos()
}
