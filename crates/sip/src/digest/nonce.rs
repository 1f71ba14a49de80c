//! Nonces that carry their own proof.

use std::collections::BTreeMap;
use std::time::Duration;

use base::Time;

use super::hash;

/// What a nonce is worth now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NonceState {
    Good,
    /// Ours, but expired, used with this count before, or forgotten for lack of room: ask again with `stale=true`.
    Stale,
    /// Not signed by our key.
    Forged,
}

/// Signs nonces and sees that each count of each is used once.
///
/// A nonce is its time, a serial number and an HMAC of both, so that asking costs no memory; only nonces that a
/// password was proved with are remembered. One instance serves a realm: two with the same key would each accept a
/// count once. A key drawn anew at every start makes older nonces `Forged`, which a client meets like `Stale`.
#[derive(Clone)]
pub struct Nonces {
    key: [u8; 32],
    lifetime: Duration,
    serial: u64,
    /// Used nonces, oldest first.
    used: BTreeMap<Stamp, Window>,
    used_max: usize,
    /// Every nonce up to this one has left `used` and is stale.
    forgotten: Option<Stamp>,
}

/// Time of issue in milliseconds, and serial number.
type Stamp = (u64, u64);

/// The counts seen of one nonce: the highest, and a bit for each of the 64 up to it. Phones send several requests at
/// once, which may overtake each other.
#[derive(Clone, Copy, Default)]
struct Window {
    highest: u32,
    seen: u64,
}

impl Window {
    /// Notes a count; false when it was seen or is too old to know.
    fn note(&mut self, count: u32) -> bool {
        if count > self.highest {
            self.seen = self.seen.checked_shl(count - self.highest).unwrap_or(0) | 1;
            self.highest = count;
            return true;
        }
        let bit = 1u64.checked_shl(self.highest - count).unwrap_or(0);
        let fresh = bit != 0 && self.seen & bit == 0;
        self.seen |= bit;
        fresh
    }
}

/// Time, serial number and the first half of the HMAC.
const NONCE_BYTES: usize = 32;

impl Nonces {
    /// `used_max` bounds how many used nonces are remembered; beyond it the oldest are asked for again.
    pub const fn new(key: [u8; 32], lifetime: Duration, used_max: usize) -> Nonces {
        Nonces { key, lifetime, serial: 0, used: BTreeMap::new(), used_max, forgotten: None }
    }

    /// A new nonce.
    pub fn issue(&mut self, now: Time) -> String {
        self.serial = self.serial.wrapping_add(1);
        hash::hex(&self.sign((now.as_millis(), self.serial)))
    }

    /// Whether the nonce is ours and young enough; remembers nothing, so that it may be asked before the password.
    pub fn check(&self, now: Time, nonce: &str) -> NonceState {
        match self.stamp(nonce) {
            None => NonceState::Forged,
            Some(stamp) if self.is_live(now, stamp) => NonceState::Good,
            Some(_) => NonceState::Stale,
        }
    }

    /// Uses a nonce with a count, after the password was proved. Without qop (`None`) a nonce is good once.
    pub fn spend(&mut self, now: Time, nonce: &str, count: Option<u32>) -> NonceState {
        let Some(stamp) = self.stamp(nonce) else { return NonceState::Forged };
        if !self.is_live(now, stamp) {
            return NonceState::Stale;
        }
        let window = self.used.entry(stamp).or_default();
        // Without qop the nonce is used up: no count is accepted behind the largest.
        let count = count.unwrap_or(u32::MAX);
        let fresh = count != 0 && window.note(count);
        self.make_room(now);
        if fresh { NonceState::Good } else { NonceState::Stale }
    }

    fn make_room(&mut self, now: Time) {
        while let Some((&oldest, _)) = self.used.first_key_value() {
            if self.used.len() <= self.used_max && self.is_live(now, oldest) {
                return;
            }
            self.used.pop_first();
            self.forgotten = self.forgotten.max(Some(oldest));
        }
    }

    fn is_live(&self, now: Time, stamp: Stamp) -> bool {
        let issued = Time::from_nanos(stamp.0.saturating_mul(1_000_000));
        now.since(issued) < self.lifetime && Some(stamp) > self.forgotten
    }

