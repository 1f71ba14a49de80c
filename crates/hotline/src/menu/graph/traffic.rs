//! The calls of some days on a menu, from their records. A record has the nodes that its caller came to, in their order, and why the call
//! ended, and where keys were pressed that lead nowhere; it does not tell the other keys, nor how often a prompt was heard.

use std::collections::BTreeMap;
use std::path::Path;

use base::{EndReason, Wall};
use ivr::{Menu, NodeId, Target};
use settings::Plans;
use store::{CallRow, Filter};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Traffic {
    pub(super) calls: u64,
    /// Calls that ran another version of the menu: they count where its nodes have the same names.
    pub(super) other_versions: u64,
    /// By node, how often callers came to it.
    pub(super) nodes: BTreeMap<usize, u64>,
    /// By the nodes at both ends. Ways between the same two nodes are not told apart, nor is 0 where an edge leads to the same node.
    pub(super) edges: BTreeMap<(usize, usize), u64>,
    /// By node, callers who hung up there.
    pub(super) left: BTreeMap<usize, u64>,
    /// By node, keys that lead nowhere there.
    pub(super) wrong: BTreeMap<usize, u64>,
    /// By node, callers who went back from it to a choice that they had come by.
    pub(super) back: BTreeMap<usize, u64>,
    /// By node, callers who asked for a person there, or were taken to one, by no edge.
    pub(super) person: BTreeMap<usize, u64>,
}

/// What the menu is for counting.
struct Known<'a> {
    menu: &'a Menu,
    version: &'a str,
    places: BTreeMap<&'a str, usize>,
    edges: Vec<(usize, usize)>,
    survey: Option<usize>,
}

/// Counts the calls of one menu that began from then on and before then.
///
/// # Errors
/// When the records cannot be read.
pub(super) fn read(
    data: &Path,
    plans: &Plans,
    place: usize,
    (from, to): (Option<Wall>, Option<Wall>),
) -> Result<Traffic, String> {
    let numbers: Vec<&str> =
        plans.call.called.iter().filter(|called| called.menu == place).map(|called| called.number.as_str()).collect();
    let known = Known::of(&plans.call.menus[place].menu, &plans.call.menus[place].version);
    let mut traffic = Traffic::default();
    let read = store::for_each(data, Filter { from, to, ..Filter::default() }, |row| {
        if numbers.contains(&row.called.as_str()) {
            traffic.add(&known, &row);
        }
        true
    });
    read.map(|()| traffic).map_err(|error| error.to_string())
}

impl<'a> Known<'a> {
    fn of(menu: &'a Menu, version: &'a str) -> Known<'a> {
        let places = menu.node_ids().map(|id| (menu.node_name(id), usize::from(id.0))).collect();
        let outlines = ivr::outline(menu, &[], &ivr::Prompts::default());
        let node = |to: &Target| if let Target::Node(NodeId(to)) = to { Some(usize::from(*to)) } else { None };
        let edges = outlines
            .iter()
            .enumerate()
            .flat_map(|(from, outline)| outline.ways.iter().filter_map(move |on| node(&on.to).map(|to| (from, to))));
        let survey = menu.survey().map(|survey| usize::from(survey.start.0));
        Known { menu, version, places, edges: edges.collect(), survey }
    }
}

impl Traffic {
    fn add(&mut self, known: &Known<'_>, row: &CallRow) {
        let Some(path) = row.menu_path.as_ref().filter(|path| !path.is_empty()) else { return };
        self.calls += 1;
        self.other_versions += u64::from(row.menu_version.as_deref().is_some_and(|version| version != known.version));
        let places: Vec<Option<usize>> = path.iter().map(|name| known.places.get(name.as_str()).copied()).collect();
        places.iter().flatten().for_each(|node| count(&mut self.nodes, *node));
        for (at, pair) in places.windows(2).enumerate() {
            if let [Some(from), Some(to)] = *pair {
                self.goes(known, from, to, &places[..at]);
            }
        }
        let wrong = row.wrong_keys.iter().flatten().filter_map(|name| known.places.get(name.as_str()));
        wrong.for_each(|node| count(&mut self.wrong, *node));
        let left = row.end_reason.as_deref() == Some(EndReason::LeftInMenu.name());
        if let Some(last) = places.last().copied().flatten().filter(|_| left) {
            count(&mut self.left, last);
        }
    }

    fn goes(&mut self, known: &Known<'_>, from: usize, to: usize, before: &[Option<usize>]) {
        if known.edges.contains(&(from, to)) {
            count(&mut self.edges, (from, to));
        } else if to == usize::from(known.menu.person_node().0) {
            count(&mut self.person, from);
        } else if known.survey != Some(to) && before.contains(&Some(to)) {
            count(&mut self.back, from);
        }
    }

