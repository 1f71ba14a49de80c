//! Supervisors at work while real phones wait: who is pulled forward is heard first, who is moved is answered elsewhere, a closed group
//! overflows; by the command line, and seen on its screen.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::kit::baresip::Baresip;
use crate::kit::engine::{Engine, hotline, replace};
use crate::kit::scene::{CITIZEN, STEP, agent, caller, heard, talks};
use crate::kit::tone::Pair;
use crate::kit::wait;

/// Serves consult alone.
const FIRST: Pair = Pair(620.0, 1510.0);
/// Serves complaint alone.
const SECOND: Pair = Pair(560.0, 1330.0);
const OTHER: Pair = Pair(700.0, 1660.0);
const THIRD: Pair = Pair(410.0, 970.0);

/// Consult overflows to complaint, and nobody else anywhere; each group has an agent of its own.
fn two_groups(config: &Path) {
    let queues = config.join("queues.toml");
    replace(&queues, "overflow = \"message\"", "overflow = \"complaint\"");
    replace(&queues, "overflow = \"consult\"", "overflow = \"message\"");
    for (number, group) in [("1001", "consult"), ("1002", "complaint")] {
        let own = format!("password = \"example-{number}\"\nready_on_register = true\nskills = ");
        let all = "[\"consult\", \"complaint\", \"suggestion\", \"order\", \"english\"]";
        replace(&queues, &format!("{own}{all}"), &format!("{own}[\"{group}\"]"));
    }
}

fn command(engine: &Engine, args: &[&str]) -> Output {
    let mut command = Command::new(hotline());
    let url = format!("http://{}", engine.http);
    command.args(args).args(["--url", &url, "--token", &engine.admin_token()]);
    command.output().expect("hotline runs")
}

/// What a command prints that does what it should.
fn done(engine: &Engine, args: &[&str]) -> String {
    let output = command(engine, args);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

fn refused(engine: &Engine, args: &[&str]) -> String {
    let output = command(engine, args);
    assert!(!output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stderr).expect("text")
}

/// The calls that wait in a group, in order of turn, once they are so many.
fn waiting(engine: &Engine, group: &str, count: usize) -> Vec<String> {
    let admin = engine.admin_token();
    wait::until(&format!("{count} callers in {group}"), STEP, || {
        let callers = engine.api("GET", &admin, &format!("/queues/{group}/callers"), "").1["callers"].take();
        let calls: Vec<String> =
            callers.as_array()?.iter().filter_map(|c| c["call"].as_str().map(str::to_owned)).collect();
        (calls.len() == count).then_some(calls)
    })
}

fn call(engine: &Engine, id: &str) -> Value {
    engine.api("GET", &engine.admin_token(), &format!("/calls/{id}"), "").1
}

/// Two citizens in the line of consult, the earlier one first.
fn two_wait(engine: &Engine) -> ([Baresip; 2], [String; 2]) {
    let early = caller(engine, "13800138001", "udp", CITIZEN);
    waiting(engine, "consult", 1);
    let late = caller(engine, "13800138002", "udp", OTHER);
    let [first, second] = waiting(engine, "consult", 2).try_into().expect("two");
    ([early, late], [first, second])
}

#[test]
fn one_is_pulled_forward_one_is_moved_and_a_closed_group_overflows() {
    let engine = Engine::start_with(two_groups);
    let ([mut early, mut late], [early_call, late_call]) = two_wait(&engine);
    assert!(done(&engine, &["queue", "front", &late_call]).contains("served next"));
    let callers = done(&engine, &["queue", "callers", "consult"]);
    let second_line = callers.lines().nth(1).unwrap_or_default();
    assert!(second_line.contains(&late_call) && second_line.contains("pulled forward"), "{callers}");
    // It shows what was published up to a tenth of a second ago.
    let screen = wait::until("both on the screen", STEP, || {
        Some(done(&engine, &["top", "--once"])).filter(|screen| screen.contains(" 2 waiting"))
    });
    assert!(screen.contains(&early_call) && screen.contains("pulled"), "{screen}");

    // It rings as soon as it is registered, before anybody listens to what it tells.
    let mut first = agent(&engine, "1001", "udp", true, FIRST);
    talks(&engine, 1);
    assert_eq!(call(&engine, &late_call)["agent"], "1001", "who came later is heard first");
    assert_eq!(waiting(&engine, "consult", 1), [early_call.as_str()]);
    assert!(refused(&engine, &["queue", "front", &late_call]).contains("waits in no queue"));

    let mut second = agent(&engine, "1002", "udp", true, SECOND);
    done(&engine, &["queue", "move", &early_call, "complaint"]);
    second.event("CALL_ESTABLISHED", STEP);
    talks(&engine, 2);

    done(&engine, &["queue", "close", "consult"]);
    let mut third = caller(&engine, "13800138003", "udp", THIRD);
    waiting(&engine, "complaint", 1);
    let groups = done(&engine, &["queue", "list"]);
    assert!(groups.lines().any(|line| line.starts_with("consult") && line.contains("closed")), "{groups}");
    early.command("hangup", "");
    second.event("CALL_CLOSED", STEP);
    second.event("CALL_ESTABLISHED", STEP);
    talks(&engine, 2);
    done(&engine, &["queue", "open", "consult"]);
    assert!(refused(&engine, &["queue", "open", "nobody"]).contains("no group is called"));
    assert!(refused(&engine, &["queue", "release", &early_call]).contains("no open call"));
    [&mut late, &mut third].into_iter().for_each(|phone| phone.command("hangup", ""));

    let records = engine.ended_records(3);
    let of = |caller: &str| records.iter().find(|r| r["caller"] == caller).unwrap_or_else(|| panic!("{records:?}"));
    let outcomes = |caller: &str| {
        let waits = of(caller)["waits"].as_array().expect("waits").iter();
        waits
            .map(|w| format!("{} {}", w["group"].as_str().unwrap_or(""), w["outcome"].as_str().unwrap_or("")))
            .collect::<Vec<_>>()
    };
    assert_eq!(outcomes("13800138001"), ["consult moved", "complaint answered"]);
    assert_eq!(outcomes("13800138002"), ["consult answered"]);
    assert_eq!((&of("13800138003")["agent"], &of("13800138003")["skill_group"]), (&"1002".into(), &"complaint".into()));
    [&mut early, &mut late, &mut third, &mut first, &mut second].into_iter().for_each(Baresip::quit);
    heard("the early citizen", &[early.heard(SECOND)], &[early.heard(FIRST), early.heard(OTHER)]);
    heard("the late citizen", &[late.heard(FIRST)], &[late.heard(SECOND), late.heard(CITIZEN)]);
    heard("the third citizen", &[third.heard(SECOND)], &[third.heard(FIRST), third.heard(CITIZEN)]);
    heard("the first agent", &[first.heard(OTHER)], &[first.heard(CITIZEN), first.heard(THIRD)]);
    heard("the second agent", &[second.heard(CITIZEN), second.heard(THIRD)], &[second.heard(OTHER)]);
}
