//! What a run is made of.

use std::time::Duration;

use base::Rng;
use switch::{Drill, Place};

use crate::Impairment;

/// One run. The seed decides everything that the other fields leave open.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    pub seed: u64,
    /// At most `CITIZENS_MAX`.
    pub citizens: u16,
    /// At most `AGENTS_MAX`.
    pub agents: u16,
    pub workers: u8,
    /// Media ends to keep ready for each worker.
    pub leases_ready: u16,
    /// The share of media ends that cannot be bound.
    pub lease_failures: f64,
    /// Citizens arrive within this time; nobody dials later.
    pub span: Duration,
    pub impairment: Impairment,
    /// The longest that a message between two owners is on its way; zero delivers at once, in any order between wires.
    pub wire_delay_max: Duration,
    /// The longest that a job or a notice is on its way between switch and workers.
    pub rim_delay_max: Duration,
    /// Whether phones speak and listen; without, keys go by INFO.
    pub media: bool,
    /// The share of people, phones and moments that misbehave.
    pub trouble: f64,
    /// When the operator stops the engine: no new calls, and two seconds later no calls.
    pub stop_after: Option<Duration>,
    /// When the wall clock is set, and by how many milliseconds.
    pub clock_steps: Vec<(Duration, i64)>,
    /// When the process is killed; at the first write after.
    pub kills: Vec<Duration>,
    /// A panic on purpose in the logic of one call.
    pub drill: Option<Drill>,
    /// Whether both parties hear the agent's number at connect.
    pub greeting: bool,
    /// The share of talks that the agent hands on.
    pub handing: f64,
    /// The share of shifts and talks in which the agent calls a colleague.
    pub consulting: f64,
    /// Lines outside that agents, call backs and those on duty are reached at; at most `LINES_MAX`.
    pub lines: u16,
    /// The share of calls to colleagues that are calls to groups instead, and of talks in which the agent asks by keys.
    pub asking: f64,
    /// The share of carriers that begin, and end, to send calls on (3xx).
    pub sending_on: f64,
    /// The share of moments in which one more supervisor looks at the queue and changes something.
    pub steering: f64,
    /// Chance that a supervisor says once more of a group whether it is in surge.
    pub surging: f64,
    /// The share of citizens' calls in which they would rather be called back; where nobody speaks, and lines are outside.
    pub calling_back: f64,
    /// The share of moments in which the operator has one more configuration hold.
    pub reloading: f64,
    /// Whether the menu begins with a text that is spoken in the call, by a service that may be late or gone.
    pub texts: bool,
    /// The share of turns in which a citizen speaks to a menu that listens; where there is none it does not listen.
    pub speaking: f64,
}

impl Scenario {
    /// As many as there are tone pairs to tell people apart, less those of the agents' phones.
    pub const CITIZENS_MAX: u16 = 20;
    /// Two phones each need eight tone pairs.
    pub const AGENTS_MAX: u16 = 4;
    /// What is left of the tone pairs where nobody speaks who is not drawn.
    pub const LINES_MAX: u16 = 2;

    /// Everything drawn from the seed.
    pub fn random(seed: u64) -> Scenario {
        let mut rng = Rng::from_number(seed);
        let media = rng.chance(0.5);
        let citizens = if media { 3 + rng.below(6) } else { 4 + rng.below(14) };
        Scenario {
            seed,
            citizens: citizens as u16,
            agents: 1 + rng.below(u64::from(Scenario::AGENTS_MAX)) as u16,
            workers: 1 + rng.below(2) as u8,
            leases_ready: 2 + rng.below(14) as u16,
            lease_failures: if rng.chance(0.1) { 0.2 } else { 0.0 },
            span: Duration::from_millis(2000 + rng.below(13_000)),
            impairment: impairment(&mut rng),
            // Six seconds are longer than a phone rings: a withdrawal then overtakes its offer.
            wire_delay_max: Duration::from_millis([0, 0, 2, 2, 20, 20, 100, 6000][rng.below(8) as usize]),
            rim_delay_max: Duration::from_millis([0, 2, 20, 100][rng.below(4) as usize]),
            media,
            trouble: [0.0, 0.05, 0.2][rng.below(3) as usize],
            greeting: rng.chance(0.3),
            stop_after: rng.chance(0.05).then(|| Duration::from_millis(rng.below(15_000))),
            clock_steps: clock_steps(&mut rng),
            kills: kills(&mut rng),
            drill: rng.chance(0.1).then(|| Drill { place: Place::Call, nth: 1 + rng.below(150) }),
            handing: [0.0, 0.0, 0.1, 0.4][rng.below(4) as usize],
            consulting: [0.0, 0.0, 0.0, 0.6][rng.below(4) as usize],
            lines: [0, 0, 0, 1, Scenario::LINES_MAX][rng.below(5) as usize],
            asking: [0.0, 0.0, 0.0, 0.5][rng.below(4) as usize],
            // From here on drawn last, and nothing else where there is none: older seeds mean what they meant.
            sending_on: [0.0, 0.0, 0.0, 0.6][rng.below(4) as usize],
            steering: [0.0, 0.0, 0.0, 0.0, 0.0, 0.8][rng.below(6) as usize],
            reloading: [0.0, 0.0, 0.0, 0.0, 0.7][rng.below(5) as usize],
            calling_back: [0.0, 0.0, 0.0, 0.0, 0.7][rng.below(5) as usize],
            surging: [0.0, 0.0, 0.0, 0.7][rng.below(4) as usize],
            texts: rng.chance(0.2),
            speaking: [0.0, 0.0, 0.0, 0.0, 0.6][rng.below(5) as usize],
        }
    }

    /// Whether the network delivers every packet and the owners hear each other soon.
    pub(crate) fn is_prompt(&self) -> bool {
        self.impairment.loss == 0.0 && self.wire_delay_max <= Duration::from_millis(100)
    }
}

/// Mostly never; else by NTP or by hand, up to an hour in either direction.
fn clock_steps(rng: &mut Rng) -> Vec<(Duration, i64)> {
    let count = if rng.chance(0.2) { 1 + rng.below(3) } else { 0 };
    let mut steps: Vec<_> = (0..count)
        .map(|_| (Duration::from_millis(rng.below(20_000)), rng.below(7_200_000) as i64 - 3_600_000))
        .collect();
    steps.sort_unstable();
    steps
}

/// Mostly none; else up to three, the later ones perhaps while the process still recovers.
fn kills(rng: &mut Rng) -> Vec<Duration> {
    let count = if rng.chance(0.3) { 1 + rng.below(3) } else { 0 };
    let mut at = Duration::ZERO;
    let mut next = || {
        at += Duration::from_millis(rng.below(12_000));
        at
    };
    (0..count).map(|_| next()).collect()
}

fn impairment(rng: &mut Rng) -> Impairment {
    let ms = Duration::from_millis;
    match rng.below(10) {
        0..4 => Impairment::NONE,
        4..7 => Impairment { loss: 0.0, duplicate: 0.0, delay_min: ms(2), delay_max: ms(3 + rng.below(60)) },
        7..9 => Impairment { loss: 0.03, duplicate: 0.02, delay_min: ms(5), delay_max: ms(60) },
        _ => Impairment { loss: 0.15, duplicate: 0.1, delay_min: ms(1), delay_max: ms(200) },
    }
}
