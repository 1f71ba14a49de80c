//! A menu as it is walked: every name looked up.

use std::time::Duration;

use base::{Digit, GroupId, SoundId};

use crate::entry::Form;
use crate::say::Say;
use crate::value::{Template, ValueId};
use crate::when::Test;
use crate::words::Words;
use crate::{Hours, LocaleId};

/// A node of one menu, by place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u16);

/// A compiled menu: immutable, shared by every call that began with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Menu {
    pub(crate) locale: LocaleId,
    pub(crate) start: NodeId,
    /// Where a call begins while the group behind 0 is in surge.
    pub(crate) surge_start: NodeId,
    pub(crate) person: NodeId,
    pub(crate) survey: Option<Survey>,
    pub(crate) nodes: Vec<Node>,
    pub(crate) invalid: Vec<Say>,
    pub(crate) hours: Vec<Hours>,
    /// By the place in `hours`.
    pub(crate) hours_names: Vec<String>,
    /// The names of its values.
    pub(crate) values: Vec<String>,
}

/// Who is asked how satisfied they are, and from where on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Survey {
    pub start: NodeId,
    pub talk_min: Duration,
    pub percent: u8,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) prompt: Vec<Say>,
    pub(crate) interrupt: bool,
    pub(crate) kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Play { next: Target },
    OnAir { slot: String, next: Target },
    Menu(Box<Keys>),
    Digits(Box<Digits>),
    Hours { hours: usize, open: Target, closed: Target },
    When { cases: Vec<(Vec<Test>, Target)>, otherwise: Target },
    Set { values: Vec<(ValueId, Template)>, locale: Option<LocaleId>, priority: u8, next: Target },
    Http(Box<Http>),
    Speak(Box<Speak>),
    Queue { group: GroupId, by_locale: Vec<(LocaleId, GroupId)>, priority: u8, call_back: bool },
    Transfer(Box<Transfer>),
    Rate { silence: Duration, tries: u8, next: Target },
    End,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Keys {
    pub(crate) keys: Vec<(Digit, Choice)>,
    pub(crate) words: Words,
    pub(crate) silence: Duration,
    pub(crate) silence_tries: u8,
    pub(crate) invalid_tries: u8,
    pub(crate) on_silence: Target,
    pub(crate) on_invalid: Target,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) locale: Option<LocaleId>,
    pub(crate) next: Target,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Digits {
    pub(crate) into: ValueId,
    pub(crate) min: usize,
    pub(crate) max: usize,
    pub(crate) valid: Vec<Form>,
    pub(crate) star: Option<char>,
    pub(crate) confirm: Option<Vec<Say>>,
    pub(crate) silence: Duration,
    pub(crate) gap: Duration,
    /// Wrong entries and silences together; the next one fails.
    pub(crate) tries: u8,
    pub(crate) next: Target,
    pub(crate) failed: Target,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Http {
    pub(crate) url: Template,
    pub(crate) send: Option<Vec<(String, Template)>>,
    pub(crate) headers: Vec<(String, Template)>,
    pub(crate) take: Vec<(ValueId, String)>,
    pub(crate) timeout: Duration,
    pub(crate) next: Target,
    pub(crate) failed: Target,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Speak {
    /// By `LocaleId`: one for each language of the menu.
    pub(crate) text: Vec<Option<Template>>,
    pub(crate) otherwise: Vec<Say>,
    pub(crate) timeout: Duration,
    pub(crate) max: Duration,
    pub(crate) next: Target,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Transfer {
    pub(crate) to: Template,
    pub(crate) ring: Duration,
    pub(crate) talk_max: Option<Duration>,
    pub(crate) failed: Target,
}

/// Where something leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    Node(NodeId),
    Back,
    Repeat,
}

impl Menu {
    /// The name as written in the file; empty for a node of another menu.
    pub fn node_name(&self, node: NodeId) -> &str {
        self.node(node).map_or("", |n| n.name.as_str())
    }

    /// The language a caller begins in.
    pub fn locale(&self) -> LocaleId {
        self.locale
    }

    /// Group and priority behind 0 for a caller who chose no language.
    pub fn person(&self) -> (GroupId, u8) {
        self.person_in(self.locale)
    }

    /// Group and priority behind 0 for a caller of this language.
    pub fn person_in(&self, locale: LocaleId) -> (GroupId, u8) {
        self.node(self.person).and_then(|n| n.kind.queue(locale)).unwrap_or_default()
    }

    pub fn survey(&self) -> Option<Survey> {
        self.survey
    }

    /// The slots of what is on air.
    pub fn slots(&self) -> impl Iterator<Item = &str> {
        self.nodes
            .iter()
            .filter_map(|node| if let Kind::OnAir { slot, .. } = &node.kind { Some(slot.as_str()) } else { None })
    }

    /// Every sound of its prompts.
    pub fn sounds(&self) -> impl Iterator<Item = SoundId> {
        let nodes = self.nodes.iter().flat_map(|node| node.prompt.iter().chain(node.kind.own_says()));
        self.invalid.iter().chain(nodes).flat_map(Say::sounds)
    }

    pub fn node_count(&self) -> usize {
        self.nodes.len()
    }

    pub fn node_ids(&self) -> impl Iterator<Item = NodeId> + use<> {
        // The compiler lets no menu have more nodes than such ids.
        (0..u16::try_from(self.nodes.len()).unwrap_or(u16::MAX)).map(NodeId)
    }

    /// The node behind 0.
    pub fn person_node(&self) -> NodeId {
        self.person
    }

    /// The node that a call enters first while the group behind 0 is in surge.
    pub fn surge_start(&self) -> NodeId {
        self.surge_start
    }

    /// Whether callers may speak somewhere.
    pub fn listens(&self) -> bool {
        self.nodes.iter().any(|node| node.kind.listens())
    }

    /// The names of the values that a question to another system takes, in their order; none at other nodes.
    pub fn takes(&self, node: NodeId) -> Vec<&str> {
        let Some(Kind::Http(http)) = self.node(node).map(|node| &node.kind) else { return Vec::new() };
        let name = |id: ValueId| self.values.get(usize::from(id.0)).map_or("", String::as_str);
        http.take.iter().map(|(id, _)| name(*id)).collect()
    }

    /// What callers may say at a choice instead of pressing this key, as it is compared; nothing where nobody listens.
    pub fn words_of(&self, node: NodeId, key: Digit) -> Vec<&str> {
        let Some(Kind::Menu(keys)) = self.node(node).map(|node| &node.kind) else { return Vec::new() };
        keys.words.0.iter().filter(|(_, of)| *of == key).map(|(word, _)| word.as_str()).collect()
    }

    /// The node that a call enters first.
    pub fn start(&self) -> NodeId {
        self.start
    }

    /// Where calls begin, each node once.
    pub(crate) fn starts(&self) -> impl Iterator<Item = NodeId> {
        let other = Some(self.surge_start).filter(|other| *other != self.start);
        std::iter::once(self.start).chain(other)
    }

    pub(crate) fn node(&self, node: NodeId) -> Option<&Node> {
        self.nodes.get(usize::from(node.0))
    }
}

impl Kind {
    /// What is said before digits are confirmed, or where nobody speaks a text.
    fn own_says(&self) -> &[Say] {
        match self {
            Kind::Digits(digits) => digits.confirm.as_deref().unwrap_or_default(),
            Kind::Speak(speak) => &speak.otherwise,
            _ => &[],
        }
    }

    /// Whether `*` leads back here from further on.
    pub(crate) fn is_choice(&self) -> bool {
        matches!(self, Kind::Menu(_) | Kind::Digits(_))
    }

    /// Whether callers may speak here.
    pub(crate) fn listens(&self) -> bool {
        matches!(self, Kind::Menu(keys) if !keys.words.is_empty())
    }

    pub(crate) fn queue(&self, locale: LocaleId) -> Option<(GroupId, u8)> {
        let Kind::Queue { group, by_locale, priority, .. } = self else { return None };
        let own = by_locale.iter().find(|(l, _)| *l == locale).map(|(_, g)| *g);
        Some((own.unwrap_or(*group), *priority))
    }
}
