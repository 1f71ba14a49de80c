//! A phone takes over a talk by INVITE with Replaces (RFC 3891), as some do it at the end of a transfer that was asked about.

use std::path::Path;
use std::time::Duration;

use crate::kit::engine::Engine;
use crate::kit::puppet::Puppet;
use crate::kit::raw::{self, Dialog};
use crate::kit::scene::{CITIZEN, STEP, citizen};
use crate::kit::tone::Pair;
use crate::kit::voice::{Voice, live};
use crate::kit::wait;

const FIRST: Pair = Pair(620.0, 1510.0);
const SECOND: Pair = Pair(700.0, 1660.0);
/// The announcement of the agent's number takes four of them.
const TALK: Duration = Duration::from_secs(9);
const TAKEN: Duration = Duration::from_secs(6);

/// With the dialog of a phone that answered this INVITE under that tag.
fn replaces(invite: &str, tag: &str) -> String {
    let ours = raw::header(invite, "From").split_once(";tag=").map_or("", |(_, tag)| tag);
    format!("Require: replaces\r\nReplaces: {};to-tag={ours};from-tag={tag}", raw::header(invite, "Call-ID"))
}

fn with(message: &str, headers: &str) -> String {
    message.replacen("Max-Forwards: 70\r\n", &format!("Max-Forwards: 70\r\n{headers}\r\n"), 1)
}

fn state(engine: &Engine, agent: &str) -> String {
    let (_, body) = engine.api("GET", &engine.admin_token(), &format!("/agents/{agent}"), "");
    body["state"].as_str().unwrap_or_default().to_owned()
}

/// Agents wrap up after each talk.
fn wrapping_up(config: &Path) {
    let queues = config.join("queues.toml");
    let shipped = std::fs::read_to_string(&queues).expect("the shipped groups");
    assert!(shipped.contains("wrap_up_s = 0"), "no wrap-up as shipped");
    std::fs::write(queues, shipped.replace("wrap_up_s = 0", "wrap_up_s = 30")).expect("written");
}

#[test]
fn the_citizen_hears_the_phone_that_takes_the_talk_and_the_other_one_is_hung_up() {
    let engine = Engine::start_with(wrapping_up);
    let [mut first, mut second, mut stranger] = [(); 3].map(|()| Puppet::new(engine.sip));
    let [mut voice, mut taker] = [Voice::new(FIRST), Voice::new(SECOND)];
    first.sign_on(1001);
    let mut caller = citizen(&engine, "udp");
    let invite = first.hear("INVITE");
    assert!(invite.contains("Supported: replaces"), "phones are told: {invite}");
    first.respond(&invite, (200, "first"), &voice.description());
    first.hear("ACK");
    voice.speak_to(&invite);
    live(&mut [&mut voice], TALK);
    assert!(voice.heard(CITIZEN) >= 2.0, "the first talks with the citizen");

    // Who is no agent does not get in between.
    let mut nobody = Dialog::calling(engine.sip, "13900139000", "nobody", stranger.address());
    stranger.say(&with(&nobody.request("INVITE", &stranger.description()), &replaces(&invite, "first")));
    stranger.hear("403");

    second.sign_on(1002);
    let mut dialog = Dialog::calling(engine.sip, "1002", "takes", second.address());
    second.say(&with(&dialog.request("INVITE", &taker.description()), &replaces(&invite, "first")));
    let ok = second.hear("200");
    dialog.answered(&ok);
    second.say(&dialog.request("ACK", ""));
    taker.speak_to(&ok);
    let bye = first.hear("BYE");
    first.respond(&bye, (200, ""), "");
    voice.heard(CITIZEN);
    // The first one's phone goes on sending for a while: nobody hears it.
    live(&mut [&mut voice, &mut taker], TAKEN);
    let (heard, before) = (taker.heard(CITIZEN), voice.heard(CITIZEN));
    assert!(heard >= 4.0 && before < 0.3, "{heard} s at the second phone, {before} s at the first");
    wait::until("the slots", STEP, || {
        (state(&engine, "1001") == "wrap_up" && state(&engine, "1002") == "talking").then_some(())
    });

    second.say(&dialog.request("BYE", ""));
    second.hear("200");
    caller.event("CALL_CLOSED", STEP);
    caller.quit();
    let (first_s, second_s) = (caller.heard(FIRST), caller.heard(SECOND));
    assert!((2.0..7.0).contains(&first_s) && second_s >= 4.0, "{first_s} s of the first, {second_s} s of the second");
    wait::until("the wrap-up of who took it", STEP, || (state(&engine, "1002") == "wrap_up").then_some(()));
    let records = engine.ended_records(2);
    let of = |source: &str| records.iter().find(|r| r["source"] == source).expect("a record of each call");
    let talk = of("local");
    assert_eq!((&talk["agent"], &talk["end_reason"]), (&"1002".into(), &"agent_hangup".into()), "{talk}");
    assert_eq!(of("agent 1002")["end_reason"], "joined");
    assert_eq!(records.len(), 2);
}
