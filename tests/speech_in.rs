//! Callers say it instead of pressing it: their voices over RTP, a service that gets each of them whole, and what follows.

use std::io::Cursor;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::mpsc;
use std::time::Duration;

use base::{Digit, Time};
use load::PhoneId;
use load::phone::{TonePair, Voice};

use crate::kit::engine::{Engine, hotline, replace};
use crate::kit::scene::menu_path;
use crate::kit::tone::{self, Pair};
use crate::kit::town::{STEP, Town};
use crate::kit::wait;

mod service;

use service::{Answer, Asked, Service, gone};

/// In place of prompts.
const ASK: Pair = Pair(700.0, 1000.0);
const INVALID: Pair = Pair(820.0, 1180.0);
/// What the first citizen, the second one, and agents say.
const FIRST: Pair = Pair(1300.0, 1700.0);
const SECOND: Pair = Pair(1900.0, 2300.0);
const AGENT: Pair = Pair(1500.0, 2100.0);
/// What every phone listens for; a bit each.
const LISTEN: [u16; 10] = [700, 1000, 820, 1180, 1300, 1700, 1900, 2300, 1500, 2100];
const ASKED: u64 = 0b11;
const REFUSED: u64 = 0b1100;
const FIRST_SPEAKS: u64 = 0b11_0000;
const SECOND_SPEAKS: u64 = 0b1100_0000;
const AGENT_SPEAKS: u64 = 0b11_0000_0000;
/// Long enough for every word, and short enough for one utterance.
const WORDS: Duration = Duration::from_millis(1200);

const MENU: &str = r#"
[node.topics]
kind = "menu"
prompt = "main-menu"
silence_s = 3
silence_tries = 1
invalid_tries = 1

[node.topics.keys]
1 = "consult"
2 = "complaint"

[node.topics.words]
1 = ["咨询"]
2 = ["投诉", "complaint"]
0 = ["人工"]
"#;

fn section(url: &str, more: &str) -> String {
    format!("\n[speech.recognition]\nurl = \"{url}\"\nheaders = {{ Authorization = \"Bearer hush-hush\" }}\n{more}\n")
}

/// An engine whose menu asks at once and listens, with a service at that address.
fn engine(service: SocketAddr, more: &str, args: &[&str]) -> Engine {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let trace = dir.path().join("traced").display().to_string();
    let args = args.iter().map(|arg| (*arg).to_owned()).chain(["--trace".to_owned(), trace]).collect();
    Engine::start_in(dir, 20, args, |config: &Path| {
        tone::say(config, 1, &[("main-menu", ASK), ("invalid-key", INVALID)]);
        let menu = config.join("menu/12345.toml");
        replace(&menu, "start = \"notice\"", "start = \"topics\"");
        append(&menu, MENU);
        append(&config.join("hotline.toml"), &section(&format!("http://{service}/v1/audio/transcriptions"), more));
    })
}

fn append(file: &Path, text: &str) {
    let before = std::fs::read_to_string(file).expect("a shipped file");
    std::fs::write(file, format!("{before}\n{text}")).expect("written");
}

fn pair(pair: Pair) -> TonePair {
    TonePair { low_hz: pair.0 as u16, high_hz: pair.1 as u16 }
}

/// Agents who speak, and citizens who are silent until they have something to say.
fn town(engine: &Engine, citizens: u32) -> Town {
    Town::with(engine.sip, 2, citizens, |config| {
        config.listen_hz = LISTEN.to_vec();
        config.script.clear();
        config.voice = if config.password.is_some() { Voice::Tones(pair(AGENT)) } else { Voice::Silence };
    })
}

fn says(town: &mut Town, id: PhoneId, voice: Voice) {
    town.runner.act(id, |phone, _, _| phone.speak(voice));
}

/// Somebody says something, and is silent again.
fn utters(town: &mut Town, id: PhoneId, voice: Pair) {
    says(town, id, Voice::Tones(pair(voice)));
    town.live(WORDS);
    says(town, id, Voice::Silence);
}

/// Since `from` the phone heard these tones, and for a third of a second nothing any more.
fn was_told(town: &Town, id: PhoneId, tones: u64, from: Time) -> bool {
    let windows: Vec<_> = town.runner.phone(id).ear().windows().filter(|w| w.at > from).collect();
    let at = windows.iter().rposition(|w| w.tones & tones == tones);
    at.is_some_and(|at| windows[at + 1..].iter().filter(|w| w.tones == 0).count() >= 3)
}

