//! Citizens and agents on real phones, some seconds of talk, and what each heard.

use std::time::Duration;

use serde_json::{Value, json};

use super::baresip::{Baresip, Options};
use super::engine::Engine;
use super::tone::Pair;
use super::wait;

pub(crate) const STEP: Duration = Duration::from_secs(30);
/// What citizens say.
pub(crate) const CITIZEN: Pair = Pair(480.0, 1130.0);

/// A registered agent's phone.
pub(crate) fn agent(engine: &Engine, user: &str, transport: &str, answers: bool, voice: Pair) -> Baresip {
    let password = format!("example-{user}");
    let (server, codec) = (engine.sip, "PCMA");
    let phone = Baresip::start(&Options { user, password: Some(&password), server, transport, codec, answers, voice });
    phone.registered();
    phone
}

/// A citizen in the queue, behind key 0.
pub(crate) fn citizen(engine: &Engine, transport: &str) -> Baresip {
    caller(engine, "13800138000", transport, CITIZEN)
}

/// The same of another number and voice.
pub(crate) fn caller(engine: &Engine, user: &str, transport: &str, voice: Pair) -> Baresip {
    let mut phone = in_menu(engine, user, transport, voice);
    phone.command("sndcode", "0");
    phone
}

/// Somebody who has been answered and has pressed nothing.
pub(crate) fn in_menu(engine: &Engine, user: &str, transport: &str, voice: Pair) -> Baresip {
    let server = engine.sip;
    let options = Options { user, password: None, server, transport, codec: "PCMA", answers: false, voice };
    let mut phone = Baresip::start(&options);
    phone.command("dial", &format!("sip:12345@{}", engine.sip));
    phone.event("CALL_ESTABLISHED", STEP);
    phone
}

/// The nodes of the menu that a record names.
pub(crate) fn menu_path(record: &Value) -> Vec<&str> {
    record["menu_path"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// Some seconds of talk, for the recordings: the announcement of the agent's number takes four.
pub(crate) fn talk(engine: &Engine) {
    talks(engine, 1);
}

/// The same of so many talks at once.
pub(crate) fn talks(engine: &Engine, count: u32) {
    wait::until("the talk in the metrics", STEP, || {
        (engine.metric("hotline_calls{phase=\"talking\"}") == Some(f64::from(count))).then_some(())
    });
    std::thread::park_timeout(Duration::from_secs(8));
}

/// Keys of a talk, each as long as a person presses it.
pub(crate) fn press(phone: &mut Baresip, keys: &str) {
    for key in keys.chars() {
        phone.command("sndcode", &key.to_string());
        std::thread::park_timeout(Duration::from_millis(250));
    }
}

/// The desk names the order of the only open call; its id.
pub(crate) fn order(engine: &Engine, number: &str) -> String {
    let admin = engine.admin_token();
    let (_, open) = engine.api("GET", &admin, "/calls", "");
    let id = open["calls"][0]["id"].as_str().unwrap_or_else(|| panic!("an open call: {open}")).to_owned();
    let body = json!({ "order": number }).to_string();
    let (status, answer) = engine.api("POST", &admin, &format!("/calls/{id}/order"), &body);
    assert_eq!(status, 200, "{answer}");
    id
}

/// Somebody heard these for seconds each, and those never.
pub(crate) fn heard(who: &str, long: &[f64], never: &[f64]) {
    assert!(long.iter().all(|s| *s >= 2.0), "{who} heard for seconds each: {long:?}");
    assert!(never.iter().all(|s| *s < 0.1), "{who} heard whom it should not: {never:?}");
}
