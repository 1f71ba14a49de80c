//! Agents call colleagues, and bring them together with the citizen, from real phones: who hears whom at each step.

use std::path::Path;

use serde_json::Value;

use crate::kit::baresip::Baresip;
use crate::kit::engine::{Engine, root};
use crate::kit::linphone::Linphone;
use crate::kit::scene::{CITIZEN, STEP, agent, caller, citizen, heard, press, talk, talks};
use crate::kit::tone::{self, Pair};
use crate::kit::wait;

const FIRST: Pair = Pair(620.0, 1510.0);
const SECOND: Pair = Pair(560.0, 1330.0);
/// Who calls after the citizen.
const NEXT: Pair = Pair(410.0, 970.0);
const MUSIC: Pair = Pair(700.0, 1770.0);

#[test]
fn an_agent_calls_a_colleague() {
    for transport in ["udp", "tcp"] {
        let engine = Engine::start();
        let mut first = agent(&engine, "1001", transport, true, FIRST);
        let mut second = agent(&engine, "1002", "udp", false, SECOND);
        first.command("dial", &format!("sip:1002@{};transport={transport}", engine.sip));
        second.event("CALL_INCOMING", STEP);
        first.event("CALL_RINGING", STEP);
        second.command("accept", "");
        first.event("CALL_ESTABLISHED", STEP);
        talk(&engine);
        // A citizen who comes meanwhile finds nobody free.
        let mut waits = citizen(&engine, "udp");
        wait::until("the citizen to wait", STEP, || {
            (engine.metric("hotline_calls{phase=\"waiting\"}") == Some(1.0)).then_some(())
        });
        waits.command("hangup", "");
        second.command("hangup", "");
        first.event("CALL_CLOSED", STEP);
        let record = engine.ended_records(2).into_iter().find(|r| r["caller"] == "1001").expect("the agents' call");
        assert_eq!((&record["agent"], &record["end_reason"]), (&"1002".into(), &"agent_hangup".into()), "{record}");
        wait::until("both to be free again", STEP, || {
            (engine.gauge("hotline_agents{state=\"free\"}") == 2.0).then_some(())
        });
        first.quit();
        second.quit();
        waits.quit();
        heard("the first agent", &[first.heard(SECOND)], &[first.heard(FIRST)]);
        heard("the second agent", &[second.heard(FIRST)], &[second.heard(SECOND)]);
    }
}

#[test]
fn a_colleague_who_is_busy_or_declines_is_said_to_be() {
    let engine = Engine::start();
    let mut first = agent(&engine, "1001", "udp", true, FIRST);
    let mut second = agent(&engine, "1002", "udp", false, SECOND);
    let dial = |first: &mut Baresip, number: &str| first.command("dial", &format!("sip:{number}@{}", engine.sip));
    dial(&mut first, "1002");
    second.event("CALL_INCOMING", STEP);
    second.command("hangup", "");
    let declined = closed(&mut first);
    assert!(declined.contains("486"), "{declined}");
    dial(&mut first, "1009");
    let absent = closed(&mut first);
    assert!(absent.contains("480"), "{absent}");
    dial(&mut first, "4711");
    let unknown = closed(&mut first);
    assert!(unknown.contains("404"), "{unknown}");
    first.quit();
    second.quit();
}

fn closed(phone: &mut Baresip) -> String {
    phone.event("CALL_CLOSED", STEP)["param"].as_str().unwrap_or_default().to_owned()
}

/// A citizen talks with a linphone, which holds and calls the colleague.
fn consulting(engine: &Engine, transport: &'static str, colleague: impl FnOnce() -> Baresip) -> Table {
    let mut first = Linphone::start(engine.sip, transport, FIRST);
    first.register("1001", "example-1001");
    let citizen = citizen(engine, "udp");
    first.until("Receiving new incoming call");
    first.says("answer");
    talk(engine);
    first.says("pause");
    first.until_calls(&["1 Paused"]);
    let second = colleague();
    first.says(&format!("call sip:1002@{};transport={transport}", engine.sip));
    Table { first, second, citizen }
}

struct Table {
    first: Linphone,
    second: Baresip,
    citizen: Baresip,
}

