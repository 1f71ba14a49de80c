//! What holds for every caller of a menu, whatever they press.

use crate::Menu;
use crate::compile::{Fault, Place, Problem};
use crate::graph::Graph;
use crate::menu::Kind;

/// Ways that lead a silent caller round and round.
pub(crate) fn circles(graph: &Graph<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut seen = vec![false; graph.len()];
    // Where each node stands on the way that is looked at.
    let mut depth = vec![usize::MAX; graph.len()];
    for from in graph.ids() {
        if seen[usize::from(from.0)] {
            continue;
        }
        graph.explore(
            from,
            &mut seen,
            |id| graph.silent(id),
            |path, to| {
                if let Some(last) = path.last() {
                    depth[usize::from(last.0)] = path.len() - 1;
                }
                let at = depth[usize::from(to.0)];
                if path.get(at) != Some(&to) {
                    return;
                }
                let mut circle = graph.names(&path[at..]);
                let Some(first) = circle.first().cloned() else { return };
                circle.push(first.clone());
                faults.push(Fault { place: Place::node(&first, ""), problem: Problem::Circle(circle) });
            },
        );
    }
    faults
}

/// Ways from where calls begin that hang up on a silent caller.
pub(crate) fn silent_ends(graph: &Graph<'_>) -> Vec<Fault> {
    let menu = graph.menu;
    let mut faults = Vec::new();
    // Who is promised a call did not ask for one.
    let is_end = |id| matches!(menu.node(id).map(|n| &n.kind), Some(Kind::End | Kind::Queue { call_back: true, .. }));
    let mut add = |path: &[crate::NodeId]| {
        let Some(last) = path.last() else { return };
        let problem = Problem::SilentEnd(graph.names(path));
        faults.push(Fault { place: Place::node(menu.node_name(*last), ""), problem });
    };
    let mut seen = vec![false; graph.len()];
    let mut told = vec![false; graph.len()];
    for start in menu.starts() {
        if is_end(start) && !std::mem::replace(&mut told[usize::from(start.0)], true) {
            add(&[start]);
        }
        // What was seen from the other start was judged there.
        if seen[usize::from(start.0)] {
            continue;
        }
        graph.explore(
            start,
            &mut seen,
            |id| graph.silent(id),
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
pub(crate) fn unreachable(graph: &Graph<'_>) -> Vec<Fault> {
    let menu: &Menu = graph.menu;
    let mut seen = vec![false; graph.len()];
    let all = |id| [graph.silent(id), graph.keyed(id)].concat();
    for start in menu.starts().chain(menu.survey.map(|survey| survey.start)) {
        if !seen[usize::from(start.0)] {
            graph.explore(start, &mut seen, all, |_, _| {});
        }
    }
    if let Some(person) = seen.get_mut(usize::from(menu.person.0)) {
        *person = true;
    }
    let lost = menu.nodes.iter().zip(seen).filter(|(_, seen)| !seen);
    lost.map(|(node, _)| Fault { place: Place::node(&node.name, ""), problem: Problem::Unreachable }).collect()
}
