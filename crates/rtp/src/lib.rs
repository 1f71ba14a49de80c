//! RTP and RTCP packets, stream continuity, G.711, DTMF (RFC 4733), receiver statistics and tones.
//!
//! Invariants: no byte that a stranger sends makes anything here panic or allocate; what a stranger fills is of fixed size;
//! time is an argument. One sample is one byte and 125 µs throughout: every codec runs at 8 kHz.

pub mod dtmf;
pub mod g711;
pub mod packet;
pub mod receiver;
pub mod rewriter;
pub mod rtcp;
pub mod stream;
pub mod tone;

pub use packet::{Header, Packet, is_rtcp};
pub use receiver::{Place, Receiver};
pub use rewriter::Rewriter;
pub use stream::Sender;
pub use tone::{Tone, ToneMeter, TonePair};
