//! The exchange from outside: messages in, effects out, on virtual time.

mod door;
mod identity;
mod kit;
mod outward;
mod panics;
mod reach;
mod torture;
mod traces;
mod vanish;
