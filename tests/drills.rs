//! Faults on purpose: a panic costs the message or the call that it happened in, or the process ends at once.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use base::Time;
use load::PhoneId;
use load::phone::{Answering, Side, Status, Voice, Why};
use serde_json::Value;

use crate::kit::disk::{Meddler, Mood};
use crate::kit::engine::{self, Engine};
use crate::kit::ports;
use crate::kit::town::{AGENT, CITIZEN, LISTEN, STEP, Town, number};

const LEGS: u16 = 30;
/// From the fault of an owner to the end of the process.
const ENDED_WITHIN: Duration = Duration::from_secs(1);
/// A datagram on loopback, many times over.
const IN_FLIGHT: Duration = Duration::from_millis(100);
const BETWEEN_CALLS: Duration = Duration::from_millis(400);
/// A phone repeats a request after half a second (RFC 3261 §17.1.1.1), and so once more.
const REPEATED_WITHIN: Duration = Duration::from_millis(2_500);

fn drilled(drill: &str) -> Engine {
    Engine::start_as(engine::folder(|_| {}), ports::block(LEGS * 8), |command| {
        command.args(["--drill", drill]);
    })
}

/// How far the call was that the fault met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Arrival,
    Menu,
    /// In the queue, or an agent's phone rings.
    Queue,
    Talk,
}

fn stage(record: &Value) -> Stage {
    if record["agent"].is_string() {
        return Stage::Talk;
    }
    match (&record["answered"], &record["skill_group"]) {
        (answered, _) if answered.is_null() => Stage::Arrival,
        (_, group) if group.is_null() => Stage::Menu,
        _ => Stage::Queue,
    }
}

