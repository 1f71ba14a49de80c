//! A row for each state of a dialog in which UPDATE may arrive (RFC 3311 §5.2): what it gets with an offer, and without.

use sip::{Message, Method, Name, Reply};

use crate::pair::{body, leg, reply};
use crate::script::{Script, request, response, with};

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

const REQUIRED: &str = "Contact: <sip:peer@10.0.0.2>\nMax-Forwards: 70\nRequire: 100rel\n";

/// Their INVITE requires reliable responses, and ours of this status and body has left.
fn reliably(status: u16, offer: &str, body: &str) -> (Script, String) {
    let mut script = Script::new();
    script.hear(&with("INVITE", "1", 1, "", REQUIRED, offer));
    let tx = script.take_tx();
    script.act(|end, now, out| {
        end.adopt(tx, leg(1));
        let said = if body.is_empty() { Reply::default() } else { reply(body) };
        end.provisional(now, leg(1), status, &said, out);
    });
    let tag = script.our_tag();
    (script, tag)
}

/// The peer's PRACK of what was sent last.
fn prack(script: &mut Script, cseq: u32, tag: &str, body: &str) {
    let rseq = script.sent.last().and_then(|(_, m)| m.header(Name::Rseq)).expect("a number").to_owned();
    let headers = format!("Contact: <sip:peer@10.0.0.2>\nMax-Forwards: 70\nRAck: {rseq} 1 INVITE\n");
    script.hear(&with("PRACK", &format!("prack{cseq}"), cseq, tag, &headers, body));
}

fn only_rang_reliably() -> (Script, String) {
    let (mut script, tag) = reliably(180, "offer", "");
    prack(&mut script, 2, &tag, "");
    (script, tag)
}

fn answered_early_without_prack() -> (Script, String) {
    reliably(183, "offer", "answer")
}

fn answered_early() -> (Script, String) {
    let (mut script, tag) = reliably(183, "offer", "answer");
    prack(&mut script, 2, &tag, "");
    (script, tag)
}

fn offered_by_prack() -> (Script, String) {
    let (mut script, tag) = reliably(183, "offer", "answer");
    prack(&mut script, 2, &tag, "another offer");
    (script, tag)
}

fn updated_early() -> (Script, String) {
    let (mut script, tag) = answered_early();
    script.hear(&request("UPDATE", "first", 10, &tag, "offer"));
    let tx = script.take_tx();
    script.act(|end, now, out| end.reply(now, tx, 200, &reply("answer"), out));
    (script, tag)
}

fn answered_early_and_updating() -> (Script, String) {
    let (mut script, tag) = answered_early();
    script.hear(&request("UPDATE", "first", 10, &tag, "offer"));
    (script, tag)
}

fn rings_without_offer() -> (Script, String) {
    let (mut script, tag) = reliably(180, "", "");
    prack(&mut script, 2, &tag, "");
    (script, tag)
}

/// A response of the peer to our INVITE, from its tag `theirs`; reliable with a number.
fn early(invite: &Message, status: u16, rseq: Option<u32>, body: &str) -> String {
    let reliable = rseq.map(|rseq| format!("Require: 100rel\nRSeq: {rseq}\n")).unwrap_or_default();
    let more = format!("Contact: <sip:peer@10.0.0.2>\nContent-Type: application/sdp\n{reliable}");
    let text = response(invite, status, "theirs", &more);
    text.replace("Content-Length: 0\n\n", &format!("Content-Length: {}\n\n{body}", body.len()))
}

/// Our INVITE, with or without an offer, and what the peer said to it.
fn calling(offer: bool, said: &[(u16, Option<u32>, &str)]) -> (Script, Message) {
    let mut script = Script::new();
    let invite = script.call(offer.then(|| body("our offer")).flatten());
    for (status, rseq, body) in said {
        script.hear(&early(&invite, *status, *rseq, body));
    }
    (script, invite)
}

fn tagged((mut script, invite): (Script, Message)) -> (Script, String) {
    let tag = invite.from_tag().to_owned();
    script.sent.push((script.flow, invite));
    (script, tag)
}

fn calls_and_hears_an_unreliable_answer() -> (Script, String) {
    tagged(calling(true, &[(183, None, "answer")]))
}

