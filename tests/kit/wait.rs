//! Waiting for something to become true, with a limit that says what did not.

use std::time::{Duration, Instant};

/// How often a state that nobody announces is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Looks until `probe` yields a value.
///
/// # Panics
/// When nothing came within `limit`; says what was waited for.
pub(crate) fn until<T>(what: &str, limit: Duration, mut probe: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(value) = probe() {
            return value;
        }
        assert!(Instant::now() < deadline, "waited {limit:?} in vain for {what}");
        std::thread::park_timeout(LOOK_EVERY);
    }
}
