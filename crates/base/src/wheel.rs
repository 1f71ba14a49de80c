//! Deadlines in constant time: a hierarchical timer wheel of one millisecond.

use std::time::Duration;

use crate::Time;
use crate::slab::{Key, Slab};

/// Names an armed deadline; stale once it fired or was cancelled.
pub type TimerId = Key;

/// 256 slots a level: what is due within a quarter of a second is placed once, the longest SIP deadline (32 s) twice.
const BITS: u32 = 8;
const SLOTS: usize = 1 << BITS;
/// 256^5 ms is 34 years; a later deadline waits at the far end and is placed again.
const LEVELS: usize = 5;
/// Words of 64 bits that tell which slots of a level are in use.
const WORDS: usize = SLOTS / 64;
/// The lists: one a slot.
const LISTS: usize = LEVELS * SLOTS;
const NANOS_PER_TICK: u64 = 1_000_000;

/// Neighbours in a ring. The first `LISTS` links are the lists themselves, each between its last and its first deadline;
/// the deadline at place `n` of the slab has link `LISTS + n`.
#[derive(Clone, Copy, Debug)]
struct Link {
    before: u32,
    after: u32,
    /// The first tick at which the deadline may fire; here, because placing it again needs nothing else of it.
    due: u64,
}

/// Deadlines that fire no earlier than asked and at most one millisecond later than the wheel is turned; those of one
/// millisecond in the order in which they were armed.
///
/// Invariants: no list of level 1 or above lies in the present, so what is due at `tick` is in one list; arming, cancelling
/// and firing touch a deadline and its neighbours, and allocate only while there are more of them than ever before.
#[derive(Clone, Debug)]
pub struct Wheel<T> {
    values: Slab<T>,
    links: Vec<Link>,
    /// Which lists hold something.
    used: [[u64; WORDS]; LEVELS],
    /// Every deadline before this tick has fired.
    tick: u64,
    /// No list after the one of `tick` begins earlier; spares the look at `used`.
    quiet_until: u64,
}

impl<T> Default for Wheel<T> {
    fn default() -> Wheel<T> {
        Wheel::new(Time::ZERO)
    }
}

impl<T> Wheel<T> {
    pub fn new(now: Time) -> Wheel<T> {
        Wheel {
            values: Slab::new(),
            links: (0..LISTS as u32).map(|list| Link { before: list, after: list, due: 0 }).collect(),
            used: [[0; WORDS]; LEVELS],
            tick: now.as_nanos() / NANOS_PER_TICK,
            quiet_until: u64::MAX,
        }
    }

    pub fn len(&self) -> usize {
        self.values.len()
    }

    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    pub fn arm(&mut self, at: Time, value: T) -> TimerId {
        let due = due_tick(at).max(self.tick);
        let key = self.values.insert(value);
        let list = self.list_for(due);
        let before = self.links[list as usize].before;
        let link = LISTS as u32 + key.slot;
        match self.links.get_mut(link as usize) {
            Some(place) => *place = Link { before, after: list, due },
            None => self.links.push(Link { before, after: list, due }),
        }
        self.links[before as usize].after = link;
        self.links[list as usize].before = link;
        key
    }

    pub fn arm_after(&mut self, now: Time, after: Duration, value: T) -> TimerId {
        self.arm(now + after, value)
    }

    /// The value, unless it fired or was cancelled.
    pub fn get(&self, id: TimerId) -> Option<&T> {
        self.values.get(id)
    }

    /// The value, unless it fired or was cancelled already.
    pub fn cancel(&mut self, id: TimerId) -> Option<T> {
        let value = self.values.remove(id)?;
        self.unlink(LISTS as u32 + id.slot);
        Some(value)
    }

    /// The next deadline that is due at `now`, oldest tick first; call until `None`.
    pub fn pop(&mut self, now: Time) -> Option<T> {
        let limit = now.as_nanos() / NANOS_PER_TICK;
        loop {
            let first = self.links[(self.tick % SLOTS as u64) as usize].after;
            if first >= LISTS as u32 && self.tick <= limit {
                return self.take(first);
            }
            if self.quiet_until > limit {
                // Nothing is left at or before `limit`, so the wheel may stand there.
                self.tick = self.tick.max(limit);
                return None;
            }
            self.advance(limit);
        }
    }

    /// When `pop` should be called next; at most as late as the earliest deadline, and early for one far away.
    pub fn next(&self) -> Option<Time> {
        if self.is_empty() {
            return None;
        }
        let tick = if self.is_used(0, self.tick) { self.tick } else { self.next_start() };
        Some(Time::from_nanos(tick.saturating_mul(NANOS_PER_TICK)))
    }

    fn take(&mut self, link: u32) -> Option<T> {
        let (key, _) = self.values.at(link - LISTS as u32)?;
        self.unlink(link);
        self.values.remove(key)
    }

