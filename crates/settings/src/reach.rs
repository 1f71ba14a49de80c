//! How far people are in each menu, for those who want to see the proof.

use ivr::{NodeId, Reach};

use crate::Plans;
use crate::sounds::lengths;

/// One menu and its nodes, each with the worst way to a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MenuReach {
    pub menu: String,
    /// From where calls begin.
    pub start: Reach,
    pub nodes: Vec<(String, Reach)>,
    /// Whether callers may speak in it.
    pub listens: bool,
}

impl Plans {
    /// By menu, in the order of the files.
    pub fn reach(&self) -> Vec<MenuReach> {
        let lengths = lengths(&self.sounds);
        let one = |version: &std::sync::Arc<call::plan::MenuVersion>| {
            let reaches = ivr::reach(&version.menu, &lengths, self.call.understands);
            let start = *reaches.get(usize::from(version.menu.start().0))?;
            let names = (0..).map(NodeId).map(|id| version.menu.node_name(id).to_owned());
            let listens = version.menu.listens();
            Some(MenuReach { menu: version.name.clone(), start, nodes: names.zip(reaches).collect(), listens })
        };
        self.call.menus.iter().filter_map(one).collect()
    }
}
