//! Star codes from real phones: what is heard, and what the queue does about it.

use std::path::PathBuf;
use std::time::Duration;

use base::Secret;
use load::PhoneId;
use load::phone::{Answering, Side, Status, Why};

use crate::kit::baresip::{Baresip, Options};
use crate::kit::engine::{Engine, replace, root};
use crate::kit::tone::{self, Pair};
use crate::kit::town::{STEP, Town};
use crate::kit::wait;

/// The same sound through G.711 and a recorder is above 0.9, other words below 0.3.
const SAME: f64 = 0.8;
const OTHER: f64 = 0.5;

fn baresip(engine: &Engine) -> Baresip {
    let options = Options {
        user: "1001",
        password: Some("example-1001"),
        server: engine.sip,
        transport: "udp",
        codec: "PCMA",
        answers: true,
        voice: Pair(500.0, 1200.0),
    };
    let phone = Baresip::start(&options);
    phone.registered();
    phone
}

impl Baresip {
    /// Dials a code and listens until the engine hangs up; the next call's recording has another second in its name.
    fn dials(&mut self, engine: &Engine, code: &str) {
        self.command("dial", &format!("sip:{code}@{}", engine.sip));
        self.event("CALL_ESTABLISHED", STEP);
        self.event("CALL_CLOSED", STEP);
        std::thread::park_timeout(Duration::from_millis(1100));
    }
}

fn prompt(name: &str) -> PathBuf {
    root().join(format!("prompts/zh-CN/{name}.wav"))
}

/// Phones beside baresip: agent 1002, and citizens who stay in the queue.
fn town(engine: &Engine, citizens: u32) -> Town {
    Town::with(engine.sip, 1, citizens, |config| {
        if let Some(password) = &mut config.password {
            *password = Secret("example-1002".to_owned());
            config.user = "1002".to_owned();
        }
    })
}

fn agents(engine: &Engine, state: &str) -> f64 {
    engine.gauge(&format!("hotline_agents{{state=\"{state}\"}}"))
}

