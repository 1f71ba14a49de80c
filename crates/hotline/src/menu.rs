//! `hotline menu`: what operators do with menus beside editing them.

mod graph;
mod on_air;
mod releases;

use std::process::ExitCode;

use clap::Subcommand;

/// Publishes menus of a running server, with their calendars and prompts, and rolls them back; shows what differs, what was published, and
/// draws them; puts announcements on air.
///
/// Calls that run keep the menu that they began with. Of a running server the history takes any role but agent, all else operator or admin;
/// the audit names the token.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Diff(releases::Diff),
    Publish(releases::Publish),
    Rollback(releases::Rollback),
    History(releases::History),
    OnAir(on_air::Args),
    Graph(graph::Args),
}

pub(crate) fn run(args: &Args) -> ExitCode {
    let done = match &args.command {
        Command::Graph(args) => return graph::run(args),
        Command::Diff(args) => args.run(),
        Command::Publish(args) => args.run(),
        Command::Rollback(args) => args.run(),
        Command::History(args) => args.run(),
        Command::OnAir(args) => args.run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("hotline menu: {}", reason.trim_end());
            ExitCode::FAILURE
        }
    }
}
