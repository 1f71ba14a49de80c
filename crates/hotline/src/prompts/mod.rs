//! `hotline prompts`: what callers hear, listed, built, imported, and written down for who records it.

mod build;
mod import;
mod list;
mod missing;
mod script;
mod shelf;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;

use crate::table::reader_left;

/// Lists, builds and imports prompts, and tells which are missing
#[derive(Debug, Subcommand)]
pub(crate) enum What {
    /// Every prompt: its languages, length, loudness, who names it, where it is from and what it says
    List(list::Args),
    /// What menus, groups and the engine name and no file has, and texts without a sound; exit 2 where something is missing
    Missing(missing::Args),
    /// Has the engine of the manifest speak every text that changed
    Build(build::Args),
    /// Makes prompts of recordings: any WAV, brought to the telephone's rate, band and level, silence at its ends cut
    Import(import::Args),
    /// The script for a voice talent, as a table in Markdown
    Script(script::Args),
}

/// Where the configuration lies.
#[derive(Clone, Debug, clap::Args)]
struct At {
    /// The folder of hotline.toml, queues.toml and menu/
    #[arg(long, value_name = "DIR", default_value = "config")]
    config: PathBuf,
}

/// Exit code 2: something is missing or wrong that the operator has to mend.
const WRONG: u8 = 2;

pub(crate) fn run(what: &What) -> ExitCode {
    let out = &mut io::stdout().lock();
    let done = match what {
        What::List(args) => list::run(args, out),
        What::Missing(args) => missing::run(args, out),
        What::Build(args) => build::run(args, out),
        What::Import(args) => import::run(args, out),
        What::Script(args) => script::run(args, out),
    };
    match done {
        Ok(code) => code,
        Err(reason) => {
            eprintln!("hotline prompts: {}", reason.trim_end());
            ExitCode::from(WRONG)
        }
    }
}

/// Writes lines; `hotline prompts list | head` is no error.
fn print(lines: &[String], out: &mut impl io::Write) -> Result<(), String> {
    lines.iter().try_for_each(|line| writeln!(out, "{line}")).or_else(reader_left)
}
