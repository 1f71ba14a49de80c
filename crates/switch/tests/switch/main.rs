//! The exchange from outside: messages in, effects out, on virtual time.

mod consult;
mod door;
mod identity;
mod kit;
mod panics;
mod table;
mod traces;
mod vanish;
