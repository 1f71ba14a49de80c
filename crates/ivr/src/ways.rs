//! A menu in words: what each node is and where it leads, for those who draw it and those who count what was tried.

use std::fmt;

use base::{Digit, GroupId};

use crate::menu::{Kind, Menu, Node, Target};
use crate::value::{Part, Source, Template, ValueId};
use crate::when::Test;
use crate::{LocaleId, NodeId, Prompts};

/// Why a caller goes on from a node. What 0, `*` and `#` do everywhere is no way of one node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// The prompt is over, a value is set, what was asked for is known.
    On,
    Key(Digit),
    /// The last silence that is forgiven is over.
    Silence,
    /// One wrong key more than is forgiven.
    Invalid,
    /// Nothing right was typed, another system gave no answer, nobody could be reached on a line.
    Failed,
    Open,
    Closed,
    /// A case of a condition, by place.
    Case(u16),
    Otherwise,
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Way::On => f.write_str("next"),
            Way::Key(key) => write!(f, "key {}", key.as_char()),
            Way::Silence => f.write_str("silence"),
            Way::Invalid => f.write_str("wrong keys"),
            Way::Failed => f.write_str("failed"),
            Way::Open => f.write_str("open"),
            Way::Closed => f.write_str("closed"),
            Way::Case(place) => write!(f, "case {}", place + 1),
            Way::Otherwise => f.write_str("otherwise"),
        }
    }
}

/// A node as its author reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outline {
    pub name: String,
    /// The word of the file: `play`, `menu`, `queue`.
    pub kind: &'static str,
    /// Group, number, slot, hours or value that it is about; may be empty.
    pub about: String,
    pub ways: Vec<WayOn>,
}

/// A way on from a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WayOn {
    pub way: Way,
    pub to: Target,
    /// The condition of a case, or the language that a key chooses; empty elsewhere.
    pub when: String,
}

/// By `NodeId`. `groups` are the names by `GroupId`.
pub fn outline(menu: &Menu, groups: &[String], prompts: &Prompts) -> Vec<Outline> {
    let words = Words { menu, groups, prompts };
    menu.nodes.iter().map(|node| words.node(node)).collect()
}

/// Every way on from every node.
pub fn ways(menu: &Menu) -> Vec<(NodeId, Way)> {
    let nodes = menu.node_ids().zip(outline(menu, &[], &Prompts::none()));
    nodes.flat_map(|(id, node)| node.ways.into_iter().map(move |on| (id, on.way))).collect()
}

#[derive(Clone, Copy)]
struct Words<'a> {
    menu: &'a Menu,
    groups: &'a [String],
    prompts: &'a Prompts,
}

