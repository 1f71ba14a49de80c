//! Failed tries to show a token: counted, and slowed by source address.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Addresses remembered: more guess from a botnet, and a token of 256 bits is guessed by nobody.
const ADDRESSES_MAX: usize = 4096;
/// A mistyped token costs nothing.
const FREE: u32 = 3;
const FIRST_DELAY: Duration = Duration::from_millis(100);
const LONGEST_DELAY: Duration = Duration::from_secs(2);
/// After so long without a failure an address is forgotten.
const QUIET: Duration = Duration::from_secs(60);
/// Answers held back at once for one address; more are refused at once, so that guessing holds few connections.
const HELD_MAX: u32 = 16;

#[derive(Debug, Default)]
pub(crate) struct Attempts(Mutex<BTreeMap<IpAddr, Tries>>);

#[derive(Clone, Copy, Debug)]
struct Tries {
    failed: u32,
    last: Instant,
    held: u32,
}

impl Attempts {
    /// Notes a failure: how long the answer is held back, or none when too many are. Pair a delay with `done`.
    pub(crate) fn failed(&self, address: IpAddr, now: Instant) -> Option<Duration> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let address = network(address);
        if !known.contains_key(&address) && known.len() >= ADDRESSES_MAX {
            forget(&mut known, now);
        }
        let tries = known.entry(address).or_insert(Tries { failed: 0, last: now, held: 0 });
        if now.duration_since(tries.last) > QUIET {
            tries.failed = 0;
        }
        (tries.failed, tries.last) = (tries.failed.saturating_add(1), now);
        if tries.held >= HELD_MAX {
            return None;
        }
        tries.held += 1;
        let doubled = tries.failed.checked_sub(FREE + 1).map(|n| FIRST_DELAY * 2_u32.pow(n.min(10)));
        Some(doubled.unwrap_or_default().min(LONGEST_DELAY))
    }

    /// The answer went out.
    pub(crate) fn done(&self, address: IpAddr) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tries) = known.get_mut(&network(address)) {
            tries.held = tries.held.saturating_sub(1);
        }
    }
}

/// Those who were quiet; else who failed longest ago.
fn forget(known: &mut BTreeMap<IpAddr, Tries>, now: Instant) {
    known.retain(|_, tries| now.duration_since(tries.last) <= QUIET);
    if known.len() >= ADDRESSES_MAX
        && let Some(oldest) = known.iter().min_by_key(|(_, tries)| tries.last).map(|(address, _)| *address)
    {
        known.remove(&oldest);
    }
}

/// A household has a /64 of IPv6 addresses; it counts as one.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => v4.into(),
            None => Ipv6Addr::from(u128::from(v6) >> 64 << 64).into(),
        },
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_to_their_limit_and_are_forgotten() {
        let attempts = Attempts::default();
        let (address, start) = (IpAddr::from([192, 0, 2, 1]), Instant::now());
        let fail = |after: u64| {
            let delay = attempts.failed(address, start + Duration::from_secs(after));
            attempts.done(address);
            delay.map(|d| d.as_millis())
        };
        let delays: Vec<_> = (0..10).map(|_| fail(0)).collect();
        assert_eq!(delays, [0, 0, 0, 100, 200, 400, 800, 1600, 2000, 2000].map(Some));
        assert_eq!(fail(61), Some(0));
        assert_eq!(attempts.failed(IpAddr::from([192, 0, 2, 2]), start), Some(Duration::ZERO), "another address");
    }

    #[test]
    fn few_are_held_and_few_remembered() {
        let attempts = Attempts::default();
        let address = "2001:db8::1".parse().expect("an address");
        let neighbour = "2001:db8::2".parse().expect("an address");
        let now = Instant::now();
        assert!((0..HELD_MAX).all(|_| attempts.failed(address, now).is_some()));
        assert_eq!(attempts.failed(neighbour, now), None);
        attempts.done(address);
        assert!(attempts.failed(neighbour, now).is_some());
        for n in 0..10_000_u32 {
            attempts.failed(IpAddr::from(n.to_be_bytes()), now);
        }
        assert!(attempts.0.lock().expect("unpoisoned").len() <= ADDRESSES_MAX);
    }
}
