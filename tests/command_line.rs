//! The commands, as a newcomer types them.

use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use serde_json::{Value, json};

use crate::kit::engine::{Engine, hotline, replace, root};
use crate::kit::process::Process;
use crate::kit::wait;

fn run(args: &[&str]) -> Output {
    Command::new(hotline()).args(args).current_dir(root()).output().expect("the binary runs")
}

#[test]
fn the_shipped_configuration_checks_clean() {
    let out = run(&["check"]);
    assert_eq!(out.status.code(), Some(0), "{}", String::from_utf8_lossy(&out.stderr));
}

#[test]
fn an_error_is_shown_with_file_line_and_caret() {
    let dir = tempfile::tempdir().expect("a folder");
    let engine_config = root().join("config");
    copy(&engine_config, dir.path());
    replace(&dir.path().join("queues.toml"), "ring_s", "rings_s");
    let out = run(&["check", "--config", &dir.path().display().to_string()]);
    assert_eq!(out.status.code(), Some(2));
    let text = String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
    assert!(text.contains("queues.toml:"), "{text}");
    assert!(text.contains("rings_s") && text.contains('^'), "{text}");
}

/// The objects that `hotline check --json` prints of a configuration.
fn findings(config: &Path) -> (Option<i32>, Vec<Value>) {
    let out = run(&["check", "--json", "--config", &config.display().to_string()]);
    let text = String::from_utf8(out.stdout).expect("JSON is UTF-8");
    (out.status.code(), text.lines().map(|line| serde_json::from_str(line).expect("an object a line")).collect())
}

#[test]
fn programs_read_findings_and_the_proof() {
    let dir = tempfile::tempdir().expect("a folder");
    copy(&root().join("config"), dir.path());
    let (code, mut proved) = findings(dir.path());
    // The shipped calendar ends one day.
    proved.retain(|object| !object["origin"].as_str().is_some_and(|origin| origin.ends_with("calendar")));
    assert_eq!((code, proved.len(), &proved[0]["severity"]), (Some(0), 1, &json!("proof")));
    let start = &proved[0]["nodes"][0];
    assert_eq!((&start["node"], &start["keys"]), (&json!("notice"), &json!(1)));
    assert!(start["announcements_ms"].as_u64().is_some_and(|heard| (20_000..=30_000).contains(&heard)), "{start}");
    replace(&dir.path().join("menu/12345.toml"), "2 = \"complaint\"", "2 = \"complain\"");
    let (code, found) = findings(dir.path());
    assert_eq!((code, found.len()), (Some(2), 2), "once in each language: {found:?}");
    let error = &found[0];
    assert_eq!((&error["severity"], &error["title"]), (&json!("error"), &json!("no node is named `complain`")));
    assert!(error["origin"].as_str().is_some_and(|origin| origin.ends_with("menu/12345.toml")), "{error}");
    let text = std::fs::read_to_string(dir.path().join("menu/12345.toml")).expect("the menu");
    let line = text.lines().nth(error["line"].as_u64().expect("a line") as usize - 1).expect("that line");
    let columns = ["column", "to_column"].map(|key| error[key].as_u64().expect("a column") as usize - 1);
    assert_eq!(&line[columns[0]..columns[1]], "\"complain\"");
    assert!(error["help"].as_str().is_some_and(|help| help.contains("complaint")), "{error}");
}

