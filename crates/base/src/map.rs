//! Maps whose order is the same in every run.

use std::hash::{BuildHasherDefault, Hash, Hasher};

use siphasher::sip128::{Hash128, Hasher128 as _, SipHasher13};

use crate::Rng;

/// A map for keys that we made ourselves (ids): fast, not safe against chosen keys.
#[expect(clippy::disallowed_types, reason = "the hasher below has no random state")]
pub type Map<K, V> = std::collections::HashMap<K, V, BuildHasherDefault<IdHasher>>;

/// A set of keys that we made ourselves.
#[expect(clippy::disallowed_types, reason = "the hasher below has no random state")]
pub type Set<K> = std::collections::HashSet<K, BuildHasherDefault<IdHasher>>;

/// What stands for texts that strangers choose (Call-ID, branch, tag): SipHash-1-3 of 128 bits with a drawn key.
///
/// Nobody can aim for two texts of one print, and by chance a million texts have two with a probability of 10^-27. So a map needs no
/// texts, whose places in memory cost more than all the rest of a look-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Print(u64, u64);

impl Hash for Print {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0);
    }
}

/// Makes prints, all with one key.
#[derive(Clone, Copy, Debug)]
pub struct Printer(SipHasher13);

impl Printer {
    pub fn new(rng: &mut Rng) -> Printer {
        Printer(SipHasher13::new_with_keys(rng.u64(), rng.u64()))
    }

    /// The print of these texts in their order.
    pub fn print(&self, texts: &[&str]) -> Print {
        let mut hasher = self.0;
        for text in texts {
            hasher.write(text.as_bytes());
            // No text holds this byte: where one ends and the next begins counts.
            hasher.write(&[0xff]);
        }
        let Hash128 { h1, h2 } = hasher.finish128();
        Print(h1, h2)
    }
}

#[expect(clippy::disallowed_types, reason = "prints are keyed from base::Rng")]
type Printed<V> = std::collections::HashMap<Print, V, BuildHasherDefault<PrintHasher>>;

/// Parts of a `WireMap`: with a quarter of a million entries a part that grows moves 4,000 of them.
const PARTS: usize = 64;

/// A map for what strangers choose, by its print.
///
/// It grows part by part: one table that doubles moves all that it holds at once, which no call is to wait for.
#[derive(Clone, Debug)]
pub struct WireMap<V>(Vec<Printed<V>>);

impl<V> Default for WireMap<V> {
    fn default() -> WireMap<V> {
        WireMap((0..PARTS).map(|_| Printed::default()).collect())
    }
}

impl<V> WireMap<V> {
    pub fn get(&self, print: Print) -> Option<&V> {
        self.0[part(print)].get(&print)
    }

    pub fn contains(&self, print: Print) -> bool {
        self.get(print).is_some()
    }

    /// Gives the value that stood there before.
    pub fn insert(&mut self, print: Print, value: V) -> Option<V> {
        self.0[part(print)].insert(print, value)
    }

    pub fn remove(&mut self, print: Print) -> Option<V> {
        self.0[part(print)].remove(&print)
    }

    pub fn len(&self) -> usize {
        self.0.iter().map(Printed::len).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.0.iter().all(Printed::is_empty)
    }
}

/// By the half of the print that the tables do not use.
fn part(print: Print) -> usize {
    print.1 as usize % PARTS
}

/// A print is a hash already.
#[derive(Clone, Copy, Debug, Default)]
pub struct PrintHasher(u64);

impl Hasher for PrintHasher {
    /// A print gives one word.
    fn write(&mut self, bytes: &[u8]) {
        debug_assert!(false, "{} bytes are no print", bytes.len());
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = word;
    }

    fn finish(&self) -> u64 {
        self.0
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
        let printer = Printer::new(&mut Rng::from_number(1));
        let mut map: WireMap<usize> = WireMap::default();
        let key = |number: usize| printer.print(&[&format!("z9hG4bK{number}"), "192.0.2.1", "INVITE"]);
        for number in 0..10_000 {
            assert_eq!(map.insert(key(number), number), None);
        }
        assert_eq!((map.len(), map.insert(key(7), 8), map.get(key(7))), (10_000, Some(7), Some(&8)));
        let sizes: Vec<usize> = map.0.iter().map(Printed::len).collect();
        assert!(sizes.iter().all(|size| (100..220).contains(size)), "evenly: {sizes:?}");
        for number in 0..10_000 {
            assert!(map.contains(key(number)) && map.remove(key(number)).is_some());
            assert!(!map.contains(key(number)));
        }
        assert!(map.is_empty() && map.get(printer.print(&["nothing"])).is_none());
    }

    #[test]
    fn a_print_tells_texts_their_borders_and_keys_apart() {
        let printer = Printer::new(&mut Rng::from_number(1));
        let other = Printer::new(&mut Rng::from_number(2));
        let cases: [&[&str]; 6] = [&["ab", "c"], &["a", "bc"], &["abc"], &["", "abc"], &["abc", ""], &[]];
        let mut all: Vec<Print> = cases.iter().map(|texts| printer.print(texts)).collect();
        all.extend(cases.iter().map(|texts| other.print(texts)));
        for (place, print) in all.iter().enumerate() {
            assert!(!all[..place].contains(print), "{place}");
            assert!(place >= 6 || *print == printer.print(cases[place]), "the same each time");
        }
    }
}