#[test]
fn a_colleague_is_asked_first_and_then_takes_the_citizen() {
    for transport in ["udp", "tcp"] {
        let engine = Engine::start();
        let answers = || agent(&engine, "1002", transport, true, SECOND);
        let Table { mut first, mut second, mut citizen } = consulting(&engine, transport, answers);
        second.event("CALL_ESTABLISHED", STEP);
        talks(&engine, 2);
        first.says("transfer 1 --to-call 2");
        first.until("ended (No error)");
        talk(&engine);
        citizen.command("hangup", "");
        second.event("CALL_CLOSED", STEP);
        let records = engine.ended_records(2);
        let of = |caller: &str| records.iter().find(|r| r["caller"] == caller).expect("its record").clone();
        let (call, own) = (of("13800138000"), of("1001"));
        assert_eq!((&call["agent"], &call["end_reason"]), (&"1002".into(), &"caller_hangup".into()), "{call}");
        assert_eq!(own["end_reason"], "joined", "{own}");
        wait::until("both to be free again", STEP, || {
            (engine.gauge("hotline_agents{state=\"free\"}") == 2.0).then_some(())
        });
        citizen.quit();
        first.quit();
        second.quit();
        heard("the citizen", &[citizen.heard(FIRST), citizen.heard(SECOND)], &[citizen.heard(CITIZEN)]);
        heard("the first agent", &[first.heard(CITIZEN), first.heard(SECOND)], &[first.heard(FIRST)]);
        heard("the second agent", &[second.heard(FIRST), second.heard(CITIZEN)], &[second.heard(SECOND)]);
        let citizen = second.heard(CITIZEN);
        assert!(citizen < 12.0, "the colleague hears the citizen afterwards alone: {citizen} s");
    }
}

#[test]
fn a_citizen_who_leaves_meanwhile_leaves_the_two_agents_together() {
    let engine = Engine::start();
    let answers = || agent(&engine, "1002", "udp", true, SECOND);
    let Table { mut first, mut second, mut citizen } = consulting(&engine, "udp", answers);
    second.event("CALL_ESTABLISHED", STEP);
    talks(&engine, 2);
    citizen.command("hangup", "");
    first.until("ended (No error)");
    talk(&engine);
    second.command("hangup", "");
    let records = engine.ended_records(2);
    let record = records.iter().find(|r| r["caller"] != "1001").expect("the citizen's");
    assert_eq!((&record["agent"], &record["end_reason"]), (&"1001".into(), &"caller_hangup".into()), "{record}");
    wait::until("both to be free again", STEP, || {
        (engine.gauge("hotline_agents{state=\"free\"}") == 2.0).then_some(())
    });
    citizen.quit();
    first.quit();
    second.quit();
    heard("the citizen", &[citizen.heard(FIRST)], &[citizen.heard(SECOND), citizen.heard(CITIZEN)]);
    heard("the first agent", &[first.heard(CITIZEN), first.heard(SECOND)], &[first.heard(FIRST)]);
    heard("the second agent", &[second.heard(FIRST)], &[second.heard(CITIZEN), second.heard(SECOND)]);
    assert!(second.heard(FIRST) >= 10.0, "before and after: {} s", second.heard(FIRST));
}

/// An engine whose music is told apart from voices and announcements.
fn with_music() -> Engine {
    Engine::start_with(|config| {
        let prompts = config.with_file_name("prompts");
        std::fs::create_dir_all(prompts.join("music")).expect("a folder for the music");
        for language in ["zh-CN", "en"] {
            let shipped = root().join("prompts").join(language);
            std::os::unix::fs::symlink(shipped, prompts.join(language)).expect("a link to the shipped prompts");
        }
        tone::write(MUSIC, 10, &prompts.join("music/hold-music.wav"));
    })
}

/// Who was heard, one after the other.
fn turns(recording: &Path) -> Vec<Pair> {
    tone::turns(&[CITIZEN, FIRST, SECOND, NEXT, MUSIC], recording)
}

/// What is left of a question that came to nothing.
struct Over {
    /// Its record.
    question: Value,
    /// Whom the agent has heard in all calls together, and the colleague in each.
    first: Vec<Pair>,
    second: Vec<Vec<Pair>>,
}

