//! What went over the wire in a call, by HTTP and by the command: with agents who hand a citizen on, with a password, with pressed
//! keys, and for those who may not see numbers.

use std::net::{SocketAddr, UdpSocket};
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::kit::baresip::{Baresip, Options};
use crate::kit::engine::{Engine, hotline, replace, root};
use crate::kit::raw::{self, Dialog};
use crate::kit::scene::{CITIZEN, STEP, agent, citizen};
use crate::kit::tone::Pair;
use crate::kit::wait;

const FIRST: Pair = Pair(620.0, 1510.0);
const SECOND: Pair = Pair(560.0, 1330.0);
const CALLER: &str = "13800138000";
const MASKED: &str = "138******00";

/// The call, once both hear each other, which is when an agent may hand the citizen on.
fn talking(engine: &Engine, number: &str) -> String {
    let token = engine.admin_token();
    wait::until("the talk among the calls", STEP, || {
        let call = engine.api("GET", &token, "/calls", "").1["calls"][0].take();
        (call["phase"] == "talking" && call["agent"] == number).then(|| call["id"].as_str().expect("an id").to_owned())
    })
}

fn ladder(engine: &Engine, token: &str, call: &str) -> Value {
    let (status, ladder) = engine.api("GET", token, &format!("/calls/{call}/ladder?full=true"), "");
    assert_eq!(status, 200, "{ladder}");
    ladder
}

/// Who, which way, what: of each message that is no repetition.
fn steps(ladder: &Value) -> Vec<String> {
    let messages = ladder["messages"].as_array().expect("messages").iter();
    let word = |message: &Value, name: &str| message[name].as_str().expect("a text").to_owned();
    let told = |m: &Value| {
        let what =
            m["status"].as_u64().map_or_else(|| word(m, "what"), |status| format!("{status} {}", word(m, "method")));
        format!("{} {} {what}", word(m, "party"), word(m, "direction"))
    };
    messages.filter(|message| message["again"] == false).map(told).collect()
}

/// What concerns one party.
fn of<'a>(steps: &'a [String], party: &str) -> Vec<&'a str> {
    steps.iter().filter_map(|step| step.strip_prefix(party)).map(str::trim_start).collect()
}

/// These come in this order, others between them.
fn in_order(steps: &[String], expected: &[&str]) {
    let mut left = steps.iter();
    for one in expected {
        assert!(left.any(|step| step == one), "{one} in its place of {expected:?} in {steps:#?}");
    }
}

/// `hotline ladder` with the server's address and `more`.
fn command(engine: &Engine, more: &[&str]) -> Output {
    let mut command = Command::new(hotline());
    command.args(["ladder", "--url", &format!("http://{}", engine.http)]).args(more);
    command.env_remove("HOTLINE_TOKEN").output().expect("ladder runs")
}

fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).expect("text")
}

#[test]
fn a_call_that_is_handed_on_is_there_with_every_message_of_every_phone() {
    let engine = Engine::start();
    let mut first = agent(&engine, "1001", "udp", true, FIRST);
    let mut second = agent(&engine, "1002", "tcp", true, SECOND);
    let mut citizen = citizen(&engine, "udp");
    first.event("CALL_ESTABLISHED", STEP);
    let call = talking(&engine, "1001");
    first.command("transfer", &format!("sip:1002@{}", engine.sip));
    first.event("CALL_CLOSED", STEP);
    assert_eq!(talking(&engine, "1002"), call);
    let running = steps(&ladder(&engine, &engine.admin_token(), &call));
    in_order(&running, &["citizen in INVITE", "agent 1002 out ACK"]);
    citizen.command("hangup", "");
    second.event("CALL_CLOSED", STEP);
    engine.ended_records(1);
    let answered = "agent 1002 in 200 BYE";
    let ladder = wait::until("the last word", STEP, || {
        let ladder = ladder(&engine, &engine.admin_token(), &call);
        steps(&ladder).contains(&answered.to_owned()).then_some(ladder)
    });
    citizen.quit();
    first.quit();
    second.quit();
    every_message_stands_in_its_place(&ladder);
    the_command_shows_the_same(&engine, &call, &ladder);
}

