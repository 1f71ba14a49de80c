//! `menu/fragments/*.toml`: parts of a tree that menus share. A menu puts one in by `[use.NAME]`: its nodes are `NAME/…` there, the
//! target `NAME` is its start, and each of its exits leads to where the menu says.

use std::cell::Cell;

use ivr::{Node, Tree};

use super::{Broken, node};
use crate::nearest::did_you_mean;
use crate::problem::{Problem, Problems, Spot};
use crate::reader::{Document, Table};
use crate::source::Sources;
use crate::value::Value;

/// Uses of one menu: each is a part of the tree that somebody wrote a line for.
const USES_MAX: usize = 1000;

pub(super) struct Fragments<'a> {
    all: Vec<Fragment<'a>>,
}

struct Fragment<'a> {
    name: String,
    root: Table<'a>,
    spot: Spot,
    text: &'a str,
    start: String,
    exits: Vec<String>,
    nodes: Vec<Node>,
    broken: Vec<String>,
    used: Cell<bool>,
}

/// What a menu uses, by the name it has there.
#[derive(Default)]
pub(super) struct Uses<'a>(Vec<(String, Table<'a>, &'a str)>);

impl<'a> Uses<'a> {
    /// The file that a node stands in, and the node's name there.
    pub(super) fn find<'n>(&self, root: &Table<'a>, node: &'n str) -> (Table<'a>, &'n str) {
        let own = || (root.clone(), node);
        let Some((name, inside)) = node.split_once('/') else { return own() };
        let found = self.0.iter().find(|(known, ..)| known == name);
        found.map_or_else(own, |(_, root, _)| (root.clone(), inside))
    }

    pub(super) fn texts(&self) -> impl Iterator<Item = &'a str> {
        self.0.iter().map(|(.., text)| *text)
    }
}

impl<'a> Fragments<'a> {
    pub(super) fn read(documents: &[&'a Document<'_>], sources: &'a Sources) -> Fragments<'a> {
        let all = documents.iter().filter_map(|document| {
            let source = sources.get(document.file)?;
            let name = source.path.file_stem()?.to_string_lossy().into_owned();
            let root = document.root();
            let start = root.need("start", "\"ask\"").and_then(|v| v.text()).unwrap_or_default();
            let exits = root.get("exits").map(|v| v.texts()).unwrap_or_default();
            let mut broken = Broken::default();
            let nodes = node::all(&root, &mut broken);
            Some(Fragment {
                name,
                root,
                spot: Spot::Path(source.path.clone()),
                text: &source.text,
                start,
                exits: exits.into_iter().map(|(exit, _)| exit).collect(),
                nodes,
                broken: broken.nodes,
                used: Cell::new(false),
            })
        });
        Fragments { all: all.collect() }
    }

    /// Puts what `root` uses into its tree.
    pub(super) fn add_to(&self, root: &Table<'_>, tree: &mut Tree, broken: &mut Broken) -> Uses<'a> {
        let mut uses = Uses::default();
        let entries = root.get("use").map(|v| v.names()).unwrap_or_default();
        for (name, spot, value) in entries.into_iter().take(USES_MAX) {
            if tree.nodes.iter().any(|node| node.name == name) {
                let title = format!("`{name}` is the name of a node and of a use");
                root.problems.error(Problem::new(spot, title, "a second one", "rename one of them"));
                continue;
            }
            let Some((fragment, exits)) = self.one(&value) else {
                broken.fields.push("use");
                continue;
            };
            fragment.used.set(true);
            rename(tree, name, &format!("{name}/{}", fragment.start));
            tree.nodes.extend(fragment.nodes.iter().map(|node| fragment.instance(name, node, &exits)));
            broken.nodes.extend(fragment.broken.iter().map(|inside| format!("{name}/{inside}")));
            uses.0.push((name.to_owned(), fragment.root.clone(), fragment.text));
        }
        uses
    }

    /// The fragment that is used, and where each of its exits leads.
    fn one(&self, value: &Value<'_>) -> Option<(&Fragment<'a>, Vec<(String, String)>)> {
        let table = value.table(&["use"])?;
        let written = table.need("fragment", "\"order-number\"")?;
        let name = written.text()?;
        let Some(fragment) = self.all.iter().find(|fragment| fragment.name == name) else {
            let known = did_you_mean(&name, self.all.iter().map(|fragment| fragment.name.as_str()));
            let help = format!("{known}; fragments stand in menu/fragments/*.toml");
            written.error(format!("no fragment is named `{name}`"), "unknown fragment", help);
            return None;
        };
        let mut exits = Vec::new();
        for (exit, spot, target) in table.get("exits").map(|v| v.names()).unwrap_or_default() {
            if !fragment.exits.iter().any(|known| known == exit) {
                let help = did_you_mean(exit, fragment.exits.iter().map(String::as_str));
                let title = format!("`{name}` has no exit `{exit}`");
                table.problems.error(Problem::new(spot, title, "unknown exit", help));
            }
            exits.extend(target.text().map(|target| (exit.to_owned(), target)));
        }
        let open: Vec<_> = fragment.exits.iter().filter(|exit| exits.iter().all(|(known, _)| known != *exit)).collect();
        if let Some(exit) = open.first() {
            let title = format!("the exit `{exit}` of `{name}` leads nowhere");
            let help = format!("add it as `exits = {{ {exit} = \"main\" }}`");
            table.problems.error(Problem::new(table.spot.clone(), title, "in this table", help));
            return None;
        }
        Some((fragment, exits))
    }

    /// What no menu uses is a warning: it may be meant for tomorrow.
    pub(super) fn refuse_unused(&self, problems: &Problems) {
        for fragment in self.all.iter().filter(|fragment| !fragment.used.get()) {
            let title = format!("no menu uses the fragment `{}`", fragment.name);
            let help = "put it into a menu by `[use.NAME]`, or remove the file";
            problems.warn(Problem::new(fragment.spot.clone(), title, "", help));
        }
    }
}

impl Fragment<'_> {
    /// The node as it is in a menu that uses it under this name.
    fn instance(&self, name: &str, node: &Node, exits: &[(String, String)]) -> Node {
        let mut node = node.clone();
        node.name = format!("{name}/{}", node.name);
        node.kind.each_target(|target| {
            let exit = exits.iter().find(|(exit, _)| exit == target).map(|(_, to)| to.clone());
            let own = self.nodes.iter().any(|node| node.name == *target);
            match exit {
                Some(to) if !own => *target = to,
                _ if [Tree::BACK, Tree::REPEAT].contains(&target.as_str()) => {}
                _ => *target = format!("{name}/{target}"),
            }
        });
        node
    }
}

/// Lets everything that leads to `from` lead to `to`.
fn rename(tree: &mut Tree, from: &str, to: &str) {
    let mut one = |target: &mut String| {
        if target == from {
            to.clone_into(target);
        }
    };
    one(&mut tree.start);
    let others = tree.on_silence.iter_mut().chain(&mut tree.on_invalid).chain(&mut tree.surge_start);
    others.for_each(&mut one);
    tree.survey.iter_mut().for_each(|survey| one(&mut survey.start));
    tree.nodes.iter_mut().for_each(|node| node.kind.each_target(&mut one));
}
