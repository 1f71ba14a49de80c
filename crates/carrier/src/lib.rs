//! The trunks that we call out through: where they are (RFC 3263), whether they live, our registration at them
//! (RFC 3261 §10), and the ways to a number, best first.
//!
//! Invariants: what a name server, a target or a registrar says is bounded before it is kept, and nothing that they say
//! makes us ask more often than our own shortest waits; the last good answer of the DNS serves until there is a better
//! one; a trunk that registers has no way before it is registered; a carrier sends a call on to places of its own trunk alone; passwords leave in digest responses alone.

mod carriers;
mod choice;
mod dns;
mod health;
mod lookups;
mod moved;
mod plan;
mod registration;
mod request;
mod resolve;
mod target;
mod trunk;
mod view;

pub use carriers::{Action, Carriers, Input};
pub use choice::{WAYS_MAX, Way};
pub use dns::{Answer, Naptr, Query, Record, Srv};
pub use health::Outcome;
pub use moved::Onward;
pub use plan::{Family, Local, Login, Plan, Register, Trunk};
pub use registration::Trouble;
pub use target::{Host, Target};
pub use view::{RegistrationState, RegistrationView, TargetState, TargetView, TrunkView};
