//! Any bytes as a segment of the journal, their checksums mended so that what lies behind them is reached: a prefix, or a reason.

#![no_main]

use base::pack::Packed;
use journal::{Replayed, State, Unusable, replay};
use libfuzzer_sys::fuzz_target;

#[global_allocator]
static METER: fuzz::Meter = fuzz::Meter;

/// A header's bytes, and those before a frame's payload.
const HEADER: usize = 24;
const HEAD: usize = 29;

fuzz_target!(|input: &[u8]| {
    judge(input);
    let mut mended = input.to_vec();
    mend(&mut mended);
    judge(&mended);
});

fn judge(bytes: &[u8]) {
    // A fact is some hundred bytes in memory at most for each of its bytes; the state keeps them all.
    let read = fuzz::bounded(2048 * bytes.len() + 262_144, || replay(bytes, bytes.len() as u64, Facts::default()));
    match read {
        Ok(replayed) => check(bytes, &replayed),
        Err(Unusable::Version(version)) => assert_ne!(version, 1),
        Err(Unusable::Damaged(why)) => assert!(!format!("{why}").is_empty()),
    }
}

fn check(bytes: &[u8], replayed: &Replayed<Facts>) {
    assert_eq!(replayed.state.applied, replayed.facts, "what was applied is counted");
    assert_eq!(replayed.unapplied > 0, replayed.refusal.is_some());
    let Some((at, _)) = &replayed.cut else { return };
    assert!(*at <= bytes.len() as u64, "a cut lies in the file");
    let kept = &bytes[..*at as usize];
    let again = replay(kept, *at, Facts::default()).expect("what is kept is usable");
    assert!(again.cut.is_none(), "what is kept is whole");
    assert_eq!((again.facts, again.next, again.last_time), (replayed.facts, replayed.next, replayed.last_time));
}

/// The facts of the switch, kept as they come.
#[derive(Clone, Default)]
struct Facts {
    applied: u64,
    chunks: Vec<Vec<u8>>,
    newest: Option<switch::Fact>,
}

impl State for Facts {
    fn apply(&mut self, fact: &[u8]) -> Result<(), String> {
        self.newest = Some(switch::Fact::from_bytes(fact).map_err(|error| error.to_string())?);
        self.applied += 1;
        Ok(())
    }

    fn snapshot(&self, out: &mut dyn FnMut(&[u8])) {
        self.chunks.iter().for_each(|chunk| out(chunk));
    }

    fn restore(&mut self, chunk: &[u8]) -> Result<(), String> {
        self.chunks.push(chunk.to_vec());
        Ok(())
    }
}

/// Writes the right checksum into the header and into each frame whose length fits.
fn mend(bytes: &mut [u8]) {
    let Some(header) = bytes.get_mut(..HEADER) else { return };
    let sum = crc32c(&header[..20]);
    header[20..].copy_from_slice(&sum.to_le_bytes());
    let mut at = HEADER;
    while let Some(head) = bytes.get(at..at + HEAD) {
        let length = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        let Some(frame) = bytes.get_mut(at..at + HEAD + length) else { return };
        let sum = crc32c(&frame[4..]);
        frame[..4].copy_from_slice(&sum.to_le_bytes());
        at += HEAD + length;
    }
}

/// CRC-32C (RFC 3720 §12.1), a bit at a time: inputs are short.
fn crc32c(bytes: &[u8]) -> u32 {
    let step = |sum: u32| if sum & 1 == 1 { sum >> 1 ^ 0x82f6_3b78 } else { sum >> 1 };
    !bytes.iter().fold(!0, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), |sum, _| step(sum)))
}
