//! Calls that go out: agents call lines, hand citizens on to them, and may not do so everywhere; real phones at both ends.

use std::net::SocketAddr;
use std::path::Path;

use crate::kit::baresip::{Baresip, Options};
use crate::kit::engine::Engine;
use crate::kit::linphone::Linphone;
use crate::kit::ports;
use crate::kit::scene::{CITIZEN, STEP, agent, caller, citizen, heard, order, talk, talks};
use crate::kit::sipp::Sipp;
use crate::kit::tone::{self, Pair};
use crate::kit::wait;

const FIRST: Pair = Pair(620.0, 1510.0);
const LINE: Pair = Pair(560.0, 1330.0);
const OTHER: Pair = Pair(410.0, 970.0);
const NUMBER: &str = "13900139000";

/// A telephone outside.
fn line(answers: bool) -> Baresip {
    let server = SocketAddr::from(([127, 0, 0, 1], 5060));
    let options =
        Options { user: NUMBER, password: None, server, transport: "udp", codec: "PCMA", answers, voice: LINE };
    Baresip::start_traced(&options)
}

/// An engine whose agents may call mobiles over a trunk with these targets.
pub(crate) fn engine(targets: &[SocketAddr], rules: &str) -> Engine {
    on_duty(targets, rules, |queues| queues.replace("# wait_s = 1800", "wait_s = 4"))
}

/// The same, with who is on duty at that number, when the groups say so.
fn on_duty(targets: &[SocketAddr], rules: &str, groups: impl FnOnce(String) -> String) -> Engine {
    let targets: Vec<_> =
        targets.iter().zip(1..).map(|(at, n)| format!("{{ uri = \"sip:{at}\", priority = {n} }}")).collect();
    let trunk = format!(
        "[[trunk]]\nname = \"out\"\ntargets = [{}]\noptions_s = 0\ncaller = \"02012345\"\n\
         user = \"12345\"\npassword = \"of-the-trunk\"\n",
        targets.join(", ")
    );
    let rules =
        if rules.is_empty() { "[[dial]]\nname = \"mobile\"\nprefixes = [\"13\"]\ntrunks = [\"out\"]\n" } else { rules };
    Engine::start_with(|config: &Path| {
        let queues = config.join("queues.toml");
        let shipped = std::fs::read_to_string(&queues).expect("the shipped groups");
        std::fs::write(queues, groups(shipped.replace("# duty_line", "duty_line"))).expect("written");
        let file = config.join("hotline.toml");
        let before = std::fs::read_to_string(&file).expect("the shipped server");
        std::fs::write(file, format!("{before}\n{trunk}\n{rules}")).expect("written");
    })
}

/// A port where nobody listens.
fn nobody() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], *ports::block(2).start()))
}

fn dial(phone: &mut Baresip, number: &str, engine: &Engine) {
    phone.command("dial", &format!("sip:{number}@{}", engine.sip));
}

#[test]
fn an_agent_calls_a_line_and_hands_it_on_to_the_queue() {
    let mut outside = line(false);
    // The first target is dead.
    let engine = engine(&[nobody(), outside.at], "");
    let mut first = agent(&engine, "1001", "udp", true, FIRST);
    dial(&mut first, "+86 139 0013 9000".replace(' ', "").as_str(), &engine);
    outside.event("CALL_INCOMING", STEP);
    first.event("CALL_RINGING", STEP);
    outside.command("accept", "");
    first.event("CALL_ESTABLISHED", STEP);
    talk(&engine);
    let mut second = agent(&engine, "1002", "udp", true, Pair(700.0, 1660.0));
    first.command("transfer", &format!("sip:802@{}", engine.sip));
    second.event("CALL_ESTABLISHED", STEP);
    first.event("CALL_CLOSED", STEP);
    talk(&engine);
    outside.command("hangup", "");
    second.event("CALL_CLOSED", STEP);
    let record = engine.ended_records(1).remove(0);
    assert_eq!((&record["caller"], &record["called"]), (&"1001".into(), &NUMBER.into()), "{record}");
    assert_eq!((&record["agent"], &record["end_reason"]), (&"1002".into(), &"caller_hangup".into()), "{record}");
    let (_, body) = engine.api("GET", &engine.admin_token(), "/trunks", "");
    let trunk = body["trunks"].as_array().and_then(|all| all.iter().find(|trunk| trunk["trunk"] == "out")).cloned();
    let out = trunk.expect("our trunk")["calls_out"].clone();
    // The dead target was tried first.
    assert_eq!((&out["placed"], &out["asr"]), (&2.into(), &0.5.into()), "{out}");
    assert!(out["srd_ms"]["p99"].as_u64().is_some_and(|ms| ms < 5000), "{out}");
    outside.quit();
    first.quit();
    second.quit();
    heard("the line", &[outside.heard(FIRST), outside.heard(Pair(700.0, 1660.0))], &[outside.heard(LINE)]);
    heard("the first agent", &[first.heard(LINE)], &[first.heard(FIRST)]);
    heard("the second agent", &[second.heard(LINE)], &[second.heard(FIRST)]);
}

