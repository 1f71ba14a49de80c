//! The bytes of a segment: a header, then frames.
//!
//! Header, 24 bytes, the same in every version: `HLJRNL\0`, version (1), epoch (4), number (8), CRC-32C of all before (4).
//! Frame: CRC-32C of all behind it (4), length of the payload (4), kind (1), epoch (4), sequence (8), time in ns (8),
//! payload. All numbers are little-endian. The epoch shows a block that a disk brought back from an older file.

use std::io::{self, Read};

use base::{Epoch, Time};

use crate::crc::crc32c;
use crate::report::Why;

/// Written today; `OLDEST` to this can be read.
pub(crate) const VERSION: u8 = 1;
pub(crate) const OLDEST: u8 = 1;

const MAGIC: &[u8; 7] = b"HLJRNL\0";
pub(crate) const HEADER: usize = 24;
const HEAD: usize = 29;

/// The longest payload: 64 SIP messages at their limit of 64 KiB. A longer batch goes into a snapshot instead.
pub(crate) const PAYLOAD_MAX: usize = 4 << 20;

/// Which segment of a journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SegmentId {
    pub(crate) epoch: Epoch,
    pub(crate) number: u64,
}

pub(crate) fn header(id: SegmentId) -> [u8; HEADER] {
    let mut bytes = [0; HEADER];
    bytes[..7].copy_from_slice(MAGIC);
    bytes[7] = VERSION;
    bytes[8..12].copy_from_slice(&id.epoch.0.to_le_bytes());
    bytes[12..20].copy_from_slice(&id.number.to_le_bytes());
    let sum = crc32c(&[&bytes[..20]]);
    bytes[20..].copy_from_slice(&sum.to_le_bytes());
    bytes
}

/// Version and id of a segment.
pub(crate) fn read_header(bytes: &[u8; HEADER]) -> Result<(u8, SegmentId), Why> {
    if &bytes[..7] != MAGIC || u32_at(bytes, 20) != crc32c(&[&bytes[..20]]) {
        return Err(Why::Checksum);
    }
    Ok((bytes[7], SegmentId { epoch: Epoch(u32_at(bytes, 8)), number: u64_at(bytes, 12) }))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Part of the snapshot; the sequence counts parts from 0.
    Chunk = 1,
    /// The snapshot is complete: its payload counts the parts (8), its sequence is the first batch's behind it.
    End = 2,
    /// One batch.
    Facts = 3,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Frame<'a> {
    pub(crate) kind: Kind,
    pub(crate) epoch: Epoch,
    pub(crate) sequence: u64,
    pub(crate) time: Time,
    pub(crate) payload: &'a [u8],
}

impl Frame<'_> {
    /// # Errors
    /// The payload is longer than is read back.
    pub(crate) fn encode(&self, out: &mut Vec<u8>) -> io::Result<()> {
        let length = self.payload.len();
        if length > PAYLOAD_MAX {
            return Err(io::Error::other(format!("{length} bytes at once are more than {PAYLOAD_MAX}")));
        }
        let mut head = [0; HEAD];
        head[4..8].copy_from_slice(&(length as u32).to_le_bytes());
        head[8] = self.kind as u8;
        head[9..13].copy_from_slice(&self.epoch.0.to_le_bytes());
        head[13..21].copy_from_slice(&self.sequence.to_le_bytes());
        head[21..].copy_from_slice(&self.time.as_nanos().to_le_bytes());
        let sum = crc32c(&[&head[4..], self.payload]);
        head[..4].copy_from_slice(&sum.to_le_bytes());
        out.extend_from_slice(&head);
        out.extend_from_slice(self.payload);
        Ok(())
    }
}

/// Reads frames one after the other; holds one at a time.
pub(crate) struct Frames<R> {
    from: R,
    left: u64,
    payload: Vec<u8>,
}

impl<R: Read> Frames<R> {
    /// `left` bytes come from `from`.
    pub(crate) fn new(from: R, left: u64) -> Frames<R> {
        Frames { from, left, payload: Vec::new() }
    }

    /// Bytes behind the last good frame.
    pub(crate) fn left(&self) -> u64 {
        self.left
    }

    /// The next frame; none at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Frame<'_>>, Why> {
        if self.left == 0 {
            return Ok(None);
        }
        let mut head = [0; HEAD];
        if self.left < HEAD as u64 {
            return Err(Why::Torn);
        }
        self.from.read_exact(&mut head).map_err(unreadable)?;
        let length = u32_at(&head, 4) as usize;
        if length > PAYLOAD_MAX {
            return Err(Why::Checksum);
        }
        let whole = (HEAD + length) as u64;
        if whole > self.left {
            return Err(Why::Torn);
        }
        self.payload.resize(length, 0);
        self.from.read_exact(&mut self.payload).map_err(unreadable)?;
        if u32_at(&head, 0) != crc32c(&[&head[4..], &self.payload]) {
            return Err(Why::Checksum);
        }
        let kind = match head[8] {
            1 => Kind::Chunk,
            2 => Kind::End,
            3 => Kind::Facts,
            _ => return Err(Why::Foreign),
        };
        self.left -= whole;
        Ok(Some(Frame {
            kind,
            epoch: Epoch(u32_at(&head, 9)),
            sequence: u64_at(&head, 13),
            time: Time::from_nanos(u64_at(&head, 21)),
            payload: &self.payload,
        }))
    }
}

pub(crate) fn unreadable(error: io::Error) -> Why {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => Why::Torn,
        _ => Why::Unreadable(error.to_string()),
    }
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(std::array::from_fn(|i| bytes[at + i]))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(std::array::from_fn(|i| bytes[at + i]))
}
