//! The agents: contact bindings, states, and the slot that has the last word on whether a phone may ring.
//!
//! # The slot
//! One an agent: free, reserved for a call, talking, or releasing. `Command::Reserve` takes it only when it is free, the
//! agent signed on, a contact is live and the epoch is newer than any seen; otherwise `Action::SlotRefused`. A reserved
//! slot is tied to a dialog by `Talking`, a dialog that ends is announced by `Releasing`, and `Released` frees at once.
//! What nobody reports the end of frees itself: a reservation Timer B after its `until`, a release after Timer B. A talk does not.
//!
//! # States
//! Signed off, ready, or paused for a reason. `Command::Set` changes them by hand: the agent by star code, a supervisor, a
//! program. An agent whose plan says so is signed on and ready with the first contact, and then signed off when the last one
//! expires, is removed, or loses its connection: but never against the hand. A sign-off by hand stands until a sign-on by hand,
//! a sign-on by hand outlives the phones, and a pause stands until somebody ends it. Who is ready without a phone is not
//! offered calls. A change during a call is said to the queue at once and never touches the call; a slot in use
//! outlives the sign-off and the registration.
//!
//! # Unanswered offers
//! `Plan::pause_after_unanswered` offers in a row that end in `Outcome::NoAnswer` pause the agent for `no_answer`. A talk, and
//! any `Set` that is carried out, begin the count anew; other outcomes leave it. An answer that crosses the end of its ringing takes
//! the pause that this ringing brought back.
//!
//! # Another plan
//! `Command::Plan` has another plan hold while agents work. New agents come behind the last. Who is `removed` loses the phones and is signed
//! off at once, which ends no talk: the slot outlives it. States, phones and pauses of everybody else stand, also where the plan has no
//! such reason any more.
//!
//! # Facts and restart
//! Every change of what must outlive the process is an `Action::Fact`; the facts told so far, applied to an empty [`Ledger`], are
//! [`Roster::ledger`]. `Roster::restore` makes a roster of a ledger. What is drawn from the facts but not written: the
//! order of contacts (theirs in the ledger), the newest epoch (of the slot's reservation: numbers only grow across restarts).
//!
//! # Invariants
//! - A slot serves one call at a time, and leaves it only by a command of that call and epoch or by its backstop.
//! - `Ready` is said only of a free slot of a ready agent with a live contact: when that becomes true, each time the
//!   slot is freed, and after a refusal that was due to the epoch alone. `Away` is said once each time an agent who was ready
//!   with a live contact is so no longer, whatever the slot does.
//! - What somebody asked for by hand is undone by hand alone, or by the rule of unanswered offers.
//! - A REGISTER is carried out as a whole or not at all (RFC 3261 §10.3).
//! - No agent has more contacts than `Plan::contacts_max`.
//! - A command or deadline that changes nothing says nothing beyond its answer: no event, no fact.

mod binding;
mod fact;
mod form;
mod ledger;
mod offer;
mod reach;
mod registrar;
mod reload;
mod restore;
mod roster;
mod slot;
mod star;
mod state;

pub mod action;
pub mod command;
pub mod plan;
pub mod view;

pub use action::{Action, BindingView, Contact, RegisterRefusal, StateRefusal};
pub use command::{Change, Command, ContactChange, Instance, Outcome, Registration, StateChange};
pub use fact::{Bound, Fact, Phase, Serving, Standing};
pub use ledger::Ledger;
pub use plan::{Agent, Plan};
pub use roster::Roster;
pub use slot::Slot;
pub use star::{StarCode, StarCodes};
pub use state::State;
pub use view::{AgentView, View};
