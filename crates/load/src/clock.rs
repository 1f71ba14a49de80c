//! The one place that reads clocks.

use std::time::{Instant, SystemTime};

use base::{Now, Time, Wall};

/// Time since the runner began, and civil time.
#[derive(Debug)]
pub(crate) struct Clock(Instant);

impl Clock {
    pub(crate) fn start() -> Clock {
        Clock(Instant::now())
    }

    pub(crate) fn now(&self) -> Now {
        let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let wall = Wall(i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX));
        // 584 years of nanoseconds fit.
        Now { time: Time::from_nanos(self.0.elapsed().as_nanos() as u64), wall }
    }
}
