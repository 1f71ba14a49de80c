//! How long people wait before they give up.

use std::time::Duration;

use base::Rng;

/// Some never give up; the others after an exponentially distributed time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Patience {
    /// The mean of those who may give up.
    pub mean: Duration,
    /// The share of those who wait as long as it takes.
    pub never: f64,
}

impl Patience {
    /// Nobody gives up: Erlang C.
    pub const ENDLESS: Patience = Patience { mean: Duration::from_secs(1), never: 1.0 };

    /// The patience of one caller; none for whoever never gives up. Draws the same number of times for everybody.
    pub fn draw(&self, rng: &mut Rng) -> Option<Duration> {
        let (endless, part) = (rng.chance(self.never), rng.unit());
        (!endless).then(|| self.mean.mul_f64(-(1.0 - part).ln()))
    }

    /// The share still there after so many seconds.
    pub(crate) fn stays(&self, seconds: f64) -> f64 {
        self.never + (1.0 - self.never) * (-seconds / self.mean_s()).exp()
    }

    /// The mean time until either the patience or so many seconds are over: the integral of `stays`.
    pub(crate) fn waits(&self, seconds: f64) -> f64 {
        self.never * seconds - (1.0 - self.never) * self.mean_s() * (-seconds / self.mean_s()).exp_m1()
    }

    /// When no more than this share is there, in seconds; zero for a share above one, none for one that is never reached.
    pub(crate) fn falls_to(&self, share: f64) -> Option<f64> {
        match () {
            () if share >= 1.0 => Some(0.0),
            () if share <= self.never => None,
            () => Some(-self.mean_s() * ((share - self.never) / (1.0 - self.never)).ln()),
        }
    }

    /// A profile gives a second at least; a hundredth keeps a division whole whatever comes.
    fn mean_s(&self) -> f64 {
        self.mean.as_secs_f64().max(0.01)
    }
}
