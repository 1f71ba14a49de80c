//! `hotline staff`: how many agents a day needs, by formula and by simulation.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use sim::day::{Day, Figures, Hotline};
use staff::{Demand, HALVES, Outlook, Profile, Search, Target, agents_for, outlook};

use crate::simulate::{clock, hotline, load_profile, say};
use crate::trace::UNREADABLE;

/// Finds the agents that each half hour needs to keep a service level: by formula first, then by whole days played through the engine, both side
/// by side. Exit 0; 1 when a rule broke in a simulated day, 2 when files cannot be read
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The configuration whose queues the calls go through
    #[arg(long, value_name = "DIR", default_value = "config")]
    config: PathBuf,
    /// The day; profile/city.toml of the configuration where none is named
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
    /// The share that is to be answered, and within which time of entering the queue
    #[arg(long, value_name = "SHARE/TIME", default_value = "95%/15s")]
    target: Target,
    /// Decides the chance of the simulated days
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Days played in each round, with the figures of all together; more of them leave less to chance
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=100))]
    runs: u64,
    /// Rounds of the search; 0 for the formula alone
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u64).range(0..=50))]
    rounds: u64,
    /// So many times the calls and the agents of the profile
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0)]
    scale: f64,
}

/// A rule was broken in a simulated day.
const BROKEN: u8 = 1;

/// Everything the search goes by.
struct Task {
    hotline: Hotline,
    profile: Profile,
    target: Target,
    /// What queues.toml says, where the profile says nothing.
    wrap_up: Duration,
}

pub(crate) fn run(args: &Args) -> ExitCode {
    let task = match prepare(args) {
        Ok(task) => task,
        Err(reason) => {
            eprintln!("{}", reason.trim_end());
            return ExitCode::from(UNREADABLE);
        }
    };
    let formula = by_formula(&task);
    if args.rounds == 0 {
        say(&table(&task, &formula, None));
        return ExitCode::SUCCESS;
    }
    match by_simulation(args, &task, formula) {
        Ok((found, figures)) => {
            say(&table(&task, &formula, Some((&found, &figures))));
            ExitCode::SUCCESS
        }
        Err(broken) => {
            eprintln!("{broken}");
            ExitCode::from(BROKEN)
        }
    }
}

fn prepare(args: &Args) -> Result<Task, String> {
    let hotline = hotline(&args.config)?;
    let profile = load_profile(&args.config, args.profile.as_deref())?;
    if !(args.scale > 0.0 && args.scale <= 100.0) {
        return Err(format!(
            "hotline staff: --scale {} is out of range: write a factor above 0, up to 100",
            args.scale
        ));
    }
    let wrap_up = hotline.acd.groups.iter().map(|group| group.wrap_up).max().unwrap_or_default();
    Ok(Task { hotline, profile: profile.scaled(args.scale), target: args.target, wrap_up })
}

impl Task {
    fn demand(&self, half: usize) -> Demand {
        self.profile.demand_of(half, self.wrap_up)
    }

    /// Of the time that is promised the phone takes its share: the formula knows of the line alone.
    fn line(&self) -> Target {
        Target { within: self.target.within.saturating_sub(self.profile.answer.mean()), ..self.target }
    }

    fn outlook(&self, half: usize, agents: u32) -> Outlook {
        outlook(&self.demand(half), agents, self.line().within)
    }

    fn day(&self, agents: [u32; HALVES], seed: u64) -> Day {
        let profile = Profile { agents, ..self.profile.clone() };
        let hotline = self.hotline.clone();
        Day { hotline, profile, seed, first_half: 0, halves: HALVES, within: self.target.within, reloads: 0 }
    }
}

/// A profile holds fewer calls than the most agents can serve.
fn by_formula(task: &Task) -> [u32; HALVES] {
    std::array::from_fn(|half| agents_for(&task.demand(half), task.line()).unwrap_or(staff::AGENTS_MAX))
}

/// The agents found, and what a day with them came to.
type Found = ([u32; HALVES], Vec<Figures>);

