//! A menu as it is walked: every name looked up.

use std::time::Duration;

use base::{Digit, GroupId, SoundId};

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
    pub(crate) nodes: Vec<Node>,
    /// By `LocaleId`.
    pub(crate) invalid: Vec<Vec<SoundId>>,
    pub(crate) hours: Vec<Hours>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) name: String,
    /// By `LocaleId`.
    pub(crate) prompt: Vec<Vec<SoundId>>,
    pub(crate) interrupt: bool,
    pub(crate) kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Play { next: Target },
    Menu(Box<Keys>),
    Hours { hours: usize, open: Target, closed: Target },
    Queue { group: GroupId, by_locale: Vec<(LocaleId, GroupId)>, priority: u8 },
    End,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Keys {
    pub(crate) keys: Vec<(Digit, Choice)>,
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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
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

    pub fn node_count(&self) -> usize {
        self.nodes.len()
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

impl Node {
    pub(crate) fn prompt(&self, locale: LocaleId) -> &[SoundId] {
        self.prompt.get(usize::from(locale.0)).map_or(&[], Vec::as_slice)
    }
}

impl Kind {
    pub(crate) fn queue(&self, locale: LocaleId) -> Option<(GroupId, u8)> {
        let Kind::Queue { group, by_locale, priority } = self else { return None };
        let own = by_locale.iter().find(|(l, _)| *l == locale).map(|(_, g)| *g);
        Some((own.unwrap_or(*group), *priority))
    }
}
