//! `menu/NAME.script`: stories of callers and where the menu leads each, a line each. Operators write them, and a rehearsal plays them.
//!
//! A line is `who and when, what the caller does -> where that leads through nodes`. This module reads lines and judges names;
//! `rehearsal` walks the menu.

mod files;
mod line;
mod names;
mod phrase;
mod play;

use std::sync::Arc;

use rehearsal::{Fault, Story};

use crate::Finding;
use crate::problem::{Problem, Spot};
use crate::report::Report;
use crate::source::{FileId, Sources};

pub use files::scripts;
pub use line::DEEDS_MAX;
pub use phrase::{Misfit, Phrase, take};
pub use play::{Rehearsed, rehearse};

/// Stories of one file.
#[derive(Clone, Debug)]
pub struct Script {
    /// The name of the menu that they are of.
    pub menu: String,
    pub stories: Vec<Story>,
    file: FileId,
    sources: Arc<Sources>,
}

impl Script {
    /// What is wrong with a story, at a place of its file.
    fn finding(&self, fault: Fault) -> Finding {
        let Fault { place, title, label, help } = fault;
        let problem = Problem::new(Spot::text(self.file, place), title, label, help);
        // A problem is a finding.
        Report::new(vec![problem], self.sources.as_ref().clone()).findings().remove(0)
    }
}
