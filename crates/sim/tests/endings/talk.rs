//! Talks that end, and agents who are lost in them: the citizen keeps the place.

use std::time::Duration;

use base::EndReason::*;
use base::WaitOutcome::{Abandoned as GaveUp, Answered};
use phone::Status;
use sim::{Person, Setting, Stage};
use switch::{Ask, Input};

use crate::kit::{self, answer, connected, hear, ms, respond, says, serves_again, talk, waiting, waits};
use crate::raw::Dialog;

/// From the last packet of a phone to the probe here (`legs::Limits`); the server waits a minute.
const SILENCE: Duration = Duration::from_secs(10);
/// How long a probe may stay unanswered.
const LIFE_WITHIN: Duration = Duration::from_secs(8);

/// A citizen in a talk, a later one in the queue, and a second agent who is not signed on.
fn with_agent() -> (Stage, Person, Person) {
    let (mut stage, citizen, agent) = connected(&Setting { citizens: 2, agents: 2, ..Setting::default() });
    let later = stage.citizen(1);
    waits(&mut stage, later);
    (stage, citizen, agent)
}

/// The citizen waits again; the second agent signs on and serves the citizen before whoever came later.
fn goes_on(mut stage: Stage, citizen: Person) {
    let (later, second) = (stage.citizen(1), stage.agent(1));
    stage.until("the citizen in the queue", |stage| waiting(stage) == 2);
    stage.sign_on(second);
    talk(&mut stage, citizen, second);
    stage.hang_up(citizen);
    talk(&mut stage, later, second);
    stage.hang_up(later);
    let records = stage.finish();
    says(&records[0], CallerHangup, Some("1002"), &[Answered, Answered]);
    says(&records[1], CallerHangup, Some("1002"), &[Answered]);
    assert!(records[0].talk_ms >= 1000, "both talks: {:?}", records[0]);
}

/// The phone falls silent and is asked whether it lives; from here on its SIP is by hand.
fn probed(stage: &mut Stage, agent: Person) -> String {
    stage.vanish(agent);
    stage.by_hand(agent);
    hear(stage, agent, "UPDATE")
}

/// They still talk, and the citizen hangs up on the phone by hand.
fn talked_on(mut stage: Stage, citizen: Person, agent: Person) {
    assert_eq!(stage.exchange().switch.phases().talking, 1);
    stage.hang_up(citizen);
    let bye = hear(&mut stage, agent, "BYE");
    respond(&mut stage, agent, &bye, 200, "");
    says(&stage.finish()[0], CallerHangup, Some("1001"), &[Answered]);
}

#[test]
fn a_citizen_hangs_up() {
    let (mut stage, citizen, agent) = with_agent();
    let later = stage.citizen(1);
    stage.hang_up(citizen);
    talk(&mut stage, later, agent);
    stage.hang_up(later);
    says(&stage.finish()[0], CallerHangup, Some("1001"), &[Answered]);
}

#[test]
fn an_agent_hangs_up() {
    let (mut stage, citizen, agent) = with_agent();
    let later = stage.citizen(1);
    stage.hang_up(agent);
    stage.until("a released citizen", |stage| stage.phone(citizen).status() == Status::Idle);
    talk(&mut stage, later, agent);
    stage.hang_up(later);
    says(&stage.finish()[0], AgentHangup, Some("1001"), &[Answered]);
}

#[test]
fn an_agent_hangs_up_on_a_citizen_who_holds() {
    let (mut stage, citizen, agent) = connected(&Setting::default());
    stage.hold(citizen);
    stage.pass(ms(1000));
    stage.hang_up(agent);
    stage.until("a released citizen", |stage| stage.phone(citizen).status() == Status::Idle);
    says(&stage.finish()[0], AgentHangup, Some("1001"), &[Answered]);
}

