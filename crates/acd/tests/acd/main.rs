//! The queue's behaviour, on virtual time.

mod behaviour;
mod call_backs;
mod chance;
mod control;
mod floor;
mod handed_on;
mod kit;
mod model;
mod redial;
mod reload;
mod repeat;
mod restart;
mod routing;
mod staffing;
mod surges;
mod table;
mod taken_over;
mod waits;
mod wrap_up;