    /// Moves on to where the next list begins, at most to `limit`.
    fn advance(&mut self, limit: u64) {
        let start = self.next_start();
        self.tick = self.tick.max(start.min(limit));
        if start <= limit {
            // From the lowest level up: what has waited longer goes in front of what was placed below it later.
            for level in 1..LEVELS {
                if self.tick.trailing_zeros() >= BITS * level as u32 && self.is_used(level, self.tick) {
                    self.spread(level);
                }
            }
        }
        self.quiet_until = self.next_start();
    }

    /// Places the deadlines of the list of `level` that begins now in lower levels.
    fn spread(&mut self, level: usize) {
        let list = list_of(level, self.tick);
        let mut place = self.links[list as usize].before;
        (self.links[list as usize].before, self.links[list as usize].after) = (list, list);
        self.mark_unused(list);
        // From the last to the first, each to the front: their order stays.
        while place != list {
            let Link { before: next, due, .. } = self.links[place as usize];
            let front = self.list_for(due);
            let after = self.links[front as usize].after;
            self.links[front as usize].after = place;
            self.links[after as usize].before = place;
            self.links[place as usize] = Link { before: front, after, due };
            place = next;
        }
    }

    /// The earliest start of a list after `tick`; the end of time when there is none.
    fn next_start(&self) -> u64 {
        let mut best = u64::MAX;
        for (level, used) in self.used.iter().enumerate() {
            let shift = BITS * level as u32;
            let here = self.tick >> shift;
            if let Some(ahead) = ahead(used, (here as usize + 1) % SLOTS) {
                best = best.min((here + 1 + ahead) << shift);
            }
        }
        best
    }

    fn is_used(&self, level: usize, tick: u64) -> bool {
        let list = list_of(level, tick);
        self.links[list as usize].after != list
    }

    /// The list where a deadline belongs: of the lowest level whose slots reach from `tick` to `due`. It is in use then.
    fn list_for(&mut self, due: u64) -> u32 {
        let (list, start) = locate(self.tick, due);
        let slot = list as usize % SLOTS;
        self.used[list as usize / SLOTS][slot / 64] |= 1 << (slot % 64);
        if start > self.tick {
            self.quiet_until = self.quiet_until.min(start);
        }
        list
    }

    fn unlink(&mut self, link: u32) {
        let Link { before, after, .. } = self.links[link as usize];
        self.links[before as usize].after = after;
        self.links[after as usize].before = before;
        // Alone between both ends of the list.
        if before == after {
            self.mark_unused(before);
        }
    }

    fn mark_unused(&mut self, list: u32) {
        let slot = list as usize % SLOTS;
        self.used[list as usize / SLOTS][slot / 64] &= !(1 << (slot % 64));
    }
}

/// The first tick at which a deadline may fire: rounded up, so that nothing fires early.
fn due_tick(at: Time) -> u64 {
    at.as_nanos().div_ceil(NANOS_PER_TICK)
}

fn list_of(level: usize, tick: u64) -> u32 {
    (level * SLOTS) as u32 + ((tick >> (BITS * level as u32)) % SLOTS as u64) as u32
}

/// The list of the lowest level whose slots reach from `tick` to `due`, and the tick at which it begins.
fn locate(tick: u64, due: u64) -> (u32, u64) {
    for level in 0..LEVELS {
        let shift = BITS * level as u32;
        if (due >> shift) - (tick >> shift) < SLOTS as u64 {
            return (list_of(level, due), due >> shift << shift);
        }
    }
    let shift = BITS * (LEVELS as u32 - 1);
    let last = ((tick >> shift) + SLOTS as u64 - 1) << shift;
    (list_of(LEVELS - 1, last), last)
}

