//! Phones that dial 12345 with SIPp's built-in scenarios.

use std::time::Duration;

use crate::kit::engine::Engine;
use crate::kit::sipp::Sipp;

#[test]
fn sipp_uac_completes() {
    let engine = Engine::start();
    Sipp::start(&["-sn", "uac"], engine.sip, 10).succeeds(Duration::from_secs(60));
    let records = engine.ended_records(10);
    assert_eq!(records.len(), 10, "one record a call");
    for record in records {
        assert_eq!(record["end_reason"], "left_in_menu");
        assert_eq!(record["called"], "12345");
    }
}

#[test]
fn sipp_uac_pcap_completes() {
    let engine = Engine::start();
    Sipp::start(&["-sn", "uac_pcap"], engine.sip, 1).succeeds(Duration::from_secs(60));
    let records = engine.ended_records(1);
    assert_eq!(records.len(), 1);
    assert!(!records[0]["menu_path"].as_array().expect("a list").is_empty(), "the capture presses 1: {records:?}");
}

#[test]
fn an_unknown_number_is_refused_and_leaves_the_next_call_alone() {
    let engine = Engine::start();
    let refused = std::process::Command::new("sipsak")
        .args(["-vv", "-s", &format!("sip:99999@{}", engine.sip)])
        .output()
        .expect("sipsak runs");
    assert!(refused.status.success(), "OPTIONS is answered whatever the number");
    Sipp::start(&["-sn", "uac"], engine.sip, 1).succeeds(Duration::from_secs(30));
}
