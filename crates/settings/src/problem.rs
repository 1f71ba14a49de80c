//! One thing that is wrong, and the list that gathers them.

use std::cell::RefCell;
use std::ops::Range;
use std::path::PathBuf;

use crate::source::FileId;

/// Where something is written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Spot {
    Text {
        file: FileId,
        from: usize,
        to: usize,
    },
    /// A file or folder as a whole.
    Path(PathBuf),
    /// An environment variable.
    Env(String),
}

impl Spot {
    pub(crate) fn text(file: FileId, span: Range<usize>) -> Spot {
        Spot::Text { file, from: span.start, to: span.end }
    }

    /// A part of a text of `len` bytes that is written here in plain quotes; the whole of it where escapes shift the places.
    pub(crate) fn within(&self, len: usize, part: Range<usize>) -> Spot {
        match self {
            Spot::Text { file, from, to } if to - from == len + 2 => {
                Spot::Text { file: *file, from: from + 1 + part.start, to: from + 1 + part.end }
            }
            whole => whole.clone(),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Problem {
    pub(crate) spot: Spot,
    /// What is wrong, in one line.
    pub(crate) title: String,
    /// Beside the caret.
    pub(crate) label: String,
    /// What to do.
    pub(crate) help: String,
}

impl Problem {
    pub(crate) fn new(
        spot: Spot,
        title: impl Into<String>,
        label: impl Into<String>,
        help: impl Into<String>,
    ) -> Problem {
        Problem { spot, title: title.into(), label: label.into(), help: help.into() }
    }
}

/// Gathers while everything reads on.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    errors: RefCell<Vec<Problem>>,
    warnings: RefCell<Vec<Problem>>,
}

impl Problems {
    pub(crate) fn error(&self, problem: Problem) {
        self.errors.borrow_mut().push(problem);
    }

    pub(crate) fn warn(&self, problem: Problem) {
        self.warnings.borrow_mut().push(problem);
    }

    /// Errors and warnings, each in the order of files and lines and without repetition.
    pub(crate) fn into_sorted(self) -> (Vec<Problem>, Vec<Problem>) {
        let sorted = |problems: RefCell<Vec<Problem>>| {
            let mut problems = problems.into_inner();
            problems.sort();
            problems.dedup();
            problems
        };
        (sorted(self.errors), sorted(self.warnings))
    }
}
