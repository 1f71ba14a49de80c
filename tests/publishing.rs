//! The menu as a release: published while citizens listen to it, kept over a kill, rolled back, refused where it is wrong.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use load::PhoneId;
use load::phone::{Side, Why};
use serde_json::Value;

use crate::kit::baresip::Baresip;
use crate::kit::engine::{Engine, hotline, replace};
use crate::kit::menus::{done, menu};
use crate::kit::scene::{CITIZEN, agent, heard, in_menu, menu_path, press, talk};
use crate::kit::tone::{self, Pair};
use crate::kit::town::Town;

const AGENT: Pair = Pair(620.0, 1510.0);
/// What the first menu says, and the second one.
const FIRST: Pair = Pair(700.0, 1660.0);
const SECOND: Pair = Pair(410.0, 970.0);

/// A menu that says a tone, and whose key 1 leads to consult.
const MENU: &str = r#"
[node.topics]
kind = "menu"
prompt = "order-closed"
silence_tries = 1
keys = { 1 = "consult" }
"#;

fn write_menu(config: &Path) {
    tone::say(config, 10, &[("order-closed", FIRST)]);
    let file = config.join("menu/12345.toml");
    replace(&file, "start = \"notice\"", "start = \"topics\"");
    let text = std::fs::read_to_string(&file).expect("the shipped menu");
    std::fs::write(&file, format!("{text}\n{MENU}")).expect("written");
    std::fs::write(script_file(config), "press 1 -> queue consult through topics\n").expect("written");
}

/// What callers of the menu do, and where it leads them.
fn script_file(config: &Path) -> PathBuf {
    config.join("menu/12345.script")
}

fn menu_file(engine: &Engine) -> PathBuf {
    engine.dir.path().join("config/menu/12345.toml")
}

