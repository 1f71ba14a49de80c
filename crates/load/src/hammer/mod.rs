//! Spoilt SIP, RTP and RTCP at a running engine from many sources, with a good call after each batch.
//!
//! It tests what bad input does, not overload: after every few datagrams it waits until the engine has answered a whole
//! OPTIONS, and it never sends faster than it is told.

mod good;
mod mutate;
mod seeds;
mod strangers;
mod victims;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use base::Rng;

use self::good::Pair;
use self::seeds::Seeds;
use self::strangers::Strangers;
use self::victims::Victims;
use crate::{Path, Runner, memory};

/// Datagrams between two proofs that the engine keeps up: a socket buffer holds many times as many.
const BURST: u64 = 50;
/// How long an engine that keeps up may take to answer an OPTIONS on a machine that others use too.
const PONG_MAX: Duration = Duration::from_secs(10);
/// How long the calls of a batch may take to end: Timer F and what an engine adds.
const QUIET_MAX: Duration = Duration::from_secs(60);

/// Messages a second unless told otherwise: a quarter of what one core of the engine can refuse, so that calls go on beside it.
pub const RATE: u64 = 2_000;
/// What the memory may grow by unless told otherwise: calls that come about by chance fill the engine's ring of events, some 45 MB
/// when it is full after more than a million messages; a leak of 64 bytes a message would show as more within a million.
pub const GROWTH_KB_MAX: u64 = 32 * 1024;

/// What to hammer, and how much.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Where the engine takes SIP.
    pub server: SocketAddr,
    /// The engine's process, for its memory.
    pub process: u32,
    pub messages: u64,
    /// Messages between two good calls.
    pub batch: u64,
    /// Messages a second at most.
    pub rate: u64,
    pub seed: u64,
    /// What the engine's memory may grow by, in KiB, after the warm-up.
    pub growth_kb_max: u64,
}

/// How one batch went.
#[derive(Clone, Copy, Debug)]
pub struct Batch {
    /// Messages so far, all batches together.
    pub messages: u64,
    pub seconds: f64,
    /// The engine's memory after the good call.
    pub resident_kb: u64,
    /// From dialling to both hearing each other.
    pub call_ms: u64,
}

/// What all batches came to.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    pub batches: Vec<Batch>,
    /// Answers that strangers got, by class: 1xx to 6xx.
    pub answers: [u64; 7],
    /// Calls of strangers that the engine answered, and that were acknowledged and ended at once.
    pub stray_calls: u64,
}

impl Outcome {
    /// Growth of the memory from the end of the warm-up, its first third, to the last batch; in KiB.
    pub fn growth_kb(&self) -> u64 {
        let warm = self.batches.get(self.batches.len() / 3).map_or(0, |batch| batch.resident_kb);
        self.batches.last().map_or(0, |last| last.resident_kb.saturating_sub(warm))
    }
}

struct Hammer {
    plan: Plan,
    rng: Rng,
    runner: Runner,
    seeds: Seeds,
    strangers: Strangers,
    victims: Victims,
    good: Pair,
}

/// Hammers as planned; `tell` is given every batch as it ends.
///
/// # Errors
/// A sentence: the engine fell silent, a good call failed, its memory grew beyond the bound, or sockets are missing here.
pub fn run(plan: Plan, tell: &mut dyn FnMut(&Batch)) -> Result<Outcome, String> {
    let mut hammer = Hammer::new(plan).map_err(|error| format!("the hammer has no sockets: {error}"))?;
    let mut outcome = Outcome::default();
    let began = Instant::now();
    let mut sent = 0;
    hammer.good.call(&mut hammer.runner).map_err(|what| format!("the call before the first batch: {what}"))?;
    while sent < hammer.plan.messages {
        let count = hammer.plan.batch.min(hammer.plan.messages - sent).max(1);
        hammer.batch(count).map_err(|what| hammer.because(sent, &what))?;
        sent += count;
        let call_ms = hammer.good.call(&mut hammer.runner).map_err(|what| hammer.because(sent, &what))?;
        let resident_kb = memory::resident_kb(hammer.plan.process).map_err(|error| error.to_string())?;
        let batch = Batch { messages: sent, seconds: began.elapsed().as_secs_f64(), resident_kb, call_ms };
        tell(&batch);
        outcome.batches.push(batch);
    }
    outcome.answers = hammer.strangers.answers;
    outcome.stray_calls = hammer.strangers.calls;
    let (growth, bound) = (outcome.growth_kb(), hammer.plan.growth_kb_max);
    if growth > bound {
        return Err(format!("the engine's memory grew by {growth} KiB after the warm-up; {bound} KiB are allowed"));
    }
    Ok(outcome)
}

