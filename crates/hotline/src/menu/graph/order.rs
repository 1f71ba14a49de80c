//! Layers of a graph, and the order of nodes in each, so that few edges cross.

/// Rounds of ordering: more change nothing that is seen.
const ROUNDS: usize = 12;

/// What stands in a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    Node(usize),
    /// An edge, by place, passes through.
    Lane(usize),
}

/// Nodes in layers, each edge from a lower to a higher one but for those that lead back.
#[derive(Clone, Debug, Default)]
pub(super) struct Layers {
    pub(super) slots: Vec<Vec<Slot>>,
    /// By node.
    pub(super) of: Vec<usize>,
    /// By edge: whether it leads back to a node that leads to it.
    pub(super) is_back: Vec<bool>,
}

/// `starts` first; `edges` are pairs of nodes, `drawn` says which are lines.
pub(super) fn layers(
    nodes: usize,
    starts: &[usize],
    edges: &[(usize, usize)],
    drawn: impl Fn(usize) -> bool,
) -> Layers {
    let is_back = back(nodes, starts, edges);
    let of = depths(nodes, edges, &is_back);
    let count = of.iter().max().map_or(0, |deepest| deepest + 1);
    let mut slots = vec![Vec::new(); count];
    for (node, layer) in of.iter().enumerate() {
        slots[*layer].push(Slot::Node(node));
    }
    for (place, (from, to)) in edges.iter().enumerate().filter(|(place, _)| !is_back[*place] && drawn(*place)) {
        (of[*from] + 1..of[*to]).for_each(|layer| slots[layer].push(Slot::Lane(place)));
    }
    let mut layers = Layers { slots, of, is_back };
    layers.untangle(edges, &drawn);
    layers
}

/// Depth first from the starts: an edge to a node on the way is one back.
fn back(nodes: usize, starts: &[usize], edges: &[(usize, usize)]) -> Vec<bool> {
    let mut out = vec![Vec::new(); nodes];
    edges.iter().enumerate().for_each(|(place, (from, _))| out[*from].push(place));
    let (mut is_back, mut seen, mut open) = (vec![false; edges.len()], vec![false; nodes], vec![false; nodes]);
    for start in starts.iter().copied().chain(0..nodes) {
        if std::mem::replace(&mut seen[start], true) {
            continue;
        }
        let mut way = vec![(start, 0)];
        open[start] = true;
        while let Some((node, at)) = way.last_mut() {
            let Some(place) = out[*node].get(*at).copied() else {
                open[*node] = false;
                way.pop();
                continue;
            };
            *at += 1;
            let to = edges[place].1;
            is_back[place] = open[to];
            if !std::mem::replace(&mut seen[to], true) {
                open[to] = true;
                way.push((to, 0));
            }
        }
    }
    is_back
}

/// The longest way from a beginning to each node.
fn depths(nodes: usize, edges: &[(usize, usize)], is_back: &[bool]) -> Vec<usize> {
    let mut depth = vec![0; nodes];
    let forward = || edges.iter().zip(is_back).filter(|(_, back)| !**back).map(|(edge, _)| *edge);
    let mut waiting = vec![0_usize; nodes];
    let mut out = vec![Vec::new(); nodes];
    forward().for_each(|(from, to)| {
        waiting[to] += 1;
        out[from].push(to);
    });
    let mut ready: Vec<usize> = (0..nodes).filter(|node| waiting[*node] == 0).collect();
    while let Some(node) = ready.pop() {
        for to in &out[node] {
            depth[*to] = depth[*to].max(depth[node] + 1);
            waiting[*to] -= 1;
            if waiting[*to] == 0 {
                ready.push(*to);
            }
        }
    }
    depth
}

