//! Ports that no two tests share while they run.

use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::ops::RangeInclusive;
use std::sync::{Mutex, PoisonError};

/// Below the range that the kernel hands out itself (32768 and up), above what servers of the machine use.
const RANGE: RangeInclusive<u16> = 11_000..=31_999;
/// Rounds through the range before a test gives up: tests that still run hold their ports in the first.
const ROUNDS_MAX: u32 = 3;

/// Where the next block begins.
static NEXT: Mutex<u16> = Mutex::new(*RANGE.start());

/// `count` consecutive ports, the first one even; after the last of the range the first ones come again, where nobody holds them.
///
/// # Panics
/// When no such block is free.
pub(crate) fn block(count: u16) -> RangeInclusive<u16> {
    let count = count + count % 2;
    let mut next = NEXT.lock().unwrap_or_else(PoisonError::into_inner);
    let mut rounds = 0;
    loop {
        let (first, last) = (*next, next.saturating_add(count - 1));
        if last > *RANGE.end() {
            rounds += 1;
            assert!(rounds < ROUNDS_MAX, "{count} consecutive ports of {RANGE:?} are not free");
            *next = *RANGE.start();
            continue;
        }
        *next = last + 1;
        if let Some(held) = (first..=last).rev().find(|port| !is_free(*port)) {
            // Even, as every block begins.
            *next = (held + 2) & !1;
            continue;
        }
        return first..=last;
    }
}

fn is_free(port: u16) -> bool {
    UdpSocket::bind((Ipv4Addr::LOCALHOST, port)).is_ok() && TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}
