//! What is wrong with a menu, and where.

use std::fmt;

use base::Digit;

/// One fault of a menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub place: Place,
    pub problem: Problem,
}

/// A spot in the text of a menu, by its names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// None for what stands above all nodes.
    pub node: Option<String>,
    /// Empty for the node as a whole.
    pub field: &'static str,
    /// The key of a telephone, under `keys`.
    pub key: Option<Digit>,
    /// The entry of a table that has names, as `group_by_locale`.
    pub entry: Option<String>,
    /// The place in a list.
    pub index: Option<usize>,
}

impl Place {
    pub(crate) fn tree(field: &'static str) -> Place {
        Place { field, ..Place::default() }
    }

    pub(crate) fn node(node: &str, field: &'static str) -> Place {
        Place { node: Some(node.to_owned()), field, ..Place::default() }
    }

    pub(crate) fn key(self, key: Digit) -> Place {
        Place { key: Some(key), ..self }
    }

    pub(crate) fn named(self, entry: &str) -> Place {
        Place { entry: Some(entry.to_owned()), ..self }
    }

    pub(crate) fn at(self, index: usize) -> Place {
        Place { index: Some(index), ..self }
    }
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    UnknownNode(String),
    UnknownGroup(String),
    UnknownHours(String),
    /// No language of the prompts, or not one of the menu.
    UnknownLocale(String),
    UnknownPrompt(String),
    MissingPrompt {
        name: String,
        locale: String,
    },
    /// A text that is spoken in the call has no words in a language of the menu.
    MissingText {
        locale: String,
    },
    /// The person behind 0 must be a queue.
    NotAQueue(String),
    /// `back` or `repeat` where no key was pressed.
    KeysOnly(String),
    /// 0, * and # mean the same at every node.
    ReservedKey(Digit),
    /// A node cannot be called `back` or `repeat`.
    ReservedName,
    /// No value that some node sets.
    UnknownValue(String),
    /// No list of `[[callers]]`.
    UnknownList(String),
    /// No kind of line.
    UnknownLine(String),
    /// No form of digits.
    UnknownForm(String),
    /// Nothing of the length that is asked for has this form.
    FormTooLong {
        form: String,
        min: u8,
        max: u8,
    },
    /// How many digits may be asked for.
    Length {
        min: u8,
        max: u8,
    },
    /// Letters of a value's name, or one that is given.
    ValueName(String),
    TooManyValues {
        max: usize,
    },
    /// A brace without a partner, or around no value.
    Braces(String),
    NoUrl(String),
    /// No JSON pointer.
    NoPointer(String),
    NoCase,
    NoCondition,
    NoKeys,
    /// A word for a key that leads nowhere.
    WordsWithoutKey(Digit),
    /// A word of nothing but spaces and signs.
    EmptyWord(String),
    SameWord {
        word: String,
        key: Digit,
    },
    TooManyWords {
        max: usize,
    },
    /// Words, and no service that understands them.
    NobodyListens,
    NoPrompt,
    NoLocale,
    OutOfRange {
        min: u64,
        max: u64,
    },
    TooManyNodes {
        max: usize,
    },
    /// Nodes that lead round to the first without a key.
    Circle(Vec<String>),
    /// The way of a caller who presses nothing, to a node that hangs up.
    SilentEnd(Vec<String>),
    /// A person is more keys away than there may be.
    ManyKeys {
        keys: u8,
        max: u8,
    },
    /// A caller who presses nothing hears announcements for longer than allowed; the way, each node with its seconds.
    FarFromPerson {
        seconds: u64,
        max: u64,
        path: Vec<String>,
    },
    /// Nothing leads here; a warning.
    Unreachable,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::UnknownNode(name) => write!(f, "no node is named `{name}`"),
            Problem::UnknownGroup(name) => write!(f, "no skill group is named `{name}`"),
            Problem::UnknownHours(name) => write!(f, "no opening hours are named `{name}`"),
            Problem::UnknownLocale(name) => write!(f, "the language `{name}` is not one of the menu's"),
            Problem::UnknownPrompt(name) => write!(f, "no prompt is named `{name}`"),
            Problem::MissingPrompt { name, locale } => write!(f, "the prompt `{name}` is missing in `{locale}`"),
            Problem::MissingText { locale } => write!(f, "the text is missing in `{locale}`"),
            Problem::NotAQueue(name) => write!(f, "`{name}` is no queue, so no person answers there"),
            Problem::KeysOnly(name) => write!(f, "`{name}` is a target for keys alone"),
            Problem::ReservedKey(key) => write!(f, "the key {} means the same at every node", key.as_char()),
            Problem::ReservedName => f.write_str("`back` and `repeat` are targets, not names of nodes"),
            Problem::UnknownValue(name) => write!(f, "no node sets a value `{name}`"),
            Problem::UnknownList(name) => write!(f, "no list of callers is named `{name}`"),
            Problem::UnknownLine(kind) => write!(f, "`{kind}` is no kind of line"),
            Problem::UnknownForm(text) => write!(f, "`{text}` is no form of digits"),
            Problem::FormTooLong { form, min, max } => {
                write!(f, "nothing of {min} to {max} digits has the form `{form}`")
            }
            Problem::Length { min, max } => write!(f, "{min} to {max} digits may be asked for, the fewer first"),
            Problem::ValueName(name) => write!(f, "`{name}` cannot be the name of a value"),
            Problem::TooManyValues { max } => write!(f, "a menu has at most {max} values"),
            Problem::Braces(text) => write!(f, "`{text}` has braces that hold no value"),
            Problem::NoUrl(url) => write!(f, "`{url}` is no address of the web"),
            Problem::NoPointer(text) => write!(f, "`{text}` is no place in an answer"),
            Problem::NoCase => f.write_str("a node of kind `when` needs a case"),
            Problem::NoCondition => f.write_str("a case without a condition always holds"),
            Problem::NoKeys => f.write_str("a menu without keys offers no choice"),
            Problem::WordsWithoutKey(key) => write!(f, "words for the key {}, which leads nowhere", key.as_char()),
            Problem::EmptyWord(word) => write!(f, "nobody can say `{word}`"),
            Problem::SameWord { word, key } => write!(f, "`{word}` is said for the key {} already", key.as_char()),
            Problem::TooManyWords { max } => write!(f, "a choice has at most {max} words"),
            Problem::NobodyListens => f.write_str("nobody understands what callers say"),
            Problem::NoPrompt => f.write_str("the caller would hear nothing here"),
            Problem::NoLocale => f.write_str("a menu needs a language"),
            Problem::OutOfRange { min, max } => write!(f, "must be from {min} to {max}"),
            Problem::TooManyNodes { max } => write!(f, "a menu has at most {max} nodes"),
            Problem::Circle(path) => write!(f, "goes round in a circle without a key: {}", path.join(" → ")),
            Problem::SilentEnd(path) => {
                write!(f, "a caller who presses nothing never reaches a person: {}", path.join(" → "))
            }
            Problem::ManyKeys { keys, max } => write!(f, "a person is {keys} keys away, and {max} are allowed"),
            Problem::FarFromPerson { seconds, max, path } => write!(
                f,
                "a caller who presses nothing hears {seconds} s of announcements before a person, and {max} s are allowed: {}",
                path.join(" → ")
            ),
            Problem::Unreachable => f.write_str("no key and no node leads here"),
        }
    }
}
