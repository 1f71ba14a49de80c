//! `hotline prompts build`.

use std::fs;
use std::io;
use std::process::ExitCode;

use ::prompts::Built;

use super::shelf::Shelf;
use super::{At, print};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    at: At,
    /// Another engine than the manifest's: a command line with {voice}, {text} and {out}
    #[arg(long, value_name = "CMD")]
    engine: Option<String>,
}

/// What lies between two steps of speaking, in the folder of prompts; gone when the build is over.
const SCRATCH: &str = ".build";

pub(super) fn run(args: &Args, out: &mut impl io::Write) -> Result<ExitCode, String> {
    let shelf = Shelf::open(&args.at.config)?;
    let manifest = shelf.texts()?;
    let engine = args.engine.as_deref().unwrap_or(&manifest.engine);
    if let Some(missing) = ::prompts::tools::missing(engine) {
        return Err(missing);
    }
    let scratch = shelf.voice.dir.join(SCRATCH);
    let built = ::prompts::build(&shelf.voice.dir, manifest, engine, &scratch);
    // A second build at the same time has a folder of its own in it, which stays.
    let _ = fs::remove_dir(&scratch);
    print(&lines(&built?), out)?;
    Ok(ExitCode::SUCCESS)
}

fn lines(built: &Built) -> Vec<String> {
    let mut lines = vec![format!("{} built, {} removed, the others are up to date", built.built, built.removed)];
    lines.extend(built.unnamed.iter().map(|path| format!("{path} is recorded, and manifest.toml has no text for it")));
    lines
}
