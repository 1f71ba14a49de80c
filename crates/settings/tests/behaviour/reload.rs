//! Another configuration for an engine that runs: ids keep their places, and what cannot change is named.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use acd::plan::Overflow;
use base::{AgentId, GroupId};
use settings::{Listed, Plans, Reloaded};

use crate::broken::folder_with;
use crate::kit::{config, env, root};

fn shipped(file: &str) -> String {
    fs::read_to_string(config().join(file)).expect("the shipped file")
}

fn load(dir: &Path) -> Plans {
    settings::load(dir, env(dir)).unwrap_or_else(|report| panic!("{report}"))
}

fn reload(dir: &Path, running: &Plans) -> Reloaded {
    settings::reload(dir, env(dir), running).unwrap_or_else(|report| panic!("{report}"))
}

fn queues(case: &str, edit: impl FnOnce(String) -> String) -> PathBuf {
    folder_with(&format!("reload-{case}"), "queues.toml", edit(shipped("queues.toml")).as_bytes())
}

/// Without the table of a group, and with nothing that names it.
fn without_group(text: &str, name: &str) -> String {
    let tables = text.split("\n[[group]]\n");
    let kept: Vec<_> = tables.filter(|table| !table.starts_with(&format!("name = \"{name}\""))).collect();
    kept.join("\n[[group]]\n")
}

fn listed(added: &[&str], removed: &[&str], changed: &[&str]) -> Listed {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Listed { added: owned(added), removed: owned(removed), changed: owned(changed) }
}

fn named(plans: &Plans) -> HashMap<String, usize> {
    plans.acd.groups.iter().enumerate().map(|(place, group)| (group.name.clone(), place)).collect()
}

#[test]
fn the_same_files_change_nothing() {
    let running = load(&config());
    let Reloaded { plans, changes } = reload(&config(), &running);
    assert!(changes.is_empty(), "{changes:?}");
    assert_eq!(
        format!("{:?}", (&plans.acd, &plans.roster, &plans.call)),
        format!("{:?}", (&running.acd, &running.roster, &running.call))
    );
    assert_eq!(plans.sounds.len(), running.sounds.len());
}

#[test]
fn another_service_that_understands_holds_at_once() {
    let running = load(&config());
    let section = |url: &str| format!("{}\n[speech.recognition]\nurl = \"{url}\"\n", shipped("hotline.toml"));
    let with = |url: &str| folder_with("reload-speech", "hotline.toml", section(url).as_bytes());
    let first = reload(&with("http://asr/1"), &running);
    assert_eq!(
        (first.changes.others.as_slice(), first.changes.restart.len()),
        (&["[speech.recognition]".to_owned()][..], 0)
    );
    assert_eq!(first.plans.recognition.as_ref().map(|service| service.url.as_str()), Some("http://asr/1"));
    let second = reload(&with("http://asr/2"), &first.plans);
    assert_eq!(second.changes.others, ["[speech.recognition]"]);
    let none = reload(&config(), &second.plans);
    assert_eq!((none.changes.others.len(), none.plans.recognition, none.plans.call.understands), (1, None, None));
}

#[test]
fn groups_and_agents_keep_their_places_whatever_the_order_of_the_files() {
    let running = load(&queues("before", |text| text));
    let new = "\n[[group]]\nname = \"night\"\noverflow = \"stay\"\n";
    let agent = "\n[[agent]]\nnumber = \"2001\"\npassword = \"example-2001\"\nskills = [\"night\"]\n";
    let dir = queues("order", |text| {
        let (head, groups) = text.split_once("\n[[group]]\n").expect("groups");
        format!("{head}{new}{agent}\n[[group]]\n{groups}").replace("example-1003", "example-1003-new")
    });
    let Reloaded { plans, changes } = reload(&dir, &running);
    assert_eq!(changes.groups, listed(&["night"], &[], &[]));
    assert_eq!(changes.agents, listed(&["2001"], &[], &["1003"]));
    assert_eq!((changes.menus, changes.prompts), (Listed::default(), Listed::default()));
    let (before, after) = (named(&running), named(&plans));
    assert!(before.iter().all(|(name, place)| after[name] == *place));
    assert_eq!(after["night"], 5);
    assert_eq!(plans.call.agents[10].number, "2001");
    let numbers = |plans: &Plans| plans.call.agents.iter().map(|agent| agent.number.clone()).collect::<Vec<_>>();
    assert_eq!(numbers(&plans)[..10], numbers(&running)[..]);
    let serves: Vec<_> = plans.acd.agents[10].skills.iter().map(|skill| skill.skill.0).collect();
    assert_eq!(serves, [5], "the skill of the new group");
}

