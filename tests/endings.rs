//! Endings on the wire: rows of `docs/endings.md` with real sockets, phones by hand where no sane phone would do it.

mod table;

use std::path::Path;
use std::time::Duration;

use load::Runner;
use load::phone::{Answering, Keys, Status, What, Why};
use serde_json::Value;

use crate::kit::engine::Engine;
use crate::kit::puppet::Puppet;
use crate::kit::raw::{self, Dialog};
use crate::kit::wait;
use crate::offers::{self, LIMIT, citizen, talk};

/// A short ring time, and connections without a greeting: what an agent hangs up on is a talk.
fn brisk(config: &Path) {
    offers::short_ring(config);
    let file = config.join("hotline.toml");
    let text = std::fs::read_to_string(&file).expect("the shipped server");
    assert!(text.contains("say_agent_number = true"), "the shipped greeting");
    std::fs::write(file, text.replace("say_agent_number = true", "say_agent_number = false")).expect("written");
}

/// An engine with one agent's phone by hand, and a citizen whom it is offered.
fn offered() -> (Engine, Runner, Puppet, String) {
    let engine = Engine::start_with(brisk);
    let mut puppet = Puppet::new(engine.sip);
    puppet.sign_on(1001);
    let mut runner = Runner::new().expect("descriptors");
    citizen(&mut runner, engine.sip, Keys::Rtp);
    let invite = hear(&mut runner, &mut puppet, "INVITE");
    (engine, runner, puppet, invite)
}

/// What the phone by hand hears while the other phones live on.
fn hear(runner: &mut Runner, puppet: &mut Puppet, what: &str) -> String {
    let mut heard = None;
    let done = runner.run_until(LIMIT, |_| {
        heard = heard.take().or_else(|| puppet.poll(what));
        heard.is_some()
    });
    assert!(done.expect("sockets work"), "no {what} came");
    heard.unwrap_or_default()
}

fn talking(engine: &Engine, runner: &mut Runner) {
    let talks = |engine: &Engine| engine.metric("hotline_calls{phase=\"talking\"}") == Some(1.0);
    assert!(runner.run_until(LIMIT, |_| talks(engine)).expect("sockets work"), "nobody talks");
}

fn says(record: &Value, reason: &str, agent: &str) {
    assert_eq!(record["end_reason"], reason, "{record}");
    assert_eq!(record["agent"], agent, "{record}");
}

/// The agent's phone hangs up, and nobody is left.
fn hangs_up(engine: &Engine, puppet: &mut Puppet, dialog: &mut Dialog) {
    puppet.say(&dialog.request("BYE", ""));
    puppet.hear("200");
    says(&engine.ended_records(1)[0], "agent_hangup", "1001");
}

/// After what the first agent's phone did, the second agent serves the citizen, who kept the place.
fn second_serves(engine: &Engine, runner: &mut Runner) {
    let second = offers::agent(runner, engine.sip, 1002, Answering::After(Duration::from_millis(200)));
    let caller = runner.ids().next().expect("the citizen came first");
    talk(runner, caller, second);
    says(&engine.ended_records(1)[0], "caller_hangup", "1002");
}

#[test]
fn a_cancel_and_our_answer_cross_on_the_wire() {
    let engine = Engine::start();
    let mut caller = Puppet::new(engine.sip);
    let mut dialog = Dialog::calling(engine.sip, "13900139000", "cross", caller.address());
    let (invite, cancel) = (dialog.request("INVITE", &caller.description()), dialog.request("CANCEL", ""));
    caller.say(&invite);
    caller.say(&cancel);
    let oks = [caller.hear("200"), caller.hear("200")];
    let of = |method: &str| oks.iter().find(|ok| raw::header(ok, "CSeq").ends_with(method)).expect("both are answered");
    assert!(of("CANCEL").starts_with("SIP/2.0 200"));
    dialog.answered(of("INVITE"));
    caller.say(&dialog.request("ACK", ""));
    caller.say(&dialog.request("BYE", ""));
    caller.hear("200");
    assert_eq!(engine.ended_records(1)[0]["end_reason"], "left_in_menu");
}

#[test]
fn an_ack_never_comes_on_the_wire() {
    let engine = Engine::start();
    let mut caller = Puppet::new(engine.sip);
    let mut dialog = Dialog::calling(engine.sip, "13900139000", "unacked", caller.address());
    caller.say(&dialog.request("INVITE", &caller.description()));
    let bye = caller.hear("BYE");
    caller.respond(&bye, (200, ""), "");
    assert_eq!(engine.ended_records(1)[0]["end_reason"], "no_ack");
}

