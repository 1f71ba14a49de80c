//! What a turn came to, short enough to be written down each time.

use std::fmt;

use base::pack::{Packed, Unpacker, Unreadable, pack_bytes};
use base::{Fingerprint, packed_struct};

use super::blank;
use crate::Effects;

/// The kinds of effects, in the order of `Effects`.
const KINDS: [&str; 6] = ["facts", "records", "jobs", "messages", "answers", "lookups"];

/// How many effects of one kind, and their fingerprint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Mark {
    count: u32,
    print: u64,
}

packed_struct!(Mark { count, print });

/// A mark for each kind of effects. Equal marks: equal effects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks([Mark; KINDS.len()]);

impl Marks {
    pub fn of(effects: &Effects) -> Marks {
        let mut scratch = Vec::new();
        Marks([
            mark(&effects.facts, &mut scratch, Packed::pack),
            mark(&effects.records, &mut scratch, Packed::pack),
            mark(&effects.jobs, &mut scratch, Packed::pack),
            mark(&effects.messages, &mut scratch, |message, out| {
                message.flow.pack(out);
                // Not even a fingerprint of what a password made: it would tell a guess from the password.
                pack_bytes(&blank(&message.bytes), out);
            }),
            mark(&effects.answers, &mut scratch, Packed::pack),
            mark(&effects.lookups, &mut scratch, Packed::pack),
        ])
    }

    /// Whether nothing came of the turn.
    pub fn is_empty(&self) -> bool {
        *self == Marks::default()
    }

    /// What differs, in words; none when nothing does.
    pub(crate) fn difference(&self, now: &Marks) -> Option<String> {
        let pairs = KINDS.iter().zip(self.0.iter().zip(&now.0)).filter(|(_, (then, now))| then != now);
        let words = pairs.map(|(kind, (then, now))| match then.count == now.count {
            true => format!("{} {kind} of other content", now.count),
            false => format!("{} {kind} and not {}", now.count, then.count),
        });
        let words: Vec<_> = words.collect();
        (!words.is_empty()).then(|| words.join(", "))
    }
}

fn mark<T>(items: &[T], scratch: &mut Vec<u8>, pack: impl Fn(&T, &mut Vec<u8>)) -> Mark {
    let mut print = Fingerprint::default();
    for item in items {
        scratch.clear();
        pack(item, scratch);
        print.add(scratch);
    }
    if items.is_empty() { Mark::default() } else { Mark { count: items.len() as u32, print: print.finish() } }
}

impl Packed for Marks {
    fn pack(&self, out: &mut Vec<u8>) {
        self.0.iter().for_each(|mark| mark.pack(out));
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Marks, Unreadable> {
        let mut marks = Marks::default();
        for mark in &mut marks.0 {
            *mark = Packed::unpack(from)?;
        }
        Ok(marks)
    }
}

impl fmt::Display for Marks {
    /// The numbers of what is there.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let there = KINDS.iter().zip(&self.0).filter(|(_, mark)| mark.count > 0);
        let words: Vec<_> = there.map(|(kind, mark)| format!("{} {kind}", mark.count)).collect();
        if words.is_empty() { f.write_str("nothing") } else { write!(f, "({})", words.join(", ")) }
    }
}
