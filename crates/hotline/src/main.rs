//! The call engine for 12345 government hotlines.

mod agent;
mod call;
mod check;
mod client;
mod held;
mod ladder;
mod log;
mod menu;
mod panics;
mod prompts;
mod queue;
mod records;
mod rehearse;
mod reload;
mod serve;
mod simulate;
mod size;
mod staffing;
mod table;
mod token;
mod top;
mod trace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tikv_jemallocator::Jemalloc;

#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

/// The call engine for 12345 government hotlines: answers, queues, connects and records citizens' calls.
#[derive(Parser)]
#[command(name = "hotline", version)]
struct Cli {
    /// Without a command: serve
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    Serve(serve::Args),
    Check(check::Args),
    Call(call::Args),
    Agent(agent::Args),
    #[command(subcommand)]
    Prompts(prompts::What),
    Records(records::Args),
    Ladder(ladder::Args),
    Menu(menu::Args),
    Queue(queue::Args),
    Rehearse(rehearse::Args),
    Reload(reload::Args),
    Simulate(simulate::Args),
    Staff(staffing::Args),
    Trace(trace::Args),
    Token(token::Args),
    Top(top::Args),
}

fn main() -> ExitCode {
    match Cli::parse().command.unwrap_or_else(|| Command::Serve(serve::Args::default())) {
        Command::Serve(args) => serve::run(args),
        Command::Check(args) => check::run(args),
        Command::Call(args) => call::run(args),
        Command::Agent(args) => agent::run(args),
        Command::Prompts(what) => prompts::run(&what),
        Command::Records(args) => records::run(args),
        Command::Ladder(args) => ladder::run(&args),
        Command::Menu(args) => menu::run(&args),
        Command::Queue(args) => queue::run(&args),
        Command::Rehearse(args) => rehearse::run(&args),
        Command::Reload(args) => reload::run(&args),
        Command::Simulate(args) => simulate::run(&args),
        Command::Staff(args) => staffing::run(&args),
        Command::Trace(args) => trace::run(&args),
        Command::Token(args) => token::run(args),
        Command::Top(args) => top::run(&args),
    }
}
