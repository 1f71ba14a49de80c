//! From names to a menu that cannot go wrong.

use std::time::Duration;

use base::{Digit, GroupId, Map, SoundId};

use crate::menu::{self, Keys, Target};
use crate::tree::{self, Tree};
use crate::{Hours, LocaleId, Menu, NodeId, Prompts, proof};

mod fault;

pub use fault::{Fault, Place, Problem};

/// Far beyond what a caller can find their way in; keeps the proofs quick.
const NODES_MAX: usize = 1000;
/// Longer silence is a caller left alone.
const SILENCE_MAX: Duration = Duration::from_secs(60);
/// More tries keep a caller from a person.
const TRIES_MAX: u8 = 9;

/// What a menu may refer to.
#[derive(Clone, Copy, Debug)]
pub struct Names<'a> {
    /// By `GroupId`.
    pub groups: &'a [String],
    pub hours: &'a [(String, Hours)],
    pub prompts: &'a Prompts,
}

/// A menu and what its author should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compiled {
    pub menu: Menu,
    pub warnings: Vec<Fault>,
}

/// Looks every name up and proves that the menu leads to a person; tells every fault at once.
pub fn compile(tree: &Tree, names: Names<'_>) -> Result<Compiled, Vec<Fault>> {
    let mut compiler = Compiler::new(tree, names);
    let menu = compiler.menu();
    let mut faults = compiler.faults;
    let Some(menu) = menu.filter(|_| faults.is_empty()) else { return Err(faults) };
    faults.extend(proof::circles(&menu));
    faults.extend(proof::silent_ends(&menu));
    if faults.is_empty() { Ok(Compiled { warnings: proof::unreachable(&menu), menu }) } else { Err(faults) }
}

struct Compiler<'a> {
    tree: &'a Tree,
    names: Names<'a>,
    /// The menu's languages that exist.
    locales: Vec<LocaleId>,
    places: Map<&'a str, NodeId>,
    faults: Vec<Fault>,
}