#[test]
fn stories_are_played_and_one_that_leads_elsewhere_is_shown() {
    let shipped = run(&["check", "--scripts"]);
    let text = String::from_utf8_lossy(&shipped.stdout).into_owned();
    assert_eq!(shipped.status.code(), Some(0), "{text}{}", String::from_utf8_lossy(&shipped.stderr));
    assert!(text.contains("stories come to 11 of 11 nodes") && text.contains(", all true"), "{text}");
    let dir = tempfile::tempdir().expect("a folder");
    copy(&root().join("config"), dir.path());
    let (script, config) = (dir.path().join("menu/12345.script"), dir.path().display().to_string());
    std::fs::write(&script, "press 2, wait -> queue consult\n").expect("written");
    let out = run(&["check", "--scripts", "--config", &config]);
    let (told, text) = (String::from_utf8_lossy(&out.stderr), String::from_utf8_lossy(&out.stdout));
    assert_eq!(out.status.code(), Some(2), "{told}{text}");
    assert!(told.contains("12345.script:1:18") && told.contains("(key 2) complaint") && told.contains('^'), "{told}");
    assert!(text.contains("no story takes from main: key 1, key 3") && text.contains("1 of 1 story"), "{text}");
    assert_eq!(run(&["check", "--config", &config]).status.code(), Some(0), "without stories all is well");
    let out = run(&["check", "--scripts", "--json", "--config", &config]);
    let objects: Vec<Value> = String::from_utf8_lossy(&out.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).expect("an object a line"))
        .collect();
    let kinds: Vec<_> = objects.iter().map(|object| object["severity"].as_str().expect("a kind")).collect();
    assert_eq!(kinds, ["proof", "error", "coverage", "rehearsal"]);
    assert_eq!((&objects[1]["line"], &objects[1]["column"], &objects[3]["failed"]), (&json!(1), &json!(18), &json!(1)));
    // A line that is none is told of by every check, beside what is wrong elsewhere.
    std::fs::write(&script, "prss 2 -> queue consult\n").expect("written");
    replace(&dir.path().join("queues.toml"), "ring_s", "rings_s");
    let (code, found) = findings(dir.path());
    let titles: Vec<_> = found.iter().map(|finding| finding["title"].as_str().expect("a title")).collect();
    assert_eq!(code, Some(2));
    assert!(
        titles.contains(&"`prss 2` is nothing that a caller does") && titles.iter().any(|t| t.contains("rings_s")),
        "{titles:?}"
    );
}

#[test]
fn the_schema_of_a_file_is_printed_for_editors() {
    let out = run(&["check", "--schema", "menu"]);
    assert_eq!(out.status.code(), Some(0), "{}", String::from_utf8_lossy(&out.stderr));
    assert_eq!(out.stdout, std::fs::read(root().join("config/schema/menu.json")).expect("the copy"));
    let out = run(&["check", "--schema", "menus"]);
    assert_eq!(out.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&out.stderr).contains("hotline, queues, menu, fragment, calendar, on-air"));
}

#[test]
fn a_year_without_holidays_is_told_while_the_menu_is_right() {
    let dir = tempfile::tempdir().expect("a folder");
    copy(&root().join("config"), dir.path());
    for year in std::fs::read_dir(dir.path().join("calendar")).expect("the calendar") {
        let year = year.expect("a year").path();
        if !year.ends_with("hours.toml") {
            std::fs::remove_file(year).expect("removed");
        }
    }
    let (code, found) = findings(dir.path());
    assert_eq!((code, &found[0]["severity"], &found[0]["line"]), (Some(0), &json!("warning"), &Value::Null));
    assert!(found[0]["title"].as_str().is_some_and(|title| title.starts_with("the holidays of 20")), "{found:?}");
    assert!(found[0]["origin"].as_str().is_some_and(|origin| origin.ends_with("calendar")), "{found:?}");
    let out = run(&["check", "--config", &dir.path().display().to_string()]);
    assert!(String::from_utf8_lossy(&out.stderr).contains("warning: the holidays of 20"), "in words too");
}

fn copy(from: &Path, to: &Path) {
    let status = Command::new("cp").arg("-r").arg(from.join(".")).arg(to).status().expect("cp runs");
    assert!(status.success());
}

#[test]
fn it_refuses_to_listen_beyond_loopback_with_the_example_passwords() {
    let out = Command::new(hotline())
        .args(["serve", "--data"])
        .arg(tempfile::tempdir().expect("a folder").path())
        .current_dir(root())
        .env("HOTLINE__SIP__UDP", "0.0.0.0:0")
        .output()
        .expect("the binary runs");
    assert_eq!(out.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&out.stderr).contains("example"), "{}", String::from_utf8_lossy(&out.stderr));
}

