//! The end of a turn, before it is put into words: that costs more than the turn, and is another thread's work.

use base::{Now, RecordEntry};

use super::{Entry, Marks, words};
use crate::Effects;

/// What a turn came to. Taken before its effects leave.
#[derive(Clone, Debug)]
pub struct Turn {
    now: Now,
    marks: Marks,
    /// Of what is told one by one.
    records: Vec<RecordEntry>,
    messages: Vec<Vec<u8>>,
}

impl Turn {
    pub fn of(now: Now, effects: &Effects) -> Turn {
        let calls = effects.records.iter().filter(|entry| !matches!(entry, RecordEntry::Agent(_)));
        let messages = effects.messages.iter().map(|message| message.bytes.to_vec());
        Turn {
            now,
            marks: Marks::of(effects),
            records: calls.take(words::TOLD_MAX).cloned().collect(),
            messages: messages.take(words::TOLD_MAX).collect(),
        }
    }

    pub fn entry(&self) -> Entry {
        Entry::Turn { now: self.now, marks: self.marks, said: self.said() }
    }

    /// What left, in one line.
    pub(super) fn said(&self) -> String {
        words::left(&self.records, &self.messages)
    }

    pub(super) const fn marks(&self) -> &Marks {
        &self.marks
    }

    /// How much memory it takes, about.
    pub fn cost(&self) -> usize {
        let messages: usize = self.messages.iter().map(Vec::len).sum();
        size_of::<Turn>() + messages + self.records.len() * size_of::<RecordEntry>()
    }
}
