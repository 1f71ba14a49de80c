//! The roster's behaviour, on virtual time.

mod kit;
mod property;
mod register;
mod restart;
mod slot;
mod state;
