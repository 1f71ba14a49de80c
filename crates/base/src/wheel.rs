//! Deadlines in constant time: a hierarchical timer wheel of one millisecond.

use std::time::Duration;

use crate::Time;
use crate::slab::{Key, Slab};

/// Names an armed deadline; stale once it fired or was cancelled.
pub type TimerId = Key;

/// 64 slots a level: one word tells which are in use.
const BITS: u32 = 6;
const SLOTS: usize = 1 << BITS;
/// 64^6 ms is over two years; a later deadline waits at the far end and is placed again.
const LEVELS: usize = 6;
const NANOS_PER_TICK: u64 = 1_000_000;
const NONE: u32 = u32::MAX;

#[derive(Clone, Debug)]
struct Entry<T> {
    at: Time,
    level: u8,
    slot: u8,
    /// Neighbours in the slot's list, by place in the slab.
    before: u32,
    after: u32,
    value: T,
}

#[derive(Clone, Debug)]
struct Level {
    used: u64,
    heads: [u32; SLOTS],
    tails: [u32; SLOTS],
}

/// Deadlines that fire no earlier than asked and at most one millisecond later than the wheel is turned.
#[derive(Clone, Debug)]
pub struct Wheel<T> {
    entries: Slab<Entry<T>>,
    levels: Vec<Level>,
    /// Every deadline at or before this tick has fired.
    tick: u64,
}

impl<T> Default for Wheel<T> {
    fn default() -> Wheel<T> {
        Wheel::new(Time::ZERO)
    }
}

