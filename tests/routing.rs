//! Who is rung for whom, from real phones: several phones at once, agents of the right skill first, and then others.

use std::path::Path;
use std::time::Duration;

use crate::kit::baresip::{Baresip, Options};
use crate::kit::engine::{Engine, replace};
use crate::kit::puppet::Puppet;
use crate::kit::scene::{CITIZEN, STEP, agent, caller, citizen, heard, talk, talks};
use crate::kit::tone::Pair;
use crate::kit::wait;

const FIRST: Pair = Pair(620.0, 1510.0);
const SECOND: Pair = Pair(560.0, 1330.0);
const NEXT: Pair = Pair(410.0, 970.0);

/// The group behind key 0, with this line more.
fn consult(config: &Path, line: &str) {
    replace(&config.join("queues.toml"), "name = \"consult\"\n", &format!("name = \"consult\"\n{line}\n"));
}

fn ringing(phones: &mut [Baresip]) {
    for phone in phones {
        phone.event("CALL_INCOMING", STEP);
    }
}

fn waits(engine: &Engine, count: u64) {
    wait::until(&format!("{count} who wait"), STEP, || {
        let queues = engine.api("GET", &engine.admin_token(), "/queues", "").1;
        (queues["queues"][0]["waiting"] == count).then_some(())
    });
}

fn free(engine: &Engine, count: f64) {
    wait::until("the agents to be free", STEP, || {
        (engine.gauge("hotline_agents{state=\"free\"}") == count).then_some(())
    });
}

/// Two phones ring for one citizen and answer at the same instant, again and again: one of them talks, the other is ended and rings for the
/// next citizen.
#[test]
fn two_phones_that_answer_at_the_same_instant() {
    let engine = Engine::start_with(|config| consult(config, "ring_at_once = 2"));
    let mut agents = [agent(&engine, "1001", "udp", false, FIRST), agent(&engine, "1002", "tcp", false, SECOND)];
    let mut citizen = citizen(&engine, "udp");
    ringing(&mut agents);
    agents.iter_mut().for_each(|phone| phone.command("accept", ""));
    talk(&engine);
    assert_eq!(engine.gauge("hotline_agents{state=\"talking\"}"), 1.0);
    let open = engine.api("GET", &engine.admin_token(), "/calls", "").1;
    let idle = usize::from(open["calls"][0]["agent"] == "1001");
    // The other one is free and serves whoever comes.
    let mut next = caller(&engine, "13800138001", "udp", NEXT);
    agents[idle].event("CALL_INCOMING", STEP);
    agents[idle].command("accept", "");
    talks(&engine, 2);
    citizen.command("hangup", "");
    next.command("hangup", "");
    let records = engine.ended_records(2);
    free(&engine, 2.0);
    let voices = [FIRST, SECOND];
    let busy = 1 - idle;
    let number = |place: usize| ["1001", "1002"][place];
    let of = |caller: &str| records.iter().find(|r| r["caller"] == caller).expect("a record each");
    assert_eq!(of("13800138000")["agent"], number(busy));
    assert_eq!(of("13800138001")["agent"], number(idle));
    citizen.quit();
    next.quit();
    agents.iter_mut().for_each(Baresip::quit);
    heard("the citizen", &[citizen.heard(voices[busy])], &[citizen.heard(voices[idle]), citizen.heard(NEXT)]);
    heard("the next citizen", &[next.heard(voices[idle])], &[next.heard(voices[busy]), next.heard(CITIZEN)]);
    heard("who was first", &[agents[busy].heard(CITIZEN)], &[agents[busy].heard(NEXT)]);
    heard("who was second", &[agents[idle].heard(NEXT)], &[agents[idle].heard(CITIZEN)]);
}

/// The same with phones played by hand, whose answers leave in one breath: both are acknowledged, and one is ended.
#[test]
fn two_answers_in_one_breath() {
    let engine = Engine::start_with(|config| consult(config, "ring_at_once = 2"));
    let mut phones = [1001, 1002].map(|number| {
        let mut phone = Puppet::new(engine.sip);
        phone.sign_on(number);
        phone
    });
    let mut citizen = citizen(&engine, "udp");
    let invites = phones.each_mut().map(|phone| phone.hear("INVITE"));
    for (phone, invite) in phones.iter().zip(&invites) {
        phone.accept(invite, "hand");
    }
    for phone in &mut phones {
        phone.hear("ACK");
    }
    let lost = wait::until("one of the two to be ended", STEP, || {
        (0..2).find_map(|place| phones[place].poll("BYE").map(|bye| (place, bye)))
    });
    let (place, bye) = lost;
    phones[place].respond(&bye, (200, ""), "");
    // The other talks on.
    std::thread::park_timeout(Duration::from_secs(3));
    assert!(phones[1 - place].poll("BYE").is_none(), "one of them has the citizen");
    assert_eq!(engine.metric("hotline_calls{phase=\"talking\"}"), Some(1.0));
    citizen.command("hangup", "");
    let bye = phones[1 - place].hear("BYE");
    phones[1 - place].respond(&bye, (200, ""), "");
    assert_eq!(engine.ended_records(1)[0]["agent"], ["1001", "1002"][1 - place]);
    free(&engine, 2.0);
    citizen.quit();
}

