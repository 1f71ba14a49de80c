//! The table of endings and the tests that prove it, held against each other.

use std::collections::BTreeSet;
use std::path::Path;

use crate::kit::engine::root;

/// The names in the last column of the tables.
fn named(page: &str) -> BTreeSet<String> {
    let rows = page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| case"));
    let last = rows.filter_map(|row| row.trim_end_matches([' ', '|']).rsplit('|').next());
    last.flat_map(|cell| cell.split('`').skip(1).step_by(2)).map(str::to_owned).collect()
}

/// Every test of a file.
fn tests(file: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(file).unwrap_or_else(|why| panic!("{}: {why}", file.display()));
    let after = text.split("#[test]").skip(1);
    let name = |rest: &str| rest.split_once("fn ")?.1.split_once('(').map(|(name, _)| name.to_owned());
    after.filter_map(name).collect()
}

/// Every test of these folders and files.
fn of(folders: &[&str], files: &[&str]) -> BTreeSet<String> {
    let inside = folders.iter().flat_map(|folder| std::fs::read_dir(root().join(folder)).expect("a folder of tests"));
    let inside = inside.map(|entry| entry.expect("an entry").path());
    inside.chain(files.iter().map(|file| root().join(file))).flat_map(|file| tests(&file)).collect()
}

#[test]
fn every_ending_has_its_row_and_every_row_its_test() {
    let page = std::fs::read_to_string(root().join("docs/endings.md")).expect("the page of endings");
    let proved: BTreeSet<String> = of(&["crates/sim/tests/endings"], &["tests/endings.rs"]);
    // Stories of one call and of one switch, and scenes with real phones, that rows may name as well.
    let scenes = ["callee_flows", "calling_back", "consulting", "lines", "parting", "routing"]
        .map(|scene| format!("tests/{scene}.rs"));
    let scenes = scenes.each_ref().map(String::as_str);
    let told = of(&["crates/call/tests/story", "crates/switch/tests/switch"], &scenes);
    let named = named(&page);
    assert!(named.len() > 50, "the table has become empty: {named:?}");
    let missing: Vec<_> = named.iter().filter(|name| !proved.contains(*name) && !told.contains(*name)).collect();
    assert!(missing.is_empty(), "docs/endings.md names tests that do not exist: {missing:?}");
    let untold: Vec<_> = proved.difference(&named).collect();
    assert!(untold.is_empty(), "docs/endings.md has no row for {untold:?}");
}
