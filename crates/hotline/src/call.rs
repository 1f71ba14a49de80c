//! `hotline call`: a citizen without a phone.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use base::{Digit, Time};
use load::phone::{Act, Event, Side, Step, TonePair, What, Why};
use load::{Solo, options, timeline};

/// The citizen's own tone, unlike the agent's.
const TONE: TonePair = TonePair { low_hz: 480, high_hz: 1130 };
/// A key without its own `--after` waits this long.
const AFTER_DEFAULT: Duration = Duration::from_secs(2);
/// How long an unanswered call rings before the citizen gives up.
const RINGING_MAX: Duration = Duration::from_secs(90);
/// How long goodbye may take: a BYE that gets no answer is not waited for.
const GOODBYE_MAX: Duration = Duration::from_secs(3);
const TURN: Duration = Duration::from_millis(100);

/// Calls as a citizen would: dials, presses keys, prints what happens and keeps what it hears.
///
/// Exits with 0 when the call was answered and sound was heard, else with 1.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Whom to call, such as sip:12345@127.0.0.1:5060
    #[arg(value_name = "sip:12345@HOST[:PORT]")]
    to: String,
    /// Keys to press, one after the other: 0 to 9, *, #; may be given again
    #[arg(long, value_name = "KEYS")]
    press: Vec<String>,
    /// When to press: the first counts for the first --press, from the answer, each further one from the press before it [default: 2s each]
    #[arg(long, value_name = "DURATION", value_parser = options::duration)]
    after: Vec<Duration>,
    /// Hang up so many seconds after the answer
    #[arg(long, value_name = "N", default_value_t = 30)]
    seconds: u32,
    /// Write what is heard as WAV (8 kHz, mono, 16 bit)
    #[arg(long, value_name = "FILE.wav")]
    record: Option<PathBuf>,
    /// What the citizen says: tone, silence or a WAV
    #[arg(long, value_name = "FILE.wav|tone|silence", default_value = "tone")]
    say: String,
    /// The citizen's number
    #[arg(long, value_name = "NUMBER", default_value = "13800138000")]
    from: String,
}

pub(crate) fn run(args: Args) -> ExitCode {
    match call(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("hotline call: {sentence}");
            ExitCode::FAILURE
        }
    }
}

/// What the call came to.
#[derive(Default)]
struct Outcome {
    answered: bool,
    heard: bool,
    ended: Option<(Side, Why)>,
}

impl Outcome {
    fn note(&mut self, zero: Time, event: &Event) {
        println!("{}", timeline::line(zero, event));
        match &event.what {
            What::Answered => self.answered = true,
            What::AudioHeard => self.heard = true,
            What::HungUp { by, why } => self.ended = Some((*by, *why)),
            _ => {}
        }
    }
}

fn call(args: &Args) -> Result<(), String> {
    let server = options::server_of(&args.to)?;
    let script = script(&args.press, &args.after)?;
    let voice = options::voice(&args.say, TONE)?;
    let mut citizen = Solo::new(&args.from, server, args.record.as_deref(), |config| {
        config.script = script;
        config.voice = voice;
    })?;
    let interrupted = interrupt()?;
    let zero = citizen.now();
    println!("{:>7.2} s  dials {}", 0.0, args.to);
    citizen.act(|phone, now, out| phone.dial(now, &args.to, out));
    let mut outcome = Outcome::default();
    let mut hang_up_at = zero + RINGING_MAX;
    while outcome.ended.is_none() {
        for event in citizen.turn(TURN)? {
            outcome.note(zero, &event);
            if matches!(event.what, What::Answered) {
                hang_up_at = event.at + Duration::from_secs(args.seconds.into());
            }
        }
        if interrupted.load(Ordering::Relaxed) || citizen.now() >= hang_up_at {
            citizen.act(|phone, now, out| phone.hang_up(now, out));
        }
    }
    let give_up_at = citizen.now() + GOODBYE_MAX;
    while !citizen.phone().is_quiet() && citizen.now() < give_up_at {
        citizen.turn(TURN)?;
    }
    if let (Some(path), Some(seconds)) = (&args.record, citizen.finish()?) {
        println!("           {seconds:.1} s of sound in {}", path.display());
    }
    verdict(args, &outcome)
}

fn verdict(args: &Args, outcome: &Outcome) -> Result<(), String> {
    let to = &args.to;
    match outcome {
        Outcome { answered: true, heard: true, .. } => Ok(()),
        Outcome { answered: true, .. } => Err(format!(
            "{to} answered, but nothing was heard: check that UDP from its media ports reaches this machine"
        )),
        Outcome { ended: Some((Side::Us, why)), .. } => Err(format!("{to} did not answer: we gave up ({why})")),
        Outcome { ended: Some((_, Why::Unreachable)), .. } => {
            Err(format!("nothing listens at {to}: start the server with `hotline serve`, or give its port"))
        }
        Outcome { ended: Some((_, why)), .. } => Err(format!("{to} did not answer: {why}; see the server's log")),
        Outcome { ended: None, .. } => Err(format!("{to} did not answer")),
    }
}

/// Each `--press` with its own `--after`.
fn script(press: &[String], after: &[Duration]) -> Result<Vec<Step>, String> {
    if after.len() > press.len() {
        return Err(format!("{} --after for {} --press; give each --press at most one", after.len(), press.len()));
    }
    let mut steps = Vec::new();
    for (i, keys) in press.iter().enumerate() {
        let mut after = after.get(i).copied().unwrap_or(AFTER_DEFAULT);
        for key in keys.chars() {
            let digit =
                Digit::from_char(key).ok_or_else(|| format!("--press {keys}: {key} is no key; use 0 to 9, * and #"))?;
            steps.push(Step { after, act: Act::Press(digit) });
            after = Duration::ZERO;
        }
    }
    Ok(steps)
}

/// Set by the first Ctrl-C or SIGTERM; the second ends the process at once.
pub(crate) fn interrupt() -> Result<Arc<AtomicBool>, String> {
    let flag = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        signal_hook::flag::register_conditional_shutdown(signal, 130, flag.clone())
            .and_then(|_| signal_hook::flag::register(signal, flag.clone()))
            .map_err(|e| format!("Ctrl-C cannot be watched: {e}"))?;
    }
    Ok(flag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_press_has_its_time() {
        let steps = |press: &[&str], after: &[u64]| {
            let press: Vec<String> = press.iter().map(|p| (*p).to_owned()).collect();
            let after: Vec<Duration> = after.iter().map(|s| Duration::from_secs(*s)).collect();
            script(&press, &after).map(|s| s.iter().map(|s| s.after.as_secs()).collect::<Vec<_>>())
        };
        assert_eq!(steps(&["1", "0"], &[12, 3]), Ok(vec![12, 3]));
        assert_eq!(steps(&["1", "23#"], &[12]), Ok(vec![12, 2, 0, 0]));
        assert!(steps(&["1"], &[1, 2]).is_err());
        assert!(steps(&["x"], &[]).is_err());
    }
}