/// The question is over and the citizen still held: the agent goes back, and the colleague serves who comes next.
fn goes_back(engine: &Engine, table: Table) -> Over {
    let Table { mut first, mut second, mut citizen } = table;
    first.until_calls(&["1 Paused"]);
    let before = first.heard(CITIZEN);
    first.says("resume 1");
    first.until_calls(&["1 StreamsRunning"]);
    let mut next = caller(engine, "13900139000", "udp", NEXT);
    answers(&mut second);
    talks(engine, 2);
    citizen.command("hangup", "");
    next.command("hangup", "");
    second.event("CALL_CLOSED", STEP);
    let question = citizens_were_served(&engine.ended_records(3));
    wait::until("both to be free again", STEP, || {
        (engine.gauge("hotline_agents{state=\"free\"}") == 2.0).then_some(())
    });
    citizen.quit();
    next.quit();
    first.quit();
    second.quit();
    held_once(&citizen);
    heard("who comes next", &[next.heard(SECOND)], &[next.heard(NEXT), next.heard(FIRST), next.heard(CITIZEN)]);
    heard("the first agent", &[before, first.heard(CITIZEN) - before], &[first.heard(FIRST), first.heard(NEXT)]);
    heard("the second agent", &[second.heard(NEXT)], &[second.heard(CITIZEN), second.heard(SECOND)]);
    let second = second.recordings().iter().map(|call| turns(call)).collect();
    Over { question, first: turns(&first.heard_file()), second }
}

/// A phone that rings is answered.
fn answers(phone: &mut Baresip) {
    phone.event("CALL_INCOMING", STEP);
    phone.command("accept", "");
    phone.event("CALL_ESTABLISHED", STEP);
}

/// Each citizen waited once and has had one agent; the record that is left.
fn citizens_were_served(records: &[Value]) -> Value {
    let of = |caller: &str| records.iter().find(|r| r["caller"] == caller).expect("its record");
    for (caller, agent) in [("13800138000", "1001"), ("13900139000", "1002")] {
        let record = of(caller);
        assert_eq!((&record["agent"], &record["end_reason"]), (&agent.into(), &"caller_hangup".into()), "{record}");
        assert_eq!(record["waits"].as_array().map(Vec::len), Some(1), "{record}");
    }
    of("1001").clone()
}

/// The citizen heard the agent, music, and the agent again, in one call.
fn held_once(citizen: &Baresip) {
    let calls: Vec<_> = citizen.recordings().iter().map(|call| turns(call)).collect();
    assert_eq!(calls.len(), 1, "the citizen was in one call: {calls:?}");
    // There is music in the queue too, for a second or less.
    let call = calls[0].strip_prefix(&[MUSIC]).unwrap_or(&calls[0]);
    assert_eq!(call, [FIRST, MUSIC, FIRST], "the citizen");
    let never = [CITIZEN, SECOND, NEXT].map(|voice| citizen.heard(voice));
    heard("the citizen", &[citizen.heard(FIRST), citizen.heard(MUSIC)], &never);
}

#[test]
fn a_colleague_who_leaves_leaves_the_citizen_to_the_agent() {
    let engine = with_music();
    let rings = || agent(&engine, "1002", "udp", false, SECOND);
    let mut table = consulting(&engine, "udp", rings);
    answers(&mut table.second);
    table.first.until_calls(&["1 Paused", "2 StreamsRunning"]);
    talks(&engine, 2);
    table.second.command("hangup", "");
    table.second.event("CALL_CLOSED", STEP);
    let Over { question, first, second } = goes_back(&engine, table);
    assert_eq!((&question["agent"], &question["end_reason"]), (&"1002".into(), &"agent_hangup".into()), "{question}");
    assert_eq!(first, [CITIZEN, SECOND, CITIZEN], "the first agent");
    assert_eq!(second, [[FIRST], [NEXT]], "the second agent");
}

#[test]
fn a_colleague_who_is_not_waited_for_leaves_the_citizen_to_the_agent() {
    let engine = with_music();
    let rings = || agent(&engine, "1002", "tcp", false, SECOND);
    let mut table = consulting(&engine, "tcp", rings);
    table.second.event("CALL_INCOMING", STEP);
    table.first.until_calls(&["1 Paused", "2 OutgoingRinging"]);
    // The only talk is the citizen's, who hears music as long as the phone rings.
    talk(&engine);
    table.first.says("terminate 2");
    table.second.event("CALL_CLOSED", STEP);
    let Over { question, first, second } = goes_back(&engine, table);
    assert_eq!((&question["agent"], &question["end_reason"]), (&Value::Null, &"cancelled".into()), "{question}");
    assert_eq!(first, [CITIZEN], "the first agent");
    assert_eq!(second, [[NEXT]], "the second agent was in no other call");
}

