//! What the facts are about.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// What facts change. Plain data: applying decides nothing, so that a newer binary cannot decide an old day differently.
pub trait State: Clone + Send + 'static {
    /// Takes one fact in.
    ///
    /// # Errors
    /// The bytes are no fact this version knows. The fact is skipped, counted and named; the ones behind it are applied.
    fn apply(&mut self, fact: &[u8]) -> Result<(), String>;

    /// Gives everything to `out`, in chunks of at most 64 KiB.
    fn snapshot(&self, out: &mut dyn FnMut(&[u8]));

    /// Takes back one chunk; chunks come in the order that `snapshot` gave them, to an empty state.
    ///
    /// # Errors
    /// The bytes are no chunk this version knows: the snapshot is not used.
    fn restore(&mut self, chunk: &[u8]) -> Result<(), String>;
}

/// Runs what a state does; its panic is an error like others, so that one fact cannot keep the engine from starting.
pub(crate) fn guarded<T>(run: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
        Err(format!("it panicked: {}", text.as_deref().unwrap_or("without a word")))
    })
}
