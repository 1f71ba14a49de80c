//! `hotline menu graph`: a menu as a picture, with the calls of a day on it perhaps.

mod chart;
mod layout;
mod mermaid;
mod order;
mod svg;
mod traffic;

use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use base::Wall;
use clap::ValueEnum;
use rehearsal::Who;
use settings::Plans;
use settings::script::Phrase;

use crate::table::reader_left;
use chart::Chart;

/// Draws a menu: its nodes by kind, and on each edge the key or the condition, and the seconds until a silent caller has come to people
/// from its far end, at worst
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The folder of hotline.toml, queues.toml, menu/ and calendar/
    #[arg(long, value_name = "DIR", default_value = "config")]
    config: PathBuf,
    /// The menu [default: the first]
    #[arg(long, value_name = "NAME")]
    menu: Option<String>,
    #[arg(long, value_enum, default_value = "svg")]
    format: Format,
    /// Where the picture goes [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Draws the calls of the records too: how many went where, and where they hung up
    #[arg(long)]
    traffic: bool,
    /// Only calls of that day in China and later ones, as 2026-10-01
    #[arg(long, value_name = "DATE", requires = "traffic", value_parser = day)]
    since: Option<Wall>,
    /// Only calls of that day in China
    #[arg(long, value_name = "DATE", requires = "traffic", conflicts_with = "since", value_parser = day)]
    day: Option<Wall>,
    /// The server's data directory, for the records
    #[arg(long, default_value = "data", value_name = "DIR")]
    data: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Svg,
    /// Text that Mermaid draws: in wikis, merge requests, Markdown
    Mermaid,
}

/// The configuration is wrong.
const WRONG: u8 = 2;
const DAY_MS: i64 = 24 * 3600 * 1000;

pub(crate) fn run(args: &Args) -> ExitCode {
    let plans = match settings::load(&args.config, std::env::vars()) {
        Ok(plans) => plans,
        Err(report) => {
            eprint!("{}", report.render(io::stderr().is_terminal()));
            return ExitCode::from(WRONG);
        }
    };
    match picture(args, &plans).and_then(|picture| write(args, &picture)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("hotline menu graph: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn picture(args: &Args, plans: &Plans) -> Result<String, String> {
    let names: Vec<&str> = plans.call.menus.iter().map(|version| version.name.as_str()).collect();
    let place = match &args.menu {
        Some(name) => names.iter().position(|known| known == name),
        None => Some(0),
    };
    let place = place.filter(|place| *place < names.len()).ok_or_else(|| {
        format!("no menu is named `{}`: one of `{}`", args.menu.as_deref().unwrap_or_default(), names.join("`, `"))
    })?;
    let mut chart = Chart::of(plans, place);
    if args.traffic {
        let (from, to) = match args.day {
            Some(day) => (Some(day), Some(Wall(day.0 + DAY_MS))),
            None => (args.since, None),
        };
        chart.traffic = Some(traffic::read(&args.data, plans, place, (from, to))?);
    }
    Ok(match args.format {
        Format::Svg => svg::draw(&chart),
        Format::Mermaid => mermaid::draw(&chart),
    })
}

fn write(args: &Args, picture: &str) -> Result<(), String> {
    match &args.out {
        Some(path) => {
            std::fs::write(path, picture).map_err(|error| format!("cannot write {}: {error}", path.display()))
        }
        None => io::stdout().lock().write_all(picture.as_bytes()).or_else(reader_left),
    }
}

/// Where a day begins in China.
fn day(text: &str) -> Result<Wall, String> {
    match Phrase::parse(&format!("on {text}")) {
        Ok(Phrase::Day(day, None)) => Ok(Who { day: Some(day), minute: Some(0), ..Who::default() }.wall()),
        _ => Err("write a day as 2026-10-01".to_owned()),
    }
}
