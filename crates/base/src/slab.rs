//! Storage by key with generations, so that a stale key finds nothing.

/// The place of a value in a `Slab` and how often that place was taken before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Key {
    pub slot: u32,
    pub generation: u32,
}

#[derive(Clone, Debug)]
enum Slot<T> {
    Free { next: u32 },
    Taken(T),
}

#[derive(Clone, Debug)]
struct Place<T> {
    generation: u32,
    slot: Slot<T>,
}

/// Asks memory for something that will be wanted soon; waits for nothing.
#[expect(unsafe_code, reason = "a hint to the processor has no safe interface")]
pub fn prefetch<T>(wanted: &T) {
    #[cfg(target_arch = "x86_64")]
    for line in (0..size_of::<T>()).step_by(64) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a prefetch reads nothing as far as the program can tell, and faults nowhere.
        unsafe { _mm_prefetch::<_MM_HINT_T0>((&raw const *wanted).cast::<i8>().wrapping_add(line)) }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = wanted;
}

/// Bytes of a chunk: large enough that chunks are few, small beside what a slab of thousands holds.
const CHUNK: usize = 32 * 1024;

/// Values at stable places; insertion, removal and lookup take constant time.
///
/// It grows by chunks, so that beyond the first no value is moved: a list that doubles copies megabytes in the midst of a
/// busy turn.
#[derive(Clone, Debug)]
pub struct Slab<T> {
    /// All but the last one hold `PLACES`.
    chunks: Vec<Vec<Place<T>>>,
    places: u32,
    /// The head of the list of free places; `NONE` when there is none.
    free: u32,
    len: usize,
}

const NONE: u32 = u32::MAX;

impl<T> Default for Slab<T> {
    fn default() -> Slab<T> {
        Slab { chunks: Vec::new(), places: 0, free: NONE, len: 0 }
    }
}

impl<T> Slab<T> {
    /// Of a full chunk: a power of two, so that a place is found without a division.
    const PLACES: usize = if size_of::<Place<T>>() > CHUNK { 1 } else { 1 << (CHUNK / size_of::<Place<T>>()).ilog2() };

    pub fn new() -> Slab<T> {
        Slab::default()
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The key that the next `insert` will return.
    pub fn next_key(&self) -> Key {
        match self.place(self.free) {
            Some(place) => Key { slot: self.free, generation: place.generation },
            None => Key { slot: self.places, generation: 0 },
        }
    }

    /// # Panics
    /// With 2^32 − 1 values in it; every user bounds its slab far below.
    pub fn insert(&mut self, value: T) -> Key {
        self.len += 1;
        let slot = self.free;
        let Some(place) = self.place_mut(slot) else { return self.push(value) };
        let old = std::mem::replace(&mut place.slot, Slot::Taken(value));
        let key = Key { slot, generation: place.generation };
        if let Slot::Free { next } = old {
            self.free = next;
        }
        key
    }

    /// Behind all places so far.
    fn push(&mut self, value: T) -> Key {
        let key = Key { slot: self.places, generation: 0 };
        assert!(key.slot != NONE, "slab is full");
        let place = Place { generation: 0, slot: Slot::Taken(value) };
        match self.chunks.last_mut() {
            Some(last) if last.len() < Self::PLACES => last.push(place),
            last => {
                // The first one grows as a list does: many slabs stay small.
                let room = if last.is_some() { Self::PLACES } else { 1 };
                let mut chunk = Vec::with_capacity(room);
                chunk.push(place);
                self.chunks.push(chunk);
            }
        }
        self.places += 1;
        key
    }

    fn place(&self, slot: u32) -> Option<&Place<T>> {
        self.chunks.get(slot as usize / Self::PLACES)?.get(slot as usize % Self::PLACES)
    }

    fn place_mut(&mut self, slot: u32) -> Option<&mut Place<T>> {
        self.chunks.get_mut(slot as usize / Self::PLACES)?.get_mut(slot as usize % Self::PLACES)
    }

    pub fn remove(&mut self, key: Key) -> Option<T> {
        let free = self.free;
        let place = self.place_mut(key.slot).filter(|p| p.generation == key.generation)?;
        if matches!(place.slot, Slot::Free { .. }) {
            return None;
        }
        place.generation = place.generation.wrapping_add(1);
        let old = std::mem::replace(&mut place.slot, Slot::Free { next: free });
        self.free = key.slot;
        self.len -= 1;
        match old {
            Slot::Taken(value) => Some(value),
            Slot::Free { .. } => None,
        }
    }

    pub fn get(&self, key: Key) -> Option<&T> {
        match self.place(key.slot) {
            Some(Place { generation, slot: Slot::Taken(value) }) if *generation == key.generation => Some(value),
            _ => None,
        }
    }

    pub fn get_mut(&mut self, key: Key) -> Option<&mut T> {
        match self.place_mut(key.slot) {
            Some(Place { generation, slot: Slot::Taken(value) }) if *generation == key.generation => Some(value),
            _ => None,
        }
    }

    /// The value at a place, whatever its generation.
    pub fn at(&self, slot: u32) -> Option<(Key, &T)> {
        match self.place(slot) {
            Some(Place { generation, slot: Slot::Taken(value) }) => {
                Some((Key { slot, generation: *generation }, value))
            }
            _ => None,
        }
    }

    /// Asks memory for what lies at a place, which will be wanted soon; waits for nothing.
    pub fn prefetch(&self, slot: u32) {
        self.place(slot).into_iter().for_each(prefetch);
    }

    /// In the order of places.
    pub fn iter(&self) -> impl Iterator<Item = (Key, &T)> {
        (0..self.places).filter_map(|slot| self.at(slot))
    }

    /// In the order of places.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (Key, &mut T)> {
        self.chunks.iter_mut().flatten().enumerate().filter_map(|(slot, place)| match &mut place.slot {
            Slot::Taken(value) => Some((Key { slot: slot as u32, generation: place.generation }, value)),
            Slot::Free { .. } => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stale_key_finds_nothing() {
        let mut slab = Slab::new();
        let a = slab.insert('a');
        let b = slab.insert('b');
        assert_eq!(slab.remove(a), Some('a'));
        assert_eq!(slab.remove(a), None);
        let expected = slab.next_key();
        let c = slab.insert('c');
        assert_eq!(c, expected);
        assert_eq!((c.slot, c.generation), (a.slot, 1));
        assert_eq!(slab.get(a), None);
        assert_eq!(slab.get(c), Some(&'c'));
        assert_eq!(slab.iter().map(|(k, v)| (k, *v)).collect::<Vec<_>>(), [(c, 'c'), (b, 'b')]);
        assert_eq!(slab.len(), 2);
    }

    #[test]
    fn places_stay_where_they_are_over_many_chunks() {
        let mut slab = Slab::new();
        let count = 3 * Slab::<u64>::PLACES as u64 + 1;
        let keys: Vec<_> = (0..count).map(|value| slab.insert(value)).collect();
        assert!(slab.chunks.len() == 4 && slab.chunks[1..].iter().all(|c| c.capacity() == Slab::<u64>::PLACES));
        assert!(keys.iter().zip(0..).all(|(key, value)| slab.get(*key) == Some(&value)));
        assert!(slab.iter_mut().zip(0..).all(|((key, value), n)| (key.slot, *value) == (n, u64::from(n))));
        let gone = keys[Slab::<u64>::PLACES];
        assert_eq!(slab.remove(gone), Some(u64::from(gone.slot)));
        assert_eq!(slab.insert(7), Key { generation: 1, ..gone });
        assert_eq!((slab.len(), slab.next_key().slot), (count as usize, count as u32));
    }
}