fn by_simulation(args: &Args, task: &Task, formula: [u32; HALVES]) -> Result<Found, String> {
    let mut search = Search::new(formula);
    for round in 1..=args.rounds {
        eprintln!("round {round} of {}: {} agent hours", args.rounds, hours(&search.agents()));
        let halves = play(args, task, search.agents())?;
        let level = |half: &Figures| (half.offered() > 0).then(|| half.level());
        let learnt = halves.iter().enumerate().map(|(half, of)| search.learn(half, level(of), task.target.share));
        if learnt.filter(|again| *again).count() == 0 {
            break;
        }
    }
    let found = search.found();
    eprintln!("a last day with what was found: {} agent hours", hours(&found));
    let halves = play(args, task, found)?;
    Ok((found, halves))
}

/// The figures of several days together, by half hour.
fn play(args: &Args, task: &Task, agents: [u32; HALVES]) -> Result<Vec<Figures>, String> {
    let mut sum = vec![Figures::default(); HALVES];
    for seed in (args.seed..).take(args.runs as usize) {
        let report = sim::day::run(&task.day(agents, seed)).map_err(|broken| broken.to_string())?;
        sum.iter_mut().zip(&report.halves).for_each(|(sum, half)| sum.add(half));
    }
    Ok(sum)
}

/// Agents on duty, in hours of one agent.
fn hours(agents: &[u32; HALVES]) -> f64 {
    f64::from(agents.iter().sum::<u32>()) / 2.0
}

fn table(task: &Task, formula: &[u32; HALVES], simulated: Option<(&[u32; HALVES], &[Figures])>) -> String {
    let percent = |share: f64| format!("{:.1}%", share * 100.0);
    let mut lines = vec![
        format!(
            "agents for {} of {} calls a day, {:.0} s of an agent's time each; one pool: the formula lets every agent serve every group",
            task.target,
            (0..HALVES).map(|half| task.profile.rate_of(half) * 1800.0).sum::<f64>().round(),
            task.demand(0).service.as_secs_f64()
        ),
        String::new(),
        format!(
            "{:<6} {:>6} {:>7} {:>8} {:>7} {:>7} {:>10} {:>7} {:>8}",
            "from", "calls", "load", "formula", "level", "waits", "simulation", "level", "on duty"
        ),
    ];
    for half in 0..HALVES {
        let (demand, told) = (task.demand(half), task.outlook(half, formula[half]));
        let calls = demand.per_s * 1800.0;
        let load = demand.per_s * demand.service.as_secs_f64();
        let (found, level) = match simulated {
            Some((found, figures)) if figures[half].offered() > 0 => {
                (found[half].to_string(), percent(figures[half].level()))
            }
            Some((found, _)) => (found[half].to_string(), "-".to_owned()),
            None => ("-".to_owned(), "-".to_owned()),
        };
        let (level_by_formula, waits) = (percent(told.answered_within), percent(told.waits));
        let (from, by_formula, on_duty) = (clock(half), formula[half], task.profile.agents[half]);
        lines.push(format!(
            "{from:<6} {calls:>6.0} {load:>7.1} {by_formula:>8} {level_by_formula:>7} {waits:>7} {found:>10} {level:>7} {on_duty:>8}"
        ));
    }
    lines.push(String::new());
    let (by_formula, on_duty) = (hours(formula), hours(&task.profile.agents));
    let found = simulated.map_or_else(String::new, |(found, _)| format!("{} by simulation, ", hours(found)));
    lines.push(format!("agent hours: {by_formula} by formula, {found}{on_duty} in the profile"));
    if let Some((_, figures)) = simulated {
        let whole = figures.iter().fold(Figures::default(), |mut sum, half| {
            sum.add(half);
            sum
        });
        let (level, abandoned) = (percent(whole.level()), percent(whole.abandonment()));
        lines.push(format!(
            "the day as simulated: {level} answered in time, {abandoned} abandoned, {} occupied",
            percent(whole.occupancy())
        ));
    }
    lines.join("\n")
}
