//! `hotline simulate --replay`: what a traced engine did, done again.

use std::io::{self, IsTerminal};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use base::pack::Packed;
use base::{CallId, EndReason, Wall};
use switch::trace::{Difference, Entry, Head, Replay, Tail};
use trace::{Closing, Content, Key, Reader};

use super::{Args, UNREADABLE, say};

/// Something else came out.
const DIFFERS: u8 = 1;

/// How a replay ended.
enum Outcome {
    /// Why there is no more of it.
    Same(String),
    Differs(Box<Difference>),
}

pub(super) fn run(args: &Args, trace: &Path) -> ExitCode {
    let plans = match configurations(args) {
        Ok(plans) => plans,
        Err(report) => {
            eprint!("{}", report.render(io::stderr().is_terminal()));
            return ExitCode::from(UNREADABLE);
        }
    };
    let (plans, later) = plans.split_at(1);
    match replay(args, trace, (&plans[0], later)) {
        Ok(code) => code,
        Err(reason) => {
            eprintln!("hotline simulate: {reason}");
            ExitCode::from(UNREADABLE)
        }
    }
}

/// The configuration that the engine started with, and those that came to hold, each read as the engine read it then; one at least.
fn configurations(args: &Args) -> Result<Vec<switch::Plans>, settings::Report> {
    let mut running = settings::load(args.config(), std::env::vars())?;
    let mut all = vec![of_owners(&running)];
    for config in args.config.iter().skip(1) {
        running = settings::reload(config, std::env::vars(), &running)?.plans;
        all.push(of_owners(&running));
    }
    Ok(all)
}

fn of_owners(plans: &settings::Plans) -> switch::Plans {
    let settings::Plans { call, acd, roster, carrier, .. } = plans.clone();
    switch::Plans { call: Arc::new(call), acd, roster, carrier }
}

fn replay(args: &Args, trace: &Path, (plans, later): (&switch::Plans, &[switch::Plans])) -> Result<ExitCode, String> {
    let key = Key::load(&args.trace_key).map_err(|e| e.to_string())?;
    let mut reader = Reader::open(trace, Some(&key)).map_err(|e| e.to_string())?;
    let head = head(&mut reader)?;
    let same_plans = head.fingerprint_of(plans) == head.plans;
    say(&head.line());
    if head.version != env!("CARGO_PKG_VERSION") {
        eprintln!("warning: version {} wrote the trace, this is {}", head.version, env!("CARGO_PKG_VERSION"));
    }
    if !same_plans {
        let (then, here) = (head.plans, head.fingerprint_of(plans));
        let advice = "expect differences; give the right one with --config";
        eprintln!("warning: the engine had the configuration {then:016x} and this is {here:016x}: {advice}");
    }
    let began = Instant::now();
    let mut replay = match Replay::new(&head, plans, later, args.call.is_some()) {
        Ok(replay) => replay,
        Err(panic) => return start_panics(&mut reader, &panic),
    };
    let outcome = feed(&mut replay, &mut reader, args)?;
    tell(&replay, began);
    if let Some(call) = args.call {
        tell_call(&replay, call);
    }
    Ok(judge(&outcome, same_plans))
}

fn head(reader: &mut Reader) -> Result<Head, String> {
    let record = reader.next_record().map_err(|e| e.to_string())?;
    match record.map(|record| record.content) {
        Some(Content::Head(bytes)) => Head::from_bytes(&bytes)
            .map_err(|e| format!("{e} at the start of the trace; replay it with the version of hotline that wrote it")),
        _ => Err("the trace ends before its start; take the file from its source again".to_owned()),
    }
}

/// The owners panic before the first input.
fn start_panics(reader: &mut Reader, panic: &str) -> Result<ExitCode, String> {
    let record = reader.next_record().map_err(|e| e.to_string())?;
    let same = matches!(record.map(|r| r.content), None | Some(Content::Closing(Closing::Panicked) | Content::Cut));
    say(&format!("{}: the process panics at its start: {panic}", if same { "same" } else { "differs" }));
    Ok(if same { ExitCode::SUCCESS } else { ExitCode::from(DIFFERS) })
}

/// Feeds entries until the end, a difference or `--until`.
fn feed(replay: &mut Replay, reader: &mut Reader, args: &Args) -> Result<Outcome, String> {
    let until = args.until.as_deref();
    let is_after =
        |wall: Wall| until.is_some_and(|until| !wall.to_string().starts_with(until) && *wall.to_string() > *until);
    let (tail, why) = loop {
        let Some(record) = reader.next_record().map_err(|e| e.to_string())? else { break (Tail::Open, String::new()) };
        let bytes = match record.content {
            Content::Entry(bytes) => bytes,
            Content::Closing(Closing::Panicked) => break (Tail::Panicked, record.line),
            Content::Closing(_) | Content::Cut => break (Tail::Open, record.line),
            Content::Head(_) => continue,
        };
        let entry =
            Entry::from_bytes(&bytes).map_err(|e| format!("{e} in record {}; {OTHER_VERSION}", record.number))?;
        if let Some(now) = entry.now().filter(|now| is_after(now.wall)) {
            break (Tail::Open, format!("stopped before {}", now.wall));
        }
        let is_turn = matches!(entry, Entry::Turn { .. });
        if let Err(difference) = replay.feed(entry) {
            return Ok(Outcome::Differs(difference));
        }
        if args.records && is_turn {
            replay.ended().iter().for_each(|line| say(line));
        }
    };
    Ok(match replay.finish(tail) {
        Ok(()) => Outcome::Same(replay.panic().map_or(why, |panic| format!("the process panicked here too: {panic}"))),
        Err(difference) => Outcome::Differs(difference),
    })
}

const OTHER_VERSION: &str = "replay it with the version of hotline that wrote it";

fn tell(replay: &Replay, began: Instant) {
    let done = replay.summary();
    let took = began.elapsed().as_millis();
    say(&format!("{} turns, {} inputs, {} calls, replayed in {took} ms", done.turns, done.inputs, done.calls));
    let ended = EndReason::ALL.iter().zip(done.ended).filter(|(_, count)| *count > 0);
    let ended: Vec<_> = ended.map(|(reason, count)| format!("{count} {}", reason.name())).collect();
    say(&format!("records: {}", if ended.is_empty() { "none".to_owned() } else { ended.join(", ") }));
    say(&format!("{} panics contained, {} unreadable messages", done.faults, done.malformed));
}

fn tell_call(replay: &Replay, call: CallId) {
    let mut lines = replay.story(call).peekable();
    match lines.peek() {
        Some(_) => say(&format!("the story of call {call}:")),
        None => say(&format!("call {call} is not in what was replayed")),
    }
    for told in lines {
        say(&format!("{} {}", told.now.wall, told.text));
    }
}

fn judge(outcome: &Outcome, same_plans: bool) -> ExitCode {
    match outcome {
        Outcome::Same(why) => {
            say(&format!("same: every turn made the effects that were recorded; {why}"));
            ExitCode::SUCCESS
        }
        Outcome::Differs(difference) => {
            let Difference { turn, now, then, here } = &**difference;
            say(&format!("differs: in turn {turn}, at {} ({:?})", now.wall, now.time));
            say(&format!("  recorded: {then}\n  here:     {here}"));
            if !same_plans {
                say("  the configuration is another one, see above");
            }
            ExitCode::from(DIFFERS)
        }
    }
}
