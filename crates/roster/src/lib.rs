//! The agents: contact bindings, states, and the slot that has the last word on whether a phone may ring.
//!
//! # The slot
//! One an agent: free, reserved for a call, talking, or releasing. `Command::Reserve` takes it only when it is free, the
//! agent signed on, a contact is live and the epoch is newer than any seen; otherwise `Action::SlotRefused`. A reserved
//! slot is tied to a dialog by `Talking`, a dialog that ends is announced by `Releasing`, and `Released` frees at once.
//! What nobody reports the end of frees itself: a reservation Timer B after its `until`, a release after Timer B. A talk does not.
//!
//! # Signing on
//! An agent whose plan says so is signed on and ready with the first contact, and signed off when the last one expires,
//! is removed, or loses its connection. A slot in use outlives that: a phone that talks is not free because its
//! registration ended.
//!
//! # Invariants
//! - A slot serves one call at a time, and leaves it only by a command of that call and epoch or by its backstop.
//! - `Ready` is said only of a free slot of a signed-on agent with a live contact: when that becomes true, each time the
//!   slot is freed, and after a refusal that was due to the epoch alone. `Away` is said once each time an agent signs off.
//! - A REGISTER is carried out as a whole or not at all (RFC 3261 §10.3).
//! - No agent has more contacts than `Plan::contacts_max`.

mod binding;
mod fact;
mod roster;
mod slot;

pub mod action;
pub mod command;
pub mod plan;
pub mod view;

pub use action::{Action, BindingView, Contact, RegisterRefusal, StateRefusal};
pub use command::{Change, Command, ContactChange, Outcome, Registration, StateChange};
pub use fact::{Bound, Fact};
pub use plan::{Agent, Plan};
pub use roster::{Roster, State};
pub use slot::Slot;
pub use view::{AgentView, View};
