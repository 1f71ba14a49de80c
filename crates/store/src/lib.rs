//! Records of calls in SQLite: durable, idempotent, read while the server runs.
//!
//! Invariants: handing in an entry never waits for the disk; what was handed in is written once per call id however
//! often it is tried; what could not be written is counted, never forgotten silently; a record that says how a call
//! ended is never changed again; one server a data directory.
//!
//! The SQL is plain (no `ON CONFLICT`, no advisory lock), so that PostgreSQL and its derivatives run it too. Times are
//! milliseconds since the Unix epoch, UTC. The database runs in WAL mode with `synchronous = NORMAL`: a killed process
//! loses nothing that `Store::sync` confirmed, a power cut at most the last moments.

mod agents;
mod error;
mod filter;
mod lock;
mod missed;
mod queue;
mod read;
mod row;
mod schema;
mod write;
mod writer;

pub use agents::{AgentFilter, AgentRow, read_agents};
pub use error::Error;
pub use filter::{Cursor, Filter};
pub use missed::{MissedRow, missed};
pub use queue::{Health, Opened, Store, Unwritten};
pub use read::{PAGE_MAX, Page, for_each, one, page, read};
pub use row::{CallRow, WaitRow};
pub use schema::last_epoch;