#[test]
fn an_agent_hangs_up_on_the_greeting() {
    let setting = Setting { greeting: true, agents: 2, citizens: 2, ..Setting::default() };
    let mut stage = Stage::new(&setting);
    let (citizen, later) = (stage.citizen(0), stage.citizen(1));
    let (agent, second) = (stage.agent(0), stage.agent(1));
    stage.sign_on(agent);
    stage.dial(citizen, &[1]);
    stage.until("the greeting", |stage| stage.exchange().switch.phases().talking == 1);
    waits(&mut stage, later);
    stage.hang_up(agent);
    stage.act(agent, |phone, now, out| phone.unregister(now, out));
    stage.until("the citizen in the queue", |stage| waiting(stage) == 2);
    stage.sign_on(second);
    talk(&mut stage, citizen, second);
    stage.hang_up(citizen);
    talk(&mut stage, later, second);
    stage.hang_up(later);
    let records = stage.finish();
    says(&records[0], CallerHangup, Some("1002"), &[Answered, Answered]);
    says(&records[1], CallerHangup, Some("1002"), &[Answered]);
}

#[test]
fn an_agents_phone_vanishes() {
    let (mut stage, citizen, agent) = with_agent();
    let gone = stage.now().time;
    stage.vanish(agent);
    stage.until("the citizen in the queue", |stage| waiting(stage) == 2);
    let after = stage.now().time.since(gone);
    assert!((SILENCE..SILENCE + LIFE_WITHIN + ms(1500)).contains(&after), "{after:?}");
    goes_on(stage, citizen);
}

#[test]
fn an_agents_host_is_gone() {
    let (mut stage, citizen, agent) = with_agent();
    let gone = stage.now().time;
    stage.vanish(agent);
    stage.says_unreachable(agent);
    stage.until("the citizen in the queue", |stage| waiting(stage) == 2);
    let after = stage.now().time.since(gone);
    assert!(after < SILENCE + ms(1500), "the network's word is taken: {after:?}");
    goes_on(stage, citizen);
}

/// The phone came back without its calls: 481 to our UPDATE.
#[test]
fn an_agents_phone_has_forgotten_the_call() {
    let (mut stage, citizen, agent) = with_agent();
    let update = probed(&mut stage, agent);
    respond(&mut stage, agent, &update, 481, "");
    goes_on(stage, citizen);
}

/// The agent who came back is offered calls again, while the citizen is with another.
#[test]
fn an_agent_who_vanished_comes_back() {
    let (mut stage, citizen, agent) = with_agent();
    let later = stage.citizen(1);
    stage.vanish(agent);
    stage.until("the citizen in the queue", |stage| waiting(stage) == 2);
    stage.returns(agent);
    // First who lost this agent, at the old place; then who came later.
    for caller in [citizen, later] {
        talk(&mut stage, caller, agent);
        stage.hang_up(caller);
    }
    let records = stage.finish();
    says(&records[0], CallerHangup, Some("1001"), &[Answered, Answered]);
    says(&records[1], CallerHangup, Some("1001"), &[Answered]);
}

/// Who lost an agent and gives up waiting has talked and abandoned.
#[test]
fn a_citizen_gives_up_after_the_agent_vanished() {
    let (mut stage, citizen, agent) = with_agent();
    let later = stage.citizen(1);
    stage.vanish(agent);
    stage.until("the citizen in the queue", |stage| waiting(stage) == 2);
    stage.hang_up(citizen);
    stage.hang_up(later);
    says(&stage.finish()[0], Abandoned, Some("1001"), &[Answered, GaveUp]);
}

/// Who comes back into a group that has become full has a place: it was there before all who wait.
#[test]
fn a_full_group_takes_back_who_lost_an_agent() {
    let setting = Setting { citizens: 2, agents: 2, limit: 1, ..Setting::default() };
    let (mut stage, citizen, agent) = connected(&setting);
    let later = stage.citizen(1);
    waits(&mut stage, later);
    stage.vanish(agent);
    goes_on(stage, citizen);
}

/// Any answer to the probe is a sign of life: the talk goes on.
#[test]
fn a_mute_agent_answers_the_probe() {
    for status in [200, 405, 491, 501] {
        let (mut stage, citizen, agent) = connected(&Setting::default());
        let update = probed(&mut stage, agent);
        respond(&mut stage, agent, &update, status, "");
        stage.pass(ms(15_000));
        assert_eq!(stage.exchange().switch.phases().talking, 1, "{status}");
        talked_on(stage, citizen, agent);
    }
}

