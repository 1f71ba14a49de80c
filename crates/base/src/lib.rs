//! Ids, time, randomness, slab, timer wheel and the plain data that owners say to each other.
//!
//! Invariants: nothing here reads a clock, opens a socket, spawns or locks; every collection iterates in an order
//! that depends on its inputs and its seed alone.

pub mod caller;
pub mod clip;
pub mod fingerprint;
pub mod flow;
pub mod id;
pub mod map;
pub mod mask;
pub mod media;
pub mod order;
pub mod pack;
pub mod record;
pub mod rng;
pub mod secret;
pub mod slab;
pub mod time;
pub mod voice;
pub mod wheel;

pub use caller::CallerKey;
pub use clip::Clip;
pub use fingerprint::Fingerprint;
pub use flow::{Flow, NetworkId, SIP_PORT, Transport};
pub use id::{AgentId, CallId, EndId, Epoch, GroupId, LegId, NodeId, SwitchId, Ticket, WorkerId};
pub use map::{IdHasher, Map, Print, Printer, Set, WireMap};
pub use mask::Masked;
pub use media::{After, Codec, Digit, Direction, Job, Lease, MediaParams, MediaStats, Notice, PlayId, SoundId, Source};
pub use order::OrderNumber;
pub use record::{AgentEvent, AgentHappening, EndReason, Record, RecordEntry, StartRecord, Wait, WaitOutcome};
pub use rng::Rng;
pub use secret::Secret;
pub use slab::{Key, Slab, prefetch};
pub use time::{Now, Time, Wall};
pub use voice::{ListenId, SPEECH_MAX, VOICE_BYTES_MAX, Voice};
pub use wheel::{TimerId, Wheel};