impl Words<'_> {
    fn node(self, node: &Node) -> Outline {
        let (kind, about) = self.about(&node.kind);
        Outline { name: node.name.clone(), kind, about, ways: self.ways(&node.kind) }
    }

    fn about(self, kind: &Kind) -> (&'static str, String) {
        match kind {
            Kind::Play { .. } => ("play", String::new()),
            Kind::OnAir { slot, .. } => ("on_air", slot.clone()),
            Kind::Menu(_) => ("menu", String::new()),
            Kind::Digits(digits) => ("digits", self.value(digits.into)),
            Kind::Hours { hours, .. } => ("hours", self.hours(*hours)),
            Kind::When { .. } => ("when", String::new()),
            Kind::Set { values, locale, .. } => {
                let names = values.iter().map(|(id, _)| self.value(*id));
                ("set", names.chain(locale.map(|id| self.locale(id))).collect::<Vec<_>>().join(", "))
            }
            Kind::Http(http) => ("http", self.host(&http.url)),
            Kind::Speak(_) => ("speak", String::new()),
            Kind::Queue { group, by_locale, call_back, .. } => {
                let own =
                    by_locale.iter().map(|(locale, group)| format!("{} {}", self.locale(*locale), self.group(*group)));
                let about = std::iter::once(self.group(*group)).chain(own).collect::<Vec<_>>().join(", ");
                (if *call_back { "call_back" } else { "queue" }, about)
            }
            Kind::Transfer(transfer) => ("transfer", self.template(&transfer.to)),
            Kind::Rate { .. } => ("rate", String::new()),
            Kind::End => ("end", String::new()),
        }
    }

    fn ways(self, kind: &Kind) -> Vec<WayOn> {
        let plain = |way, to: &Target| WayOn { way, to: *to, when: String::new() };
        match kind {
            Kind::Play { next } | Kind::OnAir { next, .. } | Kind::Set { next, .. } | Kind::Rate { next, .. } => {
                vec![plain(Way::On, next)]
            }
            Kind::Menu(keys) => {
                let key = |(key, choice): &(Digit, crate::menu::Choice)| WayOn {
                    way: Way::Key(*key),
                    to: choice.next,
                    when: choice.locale.map(|locale| self.locale(locale)).unwrap_or_default(),
                };
                let quiet = [plain(Way::Silence, &keys.on_silence), plain(Way::Invalid, &keys.on_invalid)];
                keys.keys.iter().map(key).chain(quiet).collect()
            }
            Kind::Digits(digits) => vec![plain(Way::On, &digits.next), plain(Way::Failed, &digits.failed)],
            Kind::Http(http) => vec![plain(Way::On, &http.next), plain(Way::Failed, &http.failed)],
            // Whoever speaks, and whether anybody does.
            Kind::Speak(speak) => vec![plain(Way::On, &speak.next)],
            Kind::Hours { open, closed, .. } => vec![plain(Way::Open, open), plain(Way::Closed, closed)],
            Kind::When { cases, otherwise } => {
                let case = |((tests, to), place): (&(Vec<Test>, Target), u16)| WayOn {
                    way: Way::Case(place),
                    to: *to,
                    when: tests.iter().map(|test| self.test(test)).collect::<Vec<_>>().join("; "),
                };
                cases.iter().zip(0..).map(case).chain([plain(Way::Otherwise, otherwise)]).collect()
            }
            Kind::Transfer(transfer) => vec![plain(Way::Failed, &transfer.failed)],
            Kind::Queue { .. } | Kind::End => Vec::new(),
        }
    }

    /// A condition in the words of the file.
    fn test(self, test: &Test) -> String {
        let list = |word: &str, of: &[String]| format!("{word} {}", of.join(", "));
        match test {
            Test::Locale(locales) => list("locale", &locales.iter().map(|id| self.locale(*id)).collect::<Vec<_>>()),
            Test::Callers(lists) => list("callers", lists),
            Test::City(cities) => list("city", cities),
            Test::County(counties) => list("county", counties),
            Test::Line(kinds) => list("line", kinds),
            Test::Called(numbers) => list("called", numbers),
            Test::CalledBefore(least) => format!("called before {least}"),
            Test::Surge(groups) => list("surge", &groups.iter().map(|id| self.group(*id)).collect::<Vec<_>>()),
            Test::Open(hours) => format!("open {}", self.hours(*hours)),
            Test::Value { of, is } => list(&self.value(*of), is),
        }
    }

    fn group(self, GroupId(place): GroupId) -> String {
        self.groups.get(usize::from(place)).cloned().unwrap_or_default()
    }

    fn locale(self, locale: LocaleId) -> String {
        self.prompts.locale_name(locale).to_owned()
    }

    fn hours(self, place: usize) -> String {
        self.menu.hours_names.get(place).cloned().unwrap_or_default()
    }

    fn value(self, id: ValueId) -> String {
        self.menu.values.get(usize::from(id.0)).cloned().unwrap_or_default()
    }

    fn template(self, template: &Template) -> String {
        let part = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::From(Source::Value(id)) => format!("{{{}}}", self.value(*id)),
            Part::From(Source::Caller) => "{caller}".to_owned(),
            Part::From(Source::Called) => "{called}".to_owned(),
        };
        template.0.iter().map(part).collect()
    }

    /// Of a URL what says whom it asks.
    fn host(self, url: &Template) -> String {
        let whole = self.template(url);
        let behind = whole.split_once("://").map_or(whole.as_str(), |(_, rest)| rest);
        behind.split(['/', '?']).next().unwrap_or_default().to_owned()
    }
}

impl Menu {
    /// The name of a node that something leads to.
    pub fn target_name(&self, target: Target) -> &str {
        match target {
            Target::Node(node) => self.node_name(node),
            Target::Back => crate::Tree::BACK,
            Target::Repeat => crate::Tree::REPEAT,
        }
    }

    /// The node of that name.
    pub fn node_named(&self, name: &str) -> Option<NodeId> {
        self.node_ids().find(|id| self.node_name(*id) == name)
    }
}
