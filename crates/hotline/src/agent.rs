//! `hotline agent`: an agent without a phone.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::Ordering;
use std::time::Duration;

use base::Secret;
use load::phone::{Answering, TonePair, What, Why};
use load::{Solo, options, timeline};

/// The agent's own tone, unlike the citizen's.
const TONE: TonePair = TonePair { low_hz: 620, high_hz: 1510 };
/// How long signing off may take.
const GOODBYE_MAX: Duration = Duration::from_secs(3);
const TURN: Duration = Duration::from_millis(100);

/// Signs on as an agent's phone, answers every call, and prints what happens, until Ctrl-C.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The agent, as in queues.toml
    #[arg(long, value_name = "ID")]
    id: String,
    /// The engine's SIP address
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:5060")]
    server: String,
    /// The agent's password [default: example-ID, as in the shipped configuration]
    #[arg(long, value_name = "PASSWORD")]
    password: Option<String>,
    /// How long the phone rings before it answers
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = options::duration)]
    answer_after: Duration,
    /// Write what is heard in all calls as WAV (8 kHz, mono, 16 bit)
    #[arg(long, value_name = "FILE.wav")]
    record: Option<PathBuf>,
    /// What the agent says: tone, silence or a WAV
    #[arg(long, value_name = "FILE.wav|tone|silence", default_value = "tone")]
    say: String,
}

pub(crate) fn run(args: Args) -> ExitCode {
    match serve(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("hotline agent: {sentence}");
            ExitCode::FAILURE
        }
    }
}

fn serve(args: &Args) -> Result<(), String> {
    let server = options::address(&args.server)?;
    let voice = options::voice(&args.say, TONE)?;
    let password = args.password.clone().unwrap_or_else(|| format!("example-{}", args.id));
    let mut agent = Solo::new(&args.id, server, args.record.as_deref(), |config| {
        config.password = Some(Secret(password));
        config.answering = Answering::After(args.answer_after);
        config.voice = voice;
    })?;
    let interrupted = super::call::interrupt()?;
    let zero = agent.now();
    agent.act(|phone, now, out| phone.register(now, out));
    let mut signed_on = false;
    while !interrupted.load(Ordering::Relaxed) {
        for event in agent.turn(TURN)? {
            println!("{}", timeline::line(zero, &event));
            match event.what {
                What::Registered { .. } => signed_on = true,
                What::RegisterFailed { cause } if !signed_on => return Err(no_registration(args, cause.into())),
                _ => {}
            }
        }
    }
    agent.act(|phone, now, out| {
        phone.hang_up(now, out);
        phone.unregister(now, out);
    });
    let give_up_at = agent.now() + GOODBYE_MAX;
    let mut signed_off = false;
    while !(signed_off && agent.phone().is_quiet()) && agent.now() < give_up_at {
        for event in agent.turn(TURN)? {
            println!("{}", timeline::line(zero, &event));
            signed_off |= matches!(event.what, What::Unregistered);
        }
    }
    if let (Some(path), Some(seconds)) = (&args.record, agent.finish()?) {
        println!("           {seconds:.1} s of sound in {}", path.display());
    }
    Ok(())
}

fn no_registration(args: &Args, why: Why) -> String {
    let Args { id, server, .. } = args;
    match why {
        Why::Status(401 | 403 | 404 | 407) => {
            format!("agent {id} may not register at {server} ({why}): check --id and --password against queues.toml")
        }
        Why::Unreachable | Why::Timeout => {
            format!("no server answers at {server} ({why}): start it with `hotline serve`, or give --server HOST:PORT")
        }
        _ => format!("agent {id} could not register at {server}: {why}; see the server's log"),
    }
}