impl<T> Wheel<T> {
    pub fn new(now: Time) -> Wheel<T> {
        let level = Level { used: 0, heads: [NONE; SLOTS], tails: [NONE; SLOTS] };
        Wheel { entries: Slab::new(), levels: vec![level; LEVELS], tick: now.as_nanos() / NANOS_PER_TICK }
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub fn arm(&mut self, at: Time, value: T) -> TimerId {
        let key = self.entries.insert(Entry { at, level: 0, slot: 0, before: NONE, after: NONE, value });
        self.link(key.slot);
        key
    }

    pub fn arm_after(&mut self, now: Time, after: Duration, value: T) -> TimerId {
        self.arm(now + after, value)
    }

    /// The value, unless it fired or was cancelled already.
    pub fn cancel(&mut self, id: TimerId) -> Option<T> {
        self.entries.get(id)?;
        self.unlink(id.slot);
        self.entries.remove(id).map(|e| e.value)
    }

    /// The next deadline that is due at `now`, oldest tick first; call until `None`.
    pub fn pop(&mut self, now: Time) -> Option<T> {
        let limit = now.as_nanos() / NANOS_PER_TICK;
        loop {
            let (level, slot, tick) = self.next_slot()?;
            if tick > limit {
                // Nothing is left at or before `limit`, so the wheel may stand there.
                self.tick = self.tick.max(limit);
                return None;
            }
            self.tick = self.tick.max(tick);
            let place = self.levels[level].heads[slot];
            self.unlink(place);
            let (key, entry) = self.entries.at(place)?;
            if due_tick(entry.at) <= self.tick {
                return self.entries.remove(key).map(|e| e.value);
            }
            self.link(place);
        }
    }

    /// When `pop` should be called next; at most as late as the earliest deadline, and early for one far away.
    pub fn next(&self) -> Option<Time> {
        let (_, _, tick) = self.next_slot()?;
        Some(Time::from_nanos(tick.saturating_mul(NANOS_PER_TICK)))
    }

    /// The used slot with the earliest start: level, slot and the tick it starts at.
    fn next_slot(&self) -> Option<(usize, usize, u64)> {
        let mut best: Option<(usize, usize, u64)> = None;
        for (level, l) in self.levels.iter().enumerate() {
            if l.used == 0 {
                continue;
            }
            let shift = BITS * level as u32;
            let here = self.tick >> shift;
            let ahead = l.used.rotate_right((here % SLOTS as u64) as u32).trailing_zeros() as u64;
            let index = here + ahead;
            let tick = (index << shift).max(self.tick);
            if best.is_none_or(|(_, _, t)| tick < t) {
                best = Some((level, (index % SLOTS as u64) as usize, tick));
            }
        }
        best
    }

    fn link(&mut self, place: u32) {
        let Some((key, entry)) = self.entries.at(place) else { return };
        let due = due_tick(entry.at).max(self.tick);
        let (level, slot) = locate(self.tick, due);
        let tail = std::mem::replace(&mut self.levels[level].tails[slot], place);
        if tail == NONE {
            self.levels[level].heads[slot] = place;
        }
        self.levels[level].used |= 1 << slot;
        if let Some(entry) = self.entries.get_mut(key) {
            (entry.level, entry.slot) = (level as u8, slot as u8);
            (entry.before, entry.after) = (tail, NONE);
        }
        self.set_after(tail, place);
    }

    fn unlink(&mut self, place: u32) {
        let Some((_, entry)) = self.entries.at(place) else { return };
        let (level, slot) = (entry.level as usize, entry.slot as usize);
        let (before, after) = (entry.before, entry.after);
        self.set_after(before, after);
        if let Some((key, _)) = self.entries.at(after)
            && let Some(next) = self.entries.get_mut(key)
        {
            next.before = before;
        }
        let l = &mut self.levels[level];
        if before == NONE {
            l.heads[slot] = after;
        }
        if after == NONE {
            l.tails[slot] = before;
        }
        if l.heads[slot] == NONE {
            l.used &= !(1 << slot);
        }
    }

    fn set_after(&mut self, place: u32, after: u32) {
        if let Some((key, _)) = self.entries.at(place)
            && let Some(entry) = self.entries.get_mut(key)
        {
            entry.after = after;
        }
    }
}

/// The first tick at which a deadline may fire: rounded up, so that nothing fires early.
fn due_tick(at: Time) -> u64 {
    at.as_nanos().div_ceil(NANOS_PER_TICK)
}

/// The lowest level whose 64 slots reach from `tick` to `due`, and the slot there.
fn locate(tick: u64, due: u64) -> (usize, usize) {
    for level in 0..LEVELS {
        let shift = BITS * level as u32;
        if (due >> shift) - (tick >> shift) < SLOTS as u64 {
            return (level, ((due >> shift) % SLOTS as u64) as usize);
        }
    }
    let shift = BITS * (LEVELS as u32 - 1);
    (LEVELS - 1, (((tick >> shift) + SLOTS as u64 - 1) % SLOTS as u64) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Rng;

    #[test]
    fn fires_in_order_never_early_and_cancels() {
        for seed in 0..200 {
            let mut rng = Rng::from_number(seed);
            let mut now = Time::from_millis(rng.below(1 << 40));
            let mut wheel = Wheel::new(now);
            let mut armed: Vec<(Time, u64, TimerId)> = Vec::new();
            for step in 0..400 {
                let reach = 1 << rng.below(38);
                match rng.below(4) {
                    0 | 1 => {
                        let at = now + Duration::from_nanos(rng.below(reach) * 1000);
                        armed.push((at, step, wheel.arm(at, step)));
                    }
                    2 if !armed.is_empty() => {
                        let (_, value, id) = armed.swap_remove(rng.below(armed.len() as u64) as usize);
                        assert_eq!(wheel.cancel(id), Some(value));
                        assert_eq!(wheel.cancel(id), None);
                    }
                    _ => now = now + Duration::from_nanos(rng.below(reach) * 500),
                }
                let first = armed.iter().map(|a| a.0).min();
                assert!(wheel.next() <= first.map(|t| Time::from_nanos(due_tick(t) * NANOS_PER_TICK)));
                assert_eq!(wheel.next().is_some(), first.is_some());
                let mut last = Time::ZERO;
                while let Some(value) = wheel.pop(now) {
                    let i = armed.iter().position(|a| a.1 == value).expect("fired twice or never armed");
                    let (at, _, _) = armed.swap_remove(i);
                    assert!(at <= now, "seed {seed}: fired early");
                    assert!(due_tick(at) >= due_tick(last), "seed {seed}: out of order");
                    last = at;
                }
                let floor = Time::from_nanos(now.as_nanos() / NANOS_PER_TICK * NANOS_PER_TICK);
                assert!(armed.iter().all(|a| a.0 > floor), "seed {seed}: a due timer did not fire");
                assert_eq!(wheel.len(), armed.len());
            }
        }
    }
}
