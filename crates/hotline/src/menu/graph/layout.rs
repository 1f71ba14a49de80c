//! Where everything of a chart stands, in pixels: layers from left to right. Behind the nodes of each layer is a strip where the words of
//! its edges stand on straight lines, and behind that a strip where the lines bend.

use super::chart::{Chart, Edge};
use super::order::{self, Slot};
use crate::table::width;

pub(super) const MARGIN: f64 = 24.0;
/// Title, summary and legend.
pub(super) const TOP: f64 = 92.0;
/// A line of words on an edge.
pub(super) const LINE: f64 = 20.0;
const NODE_HEIGHT: f64 = 46.0;
/// Between two nodes, and between a node and an edge that passes.
const GAP: f64 = 18.0;
const LANE: f64 = 16.0;
const BEND: f64 = 56.0;
const NODE_WIDTH: f64 = 96.0;
/// Letters of a name, or of the words of an edge, that are shown; the whole is shown to whoever points at it.
pub(super) const LETTERS: usize = 42;
/// Edges that lead to one node: of more the ones that nobody chose are words alone.
const FALLBACKS: usize = 4;
/// Rounds of moving nodes to the middle of what they are joined to.
const ROUNDS: usize = 8;

#[derive(Clone, Debug, Default)]
pub(super) struct Layout {
    pub(super) width: f64,
    pub(super) height: f64,
    /// By node.
    pub(super) boxes: Vec<Rect>,
    /// By edge.
    pub(super) lines: Vec<Line>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Rect {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Line {
    /// Where the edge leaves its node.
    pub(super) from: (f64, f64),
    /// The words end there at most.
    pub(super) words_to: f64,
    /// The layers that it comes to, the last is that of its end. Empty where it is words alone.
    pub(super) through: Vec<Pass>,
}

/// Straight on, through a layer.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Pass {
    pub(super) from: f64,
    pub(super) to: f64,
    pub(super) y: f64,
}

/// The words on an edge.
pub(super) fn words(chart: &Chart, place: usize, is_line: bool) -> String {
    let edge = &chart.edges[place];
    let mut words = edge.text();
    if let Some(traffic) = &chart.traffic {
        words.push_str(&format!(" · {}", traffic.on(edge.from, edge.to)));
    }
    if is_line { words } else { format!("{words} → {}", chart.nodes[edge.to].name) }
}

/// As much as is shown.
pub(super) fn cut(text: &str, letters: usize) -> String {
    if width(text) <= letters {
        return text.to_owned();
    }
    let mut kept = String::new();
    for c in text.chars() {
        if width(&kept) + width(c.encode_utf8(&mut [0; 4])) > letters - 1 {
            break;
        }
        kept.push(c);
    }
    kept + "…"
}

/// About as wide as a browser draws it at that size.
pub(super) fn pixels(text: &str, size: f64) -> f64 {
    width(text) as f64 * size * 0.58
}

pub(super) fn place(chart: &Chart) -> Layout {
    let starts: Vec<usize> = (0..chart.nodes.len()).filter(|node| chart.nodes[*node].is_start).collect();
    let edges: Vec<(usize, usize)> = chart.edges.iter().map(|edge| (edge.from, edge.to)).collect();
    let arriving = |edge: &Edge| chart.edges.iter().filter(|other| other.to == edge.to).count();
    let drawn = |place: usize| {
        let edge = &chart.edges[place];
        !edge.is_fallback || arriving(edge) <= FALLBACKS
    };
    let layers = order::layers(chart.nodes.len(), &starts, &edges, drawn);
    let links = layers.links(&edges, &drawn);
    let is_line = |place: usize| drawn(place) && !layers.is_back[place];
    let heights: Vec<f64> = (0..chart.nodes.len()).map(|node| height(chart, node)).collect();
    let rows = Rows::settle(&layers, &links, &heights);
    let columns = columns(chart, &layers, &is_line);
    let mut layout = Layout { boxes: vec![Rect::default(); chart.nodes.len()], ..Layout::default() };
    for (layer, slots) in layers.slots.iter().enumerate() {
        for (slot, y) in slots.iter().zip(&rows.middles[layer]) {
            if let Slot::Node(node) = slot {
                let (x, width) = (columns[layer].x, columns[layer].box_width);
                layout.boxes[*node] = Rect { x, y: TOP + y - heights[*node] / 2.0, width, height: heights[*node] };
            }
        }
    }
    layout.lines = lines(chart, &layers, &rows, &columns, &layout.boxes, &is_line);
    layout.width = columns.last().map_or(0.0, |column| column.x + column.box_width + column.words) + MARGIN;
    let deepest = layout.boxes.iter().map(|rect| rect.y + rect.height).chain(rows.lowest(&layers)).fold(TOP, f64::max);
    layout.height = deepest + MARGIN;
    layout
}

/// A line of words for each edge that leaves.
fn height(chart: &Chart, node: usize) -> f64 {
    let leaving = chart.edges.iter().filter(|edge| edge.from == node).count();
    let written = NODE_HEIGHT + if chart.nodes[node].own_keys.is_empty() { 0.0 } else { 14.0 };
    let counted = written + if chart.traffic.is_some() { 16.0 } else { 0.0 };
    counted.max(leaving as f64 * LINE + 10.0)
}

#[derive(Clone, Copy)]
struct Column {
    x: f64,
    box_width: f64,
    words: f64,
}

fn columns(chart: &Chart, layers: &order::Layers, is_line: &impl Fn(usize) -> bool) -> Vec<Column> {
    let mut x = MARGIN;
    let mut columns = Vec::new();
    for slots in &layers.slots {
        let nodes = || slots.iter().filter_map(|slot| if let Slot::Node(node) = slot { Some(*node) } else { None });
        let box_width = nodes().map(|node| box_width(chart, node)).fold(NODE_WIDTH, f64::max);
        let leaving = (0..chart.edges.len()).filter(|place| nodes().any(|node| chart.edges[*place].from == node));
        let words = leaving.map(|place| pixels(&cut(&words(chart, place, is_line(place)), LETTERS), 11.0) + 22.0);
        let words = words.fold(0.0, f64::max);
        columns.push(Column { x, box_width, words });
        x += box_width + words + BEND;
    }
    columns
}

fn box_width(chart: &Chart, node: usize) -> f64 {
    let lines = super::svg::lines(chart, node);
    let own =
        lines.iter().enumerate().map(|(row, text)| pixels(&cut(text, LETTERS), if row == 0 { 13.5 } else { 11.0 }));
    own.fold(0.0, f64::max) + 20.0
}

/// The height that each slot stands at, by layer.
struct Rows {
    middles: Vec<Vec<f64>>,
}

impl Rows {
    fn settle(layers: &order::Layers, links: &[Vec<(Slot, Slot)>], heights: &[f64]) -> Rows {
        let size = |slot: &Slot| if let Slot::Node(node) = slot { heights[*node] } else { LANE };
        let stack = |slots: &Vec<Slot>| {
            let mut y = 0.0;
            let mut middles = Vec::new();
            for slot in slots {
                middles.push(y + size(slot) / 2.0);
                y += size(slot) + GAP;
            }
            middles
        };
        let mut rows = Rows { middles: layers.slots.iter().map(stack).collect() };
        let count = rows.middles.len();
        for round in 0..ROUNDS {
            for step in 1..count {
                let (layer, fixed) = if round % 2 == 0 { (step, step - 1) } else { (count - 1 - step, count - step) };
                let wanted = rows.wanted(layers, links, layer, fixed);
                rows.middles[layer] = apart(&wanted, &layers.slots[layer].iter().map(size).collect::<Vec<_>>());
            }
        }
        let highest = rows.highest(layers, &size);
        rows.middles.iter_mut().flatten().for_each(|y| *y -= highest);
        rows
    }

