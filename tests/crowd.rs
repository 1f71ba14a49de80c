//! Two hundred citizens at once and twenty agents: who heard whom, and what was written down.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use base::{Digit, Secret};
use load::phone::{Act, Answering, Config, Side, Step, TonePair, Voice, What, Why};
use load::{PhoneId, Runner};
use serde_json::Value;

use crate::kit::engine::Engine;

const CITIZENS: u32 = 200;
const AGENTS: u32 = 20;
/// A pair that lasts this many windows of 100 ms is a voice: speech passes through a pair for a moment, and a lost packet
/// blurs one window.
const VOICE_WINDOWS: usize = 6;
const LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Every frequency that a pair may use.
fn listen() -> Vec<u16> {
    (400..=2800).step_by(50).collect()
}

/// The pairs of all parties: above the hold music's fundamentals and apart from each other.
fn pairs() -> &'static [TonePair] {
    static PAIRS: OnceLock<Vec<TonePair>> = OnceLock::new();
    PAIRS.get_or_init(|| {
        let all = (0..TonePair::COUNT).map(TonePair::numbered);
        let apart = |p: &TonePair| p.low_hz >= 1200 && p.high_hz - p.low_hz >= 100;
        all.filter(apart).take((CITIZENS + AGENTS) as usize).collect()
    })
}

fn pair_of_citizen(number: u32) -> TonePair {
    pairs()[number as usize]
}

fn pair_of_agent(number: u32) -> TonePair {
    pairs()[(CITIZENS + number) as usize]
}

/// Adds agents 1011 to 1020 to the shipped ten.
fn twenty_agents(config: &Path) {
    let file = config.join("queues.toml");
    let mut text = std::fs::read_to_string(&file).expect("the shipped queues");
    let shipped = text.find("[[agent]]").expect("the shipped agents");
    let first = text[shipped..].split("\n[[agent]]").next().expect("the first agent").to_owned();
    assert!(first.contains("1001"), "the first agent is 1001: {first}");
    for number in 1011..=1000 + AGENTS {
        text.push('\n');
        text.push_str(&first.replace("1001", &number.to_string()));
    }
    std::fs::write(file, text).expect("written");
}

fn agent(runner: &mut Runner, server: SocketAddr, place: u32) -> PhoneId {
    let number = 1001 + place;
    let id = runner.add(LOCAL, |sip, rtp| Config {
        password: Some(Secret(format!("example-{number}"))),
        answering: Answering::After(Duration::from_millis(300)),
        voice: Voice::Tones(pair_of_agent(place)),
        listen_hz: listen(),
        ..Config::new(&number.to_string(), server, sip, rtp)
    });
    id.expect("ports for an agent")
}

fn citizen(runner: &mut Runner, server: SocketAddr, place: u32) -> PhoneId {
    let number = format!("138{:08}", place);
    let press = Step { after: Duration::from_secs(1), act: Act::Press(Digit::Number(0)) };
    let id = runner.add(LOCAL, |sip, rtp| Config {
        voice: Voice::Tones(pair_of_citizen(place)),
        listen_hz: listen(),
        script: vec![press],
        ..Config::new(&number, server, sip, rtp)
    });
    id.expect("ports for a citizen")
}

/// Every party that was heard without a break for a while.
fn voices(runner: &Runner, id: PhoneId) -> BTreeSet<(u16, u16)> {
    let windows: Vec<u64> = runner.phone(id).ear().windows().map(|w| w.tones).collect();
    let heard = |pair: &&TonePair| {
        let holds = |tones: &u64| tones & mask(**pair) == mask(**pair) && tones.count_ones() <= 4;
        windows.windows(VOICE_WINDOWS).any(|run| run.iter().all(holds))
    };
    pairs().iter().filter(heard).map(|pair| hz(*pair)).collect()
}

fn hz(pair: TonePair) -> (u16, u16) {
    (pair.low_hz, pair.high_hz)
}

