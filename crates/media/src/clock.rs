//! The one place that reads the clocks.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use base::{Now, Time, Wall};

/// The engine's time: follows the monotonic clock from a start that no earlier process has reached.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    origin: Instant,
    start: Time,
}

impl Clock {
    /// Starts at the host's clock, or at `last` where the host's clock went back behind what was journalled.
    pub fn start(last: Time) -> Clock {
        let host = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Clock { origin: Instant::now(), start: last.max(Time::ZERO + host) }
    }

    pub fn now(&self) -> Now {
        Now { time: self.time(), wall: wall() }
    }

    pub fn time(&self) -> Time {
        self.start + self.origin.elapsed()
    }
}

/// Civil time; before 1970 where the host believes so.
pub fn wall() -> Wall {
    let millis = |span: std::time::Duration| i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => Wall(millis(since)),
        Err(before) => Wall(-millis(before.duration())),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn time_goes_on_from_the_last_run_and_never_back() {
        let past = Clock::start(Time::ZERO);
        assert!(past.time() > Time::from_millis(1_700_000_000_000), "nanoseconds since 1970");
        let future = past.time() + Duration::from_secs(3600);
        let clock = Clock::start(future);
        let first = clock.now().time;
        assert!(first >= future);
        assert!(clock.now().time >= first);
    }
}
