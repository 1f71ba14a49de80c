//! Problems as an operator reads them.

use std::fmt;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use crate::finding::{Finding, Severity};
use crate::problem::{Problem, Spot};
use crate::source::Sources;

/// Every error of a configuration; prints like a compiler's.
#[derive(Clone, Debug)]
pub struct Report {
    problems: Vec<Problem>,
    sources: Sources,
}

impl Report {
    pub(crate) fn new(problems: Vec<Problem>, sources: Sources) -> Report {
        Report { problems, sources }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.problems.len()
    }

    /// The whole text; `styled` for a terminal with colours.
    pub fn render(&self, styled: bool) -> String {
        let renderer = if styled { Renderer::styled() } else { Renderer::plain() };
        let texts = self.problems.iter().map(|p| self.one(p, Level::ERROR, &renderer)).collect::<Vec<_>>();
        let count = self.count();
        let noun = if count == 1 { "error" } else { "errors" };
        format!("{}\n\n{count} {noun} in the configuration\n", texts.join("\n\n"))
    }

    /// Each error, in the order of files and lines.
    pub fn findings(&self) -> Vec<Finding> {
        self.all(Severity::Error)
    }

    /// Each problem as a warning.
    pub(crate) fn warnings(&self) -> Vec<Finding> {
        self.all(Severity::Warning)
    }

    fn all(&self, severity: Severity) -> Vec<Finding> {
        let level = if severity == Severity::Error { Level::ERROR } else { Level::WARNING };
        let text = |problem| self.one(problem, level.clone(), &Renderer::plain());
        self.problems.iter().map(|p| Finding::of(p, severity, &self.sources, text(p))).collect()
    }

    fn one(&self, problem: &Problem, level: Level<'_>, renderer: &Renderer) -> String {
        let title = level.primary_title(&problem.title);
        let group = match &problem.spot {
            Spot::Text { file, from, to } => match self.sources.get(*file) {
                Some(source) => {
                    let text = &source.text;
                    let (from, to) = whole_characters(text, *from, *to);
                    let label = Some(&problem.label).filter(|l| !l.is_empty());
                    let mark = AnnotationKind::Primary.span(from..to).label(label);
                    title.element(Snippet::source(text).path(source.path.display().to_string()).annotation(mark))
                }
                None => Group::with_title(title),
            },
            Spot::Path(path) => title.element(Origin::path(path.display().to_string())),
            Spot::Env(name) => title.element(Origin::path(format!("environment variable {name}"))),
        };
        renderer.render(&[group.element(Level::HELP.message(&problem.help))])
    }
}

/// A span of at most one line, on the edges of characters.
pub(crate) fn whole_characters(text: &str, from: usize, to: usize) -> (usize, usize) {
    let mut from = from.min(text.len());
    while !text.is_char_boundary(from) {
        from -= 1;
    }
    let line_end = text[from..].find('\n').map_or(text.len(), |n| from + n);
    let mut to = to.clamp(from, line_end.max(from));
    while !text.is_char_boundary(to) {
        to -= 1;
    }
    (from, to)
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Report {}
