//! `cargo xtask test`: everything that must hold, in the order in which a failure is cheapest.
//!
//! One build serves the unit, simulation and end-to-end steps: the test executables are built once for the whole workspace and
//! then run from here, so that no second choice of packages makes cargo build a dependency again with other features.

mod built;
mod tally;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use self::built::Built;
use self::tally::Tally;
use crate::fuzz::Inputs;
use crate::{fuzz, run, tidy, tools};

/// A cold build of everything on two cores takes minutes; this is where something hangs.
const CARGO_LIMIT: Duration = Duration::from_secs(45 * 60);
/// The longest test executable (the seeds of the simulator) stays far below it.
const EXECUTABLE_LIMIT: Duration = Duration::from_secs(20 * 60);

/// End-to-end tests wait for phones most of the time: so many at once keep two cores half busy.
const E2E_AT_ONCE: &str = "5";

/// The steps in order; those after `build` need what it built.
const STEPS: &[&str] = &["fmt", "clippy", "tidy", "build", "unit", "doc", "simulation", "e2e", "fuzz"];
/// Seconds of each fuzz target: long enough to read the corpus and look around it, short enough for every commit.
const FUZZ_SECONDS: u64 = 10;

struct Session<'a> {
    root: &'a Path,
    built: Built,
    tally: Tally,
}

/// Runs the steps named in `only`, all of them when it is empty; stops at the first that fails.
pub(crate) fn run(root: &Path, only: &[String]) -> Result<(), String> {
    if let Some(unknown) = only.iter().find(|name| !STEPS.contains(&name.as_str())) {
        return Err(format!("there is no step '{unknown}'; the steps are: {}", STEPS.join(" ")));
    }
    let started = Instant::now();
    tools::install_missing(tools::TESTS)?;
    tools::install_components()?;
    let mut session = Session { root, built: Built::default(), tally: Tally::default() };
    for step in STEPS.iter().filter(|step| wanted(step, only)) {
        let began = Instant::now();
        let outcome = session.step(step);
        let verdict = if outcome.is_ok() { "ok" } else { "FAILED" };
        println!("{step:<11} {verdict:<7} {:>6.1} s", began.elapsed().as_secs_f64());
        if let Err(reason) = outcome {
            println!("{}", session.tally.line());
            return Err(format!("{reason}\nto repeat: {}", repeat(step)));
        }
    }
    println!("all steps took {:.0} s", started.elapsed().as_secs_f64());
    println!("{}", session.tally.line());
    Ok(())
}

/// The build belongs to every step that runs what it built.
fn wanted(step: &str, only: &[String]) -> bool {
    let needs_build = |name: &String| matches!(name.as_str(), "unit" | "simulation" | "e2e");
    only.is_empty() || only.iter().any(|name| name == step) || (step == "build" && only.iter().any(needs_build))
}

fn repeat(step: &str) -> String {
    match step {
        "fmt" => "cargo fmt --all".to_owned(),
        "clippy" => "cargo clippy --workspace --all-targets -- -D warnings".to_owned(),
        "tidy" => "cargo xtask tidy".to_owned(),
        "build" => "cargo build --workspace --bins --tests".to_owned(),
        "doc" => "cargo test --workspace --doc".to_owned(),
        "fuzz" => format!("cargo xtask fuzz --seconds {FUZZ_SECONDS}"),
        step => format!("cargo xtask test {step}"),
    }
}

impl Session<'_> {
    fn step(&mut self, step: &str) -> Result<(), String> {
        match step {
            "fmt" => self.cargo(&["fmt", "--all", "--check"]).map(drop),
            "clippy" => {
                self.cargo(&["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"]).map(drop)
            }
            "tidy" => tidy::run(self.root),
            "build" => self.build(),
            "doc" => {
                let said = self.cargo(&["test", "--quiet", "--workspace", "--doc"])?;
                self.tally.add(&said);
                Ok(())
            }
            "fuzz" => fuzz::run(self.root, FUZZ_SECONDS, Inputs::Same, &[]).map(drop),
            group => self.executables(group),
        }
    }

    fn build(&mut self) -> Result<(), String> {
        let said = self.cargo(built::ARGUMENTS)?;
        self.built = Built::read(&said)?;
        Ok(())
    }

    /// Runs cargo in the top folder and gives its standard output.
    fn cargo(&self, args: &[&str]) -> Result<String, String> {
        let mut command = Command::new("cargo");
        command.args(args).current_dir(self.root);
        let ran = run::run(&mut command, CARGO_LIMIT, true)?;
        if ran.status.success() {
            return Ok(ran.stdout);
        }
        let shown = if args.contains(&built::JSON) { "" } else { ran.stdout.trim_end() };
        Err(format!("{shown}\ncargo {} failed", args.first().unwrap_or(&"")))
    }

    /// Runs each test executable of a group; a group with none is a mistake in the workspace, never a pass.
    fn executables(&mut self, group: &str) -> Result<(), String> {
        let mut failed = Vec::new();
        let waits = group == "e2e";
        let group: Vec<_> = self.built.tests.iter().filter(|test| test.group() == group).cloned().collect();
        for test in &group {
            let began = Instant::now();
            let mut command = Command::new(&test.file);
            command.current_dir(&test.folder).env("CARGO_MANIFEST_DIR", &test.folder);
            if waits {
                command.env("RUST_TEST_THREADS", E2E_AT_ONCE);
            }
            let ran = run::run(&mut command, EXECUTABLE_LIMIT, false)?;
            let tests = self.tally.add(&ran.stdout);
            println!("  {:<28} {tests:>5} tests {:>6.1} s", test.name(), began.elapsed().as_secs_f64());
            if !ran.status.success() {
                println!("{}", ran.all.trim_end());
                failed.push(test.repeat());
            }
        }
        match failed.as_slice() {
            [] if group.is_empty() => Err("the workspace has no tests of this kind".to_owned()),
            [] => Ok(()),
            failed => Err(format!("failed; each alone:\n  {}", failed.join("\n  "))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_brings_the_build_it_needs() {
        let only = |names: &[&str]| -> Vec<&str> {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            STEPS.iter().copied().filter(|step| wanted(step, &names)).collect()
        };
        assert_eq!(only(&[]), STEPS);
        assert_eq!(only(&["tidy"]), ["tidy"]);
        assert_eq!(only(&["e2e"]), ["build", "e2e"]);
        assert_eq!(only(&["e2e", "unit"]), ["build", "unit", "e2e"]);
    }

    #[test]
    fn an_unknown_step_is_refused() {
        let error = run(Path::new("/"), &["speed".to_owned()]).unwrap_err();
        assert!(error.contains("'speed'") && error.contains("simulation"), "{error}");
    }
}
