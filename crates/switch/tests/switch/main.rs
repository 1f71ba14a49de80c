//! The exchange from outside: messages in, effects out, on virtual time.

mod advice;
mod call_back;
mod consult;
mod door;
mod identity;
mod killed;
mod kit;
mod listed;
mod moved;
mod order;
mod outward;
mod panics;
mod reach;
mod reload;
mod replace;
mod returned;
mod steering;
mod table;
mod torture;
mod traces;
mod vanish;
