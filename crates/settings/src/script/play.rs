//! The stories of a configuration, played.

use rehearsal::{Coverage, Stage};

use super::Script;
use crate::sounds::lengths;
use crate::{Finding, Plans};

/// What came of all stories.
#[derive(Clone, Debug, Default)]
pub struct Rehearsed {
    /// The stories that led elsewhere, in the order of files and lines.
    pub failed: Vec<Finding>,
    pub stories: usize,
    /// By menu, in the order of the plans.
    pub coverage: Vec<Coverage>,
}

/// Plays every story on the menu that it is of. One of a menu that is not in the plans fails.
pub fn rehearse(plans: &Plans, scripts: &[Script]) -> Rehearsed {
    let lengths = lengths(&plans.sounds);
    let mut company = rehearsal::Company::new(Stage { plan: &plans.call, lengths: &lengths });
    let mut rehearsed = Rehearsed::default();
    for script in scripts {
        for story in &script.stories {
            rehearsed.stories += 1;
            rehearsed.failed.extend(company.play(&script.menu, story).map(|fault| script.finding(fault)));
        }
    }
    rehearsed.coverage = company.coverage();
    rehearsed
}
