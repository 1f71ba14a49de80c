//! What the scripts are made of.

use std::net::SocketAddr;
use std::time::Duration;

use base::{EndReason, Record, WaitOutcome};
use sim::{Person, Setting, Stage};

use crate::raw::{self, Dialog};

pub(crate) const SERVER: ([u8; 4], u16) = ([10, 0, 0, 1], 5060);
/// A payload type that nobody here speaks: G.729.
pub(crate) const UNUSABLE: &str = "18";

pub(crate) const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Lets things happen until a message of that method or status has come by hand; others before it are passed over.
pub(crate) fn hear(stage: &mut Stage, who: Person, what: &str) -> String {
    let mut found = None;
    stage.until(&format!("a {what}"), |stage| {
        while let Some(message) = stage.heard(who) {
            if raw::is(&message, what) {
                found = Some(message);
                return true;
            }
        }
        false
    });
    found.unwrap_or_default()
}

pub(crate) fn respond(stage: &mut Stage, who: Person, request: &str, status: u16, body: &str) {
    respond_as(stage, who, request, (status, "hand"), body);
}

pub(crate) fn respond_as(stage: &mut Stage, who: Person, request: &str, (status, tag): (u16, &str), body: &str) {
    let at = stage.sip_address(who);
    let response = raw::respond(request, status, tag, &raw::contact(at), body);
    stage.say(who, response);
}

/// What a phone that is played by hand agrees to; it sends no media.
pub(crate) fn answer(stage: &Stage, who: Person) -> String {
    raw::sdp(SocketAddr::new(stage.sip_address(who).ip(), 4000), "8 0 101")
}

/// A call by hand that has its 200.
pub(crate) fn call_by_hand(stage: &mut Stage, who: Person, name: &str) -> Dialog {
    stage.by_hand(who);
    let mut dialog = Dialog::calling(SocketAddr::from(SERVER), "13900000000", name, stage.sip_address(who));
    let offer = answer(stage, who);
    let invite = dialog.request("INVITE", &offer);
    stage.say(who, invite);
    let ok = hear(stage, who, "200");
    dialog.answered(&ok);
    dialog
}

pub(crate) fn waiting(stage: &Stage) -> usize {
    stage.exchange().switch.phases().waiting
}

/// A citizen who has pressed 1 and waits.
pub(crate) fn waits(stage: &mut Stage, citizen: Person) {
    let before = waiting(stage);
    stage.dial(citizen, &[1]);
    stage.until("a caller in the queue", |stage| waiting(stage) == before + 1);
}

/// Until both hear each other.
pub(crate) fn talk(stage: &mut Stage, citizen: Person, agent: Person) {
    stage.until("a talk both ways", |stage| stage.hears(citizen, agent) && stage.hears(agent, citizen));
}

/// A citizen in a talk with an agent's phone that was signed on.
pub(crate) fn connected(setting: &Setting) -> (Stage, Person, Person) {
    let mut stage = Stage::new(setting);
    let (citizen, agent) = (stage.citizen(0), stage.agent(0));
    stage.sign_on(agent);
    stage.dial(citizen, &[1]);
    talk(&mut stage, citizen, agent);
    (stage, citizen, agent)
}

/// Nobody is stuck: the agent is offered this citizen and answers.
pub(crate) fn serves_again(stage: &mut Stage, agent: Person, citizen: Person) {
    stage.dial(citizen, &[1]);
    talk(stage, citizen, agent);
    stage.hang_up(citizen);
}

pub(crate) fn outcomes(record: &Record) -> Vec<WaitOutcome> {
    record.waits.iter().map(|w| w.outcome).collect()
}

/// The record of the call that ended in this place says this.
pub(crate) fn says(record: &Record, reason: EndReason, agent: Option<&str>, waits: &[WaitOutcome]) {
    assert_eq!(record.end_reason, reason, "{record:?}");
    assert_eq!(record.agent.as_deref(), agent, "{record:?}");
    assert_eq!(outcomes(record), waits, "{record:?}");
}

/// The call that an agent talks in.
pub(crate) fn talking_call(stage: &Stage) -> base::CallId {
    let agents = stage.exchange().roster.view().agents;
    let talking = agents.into_iter().find_map(|agent| match agent.slot {
        roster::Slot::Talking { call, .. } => Some(call),
        _ => None,
    });
    talking.unwrap_or_else(|| stage.fail("nobody talks"))
}
