//! The compiled menu, the interpreter that walks it, what can be proved about it, and spoken values.
//!
//! Invariants: a [`Menu`] is checked when it is compiled, so a [`Walk`] never meets a missing node, prompt or group;
//! from every node 0 leads to a person, where digits are typed with `#` behind it; a caller who presses nothing reaches a person; every
//! walk ends, whatever is pressed and however long. A step of a walk takes memory only where it speaks, sets or sends a value.

pub mod compile;
mod dates;
mod entry;
mod expected;
mod graph;
pub mod hours;
pub mod menu;
pub mod prompts;
mod proof;
mod reach;
mod say;
mod spoken;
pub mod tree;
mod value;
pub mod walk;
mod ways;
mod when;
mod words;

pub use compile::{Compiled, Fault, Names, Place, Problem, compile};
pub use dates::{date_pieces, time_pieces};
pub use expected::pieces as wait_pieces;
pub use hours::{Date, Hours, Span};
pub use menu::{Menu, NodeId, Survey, Target};
pub use prompts::{LocaleId, Prompts};
pub use reach::{ON_AIR_MAX, Reach, reach};
pub use spoken::pieces as number_pieces;
pub use tree::{Choice, Kind, Node, Tree};
pub use walk::{Event, Heard, Request, Speech, Step, Walk};
pub use ways::{Outline, Way, WayOn, outline, ways};
pub use when::{Around, OnAir};
