//! `hotline check`: every error of a configuration at once.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

/// Reads the configuration and tells everything that is wrong with it.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The folder of hotline.toml, queues.toml, menu/ and calendar/
    #[arg(long, value_name = "DIR", default_value = "config")]
    config: PathBuf,
}

/// Exit code 2: the configuration is wrong.
const WRONG: u8 = 2;

pub(crate) fn run(args: Args) -> ExitCode {
    match settings::load(&args.config, std::env::vars()) {
        Ok(plans) => {
            for warning in &plans.warnings {
                eprintln!("{warning}\n");
            }
            println!("{}", summary(&args, &plans));
            ExitCode::SUCCESS
        }
        Err(report) => {
            eprint!("{}", report.render(std::io::stderr().is_terminal()));
            ExitCode::from(WRONG)
        }
    }
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
