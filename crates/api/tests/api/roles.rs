//! Who sees and changes what; what is refused, with which words; what the audit keeps.

use serde_json::{Value, json};

use crate::kit::{CALLER, MASKED, Rig, id, news};

fn callers(answer: &Value, list: &str) -> Vec<String> {
    let rows = answer[list].as_array().unwrap_or_else(|| panic!("{list} in {answer}"));
    rows.iter().map(|row| row["caller"].as_str().expect("a caller").to_owned()).collect()
}

#[test]
fn numbers_are_seen_by_those_who_need_them() {
    let rig = Rig::start();
    rig.open_calls();
    let cases = [
        ("viewer", vec![MASKED, "139******22"]),
        ("agent", vec![CALLER]),
        ("supervisor", vec![CALLER, "13911112222"]),
        ("operator", vec![MASKED, "139******22"]),
        ("admin", vec![CALLER, "13911112222"]),
    ];
    for (role, expected) in cases {
        assert_eq!(callers(&rig.get(role, "/calls").1, "calls"), expected, "{role}");
        let records = callers(&rig.get(role, "/records").1, "records");
        let clear = ["agent", "supervisor", "admin"].contains(&role);
        assert!(records.iter().all(|caller| caller.contains('*') != clear), "{role}: {records:?}");
    }
    rig.board.tell([news(1, call::Fact::Confidential)]);
    for role in rig.roles() {
        let calls = rig.get(role, "/calls").1;
        assert_eq!(callers(&calls, "calls")[0], MASKED, "{role}: confidential for everybody");
        assert_eq!(calls["calls"][0]["confidential"], true);
    }
}

#[test]
fn line_city_and_county_are_seen_by_everybody_unless_the_call_is_confidential() {
    let rig = Rig::start();
    rig.open_calls();
    rig.board.tell(crate::kit::call_facts(3, "057163322110", false));
    let homes = |role: &str, list: &str| -> Vec<Value> {
        let answer = rig.get(role, &format!("/{list}")).1;
        let rows = answer[list].as_array().unwrap_or_else(|| panic!("{list} in {answer}"));
        rows.iter().map(|row| json!([row["line"], row["area"], row["county"]])).collect()
    };
    let (beijing, nowhere) = (json!(["mobile", "北京", null]), json!(["mobile", null, null]));
    for role in ["viewer", "supervisor", "operator", "admin"] {
        let calls = [beijing.clone(), nowhere.clone(), json!(["fixed", "杭州", "富阳区"])];
        assert_eq!(homes(role, "calls"), calls, "{role}");
        let records = homes(role, "records");
        assert_eq!(records.iter().filter(|home| **home == beijing).count(), 2, "{role}: {records:?}");
        assert_eq!(homes(role, "missed").first(), Some(&nowhere), "{role}");
    }
    rig.board.tell([1, 3].map(|serial| news(serial, call::Fact::Confidential)));
    for role in ["viewer", "supervisor", "operator", "admin"] {
        assert_eq!(homes(role, "calls"), [nowhere.clone(), nowhere.clone(), json!(["fixed", null, null])], "{role}");
    }
    assert_eq!(homes("agent", "calls"), [nowhere]);
}

