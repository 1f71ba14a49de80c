//! What is drawn of a menu, whatever the format: nodes, and one edge between two nodes for all ways that lead there.

use std::time::Duration;

use ivr::{Menu, NodeId, Outline, Target, Way, WayOn};
use settings::Plans;

use super::traffic::Traffic;

#[derive(Clone, Debug, Default)]
pub(super) struct Chart {
    pub(super) menu: String,
    /// What is true of all of it.
    pub(super) summary: String,
    /// By `NodeId`.
    pub(super) nodes: Vec<Node>,
    pub(super) edges: Vec<Edge>,
    pub(super) traffic: Option<Traffic>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Node {
    pub(super) name: String,
    pub(super) kind: &'static str,
    pub(super) about: String,
    /// Whether calls begin here.
    pub(super) is_start: bool,
    /// Keys that lead back, or to the same node again.
    pub(super) own_keys: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Edge {
    pub(super) from: usize,
    pub(super) to: usize,
    /// Key, condition, hour: one for each way.
    pub(super) labels: Vec<String>,
    /// Until a silent caller is in a queue of people, from the far end; none where no such caller comes to people.
    pub(super) silent: Option<Duration>,
    /// Nobody chose it: silence, wrong keys, a failure.
    pub(super) is_fallback: bool,
}

impl Chart {
    pub(super) fn of(plans: &Plans, place: usize) -> Chart {
        let version = &plans.call.menus[place];
        let menu = &version.menu;
        let groups: Vec<String> = plans.call.groups.iter().map(|group| group.name.clone()).collect();
        let outlines = ivr::outline(menu, &groups, &plans.call.prompts);
        let reaches = plans.reach().into_iter().find(|reach| reach.menu == version.name);
        let silent = |node: NodeId| {
            let nodes = reaches.as_ref().map(|reach| reach.nodes.as_slice()).unwrap_or_default();
            nodes.get(usize::from(node.0)).and_then(|(_, reach)| reach.silent)
        };
        let mut edges: Vec<Edge> = Vec::new();
        for (from, outline) in outlines.iter().enumerate() {
            for on in &outline.ways {
                let Target::Node(to) = on.to else { continue };
                add(&mut edges, from, usize::from(to.0), on, silent(to));
            }
        }
        let starts = [Some(menu.start()), Some(menu.surge_start()), menu.survey().map(|survey| survey.start)];
        let nodes = menu.node_ids().zip(outlines).map(|(id, outline)| node(menu, outline, starts.contains(&Some(id))));
        let seconds = seconds(silent(menu.start()));
        let person = menu.node_name(menu.person_node());
        Chart {
            menu: version.name.clone(),
            summary: format!(
                "version {}; 0 leads to {person} from everywhere; who presses nothing: {seconds}",
                version.version
            ),
            nodes: nodes.collect(),
            edges,
            traffic: None,
        }
    }
}

fn node(menu: &Menu, outline: Outline, is_start: bool) -> Node {
    let own = outline.ways.iter().filter(|on| !matches!(on.to, Target::Node(_)));
    let own_keys = own.map(|on| format!("{}: {}", label(on), menu.target_name(on.to))).collect();
    Node { name: outline.name, kind: outline.kind, about: outline.about, is_start, own_keys }
}

fn add(edges: &mut Vec<Edge>, from: usize, to: usize, on: &WayOn, silent: Option<Duration>) {
    let is_fallback = matches!(on.way, Way::Silence | Way::Invalid | Way::Failed);
    match edges.iter_mut().find(|edge| (edge.from, edge.to) == (from, to)) {
        Some(edge) => {
            edge.labels.extend(Some(label(on)).filter(|label| !label.is_empty()));
            edge.is_fallback &= is_fallback;
        }
        None => {
            let labels = Some(label(on)).filter(|label| !label.is_empty()).into_iter().collect();
            edges.push(Edge { from, to, labels, silent, is_fallback });
        }
    }
}

fn label(on: &WayOn) -> String {
    match on.way {
        Way::On => String::new(),
        Way::Key(key) if on.when.is_empty() => key.as_char().to_string(),
        Way::Key(key) => format!("{} {}", key.as_char(), on.when),
        Way::Case(_) => on.when.clone(),
        other => other.to_string(),
    }
}

/// Whole ones, rounded up.
pub(super) fn seconds(time: Option<Duration>) -> String {
    time.map_or_else(|| "no person".to_owned(), |time| format!("{} s", time.as_millis().div_ceil(1000)))
}

impl Edge {
    /// Keys or conditions, and the time from the far end.
    pub(super) fn text(&self) -> String {
        let words = self.labels.iter().cloned().chain([seconds(self.silent)]);
        words.collect::<Vec<_>>().join(" · ")
    }
}

/// What fills a node of each kind, and its edge.
pub(super) const KINDS: [(&str, &str, &str); 14] = [
    ("play", "#eef2f7", "#8a9bb0"),
    ("speak", "#eef2f7", "#8a9bb0"),
    ("on_air", "#fdebd0", "#c9882b"),
    ("menu", "#d6e6f7", "#2f6db3"),
    ("digits", "#d3eef0", "#1f8a94"),
    ("hours", "#fff6cc", "#b59a1b"),
    ("when", "#fff0b3", "#b08d00"),
    ("set", "#f1f1f1", "#8f8f8f"),
    ("http", "#e9def7", "#7d55b5"),
    ("queue", "#d9f2dc", "#2f8f46"),
    ("call_back", "#c5ead0", "#24794a"),
    ("transfer", "#f9dfe6", "#b5446a"),
    ("rate", "#fde3f3", "#b0489a"),
    ("end", "#e3e3e3", "#555555"),
];

/// Fill and line of a kind.
pub(super) fn colours(kind: &str) -> (&'static str, &'static str) {
    KINDS.iter().find(|(known, ..)| *known == kind).map_or(("#ffffff", "#555555"), |(_, fill, line)| (fill, line))
}

#[cfg(test)]
pub(super) mod tests {
    use std::path::Path;

    use super::*;

    pub(in super::super) fn plans() -> Plans {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let prompts = ("HOTLINE__PROMPTS__DIR".to_owned(), root.join("prompts").display().to_string());
        settings::load(&root.join("config"), [prompts]).unwrap_or_else(|report| panic!("{report}"))
    }

    /// The shipped menu.
    pub(in super::super) fn chart() -> Chart {
        Chart::of(&plans(), 0)
    }

    /// A menu of menus, with edges back, edges that skip layers, and a node that everybody falls back to.
    pub(in super::super) fn large(nodes: usize) -> Chart {
        let kinds = ["menu", "when", "queue", "play"];
        let node = |place: usize| Node {
            name: format!("区县-{place}"),
            kind: kinds[place % kinds.len()],
            about: if place.is_multiple_of(5) {
                "a very long text about what this node is for, and more".to_owned()
            } else {
                String::new()
            },
            is_start: place == 0,
            own_keys: if place.is_multiple_of(7) { vec!["9: back".to_owned()] } else { Vec::new() },
        };
        let edge = |from: usize, to: usize, label: &str| Edge {
            from,
            to,
            labels: vec![label.to_owned()],
            silent: Some(Duration::from_millis(1500)),
            is_fallback: label == "silence",
        };
        let mut edges = Vec::new();
        for place in 1..nodes {
            edges.push(edge((place - 1) / 5, place, "1"));
            edges.push(edge(place, nodes - 1, "silence"));
            if place.is_multiple_of(11) {
                edges.push(edge(place, place / 7, "9 en"));
                edges.push(edge(place / 13, place, "city 杭州, 宁波; line fixed; called before 3"));
            }
        }
        let traffic = Some(Traffic { calls: 1, ..Traffic::default() });
        Chart { menu: "大".to_owned(), summary: String::new(), nodes: (0..nodes).map(node).collect(), edges, traffic }
    }

    #[test]
    fn ways_between_the_same_two_nodes_are_one_edge() {
        let chart = chart();
        let place = |name: &str| chart.nodes.iter().position(|node| node.name == name).expect("a node");
        let edge = |from: &str, to: &str| {
            let ends = (place(from), place(to));
            chart.edges.iter().find(|edge| (edge.from, edge.to) == ends).expect("an edge")
        };
        assert_eq!(edge("main", "staff").text(), "silence · wrong keys · 0 s");
        assert!(edge("main", "staff").is_fallback && !edge("main", "consult").is_fallback);
        assert_eq!(edge("order-hours", "order-closed").labels, ["closed"]);
        assert!(edge("main", "main-english").text().starts_with("9 en · "));
        assert!(chart.nodes[place("notice")].is_start && !chart.nodes[place("main")].is_start);
    }
}