#[test]
fn each_code_is_confirmed_in_its_own_words_and_counts() {
    let engine = Engine::start();
    let mut phone = baresip(&engine);
    let mut town = town(&engine, 2);
    phone.dials(&engine, "*73");
    wait::until("the pause", STEP, || (agents(&engine, "paused") == 1.0).then_some(()));
    town.dial(0);
    town.until("the other agent is rung", STEP, |town| town.talking().len() == 1);
    town.dial(1);
    let waiting = || engine.gauge(r#"hotline_calls{phase="waiting"}"#);
    town.until("the second citizen waits", STEP, |_| waiting() == 1.0);
    town.live(Duration::from_secs(2));
    assert_eq!((waiting(), agents(&engine, "talking")), (1.0, 1.0), "who is paused is not rung");
    phone.dials(&engine, "*79");
    phone.dials(&engine, "*73");
    phone.dials(&engine, "*99");
    assert_eq!((waiting(), agents(&engine, "signed_off")), (1.0, 9.0), "eight never came, one left");
    // Signing on serves the one who waits, after the confirmation.
    phone.dials(&engine, "*71");
    phone.event("CALL_ESTABLISHED", STEP);
    town.until("both talk", STEP, |_| agents(&engine, "talking") == 2.0);
    phone.command("hangup", "");
    phone.event("CALL_CLOSED", STEP);
    phone.quit();
    let heard = phone.recordings();
    let said = ["agent-paused", "agent-signed-off", "agent-refused", "agent-refused", "agent-signed-on"];
    assert!(heard.len() > said.len(), "{heard:?}");
    for (wav, name) in heard.iter().zip(said) {
        for other in ["agent-paused", "agent-signed-off", "agent-refused", "agent-signed-on", "agent-ready"] {
            let likeness = tone::likeness(wav, &prompt(other));
            println!("{name} against {other}: {likeness:.2}");
            assert!(if other == name { likeness > SAME } else { likeness < OTHER }, "{name}, {other}: {likeness}");
        }
    }
}

/// Dials a code on a phone of the town and waits until the engine has hung up.
fn dials(town: &mut Town, id: PhoneId, code: &str) {
    town.dial_to(id, code);
    town.until("the code is confirmed", STEP, |town| town.hung_up.contains_key(&id));
    assert_eq!(town.hung_up[&id], (Side::Peer, Why::Bye), "{code}");
}

fn ringing(town: &Town, id: PhoneId) -> bool {
    town.runner.phone(id).status() == Status::Ringing
}

#[test]
fn a_pause_survives_a_kill() {
    let engine = Engine::start();
    let mut town = Town::new(engine.sip, 1, 1);
    let agent = town.agents[0];
    dials(&mut town, agent, "*731");
    engine.process.signal("KILL");
    let engine = engine.restart();
    assert_eq!(agents(&engine, "paused"), 1.0);
    town.dial(0);
    town.until("the citizen waits", STEP, |_| engine.gauge(r#"hotline_calls{phase="waiting"}"#) == 1.0);
    town.live(Duration::from_secs(1));
    assert!(!town.in_call(agent), "who is paused is not rung");
    dials(&mut town, agent, "*72");
    town.until("they talk", STEP, |town| town.talking().len() == 1);
}

#[test]
fn ready_rings_at_once_after_the_confirmation_and_no_sooner() {
    let engine = Engine::start();
    let mut town = Town::new(engine.sip, 1, 1);
    let agent = town.agents[0];
    dials(&mut town, agent, "*73");
    town.dial(0);
    town.until("the citizen waits", STEP, |_| engine.gauge(r#"hotline_calls{phase="waiting"}"#) == 1.0);
    dials(&mut town, agent, "*72");
    town.until("the phone rings before a back-off is over", Duration::from_secs(1), |town| town.in_call(agent));
    town.until("they talk", STEP, |town| town.talking().len() == 1);
    assert_eq!(engine.gauge(r#"hotline_offers_total{result="declined"}"#), 0.0, "nobody rang a phone in use");
}

#[test]
fn three_offers_in_vain_pause_the_agent_until_ready_is_dialled() {
    let engine = Engine::start_with(|config| {
        let queues = config.join("queues.toml");
        replace(&queues, "ring_s = 20", "ring_s = 1");
        replace(&queues, "no_answer_s = 10", "no_answer_s = 1");
    });
    let mut town = Town::with(engine.sip, 1, 1, |config| {
        if config.password.is_some() {
            config.answering = Answering::Never;
        }
    });
    let agent = town.agents[0];
    town.dial(0);
    town.until("the pause", STEP, |_| agents(&engine, "paused") == 1.0);
    assert_eq!(engine.gauge(r#"hotline_offers_total{result="timed_out"}"#), 3.0);
    town.until("the phone rings no more", STEP, |town| !town.in_call(agent));
    town.live(Duration::from_secs(2));
    assert!(!town.in_call(agent), "it is not rung again");
    dials(&mut town, agent, "*72");
    town.until("it rings again", STEP, |town| ringing(town, agent));
}

#[test]
fn a_wrap_up_goes_on_as_long_as_was_dialled() {
    let engine = Engine::start_with(|config| replace(&config.join("queues.toml"), "wrap_up_s = 0", "wrap_up_s = 4"));
    let mut town = Town::new(engine.sip, 1, 2);
    let agent = town.agents[0];
    town.dial(0);
    town.until("they talk", STEP, |town| town.talking().len() == 1);
    town.dial(1);
    town.until("the other waits", STEP, |_| engine.gauge(r#"hotline_calls{phase="waiting"}"#) == 1.0);
    town.hang_up(town.citizens[0]);
    town.until("the talk is over", STEP, |town| !town.in_call(agent));
    dials(&mut town, agent, "*7430");
    town.live(Duration::from_secs(5));
    assert!(!town.in_call(agent), "the wrap-up of four seconds became one of thirty");
    dials(&mut town, agent, "*72");
    town.until("ready ends it", STEP, |town| town.talking().len() == 1);
}

#[test]
fn who_is_no_agent_changes_nothing() {
    let engine = Engine::start();
    let mut town = Town::new(engine.sip, 1, 1);
    dials_in_vain(&mut town, "*73");
    dials_in_vain(&mut town, "*99");
    assert_eq!(agents(&engine, "paused"), 0.0);
    let agent = town.agents[0];
    dials(&mut town, agent, "*79");
    dials_in_vain(&mut town, "*71");
    assert_eq!(agents(&engine, "signed_off"), 10.0);
    assert!(engine.records().iter().all(|r| r["source"] == "agent 1001"), "a refused call is no call");
}

/// A citizen who calls over the trunk, whatever the number in From.
fn dials_in_vain(town: &mut Town, code: &str) {
    let citizen = town.citizens[0];
    for user in ["13800000000", "1001"] {
        town.runner.act(citizen, |phone, _, _| phone.config_mut().user = user.to_owned());
        town.dial_to(citizen, code);
        town.until("the refusal", STEP, |town| town.hung_up.contains_key(&citizen));
        assert_eq!(town.hung_up[&citizen], (Side::Peer, Why::Status(404)), "{code} from {user}");
    }
}