    fn of(&self, layers: &order::Layers, layer: usize, slot: Slot) -> f64 {
        let place = layers.slots[layer].iter().position(|known| *known == slot);
        place.map_or(0.0, |place| self.middles[layer][place])
    }

    fn wanted(&self, layers: &order::Layers, links: &[Vec<(Slot, Slot)>], layer: usize, fixed: usize) -> Vec<f64> {
        let own = layers.slots[layer].iter().zip(&self.middles[layer]);
        let middle = |(slot, y): (&Slot, &f64)| {
            let joined = links[layer.min(fixed)].iter().filter_map(|(left, right)| {
                let (mine, other) = if layer > fixed { (right, left) } else { (left, right) };
                (mine == slot).then(|| self.of(layers, fixed, *other))
            });
            let joined: Vec<f64> = joined.collect();
            if joined.is_empty() { *y } else { joined.iter().sum::<f64>() / joined.len() as f64 }
        };
        own.map(middle).collect()
    }

    fn highest(&self, layers: &order::Layers, size: &impl Fn(&Slot) -> f64) -> f64 {
        let tops = layers.slots.iter().zip(&self.middles).flat_map(|(slots, middles)| slots.iter().zip(middles));
        tops.map(|(slot, y)| y - size(slot) / 2.0).fold(f64::INFINITY, f64::min).min(1e9)
    }

