//! The document is well formed, and each route answers what it says.

use serde_json::{Map, Value, json};

use crate::kit::{Rig, id};

const METHODS: [&str; 3] = ["get", "post", "delete"];

/// What is wrong with a value, by the part of JSON Schema that the document uses.
fn fault(document: &Value, schema: &Value, value: &Value, at: &str) -> Option<String> {
    if let Some(name) = schema["$ref"].as_str() {
        let schema = document.pointer(name.strip_prefix('#')?);
        return match schema {
            Some(schema) => fault(document, schema, value, at),
            None => Some(format!("{name} leads nowhere")),
        };
    }
    if let Some(either) = schema["anyOf"].as_array() {
        let faults: Vec<_> = either.iter().map(|one| fault(document, one, value, at)).collect();
        return if faults.iter().any(Option::is_none) { None } else { faults.into_iter().flatten().next() };
    }
    if schema["enum"].as_array().is_some_and(|words| !words.contains(value)) {
        return Some(format!("{at}: {value} is none of {}", schema["enum"]));
    }
    let fits = match schema["type"].as_str() {
        Some("string") => value.as_str().is_some_and(|text| text_fits(schema, text)),
        Some("integer") => value.as_u64().is_some_and(|n| n >= schema["minimum"].as_u64().unwrap_or(0)),
        Some("number") => value.as_f64().is_some_and(|n| {
            schema["minimum"].as_f64().is_none_or(|least| n >= least)
                && schema["maximum"].as_f64().is_none_or(|most| n <= most)
        }),
        Some("boolean") => value.is_boolean(),
        Some("null") => value.is_null(),
        Some("array") => {
            let items = value.as_array()?;
            return items.iter().find_map(|item| fault(document, &schema["items"], item, &format!("{at}[]")));
        }
        Some("object") => return object_fault(document, schema, value.as_object()?, at),
        _ => false,
    };
    (!fits).then(|| format!("{at}: {value} is not {schema}"))
}

fn text_fits(schema: &Value, text: &str) -> bool {
    match (schema["pattern"].as_str(), schema["format"].as_str()) {
        (Some("^[0-9a-f]{32}$"), _) => text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit()),
        (Some("^[0-9]{1,32}$"), _) => (1..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit()),
        (Some(other), _) => panic!("a pattern that this test does not know: {other}"),
        (None, Some("date-time")) => text.len() == 24 && text.ends_with('Z') && &text[10..11] == "T",
        (None, _) => true,
    }
}

fn object_fault(document: &Value, schema: &Value, object: &Map<String, Value>, at: &str) -> Option<String> {
    let none = Vec::new();
    let required = schema["required"].as_array().unwrap_or(&none);
    if let Some(missing) = required.iter().filter_map(Value::as_str).find(|name| !object.contains_key(*name)) {
        return Some(format!("{at} lacks {missing}"));
    }
    object.iter().find_map(|(name, value)| match schema["properties"].get(name) {
        Some(schema) => fault(document, schema, value, &format!("{at}.{name}")),
        None => (schema["additionalProperties"] == json!(false)).then(|| format!("{at} has {name}")),
    })
}

pub(crate) fn assert_event(document: &Value, event: &Value) {
    let schema = json!({"$ref": "#/components/schemas/Event"});
    assert_eq!(fault(document, &schema, event, "event"), None, "{event}");
}

/// Every operation as `(path, method, operation)`.
fn operations(document: &Value) -> Vec<(&String, &String, &Value)> {
    let paths = document["paths"].as_object().expect("paths");
    paths.iter().flat_map(|(p, ms)| ms.as_object().expect("methods").iter().map(move |(m, o)| (p, m, o))).collect()
}

fn concrete(path: &str) -> String {
    let waits = ["/front", "/move", "/release"].iter().any(|change| path.ends_with(change));
    let call = match path.starts_with("/records") {
        true => 11,
        false => 1 + u32::from(waits),
    };
    path.replace("{id}", &id(call).to_string())
        .replace("{number}", "1001")
        .replace("{group}", "consult")
        .replace("{slot}", "news")
}

fn body(path: &str) -> &'static str {
    match path {
        "/agents/{number}/state" => r#"{"state":"paused","reason":"午餐"}"#,
        "/agents/{number}/wrap-up" => r#"{"seconds":60}"#,
        "/calls/{id}/order" => r#"{"order":"GD20261130-7"}"#,
        "/queues/{group}/surge" => r#"{"surge":"on"}"#,
        "/calls/{id}/move" => r#"{"group":"consult"}"#,
        "/menu/publish" | "/menu/rollback" => r#"{"why":"暴雨"}"#,
        "/menu/on-air/{slot}" => r#"{"prompts":["storm"]}"#,
        "/agents/{number}/call" => r#"{"to":"13900139000"}"#,
        _ => "",
    }
}