#[test]
fn a_citizen_and_an_agent_without_phones_talk() {
    let engine = Engine::start();
    let server = engine.sip.to_string();
    let heard = engine.dir.path().join("heard.wav");
    let mut agent = Command::new(hotline());
    agent.args(["agent", "--id", "1001", "--server", &server, "--answer-after", "1s"]);
    let agent = Process::start("hotline agent", &mut agent, &engine.dir.path().join("agent.log"));
    wait::until("the registration", Duration::from_secs(10), || agent.output().contains("registered").then_some(()));
    let out = Command::new(hotline())
        .args(["call", &format!("sip:12345@{server}"), "--press", "0", "--after", "2s", "--seconds", "15", "--record"])
        .arg(&heard)
        .output()
        .expect("the binary runs");
    let timeline = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(out.status.success(), "{timeline}{}", String::from_utf8_lossy(&out.stderr));
    assert!(timeline.contains("answered"), "{timeline}");
    assert!(heard.metadata().expect("a recording").len() > 8000 * 2 * 5, "several seconds of sound");
    let record = engine.ended_records(1).remove(0);
    assert_eq!(record["agent"], "1001", "{record}\n{}", agent.output());
}

#[test]
fn a_morning_is_simulated_and_drawn() {
    let dir = tempfile::tempdir().expect("a folder");
    let picture = dir.path().join("day.svg").display().to_string();
    let morning = ["simulate", "--from", "09:00", "--hours", "1", "--scale", "0.1", "--seed", "3", "--svg", &picture];
    let out = run(&morning);
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    assert_eq!(out.status.code(), Some(0), "{text}{}", String::from_utf8_lossy(&out.stderr));
    for line in ["15 s connection rate", "service level A(15)/(A+B)", "occupancy", "09:30", "every rule held"] {
        assert!(text.contains(line), "no {line} in {text}");
    }
    let svg = std::fs::read_to_string(&picture).expect("a picture");
    assert!(svg.starts_with("<svg") && svg.contains("callers in line"), "{svg}");
    // The same seed is the same day, but for how long it took.
    let again = String::from_utf8_lossy(&run(&morning).stdout).into_owned();
    let figures =
        |text: &str| text.lines().take_while(|line| !line.contains(" steps ")).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(figures(&text), figures(&again));
}

#[test]
fn short_days_are_played_by_the_dozen_and_wrong_words_say_what_to_write() {
    let out = run(&["simulate", "--days", "5", "--hours", "0.5"]);
    assert_eq!(out.status.code(), Some(0), "{}", String::from_utf8_lossy(&out.stderr));
    assert!(String::from_utf8_lossy(&out.stdout).contains("5 days from seed 1"));
    let wrong = [
        (["--hours", "0.3"], "write 0.5, 1"),
        (["--from", "9.15"], "09:00 or 09:30"),
        (["--scale", "0"], "above 0, up to 100"),
        (["--target", "95"], "95%/15s"),
        (["--profile", "no/such.toml"], "no/such.toml"),
    ];
    for (args, advice) in wrong {
        let out = run(&["simulate", args[0], args[1]]);
        let text = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(out.status.code() == Some(2) && text.contains(advice), "{args:?}: {text}");
    }
}

#[test]
fn agents_are_counted_by_formula_and_by_simulation() {
    let small = ["staff", "--scale", "0.03", "--rounds", "2", "--runs", "1", "--target", "90%/20s"];
    let out = run(&small);
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    assert_eq!(out.status.code(), Some(0), "{text}{}", String::from_utf8_lossy(&out.stderr));
    let rows: Vec<Vec<&str>> = text
        .lines()
        .map(|l| l.split_whitespace().collect())
        .filter(|row: &Vec<&str>| row.len() == 9 && row[0].contains(':'))
        .collect();
    assert_eq!(rows.len(), 48, "{text}");
    let agents = |row: &[&str], place: usize| row[place].parse::<i64>().expect("a number of agents");
    let busiest = rows.iter().find(|row| row[0] == "09:30").expect("the busiest half hour");
    assert!(agents(busiest, 3) >= 5 && (agents(busiest, 3) - agents(busiest, 6)).abs() <= 2, "{text}");
    assert!(text.contains("agent hours") && text.contains("90%/20s"), "{text}");
    let formula = run(&["staff", "--rounds", "0"]);
    assert!(String::from_utf8_lossy(&formula.stdout).contains("agent hours"), "the formula alone");
}
