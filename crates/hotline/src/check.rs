//! `hotline check`: every error of a configuration at once.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

/// Reads the configuration and tells everything that is wrong with it.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The folder of hotline.toml, queues.toml, menu/, calendar/ and profile/
    #[arg(long, value_name = "DIR", default_value = "config")]
    config: PathBuf,
}

/// Exit code 2: the configuration is wrong.
const WRONG: u8 = 2;

pub(crate) fn run(args: Args) -> ExitCode {
    let (plans, days) = (settings::load(&args.config, std::env::vars()), settings::check_profiles(&args.config));
    let plans = match (plans, days) {
        (Ok(plans), Ok(_)) => plans,
        (plans, days) => {
            for report in plans.err().into_iter().chain(days.err().into_iter().flatten()) {
                eprint!("{}", report.render(std::io::stderr().is_terminal()));
            }
            return ExitCode::from(WRONG);
        }
    };
    for warning in &plans.warnings {
        eprintln!("{warning}\n");
    }
    println!("{}", summary(&args, &plans));
    ExitCode::SUCCESS
}

fn summary(args: &Args, plans: &settings::Plans) -> String {
    let nodes: usize = plans.call.menus.iter().map(|m| m.menu.node_count()).sum();
    format!(
        "{} is fine: {} networks, {} trunks, {} numbers, {} menus with {nodes} nodes, {} groups, {} agents, {} sounds",
        args.config.display(),
        plans.server.networks.len(),
        plans.call.trunks.len(),
        plans.call.called.len(),
        plans.call.menus.len(),
        plans.acd.groups.len(),
        plans.acd.agents.len(),
        plans.sounds.len(),
    )
}
