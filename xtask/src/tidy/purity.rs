//! Pure crates decide and touch nothing: no clock, thread, lock, socket or file, and no wire format in the domain.

use super::Finding;
use super::edges::Design;
use super::metadata::Graph;
use super::source::{File, Tree, production};

/// What never stands in a pure crate's code, and why. A word matches whole, not inside a longer name.
const BANNED: &[(&str, &str)] = &[
    ("Instant::now", "time is an argument"),
    ("SystemTime::now", "time is an argument"),
    ("thread::spawn", "threads live in the rim"),
    ("thread::scope", "threads live in the rim"),
    ("thread::sleep", "waiting is a deadline handed to the owner of the clock"),
    ("thread_local!", "state has one owner"),
    ("tokio", "async lives in the rim"),
    ("async fn", "async lives in the rim"),
    ("Mutex", "each piece of state has one owner"),
    ("RwLock", "each piece of state has one owner"),
    ("Condvar", "each piece of state has one owner"),
    ("OnceLock", "each piece of state has one owner"),
    ("LazyLock", "each piece of state has one owner"),
    ("UdpSocket", "sockets live in the rim"),
    ("TcpStream", "sockets live in the rim"),
    ("TcpListener", "sockets live in the rim"),
    ("std::fs", "files live in the rim"),
    ("std::env", "what a pure crate knows is an argument"),
    ("std::process", "processes live in the rim"),
    ("println!", "a pure crate speaks through its outputs"),
    ("eprintln!", "a pure crate speaks through its outputs"),
];

/// What a pure crate never depends on.
const FOREIGN: &[&str] = &[
    "serde",
    "serde_json",
    "toml",
    "config",
    "tokio",
    "axum",
    "sqlx",
    "rustix",
    "libc",
    "socket2",
    "tracing",
    "metrics",
];

/// What the clippy configuration of each pure crate bans by path, where names alone would not do.
const CLIPPY: &[&str] = &[
    "std::time::Instant::now",
    "std::time::SystemTime::now",
    "std::thread::spawn",
    "std::thread::sleep",
    "std::collections::HashMap",
    "std::collections::HashSet",
    "std::sync::Mutex",
    "std::sync::RwLock",
    "std::net::UdpSocket",
    "std::fs::File",
    "std::println",
];

pub(super) fn check(tree: &Tree, design: &Design, graph: &Graph) -> Vec<Finding> {
    let pure: Vec<&str> = design.pure().collect();
    let mut findings = Vec::new();
    for file in tree.rust().filter(|file| file.package().is_some_and(|package| pure.contains(&package))) {
        findings.extend(touches(file));
    }
    for name in &pure {
        findings.extend(clippy(tree, name));
    }
    for package in graph.members().filter(|package| pure.contains(&package.name.as_str())) {
        for need in graph.needs(package).filter(|need| FOREIGN.contains(&need.name.as_str())) {
            let what = format!("pure crate {} needs {}", package.name, need.name);
            let why = "wire formats and the world stay out of the domain";
            let mend = "convert in settings, api, store or server";
            findings.push(Finding::new(&format!("crates/{}/Cargo.toml", package.name), 1, what, why, mend));
        }
    }
    findings
}

fn touches(file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (line, code) in production(&file.text) {
        for (word, why) in BANNED.iter().filter(|(word, _)| has_word(&code, word)) {
            let what = format!("{word} in a pure crate");
            findings.push(Finding::new(&file.path, line, what, *why, "let the rim do it and hand the result in"));
        }
    }
    findings
}

/// The presence of the bans: a crate without them would pass clippy in silence.
fn clippy(tree: &Tree, name: &str) -> Vec<Finding> {
    let path = format!("crates/{name}/.clippy.toml");
    let text = tree.get(&path).map_or("", |file| file.text.as_str());
    let missing: Vec<&str> = CLIPPY.iter().copied().filter(|ban| !text.contains(&format!("\"{ban}\""))).collect();
    if missing.is_empty() {
        return Vec::new();
    }
    let what = format!("no ban of {}", missing.join(", "));
    let mend = "copy .clippy.toml from another pure crate";
    vec![Finding::new(&path, 1, what, "clippy holds a pure crate to its word", mend)]
}

/// Whether `word` stands in `code` without being part of a longer name.
fn has_word(code: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word).any(|(at, _)| {
        let before = code.get(..at).and_then(|head| head.chars().next_back());
        let after = code.get(at + word.len()..).and_then(|tail| tail.chars().next());
        !before.is_some_and(part) && !after.is_some_and(part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<usize> {
        let file = File { path: "crates/acd/src/lib.rs".to_owned(), text: text.to_owned() };
        touches(&file).iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn what_touches_the_world_is_found() {
        assert_eq!(lines("use std::time::Instant;\nfn f() { Instant::now(); }\n"), [2]);
        assert_eq!(lines("use std::sync::Mutex;\nuse std::fs;\n"), [1, 2]);
        assert_eq!(lines("struct S { a: RwLock<u8> }\n"), [1]);
    }

    #[test]
    fn tests_comments_and_other_names_pass() {
        assert!(lines("// Mutex\nlet x = \"Mutex\";\nstruct MutexFree;\n").is_empty());
        assert!(lines("#[cfg(test)]\nmod tests {\n    fn f() { println!(\"x\"); }\n}\n").is_empty());
    }

    #[test]
    fn a_crate_without_bans_is_found() {
        assert_eq!(clippy(&Tree { files: Vec::new() }, "acd").len(), 1);
    }
}