#[test]
fn two_hundred_calls_and_twenty_agents_and_nobody_hears_a_stranger() {
    let engine = Engine::start_for(500, twenty_agents);
    let mut runner = Runner::new().expect("descriptors");
    let agents: Vec<_> = (0..AGENTS).map(|i| agent(&mut runner, engine.sip, i)).collect();
    let citizens: Vec<_> = (0..CITIZENS).map(|i| citizen(&mut runner, engine.sip, i)).collect();
    for id in &agents {
        runner.act(*id, |phone, now, out| phone.register(now, out));
    }
    let all_on = |r: &mut Runner| agents.iter().all(|id| r.phone(*id).is_registered());
    assert!(runner.run_until(Duration::from_secs(20), all_on).expect("sockets work"), "every agent registers");
    for id in &citizens {
        runner.act(*id, |phone, now, out| phone.dial(now, "12345", out));
    }
    let ended = talk_in_turns(&mut runner, &agents, &citizens);
    assert_eq!(ended, citizens.len(), "every citizen was served");
    let records = engine.ended_records(citizens.len());
    check(&runner, &agents, &citizens, &records);
}

/// Each citizen hangs up some seconds after hearing the agent; returns how many did.
fn talk_in_turns(runner: &mut Runner, agents: &[PhoneId], citizens: &[PhoneId]) -> usize {
    let mut hang_up_at = BTreeMap::new();
    let mut ended = BTreeSet::new();
    let agent_pairs: BTreeSet<u64> = (0..agents.len() as u32).map(|i| mask(pair_of_agent(i))).collect();
    let done = runner.run_until(Duration::from_secs(240), |r| {
        for (id, event) in r.take_events() {
            let What::HungUp { by, why } = event.what else { continue };
            if citizens.contains(&id) {
                assert_eq!((by, why), (Side::Us, Why::Bye), "citizen {} of {}", id.0 - agents.len(), citizens.len());
                ended.insert(id.0);
            }
        }
        let now = r.now();
        for id in citizens {
            let hears_agent = r.phone(*id).ear().windows().next_back().is_some_and(|w| agent_pairs.contains(&w.tones));
            if hears_agent {
                hang_up_at.entry(id.0).or_insert(now + Duration::from_secs(2));
            }
            if hang_up_at.get(&id.0).is_some_and(|at| *at <= now) && !ended.contains(&id.0) {
                r.act(*id, |phone, now, out| phone.hang_up(now, out));
            }
        }
        ended.len() == citizens.len()
    });
    done.expect("sockets work");
    ended.len()
}

fn mask(pair: TonePair) -> u64 {
    let bit = |hz: u16| 1u64 << ((hz - 400) / 50);
    bit(pair.low_hz) | bit(pair.high_hz)
}

fn check(runner: &Runner, agents: &[PhoneId], citizens: &[PhoneId], records: &[Value]) {
    assert_eq!(records.len(), citizens.len(), "one record a call");
    let mut served: BTreeMap<usize, BTreeSet<(u16, u16)>> = BTreeMap::new();
    for record in records {
        assert_eq!(record["end_reason"], "caller_hangup", "{record}");
        let caller = record["caller"].as_str().expect("a number");
        let place: u32 = caller.strip_prefix("138").and_then(|n| n.parse().ok()).expect("one of ours");
        let agent = record["agent"].as_str().and_then(|n| n.parse::<u32>().ok()).expect("an agent") - 1001;
        let heard = voices(runner, citizens[place as usize]);
        assert_eq!(
            heard,
            BTreeSet::from([hz(pair_of_agent(agent))]),
            "citizen {place} heard its agent alone: {record}"
        );
        served.entry(agent as usize).or_default().insert(hz(pair_of_citizen(place)));
    }
    for (place, id) in agents.iter().enumerate() {
        let expected = served.remove(&place).unwrap_or_default();
        let heard = voices(runner, *id);
        assert_eq!(heard, expected, "agent {} heard exactly the citizens of its records", 1001 + place);
    }
    for id in agents.iter().chain(citizens) {
        let reception = runner.phone(*id).reception();
        assert!(reception.source_changes <= 1, "one stream a call: {reception:?}");
        // Only where the source changes may the time step differ from the last packet's length: into the greeting and into the talk.
        assert!(reception.timestamp_jumps <= 2, "no jump in time: {reception:?}");
    }
}