impl Hammer {
    fn new(plan: Plan) -> std::io::Result<Hammer> {
        let mut runner = Runner::new()?;
        let victims = Victims::new(&mut runner, plan.server)?;
        let good = Pair::new(&mut runner, plan.server)?;
        let strangers = Strangers::bind(plan.server)?;
        let rng = Rng::from_number(plan.seed);
        Ok(Hammer { plan, rng, runner, seeds: Seeds::default(), strangers, victims, good })
    }

    fn because(&self, sent: u64, what: &str) -> String {
        format!("after {sent} messages, seed {}: {what}", self.plan.seed)
    }

    /// Sends `count` spoilt datagrams while phones talk, then lets every call end.
    fn batch(&mut self, count: u64) -> Result<(), String> {
        let began = Instant::now();
        let mut sent = 0;
        while sent < count {
            self.victims.live(&mut self.runner, &mut self.rng);
            self.victims.give(&mut self.runner, &mut self.seeds);
            for _ in 0..BURST.min(count - sent) {
                self.strike();
                sent += 1;
            }
            self.keep_pace(began, sent)?;
        }
        self.victims.rest(&mut self.runner);
        let until = Instant::now() + QUIET_MAX;
        while !self.victims.are_quiet(&self.runner) && Instant::now() < until {
            self.turn(Duration::from_millis(20))?;
        }
        self.wait_for_pong()
    }

    fn strike(&mut self) {
        if self.rng.chance(0.25)
            && let Some(media) = self.seeds.media(&mut self.rng)
        {
            let other = self.seeds.sip(&mut self.rng);
            let bytes = mutate::mutate(&mut self.rng, &media.bytes, &other);
            let spoilt = crate::Sent { bytes, ..media };
            return self.send(&spoilt);
        }
        let (seed, other) = (self.seeds.sip(&mut self.rng), self.seeds.sip(&mut self.rng));
        let bytes = mutate::mutate(&mut self.rng, &seed, &other);
        self.send(&crate::Sent { path: Path::Sip, to: self.plan.server, bytes });
    }

    /// From a phone in a call, or from one of many strangers.
    fn send(&mut self, datagram: &crate::Sent) {
        match self.victims.any(&mut self.rng) {
            Some(id) if self.rng.chance(0.3) => self.runner.send(id, datagram),
            _ => self.strangers.send(&mut self.rng, datagram),
        }
    }

    fn keep_pace(&mut self, began: Instant, sent: u64) -> Result<(), String> {
        self.wait_for_pong()?;
        let due = began + Duration::from_secs_f64(sent as f64 / self.plan.rate.max(1) as f64);
        loop {
            let left = due.saturating_duration_since(Instant::now());
            self.turn(left.min(Duration::from_millis(20)))?;
            if left.is_zero() {
                return Ok(());
            }
        }
    }

    /// The engine has read everything that was sent before.
    fn wait_for_pong(&mut self) -> Result<(), String> {
        let ping = self.strangers.ping(&mut self.rng);
        let until = Instant::now() + PONG_MAX;
        while !self.strangers.has_pong(&ping) {
            if Instant::now() > until {
                return Err(format!(
                    "no answer to OPTIONS within {} s: the engine is stuck or gone",
                    PONG_MAX.as_secs()
                ));
            }
            self.turn(Duration::from_millis(1))?;
        }
        Ok(())
    }

    fn turn(&mut self, wait: Duration) -> Result<(), String> {
        self.strangers.listen(&mut self.rng);
        self.runner.turn(wait).map_err(|error| format!("the phones cannot wait on their sockets: {error}"))
    }
}
