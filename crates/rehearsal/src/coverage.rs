//! What of a menu no story came to.

use std::collections::BTreeSet;

use call::plan::MenuVersion;
use ivr::{NodeId, Way};

use crate::Visit;

/// Nodes and ways of one menu, and those that no story came to or took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    pub menu: String,
    pub nodes: usize,
    pub ways: usize,
    pub nodes_missed: Vec<String>,
    /// Each with its node.
    pub ways_missed: Vec<(String, Way)>,
}

/// What all stories of one menu came to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    nodes: BTreeSet<NodeId>,
    ways: BTreeSet<(NodeId, Way)>,
}

impl Seen {
    pub(crate) fn add(&mut self, visit: &Visit<'_>) {
        self.nodes.extend(visit.path().iter().map(|stop| stop.node));
        self.ways.extend(visit.taken());
    }

    pub(crate) fn of(&self, version: &MenuVersion) -> Coverage {
        let menu = &version.menu;
        let name = |id: NodeId| menu.node_name(id).to_owned();
        let ways: Vec<(NodeId, Way)> = ivr::ways(menu);
        Coverage {
            menu: version.name.clone(),
            nodes: menu.node_count(),
            ways: ways.len(),
            nodes_missed: menu.node_ids().filter(|id| !self.nodes.contains(id)).map(name).collect(),
            ways_missed: ways
                .iter()
                .filter(|way| !self.ways.contains(way))
                .map(|(id, way)| (name(*id), *way))
                .collect(),
        }
    }
}