#[test]
fn a_plain_phone_asks_and_hands_on_by_keys() {
    let engine = Engine::start();
    let mut first = agent(&engine, "1001", "udp", true, FIRST);
    let mut citizen = citizen(&engine, "udp");
    first.event("CALL_ESTABLISHED", STEP);
    talk(&engine);
    let mut second = agent(&engine, "1002", "udp", true, SECOND);
    press(&mut first, "*21002#");
    second.event("CALL_ESTABLISHED", STEP);
    talk(&engine);
    press(&mut first, "*0");
    second.event("CALL_CLOSED", STEP);
    talk(&engine);
    press(&mut first, "*21002#");
    second.event("CALL_ESTABLISHED", STEP);
    talk(&engine);
    first.command("hangup", "");
    talk(&engine);
    citizen.command("hangup", "");
    second.event("CALL_CLOSED", STEP);
    let record = engine.ended_records(1).remove(0);
    assert_eq!((&record["agent"], &record["end_reason"]), (&"1002".into(), &"caller_hangup".into()), "{record}");
    citizen.quit();
    first.quit();
    second.quit();
    heard("the citizen", &[citizen.heard(FIRST), citizen.heard(SECOND)], &[citizen.heard(CITIZEN)]);
    heard("the first agent", &[first.heard(CITIZEN), first.heard(SECOND)], &[first.heard(FIRST)]);
    heard("the second agent", &[second.heard(FIRST), second.heard(CITIZEN)], &[second.heard(SECOND)]);
    let with_citizen = second.heard(CITIZEN);
    assert!(with_citizen < 12.0, "the colleague hears the citizen afterwards alone: {with_citizen} s");
}

#[test]
fn a_plain_phone_asks_a_group_by_keys() {
    let engine = Engine::start();
    let mut first = agent(&engine, "1001", "udp", true, FIRST);
    let mut citizen = citizen(&engine, "udp");
    first.event("CALL_ESTABLISHED", STEP);
    talk(&engine);
    // The number of the group that the citizen waited in, for whoever of it is free.
    let mut second = agent(&engine, "1002", "udp", true, SECOND);
    press(&mut first, "*2801#");
    second.event("CALL_ESTABLISHED", STEP);
    talk(&engine);
    press(&mut first, "*1#");
    first.event("CALL_CLOSED", STEP);
    talk(&engine);
    citizen.command("hangup", "");
    second.event("CALL_CLOSED", STEP);
    let records = engine.ended_records(2);
    let of = |caller: &str| records.iter().find(|r| r["caller"] == caller).expect("a record of each call");
    let (question, record) = (of("1001"), of("13800138000"));
    assert_eq!((&question["called"], &question["end_reason"]), (&"801".into(), &"joined".into()), "{question}");
    assert_eq!((&question["source"], &question["agent"]), (&"agent 1001".into(), &"1002".into()), "{question}");
    assert_eq!((&record["agent"], &record["end_reason"]), (&"1002".into(), &"caller_hangup".into()), "{record}");
    let (_, missed) = engine.api("GET", &engine.admin_token(), "/missed", "");
    assert!(!missed.to_string().contains("1001"), "no citizen: {missed}");
    citizen.quit();
    first.quit();
    second.quit();
    heard("the citizen", &[citizen.heard(FIRST), citizen.heard(SECOND)], &[citizen.heard(CITIZEN)]);
    heard("the first agent", &[first.heard(CITIZEN), first.heard(SECOND)], &[first.heard(FIRST)]);
    heard("the second agent", &[second.heard(FIRST), second.heard(CITIZEN)], &[second.heard(SECOND)]);
    // Who hears through all three talks hears twice as long as one lasts.
    let once = [citizen.heard(FIRST), citizen.heard(SECOND), second.heard(CITIZEN), first.heard(SECOND)];
    assert!(once.iter().all(|s| *s < 14.0), "nobody hears whom the others talk with: {once:?}");
}
