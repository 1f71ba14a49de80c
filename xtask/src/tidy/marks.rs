//! Marks of unfinished work, and tests that never run.

use super::Finding;
use super::source::{Tree, blank};

/// Words in comments or text, put together here so that this file does not hold them.
const WORDS: &[&str] = &[concat!("TO", "DO"), concat!("FIX", "ME")];
/// Code, comments and literals left out.
const CODE: &[(&str, &str, &str)] = &[
    (concat!("to", "do!("), "it panics when it is reached", "write it"),
    (concat!("unimple", "mented!("), "it panics when it is reached", "write it"),
    (concat!("#[ig", "nore"), "a test that never runs proves nothing", "make it run, or delete it"),
];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &tree.files {
        for (at, line) in file.text.lines().enumerate() {
            for word in WORDS.iter().filter(|word| whole_word(line, word)) {
                let why = "unfinished work is finished, or is no part of the product";
                findings.push(Finding::new(&file.path, at + 1, format!("the mark {word}"), why, "finish it"));
            }
        }
    }
    for file in tree.ending(".rs") {
        for (at, line) in blank(&file.text).lines().enumerate() {
            for (mark, why, mend) in CODE.iter().filter(|(mark, ..)| line.contains(mark)) {
                findings.push(Finding::new(&file.path, at + 1, format!("{mark} in the code"), *why, *mend));
            }
        }
    }
    findings
}

fn whole_word(line: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    line.match_indices(word).any(|(at, _)| {
        let before = line.get(..at).and_then(|head| head.chars().next_back());
        let after = line.get(at + word.len()..).and_then(|tail| tail.chars().next());
        !before.is_some_and(part) && !after.is_some_and(part)
    })
}

#[cfg(test)]
mod tests {
    use super::super::source::File;
    use super::*;

    fn found(text: &str) -> usize {
        check(&Tree { files: vec![File { path: "crates/a/src/lib.rs".to_owned(), text: text.to_owned() }] }).len()
    }

    #[test]
    fn marks_are_found() {
        assert_eq!(found(&format!("// {}: later\n", WORDS[0])), 1);
        assert_eq!(found(&format!("fn f() {{ {}) }}\n", CODE[0].0)), 1);
        assert_eq!(found(&format!("{}]\nfn f() {{}}\n", CODE[2].0)), 1);
    }

    #[test]
    fn other_words_pass() {
        assert_eq!(found("let todos = 1; // AUTODOC\n"), 0);
        assert_eq!(found("let text = \"#[ignore]\";\n"), 0);
    }
}
