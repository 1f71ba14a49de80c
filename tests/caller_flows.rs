//! Every flow of a caller's signalling, played by SIPp from our scenarios, which check headers and bodies; and what was recorded of it.

use std::time::Duration;

use serde_json::{Value, json};

use crate::kit::engine::{Engine, root};
use crate::kit::sipp::Sipp;
use crate::kit::wait;

const LIMIT: Duration = Duration::from_secs(60);
const TRANSPORTS: [&str; 2] = ["u1", "t1"];

fn start(engine: &Engine, scenario: &str, transport: &str) -> Sipp {
    let file = root().join("tests/sipp").join(scenario).to_string_lossy().into_owned();
    Sipp::start(&["-sf", &file, "-t", transport], engine.sip, 1)
}

/// Plays a scenario over each transport at one engine; the records, which are so many each time.
fn played(scenario: &str, count: usize) -> Vec<Value> {
    let engine = Engine::start();
    for (n, transport) in TRANSPORTS.iter().enumerate() {
        start(&engine, scenario, transport).succeeds(LIMIT);
        let records = engine.ended_records(count * (n + 1));
        assert_eq!(records.len(), count * (n + 1), "{scenario} {transport}: {records:?}");
    }
    engine.records()
}

/// The caller was answered once, whatever was refused beside it, pressed nothing and left by BYE.
fn leaves(scenario: &str) -> Vec<Value> {
    let records = played(scenario, 1);
    for record in &records {
        assert!(!record["answered"].is_null(), "{scenario}: {record}");
        assert_eq!(record["end_reason"], "left_in_menu", "{scenario}: {record}");
    }
    records
}

/// The key 0 was understood: it alone leads from the notice to a person, and the caller waited for one.
fn waits(scenario: &str) {
    for record in played(scenario, 1) {
        assert_eq!(record["menu_path"], json!(["notice", "staff"]), "{scenario}: {record}");
        assert_eq!(record["end_reason"], "abandoned", "{scenario}: {record}");
        let wait = &record["waits"][0];
        assert_eq!(
            (wait["group"].as_str(), wait["outcome"].as_str()),
            (Some("consult"), Some("abandoned")),
            "{record}"
        );
        assert!(wait["waited_ms"].as_u64().is_some_and(|ms| ms >= 500), "{scenario}: {record}");
    }
}

#[test]
fn a_caller_without_an_offer_gets_ours_and_is_heard_rfc3261_13() {
    waits("late_offer.xml");
}

#[test]
fn a_caller_holds_and_resumes_by_update_rfc3311() {
    leaves("update.xml");
}

#[test]
fn a_caller_holds_by_direction_and_by_address_rfc3264() {
    leaves("hold.xml");
}

#[test]
fn offers_of_a_caller_that_cross_are_told_to_come_later_rfc3261_14() {
    leaves("glare.xml");
}

#[test]
fn a_caller_who_speaks_of_mandatory_resources_is_answered_rfc3312() {
    leaves("preconditions.xml");
}

#[test]
fn a_key_by_info_leads_to_a_person() {
    waits("info_relay.xml");
    waits("info_dtmf.xml");
}

#[test]
fn a_key_over_rtp_leads_to_a_person_rfc4733() {
    waits("keys.xml");
}

#[test]
fn a_cancel_behind_the_answer_changes_nothing_rfc3261_9() {
    leaves("cancelled.xml");
}

#[test]
fn a_caller_whose_interval_is_too_brief_takes_the_least_one_rfc4028() {
    leaves("too_brief.xml");
}

#[test]
fn what_cannot_be_served_is_told_why_and_the_next_call_is_served_rfc3261_8() {
    leaves("unwelcome.xml");
}

#[test]
fn a_caller_leaves_with_a_reason_rfc3326() {
    leaves("reason.xml");
}

#[test]
fn a_call_that_a_supervisor_ends_gets_our_bye() {
    for transport in TRANSPORTS {
        let engine = Engine::start();
        let mut caller = start(&engine, "forced.xml", transport);
        let admin = engine.admin_token();
        let id = wait::until("the call", LIMIT, || {
            let (_, open) = engine.api("GET", &admin, "/calls", "");
            open["calls"][0]["id"].as_str().map(str::to_owned)
        });
        let (status, answer) = engine.api("POST", &admin, &format!("/calls/{id}/hangup"), "");
        assert_eq!(status, 200, "{answer}");
        caller.succeeds(LIMIT);
        assert_eq!(engine.ended_records(1)[0]["end_reason"], "forced", "{transport}");
    }
}

#[test]
fn a_call_of_an_ims_core_is_answered_and_its_asserted_caller_recorded() {
    for record in leaves("ims.xml") {
        assert_eq!((&record["caller"], &record["called"]), (&json!("13900139000"), &json!("12345")), "{record}");
        assert_eq!(record["confidential"], false, "{record}");
    }
}

#[test]
fn streams_and_codecs_that_we_do_not_take_are_refused_rfc3264() {
    let records = played("unusable.xml", 2);
    for pair in records.chunks(2) {
        assert!(pair[0]["answered"].is_null() && pair[0]["end_reason"] == "refused", "{pair:?}");
        assert!(!pair[1]["answered"].is_null() && pair[1]["end_reason"] == "left_in_menu", "{pair:?}");
    }
}

#[test]
fn an_acknowledgement_that_owes_the_answer_ends_the_call_rfc3261_13() {
    assert!(played("unanswered.xml", 1).iter().all(|record| record["end_reason"] == "refused"));
}

#[test]
fn a_caller_asks_what_we_can_before_and_within_a_call_rfc3261_11() {
    leaves("options.xml");
}
