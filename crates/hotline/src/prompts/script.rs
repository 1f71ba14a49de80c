//! `hotline prompts script`.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use super::At;
use super::shelf::Shelf;
use crate::table::reader_left;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    at: At,
    /// Into this file instead of the standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(super) fn run(args: &Args, out: &mut impl io::Write) -> Result<ExitCode, String> {
    let shelf = Shelf::open(&args.at.config)?;
    let script = ::prompts::script(shelf.texts()?);
    match &args.out {
        Some(file) => fs::write(file, script).map_err(|error| format!("cannot write {}: {error}", file.display()))?,
        None => out.write_all(script.as_bytes()).or_else(reader_left)?,
    }
    Ok(ExitCode::SUCCESS)
}
