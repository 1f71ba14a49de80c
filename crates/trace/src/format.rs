//! How records lie in the file.
//!
//! A file is `MAGIC`, a salt of 32 bytes, then records: kind, length of the clear line, length of the sealed part (little-endian),
//! a check of these, the line, the sealed part. The first record is the head.

use base::Fingerprint;

/// Ends in the version of the format.
pub(crate) const MAGIC: &[u8; 16] = b"hotline trace 3\n";
pub(crate) const SALT: usize = 32;
/// Kind, two lengths, check.
pub(crate) const HEADER: usize = 1 + 4 + 4 + 4;
/// The longest line; ours are a few hundred bytes.
pub(crate) const LINE_MAX: u32 = 1 << 16;
/// The longest sealed part: a head whose ledger owes every record of an hour of the worst surge, and twice that.
pub(crate) const SEALED_MAX: u32 = 256 << 20;

/// Why a trace has no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// The process stopped in order.
    Stopped,
    /// The thread that records panicked.
    Panicked,
    /// The file has reached its limit.
    Limit,
    /// More came than could be written.
    Broken,
}

impl Closing {
    const ALL: [Closing; 4] = [Closing::Stopped, Closing::Panicked, Closing::Limit, Closing::Broken];

    /// A sentence for the operator.
    pub const fn sentence(self) -> &'static str {
        match self {
            Closing::Stopped => "the process stopped",
            Closing::Panicked => "the process panicked at the last input",
            Closing::Limit => "the trace reached its limit and ends here; serving went on",
            Closing::Broken => "more came than the disk took: the trace is broken here; serving went on",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Head,
    Entry,
    Closing(Closing),
}

impl Kind {
    fn byte(self) -> u8 {
        match self {
            Kind::Head => 0,
            Kind::Entry => 1,
            Kind::Closing(closing) => 16 + Closing::ALL.iter().position(|c| *c == closing).unwrap_or_default() as u8,
        }
    }

    fn from_byte(byte: u8) -> Option<Kind> {
        match byte {
            0 => Some(Kind::Head),
            1 => Some(Kind::Entry),
            byte => Closing::ALL.get(usize::from(byte.checked_sub(16)?)).copied().map(Kind::Closing),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) kind: Kind,
    pub(crate) line: u32,
    pub(crate) sealed: u32,
}

impl Header {
    pub(crate) fn to_bytes(self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        bytes[0] = self.kind.byte();
        bytes[1..5].copy_from_slice(&self.line.to_le_bytes());
        bytes[5..9].copy_from_slice(&self.sealed.to_le_bytes());
        let check = Fingerprint::of(&bytes[..9]) as u32;
        bytes[9..].copy_from_slice(&check.to_le_bytes());
        bytes
    }

    /// None for bytes that `to_bytes` does not make.
    pub(crate) fn from_bytes(bytes: &[u8; HEADER]) -> Option<Header> {
        let word = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        let header = Header { kind: Kind::from_byte(bytes[0])?, line: word(1), sealed: word(5) };
        let sane = header.line <= LINE_MAX && header.sealed <= SEALED_MAX;
        (sane && header.to_bytes() == *bytes).then_some(header)
    }
}
