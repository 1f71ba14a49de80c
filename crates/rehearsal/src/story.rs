//! A story of a caller: who calls, what they do, and where that leads.

use std::fmt;
use std::ops::Range;

use base::Digit;

use crate::Who;

/// A line: what a caller does, and where that leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story {
    pub who: Who,
    pub deeds: Vec<Told<Deed>>,
    pub ends: Vec<Told<End>>,
    /// Nodes on the way, in their order; others may stand between them.
    pub through: Vec<Told<String>>,
    /// The whole line.
    pub place: Range<usize>,
}

/// Something, and the bytes of the file that say so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told<T> {
    pub what: T,
    pub place: Range<usize>,
}

/// What a caller does, or what happens around.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    Press(Vec<Digit>),
    /// What plays is heard to its end, until a key is asked for.
    Listen,
    /// The same, and then the silence passes.
    Wait,
    /// Another system answers with these values, by name.
    Answer(Vec<(String, String)>),
    NoAnswer,
    /// This is said, as it is understood; none for something that is still to be understood.
    Say(Option<String>),
    /// Nobody could be reached on a line outside.
    LineRefused,
}

/// Where a story leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    Queue(String),
    CallBack(String),
    Transfer(String),
    /// The menu says goodbye.
    Over,
    /// Still in the menu, at this node.
    At(String),
    Rated(u8),
}

impl fmt::Display for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Deed::Press(keys) => {
                f.write_str("press ")?;
                keys.iter().try_for_each(|key| write!(f, "{}", key.as_char()))
            }
            Deed::Listen => f.write_str("listen"),
            Deed::Wait => f.write_str("wait"),
            Deed::Answer(values) => {
                f.write_str("answer")?;
                values.iter().try_for_each(|(name, text)| write!(f, " {name}={text}"))
            }
            Deed::Say(text) => write!(f, "say {}", text.as_deref().unwrap_or("...")),
            Deed::NoAnswer => f.write_str("no answer"),
            Deed::LineRefused => f.write_str("line refused"),
        }
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            End::Queue(group) => write!(f, "queue {group}"),
            End::CallBack(group) => write!(f, "call back {group}"),
            End::Transfer(to) => write!(f, "transfer {to}"),
            End::Over => f.write_str("end"),
            End::At(node) => write!(f, "at {node}"),
            End::Rated(grade) => write!(f, "rated {grade}"),
        }
    }
}