#[test]
fn what_is_removed_keeps_its_place_and_nothing_leads_there() {
    let running = load(&config());
    let dir = queues("removed", |text| without_group(&text, "english"));
    let menu = shipped("menu/12345.toml");
    let report = settings::reload(&dir, env(&dir), &running).expect_err("the menu leads there").to_string();
    assert!(report.contains("no skill group is named `english`"), "{report}");
    assert!(report.contains("one of `consult`, `complaint`, `suggestion`, `order`;"), "{report}");
    let lines: Vec<_> = menu.lines().filter(|line| !line.starts_with("group_by_locale")).collect();
    let menu = lines.join("\n");
    fs::write(dir.join("menu/12345.toml"), menu).expect("a writable folder");
    let Reloaded { plans, changes } = reload(&dir, &running);
    assert_eq!(changes.groups, listed(&[], &["english"], &[]));
    let gone = &plans.acd.groups[4];
    assert_eq!(
        (gone.name.as_str(), gone.removed, gone.overflow),
        ("english", true, Overflow::Group(GroupId(0)).into())
    );
    assert!(plans.call.groups[4].removed);
    assert_eq!(plans.call.group("english"), None);
    assert_eq!(plans.call.group("805"), None);
    assert!(plans.acd.agents.iter().all(|agent| agent.skills.iter().all(|skill| skill.skill.0 != 4)));
    assert_eq!(plans.call.group("consult"), Some(GroupId(0)));
    let back = reload(&config(), &plans);
    assert_eq!(back.changes.groups, listed(&["english"], &[], &[]));
    assert_eq!(named(&back.plans)["english"], 4, "the name has its number again");
    assert!(!back.plans.acd.groups[4].removed);
}

#[test]
fn an_agent_who_is_removed_proves_nothing_and_is_nobody() {
    let running = load(&config());
    let dir = queues("agent", |text| {
        let tables: Vec<_> = text.split("\n[[agent]]\n").filter(|t| !t.contains("number = \"1001\"")).collect();
        tables.join("\n[[agent]]\n")
    });
    let Reloaded { plans, changes } = reload(&dir, &running);
    assert_eq!(changes.agents, listed(&[], &["1001"], &[]));
    assert!(plans.call.agents[0].removed && plans.roster.agents[0].removed);
    assert_eq!(plans.acd.agents[0].skills, []);
    assert_eq!(plans.call.colleague("1001"), None);
    assert_eq!(plans.call.colleague("1002"), Some(AgentId(1)));
}

#[test]
fn a_broken_file_changes_nothing_and_is_told_with_its_line() {
    let running = load(&config());
    let dir = queues("broken", |text| text.replacen("overflow = \"consult\"", "overflow = \"konsult\"", 1));
    let report = settings::reload(&dir, env(&dir), &running).expect_err("no such group").to_string();
    let line =
        shipped("queues.toml").lines().position(|line| line == "overflow = \"consult\"").expect("it is there") + 1;
    assert!(report.contains(&format!("queues.toml:{line}")), "{report}");
    assert!(report.contains("did you mean `consult`?"), "{report}");
}

#[test]
fn a_prompt_that_was_recorded_anew_is_another_sound() {
    let dir = folder_with("reload-prompts", "queues.toml", shipped("queues.toml").as_bytes());
    let copy = |folder: &str| {
        let to = dir.join("prompts").join(folder);
        fs::create_dir_all(&to).expect("a writable folder");
        for file in fs::read_dir(root().join("prompts").join(folder)).expect("the prompts").flatten() {
            fs::copy(file.path(), to.join(file.file_name())).expect("a prompt");
        }
    };
    ["zh-CN", "en", "music"].into_iter().for_each(copy);
    let running = load(&dir);
    let sound = |plans: &Plans| plans.call.prompts.sound(ivr::LocaleId(0), "please-wait").expect("a sound");
    let file = dir.join("prompts/zh-CN/please-wait.wav");
    let before = fs::read(&file).expect("a prompt");
    let mut other = before.clone();
    other[1000] ^= 0x10;
    fs::write(&file, other).expect("a writable folder");
    let Reloaded { plans, changes } = reload(&dir, &running);
    assert_eq!(changes.prompts, listed(&[], &[], &["zh-CN/please-wait.wav"]));
    assert_eq!(plans.sounds.len(), running.sounds.len() + 1);
    assert_eq!(sound(&plans).0 as usize, running.sounds.len(), "behind the last");
    assert_eq!(plans.sounds[sound(&running).0 as usize].samples, running.sounds[sound(&running).0 as usize].samples);
    fs::write(&file, before).expect("a writable folder");
    let again = reload(&dir, &plans);
    assert_eq!(sound(&again.plans), sound(&running), "a sound that is kept is found again");
    assert_eq!(again.plans.sounds.len(), plans.sounds.len());
    fs::copy(dir.join("prompts/zh-CN/requeued.wav"), &file).expect("a writable folder");
    let moved = reload(&dir, &plans);
    assert_eq!(moved.plans.sounds.len(), plans.sounds.len(), "what another file holds is known");
    assert_eq!(moved.changes.prompts, listed(&[], &[], &["zh-CN/please-wait.wav"]));
}

