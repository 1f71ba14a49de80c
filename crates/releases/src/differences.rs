//! What differs between two lists of files.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use similar::TextDiff;

use crate::{Error, File};

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Added,
    Removed,
    Changed,
}

impl Change {
    pub const fn name(self) -> &'static str {
        match self {
            Change::Added => "added",
            Change::Removed => "removed",
            Change::Changed => "changed",
        }
    }
}

/// A file that is not the same on both sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub name: String,
    pub change: Change,
    /// Before and after, where there is one.
    pub paths: [Option<PathBuf>; 2],
    /// The lines that differ, as `diff -u` shows them; none for sounds.
    pub lines: Option<String>,
}

/// Letters of lines that are shown of one file: more is read in the files themselves.
const LINES_LETTERS_MAX: usize = 64 * 1024;
/// Files that have nothing in common are compared more coarsely after this.
const PATIENCE: Duration = Duration::from_millis(500);
/// Lines around what differs.
const AROUND: usize = 3;

/// By name.
///
/// # Errors
/// When a file cannot be read.
pub fn differences(before: &[File], after: &[File]) -> Result<Vec<Difference>, Error> {
    let mut names: BTreeMap<&str, [Option<&File>; 2]> = BTreeMap::new();
    for (side, files) in [before, after].into_iter().enumerate() {
        files.iter().for_each(|file| names.entry(&file.name).or_default()[side] = Some(file));
    }
    let one = |(name, sides): (&str, [Option<&File>; 2])| difference(name, sides).transpose();
    names.into_iter().filter_map(one).collect()
}

fn difference(name: &str, sides: [Option<&File>; 2]) -> Result<Option<Difference>, Error> {
    let read = |file: Option<&File>| match file {
        Some(file) => std::fs::read(&file.path).map_err(Error::at(&file.path)),
        None => Ok(Vec::new()),
    };
    let (before, after) = (read(sides[0])?, read(sides[1])?);
    let change = match sides {
        [Some(_), Some(_)] if before == after => return Ok(None),
        [None, _] => Change::Added,
        [_, None] => Change::Removed,
        _ => Change::Changed,
    };
    let texts = String::from_utf8(before).ok().zip(String::from_utf8(after).ok());
    let lines = texts.filter(|_| !name.ends_with(".wav")).map(|(before, after)| lines(&before, &after));
    let paths = sides.map(|file| file.map(|file| file.path.clone()));
    Ok(Some(Difference { name: name.to_owned(), change, paths, lines }))
}

fn lines(before: &str, after: &str) -> String {
    let diff = TextDiff::configure().timeout(PATIENCE).diff_lines(before, after);
    let mut shown = diff.unified_diff().context_radius(AROUND).to_string();
    if let Some((cut, _)) = shown.char_indices().nth(LINES_LETTERS_MAX) {
        shown.truncate(cut);
        shown.push_str("\n… more\n");
    }
    shown
}
