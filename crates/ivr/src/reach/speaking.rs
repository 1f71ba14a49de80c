//! How long callers take to a person who press nothing, and speak without being understood.

use std::time::Duration;

use base::SPEECH_MAX;

use super::Costs;
use crate::NodeId;
use crate::graph::Graph;
use crate::menu::{Keys, Kind, Target};
use crate::say::Say;

/// By `NodeId`, at worst; none where it never comes to a person, or leads round until the menu's longest time is over.
pub(super) fn times(graph: &Graph<'_>, costs: &Costs<'_>, answer: Duration) -> Vec<Option<Duration>> {
    let next: Vec<Vec<NodeId>> = (0..graph.len()).map(|place| next(graph, id(place))).collect();
    let mut before = vec![Vec::new(); graph.len()];
    let mut open: Vec<usize> = next.iter().map(Vec::len).collect();
    for (from, to) in
        next.iter().enumerate().flat_map(|(from, all)| all.iter().map(move |to| (from, usize::from(to.0))))
    {
        before[to].push(from);
    }
    // From the ends back: a node once everything that it leads to is known.
    let mut known: Vec<usize> = (0..graph.len()).filter(|place| open[*place] == 0).collect();
    let mut times = vec![None; graph.len()];
    while let Some(place) = known.pop() {
        times[place] = time(graph, costs, answer, place, &next[place], &times);
        for from in &before[place] {
            open[*from] -= 1;
            if open[*from] == 0 {
                known.push(*from);
            }
        }
    }
    times
}

fn time(
    graph: &Graph<'_>,
    costs: &Costs<'_>,
    answer: Duration,
    place: usize,
    next: &[NodeId],
    times: &[Option<Duration>],
) -> Option<Duration> {
    let Some(node) = graph.menu.node(id(place)) else { return next.iter().filter_map(|to| of(times, *to)).max() };
    let own = match &node.kind {
        Kind::Queue { call_back: false, .. } => return Some(Duration::ZERO),
        Kind::Menu(keys) if node.kind.listens() => spent(costs, answer, &node.prompt, &graph.menu.invalid, keys),
        _ => costs.of(node).time,
    };
    next.iter().filter_map(|to| of(times, *to)).max().map(|rest| own + rest)
}

/// Silent as often as is forgiven, and then not understood as often as is forgiven.
fn spent(costs: &Costs<'_>, answer: Duration, prompt: &[Say], invalid: &[Say], keys: &Keys) -> Duration {
    let turns = u32::from(keys.silence_tries) + u32::from(keys.invalid_tries);
    (costs.says(invalid) + costs.says(prompt) + keys.silence + SPEECH_MAX + answer) * turns
}

fn next(graph: &Graph<'_>, from: NodeId) -> Vec<NodeId> {
    let mut next = graph.silent(from);
    match graph.menu.node(from).map(|node| &node.kind) {
        Some(kind @ Kind::Menu(keys)) if kind.listens() => {
            next.extend(if let Target::Node(to) = keys.on_invalid { Some(to) } else { None });
        }
        _ => {}
    }
    next
}

fn of(times: &[Option<Duration>], node: NodeId) -> Option<Duration> {
    times.get(usize::from(node.0)).copied().flatten()
}

fn id(place: usize) -> NodeId {
    // Menus are far smaller than that.
    NodeId(u16::try_from(place).unwrap_or(u16::MAX))
}