fn every_message_stands_in_its_place(ladder: &Value) {
    let steps = steps(ladder);
    let call = ["in INVITE", "out 200 INVITE", "in ACK", "in BYE", "out 200 BYE"];
    assert_eq!(of(&steps, "citizen"), call, "{steps:#?}");
    let ring = ["out INVITE", "in 180 INVITE", "in 200 INVITE", "out ACK"];
    assert_eq!(of(&steps, "agent 1002"), [&ring[..], &["out BYE", "in 200 BYE"]].concat());
    let hand = ["in REFER", "out 202 REFER", "out NOTIFY", "in 200 NOTIFY", "out NOTIFY", "out BYE"];
    // From here on both sides hang up at the same time.
    assert_eq!(of(&steps, "agent 1001")[..10], [&ring[..], &hand].concat());
    in_order(
        &steps,
        &[
            "citizen in INVITE",
            "citizen out 200 INVITE",
            "citizen in ACK",
            "agent 1001 out INVITE",
            "agent 1001 out ACK",
            "agent 1001 in REFER",
            "agent 1002 out INVITE",
            "agent 1002 in 200 INVITE",
            "agent 1001 out BYE",
            "citizen in BYE",
            "agent 1002 out BYE",
            "agent 1002 in 200 BYE",
        ],
    );
    let messages = ladder["messages"].as_array().expect("messages");
    let at: Vec<u64> = messages.iter().map(|message| message["at_ms"].as_u64().expect("a time")).collect();
    assert!(at.is_sorted() && at[0] == 0, "{at:?}");
    assert_eq!(messages[0]["sdp"][0]["codecs"], json!(["PCMA", "telephone-event"]), "{}", messages[0]);
    assert_eq!(messages[1]["sdp"][0]["codecs"], json!(["PCMA", "telephone-event"]));
    let peers: Vec<&str> =
        messages.iter().filter(|m| m["party"] == "agent 1002").filter_map(|m| m["peer"].as_str()).collect();
    assert!(peers.iter().all(|peer| peer.starts_with("tcp 127.0.0.1:")), "{peers:?}");
    let refer = messages.iter().find(|message| message["what"] == "REFER").expect("the transfer");
    assert_eq!(refer["headers"][0]["name"], "Refer-To", "{refer}");
    assert!(!ladder.to_string().contains("example-100"), "no password of an agent");
}

fn the_command_shows_the_same(engine: &Engine, call: &str, ladder: &Value) {
    let data = engine.dir.path().join("data");
    let data = data.to_str().expect("UTF-8");
    let told: Value =
        serde_json::from_str(&printed(&command(engine, &[call, "--data", data, "--json", "--full"]))).expect("JSON");
    assert_eq!(&told, ladder);
    let picture = printed(&command(engine, &[call, "--token", &engine.admin_token()]));
    let rows: Vec<&str> = picture.lines().filter(|line| line.contains(" ms  ")).collect();
    let messages = ladder["messages"].as_array().expect("messages");
    assert_eq!(rows.len(), messages.len(), "{picture}");
    for (row, message) in rows.iter().zip(messages) {
        let what = message["status"].as_u64().map_or_else(|| message["what"].to_string(), |status| status.to_string());
        assert!(row.contains(what.trim_matches('"')), "{what} in {row}");
    }
    let columns = picture.lines().find(|line| line.contains("hotline ")).expect("the heads of columns");
    let names: Vec<&str> = columns.split("  ").map(str::trim).filter(|name| !name.is_empty()).collect();
    assert_eq!(names, ["citizen", "hotline", "agent 1001", "agent 1002"]);
    let full = printed(&command(engine, &[call, "--data", data, "--full"]));
    assert!(full.contains("    m=audio ") && full.contains(CALLER), "{full}");
    // On a machine of its own, with the configuration alone.
    let config = engine.dir.path().join("config");
    let mut alone = Command::new(hotline());
    alone
        .args(["ladder", call, "--json", "--full", "--config"])
        .arg(&config)
        .env("HOTLINE__HTTP__LISTEN", engine.http.to_string());
    alone.env("HOTLINE__SERVER__DATA", data).env_remove("HOTLINE_TOKEN").current_dir(root());
    assert_eq!(serde_json::from_str::<Value>(&printed(&alone.output().expect("it runs"))).expect("JSON"), *ladder);
}