#[test]
fn every_route_answers_what_the_document_says() {
    let rig = Rig::start();
    rig.open_calls();
    let (status, document) = rig.get("nobody", "/openapi.json");
    assert_eq!(status, 200);
    let mut seen = 0;
    for (path, method, operation) in operations(&document) {
        let (method, target) = (method.to_uppercase(), concrete(path));
        let (status, answer) = rig.ask(&method, "admin", &target, body(path));
        let wanted = if path == "/events" { 426 } else { 200 };
        assert_eq!(status, wanted, "{method} {target}: {answer}");
        let said = &operation["responses"][status.to_string()];
        let schema = &said["content"]["application/json"]["schema"];
        assert_eq!(fault(&document, schema, &answer, "answer"), None, "{method} {target}: {answer}");
        refusals(&rig, &document, path, &method, operation);
        seen += 1;
    }
    assert_eq!(seen, 34, "each operation was tried");
}

/// Without a token, with each other role, with another method, with what nobody knows.
fn refusals(rig: &Rig, document: &Value, path: &str, method: &str, operation: &Value) {
    let target = concrete(path);
    let check = |status: u16, expected: u16, answer: &Value, why: &str| {
        assert_eq!(status, expected, "{method} {target} {why}: {answer}");
        let said = &operation["responses"][status.to_string()]["content"]["application/json"]["schema"];
        assert_eq!(fault(document, said, answer, "error"), None, "{method} {target} {why}: {answer}");
    };
    let (status, answer) = rig.ask(method, "admin", &format!("{target}?no%0Asuch=1"), body(path));
    check(status, 400, &answer, "with an unknown parameter");
    assert!(answer["error"]["message"].as_str().is_some_and(|m| m.contains("\\nsuch")), "{answer}");
    let other = METHODS.iter().find(|m| document["paths"][path].get(**m).is_none()).expect("a third one");
    let (status, answer) = rig.ask(&other.to_uppercase(), "admin", &target, "");
    check(status, 405, &answer, other);
    if method == "POST" {
        let (status, answer) = rig.post("admin", &target, r#"{"shoe_size": 43}"#);
        check(status, 400, &answer, "with an unknown field");
    }
    let Some(roles) = operation["security"][0]["bearer"].as_array() else { return };
    let (status, answer) = rig.ask(method, "nobody", &target, body(path));
    check(status, 401, &answer, "without a token");
    for role in rig.roles().filter(|role| !roles.contains(&json!(role))) {
        let (status, answer) = rig.ask(method, role, &target, body(path));
        check(status, 403, &answer, role);
        let next = answer["error"]["next"].as_str().expect("a next step");
        assert!(roles.iter().all(|r| next.contains(r.as_str().expect("a word"))), "{next}");
    }
}

#[test]
fn the_document_is_well_formed() {
    let rig = Rig::start();
    let document = rig.get("nobody", "/openapi.json").1;
    assert_eq!(document["openapi"], "3.1.0");
    let mut names = std::collections::BTreeSet::new();
    for (path, method, operation) in operations(&document) {
        assert!(path.starts_with('/') && METHODS.contains(&method.as_str()), "{method} {path}");
        assert!(names.insert(operation["operationId"].as_str().expect("a name")), "{path}: a name twice");
        assert!(operation["summary"].as_str().is_some_and(|text| text.ends_with('.')), "{path}");
        let parameters = operation["parameters"].as_array().expect("a list");
        let places: Vec<_> = parameters.iter().filter(|p| p["in"] == "path").map(|p| p["name"].as_str()).collect();
        let wanted: Vec<_> = path.split('/').filter_map(|p| p.strip_prefix('{')?.strip_suffix('}')).map(Some).collect();
        assert_eq!(places, wanted, "{path}");
        assert!(parameters.iter().filter(|p| p["in"] == "path").all(|p| p["required"] == true), "{path}");
        assert!(operation["responses"].as_object().is_some_and(|r| r.len() > 1), "{path}");
    }
    let mut references = Vec::new();
    collect(&document, &mut references);
    assert!(references.len() > 30, "{references:?}");
    for reference in references {
        let pointer = reference.strip_prefix('#').expect("a local reference");
        assert!(document.pointer(pointer).is_some_and(|s| s["type"] == "object"), "{reference}");
    }
}

fn collect(value: &Value, references: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            references.extend(map.get("$ref").and_then(Value::as_str).map(str::to_owned));
            map.values().for_each(|value| collect(value, references));
        }
        Value::Array(items) => items.iter().for_each(|value| collect(value, references)),
        _ => {}
    }
}

#[test]
fn the_manual_names_every_route_and_event() {
    let rig = Rig::start();
    let document = rig.get("nobody", "/openapi.json").1;
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/api.md");
    let manual = std::fs::read_to_string(path).expect("docs/api.md");
    let mut wanted: Vec<String> = server::events::CallEvent::NAMES.iter().map(|name| format!("`{name}`")).collect();
    for (path, method, _) in operations(&document) {
        wanted.push(format!("`{} {path}`", method.to_uppercase()));
    }
    let missing: Vec<_> = wanted.iter().filter(|text| !manual.contains(text.as_str())).collect();
    assert!(missing.is_empty(), "docs/api.md does not name {missing:?}");
}
