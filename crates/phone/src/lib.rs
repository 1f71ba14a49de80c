//! A pure softphone, citizen or agent, for the simulator, the load generator and the command line.
//!
//! Invariants: no socket, no clock; one call at a time, and one more that waits meanwhile; what it keeps of a call is bounded; whatever the other side
//! sends, it goes on.

mod call;
pub mod carrier;
mod config;
mod ear;
mod event;
mod faults;
mod lines;
mod mouth;
mod phone;
mod registration;
mod reports;
mod stream;
mod terms;

pub use config::{Act, Answering, Config, Faults, Keys, Step, Voice};
pub use ear::{Ear, Window};
pub use event::{Event, Input, Line, Output, Side, What, Why};
pub use phone::{Phone, Status};
pub use rtp::TonePair;
pub use stream::Reception;
