//! The packages from outside: licences, versions that stand side by side, and crates that must never come in.

mod license;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::Finding;
use super::metadata::{Graph, Package};
use crate::run;

const DUPLICATES: &str = "xtask/duplicates.txt";
const LOCK: &str = "Cargo.lock";

/// Crates that are never built, on no platform, and why.
const BANNED: &[(&str, &str)] = &[
    ("ring", "one crypto provider: aws-lc-rs"),
    ("openssl", "TLS is rustls"),
    ("openssl-sys", "TLS is rustls"),
    ("native-tls", "TLS is rustls"),
    ("boring", "one crypto provider: aws-lc-rs"),
    ("serde_yaml", "it is deprecated"),
    ("g729-sys", "it looks like a port of GPL code"),
];

/// Crates that have their licence in a file, not in their manifest; read by a person.
const STATED: &[(&str, &str)] = &[("rsip", "MIT"), ("rsip-derives", "MIT")];

pub(super) fn check(root: &Path, linux: &Graph, everywhere: &Graph) -> Result<Vec<Finding>, String> {
    let lock = fs::read_to_string(root.join(LOCK)).map_err(|error| format!("cannot read {LOCK}: {error}"))?;
    let allowed = fs::read_to_string(root.join(DUPLICATES)).unwrap_or_default();
    let mut findings = banned(everywhere, &lock, |name| is_built(root, name));
    findings.extend(licenses(linux, &lock));
    findings.extend(duplicates(linux, &allowed, &lock));
    Ok(findings)
}

fn outside(graph: &Graph) -> impl Iterator<Item = &Package> {
    graph.packages.values().filter(|package| package.resolved && !package.member)
}

/// Whether anything of ours is built with it. A weak feature (`ring?/std`) puts a crate into the lock that nobody needs.
fn is_built(root: &Path, name: &str) -> bool {
    let mut command = Command::new("cargo");
    command.args(["tree", "--workspace", "--target", "all", "--edges", "all", "--quiet", "--invert", name]);
    run::output(command.current_dir(root)).map_or(true, |users| !users.trim().is_empty())
}

fn banned(graph: &Graph, lock: &str, is_built: impl Fn(&str) -> bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in outside(graph) {
        let hit = BANNED.iter().find(|(name, _)| *name == package.name);
        if let Some((name, why)) = hit.filter(|(name, _)| is_built(name)) {
            let by: Vec<&str> = users(graph, package).collect();
            let what = format!("crate {name}, needed by {}", by.join(", "));
            let mend = "switch off the feature that brings it, or take another crate";
            findings.push(Finding::new(LOCK, line(lock, package), what, *why, mend));
        }
    }
    findings
}

fn licenses(graph: &Graph, lock: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in outside(graph) {
        let stated = STATED.iter().find(|(name, _)| *name == package.name).map(|(_, license)| *license);
        let license = package.license.as_deref().or(stated).unwrap_or_default();
        if !license::allowed(license) {
            let what = format!("{} {} is under '{license}'", package.name, package.version);
            let why = "only licences that go with Apache-2.0 may come in";
            let mend = "take another crate; one that fits goes into xtask/src/tidy/graph/license.rs, or graph.rs if its file says so";
            findings.push(Finding::new(LOCK, line(lock, package), what, why, mend));
        }
    }
    findings
}