/// One declines and the other answers; then the citizen leaves while both ring.
#[test]
fn several_phones_one_of_which_declines_and_a_citizen_who_leaves() {
    let engine = Engine::start_with(|config| consult(config, "ring_at_once = 2"));
    let mut agents = [agent(&engine, "1001", "udp", false, FIRST), agent(&engine, "1002", "udp", false, SECOND)];
    let mut citizen = citizen(&engine, "udp");
    ringing(&mut agents);
    agents[0].command("hangup", "");
    agents[0].event("CALL_CLOSED", STEP);
    agents[1].command("accept", "");
    talk(&engine);
    citizen.command("hangup", "");
    agents[1].event("CALL_CLOSED", STEP);
    // Who declined has rested by now.
    free(&engine, 2.0);
    let mut leaves = caller(&engine, "13800138001", "udp", NEXT);
    ringing(&mut agents);
    leaves.command("hangup", "");
    agents.iter_mut().for_each(|phone| drop(phone.event("CALL_CLOSED", STEP)));
    let records = engine.ended_records(2);
    let of = |caller: &str| records.iter().find(|r| r["caller"] == caller).expect("a record each");
    assert_eq!((&of("13800138000")["agent"], &of("13800138001")["end_reason"]), (&"1002".into(), &"abandoned".into()));
    free(&engine, 2.0);
    let [mut first, mut second] = agents;
    for phone in [&mut citizen, &mut leaves, &mut first, &mut second] {
        phone.quit();
    }
    heard("the citizen", &[citizen.heard(SECOND)], &[citizen.heard(FIRST)]);
    heard("who answered", &[second.heard(CITIZEN)], &[second.heard(NEXT)]);
    heard("who declined", &[], &[first.heard(CITIZEN), first.heard(NEXT)]);
}

/// 1001 is free and not what is asked for: who is asked for comes first, and after five seconds of waiting anybody will do.
#[test]
fn agents_of_the_skill_first_and_others_after_a_while() {
    let engine = Engine::start_with(|config| {
        let who = "who = [{ after_s = 0, who = \"consult and cantonese\" }, { after_s = 5, who = \"consult\" }]";
        consult(config, who);
        let queues = config.join("queues.toml");
        replace(&queues, "[back_off]", "[[skill]]\nname = \"cantonese\"\n\n[back_off]");
        let skills = "skills = [\"consult\", \"complaint\", \"suggestion\", \"order\", \"english\"]";
        let second = format!("password = \"example-1002\"\nready_on_register = true\n{skills}");
        replace(&queues, &second, &second.replace("[\"consult\"", "[\"cantonese\", \"consult\""));
    });
    let mut generalist = agent(&engine, "1001", "udp", true, FIRST);
    let mut speaker = agent(&engine, "1002", "udp", true, SECOND);
    let mut citizen = citizen(&engine, "udp");
    talk(&engine);
    // The one who is asked for talks; the next citizen waits five seconds for nobody else.
    let mut next = caller(&engine, "13800138001", "udp", NEXT);
    talks(&engine, 2);
    citizen.command("hangup", "");
    next.command("hangup", "");
    let records = engine.ended_records(2);
    let of = |caller: &str| records.iter().find(|r| r["caller"] == caller).expect("a record each");
    assert_eq!((&of("13800138000")["agent"], &of("13800138001")["agent"]), (&"1002".into(), &"1001".into()));
    let waited = of("13800138001")["queued_ms"].as_u64().unwrap_or_default();
    assert!((4_900..9_000).contains(&waited), "waited {waited} ms");
    for phone in [&mut citizen, &mut next, &mut generalist, &mut speaker] {
        phone.quit();
    }
    heard("the first citizen", &[citizen.heard(SECOND)], &[citizen.heard(FIRST)]);
    heard("the next one", &[next.heard(FIRST)], &[next.heard(SECOND)]);
}

