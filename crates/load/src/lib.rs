//! Real SIP and RTP callers and agents for measuring and for the command line.
//!
//! Invariants: one thread drives every phone and reads the clock once a batch; nothing here knows the inside of the
//! engine that it calls; a turn is bounded by datagrams and by time.

mod agents;
mod clock;
pub mod hammer;
pub mod ims;
pub mod memory;
pub mod options;
mod runner;
mod seat;
pub mod soak;
mod solo;
pub mod timeline;
pub mod wav;

pub use phone;

pub use seat::{Path, Sent};

pub use runner::{PhoneId, Runner, address_towards};
pub use solo::Solo;
