//! The agents: contact bindings, states, and the slot that has the last word on whether a phone may ring.

pub mod action;
pub mod command;
pub mod plan;

pub use action::{Action, BindingView, Contact, RegisterRefusal};
pub use command::{Change, Command, ContactChange, Registration};
pub use plan::{Agent, Plan};
