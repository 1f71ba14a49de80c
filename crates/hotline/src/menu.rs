//! `hotline menu`: what operators do with menus beside editing them.

mod graph;

use std::process::ExitCode;

use clap::Subcommand;

/// Draws menus
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Graph(graph::Args),
}

pub(crate) fn run(args: &Args) -> ExitCode {
    match &args.command {
        Command::Graph(args) => graph::run(args),
    }
}
