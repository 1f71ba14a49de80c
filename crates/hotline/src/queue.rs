//! `hotline queue`: supervisors look at the queues of a running server and steer them.

use std::io::{self, Write};
use std::process::ExitCode;

use base::CallId;
use clap::Subcommand;
use serde_json::{Value, json};

use crate::client::{Server, Where, list, piece, text};
use crate::table::{self, printable, reader_left};

/// Shows skill groups and who waits in them, pulls callers forward, moves and releases them, opens and closes groups, has them in surge.
///
/// To look takes any role but agent, to change something supervisor or admin; the audit names the token.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
    #[command(flatten)]
    at: Where,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Every group: open or closed, in surge or not, who waits, how long, agents, service level of the last 15 minutes
    List,
    /// Who waits in a group, in order of turn
    Callers {
        #[arg(value_name = "GROUP")]
        group: String,
    },
    /// Lets callers into a group again
    Open {
        #[arg(value_name = "GROUP")]
        group: String,
    },
    /// Lets nobody new into a group; who waits goes where it overflows to, or is served
    Close {
        #[arg(value_name = "GROUP")]
        group: String,
    },
    /// Says whether a group is in surge, so that callers hear of it and begin at a shorter menu; `auto` leaves it to the group's rule
    Surge {
        #[arg(value_name = "GROUP")]
        group: String,
        #[arg(value_name = "on|off|auto", value_parser = ["on", "off", "auto"])]
        surge: String,
    },
    /// Pulls a caller forward: served next
    Front {
        #[arg(value_name = "CALL")]
        call: CallId,
    },
    /// Has a caller wait on in another group, since the same time
    Move {
        #[arg(value_name = "CALL")]
        call: CallId,
        #[arg(value_name = "GROUP")]
        group: String,
    },
    /// Tells a caller who waits that nobody can answer, and ends the call; who is to be called back is not
    Release {
        #[arg(value_name = "CALL")]
        call: CallId,
    },
}

pub(crate) fn run(args: &Args) -> ExitCode {
    match args.at.server().and_then(|server| act(&args.what, &server, &mut io::stdout().lock())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("hotline queue: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn act(what: &What, server: &Server, out: &mut impl Write) -> Result<(), String> {
    let of_group = |group: &str, what: &str| format!("/api/v1/queues/{}/{what}", piece(group));
    let of_call = |call: &CallId, what: &str| format!("/api/v1/calls/{call}/{what}");
    let (path, body, done) = match what {
        What::List => return print(&queues(&server.get("/api/v1/queues")?), out),
        What::Callers { group } => {
            let path = format!("{}?limit={LISTED}", of_group(group, "callers"));
            return print(&callers(&server.get(&path)?), out);
        }
        What::Open { group } => (of_group(group, "open"), Value::Null, format!("{group} is open")),
        What::Close { group } => (of_group(group, "close"), Value::Null, format!("{group} takes nobody new")),
        What::Surge { group, surge } => {
            (of_group(group, "surge"), json!({"surge": surge}), format!("surge of {group}: {surge}"))
        }
        What::Front { call } => (of_call(call, "front"), Value::Null, format!("call {call} is served next")),
        What::Move { call, group } => {
            (of_call(call, "move"), json!({"group": group}), format!("call {call} waits in {group}"))
        }
        What::Release { call } => {
            (of_call(call, "release"), Value::Null, format!("call {call} hears that nobody can answer"))
        }
    };
    server.post(&path, &body)?;
    writeln!(out, "{}", printable(&done)).or_else(reader_left)
}

/// As many as the server lists at once.
const LISTED: usize = 500;

fn print(lines: &[Vec<String>], out: &mut impl Write) -> Result<(), String> {
    table::write(lines, out).and_then(|()| out.flush()).or_else(reader_left)
}

fn row(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|cell| printable(cell)).collect()
}

fn queues(answer: &Value) -> Vec<Vec<String>> {
    let heads = [
        "group", "state", "waiting", "longest", "expected", "ready", "ringing", "talking", "wrap-up", "answered",
        "gave up", "15 s",
    ];
    let lines = list(answer, "queues").iter().map(|queue| {
        let state = state(queue["open"] != false, queue["surge"] == true);
        let agents = &queue["agents"];
        row(&[
            text(queue, "group"),
            state,
            &count(queue, "waiting"),
            &length(queue["longest_wait_ms"].as_u64()),
            &expected(queue),
            &count(agents, "ready"),
            &count(agents, "offered"),
            &count(agents, "talking"),
            &count(agents, "wrap_up"),
            &count(queue, "answered"),
            &count(queue, "abandoned"),
            &share(queue["service_level"].as_f64()),
        ])
    });
    std::iter::once(row(&heads)).chain(lines).collect()
}

fn callers(answer: &Value) -> Vec<Vec<String>> {
    let heads = ["turn", "call", "caller", "waited", "expected", "priority", ""];
    let lines = list(answer, "callers").iter().map(|caller| {
        let marks = [("pulled", "pulled forward"), ("offered", "a phone rings"), ("called_back", "is called back")];
        let mut marks: Vec<String> =
            marks.iter().filter(|(name, _)| caller[*name] == true).map(|(_, word)| (*word).to_owned()).collect();
        marks.extend(caller["earlier_calls"].as_u64().filter(|count| *count > 0).map(again));
        marks.extend(caller["rests_ms"].as_u64().map(|rests| format!("again in {}", length(Some(rests)))));
        row(&[
            &count(caller, "position"),
            text(caller, "call"),
            text(caller, "caller"),
            &length(caller["waited_ms"].as_u64()),
            &expected(caller),
            &count(caller, "priority"),
            &marks.join(", "),
        ])
    });
    std::iter::once(row(&heads)).chain(lines).collect()
}

/// How often a citizen has called before; nine are nine or more.
fn again(earlier: u64) -> String {
    let more = if earlier < 9 { "" } else { " or more" };
    format!("called {earlier}{more} times before").replace("1 times", "once")
}

/// Whether a group takes callers, and whether there are more than it can serve soon.
pub(crate) fn state(open: bool, surge: bool) -> &'static str {
    match (open, surge) {
        (true, false) => "open",
        (true, true) => "surge",
        // Nobody new comes who would hear of a surge.
        (false, _) => "closed",
    }
}

