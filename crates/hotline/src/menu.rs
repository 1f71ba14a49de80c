//! `hotline menu`: the menu as a release.

mod releases;

use std::io;
use std::process::ExitCode;

use clap::Subcommand;

use crate::client::Where;

/// Publishes menus of a running server, with their calendars and prompts, and rolls them back; shows what differs and what was published.
///
/// Calls that run keep the menu that they began with. To look at the history takes any role but agent, all else operator or admin; the
/// audit names the token.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
    #[command(flatten)]
    at: Where,
}

#[derive(Debug, Subcommand)]
enum What {
    /// What differs between what holds and the files of the configuration's folder, or between two releases
    Diff {
        /// A release, or `files` [default: what holds]
        #[arg(value_name = "FROM")]
        from: Option<String>,
        /// A release, or `files` [default: files]
        #[arg(value_name = "TO", requires = "from")]
        to: Option<String>,
    },
    /// Checks the files, keeps them as a release and has calls that come from then on run it; where anything is wrong nothing changes
    Publish(releases::Wish),
    /// Has calls that come from then on run an earlier release
    Rollback {
        /// Which one [default: the one before what holds]
        #[arg(value_name = "RELEASE")]
        release: Option<String>,
        #[command(flatten)]
        wish: releases::Wish,
    },
    /// What was published, newest first: when, by whom and why
    History {
        /// Prints a JSON object a line
        #[arg(long)]
        json: bool,
    },
}

pub(crate) fn run(args: &Args) -> ExitCode {
    let out = &mut io::stdout().lock();
    let done = args.at.server().and_then(|server| match &args.what {
        What::Diff { from, to } => releases::differences(&server, from.as_deref(), to.as_deref(), out),
        What::Publish(wish) => releases::publish(&server, wish, out),
        What::Rollback { release, wish } => releases::roll_back(&server, release.as_deref(), wish, out),
        What::History { json } => releases::history(&server, *json, out),
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("hotline menu: {}", reason.trim_end());
            ExitCode::FAILURE
        }
    }
}
