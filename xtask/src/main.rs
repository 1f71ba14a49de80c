//! Developer commands: `test`, `tidy`, `prompts`, `bench`, `fuzz`, `hammer`, `soak`.
//!
//! Invariants: no command leaves the repository's folder, but for the packages that `test`, `fuzz` and `prompts` install; every child
//! process has a deadline; what a command checks, it checks whole and reports at once.

mod account;
mod bench;
mod engine;
mod fuzz;
mod prompts;
mod run;
mod test;
mod tidy;
mod tools;

use std::path::PathBuf;
use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask COMMAND

  test [STEP …]          installs missing test tools, then runs every step, or the named ones, in order:
                         fmt clippy tidy build unit doc simulation e2e fuzz
  tidy                   what no compiler checks: edges, lengths, purity, config keys, limits, prompts, licences, marks, links
  prompts [--engine CMD] builds prompts/*/*.wav from prompts/manifest.toml; CMD holds {voice}, {text} and {out}
  prompts --script       prints the recording script for a voice talent
  bench [--quick] [NAME …] runs every bench, or the named ones, and prints one table of ratios
  fuzz [TARGET …] [--seconds N]
                         runs the fuzz targets, all or the named ones, for a minute each
  hammer [--messages 1000000] [--batch 20000] [--rate 2000] [--seed 1] [--growth-kb N]
                         spoilt messages at a server of its own, a good call after each batch
  soak [--minutes 30] [--rate 10] [--seed 1]
                         calls at a steady rate at a server of its own; compares each with its record, reports failures and
                         the slope of its memory";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let rest = args.get(1..).unwrap_or_default();
    let root = root();
    let outcome = match args.first().map(String::as_str) {
        Some("test") => test::run(&root, rest),
        Some("tidy") => tidy::run(&root),
        Some("prompts") => prompts::run(&root, rest),
        Some("bench") => bench::run(&root, rest),
        Some("fuzz") => fuzz::command(&root, rest),
        Some("hammer") => engine::hammer(&root, rest),
        Some("soak") => engine::soak(&root, rest),
        Some("help" | "--help" | "-h") => {
            println!("{USAGE}");
            Ok(())
        }
        Some(other) => Err(format!("there is no command '{other}'\n\n{USAGE}")),
        None => Err(USAGE.to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

/// The repository's top folder: xtask lies right below it. Cargo tells where at run time, which holds for two checkouts that
/// share a target folder too.
fn root() -> PathBuf {
    let here = std::env::var_os("CARGO_MANIFEST_DIR").map_or(PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    here.parent().unwrap_or(&here).to_owned()
}
