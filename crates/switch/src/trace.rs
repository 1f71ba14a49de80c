//! What a trace holds, and its replay: the same inputs at the same times, and whether the same effects follow.
//!
//! A trace is a [`Head`] and then [`Entry`] after entry of one process. Passwords and the key of the nonces are in none of them; what
//! they led to is ([`Verdict`](crate::Verdict)). File and cipher are the rim's.

mod blank;
mod entry;
mod gist;
mod head;
mod marks;
mod replay;
mod story;
mod turn;
mod words;

pub use blank::blank;
pub use entry::{Entry, Given};
pub use head::Head;
pub(crate) use head::fingerprint;
pub use marks::Marks;
pub use replay::{Difference, Replay, Summary, Tail};
pub use story::Told;
pub use turn::Turn;
