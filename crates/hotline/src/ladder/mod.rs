//! `hotline ladder`: what went over the wire in one call, as the running server tells it.

mod draw;

use std::io::{self, Write};
use std::process::ExitCode;

use base::CallId;

use crate::client::Where;
use crate::table::reader_left;

/// Shows every SIP message of a call that runs or has ended, in order, as long as the server keeps them.
///
/// Numbers are masked as the token's role and the call ask for. The role is supervisor, operator or admin.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The call's id, as `records --json` and the log print it
    #[arg(value_name = "CALL")]
    call: CallId,
    #[command(flatten)]
    at: Where,
    /// Print the messages themselves
    #[arg(long)]
    full: bool,
    /// One line of JSON instead of a picture
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> ExitCode {
    match show(args, &mut io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("hotline ladder: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn show(args: &Args, out: &mut impl Write) -> Result<(), String> {
    let server = args.at.server()?;
    let ladder = server.get(&format!("/api/v1/calls/{}/ladder?full={}", args.call, args.full))?;
    let text = if args.json { format!("{ladder}\n") } else { draw::picture(&ladder) };
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).or_else(reader_left)
}
