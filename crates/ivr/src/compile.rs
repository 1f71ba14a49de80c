//! From names to a menu that cannot go wrong.

use std::time::Duration;

use base::{GroupId, Map};

use crate::graph::Graph;
use crate::menu::{self, Target};
use crate::tree::{self, Tree};
use crate::{Hours, LocaleId, Menu, NodeId, Prompts, proof, reach};

mod fault;
mod kinds;
mod says;
mod tests;
mod values;
mod words;

pub use fault::{Fault, Place, Problem};

/// A whole province in one menu; what a call holds of it is its place alone.
const NODES_MAX: usize = 10_000;
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
    /// Lists of callers.
    pub lists: &'a [String],
    /// Kinds of lines that a number may tell.
    pub lines: &'a [&'a str],
    /// By `SoundId`, how long each sound is; one that is not there takes no time.
    pub lengths: &'a [Duration],
    /// How long the service may take that understands what callers say; none where there is none.
    pub understands: Option<Duration>,
}

impl<'a> Names<'a> {
    /// Groups and prompts, and nothing else.
    pub fn new(groups: &'a [String], prompts: &'a Prompts) -> Names<'a> {
        Names { groups, hours: &[], prompts, lists: &[], lines: &[], lengths: &[], understands: None }
    }
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
    let graph = Graph::new(&menu);
    faults.extend(proof::circles(&graph));
    faults.extend(proof::silent_ends(&graph));
    if faults.is_empty() {
        faults.extend(reach::too_far(&graph, names.lengths, tree.reach));
    }
    let warnings = proof::unreachable(&graph);
    if faults.is_empty() { Ok(Compiled { menu, warnings }) } else { Err(faults) }
}

struct Compiler<'a> {
    tree: &'a Tree,
    names: Names<'a>,
    /// The menu's languages that exist.
    locales: Vec<LocaleId>,
    places: Map<&'a str, NodeId>,
    /// The names of values, by `ValueId`.
    values: Vec<String>,
    faults: Vec<Fault>,
}

impl<'a> Compiler<'a> {
    fn new(tree: &'a Tree, names: Names<'a>) -> Compiler<'a> {
        let places = tree.nodes.iter().zip(0..).map(|(n, id)| (n.name.as_str(), NodeId(id))).collect();
        Compiler { tree, names, locales: Vec::new(), places, values: Vec::new(), faults: Vec::new() }
    }

    fn menu(&mut self) -> Option<Menu> {
        let tree = self.tree;
        if tree.nodes.len() > NODES_MAX {
            self.fault(Place::tree("node"), Problem::TooManyNodes { max: NODES_MAX });
            return None;
        }
        self.find_locales();
        self.find_values();
        let start = self.node_target(Place::tree("start"), &tree.start);
        let surge_start = tree.surge_start.as_ref().map(|name| self.node_target(Place::tree("surge_start"), name));
        let person = self.person();
        let survey = self.survey();
        let invalid = self.one(&Place::tree("invalid_prompt"), &tree::Say::always(&tree.invalid_prompt));
        let nodes: Vec<_> = tree.nodes.iter().map(|node| self.node(node)).collect();
        self.check_limits(None, Some(tree.silence), Some(tree.silence_tries), Some(tree.invalid_tries));
        self.check_seconds(Place::tree("digit_gap_s"), Some(tree.digit_gap));
        self.default_target("on_silence", tree.on_silence.as_deref());
        self.default_target("on_invalid", tree.on_invalid.as_deref());
        Some(Menu {
            locale: *self.locales.first()?,
            start: start?,
            surge_start: surge_start.unwrap_or(start)?,
            person: person?,
            survey: survey?,
            nodes: nodes.into_iter().collect::<Option<_>>()?,
            invalid: vec![invalid?],
            hours: self.names.hours.iter().map(|(_, hours)| hours.clone()).collect(),
            hours_names: self.names.hours.iter().map(|(name, _)| name.clone()).collect(),
            values: std::mem::take(&mut self.values),
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
        let kind = &self.tree.nodes.get(usize::from(id.0))?.kind;
        let is_queue = matches!(kind, tree::Kind::Queue { call_back: false, .. });
        if !is_queue {
            self.fault(Place::tree("person"), Problem::NotAQueue(name.clone()));
        }
        is_queue.then_some(id)
    }

    /// Nothing where there is a fault in it.
    #[expect(clippy::option_option, reason = "no survey is a survey that is right")]
    fn survey(&mut self) -> Option<Option<menu::Survey>> {
        let Some(survey) = &self.tree.survey else { return Some(None) };
        let start = self.node_target(Place::tree("survey"), &survey.start)?;
        Some(Some(menu::Survey { start, talk_min: survey.talk_min, percent: survey.percent }))
    }

    fn node(&mut self, node: &'a tree::Node) -> Option<menu::Node> {
        if [Tree::BACK, Tree::REPEAT].contains(&node.name.as_str()) {
            self.fault(Place::node(&node.name, ""), Problem::ReservedName);
        }
        let prompt = self.prompt_of(node);
        let kind = self.kind(node)?;
        Some(menu::Node { name: node.name.clone(), prompt: prompt?, interrupt: node.interrupt, kind })
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

    fn check_limits(&mut self, node: Option<&str>, silence: Option<Duration>, silent: Option<u8>, invalid: Option<u8>) {
        let place = |field| node.map_or_else(|| Place::tree(field), |node| Place::node(node, field));
        self.check_seconds(place("silence_s"), silence);
        self.check_tries(place("silence_tries"), silent);
        self.check_tries(place("invalid_tries"), invalid);
    }

    fn check_seconds(&mut self, place: Place, time: Option<Duration>) {
        let max = SILENCE_MAX.as_secs();
        if time.is_some_and(|time| !(1..=max).contains(&time.as_secs())) {
            self.fault(place, Problem::OutOfRange { min: 1, max });
        }
    }

    fn check_tries(&mut self, place: Place, tries: Option<u8>) {
        if tries.is_some_and(|tries| !(1..=TRIES_MAX).contains(&tries)) {
            self.fault(place, Problem::OutOfRange { min: 1, max: TRIES_MAX.into() });
        }
    }

    fn group(&mut self, place: Place, name: &str) -> Option<GroupId> {
        let found = (0..).map(GroupId).zip(self.names.groups).find(|(_, known)| *known == name);
        if found.is_none() {
            self.fault(place, Problem::UnknownGroup(name.to_owned()));
        }
        found.map(|(id, _)| id)
    }

    /// The group's own, or the part of it whose agents have skills that a node asks for.
    fn group_with(&mut self, place: Place, name: &str, skills: &str) -> Option<GroupId> {
        let own = self.group(place, name)?;
        let part = format!("{name}{skills}");
        let found = (0..).map(GroupId).zip(self.names.groups).find(|(_, known)| **known == part);
        // Whoever makes groups tells of skills that are none.
        Some(found.map_or(own, |(id, _)| id))
    }

    fn locale(&mut self, place: Place, name: &str) -> Option<LocaleId> {
        let found = self.names.prompts.locale(name).filter(|id| self.locales.contains(id));
        if found.is_none() {
            self.fault(place, Problem::UnknownLocale(name.to_owned()));
        }
        found
    }

    fn hours(&mut self, place: Place, name: &str) -> Option<usize> {
        let found = self.names.hours.iter().position(|(known, _)| known == name);
        if found.is_none() {
            self.fault(place, Problem::UnknownHours(name.to_owned()));
        }
        found
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
}
