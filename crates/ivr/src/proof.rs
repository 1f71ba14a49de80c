//! What holds for every caller of a menu, whatever they press.

use crate::compile::{Fault, Place, Problem};
use crate::menu::{Kind, Target};
use crate::{Menu, NodeId};

/// Where a caller who presses no key goes from here. `back` may be any choice of the menu.
fn silent_next(menu: &Menu, id: NodeId) -> Vec<NodeId> {
    match menu.node(id).map(|n| &n.kind) {
        Some(Kind::Play { next }) => resolve(menu, *next),
        Some(Kind::Menu(keys)) => resolve(menu, keys.on_silence),
        Some(Kind::Hours { open, closed, .. }) => [resolve(menu, *open), resolve(menu, *closed)].concat(),
        Some(Kind::Queue { .. } | Kind::End) | None => Vec::new(),
    }
}

/// Where any key may lead beside that.
fn key_next(menu: &Menu, id: NodeId) -> Vec<NodeId> {
    let Some(Kind::Menu(keys)) = menu.node(id).map(|n| &n.kind) else { return Vec::new() };
    let node = |target| if let Target::Node(id) = target { Some(id) } else { None };
    keys.keys.iter().map(|(_, choice)| choice.next).chain([keys.on_invalid]).filter_map(node).collect()
}

fn resolve(menu: &Menu, target: Target) -> Vec<NodeId> {
    match target {
        Target::Node(id) => vec![id],
        Target::Back => ids(menu).filter(|id| is_choice(menu, *id)).collect(),
        Target::Repeat => Vec::new(),
    }
}

fn ids(menu: &Menu) -> impl Iterator<Item = NodeId> {
    (0..menu.nodes.len()).filter_map(|i| u16::try_from(i).ok()).map(NodeId)
}

fn is_choice(menu: &Menu, id: NodeId) -> bool {
    matches!(menu.node(id).map(|n| &n.kind), Some(Kind::Menu(_)))
}

fn names(menu: &Menu, path: &[NodeId]) -> Vec<String> {
    path.iter().map(|id| menu.node_name(*id).to_owned()).collect()
}

/// Depth first from `from` over `next`, each node once: calls `visit` with the path to each edge's end.
fn explore(
    menu: &Menu,
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
        if menu.node(to).is_some() && !std::mem::replace(&mut seen[usize::from(to.0)], true) {
            path.push(to);
            open.push(next(to).into_iter());
        }
    }
}

/// Ways that lead a silent caller round and round.
pub(crate) fn circles(menu: &Menu) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut seen = vec![false; menu.nodes.len()];
    for from in ids(menu) {
        if seen[usize::from(from.0)] {
            continue;
        }
        explore(
            menu,
            from,
            &mut seen,
            |id| silent_next(menu, id),
            |path, to| {
                let Some(at) = path.iter().position(|id| *id == to) else { return };
                let mut circle = names(menu, &path[at..]);
                circle.push(menu.node_name(to).to_owned());
                faults.push(Fault { place: Place::node(menu.node_name(to), ""), problem: Problem::Circle(circle) });
            },
        );
    }
    faults
}

/// Ways from where calls begin that hang up on a silent caller.
pub(crate) fn silent_ends(menu: &Menu) -> Vec<Fault> {
    let mut faults = Vec::new();
    let is_end = |id| matches!(menu.node(id).map(|n| &n.kind), Some(Kind::End));
    let mut add = |path: &[NodeId]| {
        let Some(last) = path.last() else { return };
        let problem = Problem::SilentEnd(names(menu, path));
        faults.push(Fault { place: Place::node(menu.node_name(*last), ""), problem });
    };
    let mut seen = vec![false; menu.nodes.len()];
    let mut told = vec![false; menu.nodes.len()];
    for start in menu.starts() {
        if is_end(start) && !std::mem::replace(&mut told[usize::from(start.0)], true) {
            add(&[start]);
        }
        // What was seen from the other start was judged there.
        if seen[usize::from(start.0)] {
            continue;
        }
        explore(
            menu,
            start,
            &mut seen,
            |id| silent_next(menu, id),
            |path, to| {
                if is_end(to) && !std::mem::replace(&mut told[usize::from(to.0)], true) {
                    add(&[path, &[to]].concat());
                }
            },
        );
    }
    faults
}

/// Nodes that no caller comes to.
pub(crate) fn unreachable(menu: &Menu) -> Vec<Fault> {
    let mut seen = vec![false; menu.nodes.len()];
    let all = |id| [silent_next(menu, id), key_next(menu, id)].concat();
    for start in menu.starts().collect::<Vec<_>>() {
        if !seen[usize::from(start.0)] {
            explore(menu, start, &mut seen, all, |_, _| {});
        }
    }
    if let Some(person) = seen.get_mut(usize::from(menu.person.0)) {
        *person = true;
    }
    let lost = menu.nodes.iter().zip(seen).filter(|(_, seen)| !seen);
    lost.map(|(node, _)| Fault { place: Place::node(&node.name, ""), problem: Problem::Unreachable }).collect()
}