impl Layers {
    /// Each slot goes to the middle of what it is joined to, forth and back; the order with the fewest crossings stays.
    fn untangle(&mut self, edges: &[(usize, usize)], drawn: &impl Fn(usize) -> bool) {
        let links = self.links(edges, drawn);
        let mut best = (crossings(&self.slots, &links), self.slots.clone());
        for round in 0..ROUNDS {
            let count = self.slots.len();
            for step in 1..count {
                let (layer, fixed) = if round % 2 == 0 { (step, step - 1) } else { (count - 1 - step, count - step) };
                self.sort(layer, fixed, &links);
            }
            let crossed = crossings(&self.slots, &links);
            if crossed < best.0 {
                best = (crossed, self.slots.clone());
            }
        }
        self.slots = best.1;
    }

    /// By layer, the pairs of slots of it and the next one that a piece of an edge joins.
    pub(super) fn links(&self, edges: &[(usize, usize)], drawn: &impl Fn(usize) -> bool) -> Vec<Vec<(Slot, Slot)>> {
        let mut links = vec![Vec::new(); self.slots.len()];
        for (place, (from, to)) in edges.iter().enumerate().filter(|(place, _)| !self.is_back[*place] && drawn(*place))
        {
            let (first, last) = (self.of[*from], self.of[*to]);
            for (layer, links) in links.iter_mut().enumerate().take(last).skip(first) {
                let left = if layer == first { Slot::Node(*from) } else { Slot::Lane(place) };
                let right = if layer + 1 == last { Slot::Node(*to) } else { Slot::Lane(place) };
                links.push((left, right));
            }
        }
        links
    }

    fn sort(&mut self, layer: usize, fixed: usize, links: &[Vec<(Slot, Slot)>]) {
        let place = |slot: Slot| self.slots[fixed].iter().position(|known| *known == slot).unwrap_or(0) as f64;
        let between = &links[layer.min(fixed)];
        let middle = |(own, slot): (usize, Slot)| {
            let joined: Vec<f64> = between
                .iter()
                .filter_map(|(left, right)| {
                    if layer > fixed {
                        (*right == slot).then(|| place(*left))
                    } else {
                        (*left == slot).then(|| place(*right))
                    }
                })
                .collect();
            let mean = joined.iter().sum::<f64>() / joined.len() as f64;
            (if joined.is_empty() { own as f64 } else { mean }, slot)
        };
        let mut ranked: Vec<(f64, Slot)> = self.slots[layer].iter().copied().enumerate().map(middle).collect();
        ranked.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        self.slots[layer] = ranked.into_iter().map(|(_, slot)| slot).collect();
    }
}

fn crossings(slots: &[Vec<Slot>], links: &[Vec<(Slot, Slot)>]) -> usize {
    let at = |layer: usize, slot: Slot| {
        slots.get(layer).and_then(|slots| slots.iter().position(|known| *known == slot)).unwrap_or(0)
    };
    let one = |(layer, links): (usize, &Vec<(Slot, Slot)>)| {
        let pairs: Vec<_> = links.iter().map(|(left, right)| (at(layer, *left), at(layer + 1, *right))).collect();
        let crossed = |(place, (left, right)): (usize, &(usize, usize))| {
            pairs[place + 1..].iter().filter(|(l, r)| (left < l && right > r) || (left > l && right < r)).count()
        };
        pairs.iter().enumerate().map(crossed).sum::<usize>()
    };
    links.iter().enumerate().map(one).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_lead_to_the_right_but_for_those_back() {
        let edges = [(0, 1), (1, 2), (0, 2), (2, 1), (2, 3), (3, 3)];
        let layers = layers(5, &[0], &edges, |_| true);
        assert_eq!(layers.of, [0, 1, 2, 3, 0]);
        assert_eq!(layers.is_back, [false, false, false, true, false, true]);
        // The edge from 0 to 2 passes by 1.
        assert_eq!(layers.slots[1].len(), 2);
        assert!(layers.slots[1].contains(&Slot::Lane(2)), "{layers:?}");
    }

    #[test]
    fn what_can_be_untangled_is() {
        // Crossed as they stand: 0 to 3, 1 to 2.
        let edges = [(0, 3), (1, 2)];
        let found = layers(4, &[0, 1], &edges, |_| true);
        assert_eq!(crossings(&found.slots, &found.links(&edges, &|_| true)), 0);
    }
}
