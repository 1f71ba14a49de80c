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

/// Values at stable places; insertion, removal and lookup take constant time.
#[derive(Clone, Debug)]
pub struct Slab<T> {
    places: Vec<Place<T>>,
    /// The head of the list of free places; `NONE` when there is none.
    free: u32,
    len: usize,
}

const NONE: u32 = u32::MAX;

impl<T> Default for Slab<T> {
    fn default() -> Slab<T> {
        Slab { places: Vec::new(), free: NONE, len: 0 }
    }
}

impl<T> Slab<T> {
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
        match self.places.get(self.free as usize) {
            Some(place) => Key { slot: self.free, generation: place.generation },
            None => Key { slot: self.places.len() as u32, generation: 0 },
        }
    }

    /// # Panics
    /// With 2^32 − 1 values in it; every user bounds its slab far below.
    pub fn insert(&mut self, value: T) -> Key {
        let key = self.next_key();
        assert!(key.slot != NONE, "slab is full");
        match self.places.get_mut(key.slot as usize) {
            Some(place) => {
                if let Slot::Free { next } = place.slot {
                    self.free = next;
                }
                place.slot = Slot::Taken(value);
            }
            None => self.places.push(Place { generation: 0, slot: Slot::Taken(value) }),
        }
        self.len += 1;
        key
    }

    pub fn remove(&mut self, key: Key) -> Option<T> {
        let place = self.places.get_mut(key.slot as usize).filter(|p| p.generation == key.generation)?;
        if matches!(place.slot, Slot::Free { .. }) {
            return None;
        }
        place.generation = place.generation.wrapping_add(1);
        let old = std::mem::replace(&mut place.slot, Slot::Free { next: self.free });
        self.free = key.slot;
        self.len -= 1;
        match old {
            Slot::Taken(value) => Some(value),
            Slot::Free { .. } => None,
        }
    }

    pub fn get(&self, key: Key) -> Option<&T> {
        match self.places.get(key.slot as usize) {
            Some(Place { generation, slot: Slot::Taken(value) }) if *generation == key.generation => Some(value),
            _ => None,
        }
    }

    pub fn get_mut(&mut self, key: Key) -> Option<&mut T> {
        match self.places.get_mut(key.slot as usize) {
            Some(Place { generation, slot: Slot::Taken(value) }) if *generation == key.generation => Some(value),
            _ => None,
        }
    }

    /// The value at a place, whatever its generation.
    pub fn at(&self, slot: u32) -> Option<(Key, &T)> {
        match self.places.get(slot as usize) {
            Some(Place { generation, slot: Slot::Taken(value) }) => {
                Some((Key { slot, generation: *generation }, value))
            }
            _ => None,
        }
    }

    /// In the order of places.
    pub fn iter(&self) -> impl Iterator<Item = (Key, &T)> {
        (0..self.places.len() as u32).filter_map(|slot| self.at(slot))
    }

    /// In the order of places.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (Key, &mut T)> {
        self.places.iter_mut().enumerate().filter_map(|(slot, place)| match &mut place.slot {
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
}