/// One citizen talks with an agent; then another calls, and at the `nth` event of a call one of both meets the fault.
/// Returns how far that one was.
fn a_call_meets_a_fault(nth: u32) -> Stage {
    let engine = drilled(&format!("call:{nth}"));
    // The second agent's phone rings for a while, so that a fault may come meanwhile.
    let mut town = Town::with(engine.sip, 2, 3, |config| {
        let agent = config.password.is_some();
        config.voice = Voice::Tones(if agent { AGENT } else { CITIZEN });
        config.listen_hz = LISTEN.to_vec();
        if agent {
            config.answering = Answering::After(Duration::from_millis(700));
        }
    });
    let fault = || engine.gauge(r#"hotline_calls_ended_total{reason="fault"}"#) > 0.5;
    town.dial(0);
    town.until("the first talks", STEP, |town| fault() || talks(town, 0));
    let before = town.runner.now();
    if !fault() {
        town.dial(1);
        town.until("the fault, or a second talk", STEP, |town| fault() || town.talking().len() == 2);
        // Its end has events too.
        town.live(Duration::from_millis(300));
        town.hang_up(town.citizens[1]);
        town.until("the fault", STEP, |_| fault());
    }
    let records = engine.ended_records(1);
    let record = records.iter().find(|r| r["end_reason"] == "fault").expect("a record of the fault");
    let victim = if record["caller"] == number(0).as_str() { 0 } else { 1 };
    let stage = stage(record);
    let victims = town.citizens[victim];
    town.until("the victim is hung up", STEP, |town| !town.in_call(victims));
    told(&town, victims, stage);
    if victim == 1 {
        other_is_whole(&mut town, before);
    }
    everybody_is_served_again(&mut town, &engine, victim);
    let log = engine.process.output();
    assert!(log.contains("panicked: a drill: this panic was asked for"), "{log}");
    assert!(!log.contains(&number(victim)), "the log names the caller: {log}");
    stage
}

fn talks(town: &Town, place: usize) -> bool {
    town.talking().iter().any(|agent| town.hear_each_other(town.citizens[place], *agent, Time::ZERO))
}

/// Before its answer a phone is refused, later it is hung up; the second citizen may have been first.
fn told(town: &Town, id: PhoneId, stage: Stage) {
    let how = town.hung_up.get(&id);
    let expected = matches!(
        (stage, how),
        (Stage::Arrival, Some((_, Why::Status(480..=500))))
            | (_, Some((Side::Peer, Why::Bye)))
            | (Stage::Talk, Some((Side::Us, Why::Bye)))
    );
    assert!(expected, "in {stage:?} the phone was told {how:?}");
}

fn other_is_whole(town: &mut Town, since: Time) {
    town.live(Duration::from_secs(1));
    town.listened(town.citizens[0], since).was_whole();
    let agent = town.talking()[0];
    town.listened(agent, since).was_whole();
}

/// The victim calls again and a third citizen too: with the other still there, each agent talks.
fn everybody_is_served_again(town: &mut Town, engine: &Engine, victim: usize) {
    if victim == 1 {
        town.hang_up(town.citizens[0]);
    }
    let all: Vec<PhoneId> = town.citizens.iter().chain(&town.agents).copied().collect();
    for id in town.citizens.clone() {
        if town.in_call(id) {
            town.hang_up(id);
        }
    }
    town.until("all phones are free", STEP, |town| all.iter().all(|id| !town.in_call(*id)));
    for place in [victim, 2] {
        town.dial(place);
    }
    town.until("both agents talk", STEP, |town| town.talking().len() == 2);
    assert_eq!(engine.gauge(r#"hotline_calls_ended_total{reason="fault"}"#), 1.0);
}

#[test]
fn a_fault_in_a_call_costs_that_call_alone() {
    // A call has ten events up to its talk; the second one's follow.
    let sweep = [1, 2, 5, 8, 9, 10, 11, 13, 17, 19];
    let mut met = BTreeSet::new();
    for some in sweep.chunks(5) {
        std::thread::scope(|scope| {
            let runs: Vec<_> = some.iter().map(|nth| scope.spawn(move || (*nth, a_call_meets_a_fault(*nth)))).collect();
            for run in runs {
                let (nth, stage) = run.join().unwrap_or_else(|e| std::panic::resume_unwind(e));
                println!("event {nth}: {stage:?}");
                met.insert(stage);
            }
        });
    }
    let all = [Stage::Arrival, Stage::Menu, Stage::Queue, Stage::Talk];
    assert_eq!(met.into_iter().collect::<Vec<_>>(), all, "every stage was met");
}

#[test]
fn a_fault_of_the_reader_costs_a_message_that_is_sent_again() {
    for nth in [1, 2, 3, 4] {
        let engine = drilled(&format!("reader:{nth}"));
        let mut town = Town::speaking(engine.sip, 1, 1);
        town.dial(0);
        town.until("citizen and agent talk", STEP, |town| talks(town, 0));
        if let Some(took) = town.answer_took(town.citizens[0]) {
            assert!(took < REPEATED_WITHIN, "answered after {took:?}");
        }
        assert_eq!(engine.gauge("hotline_sip_unread_total"), 1.0);
        town.hang_up(town.citizens[0]);
        let record = engine.ended_records(1).remove(0);
        assert_eq!(record["end_reason"], "caller_hangup", "{record}");
        assert!(!engine.process.output().contains(&number(0)), "the log names the caller");
    }
}

/// An owner's fault while one talks and two wait: the process ends at once, and a restart finds everything as after a kill.
fn an_owner_dies(drill: &str, said: &str) {
    let mut engine = drilled(drill);
    let mut town = Town::new(engine.sip, 1, 3);
    let died = until_said(&engine, &mut town, said);
    let status = engine.process.wait(STEP);
    let took = died.elapsed();
    assert_eq!(status.code(), Some(1), "{}", engine.process.output());
    assert!(took < ENDED_WITHIN, "{drill}: the process ended after {took:?}");
    println!("{drill}: ended within {took:?}");
    let log = engine.process.output();
    assert!((0..3).all(|place| !log.contains(&number(place))), "the log names a caller: {log}");
    let all: Vec<PhoneId> = town.citizens.iter().chain(&town.agents).copied().collect();
    // What the dead process has said is on its way; who has no answer yet is answered by the next one, which is no dead call.
    town.live(IN_FLIGHT);
    let dead: Vec<PhoneId> = all.iter().copied().filter(|id| town.in_call(*id) && !calls(&town, *id)).collect();
    let engine = engine.restart();
    town.until("nobody is left in a dead call", STEP, |town| dead.iter().all(|id| !town.in_call(*id)));
    let records = engine.records();
    let ended = records.iter().filter(|r| !r["ended"].is_null());
    assert!(ended.clone().count() > 0 && ended.clone().all(|r| r["end_reason"] == "restart"), "{records:?}");
    for id in town.citizens.clone() {
        town.hang_up(id);
    }
    town.until("all phones are free", STEP, |town| all.iter().all(|id| !town.in_call(*id)));
    town.dial(0);
    town.until("the agent talks, without registering anew", STEP, |town| town.talking().len() == 1);
}

/// Citizens call one after the other until the engine has said it; returns when that was seen.
fn until_said(engine: &Engine, town: &mut Town, said: &str) -> Instant {
    let began = Instant::now();
    let mut place = 0;
    while !engine.process.output().contains(said) {
        assert!(began.elapsed() < STEP, "the drill came to nothing");
        if place < town.citizens.len() && began.elapsed() >= place as u32 * BETWEEN_CALLS {
            town.dial(place);
            place += 1;
        }
        town.live(Duration::from_millis(10));
    }
    Instant::now()
}

/// It dialled and has no answer yet: the new process gets its INVITE.
fn calls(town: &Town, id: PhoneId) -> bool {
    town.runner.phone(id).status() == Status::Calling
}

#[test]
fn a_fault_of_an_owner_ends_the_process_at_once() {
    let said = "a drill: this panic was asked for";
    std::thread::scope(|scope| {
        for drill in ["queue:4", "roster:2", "transactions:9", "worker:5"] {
            scope.spawn(move || an_owner_dies(drill, said));
        }
    });
}

#[test]
fn a_fault_ends_the_process_also_while_the_disk_hangs() {
    let dir = engine::folder(|_| {});
    let data = dir.path().join("data");
    std::fs::create_dir(&data).expect("a data folder");
    let meddler = Meddler::new(dir.path());
    let mut engine = Engine::start_as(dir, ports::block(LEGS * 8), |command| {
        command.args(["--drill", "queue:3"]);
        meddler.before(command, &data);
    });
    let mut town = Town::new(engine.sip, 1, 2);
    meddler.order(Mood::Slow(60_000));
    let died = until_said(&engine, &mut town, "a drill: this panic was asked for");
    assert_eq!(engine.process.wait(STEP).code(), Some(1));
    assert!(died.elapsed() < ENDED_WITHIN, "ended after {:?}", died.elapsed());
}
