//! What a story asks for in vain.

use std::fmt;

/// Why something cannot happen to a caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Misfit {
    /// The menu does not have the caller any more.
    Gone,
    NobodyAsked,
    /// What the question takes, and a name that is none of these.
    NotTaken {
        name: String,
        takes: Vec<String>,
    },
    NobodyCalled,
    NobodyListens,
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Misfit::Gone => f.write_str("the caller is not in the menu any more"),
            Misfit::NobodyAsked => f.write_str("no other system is asked here"),
            Misfit::NotTaken { name, takes } if takes.is_empty() => {
                write!(f, "no value is taken from the answer here, and `{name}` neither")
            }
            Misfit::NotTaken { name, takes } => {
                write!(f, "`{name}` is not taken from the answer here, but `{}`", takes.join("`, `"))
            }
            Misfit::NobodyListens => f.write_str("nobody is listened to here"),
            Misfit::NobodyCalled => f.write_str("no line outside is called here"),
        }
    }
}
