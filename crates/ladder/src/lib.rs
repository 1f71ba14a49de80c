//! The SIP messages of each call as they went over the wire, and what a reader may see of them.
//!
//! Invariants: what is kept is bounded by bytes and by count, in all and a call, and the oldest goes first; what proves a
//! password and what a media stream is encrypted with is overwritten before a message is kept; of bodies nothing but SDP is ever
//! shown; whoever may not see callers' numbers sees none, in whatever header they stand; no bytes panic.

mod book;
mod clean;
mod ladder;
mod mask;
mod rung;
mod wire;

pub use book::{Book, Kept, Limits};
pub use ladder::{Ladder, Party, Sight};
pub use rung::{Body, Rung};
/// One stream of a session description.
pub use sdp::Gist as Stream;
pub use wire::{Item, Way, Wire};
