//! Facts in an append-only file, written before their effects leave.
//!
//! The journal knows nothing of what the facts mean. A `State` applies them; one copy of it, the shadow, lives on a thread
//! of the journal and gives the snapshots, so that no owner ever has to make one.
//!
//! Invariants: handing over a batch never waits for the disk, and waiting for it has a deadline; what `Journal::commit`
//! confirmed survives a kill at any moment, also one during rotation, recovery or the first start; what could not be
//! written is counted, and stands in the snapshot with which writing begins again; the shadow sees every batch, in order,
//! also while the disk hangs; opening yields a prefix of what was written or says why not, never a panic and never silence
//! about what it cut; memory is bounded; one journal a folder.
//!
//! Four threads meet in `shared`: the caller hands over; the *shadow* applies and never touches the disk; the *writer*
//! calls `write(2)` and nothing that waits for the platter; the *flusher* calls `fdatasync(2)` within 20 ms of a write and
//! nobody waits for it. A power cut costs what was not flushed yet.

mod batch;
mod crc;
mod disk;
mod error;
mod flusher;
mod frame;
mod handle;
mod health;
mod recover;
mod replay;
mod report;
mod segment;
mod shadow;
mod shared;
mod state;
#[cfg(test)]
mod tests;
mod writer;

pub use batch::Batch;
pub use error::{Error, Unwritten};
pub use handle::{Journal, Limits, Opened};
pub use health::Health;
pub use replay::{Replayed, Unusable, replay};
pub use report::{Cut, Report, Why};
pub use state::State;
