//! RTP and RTCP packets, stream continuity, G.711, DTMF (RFC 4733), receiver statistics and tones.
//!
//! Invariants: no byte that a stranger sends makes anything here panic or allocate; every state is of fixed size; time
//! is an argument. One sample is one byte and 125 µs throughout: every codec runs at 8 kHz.

pub mod g711;
