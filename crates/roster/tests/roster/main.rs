//! The roster's behaviour, on virtual time.

mod forms;
mod kit;
mod own;
mod property;
mod reach;
mod register;
mod reload;
mod restart;
mod slot;
mod state;
