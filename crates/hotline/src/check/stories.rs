//! `hotline check --scripts`: the stories of a configuration, played.

use rehearsal::Coverage;
use serde_json::{Value, json};
use settings::{Plans, Rehearsed, Script};

/// Plays every story and prints what came of it; whether all are true.
pub(super) fn play(plans: &Plans, scripts: &[Script], json: bool) -> bool {
    let rehearsed = settings::rehearse(plans, scripts);
    if json {
        objects(&rehearsed).for_each(|object| println!("{object}"));
    } else {
        rehearsed.failed.iter().for_each(|finding| eprintln!("{finding}\n"));
        lines(&rehearsed).iter().for_each(|line| println!("{line}"));
    }
    rehearsed.failed.is_empty()
}

fn objects(rehearsed: &Rehearsed) -> impl Iterator<Item = Value> {
    let coverage = |coverage: &Coverage| {
        let way = |(node, way): &(String, ivr::Way)| json!({"node": node, "way": way.to_string()});
        json!({
            "severity": "coverage",
            "menu": coverage.menu,
            "nodes": coverage.nodes,
            "ways": coverage.ways,
            "nodes_missed": coverage.nodes_missed,
            "ways_missed": coverage.ways_missed.iter().map(way).collect::<Vec<_>>(),
        })
    };
    let failed = rehearsed.failed.iter().map(super::object);
    let whole = json!({"severity": "rehearsal", "stories": rehearsed.stories, "failed": rehearsed.failed.len()});
    failed.chain(rehearsed.coverage.iter().map(coverage)).chain([whole])
}

fn lines(rehearsed: &Rehearsed) -> Vec<String> {
    let mut lines: Vec<String> = rehearsed.coverage.iter().flat_map(of_menu).collect();
    let noun = |count: usize| if count == 1 { "story" } else { "stories" };
    let (stories, failed) = (rehearsed.stories, rehearsed.failed.len());
    lines.push(match failed {
        0 => format!("{stories} {}, all true", noun(stories)),
        _ => format!("{failed} of {stories} {} came out differently", noun(stories)),
    });
    lines
}

fn of_menu(coverage: &Coverage) -> Vec<String> {
    let Coverage { menu, nodes, ways, nodes_missed, ways_missed } = coverage;
    let (came, took) = (nodes - nodes_missed.len(), ways - ways_missed.len());
    let mut lines =
        vec![format!("menu {menu}: stories come to {came} of {nodes} nodes and take {took} of {ways} ways")];
    if !nodes_missed.is_empty() {
        lines.push(format!("  no story comes to {}", nodes_missed.join(", ")));
    }
    // Who does not come to a node takes no way from it.
    let mut open: Vec<(&str, Vec<String>)> = Vec::new();
    for (node, way) in ways_missed.iter().filter(|(node, _)| !nodes_missed.contains(node)) {
        match open.last_mut().filter(|(last, _)| last == node) {
            Some((_, ways)) => ways.push(way.to_string()),
            None => open.push((node, vec![way.to_string()])),
        }
    }
    lines.extend(open.into_iter().map(|(node, ways)| format!("  no story takes from {node}: {}", ways.join(", "))));
    lines
}

#[cfg(test)]
mod tests {
    use ivr::Way;

    use super::*;

    #[test]
    fn what_no_story_came_to_is_a_line_each() {
        let missed = [("main", Way::Silence), ("main", Way::Invalid), ("when", Way::Case(0)), ("night", Way::On)];
        let coverage = Coverage {
            menu: "市民".to_owned(),
            nodes: 5,
            ways: 9,
            nodes_missed: vec!["night".to_owned()],
            ways_missed: missed.map(|(node, way)| (node.to_owned(), way)).to_vec(),
        };
        let rehearsed = Rehearsed { failed: Vec::new(), stories: 1, coverage: vec![coverage] };
        assert_eq!(
            lines(&rehearsed),
            [
                "menu 市民: stories come to 4 of 5 nodes and take 5 of 9 ways",
                "  no story comes to night",
                "  no story takes from main: silence, wrong keys",
                "  no story takes from when: case 1",
                "1 story, all true",
            ]
        );
        let objects: Vec<_> = objects(&rehearsed).collect();
        assert_eq!(objects[0]["ways_missed"][1], json!({"node": "main", "way": "wrong keys"}));
        assert_eq!(objects[1], json!({"severity": "rehearsal", "stories": 1, "failed": 0}));
    }
}
