//! Maps whose order is the same in every run.

use std::borrow::Borrow;
use std::hash::{BuildHasher, BuildHasherDefault, Hash, Hasher};

use siphasher::sip::SipHasher13;

use crate::Rng;

/// A map for keys that we made ourselves (ids): fast, not safe against chosen keys.
#[expect(clippy::disallowed_types, reason = "the hasher below has no random state")]
pub type Map<K, V> = std::collections::HashMap<K, V, BuildHasherDefault<IdHasher>>;

/// A set of keys that we made ourselves.
#[expect(clippy::disallowed_types, reason = "the hasher below has no random state")]
pub type Set<K> = std::collections::HashSet<K, BuildHasherDefault<IdHasher>>;

#[expect(clippy::disallowed_types, reason = "keyed from base::Rng")]
type Keyed<K, V> = std::collections::HashMap<K, V, KeyedHash>;

/// Parts of a `WireMap`: with a quarter of a million entries a part that grows moves 4,000 of them, within half a
/// millisecond.
const PARTS: usize = 64;

/// A map for keys that strangers choose (Call-ID, branch, tag): keyed, so that nobody can aim for collisions.
///
/// It grows part by part: one table that doubles moves all that it holds at once, 13 ms with the dialogs and transactions of
/// a big city.
#[derive(Clone, Debug)]
pub struct WireMap<K, V>(Vec<Keyed<K, V>>);

impl<K: Eq + Hash, V> WireMap<K, V> {
    pub fn new(rng: &mut Rng) -> WireMap<K, V> {
        let hash = KeyedHash(rng.u64(), rng.u64());
        WireMap((0..PARTS).map(|_| Keyed::with_hasher(hash.clone())).collect())
    }

    pub fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.0[part(key)].get(key)
    }

    pub fn contains_key<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.get(key).is_some()
    }

    /// Gives the value that stood there before.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        self.0[part(&key)].insert(key, value)
    }

    pub fn remove<Q: Eq + Hash + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        self.0[part(key)].remove(key)
    }

    pub fn len(&self) -> usize {
        self.0.iter().map(Keyed::len).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.0.iter().all(Keyed::is_empty)
    }
}

/// Who aims all keys at one part gains nothing: within it they are hashed with the drawn key.
fn part(key: &(impl Hash + ?Sized)) -> usize {
    let mut hasher = IdHasher::default();
    key.hash(&mut hasher);
    hasher.finish() as usize % PARTS
}

/// SipHash-1-3 with a drawn key.
#[derive(Clone, Debug)]
pub struct KeyedHash(u64, u64);

impl BuildHasher for KeyedHash {
    type Hasher = KeyedHasher;

    fn build_hasher(&self) -> KeyedHasher {
        KeyedHasher { key: (self.0, self.1), state: 0 }
    }
}

/// Takes each part whole, under a key that the parts before it change: hashed at once, a text costs a quarter less than as a
/// stream, which its closing byte makes of it.
#[derive(Clone, Copy, Debug)]
pub struct KeyedHasher {
    key: (u64, u64),
    state: u64,
}

impl Hasher for KeyedHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.state = SipHasher13::new_with_keys(self.key.0 ^ self.state, self.key.1).hash(bytes);
    }

    /// Closes a text or tells a variant: says nothing that a stranger chooses freely, so it is mixed in without the key.
    fn write_u8(&mut self, n: u8) {
        self.state = self.state.rotate_left(8) ^ u64::from(n);
    }

    fn finish(&self) -> u64 {
        self.state
    }
}

/// A multiply-and-rotate hash for short keys of our own making.
#[derive(Clone, Copy, Debug, Default)]
pub struct IdHasher(u64);

impl IdHasher {
    fn add(&mut self, word: u64) {
        // Fibonacci multiplier: spreads consecutive ids over the high bits, which hashbrown uses for its tags.
        self.0 = (self.0.rotate_left(26) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

impl Hasher for IdHasher {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.add(u64::from_le_bytes(word));
        }
    }

    fn write_u8(&mut self, n: u8) {
        self.add(u64::from(n));
    }

    fn write_u16(&mut self, n: u16) {
        self.add(u64::from(n));
    }

    fn write_u32(&mut self, n: u32) {
        self.add(u64::from(n));
    }

    fn write_u64(&mut self, n: u64) {
        self.add(n);
    }

    fn write_usize(&mut self, n: usize) {
        self.add(n as u64);
    }

    fn finish(&self) -> u64 {
        self.0.rotate_left(20)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wire_map_finds_what_was_put_in_whatever_its_part() {
        let mut map: WireMap<String, usize> = WireMap::new(&mut Rng::from_number(1));
        let key = |number: usize| format!("z9hG4bK{number} 192.0.2.1 INVITE");
        for number in 0..10_000 {
            assert_eq!(map.insert(key(number), number), None);
        }
        assert_eq!((map.len(), map.insert(key(7), 8), map.get(key(7).as_str())), (10_000, Some(7), Some(&8)));
        let sizes: Vec<usize> = map.0.iter().map(Keyed::len).collect();
        assert!(sizes.iter().all(|size| (100..220).contains(size)), "evenly: {sizes:?}");
        for number in 0..10_000 {
            assert!(map.contains_key(key(number).as_str()) && map.remove(key(number).as_str()).is_some());
            assert!(!map.contains_key(key(number).as_str()));
        }
        assert!(map.is_empty() && map.get("nothing").is_none());
    }
}
