//! The API beside real calls: who may do what, calls ended from outside, events of a whole call.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use base::{Codec, Digit, Secret};
use load::phone::{Act, Answering, Config, Step};
use load::{PhoneId, Runner};
use serde_json::{Value, json};
use tungstenite::client::IntoClientRequest as _;
use tungstenite::{Message, WebSocket};

use crate::kit::engine::{Engine, hotline};
use crate::kit::wait;

const LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const CALLER: &str = "13700137000";
const MASKED: &str = "137******00";
const LIMIT: Duration = Duration::from_secs(40);

/// A token of `hotline token`, added to the configuration.
fn token(config: &Path, name: &str, more: &[&str]) -> String {
    let out = Command::new(hotline()).args(["token", "--name", name]).args(more).output().expect("token runs");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let text = String::from_utf8(out.stdout).expect("text");
    let (token, lines) = text.split_once('\n').expect("the token, then lines for the configuration");
    let file = config.join("hotline.toml");
    let before = std::fs::read_to_string(&file).expect("the shipped server");
    std::fs::write(file, before + lines).expect("written");
    token.to_owned()
}

/// An engine with a token of each role, and the tokens.
fn start() -> (Engine, Tokens) {
    let mut tokens = None;
    let engine = Engine::start_with(|config| {
        tokens = Some(Tokens {
            viewer: token(config, "wall \"1\"", &["--role", "viewer"]),
            agent: token(config, "desk 1001", &["--role", "agent", "--agent", "1001"]),
            supervisor: token(config, "shift", &["--role", "supervisor"]),
        });
    });
    (engine, tokens.expect("just made"))
}

struct Tokens {
    viewer: String,
    agent: String,
    supervisor: String,
}

fn agent(runner: &mut Runner, server: SocketAddr, number: u16) -> PhoneId {
    let id = runner.add(LOCAL, |sip, rtp| Config {
        password: Some(Secret(format!("example-{number}"))),
        answering: Answering::After(Duration::from_millis(300)),
        ..Config::new(&number.to_string(), server, sip, rtp)
    });
    let id = id.expect("ports for an agent");
    runner.act(id, |phone, now, out| phone.register(now, out));
    assert!(runner.run_until(LIMIT, |r| r.phone(id).is_registered()).expect("sockets work"), "{number} registers");
    id
}

fn citizen(runner: &mut Runner, server: SocketAddr, script: Vec<Step>) -> PhoneId {
    let config = |sip, rtp| Config { script, codecs: vec![Codec::Pcmu], ..Config::new(CALLER, server, sip, rtp) };
    let id = runner.add(LOCAL, config).expect("ports for a citizen");
    runner.act(id, |phone, now, out| phone.dial(now, "12345", out));
    id
}

fn press_0() -> Vec<Step> {
    vec![Step { after: Duration::from_millis(500), act: Act::Press(Digit::Number(0)) }]
}

/// Runs the phones until the API says so.
fn until(runner: &mut Runner, what: &str, mut probe: impl FnMut() -> Option<Value>) -> Value {
    let mut found = None;
    let seen = runner.run_until(LIMIT, |_| {
        found = probe();
        found.is_some()
    });
    assert!(seen.expect("sockets work"), "waited {LIMIT:?} in vain for {what}");
    found.expect("just seen")
}

/// The only call, once it is in that phase.
fn call_in(engine: &Engine, token: &str, phase: &str) -> Option<Value> {
    let (status, answer) = engine.api("GET", token, "/calls", "");
    assert_eq!(status, 200, "{answer}");
    Some(answer["calls"][0].clone()).filter(|call| call["phase"] == phase)
}

