//! Menus are published, rolled back and compared over HTTP, by those who may.

use serde_json::json;

use crate::configuration::RELEASE;
use crate::kit::Rig;

#[test]
fn a_menu_is_published_by_an_operator_and_the_history_says_so() {
    let rig = Rig::start();
    let wish = r#"{"why": "storm"}"#;
    for (role, status) in [("viewer", 403), ("agent", 403), ("supervisor", 403), ("nobody", 401)] {
        assert_eq!(rig.post(role, "/menu/publish", wish).0, status, "{role}");
        assert_eq!(rig.post(role, "/menu/rollback", wish).0, status, "{role}");
    }
    let (status, answer) = rig.post("operator", "/menu/publish", r#"{"why": "storm", "dry_run": true}"#);
    assert_eq!((status, &answer["holds"], &answer["release"]), (200, &json!(false), &json!(RELEASE)), "{answer}");
    assert_eq!(rig.get("viewer", "/menu/releases"), (200, json!({"releases": []})), "a dry run changes nothing");
    let (status, answer) = rig.post("operator", "/menu/publish", wish);
    assert_eq!((status, &answer["holds"], &answer["before"]), (200, &json!(true), &json!(null)), "{answer}");
    assert_eq!(answer["changes"]["menus"], json!({"added": [], "removed": [], "changed": []}));
    let (status, answer) = rig.post("admin", "/menu/rollback", r#"{"why": "too early"}"#);
    assert_eq!((status, &answer["before"]), (200, &json!(RELEASE)), "{answer}");
    let (status, answer) = rig.get("viewer", "/menu/releases");
    let told = |place: usize, field: &str| answer["releases"][place][field].clone();
    assert_eq!(status, 200, "{answer}");
    assert_eq!(
        [told(0, "action"), told(0, "by"), told(0, "why")],
        [json!("rollback"), json!("the admin"), json!("too early")]
    );
    assert_eq!([told(0, "holds"), told(0, "kept")], [json!(true), json!(false)]);
    assert_eq!([told(1, "holds"), told(1, "kept"), told(1, "by")], [json!(false), json!(true), json!("the operator")]);
    assert_eq!(told(1, "menus"), json!([{"menu": "12345", "version": "a1"}]));
    let audit = rig.get("admin", "/audit").1;
    let publish = json!({"change": "publish", "release": null, "why": "storm", "dry_run": false});
    assert!(audit["changes"].as_array().expect("a list").iter().any(|change| change["what"] == publish), "{audit}");
}

#[test]
fn what_is_wrong_with_a_wish_is_told() {
    let rig = Rig::start();
    for (path, body, status, code) in [
        ("/menu/publish", r#"{"why": " "}"#, 400, "bad_request"),
        ("/menu/publish", "{}", 400, "bad_request"),
        ("/menu/publish", r#"{"why": "a", "release": "ffffffffffff"}"#, 409, "files_changed"),
        ("/menu/rollback", r#"{"why": "a"}"#, 404, "not_found"),
    ] {
        let (found, answer) = rig.post("operator", path, body);
        assert_eq!((found, &answer["error"]["code"]), (status, &json!(code)), "{path} {body}: {answer}");
    }
    rig.post("operator", "/menu/publish", r#"{"why": "a"}"#);
    let (status, answer) = rig.post("operator", "/menu/rollback", r#"{"why": "a", "release": "../../etc"}"#);
    assert_eq!((status, &answer["error"]["code"]), (404, &json!("not_found")), "{answer}");
    let (status, answer) = rig.get("operator", "/menu/differences?from=0123");
    assert_eq!(status, 404, "{answer}");
    let (status, answer) = rig.get("operator", "/menu/differences");
    let file = json!({
        "file": "menu/12345.toml",
        "change": "changed",
        "lines": ["@@ -1 +1 @@", "-a = 1", "+a = 2"],
        "before_ms": null,
        "after_ms": null,
    });
    assert_eq!((status, &answer["files"]), (200, &json!([file])));
}

#[test]
fn what_is_on_air_is_changed_by_an_operator_and_audited() {
    let rig = Rig::start();
    let storm = r#"{"prompts": ["storm"]}"#;
    for (role, status) in [("viewer", 403), ("agent", 403), ("supervisor", 403), ("nobody", 401), ("operator", 200)] {
        assert_eq!(rig.post(role, "/menu/on-air/news", storm).0, status, "{role}");
    }
    for (path, body, status, code) in [
        ("/menu/on-air/news", r#"{"prompts": ["storn"]}"#, 422, "wrong_configuration"),
        ("/menu/on-air/new", storm, 404, "not_found"),
        ("/menu/on-air/news", r#"{"prompts": "storm"}"#, 400, "bad_request"),
        ("/menu/on-air/news", "{}", 400, "bad_request"),
    ] {
        let (found, answer) = rig.post("operator", path, body);
        assert_eq!((found, &answer["error"]["code"]), (status, &json!(code)), "{path} {body}: {answer}");
    }
    assert_eq!(rig.post("operator", "/menu/on-air/news", r#"{"prompts": null}"#).1["others"], json!(["on-air.toml"]));
    let slot = json!({"slot": "news", "prompts": ["storm"], "by_hand": true, "menus": ["12345"]});
    assert_eq!(rig.get("viewer", "/menu/on-air"), (200, json!({"slots": [slot]})));
    assert_eq!(rig.get("agent", "/menu/on-air").0, 403);
    let audit = rig.get("admin", "/audit").1;
    let put = json!({"change": "on_air", "slot": "news", "prompts": ["storm"]});
    assert!(audit["changes"].as_array().expect("a list").iter().any(|change| change["what"] == put), "{audit}");
}
