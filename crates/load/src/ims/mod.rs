//! A carrier's IMS trunk: calls of every kind that it sends, at a rate, with agents who answer and ears on both sides.

mod caller;
mod kind;
mod outcome;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use base::{Rng, Time};
use phone::{Config, TonePair, Voice};

use self::caller::{Caller, WAITS_MAX};
pub use self::kind::Kind;
pub use self::outcome::{Outcome, Tally};
use crate::{PhoneId, Runner, address_towards, agents};

/// The agents' voice; the citizens have one each.
const AGENT: TonePair = TonePair { low_hz: 450, high_hz: 650 };
/// Who gave up early still has an answer to acknowledge and to hang up on; half a second is a repetition.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// How often ears are asked: half a window.
const LISTEN_EVERY: Duration = Duration::from_millis(50);
/// Citizens at once: so many voices can be told apart.
const CALLERS_MAX: usize = 200;
/// A caller who gives up early does so within this.
const PATIENCE_MS: u64 = 40;

/// What to do to which engine.
#[derive(Clone, Debug)]
pub struct Plan {
    pub server: SocketAddr,
    /// Calls to place; each kind comes as often as the others.
    pub calls: u64,
    /// Calls a second.
    pub rate: f64,
    /// Citizens' phones, at most 200: calls at once.
    pub at_once: usize,
    /// Agents 1001 and up with the shipped passwords.
    pub agents: u32,
    pub seed: u64,
}

/// Everybody's phones.
struct Trunk {
    runner: Runner,
    agents: Vec<PhoneId>,
    callers: Vec<Caller>,
    places: BTreeMap<PhoneId, usize>,
    outcome: Outcome,
}

/// Runs as planned.
///
/// # Errors
/// A sentence: sockets are missing here, agents cannot register, or calls do not come to an end.
pub fn run(plan: &Plan) -> Result<Outcome, String> {
    let mut trunk = Trunk::new(plan).map_err(|error| format!("the phones cannot be set up: {error}"))?;
    agents::sign_on(&mut trunk.runner, &trunk.agents)?;
    let mut rng = Rng::from_number(plan.seed);
    let began = Instant::now();
    let mut placed = 0;
    let mut listen_at = Time::ZERO;
    let last_call = Duration::from_secs_f64(plan.calls as f64 / plan.rate);
    // Calls wait for a phone that is free, and for agents: each phone's calls follow each other.
    let rounds = plan.calls.div_ceil(plan.at_once.max(1) as u64) as u32;
    let limit = last_call + WAITS_MAX * (rounds + 1);
    while trunk.outcome.calls() < plan.calls {
        if began.elapsed() > limit {
            return Err(format!("{} of {} calls ended within {limit:?}", trunk.outcome.calls(), plan.calls));
        }
        let due = ((began.elapsed().as_secs_f64() * plan.rate) as u64 + 1).min(plan.calls);
        while placed < due && trunk.dial(placed, &mut rng) {
            placed += 1;
        }
        trunk.turn()?;
        if trunk.runner.now() >= listen_at {
            listen_at = trunk.runner.now() + LISTEN_EVERY;
            trunk.live();
        }
    }
    let end = trunk.runner.now() + LAST_WORDS;
    while trunk.runner.now() < end {
        trunk.turn()?;
    }
    Ok(trunk.outcome)
}

impl Trunk {
    fn new(plan: &Plan) -> std::io::Result<Trunk> {
        let mut runner = Runner::new()?;
        let voices = voices(plan.at_once.min(CALLERS_MAX));
        let agents = agents::add(&mut runner, plan.server, plan.agents, AGENT, |config| {
            config.listen_hz = listened();
        })?;
        let local = address_towards(plan.server)?;
        let mut callers = Vec::new();
        for (number, voice) in voices.into_iter().enumerate() {
            let id = runner.add(local, |sip, media| {
                let user = format!("137{number:08}");
                let mut config = Config {
                    voice: Voice::Tones(voice),
                    listen_hz: listened(),
                    ..Config::new(&user, plan.server, sip, media)
                };
                // Its proxies are there from the beginning.
                Kind::Plain.dress(&mut config);
                config
            })?;
            callers.push(Caller::new(id, voice));
        }
        let places = callers.iter().enumerate().map(|(place, caller)| (caller.id, place)).collect();
        Ok(Trunk { runner, agents, callers, places, outcome: Outcome::default() })
    }

    /// Whether a phone was free for the call.
    fn dial(&mut self, number: u64, rng: &mut Rng) -> bool {
        let Some(caller) = self.callers.iter_mut().find(|caller| caller.is_free(&self.runner)) else { return false };
        let kind = Kind::ALL[(number % Kind::ALL.len() as u64) as usize];
        caller.dial(&mut self.runner, kind, Duration::from_millis(rng.below(PATIENCE_MS)));
        true
    }

    fn turn(&mut self) -> Result<(), String> {
        self.runner.turn(Duration::from_millis(5)).map_err(|error| format!("the phones cannot wait: {error}"))?;
        for (id, event) in self.runner.take_events() {
            let Some(place) = self.places.get(&id) else { continue };
            if let Some(end) = self.callers[*place].hears(&self.runner, &event) {
                self.outcome.add(end);
            }
        }
        Ok(())
    }

    fn live(&mut self) {
        let agents = &self.agents;
        let hear = |runner: &Runner, caller: &Caller, from: Time, windows: usize| {
            hears(runner, caller.id, AGENT, from, windows)
                && agents.iter().any(|agent| hears(runner, *agent, caller.voice, from, windows))
        };
        for caller in &mut self.callers {
            caller.live(&mut self.runner, hear);
        }
    }
}

/// Every frequency of a voice: whole tens of hertz, 50 apart.
fn listened() -> Vec<u16> {
    (400..=2800).step_by(50).collect()
}

/// Voices that can be told from each other, from the agents' and from the hold music's fundamentals.
fn voices(count: usize) -> Vec<TonePair> {
    let all = (0..TonePair::COUNT).map(TonePair::numbered);
    all.filter(|pair| pair.low_hz >= 1200 && pair.high_hz - pair.low_hz >= 100).take(count).collect()
}

/// Whether a phone's last windows since `from` hold this voice and hardly anything else.
fn hears(runner: &Runner, id: PhoneId, voice: TonePair, from: Time, windows: usize) -> bool {
    let bit = |hz: u16| 1u64 << ((hz - 400) / 50);
    let mask = bit(voice.low_hz) | bit(voice.high_hz);
    let last = runner.phone(id).ear().windows().rev().take(windows);
    let first = from + Duration::from_millis(100);
    last.filter(|w| w.at >= first && w.tones & mask == mask && w.tones.count_ones() <= 4).count() == windows
}
