//! What a media worker decides: latching, digits, playout, bridge, continuity, quality.
//!
//! Each opened end sends exactly one continuous RTP stream: one SSRC, contiguous sequence numbers, timestamps that advance
//! by real time, whatever it hears.
//!
//! Invariants: an end hears the one source that it was told to hear, and nobody else; what a stranger sends changes
//! nothing but `packets_refused`; nothing is allocated for a packet once the buffers of the `Output` have grown; every key
//! press is told once; no state outlives `Close`; an end that is not listened to keeps nothing of what it receives.

mod bank;
mod ear;
mod end;
mod inbound;
mod io;
mod latch;
mod outbound;
mod playlist;
mod worker;

pub use bank::{Bank, clip};
pub use io::{Channel, Config, Input, Limits, Output, Packet};
pub use worker::Worker;
