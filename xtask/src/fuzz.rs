//! `cargo xtask fuzz`: the targets in `fuzz/`, each for a bounded time from its committed corpus.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::{run, tools};

/// A cold build of cargo-fuzz, and of all targets.
const BUILD_LIMIT: Duration = Duration::from_secs(20 * 60);
/// What a target may need beyond its time: cargo looks whether anything changed since the build, the corpus is read, and one input
/// runs up to its own limit, all on a machine that others use too.
const GRACE: Duration = Duration::from_secs(5 * 60);
/// One input takes well under a millisecond; a second on a busy machine is a loop.
const INPUT_LIMIT_S: u32 = 10;
/// The targets count allocations themselves; this is what the whole process may hold.
const MEMORY_MB: u32 = 1024;
/// Seconds a target unless told otherwise.
const SECONDS: u64 = 60;

/// Where a target's inputs come from.
#[derive(Clone, Copy)]
pub(crate) enum Inputs {
    /// Others each time, built on what earlier runs found.
    New,
    /// The corpus of the commit and what one fixed seed makes of it: a commit that passes is not broken by luck on another machine.
    Same,
}

/// Runs the named targets, all when none is named; `--seconds N` each.
pub(crate) fn command(root: &Path, args: &[String]) -> Result<(), String> {
    let (seconds, names) = read(args)?;
    run(root, seconds, Inputs::New, &names).map(drop)
}

fn read(args: &[String]) -> Result<(u64, Vec<String>), String> {
    let mut names = args.to_vec();
    let Some(at) = names.iter().position(|arg| arg == "--seconds") else { return Ok((SECONDS, names)) };
    let taken: Vec<String> = names.drain(at..names.len().min(at + 2)).collect();
    let seconds = taken.get(1).and_then(|text| text.parse().ok()).filter(|seconds| *seconds > 0);
    Ok((seconds.ok_or("--seconds takes a number above 0")?, names))
}

/// Runs targets one after the other and prints a line each; gives how many ran. The first input that breaks one is an error.
pub(crate) fn run(root: &Path, seconds: u64, inputs: Inputs, names: &[String]) -> Result<usize, String> {
    let all = targets(root)?;
    if let Some(unknown) = names.iter().find(|name| !all.contains(name)) {
        return Err(format!("there is no target '{unknown}'; the targets are: {}", all.join(" ")));
    }
    tools::install_missing(tools::FUZZ)?;
    tools::install_cargo_fuzz(BUILD_LIMIT)?;
    let chosen: Vec<&String> = all.iter().filter(|name| names.is_empty() || names.contains(name)).collect();
    build(root)?;
    for name in &chosen {
        let line = one(root, name, seconds, inputs)?;
        println!("  {name:<14} {line}");
    }
    Ok(chosen.len())
}

/// The targets by name: the programs that `fuzz/Cargo.toml` lists.
pub(crate) fn targets(root: &Path) -> Result<Vec<String>, String> {
    let file = root.join("fuzz/Cargo.toml");
    let text = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    let table: toml::Table = text.parse().map_err(|error| format!("{}: {error}", file.display()))?;
    let bins = table.get("bin").and_then(toml::Value::as_array).into_iter().flatten();
    Ok(bins.filter_map(|bin| bin.get("name")?.as_str().map(str::to_owned)).collect())
}

/// `cargo fuzz …` on the toolchain that builds the engine: its instrumentation is stable, only the flags that ask for it are not.
fn cargo_fuzz(root: &Path, verb: &str) -> Command {
    let mut command = Command::new("cargo");
    // Without a sanitizer: the engine has no unsafe code to speak of, and the targets measure allocations.
    command.args(["fuzz", verb, "--sanitizer", "none"]).current_dir(root).env("RUSTC_BOOTSTRAP", "1");
    command
}

fn build(root: &Path) -> Result<(), String> {
    let ran = run::run(&mut cargo_fuzz(root, "build"), BUILD_LIMIT, false)?;
    if ran.status.success() { Ok(()) } else { Err(format!("{}\nthe fuzz targets do not build", ran.all.trim_end())) }
}