#[test]
fn a_citizen_leaves_while_a_phone_rings_on_the_wire() {
    let engine = Engine::start();
    let mut runner = Runner::new().expect("descriptors");
    let agent = offers::agent(&mut runner, engine.sip, 1001, Answering::Never);
    let caller = citizen(&mut runner, engine.sip, Keys::Rtp);
    let rings = |r: &mut Runner| r.phone(agent).status() == Status::Ringing;
    assert!(runner.run_until(LIMIT, rings).expect("sockets work"), "the agent's phone rings");
    runner.act(caller, |phone, now, out| phone.hang_up(now, out));
    let idle = |r: &mut Runner| r.phone(agent).status() == Status::Idle;
    assert!(runner.run_until(LIMIT, idle).expect("sockets work"), "the agent's phone stops");
    let cancelled = |what: &What| matches!(what, What::HungUp { why: Why::Cancelled, .. });
    assert!(runner.take_events().iter().any(|(id, event)| *id == agent && cancelled(&event.what)));
    assert_eq!(engine.ended_records(1)[0]["end_reason"], "abandoned");
}

#[test]
fn a_phone_refuses_on_the_wire() {
    for status in [302, 486, 603, 503] {
        let (engine, mut runner, puppet, invite) = offered();
        puppet.respond(&invite, (status, "hand"), "");
        second_serves(&engine, &mut runner);
    }
}

#[test]
fn a_phone_rings_out_on_the_wire() {
    let (engine, mut runner, mut puppet, invite) = offered();
    puppet.respond(&invite, (180, "hand"), "");
    let cancel = hear(&mut runner, &mut puppet, "CANCEL");
    puppet.respond(&cancel, (200, "hand"), "");
    puppet.respond(&invite, (487, "hand"), "");
    second_serves(&engine, &mut runner);
}

#[test]
fn a_phone_sends_nothing_at_all_on_the_wire() {
    let (engine, mut runner, _puppet, _) = offered();
    second_serves(&engine, &mut runner);
}

#[test]
fn an_answer_comes_after_the_lease_on_the_wire() {
    let (engine, mut runner, mut puppet, invite) = offered();
    puppet.respond(&invite, (180, "hand"), "");
    let cancel = hear(&mut runner, &mut puppet, "CANCEL");
    puppet.respond(&cancel, (200, "hand"), "");
    puppet.accept(&invite, "hand");
    hear(&mut runner, &mut puppet, "ACK");
    let bye = hear(&mut runner, &mut puppet, "BYE");
    puppet.respond(&bye, (200, "hand"), "");
    second_serves(&engine, &mut runner);
}

#[test]
fn one_of_two_phones_answers_on_the_wire() {
    let engine = Engine::start_with(brisk);
    let mut runner = Runner::new().expect("descriptors");
    let idle = offers::agent(&mut runner, engine.sip, 1001, Answering::Never);
    let answers = offers::agent(&mut runner, engine.sip, 1001, Answering::After(Duration::from_millis(500)));
    let caller = citizen(&mut runner, engine.sip, Keys::Rtp);
    talk(&mut runner, caller, answers);
    let cancelled = |what: &What| matches!(what, What::HungUp { why: Why::Cancelled, .. });
    assert!(runner.take_events().iter().any(|(id, event)| *id == idle && cancelled(&event.what)));
    says(&engine.ended_records(1)[0], "caller_hangup", "1001");
}

/// Both 200s leave before either phone has heard a CANCEL: one is connected, the other gets its ACK and a BYE.
#[test]
fn both_phones_answer_at_once_on_the_wire() {
    let engine = Engine::start_with(brisk);
    let mut phones = [Puppet::new(engine.sip), Puppet::new(engine.sip)];
    phones.iter_mut().for_each(|phone| phone.sign_on(1001));
    let mut runner = Runner::new().expect("descriptors");
    let caller = citizen(&mut runner, engine.sip, Keys::Rtp);
    let invites = phones.each_mut().map(|phone| hear(&mut runner, phone, "INVITE"));
    for (phone, invite) in phones.iter().zip(&invites) {
        phone.accept(invite, "hand");
    }
    let mut loser = None;
    let one = runner.run_until(LIMIT, |_| {
        loser = phones.iter_mut().position(|phone| {
            phone.poll("BYE").is_some_and(|bye| {
                phone.respond(&bye, (200, "hand"), "");
                true
            })
        });
        loser.is_some()
    });
    assert!(one.expect("sockets work"), "one of the two gets a BYE");
    talking(&engine, &mut runner);
    let winner = &mut phones[1 - loser.unwrap_or_default()];
    runner.act(caller, |phone, now, out| phone.hang_up(now, out));
    let bye = hear(&mut runner, winner, "BYE");
    winner.respond(&bye, (200, "hand"), "");
    says(&engine.ended_records(1)[0], "caller_hangup", "1001");
}

