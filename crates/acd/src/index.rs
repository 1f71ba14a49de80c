//! Which caller has a call: by the place where the switch keeps the call, and by hash of the call where another one has that place.
//!
//! Whoever looks a call up wants its caller anyway, who says which call it is; so four bytes a place do, and eight among the hashes. The
//! places of a switch lie close together, and one that was used lately is used again.

use std::hash::{BuildHasher as _, BuildHasherDefault};

use base::{CallId, IdHasher, Key, Slab};

use crate::callers::Caller;

/// Tables that grow by themselves: beside a million callers one that doubles moves 20,000 entries, in a tenth of a millisecond.
const PARTS: usize = 64;
/// Places of a table in the beginning; a power of two, as always.
const PLACES: usize = 8;
const NONE: u32 = u32::MAX;

#[derive(Clone, Copy, Debug)]
struct Entry {
    hash: u32,
    slot: u32,
}

const EMPTY: Entry = Entry { hash: 0, slot: NONE };

/// Entries at the place that their hash says, or the first free one behind it; never more than three quarters full.
#[derive(Clone, Debug)]
struct Table {
    entries: Vec<Entry>,
    len: usize,
}

#[derive(Clone, Debug)]
pub(crate) struct Index {
    /// By the place of the call; `NONE` where no caller has it.
    places: Vec<u32>,
    /// By hash: calls whose place another one has, of another switch or none, and those whose place lies too far out.
    others: Vec<Table>,
    others_len: usize,
}

/// Places that are looked up directly: four megabytes of a switch with as many calls at once, ten times what a machine bears.
const DIRECT_MAX: usize = 1 << 20;

impl Default for Index {
    fn default() -> Index {
        Index { places: Vec::new(), others: vec![Table { entries: vec![EMPTY; PLACES], len: 0 }; PARTS], others_len: 0 }
    }
}

impl Index {
    pub(crate) fn find(&self, callers: &Slab<Caller>, call: CallId) -> Option<Key> {
        let has_call = |slot: u32| callers.at(slot).filter(|(_, caller)| caller.call == call).map(|(key, _)| key);
        let direct = self.places.get(call.slot as usize).filter(|slot| **slot != NONE);
        if let Some(key) = direct.and_then(|slot| has_call(*slot)) {
            return Some(key);
        }
        if self.others_len == 0 {
            return None;
        }
        let (part, hash) = hash(call);
        self.others[part].with_hash(hash).find_map(|(_, slot)| has_call(slot))
    }

    pub(crate) fn insert(&mut self, call: CallId, key: Key) {
        let place = call.slot as usize;
        if place < DIRECT_MAX && place >= self.places.len() {
            self.places.resize(place + 1, NONE);
        }
        match self.places.get_mut(place).filter(|slot| **slot == NONE) {
            Some(slot) => *slot = key.slot,
            None => {
                let (part, hash) = hash(call);
                self.others[part].insert(Entry { hash, slot: key.slot });
                self.others_len += 1;
            }
        }
    }

    pub(crate) fn remove(&mut self, call: CallId, key: Key) {
        if let Some(slot) = self.places.get_mut(call.slot as usize).filter(|slot| **slot == key.slot) {
            *slot = NONE;
            return;
        }
        let (part, hash) = hash(call);
        let table = &mut self.others[part];
        let found = table.with_hash(hash).find(|(_, slot)| *slot == key.slot);
        if let Some((place, _)) = found {
            table.remove(place);
            self.others_len -= 1;
        }
    }
}

/// The table of a call, and the hash in it.
fn hash(call: CallId) -> (usize, u32) {
    let hash = BuildHasherDefault::<IdHasher>::default().hash_one(call);
    ((hash >> 32) as usize % PARTS, hash as u32)
}

impl Table {
    fn next(&self, place: usize) -> usize {
        (place + 1) & (self.entries.len() - 1)
    }

    fn home(&self, hash: u32) -> usize {
        hash as usize & (self.entries.len() - 1)
    }

    /// Places and slots of the entries with a hash.
    fn with_hash(&self, hash: u32) -> impl Iterator<Item = (usize, u32)> {
        // There is a free place, so this ends.
        let places = std::iter::successors(Some(self.home(hash)), |place| Some(self.next(*place)));
        let taken = places.map(|place| (place, self.entries[place])).take_while(|(_, entry)| entry.slot != NONE);
        taken.filter(move |(_, entry)| entry.hash == hash).map(|(place, entry)| (place, entry.slot))
    }

    fn insert(&mut self, entry: Entry) {
        if (self.len + 1) * 4 > self.entries.len() * 3 {
            let twice = vec![EMPTY; self.entries.len() * 2];
            let before = std::mem::replace(&mut self.entries, twice);
            before.into_iter().filter(|entry| entry.slot != NONE).for_each(|entry| self.put(entry));
        }
        self.put(entry);
        self.len += 1;
    }

    fn put(&mut self, entry: Entry) {
        let mut place = self.home(entry.hash);
        while self.entries[place].slot != NONE {
            place = self.next(place);
        }
        self.entries[place] = entry;
    }

    /// Empties a place, and moves up whoever stands behind because that one was taken (Knuth, volume 3, algorithm 6.4 R).
    fn remove(&mut self, place: usize) {
        let mask = self.entries.len() - 1;
        let (mut free, mut at) = (place, self.next(place));
        while self.entries[at].slot != NONE {
            let home = self.home(self.entries[at].hash);
            // As far from its home as the free place is before it, or farther.
            if at.wrapping_sub(home) & mask >= at.wrapping_sub(free) & mask {
                self.entries[free] = self.entries[at];
                free = at;
            }
            at = self.next(at);
        }
        self.entries[free] = EMPTY;
        self.len -= 1;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use base::{GroupId, Rng};

    use super::*;
    use crate::callers::Claim;

    #[test]
    fn finds_what_a_sorted_map_finds() {
        let mut rng = Rng::from_number(1);
        let (mut index, mut callers, mut model) = (Index::default(), Slab::new(), BTreeMap::new());
        for step in 0..60_000u32 {
            // A slot serves again and again, as those of a switch do; some are no place.
            let slot = if rng.chance(0.1) { u32::MAX } else { rng.below(300) as u32 };
            let call = CallId { serial: step, slot, ..CallId::default() };
            let growing = rng.chance(if step / 10_000 % 2 == 0 { 0.8 } else { 0.3 });
            if growing {
                let key = callers.insert(Caller::new(call, GroupId(0), Claim::default(), 0));
                index.insert(call, key);
                model.insert(call, key);
            } else if let Some((&call, &key)) =
                model.range(CallId { serial: rng.below(step.into()) as u32, ..call }..).next()
            {
                index.remove(call, key);
                callers.remove(key);
                model.remove(&call);
                assert_eq!(index.find(&callers, call), None);
            }
            assert_eq!(index.find(&callers, call), model.get(&call).copied());
        }
        assert!(model.len() > 3_000, "{} are left", model.len());
        let direct = index.places.iter().filter(|slot| **slot != NONE).count();
        assert_eq!(index.others.iter().map(|table| table.len).sum::<usize>(), index.others_len);
        assert_eq!((direct + index.others_len, index.places.len()), (model.len(), 300));
        assert!(index.others.iter().all(|table| table.entries.len() > PLACES), "they grew");
        assert!(model.iter().all(|(call, key)| index.find(&callers, *call) == Some(*key)));
    }
}
