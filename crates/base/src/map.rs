//! Maps whose order is the same in every run.

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

/// A map for keys that strangers choose (Call-ID, branch, tag): keyed, so that nobody can aim for collisions.
#[derive(Clone, Debug)]
pub struct WireMap<K, V>(Keyed<K, V>);

impl<K: Eq + Hash, V> WireMap<K, V> {
    pub fn new(rng: &mut Rng) -> WireMap<K, V> {
        WireMap(Keyed::with_hasher(KeyedHash(rng.u64(), rng.u64())))
    }
}

impl<K, V> std::ops::Deref for WireMap<K, V> {
    type Target = Keyed<K, V>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<K, V> std::ops::DerefMut for WireMap<K, V> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
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
