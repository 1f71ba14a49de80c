//! Another configuration while real phones talk and wait: nobody is cut off, who waits is served by whoever comes with it, and a file that is
//! wrong changes nothing.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::kit::baresip::Baresip;
use crate::kit::engine::{Engine, hotline, replace};
use crate::kit::scene::{CITIZEN, STEP, agent, caller, heard, talks};
use crate::kit::tone::Pair;
use crate::kit::wait;

/// Is there from the beginning.
const FIRST: Pair = Pair(620.0, 1510.0);
/// Comes with the reload.
const SECOND: Pair = Pair(560.0, 1330.0);
const OTHER: Pair = Pair(700.0, 1660.0);

const SKILLS: &str = "skills = [\"consult\", \"complaint\", \"suggestion\", \"order\", \"english\"]";

/// The only agent serves consult, which overflows nowhere else; complaint overflows to nobody.
fn one_agent(config: &Path) {
    let queues = config.join("queues.toml");
    let text = std::fs::read_to_string(&queues).expect("the shipped file");
    let (groups, agents) = text.split_once("\n[[agent]]\n").expect("agents");
    let first =
        agents.split("\n[[agent]]\n").next().expect("the first agent").replace(SKILLS, "skills = [\"consult\"]");
    std::fs::write(&queues, format!("{groups}\n[[agent]]\n{first}")).expect("written");
}

/// A group, and an agent who serves it and consult.
const MORE: &str = "\n[[group]]\nname = \"night\"\noverflow = \"stay\"\n\n\
                    [[agent]]\nnumber = \"2001\"\npassword = \"example-2001\"\nskills = [\"night\", \"consult\"]\n";

fn queues(engine: &Engine) -> std::path::PathBuf {
    engine.dir.path().join("config").join("queues.toml")
}

fn append(engine: &Engine, more: &str) {
    let text = std::fs::read_to_string(queues(engine)).expect("the file");
    std::fs::write(queues(engine), text + more).expect("written");
}

fn reload(engine: &Engine) -> Output {
    let mut command = Command::new(hotline());
    command.args(["reload", "--url", &format!("http://{}", engine.http), "--token", &engine.admin_token()]);
    command.output().expect("hotline runs")
}

fn groups(engine: &Engine) -> Vec<String> {
    let answer = engine.api("GET", &engine.admin_token(), "/queues", "").1;
    let names = answer["queues"].as_array().expect("a list").iter().filter_map(|q| q["group"].as_str());
    names.map(str::to_owned).collect()
}

/// So many wait in a group.
fn waiting(engine: &Engine, group: &str, count: usize) {
    let admin = engine.admin_token();
    wait::until(&format!("{count} callers in {group}"), STEP, || {
        let callers = engine.api("GET", &admin, &format!("/queues/{group}/callers"), "").1["callers"].take();
        (callers.as_array()?.len() == count).then_some(())
    });
}

fn outcomes(record: &Value) -> Vec<String> {
    let waits = record["waits"].as_array().expect("waits").iter();
    waits.map(|w| format!("{} {}", w["group"].as_str().unwrap_or(""), w["outcome"].as_str().unwrap_or(""))).collect()
}