fn calls_and_hears_it_ring() -> (Script, String) {
    tagged(calling(true, &[(180, Some(1), "")]))
}

fn calls_and_is_answered_early() -> (Script, String) {
    tagged(calling(true, &[(183, Some(1), "answer"), (180, Some(2), "")]))
}

fn calls_without_offer() -> (Script, String) {
    tagged(calling(false, &[(183, None, "their offer")]))
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
    let call_id = script.sent.iter().find_map(|(_, m)| m.call_id()).unwrap_or("call").to_owned();
    script.sent.clear();
    script.events.clear();
    let update = request("UPDATE", "update", 20, &tag, body);
    // Of a call of ours the Call-ID is drawn.
    script.hear(&update.replace("Call-ID: call", &format!("Call-ID: {call_id}")));
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
    let rows: [(&str, State, &str, &str); 23] = [
        ("early, the INVITE's offer unanswered", ringing, "500", TOLD),
        ("early, rung reliably, the offer unanswered", only_rang_reliably, "500", TOLD),
        ("early, no PRACK of our answer yet", answered_early_without_prack, "500", TOLD),
        ("early, our answer has its PRACK", answered_early, TOLD, TOLD),
        ("early, the PRACK offered anew", offered_by_prack, "500", "500"),
        ("early, their UPDATE answered", updated_early, TOLD, TOLD),
        ("early, their UPDATE unanswered", answered_early_and_updating, "500", "500"),
        ("early, their INVITE had no offer, ours is still to come", rings_without_offer, "491", TOLD),
        ("our INVITE rings", calls_and_hears_it_ring, "491", TOLD),
        ("our INVITE, an answer that may have been lost", calls_and_hears_an_unreliable_answer, "491", TOLD),
        ("our INVITE, answered early and reliably", calls_and_is_answered_early, TOLD, TOLD),
        ("our INVITE without an offer", calls_without_offer, "491", TOLD),
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

/// What the callee offered in the early dialog stands: what its INVITE was answered with is past (RFC 3261 §13.2.1).
#[test]
fn what_is_updated_early_is_not_taken_back_by_the_2xx() {
    for (status, expected) in [(200, ""), (488, "answer")] {
        for ok in ["", "answer again"] {
            let (mut script, invite) = calling(true, &[(183, Some(1), "answer")]);
            let held = script.end.held();
            let update = request("UPDATE", "update", 20, invite.from_tag(), "their offer");
            script.hear(&update.replace("Call-ID: call", &format!("Call-ID: {}", invite.call_id().unwrap())));
            let tx = script.take_tx();
            script.act(|end, now, out| end.reply(now, tx, status, &reply("our answer"), out));
            assert!(status != 200 || script.end.held() < held + 2_000, "the answer is let go");
            assert_eq!(script.end.held(), script.end.weigh());
            script.told();
            script.hear(&early(&invite, 183, Some(2), "answer again"));
            let heard = if status == 200 { "Progress 1 183 " } else { "Progress 1 183 answer again" };
            assert_eq!(script.told(), [heard], "{status}");
            script.hear(&early(&invite, 200, None, ok));
            let expected = if status == 200 || ok.is_empty() { expected } else { ok };
            let expected = if expected == "answer" { "answer again" } else { expected };
            assert_eq!(script.told(), [format!("Answered 1 200 {expected}")], "{status}, {ok:?}");
            assert_eq!(script.end.held(), script.end.weigh());
            assert_eq!(script.sent.last().map(|(_, m)| m.method()), Some(Method::Ack));
            script.settle_leg();
        }
    }
}

/// The 200 to an INVITE that was answered early goes on as before, and so do the numbers of the dialog.
#[test]
fn an_early_update_leaves_the_invite_to_its_answer() {
    let (mut script, tag) = updated_early();
    script.sent.clear();
    script.act(|end, now, out| end.answer(now, leg(1), &reply("answer"), out));
    assert_eq!(script.lines(), ["200"]);
    script.hear(&request("ACK", "ack", 1, &tag, ""));
    script.hear(&request("UPDATE", "later", 11, &tag, "offer"));
    assert_eq!(script.told(), ["Acked 1 ", "Update 1 offer"]);
    script.settle_leg();
}
