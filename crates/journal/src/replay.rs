//! One segment, read from its beginning to its end or to its first bad frame.

use std::io::Read;

use base::{Epoch, Time};

use crate::batch;
use crate::frame::{self, Frame, Frames, HEADER, Kind, OLDEST, SegmentId, VERSION};
use crate::report::Why;
use crate::state::{State, guarded};

/// No engine writes that many batches: counting on from it cannot overflow.
const SEQUENCE_MAX: u64 = 1 << 62;

/// What a segment holds.
#[derive(Clone, Debug)]
pub struct Replayed<S> {
    pub state: S,
    /// The start that wrote it.
    pub epoch: Epoch,
    /// The number of the batch that would follow.
    pub next: u64,
    /// The largest time in it.
    pub last_time: Time,
    /// Facts applied on top of the snapshot.
    pub facts: u64,
    /// Facts that the state refused, and what it said to the first.
    pub unapplied: u64,
    pub refusal: Option<String>,
    /// Where reading stopped and why; none at the end of the file.
    pub cut: Option<(u64, Why)>,
}

/// Why nothing of a segment can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unusable {
    /// A version that this one does not know.
    Version(u8),
    /// The header or the snapshot is damaged or not there.
    Damaged(Why),
}

/// Reads the `length` bytes of a segment and applies them to `empty`.
///
/// # Errors
/// When the header or the snapshot cannot be read. A bad frame behind them is no error: `cut` tells of it.
pub fn replay<S: State>(mut from: impl Read, length: u64, empty: S) -> Result<Replayed<S>, Unusable> {
    let mut header = [0; HEADER];
    let left = length.checked_sub(HEADER as u64).ok_or(Unusable::Damaged(Why::NoSnapshot))?;
    from.read_exact(&mut header).map_err(|error| Unusable::Damaged(frame::unreadable(error)))?;
    let (version, id) = frame::read_header(&header).map_err(Unusable::Damaged)?;
    if !(OLDEST..=VERSION).contains(&version) {
        return Err(Unusable::Version(version));
    }
    let mut frames = Frames::new(from, left);
    let mut replayed = restore(&mut frames, id, empty).map_err(Unusable::Damaged)?;
    loop {
        match frames.next().and_then(|frame| frame.map(|frame| replayed.take(frame)).transpose()) {
            Ok(Some(())) => replayed.good = length - frames.left(),
            Ok(None) => break,
            Err(why) => {
                replayed.done.cut = Some((replayed.good, why));
                break;
            }
        }
    }
    Ok(replayed.done)
}

/// A snapshot restored and the batches applied so far.
struct Replaying<S> {
    done: Replayed<S>,
    /// The end of the last frame that was taken.
    good: u64,
}

fn restore<S: State>(frames: &mut Frames<impl Read>, id: SegmentId, mut state: S) -> Result<Replaying<S>, Why> {
    let whole = frames.left() + HEADER as u64;
    let mut parts = 0_u64;
    loop {
        let frame = frames.next()?.ok_or(Why::NoSnapshot)?;
        if frame.epoch != id.epoch {
            return Err(Why::Foreign);
        }
        match frame.kind {
            Kind::Chunk if frame.sequence == parts => {
                parts += 1;
                guarded(|| state.restore(frame.payload)).map_err(Why::Snapshot)?;
            }
            Kind::End if frame.sequence > SEQUENCE_MAX => return Err(Why::Foreign),
            Kind::End if frame.payload == parts.to_le_bytes() => {
                let (next, last_time) = (frame.sequence, frame.time);
                let done = Replayed {
                    state,
                    epoch: id.epoch,
                    next,
                    last_time,
                    facts: 0,
                    unapplied: 0,
                    refusal: None,
                    cut: None,
                };
                return Ok(Replaying { done, good: whole - frames.left() });
            }
            Kind::Chunk => return Err(Why::Gap { expected: parts, found: frame.sequence }),
            Kind::End | Kind::Facts => return Err(Why::NoSnapshot),
        }
    }
}

impl<S: State> Replaying<S> {
    fn take(&mut self, frame: Frame<'_>) -> Result<(), Why> {
        let done = &mut self.done;
        if frame.kind != Kind::Facts || frame.epoch != done.epoch {
            return Err(Why::Foreign);
        }
        if frame.sequence != done.next {
            return Err(Why::Gap { expected: done.next, found: frame.sequence });
        }
        done.next += 1;
        done.last_time = done.last_time.max(frame.time);
        let (applied, refused) = apply(&mut done.state, frame.payload);
        done.facts += applied;
        if let Some((count, reason)) = refused {
            done.unapplied += count;
            done.refusal.get_or_insert(reason);
        }
        Ok(())
    }
}

/// Applies a batch: how many facts the state took, and how many it refused with its first reason.
pub(crate) fn apply<S: State>(state: &mut S, batch: &[u8]) -> (u64, Option<(u64, String)>) {
    let mut applied = 0;
    let mut refused: Option<(u64, String)> = None;
    for fact in batch::facts(batch) {
        match fact.and_then(|fact| guarded(|| state.apply(fact))) {
            Ok(()) => applied += 1,
            Err(reason) => refused.get_or_insert((0, reason)).0 += 1,
        }
    }
    (applied, refused)
}
