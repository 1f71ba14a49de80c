//! The citizen ends the call, or the citizen's phone does.

use base::EndReason::{self, *};
use base::WaitOutcome::{Abandoned as GaveUp, Answered, Ended};
use phone::{What, Why};
use sim::{Setting, Stage};

use crate::kit::{self, UNUSABLE, answer, call_by_hand, connected, hear, ms, says, serves_again, talk, waits};
use crate::raw;

/// A citizen and one more, and an agent who is signed on.
fn hall() -> Stage {
    let mut stage = Stage::new(&Setting { citizens: 2, ..Setting::default() });
    let agent = stage.agent(0);
    stage.sign_on(agent);
    stage
}

#[test]
fn a_citizen_leaves_in_the_menu() {
    let mut stage = Stage::new(&Setting::default());
    let citizen = stage.citizen(0);
    stage.dial(citizen, &[]);
    stage.until("the menu", |stage| stage.exchange().switch.phases().menu == 1);
    stage.pass(ms(400));
    stage.hang_up(citizen);
    says(&stage.finish()[0], LeftInMenu, None, &[]);
}

#[test]
fn a_citizen_leaves_in_the_queue() {
    let mut stage = Stage::new(&Setting::default());
    let citizen = stage.citizen(0);
    waits(&mut stage, citizen);
    stage.pass(ms(2000));
    stage.hang_up(citizen);
    let records = stage.finish();
    says(&records[0], Abandoned, None, &[GaveUp]);
    assert!((1990..2100).contains(&records[0].queued_ms), "{:?}", records[0]);
}

#[test]
fn a_citizen_leaves_while_a_phone_rings() {
    let mut stage = hall();
    let (citizen, other, agent) = (stage.citizen(0), stage.citizen(1), stage.agent(0));
    stage.config(agent).answering = phone::Answering::Never;
    stage.dial(citizen, &[1]);
    stage.until("a ringing phone", |stage| stage.phone(agent).status() == phone::Status::Ringing);
    stage.hang_up(citizen);
    stage.until("silence", |stage| stage.phone(agent).status() == phone::Status::Idle);
    let cancelled = |what: &What| matches!(what, What::HungUp { why: Why::Cancelled, .. });
    assert!(stage.told(agent).any(cancelled), "the phone stops ringing by CANCEL");
    stage.config(agent).answering = phone::Answering::After(ms(100));
    serves_again(&mut stage, agent, other);
    let records = stage.finish();
    says(&records[0], Abandoned, None, &[GaveUp]);
    says(&records[1], CallerHangup, Some("1001"), &[Answered]);
}

/// BYE × 200, millisecond by millisecond: the agent's 200, our ACK and the citizen's BYE cross in every order.
#[test]
fn a_citizen_leaves_at_the_instant_of_the_answer() {
    let mut reasons = Vec::new();
    for after in 295..306 {
        let mut stage = hall();
        let (citizen, other, agent) = (stage.citizen(0), stage.citizen(1), stage.agent(0));
        stage.dial(citizen, &[1]);
        stage.until("a ringing phone", |stage| stage.phone(agent).status() == phone::Status::Ringing);
        stage.pass(ms(after));
        stage.hang_up(citizen);
        stage.until("an idle phone", |stage| stage.phone(agent).status() == phone::Status::Idle);
        serves_again(&mut stage, agent, other);
        let records = stage.finish();
        let connected = records[0].agent.is_some();
        let (reason, outcome) = if connected { (CallerHangup, Answered) } else { (Abandoned, GaveUp) };
        says(&records[0], reason, connected.then_some("1001"), &[outcome]);
        reasons.push(reason);
    }
    assert!(reasons.contains(&CallerHangup) && reasons.contains(&Abandoned), "both sides of the instant: {reasons:?}");
}

/// CANCEL × 200: our answer wins (RFC 3261 §9.2), and the phone hangs up with a BYE.
#[test]
fn a_cancel_meets_our_answer() {
    let mut stage = Stage::new(&Setting::default());
    let citizen = stage.citizen(0);
    stage.by_hand(citizen);
    let mut dialog = raw::Dialog::calling(kit::SERVER.into(), "13900000000", "cross", stage.sip_address(citizen));
    let offer = answer(&stage, citizen);
    let (invite, cancel) = (dialog.request("INVITE", &offer), dialog.request("CANCEL", ""));
    stage.say(citizen, invite);
    stage.say(citizen, cancel);
    let mut answered = Vec::new();
    for _ in 0..2 {
        let ok = hear(&mut stage, citizen, "200");
        answered.push(raw::header(&ok, "CSeq").to_owned());
        if answered.last().is_some_and(|cseq| cseq.ends_with("INVITE")) {
            dialog.answered(&ok);
        }
    }
    answered.sort();
    assert_eq!(answered, ["1 CANCEL", "1 INVITE"]);
    for method in ["ACK", "BYE"] {
        let request = dialog.request(method, "");
        stage.say(citizen, request);
    }
    hear(&mut stage, citizen, "200");
    says(&stage.finish()[0], LeftInMenu, None, &[]);
}