#[test]
fn menus_calendars_and_prompts_of_a_release_go_before_those_of_the_folder() {
    let dir = folder_with("reload-release", "queues.toml", shipped("queues.toml").as_bytes());
    let released = dir.join("released");
    let files = settings::release_files(&dir, env(&dir)).unwrap_or_else(|report| panic!("{report}"));
    for file in &files {
        let to = released.join(&file.name);
        fs::create_dir_all(to.parent().expect("a folder")).expect("a writable folder");
        fs::copy(&file.path, to).expect("a file");
    }
    let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names[..2], ["calendar/hours.toml", "menu/12345.toml"]);
    assert!(names.contains(&"prompts/zh-CN/welcome.wav") && names.contains(&"prompts/manifest.toml"), "{names:?}");
    let running = load(&dir);
    fs::write(dir.join("menu/12345.toml"), "start = \"nowhere\"").expect("a writable folder");
    settings::reload(&dir, env(&dir), &running).expect_err("the folder's menu is broken");
    let folders = settings::Folders { released: Some(&released), ..(&dir).into() };
    let Reloaded { plans, changes } = settings::reload(folders, env(&dir), &running).unwrap_or_else(|r| panic!("{r}"));
    assert!(changes.is_empty(), "{changes:?}");
    assert_eq!(plans.sounds.len(), running.sounds.len(), "what was moved is known by what it holds");
    let reached = settings::load_reached(&dir, env(&dir)).unwrap_or_else(|report| panic!("{report}"));
    assert_eq!((reached.http, reached.data), (running.server.http, running.server.data));
}

#[test]
fn what_sockets_threads_and_trunks_hang_on_waits_for_the_next_start() {
    let running = load(&config());
    let main = shipped("hotline.toml");
    let dir = folder_with("reload-main", "hotline.toml", main.as_bytes());
    let mut env = env(&dir);
    let set = |env: &mut Vec<(String, String)>, name: &str, value: &str| env.push((name.to_owned(), value.to_owned()));
    set(&mut env, "HOTLINE__SIP__UDP", "127.0.0.1:5999");
    set(&mut env, "HOTLINE__HTTP__LISTEN", "127.0.0.1:8999");
    set(&mut env, "HOTLINE__SIP__REALM", "elsewhere");
    set(&mut env, "HOTLINE__LIMITS__CALLS", "77");
    let Reloaded { plans, changes } = settings::reload(&dir, env, &running).unwrap_or_else(|report| panic!("{report}"));
    assert_eq!(
        changes.restart,
        ["[[network]], [sip] udp and tcp", "[http]", "[sip] realm, digest and session_expires_s"]
    );
    assert_eq!(changes.others, ["[limits]"]);
    assert_eq!(plans.server, running.server);
    assert_eq!((&plans.call.realm, plans.call.limits.calls), (&running.call.realm, 77));
    let text = main.replacen("identity = \"asserted\"", "identity = \"from\"", 1);
    let dir = folder_with("reload-trunk", "hotline.toml", text.as_bytes());
    let Reloaded { plans, changes } = reload(&dir, &running);
    assert_eq!(changes.restart, ["[[trunk]], and [[dial]], which leads to trunks"]);
    assert_eq!(plans.call.trunks[0].identity, running.call.trunks[0].identity);
}

#[test]
fn locales_keep_their_places() {
    let running = load(&config());
    let mut env = env(&config());
    env.push(("HOTLINE__PROMPTS__LOCALES".to_owned(), "en, zh-CN".to_owned()));
    let report = settings::reload(&config(), env, &running).expect_err("the places change").to_string();
    assert!(report.contains("or restart the engine"), "{report}");
}
