//! The automatic call distributor: who waits, who is offered whom, until when.

pub mod action;
pub mod command;
pub mod plan;

pub use action::{Action, Refusal};
pub use command::{Command, Decline, Reservation};
pub use plan::{Agent, BackOff, Group, Overflow, Plan, Skill};
