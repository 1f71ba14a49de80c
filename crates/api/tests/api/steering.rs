//! Supervisors look at queues, steer callers, and close and open groups.

use base::{GroupId, WaitOutcome, Wall};
use serde_json::json;
use server::News;

use crate::kit::{Rig, id, news};

#[test]
fn who_waits_is_listed_in_order_with_numbers_as_the_role_asks() {
    let rig = Rig::start();
    rig.open_calls();
    for (role, caller) in [("supervisor", "13911112222"), ("viewer", "139******22"), ("operator", "139******22")] {
        let (status, answer) = rig.get(role, "/queues/consult/callers");
        assert_eq!((status, &answer["group"]), (200, &json!("consult")));
        let callers = answer["callers"].as_array().expect("a list");
        assert_eq!(callers.len(), 1, "a call that is in no table is none: {answer}");
        assert_eq!((&callers[0]["caller"], &callers[0]["call"]), (&json!(caller), &json!(id(2).to_string())), "{role}");
        assert_eq!([&callers[0]["position"], &callers[0]["priority"], &callers[0]["waited_ms"]], [1, 2, 1500]);
        assert_eq!([&callers[0]["pulled"], &callers[0]["offered"]], [true, false]);
    }
    assert_eq!(rig.get("admin", "/queues/%E6%8A%95%E8%AF%89/callers").1["callers"], json!([]), "a name in any script");
    assert_eq!(rig.get("admin", "/queues/nobody/callers").0, 404);
    assert_eq!(rig.get("agent", "/queues/consult/callers").0, 403);
    assert_eq!(rig.get("admin", "/queues/consult/callers?limit=501").0, 400);
}

