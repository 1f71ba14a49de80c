//! What the guides point at exists: relative links, and paths in code spans that begin with a folder of ours.

use std::path::Path;

use super::Finding;
use super::source::{File, Tree};

/// Guides that a reader looks for.
const REQUIRED: &[&str] = &["README.md", "README.zh.md"];
/// Code spans that begin so are paths.
const FOLDERS: &[&str] =
    &["crates/", "config/", "prompts/", "tests/", "benches/", "deploy/", "docs/", "xtask/", ".ci/", ".cargo/"];

pub(super) fn check(root: &Path, tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for name in REQUIRED.iter().filter(|name| tree.get(name).is_none()) {
        findings.push(Finding::new(name, 1, format!("{name} is missing"), "it is the front door", "write it"));
    }
    for file in tree.ending(".md") {
        findings.extend(dead(file, &|path| root.join(path).exists()));
    }
    findings
}

fn dead(file: &File, exists: &dyn Fn(&str) -> bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut fenced = false;
    for (at, line) in file.text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        let links = links(line).filter(|to| !exists(&normal(folder, to)));
        let paths = spans(line).filter(|to| !exists(to));
        for to in links.chain(paths) {
            let what = format!("'{to}' does not exist");
            findings.push(Finding::new(&file.path, at + 1, what, "a guide points at it", "mend the path or the text"));
        }
    }
    findings
}

/// Targets of `[text](target)` inside the repository, without their fragment.
fn links(line: &str) -> impl Iterator<Item = &str> {
    let targets = line.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next());
    let files = targets.filter_map(|target| target.split('#').next()).filter(|target| !target.is_empty());
    files.filter(|target| !target.contains("://") && !target.starts_with("mailto:"))
}

/// Code spans that are one path of ours, without `:line` and without patterns such as `prompts/<locale>`.
fn spans(line: &str) -> impl Iterator<Item = &str> {
    let spans = line.split('`').skip(1).step_by(2).filter(|span| FOLDERS.iter().any(|f| span.starts_with(f)));
    let plain = |span: &&str| !span.contains(['<', '*', '{', ' ', '…', '$']) && !span.split('/').any(is_placeholder);
    spans.filter(plain).filter_map(|span| span.split(':').next())
}

/// `LANGUAGE` and `NAME.wav` stand for something else.
fn is_placeholder(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or_default();
    stem.len() > 1 && stem != "README" && stem.chars().all(|c| c.is_ascii_uppercase())
}

/// `target` as seen from the top folder; a leading `..` climbs.
fn normal(folder: &str, target: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            "." | "" => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dead_in(path: &str, text: &str) -> Vec<String> {
        let file = File { path: path.to_owned(), text: text.to_owned() };
        let known = ["docs/config.md", "crates/sip", "README.md"];
        dead(&file, &|path| known.contains(&path)).iter().map(|finding| finding.what.clone()).collect()
    }

    #[test]
    fn links_are_followed_from_their_file() {
        assert!(dead_in("README.md", "[keys](docs/config.md#sip) and [site](https://example.org/x)").is_empty());
        assert!(dead_in("docs/a.md", "[up](../README.md) [beside](config.md) [here](#top)").is_empty());
        assert_eq!(dead_in("README.md", "[gone](docs/gone.md)"), ["'docs/gone.md' does not exist"]);
    }

    #[test]
    fn paths_in_code_spans_exist() {
        assert!(dead_in("README.md", "`crates/sip`, `prompts/<locale>/<name>.wav`, `config/x.toml` is not").len() == 1);
        assert!(dead_in("README.md", "`prompts/LANGUAGE/NAME.wav`").is_empty());
        assert_eq!(dead_in("README.md", "`docs/README.md`").len(), 1);
        assert!(dead_in("README.md", "```\n`config/x.toml`\n```\n").is_empty());
        assert_eq!(dead_in("README.md", "see `crates/sip:12` and `crates/fax:1`"), ["'crates/fax' does not exist"]);
    }
}
