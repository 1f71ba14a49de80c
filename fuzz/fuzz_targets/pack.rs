//! Any bytes as what a journal holds: refused, or a value whose own form reads back as the same value.

#![no_main]

use std::fmt::Debug;
use std::net::SocketAddr;
use std::time::Duration;

use base::pack::Packed;
use base::{CallId, Flow, LegId, Record, StartRecord, Time, Wait};
use libfuzzer_sys::fuzz_target;

#[global_allocator]
static METER: fuzz::Meter = fuzz::Meter;

fuzz_target!(|input: &[u8]| {
    let Some((kind, bytes)) = input.split_first() else { return };
    match kind % 22 {
        0 => survive::<switch::Fact>(bytes),
        1 => survive::<acd::Fact>(bytes),
        2 => survive::<roster::Fact>(bytes),
        3 => survive::<call::Fact>(bytes),
        4 => survive::<Record>(bytes),
        5 => survive::<StartRecord>(bytes),
        6 => survive::<Vec<Wait>>(bytes),
        7 => survive::<Flow>(bytes),
        8 => survive::<(CallId, LegId)>(bytes),
        9 => survive::<Vec<String>>(bytes),
        10 => survive::<Option<SocketAddr>>(bytes),
        11 => survive::<Vec<(i64, u64)>>(bytes),
        12 => survive::<(Time, Duration)>(bytes),
        13 => survive::<call::Ledger>(bytes),
        14 => survive::<acd::Ledger>(bytes),
        15 => survive::<roster::Ledger>(bytes),
        16 => survive::<switch::Ledger>(bytes),
        17 => survive::<sip::Image>(bytes),
        18 => survive::<sip::Fact>(bytes),
        19 => survive::<sip::Uri>(bytes),
        20 => survive::<sip::NameAddr>(bytes),
        _ => survive::<Vec<switch::Fact>>(bytes),
    }
});

/// An element of a list takes a byte at least and some hundred bytes in memory; lists grow by doubling.
const BYTES_A_BYTE: usize = 1024;

fn survive<T: Packed + PartialEq + Debug>(bytes: &[u8]) {
    let read = fuzz::bounded(BYTES_A_BYTE * bytes.len() + 4096, || T::from_bytes(bytes));
    match read {
        Ok(value) => {
            let form = value.to_bytes();
            assert!(form.len() <= bytes.len(), "our form is the shortest");
            assert_eq!(T::from_bytes(&form).as_ref(), Ok(&value));
        }
        Err(unreadable) => assert!(!unreadable.expected.is_empty()),
    }
}
