//! One SIP endpoint, a slab of calls and the routing between sip, call, ivr, acd and roster.
//!
//! Invariants: one input in, all effects out, into buffers that the caller owns; an owner never calls another inside
//! `handle`: the switch, the queue and the roster speak through the wires of an [`Exchange`], also when they share a
//! thread; a call never waits for a media end, because the switch holds ends that are bound already. No clock, socket, thread or lock.

mod admit;
mod advice;
mod ask;
mod auth;
mod call_back;
mod called;
mod caller;
mod calls;
mod counters;
mod delay;
mod dial;
mod drill;
mod effects;
mod exchange;
mod fact;
mod fault;
mod leases;
mod ledger;
mod moved;
mod outward;
mod rate;
mod reach;
mod refer;
mod register;
mod reload;
mod remnant;
mod replace;
mod restart;
mod returned;
mod signals;
mod star;
mod switch;
pub mod trace;
mod trunks;

pub use acd::InLine;
pub use ask::{Answer, Ask};
pub use auth::Verdict;
pub use call::Utterance;
pub use carrier::{Answer as Resolved, Query};
pub use counters::{Counters, Phases};
pub use delay::Delays;
pub use drill::{Drill, Place};
pub use effects::{Effects, Input};
pub use exchange::{Exchange, Said, Wire};
pub use fact::Fact;
pub use ivr::{Request as WebRequest, Speech as SpeechRequest};
pub use ledger::Ledger;
pub use reload::Reload;
pub use restart::Plans;
pub use switch::{Config, Switch};
pub use trunks::TrunkCounters;
