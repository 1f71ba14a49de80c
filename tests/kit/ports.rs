//! Ports that no two tests of this process share.

use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicU16, Ordering};

/// Below the range that the kernel hands out itself (32768 and up), above what servers of the machine use.
static NEXT: AtomicU16 = AtomicU16::new(11_000);

/// `count` consecutive ports, the first one even.
///
/// # Panics
/// When all tests together ask for more than there are.
pub(crate) fn block(count: u16) -> RangeInclusive<u16> {
    let count = count + count % 2;
    let first = NEXT.fetch_add(count, Ordering::Relaxed);
    let last = first.checked_add(count - 1).filter(|p| *p < 32_000).expect("the tests' ports are used up");
    first..=last
}