#[test]
fn a_supervisor_ends_a_call_and_others_may_not() {
    let (engine, tokens) = start();
    let mut runner = Runner::new().expect("descriptors");
    citizen(&mut runner, engine.sip, Vec::new());
    let call = until(&mut runner, "the call in the menu", || call_in(&engine, &tokens.supervisor, "menu"));
    assert_eq!(call["caller"], CALLER);
    assert_eq!(call_in(&engine, &tokens.viewer, "menu").expect("the same call")["caller"], MASKED);
    assert_eq!(engine.api("GET", &tokens.agent, "/calls", "").1["calls"], json!([]), "not the agent's call");
    let path = format!("/calls/{}/hangup", call["id"].as_str().expect("an id"));
    for (token, status) in
        [("nonsense", 401), (&*tokens.viewer, 403), (&*tokens.agent, 403), (&*tokens.supervisor, 200)]
    {
        assert_eq!(engine.api("POST", token, &path, "").0, status);
    }
    let record =
        until(&mut runner, "the record", || engine.records().into_iter().find(|record| !record["ended"].is_null()));
    assert_eq!(record["end_reason"], "forced");
    assert_eq!(engine.api("POST", &tokens.supervisor, &format!("/calls/{}/hangup", "0".repeat(32)), "").0, 404);
    let (_, audit) = engine.api("GET", &engine.admin_token(), "/audit", "");
    let changes = audit["changes"].as_array().expect("a list");
    let told: Vec<_> = changes.iter().map(|c| (&c["by"], &c["outcome"])).collect();
    assert_eq!(told, [(&json!("shift"), &json!("not_found")), (&json!("shift"), &json!("done"))]);
}

#[test]
fn a_confidential_call_is_masked_for_everybody() {
    let (engine, tokens) = start();
    let mut runner = Runner::new().expect("descriptors");
    citizen(&mut runner, engine.sip, Vec::new());
    let call = until(&mut runner, "the call in the menu", || call_in(&engine, &tokens.supervisor, "menu"));
    let id = call["id"].as_str().expect("an id").to_owned();
    assert_eq!(engine.api("POST", &tokens.supervisor, &format!("/calls/{id}/confidential"), "").0, 200);
    let admin = engine.admin_token();
    until(&mut runner, "the mask", || call_in(&engine, &admin, "menu").filter(|call| call["caller"] == MASKED));
    assert_eq!(engine.api("POST", &tokens.supervisor, &format!("/calls/{id}/hangup"), "").0, 200);
    until(&mut runner, "the masked record", || {
        let (_, record) = engine.api("GET", &admin, &format!("/records/{id}"), "");
        Some(record).filter(|record| record["end_reason"] == "forced")
    });
    let (_, record) = engine.api("GET", &admin, &format!("/records/{id}"), "");
    assert_eq!((&record["caller"], &record["confidential"]), (&json!(MASKED), &json!(true)), "{record}");
}

