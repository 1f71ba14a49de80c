//! `load hammer`, `load soak` and `load ims`: traffic for an engine that runs already; `cargo xtask hammer` and `cargo xtask soak` start
//! one.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::str::FromStr;
use std::time::Duration;

use load::{hammer, ims, soak};

const USAGE: &str = "\
load hammer --server ADDR --process PID [--messages N] [--batch N] [--rate N] [--seed N] [--growth-kb N]
load soak --server ADDR --http ADDR --process PID [--seconds N] [--rate N] [--agents N] [--seed N] [--diary FILE]
load ims --server ADDR [--calls N] [--rate N] [--at-once N] [--agents N] [--seed N]";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match args.split_first() {
        Some((command, rest)) if command == "hammer" => Options::read(rest).and_then(|options| run_hammer(&options)),
        Some((command, rest)) if command == "soak" => Options::read(rest).and_then(|options| run_soak(&options)),
        Some((command, rest)) if command == "ims" => Options::read(rest).and_then(|options| run_ims(&options)),
        _ => Err(USAGE.to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("{sentence}");
            ExitCode::FAILURE
        }
    }
}

/// `--name value` pairs.
struct Options(BTreeMap<String, String>);

impl Options {
    fn read(args: &[String]) -> Result<Options, String> {
        let mut options = BTreeMap::new();
        for pair in args.chunks(2) {
            match pair {
                [name, value] if name.starts_with("--") => options.insert(name.clone(), value.clone()),
                _ => return Err(format!("options come as `--name value`, not as '{}'\n{USAGE}", pair.join(" "))),
            };
        }
        Ok(Options(options))
    }

    fn need<T: FromStr>(&self, name: &str) -> Result<T, String> {
        let text = self.0.get(name).ok_or_else(|| format!("{name} is missing\n{USAGE}"))?;
        text.parse().map_err(|_| format!("{name} {text} cannot be read\n{USAGE}"))
    }

    fn or<T: FromStr>(&self, name: &str, default: T) -> Result<T, String> {
        if self.0.contains_key(name) { self.need(name) } else { Ok(default) }
    }
}

fn run_hammer(options: &Options) -> Result<(), String> {
    let plan = hammer::Plan {
        server: options.need("--server")?,
        process: options.need("--process")?,
        messages: options.or("--messages", 1_000_000)?,
        batch: options.or("--batch", 20_000)?,
        rate: options.or("--rate", hammer::RATE)?,
        seed: options.or("--seed", 1)?,
        growth_kb_max: options.or("--growth-kb", hammer::GROWTH_KB_MAX)?,
    };
    println!("{:>9}  {:>7}  {:>10}  {:>9}", "messages", "seconds", "memory KiB", "call ms");
    let outcome = hammer::run(plan, &mut |batch| {
        let hammer::Batch { messages, seconds, resident_kb, call_ms } = batch;
        println!("{messages:>9}  {seconds:>7.0}  {resident_kb:>10}  {call_ms:>9}");
    })?;
    let classes: Vec<String> = (1..7).map(|class| format!("{class}xx {}", outcome.answers[class])).collect();
    println!("answers to strangers: {}; {} calls came about by chance", classes.join(", "), outcome.stray_calls);
    println!("memory grew by {} KiB after the warm-up", outcome.growth_kb());
    Ok(())
}

fn run_soak(options: &Options) -> Result<(), String> {
    let plan = soak::Plan {
        server: options.need("--server")?,
        http: options.need("--http")?,
        process: options.need("--process")?,
        time: Duration::from_secs(options.or("--seconds", 1_800)?),
        rate: options.or("--rate", 10.0)?,
        agents: options.or("--agents", 10)?,
        seed: options.or("--seed", 1)?,
        diary: options.0.get("--diary").map(Into::into),
    };
    let outcome = soak::run(&plan, &mut |line| println!("{line}"))?;
    let (warm, last) = outcome.resident_kb;
    println!("{} calls in {:.0} s: {}", outcome.tally.calls, outcome.seconds, outcome.tally);
    let soak::Outcome { started, ended, declined, .. } = &outcome;
    println!("the engine began {started} and ended {ended} calls; {declined} offers were declined");
    println!(
        "memory {warm} KiB after the warm-up, {last} KiB at the end; slope {:.1} KiB a minute, {:.3} KiB a call",
        outcome.kb_a_minute, outcome.kb_a_call
    );
    match outcome.faults().as_slice() {
        [] => Ok(()),
        faults => Err(faults.join("\n")),
    }
}

fn run_ims(options: &Options) -> Result<(), String> {
    let plan = ims::Plan {
        server: options.need("--server")?,
        calls: options.or("--calls", 240)?,
        rate: options.or("--rate", 5.0)?,
        at_once: options.or("--at-once", 100)?,
        agents: options.or("--agents", 10)?,
        seed: options.or("--seed", 1)?,
    };
    let outcome = ims::run(&plan)?;
    print!("{outcome}");
    match outcome.faults().as_slice() {
        [] => Ok(()),
        faults => Err(faults.join("\n")),
    }
}