/// The citizen dials and is asked.
fn is_asked(town: &mut Town, place: usize) -> PhoneId {
    let (id, from) = (town.citizens[place], town.runner.now());
    town.dial(place);
    town.until("the menu asks", STEP, |town| was_told(town, id, ASKED, from));
    id
}

fn hears(town: &Town, id: PhoneId, tones: u64) -> bool {
    let windows = town.runner.phone(id).ear().windows().rev().take(5);
    windows.filter(|w| w.tones == tones).count() == 5
}

/// The citizen speaks on, and an agent and the citizen hear each other.
fn talks(town: &mut Town, id: PhoneId, voice: Pair, tones: u64) {
    says(town, id, Voice::Tones(pair(voice)));
    town.until("both hear each other", STEP, |town| {
        hears(town, id, AGENT_SPEAKS) && town.agents.iter().any(|agent| hears(town, *agent, tones))
    });
    town.hang_up(id);
}

/// What was understood stands nowhere but in the sealed part of the trace, and a replay comes to the same.
fn keeps_to_itself(engine: &Engine, words: &[&str]) {
    let dir = engine.dir.path();
    let records = serde_json::Value::from(engine.records()).to_string();
    let log = std::fs::read_to_string(dir.join("serve.log")).expect("a log");
    let traced = std::fs::read(dir.join("traced")).expect("a trace");
    let clear = String::from_utf8_lossy(&traced).into_owned();
    for word in words.iter().chain(&["hush-hush"]) {
        for (what, text) in [("record", &records), ("log", &log), ("trace", &clear)] {
            assert!(!text.contains(word), "{word} stands in a {what}");
        }
    }
    wait::until("the replay of the whole trace", STEP, || {
        let mut replay = Command::new(hotline());
        replay.args(["simulate", "--replay"]).arg(dir.join("traced")).arg("--config").arg(dir.join("config"));
        replay.arg("--trace-key").arg(dir.join("data/trace.key"));
        replay.env("HOTLINE__SIP__UDP", "127.0.0.1:0").env("HOTLINE__HTTP__LISTEN", "127.0.0.1:0");
        let out = replay.output().expect("the binary runs");
        let told = String::from_utf8_lossy(&out.stdout).into_owned();
        assert!(!words.iter().any(|word| told.contains(word)), "{told}");
        (out.status.success() && told.contains("same: every turn")).then_some(())
    });
}

fn path_of(engine: &Engine, number: &str) -> Vec<String> {
    let records = engine.records();
    let record = records.iter().find(|record| record["caller"] == number).unwrap_or_else(|| panic!("{number}"));
    menu_path(record).into_iter().map(str::to_owned).collect()
}

#[test]
fn two_callers_say_it_at_once_and_come_to_two_groups() {
    let service = Service::start(|asked| {
        Answer::text(if asked.speaks(FIRST) { "我要投诉。" } else { "<|zh|>请问，咨询" })
    });
    let form = "form = { model = \"sense-voice\", language = \"{language}\" }";
    let engine = engine(service.address, form, &[]);
    let mut town = town(&engine, 2);
    let [first, second] = [is_asked(&mut town, 0), is_asked(&mut town, 1)];
    // Both at once, each its own.
    says(&mut town, first, Voice::Tones(pair(FIRST)));
    says(&mut town, second, Voice::Tones(pair(SECOND)));
    town.live(WORDS);
    says(&mut town, first, Voice::Silence);
    says(&mut town, second, Voice::Silence);
    let asked: Vec<Asked> = (0..2).map(|_| town_waits(&mut town, &service)).collect();
    for (voice, other) in [(FIRST, SECOND), (SECOND, FIRST)] {
        let own = asked.iter().find(|asked| asked.speaks(voice)).expect("an utterance of each");
        assert_eq!(own.seconds_of(other), 0.0, "and nothing of the other");
        assert!(own.seconds_of(voice) >= 1.0, "whole: {} s", own.seconds_of(voice));
        let seconds = own.samples.len() as f64 / 8000.0;
        assert!((1.7..3.2).contains(&seconds), "from before it to the quiet behind it: {seconds} s");
        assert!(own.head.contains("authorization: bearer hush-hush"), "{}", own.head);
        assert!(own.body.contains("name=\"model\"\r\n\r\nsense-voice\r\n"), "the form");
        assert!(own.body.contains("name=\"language\"\r\n\r\nzh\r\n"), "the form");
    }
    talks(&mut town, first, FIRST, FIRST_SPEAKS);
    talks(&mut town, second, SECOND, SECOND_SPEAKS);
    engine.ended_records(2);
    assert_eq!(path_of(&engine, &crate::kit::town::number(0)), ["topics", "complaint"]);
    assert_eq!(path_of(&engine, &crate::kit::town::number(1)), ["topics", "consult"]);
    let counted = ["answered", "failed"]
        .map(|result| engine.gauge(&format!("hotline_speech_utterances_total{{result=\"{result}\"}}")));
    assert_eq!(counted, [2.0, 0.0]);
    keeps_to_itself(&engine, &["投诉", "咨询"]);
}

