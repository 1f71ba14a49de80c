//! The endpoint against scripted peers and against itself, on virtual time.

mod calls;
mod dialogs;
mod endings;
mod pair;
mod prack;
mod refused;
mod renamed;
mod requests;
mod restart;
mod routes;
mod script;
mod session;
mod storm;
mod transports;
mod update;