#[test]
fn a_citizen_is_handed_on_to_a_line_at_once_or_after_asking() {
    for asks in [false, true] {
        let mut outside = line(true);
        let engine = engine(&[outside.at], "");
        let mut first = Linphone::start(engine.sip, "udp", FIRST);
        first.register("1001", "example-1001");
        let mut citizen = citizen(&engine, "udp");
        first.until("Receiving new incoming call");
        first.says("answer");
        talk(&engine);
        order(&engine, "GD20261130-7");
        if asks {
            first.says("pause");
            first.says(&format!("call sip:{NUMBER}@{}", engine.sip));
            outside.event("CALL_ESTABLISHED", STEP);
            talks(&engine, 2);
            first.says("transfer 1 --to-call 2");
        } else {
            first.says(&format!("transfer sip:{NUMBER}@{}", engine.sip));
            outside.event("CALL_ESTABLISHED", STEP);
        }
        outside.says("X-Hotline: order=\"GD20261130-7\"\r\n");
        first.until("ended (No error)");
        talk(&engine);
        outside.command("hangup", "");
        citizen.event("CALL_CLOSED", STEP);
        let records = engine.ended_records(if asks { 2 } else { 1 });
        assert!(records.iter().all(|record| record["order"] == "GD20261130-7"), "{records:?}");
        let record = records.iter().find(|r| r["caller"] == "13800138000").expect("the citizen's record");
        assert_eq!((&record["agent"], &record["end_reason"]), (&"1001".into(), &"line_hangup".into()), "{record}");
        wait::until("the agent to be free again", STEP, || {
            (engine.gauge("hotline_agents{state=\"free\"}") == 1.0).then_some(())
        });
        citizen.quit();
        first.quit();
        outside.quit();
        heard("the citizen", &[citizen.heard(FIRST), citizen.heard(LINE)], &[citizen.heard(CITIZEN)]);
        heard("the line", &[outside.heard(CITIZEN)], &[outside.heard(LINE)]);
    }
}

#[test]
fn not_everybody_may_call_everywhere() {
    let outside = line(true);
    let rules = "[[dial]]\nname = \"mobile\"\nprefixes = [\"13\"]\ntrunks = [\"out\"]\nper_hour = 1\n\
                 [[dial]]\nname = \"abroad\"\nprefixes = [\"+\"]\ntrunks = [\"out\"]\nagents = [\"1002\"]\n";
    let engine = engine(&[outside.at], rules);
    let mut first = agent(&engine, "1001", "udp", true, FIRST);
    dial(&mut first, "0012125550100", &engine);
    assert!(closed(&mut first).contains("403"), "calls abroad are another agent's");
    dial(&mut first, "02083322110", &engine);
    assert!(closed(&mut first).contains("404"), "no rule leads there");
    dial(&mut first, NUMBER, &engine);
    first.event("CALL_ESTABLISHED", STEP);
    first.command("hangup", "");
    first.event("CALL_CLOSED", STEP);
    dial(&mut first, NUMBER, &engine);
    assert!(closed(&mut first).contains("403"), "one call an hour");
    let call_back = format!("{{\"to\": \"{NUMBER}\"}}");
    let asked = engine.api("POST", &engine.admin_token(), "/agents/1001/call", &call_back);
    assert_eq!(asked.0, 403, "no phone rings for a call that is one too many");
    // A citizen who dials such a number is told that it is none of ours.
    let options = Options {
        user: "13800138000",
        password: None,
        server: engine.sip,
        transport: "udp",
        codec: "PCMA",
        answers: false,
        voice: CITIZEN,
    };
    let mut stranger = Baresip::start(&options);
    dial(&mut stranger, NUMBER, &engine);
    assert!(closed(&mut stranger).contains("404"), "trunks do not lead through us");
    first.quit();
    stranger.quit();
}

