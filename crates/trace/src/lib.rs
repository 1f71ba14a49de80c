//! The file of a trace: clear lines for people, sealed entries for a replay.
//!
//! Invariants: whoever records waits for nobody: an entry that finds no room ends the trace, and the trace says so; the file never
//! grows beyond its limit; an entry is readable with the operator's key alone, and what was changed, moved or left out in
//! the midst does not open; no nonce of the cipher comes twice, because each file has a key of its own and counts its records.

mod error;
mod format;
mod key;
mod queue;
mod reader;
mod recorder;
mod seal;
mod writer;

pub use error::Error;
pub use format::Closing;
pub use key::Key;
pub use reader::{Content, Reader, Record};
pub use recorder::{Limits, Recorder, Render};
