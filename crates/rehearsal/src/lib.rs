//! Stories of callers, played on menus before anybody hears them.
//!
//! Invariants: a rehearsal is on virtual time and asks nobody, so that the same stories and plans have the same result on any day and
//! machine; it walks the very interpreter of calls and knows of a call what the engine knows; every story ends, whatever it says.

mod coverage;
mod judge;
mod misfit;
mod setting;
mod speech;
mod story;
mod visit;
mod who;

use std::time::Duration;

pub use coverage::Coverage;
pub use judge::Fault;
pub use misfit::Misfit;
pub use story::{Deed, End, Story, Told};
pub use visit::{News, Outcome, Stop, Visit};
pub use who::{Survey, Who};

/// What stories are played on.
#[derive(Clone, Copy, Debug)]
pub struct Stage<'a> {
    pub plan: &'a call::Plan,
    /// By `SoundId`, how long each sound is.
    pub lengths: &'a [Duration],
}

/// Plays stories one after the other, and keeps what they came to.
#[derive(Clone, Debug)]
pub struct Company<'a> {
    stage: Stage<'a>,
    /// By place of the menu in the plan.
    seen: Vec<coverage::Seen>,
}

impl<'a> Company<'a> {
    pub fn new(stage: Stage<'a>) -> Company<'a> {
        Company { stage, seen: stage.plan.menus.iter().map(|_| coverage::Seen::default()).collect() }
    }

    /// Plays a story on the menu of that name; gives the first thing that comes out differently. A menu that is not there is such a thing.
    pub fn play(&mut self, menu: &str, story: &Story) -> Option<Fault> {
        let place = self.stage.plan.menus.iter().position(|version| version.name == menu);
        let begun = place.and_then(|place| Some((place, Visit::begin(self.stage, place, &story.who)?)));
        let Some((place, mut visit)) = begun else { return Some(judge::not_begun(menu, story)) };
        let fault = judge::play(&mut visit, story);
        self.seen[place].add(&visit);
        fault
    }

    /// By menu, in the order of the plan.
    pub fn coverage(&self) -> Vec<Coverage> {
        self.stage.plan.menus.iter().zip(&self.seen).map(|(version, seen)| seen.of(version)).collect()
    }
}
