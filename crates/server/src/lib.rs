//! Threads, sockets, rings and the clock around switch, acd, roster, media and store.
//!
//! Invariants: the control thread owns everything that decides about calls and waits for nobody; it reads the clock once
//! a turn; what other threads see of it is a view published at least every 100 ms; a dead media worker ends the process.

mod control;
mod inbox;
mod publish;
mod sockets;
mod start;
mod stop;
pub mod view;

pub use control::Outcome;
pub use start::{Error, Running, start};
pub use stop::Stop;