#[test]
fn a_new_agent_serves_who_waits_while_the_talk_goes_on_and_a_wrong_file_changes_nothing() {
    let engine = Engine::start_with(one_agent);
    let mut first = agent(&engine, "1001", "udp", true, FIRST);
    let mut talking = caller(&engine, "13800138001", "udp", CITIZEN);
    first.event("CALL_ESTABLISHED", STEP);
    talks(&engine, 1);
    let mut waits = caller(&engine, "13800138002", "udp", OTHER);
    waiting(&engine, "consult", 1);

    append(&engine, "\n[[group]]\nname = \"night\"\noverflow = \"nigth\"\n");
    let refused = reload(&engine);
    let (said, line) = (String::from_utf8_lossy(&refused.stderr).into_owned(), lines(&engine));
    assert!(!refused.status.success() && said.contains(&format!("queues.toml:{line}")), "{said}");
    assert!(said.contains("no group is named `nigth`") && said.contains("did you mean `night`?"), "{said}");
    assert!(!groups(&engine).contains(&"night".to_owned()), "nothing has changed");
    waiting(&engine, "consult", 1);
    replace(&queues(&engine), "\n[[group]]\nname = \"night\"\noverflow = \"nigth\"\n", "");

    append(&engine, MORE);
    let done = reload(&engine);
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(done.status.success() && said.contains("groups: added night"), "{said}");
    assert!(said.contains("agents: added 2001") && !said.contains("restart needed"), "{said}");
    assert!(groups(&engine).contains(&"night".to_owned()), "whoever asked finds it");
    assert!(engine.metric("hotline_queue_waiting{group=\"night\"}").is_some(), "the metrics show it");
    let mut second = agent(&engine, "2001", "udp", true, SECOND);
    // It rings as soon as it is registered, before anybody listens to what it tells.
    talks(&engine, 2);
    [&mut talking, &mut waits].into_iter().for_each(|phone| phone.command("hangup", ""));
    let records = engine.ended_records(2);
    let of = |caller: &str| records.iter().find(|r| r["caller"] == caller).unwrap_or_else(|| panic!("{records:?}"));
    assert_eq!((&of("13800138001")["agent"], &of("13800138002")["agent"]), (&"1001".into(), &"2001".into()));
    let talk_ms = of("13800138001")["talk_ms"].as_u64().expect("a talk");
    // Eight seconds before the reload, with the announcement, and as many after it.
    assert!(talk_ms > 11_000, "one talk, before the reload and after it: {talk_ms} ms");
    assert_eq!(outcomes(of("13800138002")), ["consult answered"], "its wait was one");
    [&mut talking, &mut waits, &mut first, &mut second].into_iter().for_each(Baresip::quit);
    heard("who talked all the time", &[talking.heard(FIRST)], &[talking.heard(SECOND), talking.heard(OTHER)]);
    heard("who waited", &[waits.heard(SECOND)], &[waits.heard(FIRST), waits.heard(CITIZEN)]);
    heard("the first agent", &[first.heard(CITIZEN)], &[first.heard(OTHER)]);
    heard("the new agent", &[second.heard(OTHER)], &[second.heard(CITIZEN)]);
}

fn lines(engine: &Engine) -> usize {
    std::fs::read_to_string(queues(engine)).expect("the file").lines().count()
}

#[test]
fn by_a_signal_too_and_callers_of_a_removed_group_are_answered_where_it_overflows_to() {
    let engine = Engine::start_with(|config| {
        one_agent(config);
        // Everybody who asks for a person comes to a group that is about to go.
        let queues = config.join("queues.toml");
        let gone = "\n[[group]]\nname = \"gone\"\noverflow = \"complaint\"\n";
        let text = std::fs::read_to_string(&queues).expect("the file");
        std::fs::write(&queues, text + gone).expect("written");
        replace(&config.join("menu/12345.toml"), "group = \"consult\"", "group = \"gone\"");
    });
    let mut waits = caller(&engine, "13800138001", "udp", CITIZEN);
    waiting(&engine, "gone", 1);
    replace(&engine.dir.path().join("config/menu/12345.toml"), "group = \"gone\"", "group = \"consult\"");
    replace(&queues(&engine), "\n[[group]]\nname = \"gone\"\noverflow = \"complaint\"\n", "");
    replace(&queues(&engine), "skills = [\"consult\"]", "skills = [\"complaint\"]");
    engine.process.signal("HUP");
    waiting(&engine, "complaint", 1);
    assert!(!groups(&engine).contains(&"gone".to_owned()));
    let mut first = agent(&engine, "1001", "udp", true, FIRST);
    talks(&engine, 1);
    waits.command("hangup", "");
    let records = engine.ended_records(1);
    assert_eq!(outcomes(&records[0]), ["gone overflowed", "complaint answered"]);
    assert_eq!(records[0]["agent"], "1001");
    [&mut waits, &mut first].into_iter().for_each(Baresip::quit);
    heard("the citizen", &[waits.heard(FIRST)], &[]);
    heard("the agent", &[first.heard(CITIZEN)], &[]);
}