/// Versions side by side, but for those that the checked-in list names with a reason: `name: reason`.
fn duplicates(graph: &Graph, allowed: &str, lock: &str) -> Vec<Finding> {
    let mut versions: BTreeMap<&str, Vec<&Package>> = BTreeMap::new();
    let built = graph.built();
    for package in graph.packages.iter().filter(|(id, _)| built.contains(id.as_str())).map(|(_, package)| package) {
        versions.entry(&package.name).or_default().push(package);
    }
    versions.retain(|_, packages| packages.len() > 1);
    let mut findings = Vec::new();
    let mut listed = Vec::new();
    for (at, entry) in allowed.lines().enumerate().filter(|(_, l)| !l.trim().is_empty() && !l.starts_with('#')) {
        let (name, reason) = entry.split_once(':').unwrap_or((entry, ""));
        if reason.trim().is_empty() {
            let what = format!("'{}' has no reason", name.trim());
            findings.push(Finding::new(DUPLICATES, at + 1, what, "an exception says why", "write: name: reason"));
        }
        if !versions.contains_key(name.trim()) {
            let what = format!("'{}' is no longer doubled", name.trim());
            findings.push(Finding::new(DUPLICATES, at + 1, what, "the list only shrinks", "delete the line"));
        }
        listed.push(name.trim());
    }
    for (name, packages) in versions.iter().filter(|(name, _)| !listed.contains(name)) {
        let each = packages.iter().map(|package| {
            let by: Vec<&str> = users(graph, package).collect();
            format!("{} (for {})", package.version, by.join(", "))
        });
        let what = format!("{name} in versions {}", each.collect::<Vec<_>>().join(" and "));
        let mend = format!("bring its users to one version, or name it with the reason in {DUPLICATES}");
        let at = packages.last().map_or(1, |package| line(lock, package));
        findings.push(Finding::new(LOCK, at, what, "each version is compiled and shipped", mend));
    }
    findings
}

/// Who needs it directly.
fn users<'a>(graph: &'a Graph, package: &'a Package) -> impl Iterator<Item = &'a str> {
    let is_it = |need: &Package| need.name == package.name && need.version == package.version;
    graph.packages.values().filter(move |user| graph.needs(user).any(is_it)).map(|user| user.name.as_str())
}

/// Where Cargo.lock names the package.
fn line(lock: &str, package: &Package) -> usize {
    let name = format!("name = \"{}\"", package.name);
    let version = format!("version = \"{}\"", package.version);
    let lines: Vec<&str> = lock.lines().collect();
    lines.windows(2).position(|pair| pair == [name.as_str(), version.as_str()]).map_or(1, |at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::super::metadata::tests::graph;
    use super::*;

    fn with_two_versions() -> Graph {
        let mut both = graph(&["hotline: +a +a2", "+a:", "+a2:"]);
        let second = both.packages.get_mut("a2").unwrap();
        (second.name, second.version) = ("a".to_owned(), "2.0.0".to_owned());
        for need in &mut both.packages.get_mut("hotline").unwrap().needs {
            *need = need.trim_start_matches('+').to_owned();
        }
        both
    }

    #[test]
    fn versions_side_by_side_are_found_with_their_users() {
        let found = duplicates(&with_two_versions(), "", "name = \"a\"\nversion = \"2.0.0\"\n");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].what, "a in versions 1.0.0 (for hotline) and 2.0.0 (for hotline)");
    }

    #[test]
    fn the_list_of_exceptions_is_kept_short() {
        let graph = with_two_versions();
        assert!(duplicates(&graph, "# why\na: b needs the old one\n", "").is_empty());
        assert_eq!(duplicates(&graph, "a:\n", "").len(), 1);
        assert_eq!(duplicates(&graph, "a: x\ngone: y\n", "")[0].what, "'gone' is no longer doubled");
    }

    #[test]
    fn ring_is_found_with_who_brings_it() {
        let graph = graph(&["+rustls: ring", "+ring:"]);
        assert!(banned(&graph, "", |_| false).is_empty(), "in the lock alone");
        let found = banned(&graph, "", |_| true);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].what, "crate ring, needed by rustls");
    }

    #[test]
    fn a_licence_that_does_not_fit_is_found() {
        let mut graph = graph(&["+gpl:", "+mit:"]);
        graph.packages.get_mut("gpl").unwrap().license = Some("GPL-3.0-only".to_owned());
        let found = licenses(&graph, "");
        assert_eq!(found.len(), 1);
        assert!(found[0].what.contains("gpl 1.0.0"));
    }
}
