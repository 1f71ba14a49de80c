//! What menus do beside keys and queues, on real phones: digits, other systems, lines outside, verdicts.

use std::io::Write;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use serde_json::json;

use crate::kit::baresip::{Baresip, Options};
use crate::kit::engine::{Engine, replace};
use crate::kit::menus::NEWS;
use crate::kit::scene::{CITIZEN, STEP, agent, heard, in_menu, menu_path, press, talk};
use crate::kit::tone::{self, Pair};
use crate::kit::{wait, web};

const AGENT: Pair = Pair(620.0, 1510.0);
const LINE: Pair = Pair(560.0, 1330.0);
/// In place of prompts.
const ASK: Pair = Pair(700.0, 1660.0);
const ANSWER: Pair = Pair(410.0, 970.0);
const SORRY: Pair = Pair(350.0, 830.0);
const NUMBER: &str = "13900139000";

/// An engine with these nodes, behind key 1 of a menu that says nothing first.
fn engine(nodes: &str, edit: impl FnOnce(&Path)) -> Engine {
    Engine::start_with(|config: &Path| {
        let said = [("main-menu", ASK), ("order-closed", ANSWER), ("welcome", SORRY), ("goodbye", SORRY)];
        tone::say(config, 2, &said);
        let file = config.join("menu/12345.toml");
        replace(&file, "start = \"notice\"", "start = \"first\"");
        let text = std::fs::read_to_string(&file).expect("the shipped menu");
        std::fs::write(&file, format!("{text}\n{nodes}\n")).expect("written");
        edit(config);
    })
}

/// A citizen in the menu.
fn calls(engine: &Engine) -> Baresip {
    in_menu(engine, "13800138000", "udp", CITIZEN)
}

fn turns(phone: &Baresip) -> Vec<Pair> {
    tone::turns(&[ASK, ANSWER, SORRY], phone.recordings().first().expect("a recording"))
}

/// The system of a desk: answers each request with this status and body, and tells what it was asked.
fn desk(status: &'static str, body: &'static str) -> (SocketAddr, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("its address");
    let (asked, questions) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // Nobody listens any more once the test is over.
            let _ = asked.send(serve(stream, status, body));
        }
    });
    (address, questions)
}

fn serve(mut stream: TcpStream, status: &str, body: &str) -> String {
    let (head, sent) = web::request(&stream);
    let answer = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
    stream.write_all(answer.as_bytes()).expect("answered");
    format!("{head}{}", String::from_utf8_lossy(&sent))
}

/// Asks for an order number, then a desk for its status; says ANSWER when it is done, else SORRY, and brings the caller to people.
fn order_status(desk: SocketAddr) -> String {
    format!(
        r#"
[node.first]
kind = "digits"
prompt = "main-menu"
into = "order"
length = "4-12"
tries = 1
confirm = ["you-typed", "{{digits:order}}", "right-press-one"]
next = "ask"

[node.ask]
kind = "http"
url = "http://{desk}/orders/{{order}}?caller={{caller}}"
take = {{ status = "/order/status" }}
timeout_s = 2
next = "which"
failed = "sorry"

[node.which]
kind = "when"
case = [{{ value = {{ status = "done" }}, goto = "done" }}]
otherwise = "sorry"

[node.done]
kind = "play"
prompt = "order-closed"
next = "staff"

[node.sorry]
kind = "play"
prompt = "welcome"
next = "staff"
"#
    )
}