    /// Time and serial number of a nonce that our key signed.
    fn stamp(&self, nonce: &str) -> Option<Stamp> {
        let bytes: [u8; NONCE_BYTES] = hash::unhex(nonce)?;
        let ([issued, serial], _) = bytes.as_chunks::<8>().0.split_first_chunk::<2>()?;
        let stamp = (u64::from_be_bytes(*issued), u64::from_be_bytes(*serial));
        hash::same(&self.sign(stamp), &bytes).then_some(stamp)
    }

    fn sign(&self, (issued, serial): Stamp) -> [u8; NONCE_BYTES] {
        let mac = hash::hmac(&self.key, &[b"nonce", &issued.to_be_bytes(), &serial.to_be_bytes()]);
        let bytes = issued.to_be_bytes().into_iter().chain(serial.to_be_bytes()).chain(mac);
        let mut nonce = [0; NONCE_BYTES];
        nonce.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
        nonce
    }
}

impl std::fmt::Debug for Nonces {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Nonces").field("used", &self.used.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 32] = [7; 32];

    fn at(seconds: u64) -> Time {
        Time::from_millis(seconds * 1000)
    }

    fn nonces(used_max: usize) -> Nonces {
        Nonces::new(KEY, Duration::from_secs(300), used_max)
    }

    #[test]
    fn a_nonce_lives_its_time_and_is_ours_alone() {
        let mut ours = nonces(8);
        let nonce = ours.issue(at(1000));
        assert_eq!(ours.check(at(1299), &nonce), NonceState::Good);
        assert_eq!(ours.check(at(1300), &nonce), NonceState::Stale);
        assert_eq!(Nonces::new([8; 32], Duration::from_secs(300), 8).check(at(1000), &nonce), NonceState::Forged);
        for place in 0..nonce.len() {
            let mut forged = nonce.clone().into_bytes();
            forged[place] = if forged[place] == b'0' { b'1' } else { b'0' };
            assert_eq!(ours.check(at(1000), std::str::from_utf8(&forged).unwrap()), NonceState::Forged);
        }
        assert_eq!(ours.check(at(1000), "é"), NonceState::Forged);
    }

    #[test]
    fn each_count_is_good_once_in_any_order() {
        let mut ours = nonces(8);
        let nonce = ours.issue(at(0));
        for (count, expected) in [
            (1, NonceState::Good),
            (1, NonceState::Stale),
            (3, NonceState::Good),
            (2, NonceState::Good),
            (2, NonceState::Stale),
            (100, NonceState::Good),
            (37, NonceState::Good),
            (36, NonceState::Stale),
            (0, NonceState::Stale),
            (u32::MAX, NonceState::Good),
            (101, NonceState::Stale),
        ] {
            assert_eq!(ours.spend(at(1), &nonce, Some(count)), expected, "{count}");
        }
    }

    #[test]
    fn without_counts_a_nonce_is_good_once() {
        let mut ours = nonces(8);
        let nonce = ours.issue(at(0));
        assert_eq!(ours.spend(at(1), &nonce, None), NonceState::Good);
        assert_eq!(ours.spend(at(1), &nonce, None), NonceState::Stale);
        assert_eq!(ours.spend(at(1), &nonce, Some(1)), NonceState::Stale);
    }

    #[test]
    fn what_was_forgotten_cannot_be_replayed() {
        let mut ours = nonces(3);
        let issued: Vec<_> = (0..10).map(|_| ours.issue(at(0))).collect();
        for nonce in &issued {
            assert_eq!(ours.spend(at(1), nonce, Some(1)), NonceState::Good);
            assert!(ours.used.len() <= 3);
        }
        for nonce in &issued {
            assert_eq!(ours.spend(at(1), nonce, Some(1)), NonceState::Stale);
        }
        assert_eq!(ours.spend(at(1), &issued[9], Some(2)), NonceState::Good);
        assert_eq!(ours.spend(at(1), &issued[0], Some(2)), NonceState::Stale);
        let later = ours.issue(at(400));
        assert_eq!(ours.spend(at(400), &later, Some(1)), NonceState::Good);
        assert_eq!(ours.used.len(), 1, "expired nonces leave the table");
    }
}
