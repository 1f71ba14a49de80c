//! What a day of calls is made of, and how many agents it needs by formula.
//!
//! A [`Profile`] is what an operator knows of a day: when calls come, how long they last, how patient people are, who is on duty.
//! [`outlook`] tells what becomes of a stationary stretch of it, [`agents_for`] how many agents keep a [`Target`]; the simulator
//! plays the whole of it through the engine.
//!
//! Invariants: no clock, no state; a formula takes numbers and gives numbers, and never a NaN for what a profile may hold.

mod erlang;
mod outlook;
mod patience;
mod profile;
mod search;
mod spread;
mod target;

pub use erlang::{all_busy_without_queue, wait_without_impatience};
pub use outlook::{Demand, Outlook, outlook};
pub use patience::Patience;
pub use profile::{Burst, Choice, HALF_HOUR, HALVES, Press, Profile};
pub use search::Search;
pub use spread::Spread;
pub use target::{AGENTS_MAX, Target, agents_for};
