//! Another configuration for the running engine, over HTTP.

use serde_json::json;

use crate::kit::Rig;

#[test]
fn what_changed_what_is_wrong_and_who_may_ask() {
    let rig = Rig::start();
    for (role, status) in [("viewer", 403), ("agent", 403), ("supervisor", 403), ("nobody", 401)] {
        assert_eq!(rig.post(role, "/reload", "").0, status, "{role}");
    }
    let (status, answer) = rig.post("operator", "/reload", "");
    assert_eq!((status, &answer["groups"]["added"]), (200, &json!(["night"])), "{answer}");
    assert_eq!((&answer["restart_needed"], &answer["warnings"]), (&json!(["[http]"]), &json!(["warning: x"])));
    assert_eq!(answer["agents"], json!({"added": [], "removed": [], "changed": []}));
    let (status, answer) = rig.post("admin", "/reload", "");
    assert_eq!((status, &answer["error"]["code"]), (422, &json!("wrong_configuration")));
    assert_eq!(answer["error"]["message"], "error: x\n --> queues.toml:7:3");
    let (status, answer) = rig.post("admin", "/reload", "");
    assert_eq!((status, &answer["error"]["code"]), (409, &json!("busy")));
    let audit = rig.get("admin", "/audit").1;
    let told: Vec<_> = audit["changes"].as_array().expect("a list").iter().map(|e| (&e["by"], &e["outcome"])).collect();
    assert!(told.iter().any(|(by, outcome)| *by == "the operator" && *outcome == "done"), "{audit}");
    assert!(told.iter().any(|(by, outcome)| *by == "the admin" && *outcome == "wrong_configuration"), "{audit}");
}