/// How many slots lie between `from` and the next one in use, around the ring.
fn ahead(used: &[u64; WORDS], from: usize) -> Option<u64> {
    let (word, bit) = (from / 64, from % 64);
    let first = used[word] >> bit;
    if first != 0 {
        return Some(first.trailing_zeros().into());
    }
    // The word of `from` comes again at the end, for its lower bits.
    (1..=WORDS).find_map(|step| {
        let bits = used[(word + step) % WORDS];
        (bits != 0).then(|| u64::from(bits.trailing_zeros()) + 64 * step as u64 - bit as u64)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::Rng;

    /// Everything in one sorted map: by tick, then by the order of arming.
    #[derive(Default)]
    struct Model {
        sorted: BTreeMap<(u64, u64), TimerId>,
        tick: u64,
    }

    impl Model {
        fn arm(&mut self, at: Time, value: u64, id: TimerId) {
            self.sorted.insert((due_tick(at).max(self.tick), value), id);
        }

        fn pop(&mut self, now: Time) -> Option<u64> {
            let limit = now.as_nanos() / NANOS_PER_TICK;
            let first = self.sorted.first_entry().filter(|first| first.key().0 <= limit);
            let (tick, value) = first.map_or((limit, None), |first| {
                let (tick, value) = *first.key();
                first.remove();
                (tick, Some(value))
            });
            self.tick = self.tick.max(tick);
            value
        }
    }

    /// A wheel beside its model, with an id that is stale already.
    struct Pair {
        rng: Rng,
        now: Time,
        wheel: Wheel<u64>,
        model: Model,
        stale: Option<TimerId>,
    }

    impl Pair {
        fn new(seed: u64) -> Pair {
            let mut rng = Rng::from_number(seed);
            let now = Time::from_millis(rng.below(1 << 40));
            let model = Model { tick: now.as_millis(), ..Model::default() };
            Pair { rng, now, wheel: Wheel::new(now), model, stale: None }
        }

        /// A span in microseconds of any order of magnitude up to some months.
        fn span(&mut self) -> Duration {
            let reach = 1 << self.rng.below(44);
            Duration::from_micros(self.rng.below(reach))
        }

        fn step(&mut self, value: u64) {
            match self.rng.below(8) {
                0..=3 => {
                    // Some in the past, and many for the same tick.
                    let late = Duration::from_millis(self.rng.below(3));
                    let at = Time::ZERO + (self.now.since(Time::ZERO) + self.span()).saturating_sub(late);
                    self.model.arm(at, value, self.wheel.arm(at, value));
                }
                4 | 5 if !self.model.sorted.is_empty() => self.cancel(),
                6 => self.pop(3),
                _ => {
                    self.now = self.now + self.span() / 2;
                    self.pop(usize::MAX);
                }
            }
        }

        fn cancel(&mut self) {
            let place = self.rng.below(self.model.sorted.len() as u64) as usize;
            let (&key, &id) = self.model.sorted.iter().nth(place).expect("within its length");
            self.model.sorted.remove(&key);
            assert_eq!(self.wheel.cancel(id), Some(key.1));
            assert_eq!(self.wheel.cancel(id), None, "it is gone");
            self.stale = Some(id);
        }

        fn pop(&mut self, most: usize) {
            for _ in 0..most {
                let popped = self.wheel.pop(self.now);
                assert_eq!(popped, self.model.pop(self.now));
                if popped.is_none() {
                    return;
                }
            }
        }

        fn check(&mut self) {
            let first = self.model.sorted.keys().next().map(|key| Time::from_nanos(key.0 * NANOS_PER_TICK));
            assert!(self.wheel.next() <= first, "never late");
            assert_eq!(self.wheel.next().is_some(), first.is_some());
            assert_eq!(self.wheel.len(), self.model.sorted.len());
            if let Some(id) = self.stale {
                // Its place may be another's by now; that one has another generation.
                assert_eq!(self.wheel.cancel(id), None);
            }
        }
    }

    #[test]
    fn does_what_a_sorted_map_does() {
        for seed in 0..300 {
            let mut pair = Pair::new(seed);
            for value in 0..400 {
                pair.step(value);
                pair.check();
            }
            let mut twin = pair.wheel.clone();
            let end = pair.now + Duration::from_secs(1 << 33);
            let whole = std::iter::from_fn(|| twin.pop(end)).collect::<Vec<_>>();
            assert_eq!(whole, pair.model.sorted.keys().map(|key| key.1).collect::<Vec<_>>(), "seed {seed}");
            assert_eq!((twin.len(), twin.next()), (0, None));
        }
    }

    #[test]
    fn tells_the_exact_tick_of_what_is_near_and_sleeps_for_nobody_after_a_cancel() {
        let mut wheel = Wheel::new(Time::from_millis(1_000));
        let near = wheel.arm(Time::from_millis(1_020), 'n');
        let far = wheel.arm(Time::from_millis(33_000), 'f');
        assert_eq!(wheel.next(), Some(Time::from_millis(1_020)));
        wheel.cancel(near);
        assert!(wheel.next() > Some(Time::from_millis(1_020)), "nothing is left there");
        wheel.cancel(far);
        assert_eq!(wheel.next(), None);
    }

    #[test]
    fn steady_work_takes_no_more_memory() {
        let mut wheel = Wheel::new(Time::ZERO);
        let mut sizes = Vec::new();
        for ms in 0..10_000 {
            let now = Time::from_millis(ms);
            while wheel.pop(now).is_some() {}
            for after in [20, 500, 4_000] {
                wheel.arm_after(now, Duration::from_millis(after), ());
            }
            sizes.push(wheel.links.len());
        }
        assert_eq!(sizes[4_100], sizes[9_999]);
        assert_eq!(sizes[9_999], LISTS + 20 + 500 + 4_000);
    }

    #[test]
    fn what_is_beyond_the_far_end_still_fires_in_its_time() {
        let century = Duration::from_secs(100 * 366 * 24 * 3600);
        let mut wheel = Wheel::new(Time::ZERO);
        wheel.arm_after(Time::ZERO, century, ());
        let mut wakes = 0;
        while let Some(next) = wheel.next() {
            wakes += 1;
            let fired = wheel.pop(next).is_some();
            assert_eq!(fired, next == Time::ZERO + century);
        }
        assert!(wakes < 1_000, "{wakes}");
    }
}
