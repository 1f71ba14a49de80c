//! The stories that come with the shipped menu.

use crate::kit::{config, plans};

#[test]
fn the_shipped_stories_are_true_and_come_to_every_node_and_key() {
    let plans = plans(&config());
    let scripts = settings::scripts(&config(), Some(&plans)).unwrap_or_else(|report| panic!("{report}"));
    let rehearsed = rehearsal::run(&plans, &scripts);
    let failed: Vec<_> = rehearsed.failed.iter().map(ToString::to_string).collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(rehearsed.stories >= 12 && rehearsed.coverage.len() == plans.call.menus.len());
    for coverage in &rehearsed.coverage {
        assert!(coverage.nodes_missed.is_empty() && coverage.ways_missed.is_empty(), "{coverage:?}");
    }
}