impl<'a> Compiler<'a> {
    fn new(tree: &'a Tree, names: Names<'a>) -> Compiler<'a> {
        let places = tree.nodes.iter().zip(0..).map(|(n, id)| (n.name.as_str(), NodeId(id))).collect();
        Compiler { tree, names, locales: Vec::new(), places, faults: Vec::new() }
    }

    fn menu(&mut self) -> Option<Menu> {
        let tree = self.tree;
        if tree.nodes.len() > NODES_MAX {
            self.fault(Place::tree("node"), Problem::TooManyNodes { max: NODES_MAX });
            return None;
        }
        self.find_locales();
        let start = self.node_target(Place::tree("start"), &tree.start);
        let surge_start = tree.surge_start.as_ref().map(|name| self.node_target(Place::tree("surge_start"), name));
        let person = self.person();
        let invalid = self.prompt(Place::tree("invalid_prompt"), &tree.invalid_prompt);
        let nodes: Vec<_> = tree.nodes.iter().map(|node| self.node(node)).collect();
        self.check_limits(None, Some(tree.silence), Some(tree.silence_tries), Some(tree.invalid_tries));
        self.default_target("on_silence", tree.on_silence.as_deref());
        self.default_target("on_invalid", tree.on_invalid.as_deref());
        Some(Menu {
            locale: *self.locales.first()?,
            start: start?,
            surge_start: surge_start.unwrap_or(start)?,
            person: person?,
            nodes: nodes.into_iter().collect::<Option<_>>()?,
            invalid,
            hours: self.names.hours.iter().map(|(_, hours)| hours.clone()).collect(),
        })
    }

    fn fault(&mut self, place: Place, problem: Problem) {
        self.faults.push(Fault { place, problem });
    }

    fn find_locales(&mut self) {
        if self.tree.locales.is_empty() {
            self.fault(Place::tree("locales"), Problem::NoLocale);
        }
        for (index, name) in self.tree.locales.iter().enumerate() {
            match self.names.prompts.locale(name) {
                Some(locale) => self.locales.push(locale),
                None => self.fault(Place::tree("locales").at(index), Problem::UnknownLocale(name.clone())),
            }
        }
    }

    fn person(&mut self) -> Option<NodeId> {
        let name = &self.tree.person;
        let id = self.node_target(Place::tree("person"), name)?;
        let is_queue = matches!(self.tree.nodes.get(usize::from(id.0))?.kind, tree::Kind::Queue { .. });
        if !is_queue {
            self.fault(Place::tree("person"), Problem::NotAQueue(name.clone()));
        }
        is_queue.then_some(id)
    }

    fn node(&mut self, node: &'a tree::Node) -> Option<menu::Node> {
        if [Tree::BACK, Tree::REPEAT].contains(&node.name.as_str()) {
            self.fault(Place::node(&node.name, ""), Problem::ReservedName);
        }
        let prompt = self.prompts_of(node);
        let kind = self.kind(node)?;
        Some(menu::Node { name: node.name.clone(), prompt, interrupt: node.interrupt, kind })
    }

    fn kind(&mut self, node: &'a tree::Node) -> Option<menu::Kind> {
        let at = |field| Place::node(&node.name, field);
        match &node.kind {
            tree::Kind::Play { next } => Some(menu::Kind::Play { next: self.forward_target(at("next"), next)? }),
            tree::Kind::Menu { .. } => self.keys(node).map(|keys| menu::Kind::Menu(Box::new(keys))),
            tree::Kind::Hours { hours, open, closed } => {
                let place = self.names.hours.iter().position(|(name, _)| name == hours);
                if place.is_none() {
                    self.fault(at("hours"), Problem::UnknownHours(hours.clone()));
                }
                let (open, closed) = (self.forward_target(at("open"), open), self.forward_target(at("closed"), closed));
                Some(menu::Kind::Hours { hours: place?, open: open?, closed: closed? })
            }
            tree::Kind::Queue { group, by_locale, priority } => {
                let group = self.group(at("group"), group);
                let by_locale: Vec<_> = by_locale.iter().map(|own| self.own_group(&node.name, own)).collect();
                let by_locale = by_locale.into_iter().collect::<Option<_>>()?;
                Some(menu::Kind::Queue { group: group?, by_locale, priority: *priority })
            }
            tree::Kind::End => Some(menu::Kind::End),
        }
    }

    fn own_group(&mut self, node: &str, (locale, group): &(String, String)) -> Option<(LocaleId, GroupId)> {
        let place = Place::node(node, "group_by_locale").named(locale);
        let id = self.names.prompts.locale(locale).filter(|id| self.locales.contains(id));
        if id.is_none() {
            self.fault(place.clone(), Problem::UnknownLocale(locale.clone()));
        }
        let group = self.group(place, group);
        Some((id?, group?))
    }

    fn keys(&mut self, node: &'a tree::Node) -> Option<Keys> {
        let tree::Kind::Menu { keys, silence, silence_tries, invalid_tries, on_silence, on_invalid } = &node.kind
        else {
            return None;
        };
        let tree = self.tree;
        if keys.is_empty() {
            self.fault(Place::node(&node.name, "keys"), Problem::NoKeys);
        }
        self.check_limits(Some(&node.name), *silence, *silence_tries, *invalid_tries);
        let found: Vec<_> = keys.iter().map(|(key, choice)| self.choice(&node.name, *key, choice)).collect();
        let on_silence = self.fallback(&node.name, "on_silence", on_silence.as_deref(), tree.on_silence.as_deref());
        let on_invalid = self.fallback(&node.name, "on_invalid", on_invalid.as_deref(), tree.on_invalid.as_deref());
        Some(Keys {
            keys: found.into_iter().collect::<Option<_>>()?,
            silence: silence.unwrap_or(tree.silence),
            silence_tries: silence_tries.unwrap_or(tree.silence_tries),
            invalid_tries: invalid_tries.unwrap_or(tree.invalid_tries),
            on_silence: on_silence?,
            on_invalid: on_invalid?,
        })
    }

    fn choice(&mut self, node: &str, key: Digit, choice: &tree::Choice) -> Option<(Digit, menu::Choice)> {
        let place = Place::node(node, "keys").key(key);
        if matches!(key, Digit::Number(0) | Digit::Star | Digit::Pound) {
            self.fault(place.clone(), Problem::ReservedKey(key));
        }
        let locale = choice.locale.as_ref().map(|name| (name, self.names.prompts.locale(name)));
        if let Some((name, id)) = locale
            && id.is_none_or(|id| !self.locales.contains(&id))
        {
            self.fault(place.clone(), Problem::UnknownLocale(name.clone()));
            return None;
        }
        let next = self.target(place, &choice.next)?;
        Some((key, menu::Choice { locale: locale.and_then(|l| l.1), next }))
    }

    /// A node's own target, else the tree's, else the person.
    fn fallback(&mut self, node: &str, field: &'static str, own: Option<&str>, tree: Option<&str>) -> Option<Target> {
        let id = match own {
            Some(own) => self.node_target(Place::node(node, field), own),
            None => self.places.get(tree.unwrap_or(&self.tree.person)).copied(),
        };
        id.map(Target::Node)
    }

    fn default_target(&mut self, field: &'static str, name: Option<&str>) {
        if let Some(name) = name {
            self.node_target(Place::tree(field), name);
        }
    }

    fn check_limits(
        &mut self,
        node: Option<&str>,
        silence: Option<Duration>,
        silences: Option<u8>,
        invalids: Option<u8>,
    ) {
        let at = |field| node.map_or(Place::tree(field), |n| Place::node(n, field));
        if silence.is_some_and(|s| s < Duration::from_secs(1) || s > SILENCE_MAX) {
            self.fault(at("silence_s"), Problem::OutOfRange { min: 1, max: SILENCE_MAX.as_secs() });
        }
        for (field, tries) in [("silence_tries", silences), ("invalid_tries", invalids)] {
            if tries.is_some_and(|tries| !(1..=TRIES_MAX).contains(&tries)) {
                self.fault(at(field), Problem::OutOfRange { min: 1, max: u64::from(TRIES_MAX) });
            }
        }
    }

    fn group(&mut self, place: Place, name: &str) -> Option<GroupId> {
        let found = (0..).map(GroupId).zip(self.names.groups).find(|(_, known)| *known == name);
        if found.is_none() {
            self.fault(place, Problem::UnknownGroup(name.to_owned()));
        }
        found.map(|(id, _)| id)
    }

    /// What a key may lead to: a node, back, or the same node again.
    fn target(&mut self, place: Place, name: &str) -> Option<Target> {
        match name {
            Tree::BACK => Some(Target::Back),
            Tree::REPEAT => Some(Target::Repeat),
            _ => self.node_target(place, name).map(Target::Node),
        }
    }

    /// What a node may lead to by itself: no repetition, or it would never end.
    fn forward_target(&mut self, place: Place, name: &str) -> Option<Target> {
        match name {
            Tree::BACK => Some(Target::Back),
            _ => self.node_target(place, name).map(Target::Node),
        }
    }

    fn node_target(&mut self, place: Place, name: &str) -> Option<NodeId> {
        let found = self.places.get(name).copied();
        if found.is_none() {
            let reserved = [Tree::BACK, Tree::REPEAT].contains(&name);
            let name = name.to_owned();
            self.fault(place, if reserved { Problem::KeysOnly(name) } else { Problem::UnknownNode(name) });
        }
        found
    }

    fn prompts_of(&mut self, node: &'a tree::Node) -> Vec<Vec<SoundId>> {
        let speaks = matches!(node.kind, tree::Kind::Play { .. } | tree::Kind::Menu { .. });
        if speaks && node.prompt.is_empty() {
            self.fault(Place::node(&node.name, "prompt"), Problem::NoPrompt);
        }
        let mut sounds = vec![Vec::new(); self.names.prompts.locales().count()];
        for (index, name) in node.prompt.iter().enumerate() {
            let one = self.prompt(Place::node(&node.name, "prompt").at(index), name);
            for (all, mut more) in sounds.iter_mut().zip(one) {
                all.append(&mut more);
            }
        }
        sounds
    }

    /// By `LocaleId`, one sound in each language of the menu: `name`, or `name@locale` for the same in each.
    fn prompt(&mut self, place: Place, text: &str) -> Vec<Vec<SoundId>> {
        let prompts = self.names.prompts;
        let mut sounds = vec![Vec::new(); prompts.locales().count()];
        let (name, fixed) = text.split_once('@').map_or((text, None), |(name, locale)| (name, Some(locale)));
        let fixed_id = fixed.and_then(|locale| prompts.locale(locale));
        if let (Some(locale), None) = (fixed, fixed_id) {
            self.fault(place, Problem::UnknownLocale(locale.to_owned()));
            return sounds;
        }
        if !prompts.names().any(|known| known == name) {
            self.fault(place, Problem::UnknownPrompt(name.to_owned()));
            return sounds;
        }
        for locale in self.locales.clone() {
            let wanted = fixed_id.unwrap_or(locale);
            match (prompts.sound_in(wanted, name), sounds.get_mut(usize::from(locale.0))) {
                (Some(sound), Some(all)) => all.push(sound),
                _ => self.missing(place.clone(), name, wanted),
            }
        }
        sounds
    }

    fn missing(&mut self, place: Place, name: &str, locale: LocaleId) {
        let locale = self.names.prompts.locale_name(locale).to_owned();
        let fault = Fault { place, problem: Problem::MissingPrompt { name: name.to_owned(), locale } };
        if !self.faults.contains(&fault) {
            self.faults.push(fault);
        }
    }
}
