//! The roster's behaviour, on virtual time.

mod kit;
mod own;
mod property;
mod register;
mod restart;
mod slot;
mod state;