#[test]
fn a_phone_registers_from_a_new_address_in_a_call_on_the_wire() {
    let engine = Engine::start_with(brisk);
    let mut runner = Runner::new().expect("descriptors");
    let soon = Answering::After(Duration::from_millis(200));
    let old = offers::agent(&mut runner, engine.sip, 1001, soon);
    let caller = citizen(&mut runner, engine.sip, Keys::Rtp);
    let talks = |r: &mut Runner| r.phone(old).status() == Status::Talking;
    assert!(runner.run_until(LIMIT, talks).expect("sockets work"), "the agent answers");
    let new = offers::agent(&mut runner, engine.sip, 1001, soon);
    runner.act(old, |phone, now, out| phone.unregister(now, out));
    let off = |r: &mut Runner| !r.phone(old).is_registered();
    assert!(runner.run_until(LIMIT, off).expect("sockets work"), "the old address signs off");
    talk(&mut runner, caller, old);
    let next = citizen(&mut runner, engine.sip, Keys::Rtp);
    talk(&mut runner, next, new);
    for record in engine.ended_records(2) {
        says(&record, "caller_hangup", "1001");
    }
}

#[test]
fn a_contact_forks_on_the_wire() {
    let (engine, mut runner, mut puppet, invite) = offered();
    for tag in ["one", "two"] {
        puppet.respond(&invite, (180, tag), "");
    }
    for tag in ["two", "one"] {
        puppet.accept(&invite, tag);
    }
    let bye = hear(&mut runner, &mut puppet, "BYE");
    assert!(raw::header(&bye, "To").ends_with("tag=one"), "the second to answer: {bye}");
    puppet.respond(&bye, (200, "one"), "");
    talking(&engine, &mut runner);
    let mut dialog = puppet.dialog(&invite, "two");
    hangs_up(&engine, &mut puppet, &mut dialog);
}

/// A second re-INVITE before the ACK of the first: 491, and the talk goes on (RFC 3261 §14.2).
#[test]
fn two_reinvites_cross_on_the_wire() {
    let (engine, mut runner, mut puppet, invite) = offered();
    puppet.accept(&invite, "hand");
    hear(&mut runner, &mut puppet, "ACK");
    let mut dialog = puppet.dialog(&invite, "hand");
    puppet.say(&dialog.request("INVITE", ""));
    hear(&mut runner, &mut puppet, "200");
    let mut second = dialog.clone();
    puppet.say(&second.request("INVITE", &puppet.description()));
    hear(&mut runner, &mut puppet, "491");
    puppet.say(&second.request("ACK", ""));
    puppet.say(&dialog.request("ACK", &puppet.description()));
    talking(&engine, &mut runner);
    hangs_up(&engine, &mut puppet, &mut second);
}

/// The phone is rung for the next citizen within milliseconds of its own BYE, calls itself busy, and is rung again.
#[test]
fn a_phone_is_busy_with_its_own_goodbye_on_the_wire() {
    let (engine, mut runner, mut puppet, invite) = offered();
    puppet.accept(&invite, "hand");
    talking(&engine, &mut runner);
    let next = citizen(&mut runner, engine.sip, Keys::Rtp);
    let waits = |_: &mut Runner| engine.metric("hotline_calls{phase=\"waiting\"}") == Some(1.0);
    assert!(runner.run_until(LIMIT, waits).expect("sockets work"), "the next citizen waits");
    puppet.say(&puppet.dialog(&invite, "hand").request("BYE", ""));
    for _ in 0..3 {
        let invite = hear(&mut runner, &mut puppet, "INVITE");
        puppet.respond(&invite, (486, "hand"), "");
    }
    let invite = hear(&mut runner, &mut puppet, "INVITE");
    puppet.accept(&invite, "hand");
    talking(&engine, &mut runner);
    runner.act(next, |phone, now, out| phone.hang_up(now, out));
    hear(&mut runner, &mut puppet, "BYE");
    let records = engine.ended_records(2);
    assert!(records.iter().all(|r| r["agent"] == "1001"), "{records:?}");
}

/// The phone's process is killed in a talk. A minute of silence, then a probe that finds nobody.
#[test]
fn an_agents_phone_vanishes_on_the_wire() {
    let engine = Engine::start_with(brisk);
    let mut gone = Runner::new().expect("descriptors");
    let agent = offers::agent(&mut gone, engine.sip, 1001, Answering::After(Duration::from_millis(200)));
    let mut runner = Runner::new().expect("descriptors");
    let caller = citizen(&mut runner, engine.sip, Keys::Rtp);
    wait::until("a second of talk", LIMIT, || {
        runner.run_until(Duration::from_millis(10), |_| false).expect("sockets work");
        gone.run_until(Duration::from_millis(10), |_| false).expect("sockets work");
        (runner.phone(caller).reception().packets > 0 && gone.phone(agent).reception().packets > 50).then_some(())
    });
    drop(gone);
    let second = offers::agent(&mut runner, engine.sip, 1002, Answering::After(Duration::from_millis(200)));
    let answered = |r: &mut Runner| r.phone(second).status() == Status::Talking;
    assert!(runner.run_until(Duration::from_secs(75), answered).expect("sockets work"), "the citizen is served again");
    talk(&mut runner, caller, second);
    let record = engine.ended_records(1).remove(0);
    says(&record, "caller_hangup", "1002");
    assert_eq!(record["waits"].as_array().map(Vec::len), Some(2), "{record}");
}
