//! A row for each state of a dialog in which UPDATE may arrive (RFC 3311 §5.2): what it gets with an offer, and without.

use sip::Name;

use crate::pair::{body, leg, reply};
use crate::script::{Script, request, with};

/// Told to the owner, who answers it.
const TOLD: &str = "told";

/// A dialog in some state, and our tag in it.
type State = fn() -> (Script, String);

fn up() -> (Script, String) {
    let mut script = Script::answered();
    script.act(|end, now, out| end.info(now, leg(1), body("x").expect("a body"), out));
    let tag = script.sent.pop().expect("an INFO").1.from_tag().to_owned();
    (script, tag)
}

fn ringing() -> (Script, String) {
    let mut script = Script::new();
    script.hear(&request("INVITE", "1", 1, "", "offer"));
    let tx = script.take_tx();
    script.act(|end, now, out| {
        end.adopt(tx, leg(1));
        end.provisional(now, leg(1), 180, &reply(""), out);
    });
    let tag = script.our_tag();
    (script, tag)
}

/// Their INVITE had no offer, ours in the 200 awaits the ACK.
fn unacknowledged_offer() -> (Script, String) {
    let mut script = Script::new();
    script.hear(&request("INVITE", "1", 1, "", ""));
    let tx = script.take_tx();
    script.act(|end, now, out| {
        end.adopt(tx, leg(1));
        end.answer(now, leg(1), &reply("our offer"), out);
    });
    let tag = script.our_tag();
    (script, tag)
}

/// Their INVITE had an offer, our answer in the 200 awaits the ACK.
fn unacknowledged_answer() -> (Script, String) {
    let (mut script, tag) = ringing();
    script.act(|end, now, out| end.answer(now, leg(1), &reply("answer"), out));
    (script, tag)
}

fn our_update_open() -> (Script, String) {
    let (mut script, tag) = up();
    script.act(|end, now, out| end.update(now, leg(1), body("our offer"), out));
    (script, tag)
}

fn our_refresh_open() -> (Script, String) {
    let (mut script, tag) = up();
    script.act(|end, now, out| end.update(now, leg(1), None, out));
    (script, tag)
}

fn our_reinvite_open() -> (Script, String) {
    let (mut script, tag) = up();
    script.act(|end, now, out| end.reinvite(now, leg(1), body("our offer"), out));
    (script, tag)
}

fn their_update_open() -> (Script, String) {
    let (mut script, tag) = up();
    script.hear(&request("UPDATE", "first", 10, &tag, "offer"));
    (script, tag)
}

fn their_reinvite_open() -> (Script, String) {
    let (mut script, tag) = up();
    script.hear(&request("INVITE", "first", 10, &tag, "offer"));
    (script, tag)
}

fn their_update_answered() -> (Script, String) {
    let (mut script, tag) = their_update_open();
    let tx = script.take_tx();
    script.act(|end, now, out| end.reply(now, tx, 200, &reply("answer"), out));
    (script, tag)
}

fn our_bye_open() -> (Script, String) {
    let (mut script, tag) = up();
    script.act(|end, now, out| end.hang_up(now, leg(1), 480, None, out));
    (script, tag)
}

fn their_bye_answered() -> (Script, String) {
    let (mut script, tag) = up();
    script.hear(&request("BYE", "first", 10, &tag, ""));
    (script, tag)
}

/// What an UPDATE gets: its final status, or that it is told.
fn verdict(state: State, body: &str) -> String {
    let (mut script, tag) = state();
    script.sent.clear();
    script.events.clear();
    script.hear(&request("UPDATE", "update", 20, &tag, body));
    let told = script.told().iter().any(|event| event.starts_with("Update 1"));
    let status = script.sent.iter().find_map(|(_, m)| m.status().filter(|status| *status >= 200));
    let retry = script.sent.iter().find_map(|(_, m)| m.header(Name::RetryAfter));
    if status == Some(500) {
        let seconds: Option<u32> = retry.and_then(|text| text.parse().ok());
        assert!(seconds.is_some_and(|seconds| seconds <= 10), "a random time of up to ten seconds: {retry:?}");
    }
    match (told, status) {
        (true, None) => TOLD.to_owned(),
        (false, Some(status)) => status.to_string(),
        other => panic!("told and answered are alternatives: {other:?}"),
    }
}

#[test]
fn what_an_update_gets_in_each_state_of_its_dialog_rfc3311_5_2() {
    let rows: [(&str, State, &str, &str); 12] = [
        ("early, the INVITE's offer unanswered", ringing, "500", TOLD),
        ("our offer in a 200 unanswered", unacknowledged_offer, "491", TOLD),
        ("our answer in a 200 unacknowledged", unacknowledged_answer, TOLD, TOLD),
        ("confirmed", up, TOLD, TOLD),
        ("our UPDATE with an offer open", our_update_open, "491", TOLD),
        ("our UPDATE without an offer open", our_refresh_open, TOLD, TOLD),
        ("our re-INVITE open", our_reinvite_open, "491", TOLD),
        ("their UPDATE unanswered", their_update_open, "500", "500"),
        ("their re-INVITE unanswered", their_reinvite_open, "500", "500"),
        ("their UPDATE answered", their_update_answered, TOLD, TOLD),
        ("our BYE open", our_bye_open, "481", "481"),
        ("their BYE answered", their_bye_answered, "481", "481"),
    ];
    for (what, state, with_offer, without) in rows {
        let gets = (verdict(state, "offer"), verdict(state, ""));
        assert_eq!((gets.0.as_str(), gets.1.as_str()), (with_offer, without), "{what}");
    }
}

/// What no state changes: RFC 3261 §8.2.2.3, §8.2.3, §12.2.2 and RFC 4028 §9.
#[test]
fn what_an_update_is_refused_for_in_every_state() {
    let rows: [(&str, u32, &str, &str, &str); 5] = [
        ("a number that was used", 1, "", "", "500"),
        ("an extension that nobody knows", 20, "Require: precondition\n", "", "420"),
        ("too short a session", 20, "Supported: timer\nSession-Expires: 60\n", "", "422"),
        ("a body that nobody reads", 20, "Content-Type: application/x\n", "x", "415"),
        ("another dialog", 20, "", "", "481"),
    ];
    for (what, cseq, headers, body, expected) in rows {
        let (mut script, tag) = up();
        let tag = if expected == "481" { "nobody" } else { &tag };
        script.sent.clear();
        script.hear(&with("UPDATE", "update", cseq, tag, headers, body));
        assert_eq!((script.lines().join(" ").as_str(), script.told().len()), (expected, 0), "{what}");
        script.settle_leg();
    }
}