fn closed(phone: &mut Baresip) -> String {
    phone.event("CALL_CLOSED", STEP)["param"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_carrier_that_asks_who_calls_is_told_and_what_it_plays_before_it_answers_is_heard() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let voice = dir.path().join("voice.al");
    tone::write_alaw(LINE, 20, &voice);
    let (at, mut carrier) = Sipp::serve("challenge.xml", &[("TONE", &voice.to_string_lossy())]);
    let engine = engine(&[at], "");
    let mut first = agent(&engine, "1001", "udp", true, FIRST);
    dial(&mut first, NUMBER, &engine);
    first.event("CALL_PROGRESS", STEP);
    first.event("CALL_ESTABLISHED", STEP);
    first.command("hangup", "");
    carrier.succeeds(STEP);
    let record = engine.ended_records(1).remove(0);
    assert!(record["talk_ms"].as_u64().is_some_and(|ms| ms < 2000), "the talk begins with the answer: {record}");
    first.quit();
    assert!(first.heard(LINE) >= 2.5, "before the answer: {} s", first.heard(LINE));
}

#[test]
fn at_night_the_mobile_of_who_is_on_duty_answers() {
    let mut outside = line(true);
    let engine = engine(&[outside.at], "");
    let mut citizen = citizen(&engine, "udp");
    outside.event("CALL_ESTABLISHED", STEP);
    talk(&engine);
    citizen.command("hangup", "");
    outside.event("CALL_CLOSED", STEP);
    let record = engine.ended_records(1).remove(0);
    assert_eq!(
        (&record["agent"], &record["end_reason"]),
        (&serde_json::Value::Null, &"caller_hangup".into()),
        "{record}"
    );
    assert_eq!(record["waits"][0]["outcome"], "answered", "{record}");
    citizen.quit();
    outside.quit();
    heard("the citizen", &[citizen.heard(LINE)], &[citizen.heard(CITIZEN)]);
    heard("who is on duty", &[outside.heard(CITIZEN)], &[outside.heard(LINE)]);
}

/// Nobody has signed on, so nobody is waited for; who signs on in time is.
#[test]
fn where_nobody_is_signed_on_the_line_of_who_is_on_duty_answers() {
    let mut outside = line(true);
    let engine = on_duty(&[outside.at], "", |queues| {
        let queues = queues.replacen("redial_s = 600", "redial_s = 600\nunstaffed_after_s = 3", 1);
        queues.replacen("overflow = \"message\"", "overflow = { unstaffed = \"message\" }", 1)
    });
    let mut citizen = citizen(&engine, "udp");
    outside.event("CALL_ESTABLISHED", STEP);
    talk(&engine);
    let mut first = agent(&engine, "1001", "udp", true, FIRST);
    let mut other = caller(&engine, "13800138001", "udp", OTHER);
    first.event("CALL_ESTABLISHED", STEP);
    talks(&engine, 2);
    [&mut citizen, &mut other].into_iter().for_each(|phone| phone.command("hangup", ""));
    let records = engine.ended_records(2);
    let agent_of = |number: &str| records.iter().find(|r| r["caller"] == number).map(|r| r["agent"].clone());
    assert_eq!(agent_of("13800138000"), Some(serde_json::Value::Null), "{records:?}");
    assert_eq!(agent_of("13800138001"), Some("1001".into()), "{records:?}");
    [&mut citizen, &mut other, &mut first, &mut outside].into_iter().for_each(Baresip::quit);
    heard("the citizen", &[citizen.heard(LINE)], &[citizen.heard(FIRST), citizen.heard(OTHER)]);
    heard("who is on duty", &[outside.heard(CITIZEN)], &[outside.heard(OTHER), outside.heard(FIRST)]);
    heard("the other citizen", &[other.heard(FIRST)], &[other.heard(LINE), other.heard(CITIZEN)]);
    heard("the agent", &[first.heard(OTHER)], &[first.heard(CITIZEN), first.heard(LINE)]);
}

#[test]
fn a_call_back_rings_the_agent_first_and_then_the_line() {
    let mut outside = line(false);
    let engine = engine(&[outside.at], "");
    let mut first = agent(&engine, "1001", "udp", false, FIRST);
    let token = engine.admin_token();
    let ask = |agent: &str, to: &str| {
        engine.api("POST", &token, &format!("/agents/{agent}/call"), &format!("{{\"to\": \"{to}\"}}"))
    };
    assert_eq!(ask("1001", "02083322110").0, 403, "no rule leads there");
    assert_eq!(ask("1002", NUMBER).0, 409, "no phone");
    let (status, body) = ask("1001", NUMBER);
    assert_eq!(status, 200, "{body}");
    let incoming = first.event("CALL_INCOMING", STEP);
    assert!(incoming["peeruri"].as_str().is_some_and(|from| from.contains(NUMBER)), "it shows the line: {incoming}");
    assert_eq!(ask("1001", NUMBER).0, 409, "the phone is in use");
    first.command("accept", "");
    outside.event("CALL_INCOMING", STEP);
    outside.command("accept", "");
    talk(&engine);
    first.command("hangup", "");
    outside.event("CALL_CLOSED", STEP);
    let record = engine.ended_records(1).remove(0);
    assert_eq!((&record["caller"], &record["called"]), (&"1001".into(), &NUMBER.into()), "{record}");
    assert_eq!((&record["agent"], &record["end_reason"]), (&"1001".into(), &"agent_hangup".into()), "{record}");
    assert_eq!(record["call"].as_str().or(record["id"].as_str()), body["call"].as_str(), "{record}");
    outside.quit();
    first.quit();
    heard("the line", &[outside.heard(FIRST)], &[outside.heard(LINE)]);
    heard("the agent", &[first.heard(LINE)], &[first.heard(FIRST)]);
}
