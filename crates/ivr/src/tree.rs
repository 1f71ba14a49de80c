//! A menu as it is written: names, not yet looked up.

use std::time::Duration;

use base::Digit;

/// The whole menu. A target is the name of a node, or [`Tree::BACK`] or [`Tree::REPEAT`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    /// Language tags; the caller begins in the first.
    pub locales: Vec<String>,
    /// The node that a call enters first.
    pub start: String,
    /// The node that a call enters first while the group behind 0 is in surge; `start` where nothing else is said.
    pub surge_start: Option<String>,
    /// The queue node behind 0, and behind silence and invalid keys where nothing else is said.
    pub person: String,
    /// From the end of a prompt until the silence counts.
    pub silence: Duration,
    /// How often a prompt is heard before silence leads to `on_silence`.
    pub silence_tries: u8,
    /// How many invalid keys a node takes; the next one leads to `on_invalid`.
    pub invalid_tries: u8,
    pub on_silence: Option<String>,
    pub on_invalid: Option<String>,
    /// Said after an invalid key, before the node's own prompt again.
    pub invalid_prompt: String,
    pub nodes: Vec<Node>,
}

impl Tree {
    /// The target that means the node where the caller last had a choice.
    pub const BACK: &'static str = "back";
    /// The target that means the same node again.
    pub const REPEAT: &'static str = "repeat";
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    pub name: String,
    /// Prompts one after the other: `name`, or `name@locale` for one language whatever the caller chose.
    pub prompt: Vec<String>,
    /// Whether a key cuts the prompt short; 0 does so in any case.
    pub interrupt: bool,
    pub kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An announcement.
    Play { next: String },
    /// A choice. The four limits go before the tree's.
    Menu {
        keys: Vec<(Digit, Choice)>,
        silence: Option<Duration>,
        silence_tries: Option<u8>,
        invalid_tries: Option<u8>,
        on_silence: Option<String>,
        on_invalid: Option<String>,
    },
    /// A branch by opening hours.
    Hours { hours: String, open: String, closed: String },
    /// A skill group; the group of the caller's language where one is named.
    Queue { group: String, by_locale: Vec<(String, String)>, priority: u8 },
    /// Farewell.
    End,
}

/// What a key does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The language from now on.
    pub locale: Option<String>,
    pub next: String,
}