/// What it said, where it was refused.
fn refused(engine: &Engine, args: &[&str]) -> String {
    let output = menu(engine, args);
    assert!(!output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn history(engine: &Engine) -> Vec<Value> {
    done(engine, &["history", "--json"]).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// The version of the menu in the newest line of the history.
fn version(engine: &Engine) -> Value {
    let newest = history(engine).into_iter().next().expect("a line");
    newest["menus"][0]["version"].clone()
}

/// The story beside the menu tells that key 1 leads to complaint.
fn tell(engine: &Engine) {
    replace(&script_file(&engine.dir.path().join("config")), "queue consult", "queue complaint");
}

fn check(engine: &Engine, args: &[&str]) -> Output {
    let config = engine.dir.path().join("config");
    let prompts = engine.dir.path().join("prompts");
    let mut command = Command::new(hotline());
    command.arg("check").arg("--config").arg(config).args(args).env("HOTLINE__PROMPTS__DIR", prompts);
    command.output().expect("hotline runs")
}

/// Key 1 leads to complaint, and the menu sounds otherwise.
fn change(engine: &Engine) {
    replace(&menu_file(engine), "keys = { 1 = \"consult\" }", "keys = { 1 = \"complaint\" }");
    let prompt = engine.dir.path().join("prompts/zh-CN/order-closed.wav");
    std::fs::remove_file(&prompt).expect("ours");
    tone::write(SECOND, 10, &prompt);
}

/// A citizen who has listened for two seconds presses 1 and talks; the record.
fn asks(engine: &Engine, citizen: &mut Baresip, user: &str, records: usize) -> Value {
    std::thread::park_timeout(Duration::from_secs(2));
    press(citizen, "1");
    talk(engine);
    citizen.command("hangup", "");
    let ended = engine.ended_records(records);
    citizen.quit();
    ended.into_iter().find(|record| record["caller"] == user).expect("its record")
}

/// A call from its beginning.
fn call(engine: &Engine, user: &str, records: usize) -> (Baresip, Value) {
    let mut citizen = in_menu(engine, user, "udp", CITIZEN);
    let record = asks(engine, &mut citizen, user, records);
    (citizen, record)
}

#[test]
fn callers_keep_the_menu_they_began_with_and_the_next_ones_have_what_was_published() {
    let engine = Engine::start_with(write_menu);
    let mut desk = agent(&engine, "1001", "udp", true, AGENT);
    assert_eq!(
        done(&engine, &["history"]),
        "nothing was ever published: the files of the configuration's folder hold\n"
    );
    assert!(refused(&engine, &["rollback", "--why", "none"]).contains("nothing was ever published"));
    let said = done(&engine, &["publish", "--why", "as it was"]);
    assert!(said.contains("nothing has changed") && said.contains("nothing was published before it"), "{said}");
    let first = version(&engine);

    let mut meanwhile = in_menu(&engine, "13800138001", "udp", CITIZEN);
    change(&engine);
    let said = done(&engine, &["diff"]);
    assert!(said.contains("-keys = { 1 = \"consult\" }\n+keys = { 1 = \"complaint\" }\n"), "{said}");
    assert!(said.contains("changed prompts/zh-CN/order-closed.wav: 10.0 s, then 10.0 s"), "{said}");
    let said = refused(&engine, &["publish", "--why", "in a hurry"]);
    assert!(
        said.contains("error: this story leads to `queue complaint`") && said.contains("config/menu/12345.script:1:12"),
        "{said}"
    );
    tell(&engine);
    let said = done(&engine, &["publish", "--why", "look", "--dry-run"]);
    assert!(said.contains("stories: 1 played, all as they are told"), "{said}");
    assert!(
        said.contains("menus: changed 12345") && said.contains("nothing was done: this would be release "),
        "{said}"
    );
    let release =
        said.split("would be release ").nth(1).and_then(|rest| rest.split(';').next()).expect("a name").to_owned();
    assert!(refused(&engine, &["publish", "--why", "late", "--only", "0123456789ab"]).contains(&release));
    let said = done(&engine, &["publish", "--why", "complaints first", "--only", &release]);
    assert!(
        said.contains(&format!("published {release}")) && said.contains("prompts: changed zh-CN/order-closed.wav"),
        "{said}"
    );
    let second = version(&engine);
    assert_ne!(first, second);

    let old = asks(&engine, &mut meanwhile, "13800138001", 1);
    assert_eq!((menu_path(&old), &old["menu_version"]), (vec!["topics", "consult"], &first));
    let (new_caller, new) = call(&engine, "13800138002", 2);
    assert_eq!((menu_path(&new), &new["menu_version"]), (vec!["topics", "complaint"], &second));
    desk.quit();
    heard("who called before", &[meanwhile.heard(FIRST), meanwhile.heard(AGENT)], &[meanwhile.heard(SECOND)]);
    heard("who called after", &[new_caller.heard(SECOND), new_caller.heard(AGENT)], &[new_caller.heard(FIRST)]);
    heard("the agent", &[desk.heard(CITIZEN)], &[]);
    let lines: Vec<_> = history(&engine).iter().map(|line| (line["why"].clone(), line["holds"].clone())).collect();
    assert_eq!(lines, [("complaints first".into(), true.into()), ("as it was".into(), false.into())]);
}

#[test]
fn what_was_published_outlives_a_kill_and_an_edit_and_a_rollback_brings_the_one_before() {
    let engine = Engine::start_with(write_menu);
    done(&engine, &["publish", "--why", "as it was"]);
    let first = version(&engine);
    change(&engine);
    tell(&engine);
    done(&engine, &["publish", "--why", "complaints first"]);
    let second = version(&engine);
    replace(&menu_file(&engine), "keys = { 1 = \"complaint\" }", "keys = { 1 = \"complane\" }");
    let line = std::fs::read_to_string(menu_file(&engine))
        .expect("the file")
        .lines()
        .position(|line| line.contains("complane"));
    let place = format!("config/menu/12345.toml:{}", line.expect("a line") + 1);
    let said = refused(&engine, &["publish", "--why", "in a hurry"]);
    assert!(said.contains(&place) && said.contains("did you mean `complaint`?"), "{said}");
    assert_eq!(version(&engine), second, "a failed publication changes nothing");

    assert!(!check(&engine, &[]).status.success(), "the folder is broken");
    let released = check(&engine, &["--released", "--data", &engine.dir.path().join("data").display().to_string()]);
    assert!(released.status.success(), "a start is not: {}", String::from_utf8_lossy(&released.stderr));
    let engine = engine.restart();
    assert_eq!(version(&engine), second);
    let reload = Command::new(hotline())
        .args(["reload", "--url", &format!("http://{}", engine.http), "--token", &engine.admin_token()])
        .output()
        .expect("hotline runs");
    let said = String::from_utf8_lossy(&reload.stdout).into_owned();
    assert!(reload.status.success() && said.contains("not published"), "{said}");
    assert!(said.contains("menu/12345.toml; `hotline menu publish` has them hold"), "{said}");
    let mut desk = agent(&engine, "1001", "udp", true, AGENT);
    let (second_caller, record) = call(&engine, "13800138001", 1);
    assert_eq!((menu_path(&record), &record["menu_version"]), (vec!["topics", "complaint"], &second));
    let said = done(&engine, &["rollback", "--why", "too early"]);
    assert!(said.contains("rolled back to ") && said.contains("menus: changed 12345"), "{said}");
    assert_eq!(version(&engine), first);
    let (first_caller, record) = call(&engine, "13800138002", 2);
    assert_eq!((menu_path(&record), &record["menu_version"]), (vec!["topics", "consult"], &first));
    desk.quit();
    heard("after the kill", &[second_caller.heard(SECOND), second_caller.heard(AGENT)], &[second_caller.heard(FIRST)]);
    heard("after the rollback", &[first_caller.heard(FIRST), first_caller.heard(AGENT)], &[first_caller.heard(SECOND)]);
}

#[test]
fn a_release_whose_files_are_gone_is_told_before_anything_starts() {
    let engine = Engine::start_with(write_menu);
    done(&engine, &["publish", "--why", "as it was"]);
    let release = history(&engine)[0]["release"].as_str().expect("a name").to_owned();
    let data = engine.dir.path().join("data");
    std::fs::remove_dir_all(data.join("menu/releases").join(&release)).expect("ours");
    let said = check(&engine, &["--released", "--data", &data.display().to_string()]);
    let text = String::from_utf8_lossy(&said.stderr).into_owned();
    assert_eq!(said.status.code(), Some(2), "{text}");
    assert!(
        text.contains(&format!("the files of release {release} are not in")) && text.contains("publish again"),
        "{text}"
    );
    assert_eq!(history(&engine)[0]["kept"], false);
    // The engine runs on, and a publication heals it.
    done(&engine, &["publish", "--why", "the files are back"]);
    assert!(check(&engine, &["--released", "--data", &data.display().to_string()]).status.success());
}

/// In menus at once.
const CALLERS: u32 = 200;
/// What the menu says meanwhile, which a citizen's ear takes for an agent.
const SAID: Pair = Pair(1500.0, 2100.0);
/// Of each of the rounds of callers, as long as the menu speaks.
const ROUND: Duration = Duration::from_secs(18);
const ROUNDS: usize = 3;

#[test]
fn publishing_each_second_fails_no_call_and_is_not_heard_by_two_hundred_in_menus() {
    let engine = Engine::start_for(u16::try_from(CALLERS).expect("few"), |config| {
        write_menu(config);
        let prompt = config.with_file_name("prompts/zh-CN/order-closed.wav");
        tone::write(SAID, 24, &prompt);
        std::fs::remove_file(script_file(config)).expect("ours");
    });
    let mut town = Town::with(engine.sip, 0, CALLERS, |config| {
        config.script = Vec::new();
        config.listen_hz = crate::kit::town::LISTEN.to_vec();
    });
    let over = AtomicBool::new(false);
    let published = std::thread::scope(|scope| {
        let publisher = scope.spawn(|| publish_each_second(&engine, &over));
        (0..ROUNDS).for_each(|_| round(&engine, &mut town));
        over.store(true, Ordering::Relaxed);
        publisher.join().expect("every publication went through")
    });
    let calls = CALLERS as usize * ROUNDS;
    let records = engine.ended_records(calls);
    assert_eq!(records.len(), calls);
    assert!(records.iter().all(|record| record["end_reason"] == "left_in_menu"), "nobody was cut off");
    let versions: BTreeSet<_> = records.iter().filter_map(|record| record["menu_version"].as_str()).collect();
    assert!(versions.len() > ROUNDS, "callers ran {} versions of {published}", versions.len());
    assert_eq!(history(&engine).len(), published);
    println!("{published} publications, {} versions were run", versions.len());
}

/// Another menu each second; how many there were.
fn publish_each_second(engine: &Engine, over: &AtomicBool) -> usize {
    let (admin, mut count) = (engine.admin_token(), 0);
    while !over.load(Ordering::Relaxed) {
        let (from, to) =
            if count % 2 == 0 { ("\"consult\" }", "\"complaint\" }") } else { ("\"complaint\" }", "\"consult\" }") };
        replace(&menu_file(engine), &format!("keys = {{ 1 = {from}"), &format!("# {count}\nkeys = {{ 1 = {to}"));
        let (status, answer) = engine.api("POST", &admin, "/menu/publish", r#"{"why": "each second"}"#);
        assert!(status == 200 && answer["holds"] == true, "{status}: {answer}");
        count += 1;
        std::thread::park_timeout(Duration::from_secs(1));
    }
    count
}

/// Everybody calls within two seconds, listens without a gap, and hangs up.
fn round(engine: &Engine, town: &mut Town) {
    let callers = town.citizens.clone();
    for (place, _) in callers.iter().enumerate() {
        town.dial(place);
        town.live(Duration::from_millis(10));
    }
    let answered = |town: &Town, id: &PhoneId| town.answer_took(*id).is_some();
    town.until("everybody is answered", Duration::from_secs(10), |town| callers.iter().all(|id| answered(town, id)));
    town.live(Duration::from_secs(1));
    let (from, before) = (town.runner.now(), engine.starved());
    town.live(ROUND);
    let starved = (engine.starved() - before, town.runner.now().since(from));
    for id in &callers {
        town.listened(*id, from).had_gaps_at_most_but_for(50, starved);
        town.hang_up(*id);
    }
    town.until("everybody has left", Duration::from_secs(10), |town| callers.iter().all(|id| !town.in_call(*id)));
    assert!(town.hung_up.values().all(|ended| *ended == (Side::Us, Why::Bye)), "{:?}", town.hung_up);
}
