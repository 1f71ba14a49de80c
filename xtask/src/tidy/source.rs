//! The text files of the repository, and their Rust code without comments, literals and tests.

mod blank;
mod items;

use std::fs;
use std::path::Path;

pub(super) use self::blank::blank;
pub(super) use self::items::{Function, functions, production};

/// Folders that hold no source, from the top.
const SKIPPED: &[&str] = &["target", "data", ".git", "fuzz/target", "fuzz/corpus", "fuzz/artifacts"];
/// No source file of ours comes near it; larger ones are data.
const FILE_BYTES_MAX: u64 = 2_000_000;

/// Every text file below the top folder.
pub(super) struct Tree {
    pub(super) files: Vec<File>,
}

pub(super) struct File {
    /// Relative to the top folder, with `/`.
    pub(super) path: String,
    pub(super) text: String,
}

impl Tree {
    pub(super) fn read(root: &Path) -> Result<Tree, String> {
        let mut tree = Tree { files: Vec::new() };
        tree.folder(root, "")?;
        tree.files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(tree)
    }

    fn folder(&mut self, root: &Path, inside: &str) -> Result<(), String> {
        let folder = root.join(inside);
        let cannot = |error| format!("cannot read the folder {}: {error}", folder.display());
        for entry in fs::read_dir(&folder).map_err(cannot)? {
            let entry = entry.map_err(cannot)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = if inside.is_empty() { name.clone() } else { format!("{inside}/{name}") };
            let kind = entry.file_type().map_err(cannot)?;
            if kind.is_dir() && !SKIPPED.contains(&path.as_str()) {
                self.folder(root, &path)?;
            } else if kind.is_file() && is_text(&name) && entry.metadata().map_err(cannot)?.len() <= FILE_BYTES_MAX {
                let bytes = fs::read(entry.path()).map_err(|error| format!("cannot read {path}: {error}"))?;
                self.files.push(File { path, text: String::from_utf8_lossy(&bytes).into_owned() });
            }
        }
        Ok(())
    }

    pub(super) fn get(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    pub(super) fn ending(&self, suffix: &str) -> impl Iterator<Item = &File> {
        self.files.iter().filter(move |file| file.path.ends_with(suffix))
    }

    /// Rust files that end up in a program or library: no tests, benches or examples.
    pub(super) fn rust(&self) -> impl Iterator<Item = &File> {
        self.ending(".rs").filter(|file| !file.is_test())
    }
}

impl File {
    /// The crate that the file belongs to: the folder above `src`.
    pub(super) fn package(&self) -> Option<&str> {
        self.path.split("/src/").next().filter(|head| *head != self.path)?.rsplit('/').next()
    }

    fn is_test(&self) -> bool {
        let mut parts = self.path.split('/');
        let by_folder = parts.any(|part| matches!(part, "tests" | "benches" | "examples" | "fuzz"));
        by_folder || self.path.ends_with("/tests.rs")
    }
}

fn is_text(name: &str) -> bool {
    const KINDS: &[&str] = &["rs", "toml", "md", "txt", "service", "yml", "yaml", "sh"];
    name.rsplit_once('.').is_some_and(|(_, kind)| KINDS.contains(&kind)) || name == "Containerfile"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str) -> File {
        File { path: path.to_owned(), text: String::new() }
    }

    #[test]
    fn a_file_knows_its_crate() {
        assert_eq!(file("crates/sip/src/message/parse.rs").package(), Some("sip"));
        assert_eq!(file("xtask/src/main.rs").package(), Some("xtask"));
        assert_eq!(file("README.md").package(), None);
    }

    #[test]
    fn tests_are_told_from_production() {
        for (path, test) in [
            ("crates/sip/tests/torture.rs", true),
            ("crates/acd/src/state/tests.rs", true),
            ("tests/e2e/main.rs", true),
            ("crates/sim/src/lib.rs", false),
        ] {
            assert_eq!(file(path).is_test(), test, "{path}");
        }
    }
}
