//! The compiled menu, the interpreter that walks it, and spoken numbers.
//!
//! Invariants: a [`Menu`] is checked when it is compiled, so a [`Walk`] never meets a missing node, prompt or group;
//! from every node 0 leads to a person; a caller who presses nothing reaches a person; every walk ends, whatever is
//! pressed and however long.

pub mod compile;
mod expected;
pub mod hours;
pub mod menu;
pub mod prompts;
mod proof;
mod spoken;
pub mod tree;
pub mod walk;

pub use compile::{Compiled, Fault, Names, Place, Problem, compile};
pub use expected::pieces as wait_pieces;
pub use hours::{Date, Hours, Span};
pub use menu::{Menu, NodeId};
pub use prompts::{LocaleId, Prompts};
pub use spoken::pieces as number_pieces;
pub use tree::{Choice, Kind, Node, Tree};
pub use walk::{Event, Step, Walk};
