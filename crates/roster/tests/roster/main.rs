//! The roster's behaviour, on virtual time.

mod kit;
mod property;
mod register;
mod slot;