/// One target from its corpus, which stays as it is: what is found goes to a folder of the build.
fn one(root: &Path, name: &str, seconds: u64, inputs: Inputs) -> Result<String, String> {
    let found = root.join("fuzz/target").join(match inputs {
        Inputs::New => "found",
        Inputs::Same => "same",
    });
    let found = found.join(name);
    if matches!(inputs, Inputs::Same) {
        // What an earlier run left would change what follows; there is none in a fresh checkout.
        let _ = fs::remove_dir_all(&found);
    }
    fs::create_dir_all(&found).map_err(|error| format!("{}: {error}", found.display()))?;
    let corpus = Path::new("fuzz/corpus").join(name);
    if !root.join(&corpus).is_dir() {
        return Err(format!("{} is missing: every target has a corpus", corpus.display()));
    }
    let mut command = cargo_fuzz(root, "run");
    command.arg(name).arg(&found).arg(&corpus).arg("--").args([
        format!("-max_total_time={seconds}"),
        format!("-timeout={INPUT_LIMIT_S}"),
        format!("-rss_limit_mb={MEMORY_MB}"),
        "-print_final_stats=1".to_owned(),
        format!("-seed={}", matches!(inputs, Inputs::Same) as u8),
    ]);
    let ran = run::run(&mut command, Duration::from_secs(seconds) + GRACE, false)?;
    if ran.status.success() {
        return Ok(figures(&ran.all));
    }
    Err(format!("{}\nto repeat: {}", breakage(&ran.all), repeat(&ran.all, name)))
}

/// `1234 inputs, 567 a second, 890 places reached`.
fn figures(said: &str) -> String {
    let stat = |name: &str| {
        let line = said.lines().find_map(|line| line.strip_prefix(&format!("stat::{name}:")));
        line.map_or("?", str::trim).to_owned()
    };
    let covered = said.lines().rev().find_map(|line| line.split_once("cov: ")?.1.split_whitespace().next());
    let (count, rate) = (stat("number_of_executed_units"), stat("average_exec_per_sec"));
    format!("{count:>9} inputs {rate:>7} a second {:>6} places reached", covered.unwrap_or("?"))
}

/// The command that runs the one input again.
fn repeat(said: &str, name: &str) -> String {
    let input =
        said.lines().rev().find_map(|line| line.split_once("Test unit written to ")).map(|(_, path)| path.trim());
    let input = input.map_or_else(|| "INPUT".to_owned(), |path| PathBuf::from(path).display().to_string());
    format!("RUSTC_BOOTSTRAP=1 cargo fuzz run --sanitizer none {name} {input}")
}

/// What broke and by which input, so that a log alone is enough to repeat it; the last lines where the fuzzer says nothing of the kind.
fn breakage(said: &str) -> String {
    /// A panic's place and its message, which may go over some lines.
    const PANIC_LINES: usize = 5;
    let lines: Vec<&str> = said.lines().collect();
    let panic = lines.iter().position(|line| line.contains("panicked at"));
    let told = panic.map_or(&[][..], |at| &lines[at..lines.len().min(at + PANIC_LINES)]);
    let named = |line: &&&str| ["SUMMARY: ", "Base64: ", "==ERROR"].iter().any(|word| line.contains(word));
    let all: Vec<&str> = told.iter().chain(lines.iter().filter(named)).copied().collect();
    if all.is_empty() { lines[lines.len().saturating_sub(25)..].join("\n") } else { all.join("\n") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "#9\tINITED cov: 12 ft: 3\n#400\tDONE   cov: 345 ft: 9\nstat::number_of_executed_units: 400\nstat::average_exec_per_sec:     20\n\
                        artifact_prefix='./'; Test unit written to /w/fuzz/artifacts/sdp/crash-1\n";

    #[test]
    fn what_the_fuzzer_says_is_understood() {
        assert_eq!(figures(SAID), "      400 inputs      20 a second    345 places reached");
        let expected = "RUSTC_BOOTSTRAP=1 cargo fuzz run --sanitizer none sdp /w/fuzz/artifacts/sdp/crash-1";
        assert_eq!(repeat(SAID, "sdp"), expected);
    }

    #[test]
    fn a_log_has_the_words_and_the_input_of_what_broke() {
        let said = "#9\tINITED\nthread '<unnamed>' panicked at fuzz_targets/sdp.rs:1:2:\n403 is none of {400}\nstack backtrace:\n   0: a\n   \
                    1: b\n   2: c\nSUMMARY: libFuzzer: deadly signal\n0x50,\nBase64: UE9T\nError: 77\n";
        let told = breakage(said);
        assert!(
            told.contains("403 is none of {400}") && told.contains("Base64: UE9T") && told.contains("SUMMARY"),
            "{told}"
        );
        assert!(!told.contains("2: c") && !told.contains("0x50"), "{told}");
        assert_eq!(breakage("cannot start"), "cannot start");
    }

    #[test]
    fn seconds_are_taken_out() {
        let args = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(read(&args("sdp --seconds 5 rtp")), Ok((5, args("sdp rtp"))));
        assert_eq!(read(&args("sdp")), Ok((SECONDS, args("sdp"))));
        assert!(read(&args("--seconds")).is_err() && read(&args("--seconds x")).is_err());
    }
}
