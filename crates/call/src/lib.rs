//! The life of one call: events of legs, menu and queue in, actions out.
//!
//! A call is three small machines: the *journey* (where the citizen is), a *leg* for each dialog, and the *stage*,
//! a pure function of both that says who should hear whom.
//!
//! Invariants: a call emits exactly one end record, before its last action `Over`; it accepts one bridge at a time; every reservation
//! it was offered ends in exactly one `Accepted` or `Declined` unless the queue withdrew it; every slot it was given is told
//! `Released` once the last dialog with that agent's phone is closed. No clock, socket, thread or lock.

mod account;
pub mod action;
mod advice;
mod announce;
pub mod area;
mod call;
mod call_back;
mod ending;
pub mod event;
pub mod fact;
mod hand;
mod join;
mod journey;
mod keys;
mod known;
mod ledger;
mod leg;
pub mod listed;
mod listening;
mod lost;
mod menu;
mod moved;
pub mod number;
mod outgoing;
mod own;
pub mod plan;
mod promise;
mod replace;
mod retell;
mod slots;
mod stage;
mod survey;
mod talk;
mod target;
mod waiting;
mod ways;

pub use action::{Action, Destination, Dial, Given, Line, Right};
pub use advice::Question;
pub use call::{Arrival, Call};
pub use call_back::CallBack;
pub use event::{Change, Event, Offer, Reached, Signal, Target, Timer};
pub use fact::Fact;
pub use known::Phase;
pub use ledger::{Held, Ledger};
pub use listening::Utterance;
pub use moved::Moved;
pub use own::Callee;
pub use plan::Plan;
pub use promise::Returned;
