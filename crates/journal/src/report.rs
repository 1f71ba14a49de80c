//! What opening a journal found.

use std::fmt;

/// Why reading a segment stopped before its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// The file ends within a frame: the process or the machine died while it was written.
    Torn,
    /// The bytes are not those that were written.
    Checksum,
    /// A batch is missing.
    Gap { expected: u64, found: u64 },
    /// A frame of another start or kind: a block of an older file.
    Foreign,
    /// The file ends before its snapshot does.
    NoSnapshot,
    /// The snapshot is not one that this version knows.
    Snapshot(String),
    /// The disk does not give the bytes.
    Unreadable(String),
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Why::Torn => f.write_str("torn tail"),
            Why::Checksum => f.write_str("wrong checksum"),
            Why::Gap { expected, found } => write!(f, "sequence gap: batch {found} follows where {expected} should"),
            Why::Foreign => f.write_str("frame of another start"),
            Why::NoSnapshot => f.write_str("incomplete snapshot"),
            Why::Snapshot(reason) => write!(f, "unknown snapshot: {reason}"),
            Why::Unreadable(reason) => write!(f, "the disk does not give it: {reason}"),
        }
    }
}

/// What of one segment was not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    pub file: String,
    /// Where in the file the cut is; 0 when nothing of it was used.
    pub at: u64,
    pub bytes: u64,
    pub why: Why,
    /// The file beside it that keeps the bytes; none when that could not be written.
    pub kept: Option<String>,
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Cut { file, at, bytes, why, .. } = self;
        write!(f, "{bytes} bytes of {file} from byte {at} on were cut ({why}) and ")?;
        match &self.kept {
            Some(kept) => write!(f, "kept as {kept}"),
            None => f.write_str("could not be kept"),
        }
    }
}

/// What opening found; prints as one sentence.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Report {
    /// Segments looked at, the newest first, until one could be used.
    pub segments: u64,
    /// Facts applied on top of the snapshot.
    pub facts: u64,
    pub cuts: Vec<Cut>,
    /// Facts that the state refused; each was skipped.
    pub unapplied: u64,
    /// What the state said to the first of them.
    pub refusal: Option<String>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.segments {
            0 => return f.write_str("the journal is new"),
            1 => f.write_str("1 journal segment read")?,
            n => write!(f, "{n} journal segments read")?,
        }
        write!(f, ", {} facts applied", self.facts)?;
        if let Some(refusal) = &self.refusal {
            write!(f, ", {} skipped because the state refuses them (first: {refusal})", self.unapplied)?;
        }
        if self.cuts.is_empty() {
            return f.write_str(", nothing cut");
        }
        self.cuts.iter().try_for_each(|cut| write!(f, "; {cut}"))
    }
}