#[test]
fn an_order_number_is_typed_read_back_and_asked_for_at_the_desk() {
    let (address, questions) = desk("200 OK", r#"{"order":{"status":"done"}}"#);
    let engine = engine(&order_status(address), |_| {});
    let mut desk_phone = agent(&engine, "1001", "udp", true, AGENT);
    let mut citizen = calls(&engine);
    std::thread::park_timeout(Duration::from_secs(3));
    // Wrong at first, taken back by 2.
    press(&mut citizen, "2026111#");
    std::thread::park_timeout(Duration::from_secs(1));
    press(&mut citizen, "2");
    std::thread::park_timeout(Duration::from_secs(3));
    press(&mut citizen, "20261130#1");
    let asked = questions.recv_timeout(STEP).expect("the desk is asked");
    assert!(asked.starts_with("GET /orders/20261130?caller=13800138000 HTTP/1.1\r\n"), "{asked}");
    talk(&engine);
    citizen.command("hangup", "");
    let records = engine.ended_records(1);
    assert_eq!(menu_path(&records[0]), ["first", "ask", "which", "done", "staff"]);
    assert!(!records[0].to_string().contains("20261130"), "what was typed stands in no record: {}", records[0]);
    [&mut citizen, &mut desk_phone].into_iter().for_each(Baresip::quit);
    assert_eq!(turns(&citizen), [ASK, ANSWER], "the question, and the answer");
    heard("the citizen", &[citizen.heard(AGENT)], &[citizen.heard(SORRY)]);
    heard("the agent", &[desk_phone.heard(CITIZEN)], &[desk_phone.heard(ASK)]);
    let log = engine.process.output();
    assert!(!log.contains("20261130") && !log.contains("13800138000"), "nor in the log");
}

#[test]
fn a_desk_that_gives_no_good_answer_keeps_nobody_from_people() {
    let broken = [("500 Broken", "{}"), ("200 OK", "<html>"), ("200 OK", r#"{"order":{"status":{}}}"#)];
    let gone = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its address");
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let desks = broken.map(|(status, body)| desk(status, body));
    let addresses = desks.iter().map(|(address, _)| *address);
    let addresses = addresses.chain([gone, silent.local_addr().expect("its address")]);
    std::thread::scope(|scope| {
        for address in addresses {
            scope.spawn(move || {
                let engine = engine(&order_status(address), |_| {});
                let mut citizen = calls(&engine);
                std::thread::park_timeout(Duration::from_secs(1));
                press(&mut citizen, "20261130#1");
                wait::until("the citizen in the queue", STEP, || {
                    (engine.gauge("hotline_queue_waiting{group=\"consult\"}") == 1.0).then_some(())
                });
                std::thread::park_timeout(Duration::from_secs(3));
                citizen.command("hangup", "");
                let records = engine.ended_records(1);
                let tail = ["sorry", "staff"];
                assert_eq!(menu_path(&records[0])[menu_path(&records[0]).len() - 2..], tail, "{address}");
                citizen.quit();
                assert_eq!(turns(&citizen).last(), Some(&SORRY), "{address}");
            });
        }
    });
}

/// A telephone outside.
fn line(answers: bool) -> Baresip {
    let server = SocketAddr::from(([127, 0, 0, 1], 5060));
    let options =
        Options { user: NUMBER, password: None, server, transport: "udp", codec: "PCMA", answers, voice: LINE };
    Baresip::start_traced(&options)
}

/// A menu that brings callers to the line, a few seconds at most, and says SORRY when nobody answers.
fn transfers(to: SocketAddr) -> Engine {
    let nodes = format!(
        r#"
[node.first]
kind = "transfer"
prompt = "main-menu"
to = "{NUMBER}"
ring_s = 6
talk_max_s = 10
failed = "sorry"

[node.sorry]
kind = "play"
prompt = "welcome"
next = "staff"
"#
    );
    engine(&nodes, |config| {
        let file = config.join("hotline.toml");
        let before = std::fs::read_to_string(&file).expect("the shipped server");
        let out = format!(
            "[[trunk]]\nname = \"out\"\ntargets = [\"sip:{to}\"]\noptions_s = 0\ncaller = \"02012345\"\n\
             user = \"12345\"\npassword = \"of-the-trunk\"\n\
             [[dial]]\nname = \"mobile\"\nprefixes = [\"13\"]\ntrunks = [\"out\"]\n"
        );
        std::fs::write(file, format!("{before}\n{out}")).expect("written");
    })
}

#[test]
fn a_caller_is_brought_to_a_line_outside_for_a_while() {
    let mut outside = line(true);
    let engine = transfers(outside.at);
    let mut citizen = calls(&engine);
    outside.event("CALL_ESTABLISHED", STEP);
    // The talk is cut after its time.
    citizen.event("CALL_CLOSED", STEP);
    let records = engine.ended_records(1);
    assert_eq!((menu_path(&records[0]), &records[0]["end_reason"]), (vec!["first"], &json!("max_talk")));
    [&mut citizen, &mut outside].into_iter().for_each(Baresip::quit);
    heard("the citizen", &[citizen.heard(LINE)], &[citizen.heard(SORRY)]);
    heard("the line", &[outside.heard(CITIZEN)], &[outside.heard(ASK)]);
}

#[test]
fn a_line_that_nobody_answers_leads_back_into_the_menu() {
    let mut outside = line(false);
    let engine = transfers(outside.at);
    let mut desk_phone = agent(&engine, "1001", "udp", true, AGENT);
    let mut citizen = calls(&engine);
    outside.event("CALL_INCOMING", STEP);
    // It rings for six seconds.
    outside.event("CALL_CLOSED", STEP);
    talk(&engine);
    citizen.command("hangup", "");
    let records = engine.ended_records(1);
    assert_eq!(menu_path(&records[0]), ["first", "sorry", "staff"]);
    [&mut citizen, &mut desk_phone, &mut outside].into_iter().for_each(Baresip::quit);
    assert_eq!(turns(&citizen), [ASK, SORRY]);
    heard("the citizen", &[citizen.heard(AGENT)], &[citizen.heard(LINE)]);
    heard("the agent", &[desk_phone.heard(CITIZEN)], &[]);
}

/// Talks of three seconds and more are asked about.
const SURVEY: &str = r#"
[node.first]
kind = "queue"
group = "consult"

[node.rate]
kind = "rate"
prompt = "order-closed"
next = "thanks"

[node.thanks]
kind = "play"
prompt = "welcome"
next = "bye"

[node.bye]
kind = "end"
"#;

fn surveys() -> Engine {
    let survey = "survey = { start = \"rate\", talk_s = 3 }\nsilence_s = 5";
    engine(SURVEY, |config| replace(&config.join("menu/12345.toml"), "silence_s = 5", survey))
}

#[test]
fn a_citizen_whose_agent_has_hung_up_gives_a_verdict() {
    let engine = surveys();
    let mut desk_phone = agent(&engine, "1001", "udp", true, AGENT);
    let mut citizen = calls(&engine);
    talk(&engine);
    desk_phone.command("hangup", "");
    std::thread::park_timeout(Duration::from_secs(3));
    assert_eq!(engine.metric("hotline_calls{phase=\"menu\"}"), Some(1.0), "the agent is out of it");
    press(&mut citizen, "4");
    citizen.event("CALL_CLOSED", STEP);
    let records = engine.ended_records(1);
    let record = &records[0];
    assert_eq!((&record["rating"], &record["end_reason"]), (&json!(4), &json!("agent_hangup")));
    assert_eq!(menu_path(record), ["first", "rate", "thanks", "bye"]);
    assert_eq!(record["agent"], "1001");
    let talked = record["talk_ms"].as_u64().expect("a talk");
    assert!((3_000..14_000).contains(&talked), "the survey is no talk: {talked}");
    [&mut citizen, &mut desk_phone].into_iter().for_each(Baresip::quit);
    assert_eq!(turns(&citizen), [ANSWER, SORRY], "the question and the thanks");
    heard("the citizen", &[citizen.heard(AGENT)], &[]);
    heard("the agent", &[desk_phone.heard(CITIZEN)], &[desk_phone.heard(ANSWER)]);
}

#[test]
fn who_asks_for_a_person_instead_of_a_verdict_is_served_again() {
    let engine = surveys();
    let mut desk_phone = agent(&engine, "1001", "udp", true, AGENT);
    let mut citizen = calls(&engine);
    talk(&engine);
    desk_phone.command("hangup", "");
    std::thread::park_timeout(Duration::from_secs(1));
    press(&mut citizen, "0");
    talk(&engine);
    citizen.command("hangup", "");
    let records = engine.ended_records(1);
    let record = &records[0];
    assert_eq!(menu_path(record), ["first", "rate", "staff"]);
    assert_eq!((&record["rating"], &record["end_reason"]), (&json!(0), &json!("caller_hangup")));
    let waits: Vec<_> = record["waits"].as_array().expect("waits").iter().map(|wait| &wait["outcome"]).collect();
    assert_eq!(waits, ["answered", "answered"], "{record}");
    [&mut citizen, &mut desk_phone].into_iter().for_each(Baresip::quit);
    heard("the citizen", &[citizen.heard(AGENT)], &[citizen.heard(SORRY)]);
    heard("the agent", &[desk_phone.heard(CITIZEN)], &[desk_phone.heard(ANSWER)]);
}

#[test]
fn what_goes_on_air_is_heard_at_once_by_who_is_in_the_menu_and_no_more_when_it_is_taken_off() {
    let engine = engine(NEWS, |_| {});
    let file = engine.dir.path().join("config/on-air.toml");
    let reload = || {
        let (status, answer) = engine.api("POST", &engine.admin_token(), "/reload", "");
        assert_eq!((status, &answer["others"]), (200, &json!(["on-air.toml"])), "{answer}");
    };
    let mut first = calls(&engine);
    std::fs::write(&file, "[on_air]\nnews = [\"order-closed\"]\n").expect("written");
    reload();
    let waits = |count: f64| {
        wait::until("the citizen in the queue", STEP, || {
            (engine.gauge("hotline_queue_waiting{group=\"consult\"}") == count).then_some(())
        });
    };
    waits(1.0);
    std::fs::remove_file(&file).expect("ours");
    reload();
    let mut second = in_menu(&engine, "13800138001", "udp", CITIZEN);
    waits(2.0);
    [&mut first, &mut second].into_iter().for_each(|phone| phone.command("hangup", ""));
    let records = engine.ended_records(2);
    assert!(records.iter().all(|record| menu_path(record) == ["first", "news", "staff"]), "{records:?}");
    [&mut first, &mut second].into_iter().for_each(Baresip::quit);
    assert_eq!((turns(&first), turns(&second)), (vec![ASK, ANSWER], vec![ASK]));
}

/// Key 1 asks the hour, sets a value and a priority, and goes by the value.
const HOURS: &str = r#"
[node.first]
kind = "menu"
prompt = "main-menu"
keys = { 1 = "hour" }

[node.hour]
kind = "hours"
hours = "HOURS"
open = "mark"
closed = "shut"

[node.mark]
kind = "set"
values = { about = "water" }
priority = 7
next = "which"

[node.which]
kind = "when"
case = [{ value = { about = "water" }, goto = "water" }]
otherwise = "shut"

[node.water]
kind = "play"
prompt = "order-closed"
next = "complaint"

[node.shut]
kind = "play"
prompt = "welcome"
next = "staff"
"#;

/// The way of a caller who presses 1 while these hours are open or not, what they heard, and with which priority they waited.
fn at_hours(hours: &str) -> (Vec<String>, Vec<Pair>, serde_json::Value) {
    let engine = engine(&HOURS.replace("HOURS", hours), |config| {
        let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
        let always: String = days.iter().map(|day| format!("{day} = [\"00:00-24:00\"]\n")).collect();
        let text = format!("[hours.always]\nholidays = false\n{always}\n[hours.never]\nholidays = false\n");
        std::fs::write(config.join("calendar/more.toml"), text).expect("written");
    });
    let mut citizen = calls(&engine);
    std::thread::park_timeout(Duration::from_secs(1));
    press(&mut citizen, "1");
    let group = if hours == "always" { "complaint" } else { "consult" };
    wait::until("the citizen in the queue", STEP, || {
        (engine.gauge(&format!("hotline_queue_waiting{{group=\"{group}\"}}")) == 1.0).then_some(())
    });
    let waiting = engine.api("GET", &engine.admin_token(), &format!("/queues/{group}/callers"), "").1;
    std::thread::park_timeout(Duration::from_secs(3));
    citizen.command("hangup", "");
    let records = engine.ended_records(1);
    citizen.quit();
    let path = menu_path(&records[0]).into_iter().map(str::to_owned).collect();
    (path, turns(&citizen), waiting["callers"][0]["priority"].clone())
}

#[test]
fn the_hour_a_value_and_a_priority_decide_where_a_key_leads() {
    std::thread::scope(|scope| {
        let [open, shut] = ["always", "never"].map(|hours| scope.spawn(move || at_hours(hours)));
        let (path, heard, priority) = open.join().expect("open");
        assert_eq!(path, ["first", "hour", "mark", "which", "water", "complaint"]);
        assert_eq!((heard, priority), (vec![ASK, ANSWER], json!(7)), "at least seven, where the group's own is five");
        let (path, heard, priority) = shut.join().expect("shut");
        assert_eq!(path, ["first", "hour", "shut", "staff"]);
        assert_eq!((heard, priority), (vec![ASK, SORRY], json!(5)));
    });
}