#[test]
fn what_proves_a_password_is_in_no_ladder() {
    let engine = Engine::start_with(|config| {
        let file = config.join("hotline.toml");
        replace(
            &file,
            "sources = [\"127.0.0.0/8\", \"::1/128\"]",
            "user = \"13800138000\"\npassword = \"example-carrier\"",
        );
    });
    let (user, password, server) = (CALLER, Some("example-carrier"), engine.sip);
    let (transport, codec, answers, voice) = ("udp", "PCMA", false, CITIZEN);
    let mut phone = Baresip::start(&Options { user, password, server, transport, codec, answers, voice });
    phone.command("dial", &format!("sip:12345@{}", engine.sip));
    phone.event("CALL_ESTABLISHED", STEP);
    phone.command("hangup", "");
    let call = engine.ended_records(1).remove(0)["id"].as_str().expect("an id").to_owned();
    let ladder = ladder(&engine, &engine.admin_token(), &call);
    phone.quit();
    let expected = ["in INVITE", "out 401 INVITE", "in ACK", "in INVITE", "out 200 INVITE", "in ACK", "in BYE"];
    let steps = steps(&ladder);
    assert_eq!(of(&steps, "citizen")[..7], expected, "what came before the call was one is there too");
    let text = ladder.to_string();
    assert!(text.contains("Authorization: (hidden)") && !text.contains("response="), "{text}");
    assert!(!text.contains("example-carrier") && text.contains(CALLER));
}

/// A token of this role, added to the configuration.
fn token(config: &Path, role: &str) -> String {
    let out = Command::new(hotline()).args(["token", "--name", role, "--role", role]).output().expect("token runs");
    let text = printed(&out);
    let (token, lines) = text.split_once('\n').expect("the token, then lines for the configuration");
    let file = config.join("hotline.toml");
    let before = std::fs::read_to_string(&file).expect("the shipped server");
    std::fs::write(file, before + lines).expect("written");
    token.to_owned()
}

/// A citizen by hand.
struct Hand {
    socket: UdpSocket,
    dialog: Dialog,
    at: SocketAddr,
}

impl Hand {
    fn new(server: SocketAddr) -> Hand {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
        socket.connect(server).expect("a route");
        socket.set_read_timeout(Some(STEP)).expect("a time-out");
        let at = socket.local_addr().expect("bound");
        Hand { socket, dialog: Dialog::calling(server, CALLER, "by-hand-13800138000", at), at }
    }

    fn send(&self, request: &str) {
        self.socket.send(request.as_bytes()).expect("sent");
    }

    fn answer(&self) -> String {
        let mut buffer = [0; 4096];
        let length = self.socket.recv(&mut buffer).expect("an answer");
        String::from_utf8_lossy(&buffer[..length]).into_owned()
    }

    /// Sends the request as often as told; gives the answer to the first.
    fn ask(&mut self, method: &str, body: &str, times: usize) -> String {
        let request = self.dialog.request(method, body);
        (0..times).for_each(|_| self.send(&request));
        self.answer()
    }
}

/// A citizen who presses a key by INFO, calls it something else, and hangs up.
fn presses_by_info(server: SocketAddr) {
    let mut hand = Hand::new(server);
    let ok = hand.ask("INVITE", &raw::sdp(hand.at, "8"), 1);
    assert!(raw::is(&ok, "200"), "{ok}");
    hand.dialog.answered(&ok);
    let ack = hand.dialog.request("ACK", "");
    hand.send(&ack);
    for kind in ["application/dtmf-relay", "application/sdp"] {
        let info = hand.dialog.request("INFO", "Signal=7\r\nDuration=160\r\n").replace("application/sdp", kind);
        hand.send(&info);
        hand.answer();
    }
    assert!(raw::is(&hand.ask("BYE", "", 1), "200"));
}

#[test]
fn a_call_that_was_refused_and_repeated_is_there() {
    let engine = Engine::start();
    let mut hand = Hand::new(engine.sip);
    let refused = hand.ask("INVITE", &raw::sdp(hand.at, "18"), 2);
    assert!(raw::is(&refused, "488"), "{refused}");
    assert!(raw::is(&hand.answer(), "488"), "again");
    let call = engine.ended_records(1).remove(0)["id"].as_str().expect("an id").to_owned();
    let ladder = ladder(&engine, &engine.admin_token(), &call);
    let told = |m: &Value| (m["what"].clone(), m["again"].clone(), m["sdp"][0]["codecs"].clone());
    let told: Vec<_> = ladder["messages"].as_array().expect("messages").iter().take(4).map(told).collect();
    let (invite, refusal) = (json!("INVITE"), json!("488 Not Acceptable Here"));
    let mut expected = [
        (invite.clone(), json!(false), json!(["G729"])),
        (invite, json!(true), json!(["G729"])),
        (refusal.clone(), json!(false), Value::Null),
        (refusal, json!(true), Value::Null),
    ];
    // Both came in one turn, or in two.
    if told[1].1 == false {
        expected.swap(1, 2);
    }
    assert_eq!(told, expected);
}