    /// Where lines pass.
    fn lowest(&self, layers: &order::Layers) -> Vec<f64> {
        let slots = layers.slots.iter().zip(&self.middles).flat_map(|(slots, middles)| slots.iter().zip(middles));
        slots.filter(|(slot, _)| matches!(slot, Slot::Lane(_))).map(|(_, y)| TOP + y + LANE).collect()
    }
}

/// As near to what is wanted as fits one below the other: neighbours that overlap share the middle of what they want.
fn apart(wanted: &[f64], sizes: &[f64]) -> Vec<f64> {
    // Blocks of neighbours that touch: first slot, count, and the sum of where they want their first one.
    let mut offsets = vec![0.0; wanted.len()];
    for place in 1..wanted.len() {
        offsets[place] = offsets[place - 1] + (sizes[place - 1] + sizes[place]) / 2.0 + GAP;
    }
    let mut blocks: Vec<(usize, f64, f64)> = Vec::new();
    for (place, wanted) in wanted.iter().enumerate() {
        blocks.push((place, 1.0, wanted - offsets[place]));
        while let [.., (_, _, above), (_, _, below)] = blocks[..] {
            if above <= below {
                break;
            }
            if let (Some((_, count, base)), Some((_, counts, bases))) = (blocks.pop(), blocks.last_mut()) {
                *bases = (*bases * *counts + base * count) / (*counts + count);
                *counts += count;
            }
        }
    }
    let mut middles = Vec::new();
    for (place, offset) in offsets.iter().enumerate() {
        let block = blocks.iter().rev().find(|(first, ..)| *first <= place);
        middles.push(offset + block.map_or(0.0, |(_, _, base)| *base));
    }
    middles
}

fn lines(
    chart: &Chart,
    layers: &order::Layers,
    rows: &Rows,
    columns: &[Column],
    boxes: &[Rect],
    is_line: &impl Fn(usize) -> bool,
) -> Vec<Line> {
    let mut lines = vec![Line::default(); chart.edges.len()];
    for (node, rect) in boxes.iter().enumerate() {
        let mut leaving: Vec<usize> = (0..chart.edges.len()).filter(|place| chart.edges[*place].from == node).collect();
        // The first bend decides who leaves above whom; words alone stand below the lines.
        let layer = layers.of[node];
        let first = |place: usize| {
            let to = chart.edges[place].to;
            let slot = if layers.of[to] == layer + 1 { Slot::Node(to) } else { Slot::Lane(place) };
            if is_line(place) { rows.of(layers, layer + 1, slot) } else { f64::INFINITY }
        };
        leaving.sort_by(|a, b| first(*a).total_cmp(&first(*b)));
        let room = leaving.len() as f64 * LINE;
        for (row, place) in leaving.into_iter().enumerate() {
            let y = rect.y + (rect.height - room) / 2.0 + (row as f64 + 0.5) * LINE;
            let words_to = rect.x + rect.width + columns[layer].words;
            let through = if is_line(place) { bends(chart, layers, rows, columns, place) } else { Vec::new() };
            lines[place] = Line { from: (rect.x + rect.width, y), words_to, through };
        }
    }
    lines
}

/// Layer by layer, where the edge comes to it and leaves it, and at which height.
fn bends(chart: &Chart, layers: &order::Layers, rows: &Rows, columns: &[Column], place: usize) -> Vec<Pass> {
    let Edge { from, to, .. } = chart.edges[place];
    let last = layers.of[to];
    let at = |layer: usize| {
        let slot = if layer == last { Slot::Node(to) } else { Slot::Lane(place) };
        let Column { x, box_width, words } = columns[layer];
        Pass { from: x, to: x + box_width + words, y: TOP + rows.of(layers, layer, slot) }
    };
    (layers.of[from] + 1..=last).map(at).collect()
}