#[test]
fn a_paused_agent_does_not_ring_until_ready_again() {
    let (engine, tokens) = start();
    let mut runner = Runner::new().expect("descriptors");
    agent(&mut runner, engine.sip, 1001);
    let pause = json!({"state": "paused", "reason": "meal"}).to_string();
    let (status, answer) = engine.api("POST", &tokens.agent, "/agents/1001/state", &pause);
    assert_eq!((status, &answer["state"]), (200, &json!("paused")), "{answer}");
    assert_eq!(engine.api("POST", &tokens.agent, "/agents/1002/state", &pause).0, 403);
    let agent_state = || engine.api("GET", &tokens.agent, "/agents/1001", "").1;
    until(&mut runner, "the pause", || Some(agent_state()).filter(|a| a["state"] == "paused" && a["reason"] == "meal"));
    let caller = citizen(&mut runner, engine.sip, press_0());
    until(&mut runner, "the caller waits", || call_in(&engine, &tokens.supervisor, "waiting"));
    // As long as an offer would take many times over.
    runner.run_until(Duration::from_secs(2), |_| false).expect("sockets work");
    assert!(call_in(&engine, &tokens.supervisor, "waiting").is_some(), "nobody rings");
    let (status, answer) = engine.api("POST", &tokens.supervisor, "/agents/1001/state", r#"{"state":"ready"}"#);
    assert_eq!(status, 200, "{answer}");
    until(&mut runner, "the talk", || call_in(&engine, &tokens.supervisor, "talking"));
    until(&mut runner, "the agent talks", || Some(agent_state()).filter(|a| a["state"] == "talking"));
    runner.act(caller, |phone, now, out| phone.hang_up(now, out));
    until(&mut runner, "the agent is ready", || Some(agent_state()).filter(|a| a["state"] == "ready"));
    let (_, events) = engine.api("GET", &tokens.agent, "/agents/1001/events", "");
    let told: Vec<_> = events["events"].as_array().expect("a list").iter().map(|e| e["type"].clone()).collect();
    assert!(
        ["talk_over", "talking", "offered", "ready", "paused"].iter().all(|t| told.contains(&json!(t))),
        "{events}"
    );
}

fn socket(engine: &Engine, token: &str, query: &str) -> WebSocket<TcpStream> {
    let stream = TcpStream::connect(engine.http).expect("the engine listens for HTTP");
    stream.set_read_timeout(Some(LIMIT)).expect("a time-out");
    let address = format!("ws://{}/api/v1/events{query}", engine.http);
    let mut request = address.into_client_request().expect("a request");
    let protocol = format!("bearer, {token}");
    request.headers_mut().insert("sec-websocket-protocol", protocol.parse().expect("a header value"));
    tungstenite::client(request, stream).expect("a WebSocket").0
}

/// The events of calls up to the first of that type.
fn call_events(socket: &mut WebSocket<TcpStream>, last: &str) -> Vec<Value> {
    let mut events = Vec::new();
    while events.last().is_none_or(|event: &Value| event["type"] != last) {
        let Message::Text(text) = socket.read().expect("a message") else { continue };
        let event: Value = serde_json::from_str(&text).expect("JSON");
        if event["type"].as_str().is_some_and(|kind| kind.starts_with("call.") || kind == "gap") {
            events.push(event);
        }
    }
    events
}

fn types(events: &[Value]) -> Vec<&str> {
    events.iter().filter_map(|event| event["type"].as_str()).filter(|kind| *kind != "call.menu").collect()
}

#[test]
fn a_whole_call_is_told_in_order_and_resumed_after_a_break() {
    let (engine, tokens) = start();
    let mut runner = Runner::new().expect("descriptors");
    agent(&mut runner, engine.sip, 1001);
    let mut reader = socket(&engine, &tokens.supervisor, "");
    let caller = citizen(&mut runner, engine.sip, press_0());
    until(&mut runner, "the talk", || call_in(&engine, &tokens.supervisor, "talking"));
    let before = call_events(&mut reader, "call.offered");
    assert_eq!(types(&before), ["call.started", "call.answered", "call.waiting", "call.offered"]);
    let offered = before.last().expect("an offer");
    assert_eq!((&offered["caller"], &offered["agent"]), (&json!(CALLER), &json!("1001")));
    assert_eq!((&offered["group"], &offered["menu_path"]), (&json!("consult"), &json!(["notice", "staff"])));
    drop(reader);
    runner.act(caller, |phone, now, out| phone.hang_up(now, out));
    until(&mut runner, "no open call", || {
        let (_, calls) = engine.api("GET", &tokens.supervisor, "/calls", "");
        Some(calls).filter(|calls| calls["calls"] == json!([]))
    });
    let from = format!("?from={}:{}", offered["epoch"], offered["seq"]);
    let after = call_events(&mut socket(&engine, &tokens.agent, &from), "call.ended");
    let mut told = types(&after);
    // The wait ends with the answer; which of the two facts is told first is the call's affair.
    told.retain(|kind| *kind != "call.wait_ended");
    assert_eq!(told, ["call.connected", "call.talking", "call.ended"]);
    assert_eq!(after.last().expect("an end")["end_reason"], "caller_hangup");
    let seqs: Vec<_> = before.iter().chain(&after).filter_map(|event| event["seq"].as_u64()).collect();
    assert!(seqs.is_sorted_by(|a, b| a < b), "each once and in order: {seqs:?}");
}

#[test]
fn after_a_restart_a_reader_is_told_of_the_gap_and_the_token_still_opens() {
    let engine = Engine::start();
    let token = engine.admin_token();
    let (_, calls) = engine.api("GET", &token, "/calls", "");
    engine.process.signal("KILL");
    let engine = engine.restart();
    let mut reader = socket(&engine, &token, &format!("?from={}:{}", calls["epoch"], calls["seq"]));
    let gap = wait::until("a gap", LIMIT, || match reader.read().expect("a message") {
        Message::Text(text) => serde_json::from_str::<Value>(&text).ok().filter(|event| event["type"] == "gap"),
        _ => None,
    });
    assert_eq!(gap["reason"], "restarted");
    assert!(gap["epoch"].as_u64() > calls["epoch"].as_u64(), "{gap}");
}