#[test]
fn goodbyes_after_a_restart_are_there() {
    let engine = Engine::start();
    let mut citizen = citizen(&engine, "udp");
    let token = engine.admin_token();
    let call = wait::until("the call", STEP, || {
        engine.api("GET", &token, "/calls", "").1["calls"][0]["id"].as_str().map(str::to_owned)
    });
    let engine = engine.restart();
    citizen.event("CALL_CLOSED", STEP);
    let steps = steps(&ladder(&engine, &token, &call));
    citizen.quit();
    in_order(&steps, &["citizen out BYE"]);
}

#[test]
fn who_may_not_see_numbers_sees_none_and_nobody_sees_pressed_keys() {
    let mut tokens = None;
    let engine = Engine::start_with(|config| {
        tokens = Some(["viewer", "operator", "supervisor"].map(|role| token(config, role)))
    });
    let [viewer, operator, supervisor] = tokens.expect("just made");
    presses_by_info(engine.sip);
    let call = engine.ended_records(1).remove(0)["id"].as_str().expect("an id").to_owned();
    assert_eq!(engine.api("GET", &viewer, &format!("/calls/{call}/ladder"), "").0, 403);
    let (clear, masked) = (ladder(&engine, &supervisor, &call), ladder(&engine, &operator, &call));
    assert_eq!((&clear["masked"], &masked["masked"]), (&json!(false), &json!(true)));
    assert!(clear.to_string().contains(CALLER));
    assert!(!masked.to_string().contains(CALLER) && masked.to_string().contains(MASKED), "{masked}");
    for ladder in [&clear, &masked] {
        let text = ladder.to_string();
        assert!(!text.contains("Signal=") && text.matches("digits hidden").count() == 2, "{text}");
    }
    let mut asked = Command::new(hotline());
    asked.args(["ladder", &call, "--full", "--data", "/nowhere", "--url"]).arg(format!("http://{}", engine.http));
    let shown = printed(&asked.env("HOTLINE_TOKEN", &operator).output().expect("it runs"));
    assert!(shown.contains("numbers and names are masked") && !shown.contains(CALLER), "{shown}");
}

#[test]
fn a_confidential_call_is_masked_for_everybody() {
    let engine = Engine::start();
    let mut citizen = citizen(&engine, "tcp");
    let token = engine.admin_token();
    let call = wait::until("the call", STEP, || {
        engine.api("GET", &token, "/calls", "").1["calls"][0]["id"].as_str().map(str::to_owned)
    });
    assert!(ladder(&engine, &token, &call).to_string().contains(CALLER));
    assert_eq!(engine.api("POST", &token, &format!("/calls/{call}/confidential"), "").0, 200);
    wait::until("the call among the confidential", STEP, || {
        (engine.api("GET", &token, &format!("/calls/{call}"), "").1["confidential"] == true).then_some(())
    });
    assert!(!ladder(&engine, &token, &call).to_string().contains(CALLER));
    citizen.command("hangup", "");
    engine.ended_records(1);
    let ended = ladder(&engine, &token, &call);
    citizen.quit();
    assert!(!ended.to_string().contains(CALLER) && ended["masked"] == true, "as its record says: {ended}");
}

#[test]
fn the_command_says_what_is_wrong() {
    let engine = Engine::start_with(|config| replace(&config.join("hotline.toml"), "keep_mib = 64", "keep_mib = 0"));
    let none = "0".repeat(32);
    let admin = engine.admin_token();
    let said = |more: &[&str]| {
        let output = command(&engine, more);
        assert!(!output.status.success() && output.stdout.is_empty());
        String::from_utf8(output.stderr).expect("text")
    };
    let cases = [
        (said(&[&none, "--token", &admin]), "ladder.keep_mib"),
        (said(&[&none, "--token", "hotline_wrong"]), "token"),
        (said(&[&none, "--data", "/nowhere"]), "HOTLINE_TOKEN"),
        (said(&["12", "--token", &admin]), "32 hexadecimal digits"),
    ];
    for (said, expected) in cases {
        assert!(said.contains(expected), "{expected} in {said}");
    }
    drop(engine.process);
    let gone = Command::new(hotline())
        .args(["ladder", &none, "--token", &admin, "--url", &format!("http://{}", engine.http)])
        .output();
    let said = String::from_utf8(gone.expect("it runs").stderr).expect("text");
    assert!(said.contains("nobody answers at http://") && said.contains("hotline serve"), "{said}");
    let engine = Engine::start();
    let output = command(&engine, &[&none, "--token", &engine.admin_token()]);
    let said = String::from_utf8(output.stderr).expect("text");
    assert!(said.contains(&format!("no messages of call {none}")), "{said}");
}