/// Lets the phones live until the service has been asked once more.
fn town_waits(town: &mut Town, service: &Service) -> Asked {
    let end = town.runner.now() + STEP;
    loop {
        town.live(Duration::from_millis(20));
        match service.asked.try_recv() {
            Ok(asked) => return asked,
            Err(mpsc::TryRecvError::Empty) if town.runner.now() < end => {}
            Err(error) => panic!("the service is not asked: {error}"),
        }
    }
}

#[test]
fn a_key_counts_while_what_was_said_is_being_understood() {
    let service = Service::start(|_| Answer { delay: Duration::from_secs(2), ..Answer::text("投诉") });
    let engine = engine(service.address, "", &[]);
    let mut town = town(&engine, 1);
    let citizen = is_asked(&mut town, 0);
    utters(&mut town, citizen, FIRST);
    let asked = town_waits(&mut town, &service);
    assert!(asked.head.contains("content-type: audio/wav") && asked.head.contains("content-language: zh-cn"));
    town.runner.act(citizen, |phone, now, out| phone.press(now, &[Digit::Number(1)], out));
    talks(&mut town, citizen, FIRST, FIRST_SPEAKS);
    engine.ended_records(1);
    assert_eq!(path_of(&engine, &crate::kit::town::number(0)), ["topics", "consult"]);
    keeps_to_itself(&engine, &["投诉"]);
}

#[test]
fn where_the_service_is_gone_keys_work_and_silence_leads_to_a_person() {
    let engine = engine(gone(), "timeout_s = 1", &[]);
    let mut town = town(&engine, 2);
    let citizen = is_asked(&mut town, 0);
    utters(&mut town, citizen, FIRST);
    town.live(Duration::from_secs(1));
    town.runner.act(citizen, |phone, now, out| phone.press(now, &[Digit::Number(2)], out));
    talks(&mut town, citizen, FIRST, FIRST_SPEAKS);
    // Whoever says it and waits has what was left of the silence, and then a person.
    let citizen = is_asked(&mut town, 1);
    utters(&mut town, citizen, SECOND);
    talks(&mut town, citizen, SECOND, SECOND_SPEAKS);
    engine.ended_records(2);
    assert_eq!(path_of(&engine, &crate::kit::town::number(0)), ["topics", "complaint"]);
    assert_eq!(path_of(&engine, &crate::kit::town::number(1)), ["topics", "staff"]);
    let log = std::fs::read_to_string(engine.dir.path().join("serve.log")).expect("a log");
    assert!(log.contains("what a caller said was not understood"), "the operator is told: {log}");
    keeps_to_itself(&engine, &[]);
}

#[test]
fn what_is_no_word_is_answered_as_a_wrong_key() {
    let service = Service::start(|asked| match asked.number {
        0 => Answer::text("今天天气不错"),
        1 => Answer { status: "500 Broken", ..Answer::text("投诉") },
        _ => Answer::text("A complaint!"),
    });
    let engine = engine(service.address, "", &[]);
    let mut town = town(&engine, 1);
    let citizen = is_asked(&mut town, 0);
    let from = town.runner.now();
    utters(&mut town, citizen, FIRST);
    town.until("the question again", STEP, |town| was_told(town, citizen, ASKED, from));
    assert!(town.runner.phone(citizen).ear().windows().any(|w| w.at > from && w.tones & REFUSED == REFUSED));
    // The service breaks, and the caller says it once more within the same turn.
    utters(&mut town, citizen, FIRST);
    town_waits(&mut town, &service);
    town_waits(&mut town, &service);
    town.live(Duration::from_millis(300));
    utters(&mut town, citizen, FIRST);
    talks(&mut town, citizen, FIRST, FIRST_SPEAKS);
    let record = engine.ended_records(1).remove(0);
    assert_eq!(menu_path(&record), ["topics", "complaint"]);
    assert!(record["wrong_keys"].as_array().is_none_or(Vec::is_empty), "no key was pressed: {record}");
    keeps_to_itself(&engine, &["天气", "投诉", "complaint!"]);
}
