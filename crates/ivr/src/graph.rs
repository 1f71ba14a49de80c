//! Where callers may go from each node.

use crate::menu::{Kind, Target};
use crate::{Menu, NodeId};

/// A menu as nodes and ways. Behind its nodes stands one more that leads to every choice: what `back` may mean.
pub(crate) struct Graph<'a> {
    pub(crate) menu: &'a Menu,
    choices: Vec<NodeId>,
}

impl<'a> Graph<'a> {
    pub(crate) fn new(menu: &'a Menu) -> Graph<'a> {
        let mut graph = Graph { menu, choices: Vec::new() };
        let choices = graph.ids().filter(|id| menu.node(*id).is_some_and(|node| node.kind.is_choice()));
        graph.choices = choices.collect();
        graph
    }

    /// The nodes of the menu.
    pub(crate) fn ids(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..self.menu.nodes.len()).filter_map(|place| u16::try_from(place).ok()).map(NodeId)
    }

    /// With the one for `back`.
    pub(crate) fn len(&self) -> usize {
        self.menu.nodes.len() + 1
    }

    pub(crate) fn back(&self) -> NodeId {
        // Menus are far smaller than that.
        NodeId(u16::try_from(self.menu.nodes.len()).unwrap_or(u16::MAX))
    }

    fn end_of(&self, target: Target) -> Option<NodeId> {
        match target {
            Target::Node(id) => Some(id),
            Target::Back => Some(self.back()),
            Target::Repeat => None,
        }
    }

    /// Where a caller who presses no key goes from here.
    pub(crate) fn silent(&self, id: NodeId) -> Vec<NodeId> {
        let to = |targets: &[Target]| targets.iter().filter_map(|target| self.end_of(*target)).collect();
        match self.menu.node(id).map(|node| &node.kind) {
            Some(Kind::Play { next } | Kind::OnAir { next, .. } | Kind::Set { next, .. } | Kind::Rate { next, .. }) => {
                to(&[*next])
            }
            Some(Kind::Menu(keys)) => to(&[keys.on_silence]),
            Some(Kind::Digits(digits)) => to(&[digits.failed]),
            Some(Kind::Hours { open, closed, .. }) => to(&[*open, *closed]),
            Some(Kind::When { cases, otherwise }) => {
                cases.iter().map(|(_, next)| *next).chain([*otherwise]).filter_map(|next| self.end_of(next)).collect()
            }
            Some(Kind::Http(http)) => to(&[http.next, http.failed]),
            Some(Kind::Speak(speak)) => to(&[speak.next]),
            Some(Kind::Transfer(transfer)) => to(&[transfer.failed]),
            Some(Kind::Queue { .. } | Kind::End) => Vec::new(),
            None if id == self.back() => self.choices.clone(),
            None => Vec::new(),
        }
    }

    /// Where keys may lead beside that.
    pub(crate) fn keyed(&self, id: NodeId) -> Vec<NodeId> {
        let node = |target| if let Target::Node(id) = target { Some(id) } else { None };
        match self.menu.node(id).map(|node| &node.kind) {
            Some(Kind::Menu(keys)) => {
                keys.keys.iter().map(|(_, choice)| choice.next).chain([keys.on_invalid]).filter_map(node).collect()
            }
            Some(Kind::Digits(digits)) => node(digits.next).into_iter().collect(),
            _ => Vec::new(),
        }
    }

    /// The names along a way, without the one for `back`.
    pub(crate) fn names(&self, path: &[NodeId]) -> Vec<String> {
        let real = path.iter().filter(|id| **id != self.back());
        real.map(|id| self.menu.node_name(*id).to_owned()).collect()
    }

    /// Depth first from `from` over `next`, each node once: calls `visit` with the path to each edge's end.
    pub(crate) fn explore(
        &self,
        from: NodeId,
        seen: &mut [bool],
        next: impl Fn(NodeId) -> Vec<NodeId>,
        mut visit: impl FnMut(&[NodeId], NodeId),
    ) {
        let mut path = vec![from];
        let mut open = vec![next(from).into_iter()];
        if let Some(seen) = seen.get_mut(usize::from(from.0)) {
            *seen = true;
        }
        while let Some(edges) = open.last_mut() {
            let Some(to) = edges.next() else {
                open.pop();
                path.pop();
                continue;
            };
            visit(&path, to);
            let fresh = seen.get_mut(usize::from(to.0)).is_some_and(|seen| !std::mem::replace(seen, true));
            if fresh {
                path.push(to);
                open.push(next(to).into_iter());
            }
        }
    }
}
