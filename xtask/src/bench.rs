//! `cargo xtask bench`: every bench of the `benches` package, and one table of what they measured.
//!
//! A bench is a program that prints a line `what|baseline|ours|ratio|goal` for each comparison; whatever else it prints is shown.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::run;

/// A cold optimised build on two cores.
const BUILD_LIMIT: Duration = Duration::from_secs(45 * 60);
/// One bench with all its rounds.
const BENCH_LIMIT: Duration = Duration::from_secs(30 * 60);

const HEAD: [&str; 5] = ["what", "baseline", "ours", "ratio", "goal"];

type Row = Vec<String>;

/// Builds and runs every bench; one that fails, or measures nothing, fails the command after the table.
pub(crate) fn run(root: &Path) -> Result<(), String> {
    if !root.join("benches/Cargo.toml").is_file() {
        return Err("there is no package benches/: nothing to measure".to_owned());
    }
    let mut command = Command::new("cargo");
    command.args(["bench", "--package", "benches", "--benches", "--no-run"]);
    command.arg("--message-format=json-render-diagnostics").current_dir(root);
    let built = run::run(&mut command, BUILD_LIMIT, true)?;
    if !built.status.success() {
        return Err("the benches do not build".to_owned());
    }
    let programs = programs(&built.stdout);
    if programs.is_empty() {
        return Err("the package benches has no [[bench]]: nothing to measure".to_owned());
    }
    let mut rows = Vec::new();
    let mut failed = Vec::new();
    for (name, file) in programs {
        eprintln!("{name} …");
        match measure(root, &file) {
            Ok(found) if found.is_empty() => failed.push(format!("{name}: it printed no line of '{}'", HEAD.join("|"))),
            Ok(found) => rows.extend(found),
            Err(reason) => failed.push(format!("{name}: {reason}")),
        }
    }
    print!("{}", table(&rows));
    if failed.is_empty() { Ok(()) } else { Err(failed.join("\n")) }
}

fn measure(root: &Path, file: &Path) -> Result<Vec<Row>, String> {
    let ran = run::run(Command::new(file).arg("--bench").current_dir(root), BENCH_LIMIT, true)?;
    let (rows, other) = split(&ran.stdout);
    for line in other {
        println!("{line}");
    }
    if ran.status.success() { Ok(rows) } else { Err(format!("it failed ({})", ran.status)) }
}

/// The executables of the benches, by name.
fn programs(messages: &str) -> Vec<(String, PathBuf)> {
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let benches = messages.filter(|message| message["target"]["kind"][0] == "bench");
    let mut found: Vec<_> = benches
        .filter_map(|message| {
            let file = message["executable"].as_str()?;
            Some((message["target"]["name"].as_str()?.to_owned(), file.into()))
        })
        .collect();
    found.sort();
    found
}

/// The rows of the table, and the lines that are none.
fn split(output: &str) -> (Vec<Row>, Vec<&str>) {
    let cells = |line: &str| line.split('|').map(|cell| cell.trim().to_owned()).collect::<Row>();
    let (rows, other): (Vec<&str>, Vec<&str>) = output.lines().partition(|line| line.split('|').count() == HEAD.len());
    (rows.into_iter().map(cells).collect(), other)
}

fn table(rows: &[Row]) -> String {
    let head = HEAD.iter().map(|cell| (*cell).to_owned()).collect::<Row>();
    let all: Vec<&Row> = std::iter::once(&head).chain(rows).collect();
    let width = |column: usize| all.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..HEAD.len()).map(|column| width(column).unwrap_or(0)).collect();
    let mut out = String::new();
    for row in all {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        out.push_str(cells.join("  ").trim_end());
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_told_from_talk() {
        let (rows, other) = split("warming up\nmatch|68 ns|120 ns|1.76|2.00\nparse | 0.4 µs | 0.6 µs | 1.5 | 2\n");
        assert_eq!(other, ["warming up"]);
        assert_eq!(
            table(&rows),
            "what   baseline  ours    ratio  goal\nmatch  68 ns     120 ns  1.76   2.00\nparse  0.4 µs    0.6 µs  1.5    2\n"
        );
    }

    #[test]
    fn programs_are_found() {
        let messages = r#"{"target":{"kind":["bench"],"name":"acd"},"executable":"/t/acd"}
{"target":{"kind":["lib"],"name":"benches"},"executable":null}
"#;
        assert_eq!(programs(messages), [("acd".to_owned(), PathBuf::from("/t/acd"))]);
    }
}
