//! Stories of callers, played on menus before anybody hears them.
//!
//! Invariants: a rehearsal is on virtual time and asks nobody, so that the same stories and plans have the same result on any day and
//! machine; it walks the very interpreter of calls and knows of a call what the engine knows; every story ends, whatever it says.

mod coverage;
mod judge;
mod setting;
mod visit;

use settings::{Finding, Plans, Script};

pub use coverage::Coverage;
pub use visit::{Misfit, News, Outcome, Stop, Visit};

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
pub fn run(plans: &Plans, scripts: &[Script]) -> Rehearsed {
    let mut rehearsed = Rehearsed::default();
    let mut seen: Vec<_> = plans.call.menus.iter().map(|_| coverage::Seen::default()).collect();
    for script in scripts {
        for story in &script.stories {
            rehearsed.stories += 1;
            let menu = plans.call.menus.iter().position(|version| version.name == script.menu);
            let played = menu.and_then(|place| Some((place, Visit::begin(plans, place, &story.who)?)));
            let Some((place, mut visit)) = played else {
                rehearsed.failed.push(judge::not_begun(script, story));
                continue;
            };
            rehearsed.failed.extend(judge::play(&mut visit, script, story));
            seen[place].add(&visit);
        }
    }
    let menus = plans.call.menus.iter().zip(&seen);
    rehearsed.coverage = menus.map(|(version, seen)| seen.of(version)).collect();
    rehearsed
}
