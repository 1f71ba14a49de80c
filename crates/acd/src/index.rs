//! Which caller has a call: places in the slab by hash of the call, without the calls.
//!
//! Whoever looks a call up wants its caller anyway, who says which call it is; so eight bytes a place do. A call that is not there, as
//! that of whoever arrives, is known by its hash to be none of those, and no caller is touched.

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
pub(crate) struct Index(Vec<Table>);

impl Default for Index {
    fn default() -> Index {
        Index(vec![Table { entries: vec![EMPTY; PLACES], len: 0 }; PARTS])
    }
}

impl Index {
    pub(crate) fn find(&self, callers: &Slab<Caller>, call: CallId) -> Option<Key> {
        let (part, hash) = hash(call);
        let has_call = |slot: u32| callers.at(slot).filter(|(_, caller)| caller.call == call).map(|(key, _)| key);
        self.0[part].with_hash(hash).find_map(|(_, slot)| has_call(slot))
    }

    pub(crate) fn insert(&mut self, call: CallId, key: Key) {
        let (part, hash) = hash(call);
        self.0[part].insert(Entry { hash, slot: key.slot });
    }

    pub(crate) fn remove(&mut self, call: CallId, key: Key) {
        let (part, hash) = hash(call);
        let table = &mut self.0[part];
        let found = table.with_hash(hash).find(|(_, slot)| *slot == key.slot);
        if let Some((place, _)) = found {
            table.remove(place);
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
            // A slot serves again and again, as those of a switch do.
            let call = CallId { serial: step, slot: rng.below(300) as u32, ..CallId::default() };
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
        assert_eq!(index.0.iter().map(|table| table.len).sum::<usize>(), model.len());
        assert!(index.0.iter().all(|table| table.entries.len() > PLACES), "they grew");
        assert!(model.iter().all(|(call, key)| index.find(&callers, *call) == Some(*key)));
    }
}