#[test]
fn an_ack_never_comes() {
    let mut stage = Stage::new(&Setting::default());
    let citizen = stage.citizen(0);
    call_by_hand(&mut stage, citizen, "unacked");
    let before = stage.now();
    let bye = hear(&mut stage, citizen, "BYE");
    let waited = stage.now().time.since(before.time);
    assert!((ms(31_000)..ms(33_000)).contains(&waited), "64 × T1 (RFC 3261 §13.3.1.4), not {waited:?}");
    kit::respond(&mut stage, citizen, &bye, 200, "");
    says(&stage.finish()[0], NoAck, None, &[]);
}

/// A call by hand that was acknowledged and waits after a silent menu.
fn waits_by_hand(stage: &mut Stage) -> raw::Dialog {
    let citizen = stage.citizen(0);
    let mut dialog = call_by_hand(stage, citizen, "waiting");
    let ack = dialog.request("ACK", "");
    stage.say(citizen, ack);
    stage.until("a caller in the queue", |stage| kit::waiting(stage) == 1);
    dialog
}

#[test]
fn who_presses_nothing_comes_to_a_person() {
    let mut stage = Stage::new(&Setting::default());
    let (citizen, agent) = (stage.citizen(0), stage.agent(0));
    stage.sign_on(agent);
    stage.dial(citizen, &[]);
    talk(&mut stage, citizen, agent);
    stage.hang_up(citizen);
    let records = stage.finish();
    says(&records[0], CallerHangup, Some("1001"), &[Answered]);
    assert_eq!(records[0].menu_path, ["main", "person"]);
}

#[test]
fn a_reinvite_to_an_unusable_codec_changes_nothing() {
    let mut stage = Stage::new(&Setting::default());
    let citizen = stage.citizen(0);
    let mut dialog = waits_by_hand(&mut stage);
    let offer = raw::sdp(stage.sip_address(citizen), UNUSABLE);
    let reinvite = dialog.request("INVITE", &offer);
    stage.say(citizen, reinvite);
    hear(&mut stage, citizen, "488");
    let ack = dialog.request("ACK", "");
    stage.say(citizen, ack);
    stage.pass(ms(3000));
    assert_eq!(kit::waiting(&stage), 1, "the citizen waits on");
    let bye = dialog.request("BYE", "");
    stage.say(citizen, bye);
    hear(&mut stage, citizen, "200");
    says(&stage.finish()[0], Abandoned, None, &[GaveUp]);
}

#[test]
fn a_caller_without_a_common_codec_is_refused() {
    let mut stage = Stage::new(&Setting::default());
    let citizen = stage.citizen(0);
    stage.by_hand(citizen);
    let mut dialog = raw::Dialog::calling(kit::SERVER.into(), "13900000000", "g729", stage.sip_address(citizen));
    let offer = raw::sdp(stage.sip_address(citizen), UNUSABLE);
    let invite = dialog.request("INVITE", &offer);
    stage.say(citizen, invite);
    let refusal = hear(&mut stage, citizen, "488");
    dialog.answered(&refusal.replace("\r\n\r\n", "\r\nContact: <sip:12345@10.0.0.1:5060>\r\n\r\n"));
    says(&stage.finish()[0], Refused, None, &[]);
}

#[test]
fn a_late_offer_without_an_answer_is_ended() {
    let mut stage = Stage::new(&Setting::default());
    let citizen = stage.citizen(0);
    stage.by_hand(citizen);
    let mut dialog = raw::Dialog::calling(kit::SERVER.into(), "13900000000", "late", stage.sip_address(citizen));
    let invite = dialog.request("INVITE", "");
    stage.say(citizen, invite);
    let ok = hear(&mut stage, citizen, "200");
    dialog.answered(&ok);
    let ack = dialog.request("ACK", "");
    stage.say(citizen, ack);
    let bye = hear(&mut stage, citizen, "BYE");
    kit::respond(&mut stage, citizen, &bye, 200, "");
    says(&stage.finish()[0], Refused, None, &[]);
}

#[test]
fn a_waiting_phone_vanishes() {
    let mut stage = Stage::new(&Setting { citizens: 2, ..Setting::default() });
    let (citizen, other, agent) = (stage.citizen(0), stage.citizen(1), stage.agent(0));
    waits(&mut stage, citizen);
    stage.pass(ms(1000));
    stage.vanish(citizen);
    stage.until("the end of the call", |stage| stage.records().len() == 1);
    stage.sign_on(agent);
    serves_again(&mut stage, agent, other);
    says(&stage.finish()[0], MediaLost, None, &[Ended]);
}

#[test]
fn a_talking_citizens_phone_vanishes() {
    let (mut stage, citizen, agent) = connected(&Setting { citizens: 2, ..Setting::default() });
    let other = stage.citizen(1);
    stage.vanish(citizen);
    stage.until("the agent's BYE", |stage| stage.phone(agent).status() == phone::Status::Idle);
    serves_again(&mut stage, agent, other);
    says(&stage.finish()[0], MediaLost, Some("1001"), &[Answered]);
}

#[test]
fn both_hang_up_at_once() {
    let (mut stage, citizen, agent) = connected(&Setting { citizens: 2, ..Setting::default() });
    let other = stage.citizen(1);
    stage.hang_up(citizen);
    stage.hang_up(agent);
    stage.pass(ms(100));
    serves_again(&mut stage, agent, other);
    let records = stage.finish();
    let reasons: [EndReason; 2] = [CallerHangup, AgentHangup];
    assert!(reasons.contains(&records[0].end_reason), "whichever BYE came first: {:?}", records[0]);
}