    /// What is told of a node.
    pub(super) fn words(&self, node: usize) -> String {
        let of = |counts: &BTreeMap<usize, u64>| counts.get(&node).copied().unwrap_or(0);
        let mut words = vec![calls(of(&self.nodes))];
        let more = [
            (of(&self.left), "hung up"),
            (of(&self.wrong), "wrong keys"),
            (of(&self.back), "back"),
            (of(&self.person), "by 0"),
        ];
        words.extend(more.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")));
        words.join(" · ")
    }

    /// What is told of an edge.
    pub(super) fn on(&self, from: usize, to: usize) -> String {
        calls(self.edges.get(&(from, to)).copied().unwrap_or(0))
    }

    /// Whether callers hung up at a node.
    pub(super) fn is_left(&self, node: usize) -> bool {
        self.left.contains_key(&node)
    }

    /// Of the line of an edge: its square goes with its calls.
    pub(super) fn width(&self, from: usize, to: usize, widest: f64) -> f64 {
        let most = self.edges.values().copied().max().unwrap_or(0).max(1);
        let calls = self.edges.get(&(from, to)).copied().unwrap_or(0);
        1.0 + (widest - 1.0) * (calls as f64 / most as f64).sqrt()
    }

    pub(super) fn summary(&self) -> String {
        let sum = |counts: &BTreeMap<usize, u64>| counts.values().sum::<u64>();
        let mut words = format!(
            "{}; {} hung up in the menu; {} wrong keys, {} times back, {} times 0",
            calls(self.calls),
            sum(&self.left),
            sum(&self.wrong),
            sum(&self.back),
            sum(&self.person)
        );
        if self.other_versions > 0 {
            words.push_str(&format!("; {} ran another version", self.other_versions));
        }
        words
    }
}

fn calls(count: u64) -> String {
    if count == 1 { "1 call".to_owned() } else { format!("{count} calls") }
}

fn count<K: Ord>(counts: &mut BTreeMap<K, u64>, key: K) {
    *counts.entry(key).or_default() += 1;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(path: &[&str], end: &str, version: &str) -> CallRow {
        CallRow {
            id: String::new(),
            caller: String::new(),
            called: "12345".to_owned(),
            source: String::new(),
            started: Wall(0),
            answered: None,
            ended: None,
            menu_path: Some(path.iter().map(|name| (*name).to_owned()).collect()),
            menu_version: Some(version.to_owned()),
            locale: None,
            skill_group: None,
            queued_ms: None,
            waits: None,
            agent: None,
            talk_ms: None,
            end_reason: Some(end.to_owned()),
            confidential: false,
            rating: None,
            order: None,
            earlier: None,
            wrong_keys: None,
        }
    }

    #[test]
    fn what_records_tell_of_a_menu() {
        let plans = super::super::chart::tests::plans();
        let version = &plans.call.menus[0];
        let known = Known::of(&version.menu, &version.version);
        let mut traffic = Traffic::default();
        let unsure = row(&["notice", "welcome", "main", "complaint"], "caller_hangup", &version.version);
        for row in [
            CallRow { wrong_keys: Some(vec!["main".into(), "main".into(), "removed".into()]), ..unsure },
            row(&["notice", "staff"], "abandoned", &version.version),
            row(&["notice", "welcome"], "left_in_menu", &version.version),
            // Back by *, where no edge leads back.
            row(&["notice", "welcome", "main", "order-hours", "main", "consult"], "caller_hangup", "other"),
            row(&["gone", "main", "removed"], "left_in_menu", "other"),
            row(&[], "refused", &version.version),
        ] {
            traffic.add(&known, &row);
        }
        let place = |name: &str| known.places[name];
        assert_eq!((traffic.calls, traffic.other_versions), (5, 2));
        assert_eq!(traffic.on(place("notice"), place("welcome")), "3 calls");
        assert_eq!(traffic.on(place("main"), place("complaint")), "1 call");
        assert_eq!(traffic.words(place("welcome")), "3 calls · 1 hung up");
        assert_eq!(traffic.words(place("main")), "4 calls · 2 wrong keys");
        assert_eq!(traffic.words(place("notice")), "4 calls · 1 by 0");
        assert_eq!(traffic.words(place("order-hours")), "1 call · 1 back");
        assert_eq!(
            traffic.summary(),
            "5 calls; 1 hung up in the menu; 2 wrong keys, 1 times back, 1 times 0; 2 ran another version"
        );
        assert!(
            traffic.width(place("notice"), place("welcome"), 8.0)
                > traffic.width(place("main"), place("complaint"), 8.0)
        );
    }
}
