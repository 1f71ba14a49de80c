//! What a media worker decides: latching, digits, playout, bridge, continuity, quality.

mod bank;
mod io;
mod worker;

pub use bank::Bank;
pub use io::{Channel, Config, Input, Limits, Output, Packet};
pub use worker::Worker;
