//! Every way in which a call ends, or an offer comes to nothing: the rows of `docs/endings.md`, each a script.

mod asking;
mod caller;
mod consulting;
mod handing;
mod kit;
mod offer;
mod phones;
mod queue;
#[path = "../../../../tests/kit/raw.rs"]
mod raw;
mod reload;
mod talk;
