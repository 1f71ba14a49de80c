//! `hotline simulate`: a day on virtual time, or what a traced engine did, done again.

mod day;
mod figures;
mod picture;
mod replay;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use base::CallId;
use staff::Target;

pub(crate) use day::{hotline, load_profile};
pub(crate) use figures::clock;

use crate::trace::UNREADABLE;

/// Plays a day of calls through the engine on virtual time, every rule looked at after each step: exit 0 when all held, 1 when one broke,
/// 2 when files cannot be read. With --replay: what a traced engine did, done again, with the same exit codes
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The configuration: the one to try out, or the one that a traced engine had; with --replay again for each that came to hold
    /// while it ran, in order
    #[arg(long, value_name = "DIR", default_value = "config")]
    config: Vec<PathBuf>,
    /// The day: calls, patience, shifts, troubles; profile/city.toml of the configuration where none is named
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
    /// Decides all chance; the same seed is the same day
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// How long calls arrive, in half hours at least, at most a fortnight
    #[arg(long, value_name = "H", default_value_t = 24.0)]
    hours: f64,
    /// The time of the day that it begins with, as 09:00 or 09:30
    #[arg(long, value_name = "TIME", default_value = "00:00")]
    from: String,
    /// The service level whose time counts, and that the picture shows
    #[arg(long, value_name = "SHARE/TIME", default_value = "95%/15s")]
    target: Target,
    /// So many times the calls and the agents of the profile
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0)]
    scale: f64,
    /// Many short days instead of one: of each seed on from --seed, with a small centre and troubles of their own
    #[arg(long, value_name = "N")]
    days: Option<u64>,
    /// Draws the day: calls, callers in line, agents and service level by half hour
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// The file of `serve --trace` to replay instead
    #[arg(long, value_name = "FILE")]
    replay: Option<PathBuf>,
    /// The key that sealed it
    #[arg(long, value_name = "FILE", default_value = "data/trace.key", requires = "replay")]
    trace_key: PathBuf,
    /// Stop the replay behind this moment, as the trace writes it: 2026-11-25T03:20 or more of it
    #[arg(long, value_name = "TIME", requires = "replay")]
    until: Option<String>,
    /// List the record of every call that ended in the replay, numbers masked
    #[arg(long, requires = "replay")]
    records: bool,
    /// Tell the story of this call of the replay
    #[arg(long, value_name = "ID", requires = "replay")]
    call: Option<CallId>,
}

impl Args {
    /// The configuration that is tried out, or the first one.
    fn config(&self) -> &Path {
        self.config.first().map_or(Path::new("config"), PathBuf::as_path)
    }
}

pub(crate) fn run(args: &Args) -> ExitCode {
    match &args.replay {
        None if args.config.len() > 1 => {
            eprintln!("hotline simulate: a day has one configuration: give --config once, or --replay");
            ExitCode::from(UNREADABLE)
        }
        Some(trace) => replay::run(args, trace),
        None => day::run(args),
    }
}

/// Whoever read our output may have left; the exit code tells all the same.
pub(crate) fn say(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}
