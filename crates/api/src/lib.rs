//! HTTP for machines that watch the engine: health, readiness and metrics.
//!
//! Invariants: a request reads the server's last published view and asks no owner anything; a connection carries one
//! request, is bounded in bytes and time, and there are at most so many; no number of a caller is ever in an answer.

mod guard;
mod metrics;
mod routes;
mod serve;

pub use serve::{Error, Http, Source};