/// A number of an answer's; a dash where it is none, as of an older server.
pub(crate) fn count(value: &Value, name: &str) -> String {
    value[name].as_u64().map_or_else(|| "-".to_owned(), |count| count.to_string())
}

/// Minutes and seconds.
pub(crate) fn length(ms: Option<u64>) -> String {
    ms.map_or_else(|| "-".to_owned(), |ms| format!("{}:{:02}", ms / 60_000, ms / 1_000 % 60))
}

/// From when to when a wait is expected to end; a dash where nothing is promised.
fn expected(value: &Value) -> String {
    let end = |name: &str| value[name].as_u64();
    match (end("expected_wait_low_ms"), end("expected_wait_high_ms")) {
        (None, _) => "-".to_owned(),
        (low, None) => format!("{} or longer", length(low)),
        (Some(0), Some(0)) => "none".to_owned(),
        (low, high) => format!("{} to {}", length(low), length(high)),
    }
}

/// In a hundred.
pub(crate) fn share(share: Option<f64>) -> String {
    share.map_or_else(|| "-".to_owned(), |share| format!("{:.0} %", share * 100.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(lines: &[Vec<String>]) -> String {
        let mut out = Vec::new();
        print(lines, &mut out).expect("writes to memory");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn groups_and_callers_are_tables() {
        let agents = json!({"ready": 1, "offered": 2, "talking": 13, "wrap_up": 0, "back_off": 0});
        let groups = json!({"queues": [
            {"group": "consult", "open": true, "waiting": 12, "longest_wait_ms": 83_900, "agents": agents, "answered": 1234,
             "expected_wait_low_ms": 40_000, "expected_wait_high_ms": 185_000,
             "abandoned": 7, "service_level": 0.856},
            {"group": "建议", "open": true, "surge": true, "waiting": 3, "agents": agents, "longest_wait_ms": 900},
            {"group": "投诉", "open": false, "waiting": 0, "longest_wait_ms": 0, "agents": agents, "service_level": null},
        ]});
        let waiting = json!({"callers": [
            {"position": 1, "call": "0000000000000001000000070000002a", "caller": "138******00", "waited_ms": 61_000, "priority": 5,
             "expected_wait_low_ms": 2_000_000, "expected_wait_high_ms": null,
             "pulled": true, "offered": true},
            {"position": 2, "call": "0000000000000001000000070000002b", "caller": "1\u{1b}[2J", "waited_ms": 0, "priority": 0, "earlier_calls": 2,
             "pulled": false, "offered": false},
        ]});
        insta::assert_snapshot!(format!("{}\n{}", text(&queues(&groups)), text(&callers(&waiting))));
    }

    #[test]
    fn an_answer_of_any_shape_is_a_table() {
        for odd in [json!(null), json!({"queues": 1, "callers": [1, null]}), json!({"queues": [{}, {"agents": 3}]})] {
            assert!(text(&queues(&odd)).starts_with("group"), "{odd}");
            assert!(text(&callers(&odd)).starts_with("turn"), "{odd}");
        }
    }
}
