//! Offers that come to nothing: the citizen goes on waiting and the next agent is tried.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use base::{Codec, Digit, Secret};
use load::phone::{Act, Answering, Config, Keys, Step, TonePair, Voice};
use load::{PhoneId, Runner};

use crate::kit::engine::{Engine, replace};
use crate::kit::ports;

const LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const CITIZEN: TonePair = TonePair { low_hz: 1300, high_hz: 1700 };
const AGENT: TonePair = TonePair { low_hz: 1500, high_hz: 2100 };
const LISTEN: [u16; 4] = [1300, 1700, 1500, 2100];
pub(crate) const LIMIT: Duration = Duration::from_secs(40);

pub(crate) fn short_ring(config: &Path) {
    replace(&config.join("queues.toml"), "ring_s = 20", "ring_s = 2");
}

pub(crate) fn agent(runner: &mut Runner, server: SocketAddr, number: u16, answering: Answering) -> PhoneId {
    let id = runner.add(LOCAL, |sip, rtp| Config {
        password: Some(Secret(format!("example-{number}"))),
        answering,
        voice: Voice::Tones(AGENT),
        listen_hz: LISTEN.to_vec(),
        ..Config::new(&number.to_string(), server, sip, rtp)
    });
    let id = id.expect("ports for an agent");
    runner.act(id, |phone, now, out| phone.register(now, out));
    assert!(runner.run_until(LIMIT, |r| r.phone(id).is_registered()).expect("sockets work"), "{number} registers");
    id
}

pub(crate) fn citizen(runner: &mut Runner, server: SocketAddr, keys: Keys) -> PhoneId {
    let press = Step { after: Duration::from_millis(500), act: Act::Press(Digit::Number(0)) };
    let id = runner.add(LOCAL, |sip, rtp| Config {
        voice: Voice::Tones(CITIZEN),
        listen_hz: LISTEN.to_vec(),
        script: vec![press],
        codecs: vec![Codec::Pcmu],
        keys,
        ..Config::new("13700137000", server, sip, rtp)
    });
    let id = id.expect("ports for a citizen");
    runner.act(id, |phone, now, out| phone.dial(now, "12345", out));
    id
}

/// Both hear each other for half a second without a break.
pub(crate) fn talk(runner: &mut Runner, citizen: PhoneId, agent: PhoneId) {
    let hears = |r: &Runner, id: PhoneId, tones: u64| {
        r.phone(id).ear().windows().rev().take(5).filter(|w| w.tones == tones).count() == 5
    };
    let both = runner.run_until(LIMIT, |r| hears(r, citizen, 0b1100) && hears(r, agent, 0b0011));
    assert!(both.expect("sockets work"), "citizen and agent hear each other");
    runner.act(citizen, |phone, now, out| phone.hang_up(now, out));
    runner.run_until(Duration::from_millis(300), |_| false).expect("sockets work");
}

/// A citizen served by 1002 although 1001 is first in line and does `answering`.
fn second_agent_serves(answering: Answering) {
    let engine = Engine::start_with(short_ring);
    let mut runner = Runner::new().expect("descriptors");
    agent(&mut runner, engine.sip, 1001, answering);
    let second = agent(&mut runner, engine.sip, 1002, Answering::After(Duration::from_millis(200)));
    let caller = citizen(&mut runner, engine.sip, Keys::Rtp);
    talk(&mut runner, caller, second);
    let record = engine.ended_records(1).remove(0);
    assert_eq!(record["agent"], "1002", "{record}");
    assert_eq!(record["end_reason"], "caller_hangup", "{record}");
}

#[test]
fn a_busy_agent_is_passed_over() {
    second_agent_serves(Answering::Reject(486));
}

#[test]
fn a_declining_agent_is_passed_over() {
    second_agent_serves(Answering::Reject(603));
}

#[test]
fn an_agent_who_lets_it_ring_is_passed_over() {
    second_agent_serves(Answering::Never);
}

#[test]
fn a_dead_phone_is_passed_over_at_once() {
    let engine = Engine::start();
    let mut gone = Runner::new().expect("descriptors");
    agent(&mut gone, engine.sip, 1001, Answering::Never);
    // Its sockets close: the registration stands, nobody listens.
    drop(gone);
    let mut runner = Runner::new().expect("descriptors");
    let second = agent(&mut runner, engine.sip, 1002, Answering::After(Duration::from_millis(200)));
    let caller = citizen(&mut runner, engine.sip, Keys::Rtp);
    talk(&mut runner, caller, second);
    let record = engine.ended_records(1).remove(0);
    assert_eq!(record["agent"], "1002", "{record}");
    assert!(record["queued_ms"].as_u64() < Some(5000), "the network's word is taken, not the ring time: {record}");
}

#[test]
fn keys_by_info_work_too() {
    let engine = Engine::start();
    let mut runner = Runner::new().expect("descriptors");
    let agent = agent(&mut runner, engine.sip, 1001, Answering::After(Duration::from_millis(200)));
    let caller = citizen(&mut runner, engine.sip, Keys::Info);
    talk(&mut runner, caller, agent);
    assert_eq!(engine.ended_records(1)[0]["menu_path"], serde_json::json!(["notice", "staff"]));
}

#[test]
fn carriers_and_agents_may_live_on_different_networks() {
    let agents = SocketAddr::from(([127, 0, 0, 2], *ports::block(2).start()));
    let engine = Engine::start_with(|config| {
        let file = config.join("hotline.toml");
        let text = std::fs::read_to_string(&file).expect("the shipped server");
        let network = format!("\n[[network]]\nname = \"agents\"\nlisten = \"{agents}\"\n");
        std::fs::write(file, text + &network).expect("written");
    });
    let mut runner = Runner::new().expect("descriptors");
    let agent = agent(&mut runner, agents, 1001, Answering::After(Duration::from_millis(200)));
    let caller = citizen(&mut runner, engine.sip, Keys::Rtp);
    talk(&mut runner, caller, agent);
    assert_eq!(engine.ended_records(1)[0]["agent"], "1001");
}