#[test]
fn changes_are_for_supervisors_and_refusals_have_their_words() {
    let rig = Rig::start();
    rig.open_calls();
    let (waits, talks, none) = (id(2), id(1), id(9));
    let here = r#"{"group":"consult"}"#;
    let cases = [
        ("/queues/consult/close".to_owned(), "", 200, ""),
        ("/queues/consult/open".to_owned(), "", 200, ""),
        ("/queues/%E6%8A%95%E8%AF%89/open".to_owned(), "", 200, ""),
        ("/queues/nobody/open".to_owned(), "", 404, "not_found"),
        ("/queues/consult/surge".to_owned(), r#"{"surge":"on"}"#, 200, ""),
        ("/queues/consult/surge".to_owned(), r#"{"surge":"auto"}"#, 200, ""),
        ("/queues/consult/surge".to_owned(), r#"{"surge":"perhaps"}"#, 400, "bad_request"),
        ("/queues/consult/surge".to_owned(), "", 400, "bad_request"),
        ("/queues/nobody/surge".to_owned(), r#"{"surge":"off"}"#, 404, "not_found"),
        ("/queues/consult/open".to_owned(), here, 400, "bad_request"),
        (format!("/calls/{waits}/front"), "", 200, ""),
        (format!("/calls/{talks}/front"), "", 409, "not_waiting"),
        (format!("/calls/{none}/front"), "", 404, "not_found"),
        ("/calls/12/front".to_owned(), "", 400, "bad_request"),
        (format!("/calls/{waits}/move"), here, 200, ""),
        (format!("/calls/{waits}/move"), r#"{"group":"投诉"}"#, 409, "closed"),
        (format!("/calls/{waits}/move"), r#"{"group":"nobody"}"#, 404, "not_found"),
        (format!("/calls/{waits}/move"), "", 400, "bad_request"),
        (format!("/calls/{talks}/move"), here, 409, "not_waiting"),
        (format!("/calls/{waits}/release"), "", 200, ""),
        (format!("/calls/{none}/release"), "", 404, "not_found"),
    ];
    for (path, body, status, code) in &cases {
        let (found, answer) = rig.post("supervisor", path, body);
        assert_eq!(found, *status, "{path} {body}: {answer}");
        assert_eq!(answer["error"]["code"].as_str().unwrap_or(""), *code, "{path} {body}");
    }
    for (role, status) in [("viewer", 403), ("agent", 403), ("operator", 403), ("admin", 200), ("nobody", 401)] {
        assert_eq!(rig.post(role, &format!("/calls/{waits}/front"), "").0, status, "{role}");
        assert_eq!(rig.post(role, "/queues/consult/close", "").0, status, "{role}");
        assert_eq!(rig.post(role, "/queues/consult/surge", r#"{"surge":"off"}"#).0, status, "{role}");
    }
    let audit = std::fs::read_to_string(rig.data.path().join("audit.log")).expect("kept");
    for told in [
        "queue.surge",
        "auto",
        "queue.close",
        "queue.open",
        "call.front",
        "call.move",
        "call.release",
        "投诉",
        "not_waiting",
    ] {
        assert!(audit.contains(told), "{told} in {audit}");
    }
}

#[test]
fn a_group_says_whether_it_is_open_and_how_soon_it_answers() {
    let rig = Rig::start();
    let queues = rig.get("agent", "/queues").1["queues"].take();
    assert_eq!([&queues[0]["open"], &queues[1]["open"]], [true, false]);
    assert_eq!([&queues[0]["surge_mode"], &queues[1]["surge_mode"]], [&json!("auto"), &json!("on")]);
    assert_eq!([&queues[0]["surge"], &queues[1]["surge"]], [false, true]);
    assert_eq!((&queues[0]["service_level"], &queues[0]["answered"]), (&json!(null), &json!(0)));
    rig.open_calls();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    let at = Wall(i64::try_from(now.as_millis()).expect("before the year 292 million"));
    let ends = |outcome| {
        let fact = call::Fact::WaitEnded { outcome, waited_ms: 1000 };
        News::Fact { at, fact: switch::Fact::Call { call: id(2), fact } }
    };
    rig.board
        .tell([WaitOutcome::Answered, WaitOutcome::Abandoned, WaitOutcome::Abandoned, WaitOutcome::Moved].map(ends));
    rig.board.tell([news(2, call::Fact::Waiting { group: "投诉".into(), at })]);
    let queues = rig.get("agent", "/queues").1["queues"].take();
    // The call that talks was answered long ago.
    assert_eq!([&queues[0]["answered"], &queues[0]["abandoned"], &queues[0]["service_level_calls"]], [2, 2, 3]);
    assert_eq!(queues[0]["service_level"].as_f64().map(|share| (share * 100.0).round()), Some(33.0));
    assert_eq!(queues[1]["service_level"], json!(null));
}

#[test]
fn a_stream_tells_that_a_group_closed_and_opened_and_is_in_surge() {
    let rig = Rig::start();
    let mut reader = crate::stream::Reader::open(&rig, "viewer", "");
    // What is told before it would be part of the position that it begins at.
    let hello = reader.next();
    let told = |fact| News::Fact { at: Wall(5000), fact: switch::Fact::Queue(fact) };
    let group = GroupId(1);
    let surging = acd::ledger::Surging { on: true, by_hand: None };
    let surges = acd::Fact::Surges { group, surging };
    rig.board.tell([told(acd::Fact::Closed { group }), told(acd::Fact::Opened { group }), told(surges)]);
    let events = [hello, reader.next(), reader.next(), reader.next()];
    assert_eq!([&events[3]["on"], &events[3]["mode"]], [&json!(true), &json!("auto")]);
    let document = rig.get("nobody", "/openapi.json").1;
    events.iter().for_each(|event| crate::document::assert_event(&document, event));
    let types: Vec<_> = events.iter().map(|e| (e["type"].as_str().unwrap_or(""), e["group"].as_str())).collect();
    assert_eq!(
        types,
        [
            ("hello", None),
            ("queue.closed", Some("投诉")),
            ("queue.opened", Some("投诉")),
            ("group.surge", Some("投诉"))
        ]
    );
}
