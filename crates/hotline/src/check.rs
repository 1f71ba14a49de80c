//! `hotline check`: every error of a configuration at once.

mod stories;

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::{Value, json};
use settings::{Finding, Folders, MenuReach, Plans, Report, Schema};

use crate::held::Held;
use crate::table::reader_left;

/// Reads the configuration and tells everything that is wrong with it, and how far people are in each menu.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The folder of hotline.toml, queues.toml, menu/, calendar/ and profile/
    #[arg(long, value_name = "DIR", default_value = "config")]
    config: PathBuf,
    /// What a start would run with: menus, calendars and prompts of the release that holds, beside the other files
    #[arg(long)]
    released: bool,
    /// Where releases lie [default: `server.data` of the configuration]
    #[arg(long, value_name = "DIR", requires = "released")]
    data: Option<PathBuf>,
    /// Prints a JSON object a line, for editors and pipelines
    #[arg(long)]
    json: bool,
    /// Plays the stories of menu/*.script too: which of them lead elsewhere, and what of each menu no story came to
    #[arg(long)]
    scripts: bool,
    /// Prints the JSON Schema of a kind of file, for editors, and checks nothing
    #[arg(long, value_name = "FILE", value_parser = schema, conflicts_with_all = ["config", "json", "scripts", "released"])]
    schema: Option<Schema>,
}

fn schema(name: &str) -> Result<Schema, String> {
    let found = Schema::ALL.into_iter().find(|schema| schema.name() == name);
    found.ok_or_else(|| format!("one of {}", Schema::ALL.map(Schema::name).join(", ")))
}

/// Exit code 2: the configuration is wrong.
const WRONG: u8 = 2;

pub(crate) fn run(mut args: Args) -> ExitCode {
    if let Some(schema) = args.schema {
        return match std::io::stdout().write_all(schema.text().as_bytes()).or_else(reader_left) {
            Ok(()) => ExitCode::SUCCESS,
            Err(reason) => {
                eprintln!("hotline check: {reason}");
                ExitCode::FAILURE
            }
        };
    }
    let held = args.released.then(|| Held::find(&args.config, args.data.take())).transpose();
    let held = match held {
        Ok(held) => held,
        Err(reason) => {
            eprintln!("{}", reason.trim_end());
            return ExitCode::from(WRONG);
        }
    };
    let from = held.as_ref().map_or(Folders::from(&args.config), |held| held.folders(&args.config));
    let (plans, days) = (settings::load(from, std::env::vars()), settings::check_profiles(&args.config));
    // Where the configuration is wrong, scripts are read all the same: every error at once.
    let scripts = settings::scripts(from, plans.as_ref().ok());
    match (plans, days, scripts) {
        (Ok(plans), Ok(_), Ok(scripts)) => {
            let calendars = plans.calendars.missing(server::wall());
            let warnings = plans.warnings.iter().chain(&calendars);
            if args.json {
                warnings.map(object).chain(plans.reach().iter().map(reach)).for_each(|o| println!("{o}"));
            } else {
                warnings.for_each(|warning| eprintln!("{warning}\n"));
                println!("{}", summary(&args, &plans));
            }
            let right = !args.scripts || stories::play(&plans, &scripts, args.json);
            if right { ExitCode::SUCCESS } else { ExitCode::from(WRONG) }
        }
        (plans, days, scripts) => {
            let days = days.err().into_iter().flatten();
            let reports: Vec<Report> = plans.err().into_iter().chain(days).chain(scripts.err()).collect();
            tell(&reports, args.json);
            ExitCode::from(WRONG)
        }
    }
}

fn tell(reports: &[Report], json: bool) {
    if json {
        reports.iter().flat_map(Report::findings).for_each(|finding| println!("{}", object(&finding)));
    } else {
        let styled = std::io::stderr().is_terminal();
        reports.iter().for_each(|report| eprint!("{}", report.render(styled)));
    }
}

/// Null where a finding is of a file as a whole.
fn object(finding: &Finding) -> Value {
    let place = finding.place;
    json!({
        "severity": finding.severity.name(),
        "origin": finding.origin,
        "line": place.map(|place| place.line),
        "column": place.map(|place| place.column),
        "to_column": place.map(|place| place.to_column),
        "title": finding.title,
        "label": finding.label,
        "help": finding.help,
    })
}

/// The proof of one menu, node by node; null where whoever presses nothing comes to no person, as in a survey.
fn reach(menu: &MenuReach) -> Value {
    let milliseconds = |time: Option<std::time::Duration>| time.map(|time| u64::try_from(time.as_millis()).ok());
    let node = |(name, reach): &(String, settings::Reach)| {
        json!({
            "node": name,
            "keys": reach.keys,
            "announcements_ms": milliseconds(reach.announcements),
            "silent_ms": milliseconds(reach.silent),
            "speaking_ms": milliseconds(reach.speaking),
        })
    };
    json!({"severity": "proof", "menu": menu.menu, "nodes": menu.nodes.iter().map(node).collect::<Vec<_>>()})
}

fn summary(args: &Args, plans: &Plans) -> String {
    let nodes: usize = plans.call.menus.iter().map(|m| m.menu.node_count()).sum();
    let fine = format!(
        "{} is fine: {} networks, {} trunks, {} numbers, {} menus with {nodes} nodes, {} groups, {} agents, {} sounds",
        args.config.display(),
        plans.server.networks.len(),
        plans.call.trunks.len(),
        plans.call.called.len(),
        plans.call.menus.len(),
        plans.acd.groups.len(),
        plans.acd.agents.len(),
        plans.sounds.len(),
    );
    std::iter::once(fine).chain(plans.reach().iter().map(proof)).collect::<Vec<_>>().join("\n")
}

fn proof(menu: &MenuReach) -> String {
    let seconds = |time: Option<std::time::Duration>| time.unwrap_or_default().as_millis().div_ceil(1000);
    let keys = menu.nodes.iter().map(|(_, reach)| reach.keys).max().unwrap_or_default();
    let (heard, silent) = (seconds(menu.start.announcements), seconds(menu.start.silent));
    let speaking = match menu.start.speaking {
        Some(time) => format!("; who says what nobody understands is after {} s", seconds(Some(time))),
        None if menu.listens => "; who says what nobody understands is when `limits.menu_s` is over".to_owned(),
        None => String::new(),
    };
    let plural = if keys == 1 { "key" } else { "keys" };
    format!(
        "menu {}: a person is {keys} {plural} away at most; who presses nothing hears {heard} s of announcements at most \
         and is in a queue after {silent} s{speaking}",
        menu.menu
    )
}
