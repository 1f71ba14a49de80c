//! Where callers of each language come to in a menu, and which keys they have heard of on the way.

use std::collections::VecDeque;

use ivr::tree::{Case, Test};
use ivr::{Kind, Node, Tree};

use super::announced::Keys;

/// A place where a caller may be: a node, by place, and a language, by place in the menu's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct At {
    pub(super) node: usize,
    pub(super) locale: usize,
    /// Whether the caller has chosen the language: nobody has at the start.
    pub(super) chosen: bool,
}

/// Every place that some caller comes to, with the keys that all who come there have just heard of.
pub(super) struct Ways<'a> {
    tree: &'a Tree,
    heard: Vec<Option<Keys>>,
}

/// A way out of a node.
struct Step<'a> {
    to: &'a str,
    /// The language from now on.
    locale: Option<&'a str>,
    /// The languages that it is open to; all where nothing is said.
    only: Option<&'a [String]>,
}

impl<'a> Ways<'a> {
    /// `own` tells which keys a node's prompt announces in a language.
    pub(super) fn of(tree: &'a Tree, own: impl Fn(usize, usize) -> Keys) -> Ways<'a> {
        let mut ways = Ways { tree, heard: vec![None; tree.nodes.len() * tree.locales.len() * 2] };
        let mut open = VecDeque::new();
        for start in [Some(&tree.start), tree.surge_start.as_ref()].into_iter().flatten() {
            ways.come(At { node: ways.place(start), locale: 0, chosen: false }, Keys::NONE, &mut open);
        }
        ways.follow(&mut open, &own);
        if let Some(survey) = &tree.survey {
            let spoken: Vec<(usize, bool)> = ways.all().map(|(at, _)| (at.locale, at.chosen)).collect();
            for (locale, chosen) in spoken {
                ways.come(At { node: ways.place(&survey.start), locale, chosen }, Keys::NONE, &mut open);
            }
            ways.follow(&mut open, &own);
        }
        ways
    }

    /// Every place, and what whoever comes there has heard of, whichever way.
    pub(super) fn all(&self) -> impl Iterator<Item = (At, Keys)> {
        self.heard.iter().enumerate().filter_map(|(index, heard)| Some((self.at(index), (*heard)?)))
    }

    fn at(&self, index: usize) -> At {
        let (rest, chosen) = (index / 2, index % 2 == 1);
        let count = self.tree.locales.len();
        At { node: rest / count, locale: rest % count, chosen }
    }

    fn place(&self, name: &str) -> usize {
        self.tree.nodes.iter().position(|node| node.name == name).unwrap_or(usize::MAX)
    }

    /// A place is looked at again only where less is known to have been heard: each of the twelve keys goes once.
    fn come(&mut self, at: At, heard: Keys, open: &mut VecDeque<At>) {
        if at.node >= self.tree.nodes.len() || at.locale >= self.tree.locales.len() {
            return;
        }
        let index = (at.node * self.tree.locales.len() + at.locale) * 2 + usize::from(at.chosen);
        let known = self.heard[index];
        let now = known.map_or(heard, |known| known.both(heard));
        if known != Some(now) {
            self.heard[index] = Some(now);
            open.push_back(at);
        }
    }

    fn follow(&mut self, open: &mut VecDeque<At>, own: &impl Fn(usize, usize) -> Keys) {
        let tree = self.tree;
        let places: std::collections::BTreeMap<&str, usize> =
            tree.nodes.iter().enumerate().map(|(place, node)| (node.name.as_str(), place)).collect();
        while let Some(at) = open.pop_front() {
            let (Some(node), Some(locale)) = (tree.nodes.get(at.node), tree.locales.get(at.locale)) else { continue };
            let index = (at.node * tree.locales.len() + at.locale) * 2 + usize::from(at.chosen);
            let heard = self.heard[index].unwrap_or(Keys::ALL);
            let after = match node.kind {
                Kind::Play { .. } | Kind::Http(_) => heard.and(own(at.node, at.locale)),
                Kind::OnAir { .. } | Kind::Speak(_) | Kind::Hours { .. } | Kind::When { .. } | Kind::Set { .. } => {
                    heard
                }
                // Whoever had a choice there has made it.
                _ => Keys::NONE,
            };
            for step in steps(tree, node) {
                if step.only.is_some_and(|only| !only.contains(locale)) {
                    continue;
                }
                let chosen = step.locale.and_then(|name| tree.locales.iter().position(|known| known == name));
                // `back` is where the caller has been.
                let Some(to) = places.get(step.to) else { continue };
                let next = At { node: *to, locale: chosen.unwrap_or(at.locale), chosen: at.chosen || chosen.is_some() };
                self.come(next, after, open);
            }
        }
    }
}

fn steps<'a>(tree: &'a Tree, node: &'a Node) -> Vec<Step<'a>> {
    let plain = |to: &'a String| Step { to, locale: None, only: None };
    let fallback = |own: &'a Option<String>, of_tree: &'a Option<String>| {
        plain(own.as_ref().or(of_tree.as_ref()).unwrap_or(&tree.person))
    };
    match &node.kind {
        Kind::Play { next } | Kind::OnAir { next, .. } | Kind::Rate { next } => vec![plain(next)],
        Kind::Set { next, locale, .. } => vec![Step { locale: locale.as_deref(), ..plain(next) }],
        Kind::Menu { keys, on_silence, on_invalid, .. } => {
            let chosen =
                keys.iter().map(|(_, choice)| Step { locale: choice.locale.as_deref(), ..plain(&choice.next) });
            let others = [fallback(on_silence, &tree.on_silence), fallback(on_invalid, &tree.on_invalid)];
            chosen.chain(others).collect()
        }
        Kind::Digits(digits) => vec![plain(&digits.next), fallback(&digits.failed, &tree.on_invalid)],
        Kind::Hours { open, closed, .. } => vec![plain(open), plain(closed)],
        Kind::When { cases, otherwise } => {
            cases.iter().map(|case| Step { only: only(case), ..plain(&case.next) }).chain([plain(otherwise)]).collect()
        }
        Kind::Http(http) => vec![plain(&http.next), plain(&http.failed)],
        Kind::Speak(speak) => vec![plain(&speak.next)],
        Kind::Transfer(transfer) => vec![plain(&transfer.failed)],
        Kind::Queue { .. } | Kind::End => Vec::new(),
    }
}

/// The languages that a case is for, where it says so.
fn only(case: &Case) -> Option<&[String]> {
    languages(&case.when)
}

/// The languages that conditions name; none where they name none.
pub(crate) fn languages(tests: &[Test]) -> Option<&[String]> {
    tests.iter().find_map(|test| if let Test::Locale(locales) = test { Some(locales.as_slice()) } else { None })
}
