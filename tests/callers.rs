//! Who calls and whom, as a carrier says it in headers, down to the record.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use crate::kit::engine::{Engine, replace};
use crate::kit::puppet::Puppet;
use crate::kit::raw::Dialog;
use crate::kit::wait;

const LIMIT: Duration = Duration::from_secs(20);
const MASKED: &str = "139******00";

/// A trunk of Guangzhou, and 12319 beside 12345, with a menu of its own.
fn merged(config: &Path) {
    let server = config.join("hotline.toml");
    replace(&server, "identity = \"asserted\"", "area_code = \"020\"");
    replace(&server, "\n# [[called]]\n# numbers = [\"12319\"]\n# menu", "\n[[called]]\nnumbers = [\"12319\"]\nmenu");
    let menu = config.join("menu/12319.toml");
    std::fs::copy(config.join("menu/12345.toml"), &menu).expect("the shipped menu");
    replace(&menu, "notice\"\n# The queue", "merged\"\n# The queue");
    replace(&menu, "[node.notice]", "[node.merged]");
    replace(&server, "# [numbers]\n# mobile_areas", "[numbers]\nmobile_areas");
    let county = "[[county]]\nname = \"天河区\"\nprefixes = [\"0208765\"]";
    replace(&server, "# [[county]]\n# name = \"富阳区\"\n# prefixes = [\"057163\"]", county);
    std::fs::write(config.join("mobile-areas.csv"), "1390013,0755\n").expect("written");
}

/// Line, city and county, as the API and the command line say them.
fn home(record: &Value) -> Value {
    json!([record["line"], record["area"], record["county"]])
}

/// The only call, where readers of the API see one.
fn seen(engine: &Engine, token: &str, list: &str) -> Option<Value> {
    let (_, answer) = engine.api("GET", token, &format!("/{list}"), "");
    answer[list].as_array().expect("a list").first().cloned()
}

fn says(record: &Value, caller: &str, called: &str, confidential: bool) {
    assert_eq!(record["caller"], caller, "{record}");
    assert_eq!(record["called"], called, "{record}");
    assert_eq!(record["confidential"], confidential, "{record}");
}

#[test]
fn a_diverted_caller_who_withholds_the_number() {
    let engine = Engine::start_with(merged);
    let admin = engine.admin_token();
    let mut caller = Puppet::new(engine.sip);
    let mut dialog = Dialog::calling(engine.sip, "anonymous", "withheld", caller.address());
    let invite = dialog.request("INVITE", &caller.description());
    let lines = [
        "P-Asserted-Identity: <sip:+8613900139000@carrier.example>",
        "Privacy: id",
        "Diversion: <tel:+862012319>;reason=unconditional;counter=1",
    ];
    caller.say(&with(&invite, &lines));
    dialog.answered(&caller.hear("200"));
    caller.say(&dialog.request("ACK", ""));
    for list in ["calls", "records"] {
        let open = wait::until(list, LIMIT, || seen(&engine, &admin, list));
        says(&open, MASKED, "12319", true);
        assert_eq!(home(&open), json!(["mobile", null, null]), "a confidential call is at home nowhere: {open}");
    }
    caller.say(&dialog.request("BYE", ""));
    caller.hear("200");
    let record = engine.ended_records(1).remove(0);
    says(&record, MASKED, "12319", true);
    assert_eq!(record["menu_path"], json!(["merged"]), "{record}");
    assert_eq!(home(&record), json!(["mobile", null, null]), "{record}");
    assert!(!engine.process.output().contains("13900139000"), "no log shows the number");
}

#[test]
fn a_local_caller_who_dials_with_the_country_code() {
    let engine = Engine::start_with(merged);
    let mut caller = Puppet::new(engine.sip);
    let mut dialog = Dialog::calling(engine.sip, "87654321", "local", caller.address());
    let invite = dialog.request("INVITE", &caller.description());
    caller.say(&invite.replacen("INVITE sip:12345@", "INVITE sip:+8612345@", 1));
    dialog.answered(&caller.hear("200"));
    caller.say(&dialog.request("ACK", ""));
    caller.say(&dialog.request("BYE", ""));
    caller.hear("200");
    says(&engine.ended_records(1)[0], "02087654321", "12345", false);
    says_home(&engine, json!(["fixed", "广州", "天河区"]));
}

#[test]
fn a_mobile_whose_city_a_table_knows() {
    let engine = Engine::start_with(merged);
    let mut caller = Puppet::new(engine.sip);
    let mut dialog = Dialog::calling(engine.sip, "13900139000", "mobile", caller.address());
    caller.say(&dialog.request("INVITE", &caller.description()));
    dialog.answered(&caller.hear("200"));
    caller.say(&dialog.request("ACK", ""));
    caller.say(&dialog.request("BYE", ""));
    caller.hear("200");
    says(&engine.ended_records(1)[0], "13900139000", "12345", false);
    says_home(&engine, json!(["mobile", "深圳", null]));
}

/// The command line reads the same tables as the server.
fn says_home(engine: &Engine, expected: Value) {
    let (told, read) = (seen(engine, &engine.admin_token(), "records"), engine.ended_records(1).remove(0));
    assert_eq!((told.map(|record| home(&record)), home(&read)), (Some(expected.clone()), expected), "{read}");
}

/// A message with further header lines.
fn with(message: &str, lines: &[&str]) -> String {
    let (head, body) = message.split_once("\r\n\r\n").expect("a head and a body");
    let lines: String = lines.iter().map(|line| format!("\r\n{line}")).collect();
    format!("{head}{lines}\r\n\r\n{body}")
}