#[test]
fn an_agent_sees_and_changes_itself_alone() {
    let rig = Rig::start();
    rig.open_calls();
    let (own, other) = (format!("/calls/{}", id(1)), format!("/calls/{}", id(2)));
    let cases = [
        ("GET", own.clone(), "", 200),
        ("GET", other.clone(), "", 404),
        ("POST", format!("{own}/confidential"), "", 200),
        ("POST", format!("{other}/confidential"), "", 404),
        ("POST", format!("{own}/order"), r#"{"order":"GD-1"}"#, 200),
        ("POST", format!("{other}/order"), r#"{"order":"GD-1"}"#, 404),
        ("POST", format!("{own}/hangup"), "", 403),
        ("GET", "/agents/1001".into(), "", 200),
        ("GET", "/agents/1002".into(), "", 403),
        ("GET", "/agents/1002/events".into(), "", 403),
        ("POST", "/agents/1001/state".into(), r#"{"state":"ready"}"#, 200),
        ("POST", "/agents/1002/state".into(), r#"{"state":"ready"}"#, 403),
        ("POST", "/agents/1002/wrap-up".into(), r#"{"seconds":5}"#, 403),
        ("GET", format!("/records/{}", id(11)), "", 200),
        ("GET", format!("/records/{}", id(15)), "", 404),
        ("GET", "/records?agent=1002".into(), "", 403),
        ("GET", format!("/records?caller={CALLER}"), "", 403),
        ("GET", "/missed".into(), "", 403),
    ];
    for (method, path, body, status) in cases {
        let (found, answer) = rig.ask(method, "agent", &path, body);
        assert_eq!(found, status, "{method} {path}: {answer}");
    }
    let agents = rig.get("agent", "/agents").1;
    let agent = &agents["agents"][0];
    assert_eq!((agents["agents"].as_array().map(Vec::len), &agent["number"]), (Some(1), &json!("1001")));
    assert_eq!((&agent["state"], &agent["call"]), (&json!("talking"), &json!(id(1).to_string())));
    assert_eq!(rig.get("agent", "/records").1["records"].as_array().map(Vec::len), Some(1));
}

#[test]
fn changes_and_refusals_have_their_words() {
    let rig = Rig::start();
    rig.open_calls();
    let none = id(9);
    let cases = [
        (format!("/calls/{}/hangup", id(1)), "", 200, ""),
        (format!("/calls/{none}/hangup"), "{}", 404, "not_found"),
        ("/calls/12/hangup".into(), "", 400, "bad_request"),
        (format!("/calls/{}/order", id(2)), r#"{"order":"GD-1"}"#, 200, ""),
        (format!("/calls/{}/order", id(2)), r#"{"order":" 工单 7 "}"#, 200, ""),
        (format!("/calls/{none}/order"), r#"{"order":"GD-1"}"#, 404, "not_found"),
        ("/calls/12/order".into(), r#"{"order":"GD-1"}"#, 400, "bad_request"),
        (format!("/calls/{}/order", id(2)), "", 400, "bad_request"),
        (format!("/calls/{}/order", id(2)), "{}", 400, "bad_request"),
        (format!("/calls/{}/order", id(2)), r#"{"order":7}"#, 400, "bad_request"),
        (format!("/calls/{}/order", id(2)), r#"{"order":"  "}"#, 400, "bad_request"),
        (format!("/calls/{}/order", id(2)), r#"{"order":"a\r\nX-Evil: 1"}"#, 400, "bad_request"),
        (format!("/calls/{}/order", id(2)), r#"{"order":"a\u202eb"}"#, 400, "bad_request"),
        (format!("/calls/{}/order", id(2)), r#"{"order":"GD-1","by":"me"}"#, 400, "bad_request"),
        ("/agents/1002/state".into(), r#"{"state":"ready"}"#, 409, "no_phone"),
        ("/agents/1009/state".into(), r#"{"state":"ready"}"#, 404, "not_found"),
        ("/agents//state".into(), r#"{"state":"ready"}"#, 404, "not_found"),
        ("/calls//hangup".into(), "", 404, "not_found"),
        ("/agents/1001/state".into(), r#"{"state":"paused"}"#, 400, "bad_request"),
        ("/agents/1001/state".into(), r#"{"state":"ready","reason":"x"}"#, 400, "bad_request"),
        ("/agents/1001/state".into(), r#"{"state":"asleep"}"#, 400, "bad_request"),
        ("/agents/1001/state".into(), "", 400, "bad_request"),
        ("/agents/1001/state".into(), "{", 400, "bad_request"),
        ("/agents/1002/wrap-up".into(), r#"{"seconds":60}"#, 409, "no_wrap_up"),
        ("/agents/1001/wrap-up".into(), r#"{"seconds":3601}"#, 400, "bad_request"),
    ];
    for (path, body, status, code) in &cases {
        let (found, answer) = rig.post("supervisor", path, body);
        assert_eq!(found, *status, "{path} {body}: {answer}");
        assert_eq!(answer["error"]["code"].as_str().unwrap_or(""), *code, "{path} {body}");
    }
    for (role, path) in [("viewer", "/agents//state"), ("nobody", "/calls//ladder"), ("viewer", "/agents/")] {
        assert_eq!(rig.get(role, path).0, 404, "{path} is no path, for nobody");
    }
    let (_, state) = rig.post("supervisor", "/agents/1001/state", r#"{"state":"paused","reason":" 午餐 "}"#);
    assert_eq!(state, json!({"number": "1001", "state": "paused", "reason": "午餐"}));
    let number = |letters: usize| format!(r#"{{"order":"{}"}}"#, "工".repeat(letters));
    let statuses =
        [64, 65].map(|letters| rig.post("supervisor", &format!("/calls/{}/order", id(2)), &number(letters)).0);
    assert_eq!(statuses, [200, 400]);
    for (role, status) in [("viewer", 403), ("operator", 403), ("admin", 200), ("nobody", 401)] {
        assert_eq!(rig.post(role, &format!("/calls/{}/order", id(2)), &number(1)).0, status, "{role}");
    }
    let long = format!(r#"{{"state":"paused","reason":"{}"}}"#, "x".repeat(70_000));
    assert_eq!(rig.post("supervisor", "/agents/1001/state", &long).0, 413);
}

#[test]
fn the_audit_says_who_did_what_with_which_outcome() {
    let rig = Rig::start();
    rig.open_calls();
    rig.post("supervisor", &format!("/calls/{}/hangup", id(1)), "");
    rig.post("agent", "/agents/1002/state", r#"{"state":"ready"}"#);
    rig.post("agent", "/agents/1001/state", r#"{"state":"paused","reason":"lunch"}"#);
    rig.post("agent", &format!("/calls/{}/order", id(1)), r#"{"order":" GD-1 "}"#);
    rig.post("agent", &format!("/calls/{}/order", id(2)), r#"{"order":"GD-2"}"#);
    let changes = rig.get("admin", "/audit").1;
    let told: Vec<String> = changes["changes"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|c| format!("{} {} {} {}", c["by"], c["role"], c["what"]["change"], c["outcome"]).replace('"', ""))
        .collect();
    let expected = [
        "the agent agent call.order not_found",
        "the agent agent call.order done",
        "the agent agent agent.state done",
        "the agent agent agent.state forbidden",
        "the supervisor supervisor call.hangup done",
    ];
    assert_eq!(told, expected);
    let file = std::fs::read_to_string(rig.data.path().join("audit.log")).expect("kept");
    assert_eq!(file.lines().count(), 5);
    assert_eq!(changes["changes"][1]["what"]["order"], "GD-1", "without the blanks around it");
    assert!(!file.contains(CALLER) && !file.contains(rig.token("agent")), "{file}");
}

#[test]
fn records_are_paged_and_filtered() {
    let rig = Rig::start();
    let ids = |path: &str| {
        let (status, answer) = rig.get("admin", path);
        assert_eq!(status, 200, "{path}: {answer}");
        let serial =
            |row: &Value| row["id"].as_str().and_then(|id| id.parse().ok()).map_or(0, |id: base::CallId| id.serial);
        let ids: Vec<u32> = answer["records"].as_array().expect("a list").iter().map(serial).collect();
        (ids, answer["next"].as_str().map(str::to_owned))
    };
    let cases = [
        ("/records", vec![16, 15, 14, 13, 12, 11]),
        ("/records?end_reason=abandoned", vec![14, 13, 12]),
        ("/records?agent=1001&group=consult", vec![11]),
        ("/records?order=GD-15", vec![15]),
        ("/records?order=%20GD-15", vec![15]),
        ("/records?order=GD-1", vec![]),
        ("/records?open=true", vec![16]),
        ("/records?open=false&caller=13800138000", vec![11]),
        ("/records?to=2001-01-01T00:00:00%2B08:00", vec![]),
        ("/records?from=2001-01-01T00:00:00Z&limit=500", vec![16, 15, 14, 13, 12, 11]),
    ];
    for (path, expected) in cases {
        assert_eq!(ids(path), (expected, None), "{path}");
    }
    let (mut all, mut path) = (Vec::new(), "/records?limit=4".to_owned());
    while let (page, Some(next)) = ids(&path) {
        all.extend(page);
        path = format!("/records?limit=4&cursor={next}");
    }
    all.extend(ids(&path).0);
    assert_eq!(all, [16, 15, 14, 13, 12, 11]);
    for bad in
        ["limit=0", "limit=x", "limit=1&limit=2", "from=noon", "cursor=x", "end_reason=bored", "open=maybe", "order="]
    {
        assert_eq!(rig.get("admin", &format!("/records?{bad}")).0, 400, "{bad}");
    }
}

#[test]
fn a_record_names_the_order_and_an_agent_finds_its_own_alone() {
    let rig = Rig::start();
    let orders = |path: &str| -> Vec<Value> {
        let records = rig.get("admin", path).1["records"].take();
        records.as_array().expect("a list").iter().map(|record| record["order"].clone()).collect()
    };
    assert_eq!(orders("/records"), [Value::Null, json!("GD-15"), Value::Null, Value::Null, Value::Null, Value::Null]);
    assert_eq!(rig.get("viewer", &format!("/records/{}", id(15))).1["order"], "GD-15");
    assert_eq!(rig.get("agent", "/records?order=GD-15").1["records"], json!([]), "it is another agent's");
}

#[test]
fn who_hung_up_and_was_not_served_since_is_missed_once() {
    let rig = Rig::start();
    let missed = rig.get("supervisor", "/missed").1;
    let rows = missed["missed"].as_array().expect("a list");
    assert_eq!(rows.len(), 1, "{missed}");
    assert_eq!((&rows[0]["caller"], &rows[0]["tries"]), (&json!("13911112222"), &json!(2)));
    assert_eq!(rows[0]["call"], id(13).to_string());
    assert_eq!(rig.get("viewer", "/missed").1["missed"][0]["caller"], "139******22");
    assert_eq!(rig.get("viewer", "/missed?since=2100-01-01T00:00:00Z").1["missed"], json!([]));
}
