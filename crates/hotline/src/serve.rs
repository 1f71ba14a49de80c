//! `hotline serve`: the engine.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use api::{Http, Setup};
use server::{Options, Outcome};
use settings::{Role, Token};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::held::Held;
use crate::log::Log;
use crate::panics;
use crate::size::Size;

/// Takes calls until SIGTERM: then no new ones, and the running ones have their time; a second SIGTERM ends them. SIGHUP reads the
/// configuration anew
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Args {
    /// The folder of hotline.toml, queues.toml, menu/ and calendar/
    #[arg(long, value_name = "DIR")]
    config: Option<PathBuf>,
    /// The folder of the records [default: `server.data` of the configuration]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// A drill: panics on purpose, as `call:7` at the 7th event of a call; also reader, transactions, queue, roster and worker
    #[arg(long, value_name = "PLACE:N")]
    drill: Option<server::Drill>,
    /// Write every input to this file, for `hotline simulate --replay`; one that is there already is kept, and FILE.2 written
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// The longest trace; serving goes on without it
    #[arg(long, value_name = "SIZE", default_value = "1GiB", requires = "trace")]
    trace_limit: Size,
    /// The key that seals the trace, 64 hexadecimal digits; made when it is not there [default: DATA/trace.key]
    #[arg(long, value_name = "FILE", requires = "trace")]
    trace_key: Option<PathBuf>,
}

/// The configuration is wrong.
const WRONG: u8 = 2;

pub(crate) fn run(args: Args) -> ExitCode {
    let config = args.config.unwrap_or_else(|| PathBuf::from("config"));
    let held = match Held::find(&config, args.data) {
        Ok(held) => held,
        Err(reason) => {
            eprintln!("{}", reason.trim_end());
            return ExitCode::from(WRONG);
        }
    };
    let plans = match settings::load(held.folders(&config), std::env::vars()) {
        Ok(plans) => plans,
        Err(report) => {
            eprint!("{}", report.render(std::io::stderr().is_terminal()));
            return ExitCode::from(WRONG);
        }
    };
    let log = match Log::start(&plans.server.log) {
        Ok(log) => log,
        Err(error) => {
            eprintln!("hotline serve: cannot start the thread of the log: {error}; raise the limit of threads");
            return ExitCode::FAILURE;
        }
    };
    panics::log();
    for warning in plans.warnings.iter().chain(&plans.calendars.missing(server::wall())) {
        log.say(&format!("{warning}\n"));
    }
    if let Some(release) = &held.release {
        log.say(&format!("menus, calendars and prompts are those of release {}\n", release.id));
    }
    let data = held.data;
    let (limit, key) = (args.trace_limit.0, args.trace_key);
    let trace = args.trace.map(|file| server::Trace { file, limit, key });
    let ended = serve(plans, data, Options { drill: args.drill, trace, config });
    if let Err(reason) = &ended {
        log.say(&format!("hotline serve: {reason}"));
    }
    log.finish();
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn serve(plans: settings::Plans, data: PathBuf, options: Options) -> Result<(), String> {
    let (listen, tokens, areas) = (plans.server.http, plans.server.tokens.clone(), Arc::clone(&plans.server.areas));
    let signals = Signals::new([SIGTERM, SIGINT, SIGHUP]).map_err(|e| format!("cannot watch for SIGTERM: {e}"))?;
    let mut running = server::start(plans, data.clone(), options).map_err(|e| e.to_string())?;
    let view = Arc::clone(&running.view);
    let setup = Setup {
        view: Arc::new(move || view.load_full()),
        desk: running.desk.clone(),
        configuration: Arc::clone(&running.reloader) as api::Configuration,
        inbox: running.inbox.take(),
        board: Arc::clone(&running.board),
        ladders: Arc::clone(&running.ladders),
        tokens: with_admin(tokens, &data),
        areas,
        data,
    };
    let http = Http::start(listen, setup).map_err(|e| e.to_string());
    let http = match http {
        Ok(http) => http,
        Err(reason) => {
            running.stop.next();
            running.stop.next();
            running.wait()?;
            return Err(reason);
        }
    };
    if running.closed > 0 {
        tracing::warn!(calls = running.closed, "calls found open were ended with reason `restart`");
    }
    say_ready(&running, &http);
    obey(signals, &running);
    match running.wait()? {
        Outcome::Drained => Ok(()),
        Outcome::Cut { calls } => {
            tracing::warn!(calls, "calls were ended before their time");
            Ok(())
        }
        Outcome::WorkerDied { reason } => Err(reason),
    }
}

/// Somebody must be able to look after the engine: without a configured admin its own token opens the API.
fn with_admin(mut tokens: Vec<Token>, data: &Path) -> Vec<Token> {
    if tokens.iter().any(|token| token.role == Role::Admin) {
        return tokens;
    }
    match api::tokens::admin(data) {
        Ok((path, token)) => {
            tracing::info!("no token of role admin is configured: the one in {} opens the API", path.display());
            tokens.push(token);
        }
        Err(error) => {
            let path = data.display();
            tracing::error!("{path}: no admin token can be kept there: {error}; configure one as [[token]]");
        }
    }
    tokens
}

fn say_ready(running: &server::Running, http: &Http) {
    let mut out = std::io::stdout().lock();
    // Who started us may have closed our output; calls are taken all the same.
    let tcp = running.tcp.map_or_else(String::new, |tcp| format!(" sip=tcp:{tcp}"));
    let _ = writeln!(out, "ready sip=udp:{} http={}{tcp}", running.sip, http.address());
    let _ = out.flush();
}

/// Each signal to stop is one step: drain, then end. SIGHUP reads the configuration anew.
fn obey(mut signals: Signals, running: &server::Running) {
    let (stop, reloader) = (Arc::clone(&running.stop), Arc::clone(&running.reloader));
    let watch = move || {
        for signal in signals.forever() {
            if signal == SIGHUP {
                // On a thread of its own: whoever stops the engine meanwhile is heard.
                let reloader = Arc::clone(&reloader);
                let started = std::thread::Builder::new().name("reload".to_owned()).spawn(move || reload(&reloader));
                if let Err(error) = started {
                    tracing::error!("cannot start a thread to read the configuration: {error}; nothing has changed");
                }
                continue;
            }
            tracing::info!(signal, "told to stop");
            stop.next();
        }
    };
    if let Err(e) = std::thread::Builder::new().name("signals".to_owned()).spawn(watch) {
        tracing::error!("cannot start the thread that watches for SIGTERM: {e}; stop the process with SIGKILL");
    }
}

/// Nobody waits for the answer to a signal: it is in the log.
fn reload(reloader: &server::Reloader) {
    match reloader.reload() {
        Ok(reloaded) => {
            reloaded.warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
            tracing::info!("the configuration was read anew: {}", crate::reload::summary(&reloaded.changes));
            if !reloaded.unpublished.is_empty() {
                tracing::warn!("not published, so that calls do not have it: {}", reloaded.unpublished.join(", "));
            }
        }
        Err(refused) => tracing::error!("the configuration was not read anew, nothing has changed: {refused}"),
    }
}
