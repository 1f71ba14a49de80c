//! `cargo xtask bench`: every bench of the `benches` package, or the named ones, and one table of what they measured.
//!
//! A bench is a program that prints a line `what|baseline|ours|ratio|goal` for each comparison; whatever else it prints is
//! shown. A goal is `-`, or conditions with commas between them, `ratio <= 2` or `ours <= 5 ms`: the table marks each row as
//! `met` or `missed`. A missed goal is no failure: speed depends on the machine and on its other work.

mod goal;

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

/// What a bench is given for short rounds.
const QUICK: &str = "--quick";

type Row = Vec<String>;

/// Builds and runs the benches that `args` name, or every one; one that fails, or measures nothing, fails the command after
/// the table. `--quick` shortens the rounds.
pub(crate) fn run(root: &Path, args: &[String]) -> Result<(), String> {
    let quick = args.iter().any(|arg| arg == QUICK);
    let names: Vec<&str> = args.iter().map(String::as_str).filter(|arg| *arg != QUICK).collect();
    let programs = chosen(build(root)?, &names)?;
    let mut rows = Vec::new();
    let mut failed = Vec::new();
    for (name, file) in programs {
        eprintln!("{name} …");
        match measure(root, &file, quick) {
            Ok((found, true)) if found.is_empty() => {
                failed.push(format!("{name}: it printed no line of '{}'", HEAD.join("|")));
            }
            Ok((found, ended_well)) => {
                rows.extend(found);
                if !ended_well {
                    failed.push(format!("{name}: it failed; what it said stands above"));
                }
            }
            Err(reason) => failed.push(format!("{name}: {reason}")),
        }
    }
    print!("{}", table(&rows)?);
    if failed.is_empty() { Ok(()) } else { Err(failed.join("\n")) }
}

/// The executables of all benches, by name.
fn build(root: &Path) -> Result<Vec<(String, PathBuf)>, String> {
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
    Ok(programs)
}

/// The named ones, in the order of the table; all where none is named.
fn chosen(programs: Vec<(String, PathBuf)>, names: &[&str]) -> Result<Vec<(String, PathBuf)>, String> {
    let known = |name: &&&str| !programs.iter().any(|(known, _)| known == **name);
    if let Some(unknown) = names.iter().find(known) {
        let all: Vec<&str> = programs.iter().map(|(name, _)| name.as_str()).collect();
        return Err(format!("there is no bench '{unknown}'; there are {}", all.join(", ")));
    }
    Ok(programs.into_iter().filter(|(name, _)| names.is_empty() || names.contains(&name.as_str())).collect())
}

/// Its rows, also those from before it failed, and whether it ended well.
fn measure(root: &Path, file: &Path, quick: bool) -> Result<(Vec<Row>, bool), String> {
    let mut command = Command::new(file);
    command.arg("--bench").args(quick.then_some(QUICK)).current_dir(root);
    let ran = run::run(&mut command, BENCH_LIMIT, true)?;
    let (rows, other) = split(&ran.stdout);
    for line in other {
        println!("{line}");
    }
    Ok((rows, ran.status.success()))
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

/// # Errors
/// When a row has a goal that cannot be read.
fn table(rows: &[Row]) -> Result<String, String> {
    let head = HEAD.iter().chain(&["mark"]).map(|cell| (*cell).to_owned()).collect::<Row>();
    let mut all = vec![head];
    for row in rows {
        let [_, _, ours, ratio, goal] = &row[..] else { return Err(format!("a row has {} cells", row.len())) };
        let mark = goal::mark(goal, ours, ratio)?;
        all.push(row.iter().cloned().chain([mark.to_owned()]).collect());
    }
    let width = |column: usize| all.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..=HEAD.len()).map(|column| width(column).unwrap_or(0)).collect();
    let mut out = String::new();
    for row in &all {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        out.push_str(cells.join("  ").trim_end());
        out.push('\n');
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_told_from_talk() {
        let (rows, other) = split("warming up\nmatch|68 ns|120 ns|1.76|ratio <= 2\nparse | 4 us | 6 us | 1.5 | -\n");
        assert_eq!(other, ["warming up"]);
        assert_eq!(
            table(&rows).expect("every goal is read"),
            "what   baseline  ours    ratio  goal        mark\n\
             match  68 ns     120 ns  1.76   ratio <= 2  met\n\
             parse  4 us      6 us    1.5    -           -\n"
        );
    }

    #[test]
    fn benches_are_chosen_by_name_in_the_order_of_the_table() {
        let all = || ["call", "relay", "sip"].map(|name| (name.to_owned(), PathBuf::from(name))).to_vec();
        let names = |chosen: Vec<(String, PathBuf)>| chosen.into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        assert_eq!(chosen(all(), &[]).map(names), Ok(vec!["call".to_owned(), "relay".to_owned(), "sip".to_owned()]));
        assert_eq!(chosen(all(), &["sip", "call"]).map(names), Ok(vec!["call".to_owned(), "sip".to_owned()]));
        let unknown = chosen(all(), &["sips"]).expect_err("there is none");
        assert_eq!(unknown, "there is no bench 'sips'; there are call, relay, sip");
    }

    #[test]
    fn programs_are_found() {
        let messages = r#"{"target":{"kind":["bench"],"name":"acd"},"executable":"/t/acd"}
{"target":{"kind":["lib"],"name":"benches"},"executable":null}
"#;
        assert_eq!(programs(messages), [("acd".to_owned(), PathBuf::from("/t/acd"))]);
    }
}
