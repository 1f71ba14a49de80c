//! One day, or many short ones.

use std::io::{self, IsTerminal};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use base::EndReason;
use sim::day::{Broken, Day, Hotline, Report};
use staff::{HALVES, Profile};

use super::{Args, UNREADABLE, figures, picture, say};

/// A rule was broken.
const BROKEN: u8 = 1;

pub(super) fn run(args: &Args) -> ExitCode {
    match prepare(args) {
        Ok(day) => match args.days {
            None => one(args, &day),
            Some(count) => many(args, &day, count),
        },
        Err(reason) => {
            eprintln!("{}", reason.trim_end());
            ExitCode::from(UNREADABLE)
        }
    }
}

fn prepare(args: &Args) -> Result<Day, String> {
    let hotline = hotline(args.config())?;
    let profile = load_profile(args.config(), args.profile.as_deref())?;
    let halves = args.hours * 2.0;
    if !(halves >= 1.0 && halves <= Day::HALVES_MAX as f64 && halves.fract() == 0.0) {
        return Err(format!(
            "hotline simulate: --hours {} is no length: write 0.5, 1, … up to {}",
            args.hours,
            Day::HALVES_MAX / 2
        ));
    }
    if !(args.scale > 0.0 && args.scale <= 100.0) {
        return Err(format!(
            "hotline simulate: --scale {} is out of range: write a factor above 0, up to 100",
            args.scale
        ));
    }
    Ok(Day {
        hotline,
        profile: profile.scaled(args.scale),
        seed: args.seed,
        first_half: first_half(&args.from)?,
        halves: halves as usize,
        within: args.target.within,
        reloads: 0,
    })
}

/// The plans of a configuration, as the simulator takes them.
pub(crate) fn hotline(config: &Path) -> Result<Hotline, String> {
    let plans = settings::load(config, std::env::vars()).map_err(|report| report.render(io::stderr().is_terminal()))?;
    let length = |sound: &settings::SoundFile| Duration::from_micros(sound.samples.len() as u64 * 125);
    let sounds = plans.sounds.iter().map(length).collect();
    Ok(Hotline { call: plans.call.into(), acd: plans.acd, roster: plans.roster, sounds })
}

/// The profile of this file, or that of the configuration.
pub(crate) fn load_profile(config: &Path, named: Option<&Path>) -> Result<Profile, String> {
    let path = named.map_or_else(|| config.join("profile/city.toml"), Path::to_owned);
    settings::load_profile(&path).map_err(|report| report.render(io::stderr().is_terminal()))
}

fn first_half(text: &str) -> Result<usize, String> {
    let half = text.split_once(':').and_then(|(hour, minute)| {
        let half = match minute {
            "00" => 0,
            "30" => 1,
            _ => return None,
        };
        hour.parse::<usize>().ok().map(|hour| 2 * hour + half)
    });
    half.filter(|half| *half < HALVES)
        .ok_or_else(|| format!("hotline simulate: --from {text} is no half hour of a day: write it as 09:00 or 09:30"))
}

fn one(args: &Args, day: &Day) -> ExitCode {
    let began = Instant::now();
    let report = match sim::day::run(day) {
        Ok(report) => report,
        Err(broken) => return tell_broken(args, day.seed, &broken),
    };
    say(&figures::text(day, &report, args.target));
    let took = began.elapsed().as_secs_f64();
    let hours = day.halves as f64 / 2.0;
    say(&format!(
        "{} steps and {} SIP messages in {took:.1} s, {:.0} times as fast as the clock; phones send no voice, the media side answers on time",
        report.steps,
        report.messages,
        hours * 3600.0 / took.max(1e-3)
    ));
    say("every rule held after each step");
    match args.svg.as_deref().map(|file| (file, std::fs::write(file, picture::draw(day, &report, args.target)))) {
        None => ExitCode::SUCCESS,
        Some((file, Ok(()))) => {
            say(&format!("the picture is in {}", file.display()));
            ExitCode::SUCCESS
        }
        Some((file, Err(error))) => {
            eprintln!(
                "hotline simulate: cannot write {}: {error}; name a file in a folder that is there",
                file.display()
            );
            ExitCode::from(UNREADABLE)
        }
    }
}

fn many(args: &Args, day: &Day, count: u64) -> ExitCode {
    let began = Instant::now();
    let mut sum = Sum::default();
    for seed in (args.seed..).take(usize::try_from(count).unwrap_or(usize::MAX)) {
        match sim::day::run(&Day { seed, ..day.clone() }.shaken()) {
            Ok(report) => sum.add(&report),
            Err(broken) => return tell_broken(args, seed, &broken),
        }
    }
    say(&format!("{count} days from seed {}: {sum}, in {:.1} s", args.seed, began.elapsed().as_secs_f64()));
    say("every rule held after each step of all of them");
    ExitCode::SUCCESS
}

/// What many days came to.
#[derive(Debug, Default)]
struct Sum {
    calls: u64,
    answered: u64,
    restarts: u64,
    steps: u64,
    ended: [u64; EndReason::ALL.len()],
}

impl Sum {
    fn add(&mut self, report: &Report) {
        let whole = report.whole();
        self.calls += whole.calls;
        self.answered += whole.answered;
        self.restarts += report.restarts;
        self.steps += report.steps;
        self.ended.iter_mut().zip(report.ended).for_each(|(sum, more)| *sum += more);
    }
}

impl std::fmt::Display for Sum {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Sum { calls, answered, restarts, steps, ended } = self;
        write!(f, "{calls} calls, {answered} answered, {restarts} restarts, {steps} steps; ")?;
        f.write_str(&figures::endings(ended))
    }
}

/// The story, and the one line that brings it about again.
fn tell_broken(args: &Args, seed: u64, broken: &Broken) -> ExitCode {
    eprintln!("{broken}");
    let mut again =
        format!("hotline simulate --config {} --seed {seed} --hours {}", args.config().display(), args.hours);
    if let Some(profile) = &args.profile {
        again += &format!(" --profile {}", profile.display());
    }
    if args.from != "00:00" {
        again += &format!(" --from {}", args.from);
    }
    if args.scale != 1.0 {
        again += &format!(" --scale {}", args.scale);
    }
    if args.days.is_some() {
        again += " --days 1";
    }
    eprintln!("again: {again}");
    ExitCode::from(BROKEN)
}
