//! `cargo xtask tidy`: what the compiler and clippy cannot hold. Every check runs, all findings are printed, any finding fails.

mod edges;
mod graph;
mod keys;
mod length;
mod limits;
mod links;
mod marks;
mod metadata;
mod purity;
mod source;
mod voice;

use std::fmt;
use std::path::Path;

use self::source::Tree;

/// One thing that does not hold, and where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    /// Relative to the top folder.
    file: String,
    /// From 1.
    line: usize,
    what: String,
    why: String,
    /// What mends it.
    mend: String,
}

impl Finding {
    fn new(
        file: &str,
        line: usize,
        what: impl Into<String>,
        why: impl Into<String>,
        mend: impl Into<String>,
    ) -> Finding {
        Finding { file: file.to_owned(), line, what: what.into(), why: why.into(), mend: mend.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}: {}; {}", self.file, self.line, self.what, self.why, self.mend)
    }
}

/// Prints every finding below `root`; an error when there is one.
pub(crate) fn run(root: &Path) -> Result<(), String> {
    let tree = Tree::read(root)?;
    let design = edges::Design::read(root)?;
    let linux = metadata::Graph::read(root, metadata::Platform::Linux)?;
    let everywhere = metadata::Graph::read(root, metadata::Platform::Every)?;
    let mut findings = edges::check(&design, &linux);
    findings.extend(purity::check(&tree, &design, &linux));
    findings.extend(graph::check(root, &linux, &everywhere)?);
    findings.extend(length::check(root, &tree)?);
    findings.extend(keys::check(&tree));
    findings.extend(limits::check(&tree));
    findings.extend(voice::check(root, &tree)?);
    findings.extend(marks::check(&tree));
    findings.extend(links::check(root, &tree));
    findings.sort();
    findings.dedup();
    for finding in &findings {
        println!("{finding}");
    }
    match findings.len() {
        0 => Ok(()),
        1 => Err("tidy: 1 finding".to_owned()),
        n => Err(format!("tidy: {n} findings")),
    }
}
