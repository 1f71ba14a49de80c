//! Citizens who are called back instead of waiting, on real phones: the key, the promise, the agent first and then the citizen.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use crate::kit::baresip::{Baresip, Options};
use crate::kit::engine::{self, Engine};
use crate::kit::scene::{CITIZEN, STEP, agent, heard, menu_path, press, talk};
use crate::kit::tone::Pair;
use crate::kit::wait;

const AGENT: Pair = Pair(620.0, 1510.0);
const NUMBER: &str = "13800138000";

/// The citizen's telephone, which the carrier reaches where it calls from.
fn citizen() -> Baresip {
    let server = SocketAddr::from(([127, 0, 0, 1], 5060));
    let options = Options {
        user: NUMBER,
        password: None,
        server,
        transport: "udp",
        codec: "PCMA",
        answers: false,
        voice: CITIZEN,
    };
    Baresip::start(&options)
}

/// An engine whose first group calls back over a trunk to this telephone.
fn engine(citizen: &Baresip) -> Engine {
    engine_with(citizen, |_| {})
}

/// The same with a configuration that `edit` changes.
fn engine_with(citizen: &Baresip, edit: impl FnOnce(&Path)) -> Engine {
    let trunk = format!(
        "[[trunk]]\nname = \"out\"\ntargets = [{{ uri = \"sip:{}\" }}]\noptions_s = 0\ncaller = \"02012345\"\n\
         [[dial]]\nname = \"mobile\"\nprefixes = [\"13\"]\ntrunks = [\"out\"]\n",
        citizen.at
    );
    Engine::start_with(|config: &Path| {
        let line = "name = \"consult\"\n";
        let keys = "call_back_key = \"1\"\ncall_back_retry_s = 10\n";
        engine::replace(&config.join("queues.toml"), line, &format!("{line}{keys}"));
        let file = config.join("hotline.toml");
        let before = std::fs::read_to_string(&file).expect("the shipped server");
        std::fs::write(file, format!("{before}\n{trunk}")).expect("written");
        edit(config);
    })
}

/// Calls, waits behind key 0, and asks to be called back; the engine says goodbye.
fn asks(citizen: &mut Baresip, engine: &Engine) {
    citizen.command("dial", &format!("sip:12345@{}", engine.sip));
    citizen.event("CALL_ESTABLISHED", STEP);
    citizen.command("sndcode", "0");
    wait::until("the wait in the metrics", STEP, || {
        (engine.gauge("hotline_queue_waiting{group=\"consult\"}") == 1.0).then_some(())
    });
    press(citizen, "1");
    wait::until("the promise in the metrics", STEP, || {
        (engine.gauge("hotline_queue_call_backs{group=\"consult\"}") == 1.0).then_some(())
    });
    citizen.event("CALL_CLOSED", STEP);
}

/// The agent comes, and both talk; what each heard of the other.
fn is_called(citizen: &mut Baresip, engine: &Engine) {
    let mut agent = agent(engine, "1001", "udp", false, AGENT);
    // It rings as soon as it is there, perhaps before anybody listens to its events.
    agent.says(&format!("Incoming call from: {NUMBER}"));
    std::thread::park_timeout(Duration::from_secs(2));
    assert_eq!(
        engine.metric("hotline_calls{phase=\"calling\"}"),
        Some(0.0),
        "nothing is dialled for a phone that rings"
    );
    agent.command("accept", "");
    citizen.event("CALL_INCOMING", STEP);
    citizen.command("accept", "");
    talk(engine);
    citizen.command("hangup", "");
    agent.event("CALL_CLOSED", STEP);
    wait::until("no promise in the metrics", STEP, || {
        (engine.gauge("hotline_queue_call_backs{group=\"consult\"}") == 0.0).then_some(())
    });
    agent.quit();
    citizen.quit();
    heard("the citizen", &[citizen.heard(AGENT)], &[citizen.heard(CITIZEN)]);
    heard("the agent", &[agent.heard(CITIZEN)], &[agent.heard(AGENT)]);
}

#[test]
fn a_citizen_presses_the_key_hangs_up_and_is_called_when_an_agent_is_there() {
    let mut citizen = citizen();
    let engine = engine(&citizen);
    asks(&mut citizen, &engine);
    let (status, body) = engine.api("GET", &engine.admin_token(), "/queues/consult/callers", "");
    let caller = &body["callers"][0];
    assert_eq!((status, &caller["called_back"], &caller["caller"]), (200, &true.into(), &NUMBER.into()), "{body}");
    is_called(&mut citizen, &engine);
    let records = engine.ended_records(2);
    let first = records.iter().find(|r| r["end_reason"] == "call_back").expect("the record of the promise");
    assert_eq!((&first["waits"][0]["outcome"], &first["agent"]), (&"call_back".into(), &serde_json::Value::Null));
    let second = records.iter().find(|r| r["end_reason"] == "caller_hangup").expect("the record of the talk");
    assert_eq!((&second["caller"], &second["agent"]), (&NUMBER.into(), &"1001".into()), "{second}");
    assert_eq!((&second["source"], &second["skill_group"]), (&"call back".into(), &"consult".into()), "{second}");
    assert_eq!(engine.metric("hotline_call_backs_total{result=\"kept\"}"), Some(1.0));
}

#[test]
fn a_node_of_the_menu_promises_a_call_back_and_keeps_the_place() {
    let mut citizen = citizen();
    let engine = engine_with(&citizen, |config| {
        let file = config.join("menu/12345.toml");
        engine::replace(&file, "start = \"notice\"", "start = \"busy\"");
        let text = std::fs::read_to_string(&file).expect("the shipped menu");
        let node = "[node.busy]\nkind = \"menu\"\nprompt = \"main-menu\"\nkeys = { 1 = \"later\" }\n\n\
                    [node.later]\nkind = \"call_back\"\ngroup = \"consult\"\n";
        std::fs::write(&file, format!("{text}\n{node}")).expect("written");
    });
    citizen.command("dial", &format!("sip:12345@{}", engine.sip));
    citizen.event("CALL_ESTABLISHED", STEP);
    press(&mut citizen, "1");
    wait::until("the promise in the metrics", STEP, || {
        (engine.gauge("hotline_queue_call_backs{group=\"consult\"}") == 1.0).then_some(())
    });
    citizen.event("CALL_CLOSED", STEP);
    is_called(&mut citizen, &engine);
    let records = engine.ended_records(2);
    let first = records.iter().find(|r| r["end_reason"] == "call_back").expect("the record of the promise");
    assert_eq!(menu_path(first), ["busy", "later"]);
    assert!(records.iter().any(|r| r["source"] == "call back" && r["agent"] == "1001"), "{records:?}");
}

#[test]
fn killed_between_the_promise_and_the_call_the_engine_calls_all_the_same() {
    let mut citizen = citizen();
    let engine = engine(&citizen);
    asks(&mut citizen, &engine);
    engine.process.signal("KILL");
    let engine = engine.restart();
    assert_eq!(engine.gauge("hotline_queue_call_backs{group=\"consult\"}"), 1.0);
    is_called(&mut citizen, &engine);
    assert_eq!(engine.ended_records(2).len(), 2);
}