/// The agent's phone offers new terms while our UPDATE is under way: both are answered, and the talk goes on.
#[test]
fn a_reinvite_meets_our_probe() {
    let (mut stage, citizen, agent) = connected(&Setting::default());
    let update = probed(&mut stage, agent);
    let mut dialog = Dialog::called(&update, "", stage.sip_address(agent));
    let offer = answer(&stage, agent);
    let reinvite = dialog.request("INVITE", &offer);
    stage.say(agent, reinvite);
    respond(&mut stage, agent, &update, 491, "");
    hear(&mut stage, agent, "200");
    let ack = dialog.request("ACK", "");
    stage.say(agent, ack);
    stage.pass(ms(1000));
    talked_on(stage, citizen, agent);
}

/// A second re-INVITE before the ACK of the first is refused, and nothing is lost (RFC 3261 §14.2).
#[test]
fn two_reinvites_cross() {
    let (mut stage, citizen, agent) = connected(&Setting::default());
    let update = probed(&mut stage, agent);
    respond(&mut stage, agent, &update, 200, "");
    let mut dialog = Dialog::called(&update, "", stage.sip_address(agent));
    // Without a description: our 200 carries the offer, which the ACK is to answer.
    let first = dialog.request("INVITE", "");
    stage.say(agent, first);
    hear(&mut stage, agent, "200");
    let mut second = dialog.clone();
    let offer = answer(&stage, agent);
    let crossing = second.request("INVITE", &offer);
    stage.say(agent, crossing);
    hear(&mut stage, agent, "491");
    let (refused, accepted) = (second.request("ACK", ""), dialog.request("ACK", &offer));
    stage.say(agent, refused);
    stage.say(agent, accepted);
    stage.pass(ms(1000));
    talked_on(stage, citizen, agent);
}

/// Our 200 to the agent's re-INVITE is never acknowledged: the dialog is as good as dead (RFC 3261 §13.3.1.4).
#[test]
fn an_agent_never_acknowledges_new_terms() {
    let (mut stage, citizen, agent) = with_agent();
    let update = probed(&mut stage, agent);
    respond(&mut stage, agent, &update, 200, "");
    let mut dialog = Dialog::called(&update, "", stage.sip_address(agent));
    let offer = answer(&stage, agent);
    let reinvite = dialog.request("INVITE", &offer);
    stage.say(agent, reinvite);
    hear(&mut stage, agent, "BYE");
    goes_on(stage, citizen);
}

#[test]
fn a_talk_reaches_its_limit() {
    let setting = Setting { talk_max: Duration::from_secs(5), citizens: 2, ..Setting::default() };
    let (mut stage, citizen, agent) = connected(&setting);
    let later = stage.citizen(1);
    stage.until("a released citizen", |stage| stage.phone(citizen).status() == Status::Idle);
    serves_again(&mut stage, agent, later);
    says(&stage.finish()[0], MaxTalk, Some("1001"), &[Answered]);
}

#[test]
fn a_supervisor_ends_the_call() {
    let (mut stage, citizen, agent) = connected(&Setting { citizens: 2, ..Setting::default() });
    let (later, call) = (stage.citizen(1), kit::talking_call(&stage));
    stage.feed(Input::Ask { ticket: base::Ticket(1), by: "test".to_owned(), ask: Ask::HangUp { call } });
    stage.until("a released citizen", |stage| stage.phone(citizen).status() == Status::Idle);
    serves_again(&mut stage, agent, later);
    says(&stage.finish()[0], Forced, Some("1001"), &[Answered]);
}

#[test]
fn the_engine_is_stopped() {
    let (mut stage, citizen, agent) = connected(&Setting::default());
    stage.feed(Input::StopCalls);
    let idle = |stage: &mut Stage| [citizen, agent].iter().all(|p| stage.phone(*p).status() == Status::Idle);
    stage.until("idle phones", idle);
    says(&stage.finish()[0], Shutdown, Some("1001"), &[Answered]);
}
