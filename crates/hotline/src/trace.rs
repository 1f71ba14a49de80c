//! `hotline trace`: what anybody may read of a trace.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use trace::Reader;

/// Reads traces that `serve --trace` wrote
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Prints the clear lines; needs no key, and without one nothing proves that nobody changed them
    Show {
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

/// The trace cannot be read.
pub(crate) const UNREADABLE: u8 = 2;

pub(crate) fn run(args: &Args) -> ExitCode {
    let Command::Show { file } = &args.command;
    match show(file, &mut BufWriter::new(io::stdout().lock())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("hotline trace: {reason}");
            ExitCode::from(UNREADABLE)
        }
    }
}

fn show(file: &Path, out: &mut impl Write) -> Result<(), String> {
    let mut reader = Reader::open(file, None).map_err(|e| e.to_string())?;
    loop {
        let record = reader.next_record();
        let Some(record) = record.as_ref().map_err(ToString::to_string)? else { return flushed(out.flush()) };
        // The file may be anybody's: nothing in it may drive a terminal.
        let line: String = record.line.chars().map(|c| if c.is_control() { '?' } else { c }).collect();
        match writeln!(out, "{line}") {
            Ok(()) => {}
            Err(error) => return flushed(Err(error)),
        }
    }
}

/// `trace show | head` is no error.
fn flushed(written: io::Result<()>) -> Result<(), String> {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(format!("cannot write to the standard output: {error}"))
        }
        _ => Ok(()),
    }
}
