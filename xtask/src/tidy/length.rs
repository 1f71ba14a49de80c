//! How long functions and files are, with a ratchet: what is too long today may only shrink.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::Finding;
use super::source::{Function, Tree, functions, production};

const FILE: &str = "xtask/ratchet.toml";
/// Longer functions hide a decision among straight lines.
const FUNCTION_LINES_MAX: usize = 70;
/// A file holds one idea; longer ones are exceptions with their length written down.
const FILE_LINES_MAX: usize = 450;
/// No exception reaches beyond this.
const EXCEPTION_LINES_MAX: usize = 800;

/// Known exceptions: a path for a file, `path::function` for a function, and its length.
#[derive(Default)]
struct Ratchet(BTreeMap<String, usize>);

impl Ratchet {
    fn read(root: &Path) -> Result<Ratchet, String> {
        let text = fs::read_to_string(root.join(FILE)).map_err(|error| format!("cannot read {FILE}: {error}"))?;
        Ratchet::parse(&text)
    }

    fn parse(text: &str) -> Result<Ratchet, String> {
        let table: toml::Table = text.parse().map_err(|error| format!("{FILE}: {error}"))?;
        let mut known = BTreeMap::new();
        for (section, entries) in table {
            let entries = entries.as_table().ok_or_else(|| format!("{FILE}: [{section}] is no table"))?;
            for (name, length) in entries {
                let length = length.as_integer().and_then(|n| usize::try_from(n).ok());
                known.insert(name.clone(), length.ok_or_else(|| format!("{FILE}: {name} has no length"))?);
            }
        }
        Ok(Ratchet(known))
    }
}

pub(super) fn check(root: &Path, tree: &Tree) -> Result<Vec<Finding>, String> {
    Ok(measure(tree, Ratchet::read(root)?))
}

fn measure(tree: &Tree, mut ratchet: Ratchet) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust() {
        let lines = production(&file.text);
        let known = ratchet.0.remove(&file.path);
        findings.extend(verdict(&file.path, 1, "the file", lines.len(), FILE_LINES_MAX, known));
        for Function { name, line, length } in functions(&lines) {
            let known = ratchet.0.remove(&format!("{}::{name}", file.path));
            let what = format!("function {name}");
            findings.extend(verdict(&file.path, line, &what, length, FUNCTION_LINES_MAX, known));
        }
    }
    for name in ratchet.0.keys() {
        let what = format!("the exception '{name}' is of no use");
        findings.push(Finding::new(FILE, 1, what, "exceptions may only shrink", "delete it"));
    }
    findings
}

fn verdict(file: &str, line: usize, what: &str, length: usize, max: usize, known: Option<usize>) -> Option<Finding> {
    let finding = |what: String, why: &str, mend: String| Some(Finding::new(file, line, what, why, mend));
    let measured = format!("{what} has {length} lines");
    match known {
        None if length > max => {
            finding(measured, &format!("{max} is the limit"), "split it where the idea changes".to_owned())
        }
        Some(known) if length > known => {
            finding(measured, &format!("its exception says {known}"), "bring it back, better below".to_owned())
        }
        Some(_) if length > EXCEPTION_LINES_MAX => {
            finding(measured, &format!("no exception passes {EXCEPTION_LINES_MAX}"), "split it".to_owned())
        }
        Some(_) if length <= max => {
            finding(measured, "that is within the limit", format!("delete its exception from {FILE}"))
        }
        Some(known) if length < known => {
            finding(measured, &format!("its exception says {known}"), format!("write {length} into {FILE}"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::source::File;
    use super::*;

    fn tree(body_lines: usize) -> Tree {
        let text = format!("fn long() {{\n{}}}\n", "    step();\n".repeat(body_lines));
        Tree { files: vec![File { path: "crates/a/src/lib.rs".to_owned(), text }] }
    }

    fn found(body_lines: usize, ratchet: &str) -> Vec<String> {
        let findings = measure(&tree(body_lines), Ratchet::parse(ratchet).unwrap());
        findings.iter().map(|f| format!("{}: {}", f.what, f.why)).collect()
    }

    #[test]
    fn limits_hold() {
        assert!(found(68, "").is_empty());
        assert_eq!(found(69, ""), ["function long has 71 lines: 70 is the limit"]);
        assert_eq!(found(449, "").len(), 2);
    }

    #[test]
    fn exceptions_only_shrink() {
        let ratchet = "[functions]\n\"crates/a/src/lib.rs::long\" = 80\n";
        assert!(found(78, ratchet).is_empty());
        assert_eq!(found(79, ratchet), ["function long has 81 lines: its exception says 80"]);
        assert_eq!(found(77, ratchet), ["function long has 79 lines: its exception says 80"]);
        assert_eq!(found(10, ratchet), ["function long has 12 lines: that is within the limit"]);
        assert_eq!(found(10, "[files]\n\"gone.rs\" = 500\n").len(), 1);
    }

    #[test]
    fn no_exception_is_endless() {
        let found =
            found(900, "[files]\n\"crates/a/src/lib.rs\" = 902\n[functions]\n\"crates/a/src/lib.rs::long\" = 902\n");
        assert!(found.iter().any(|f| f.contains("the file has 902 lines: no exception passes 800")), "{found:?}");
    }
}
