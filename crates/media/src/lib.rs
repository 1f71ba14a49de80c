//! Worker threads around `legs::Worker`: sockets, batches and the clock.
//!
//! Invariants: a worker thread owns its sockets and its ends, and speaks to the control thread through two rings of one
//! producer and one consumer each; each turn of its loop is bounded by count; the clock is read once a turn; a notice
//! that a job caused is never lost; a connected socket changes what sending costs and nothing else; nothing that the
//! network sends or refuses stops a worker. A worker that fails takes the process with it: `Media::failure` tells why,
//! and the server exits with it.

mod clock;
mod counts;
mod direct;
mod ends;
mod error;
mod link;
mod ports;
mod socket;
mod sounds;
mod start;
mod turn;

pub use clock::{Clock, wall};
pub use counts::Counts;
pub use error::Error;
pub use link::{Counters, WorkerLink};
pub use sounds::Sounds;
pub use start::{Config, Media, NetworkMedia};
