//! What is wrong with a configuration, or probably not as meant, for programs: editors, pipelines.

use std::fmt;

use crate::problem::{Problem, Spot};
use crate::source::{Source, Sources};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    Error,
    /// It works, but probably not as meant.
    Warning,
}

/// One error or warning; prints like a compiler's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub severity: Severity,
    /// The file or folder, or the environment variable.
    pub origin: String,
    /// None for a file as a whole.
    pub place: Option<Place>,
    /// What is wrong, in one line.
    pub title: String,
    /// What stands beside the place; may be empty.
    pub label: String,
    /// What to do.
    pub help: String,
    pub(crate) text: String,
}

/// Characters of one line, each counted from 1; `to_column` is behind the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub line: usize,
    pub column: usize,
    pub to_column: usize,
}

impl Severity {
    pub const fn name(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }
}

impl Finding {
    pub(crate) fn of(problem: &Problem, severity: Severity, sources: &Sources, text: String) -> Finding {
        let (origin, place) = match &problem.spot {
            Spot::Text { file, from, to } => match sources.get(*file) {
                Some(source) => (source.path.display().to_string(), Some(place(source, *from, *to))),
                None => (String::new(), None),
            },
            Spot::Path(path) => (path.display().to_string(), None),
            Spot::Env(name) => (name.clone(), None),
        };
        let Problem { title, label, help, .. } = problem.clone();
        Finding { severity, origin, place, title, label, help, text }
    }
}

fn place(source: &Source, from: usize, to: usize) -> Place {
    let (from, to) = crate::report::whole_characters(&source.text, from, to);
    let before = source.text.get(..from).unwrap_or_default();
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let length = source.text.get(from..to).unwrap_or_default().chars().count();
    Place { line: before.matches('\n').count() + 1, column, to_column: column + length }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