/// Who calls again reaches the agent of the last talk, though another comes first in the group's order; after a kill as well.
#[test]
fn a_citizen_who_calls_again_reaches_the_same_agent() {
    let engine = Engine::start_with(|config| consult(config, "prefer_s = 30\nstrategy = \"fixed\""));
    let mut knows = agent(&engine, "1002", "udp", true, SECOND);
    let mut citizen = citizen(&engine, "udp");
    talk(&engine);
    citizen.command("hangup", "");
    engine.ended_records(1);
    let mut stranger = agent(&engine, "1001", "udp", true, FIRST);
    free(&engine, 2.0);
    engine.process.signal("KILL");
    let engine = engine.restart();
    free(&engine, 2.0);
    citizen.command("dial", &format!("sip:12345@{}", engine.sip));
    citizen.event("CALL_ESTABLISHED", STEP);
    citizen.command("sndcode", "0");
    talk(&engine);
    // Whom nobody knows is served in the order of the group.
    let mut next = caller(&engine, "13800138001", "udp", NEXT);
    talks(&engine, 2);
    citizen.command("hangup", "");
    next.command("hangup", "");
    let records = engine.ended_records(3);
    let agents = |caller: &str| {
        let of = records.iter().filter(|record| record["caller"] == caller);
        of.map(|record| record["agent"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!((agents("13800138000"), agents("13800138001")), (vec!["1002".into(); 2], vec!["1001".to_owned()]));
    for phone in [&mut citizen, &mut next, &mut knows, &mut stranger] {
        phone.quit();
    }
    heard("the citizen", &[citizen.heard(SECOND)], &[citizen.heard(FIRST)]);
    heard("who knows the citizen", &[knows.heard(CITIZEN)], &[knows.heard(NEXT)]);
    heard("who does not", &[stranger.heard(NEXT)], &[stranger.heard(CITIZEN)]);
}

/// The line of who waits longest breaks, or so it seems; called again, the citizen is still before the one who came meanwhile.
#[test]
fn a_citizen_who_hangs_up_while_waiting_comes_back_to_the_place() {
    let engine = Engine::start();
    let mut early = citizen(&engine, "udp");
    waits(&engine, 1);
    let mut late = caller(&engine, "13800138001", "udp", NEXT);
    waits(&engine, 2);
    early.command("hangup", "");
    early.event("CALL_CLOSED", STEP);
    waits(&engine, 1);
    early.command("dial", &format!("sip:12345@{}", engine.sip));
    early.event("CALL_ESTABLISHED", STEP);
    early.command("sndcode", "0");
    waits(&engine, 2);
    let mut first = agent(&engine, "1001", "udp", true, FIRST);
    talks(&engine, 1);
    early.command("hangup", "");
    let records = engine.ended_records(2);
    let ends: Vec<_> = records.iter().map(|r| (r["end_reason"].clone(), r["agent"].clone())).collect();
    assert!(ends.contains(&("abandoned".into(), serde_json::Value::Null)), "{records:?}");
    assert!(ends.contains(&("caller_hangup".into(), "1001".into())), "who came first is served first: {records:?}");
    talks(&engine, 1);
    late.command("hangup", "");
    engine.ended_records(3);
    [&mut early, &mut late, &mut first].into_iter().for_each(Baresip::quit);
    heard("the early citizen", &[early.heard(FIRST)], &[early.heard(NEXT)]);
    heard("the late citizen", &[late.heard(FIRST)], &[late.heard(CITIZEN)]);
    heard("the agent", &[first.heard(CITIZEN), first.heard(NEXT)], &[]);
}

/// A citizen of a list is heard before one who came earlier, and who is blocked hears nobody.
#[test]
fn a_listed_citizen_goes_ahead_and_a_blocked_one_is_declined() {
    let engine = Engine::start_with(|config| {
        let lists = "[[callers]]\nname = \"elderly\"\nfile = \"elderly.txt\"\npriority = 3\n\
                     [[callers]]\nname = \"nuisance\"\nnumbers = [\"1380013809*\"]\nblocked = true\n";
        let queues = config.join("queues.toml");
        let shipped = std::fs::read_to_string(&queues).expect("the shipped groups");
        std::fs::write(&queues, format!("{shipped}\n{lists}")).expect("written");
        std::fs::write(config.join("elderly.txt"), "# over eighty\n+86 138 0013 8001\n").expect("written");
    });
    let mut early = citizen(&engine, "udp");
    waits(&engine, 1);
    let mut elderly = caller(&engine, "13800138001", "udp", NEXT);
    waits(&engine, 2);
    let server = engine.sip;
    let options = Options {
        user: "13800138090",
        password: None,
        server,
        transport: "udp",
        codec: "PCMA",
        answers: false,
        voice: SECOND,
    };
    let mut blocked = Baresip::start(&options);
    blocked.command("dial", &format!("sip:12345@{server}"));
    let closed = blocked.event("CALL_CLOSED", STEP);
    assert!(closed["param"].as_str().is_some_and(|why| why.contains("603")), "{closed}");
    let mut first = agent(&engine, "1001", "udp", true, FIRST);
    talks(&engine, 1);
    elderly.command("hangup", "");
    let records = engine.ended_records(1);
    let over: Vec<_> = records.iter().filter(|r| !r["ended"].is_null()).map(|r| (&r["caller"], &r["agent"])).collect();
    assert_eq!(over, [(&"13800138001".into(), &"1001".into())], "{records:?}");
    talks(&engine, 1);
    early.command("hangup", "");
    assert_eq!(engine.ended_records(2).len(), 2, "whoever is blocked leaves no record");
    [&mut early, &mut elderly, &mut blocked, &mut first].into_iter().for_each(Baresip::quit);
    heard("the early citizen", &[early.heard(FIRST)], &[early.heard(NEXT)]);
    heard("the elderly citizen", &[elderly.heard(FIRST)], &[elderly.heard(CITIZEN)]);
    heard("the agent", &[first.heard(CITIZEN), first.heard(NEXT)], &[first.heard(SECOND)]);
}
