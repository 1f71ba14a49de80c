//! Whose voice is heard: each party speaks a pair of tones of its own.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use base::Time;
use load::phone::{Ear, TonePair};

/// Above the fundamentals of the music on hold.
const LOWEST_HZ: u16 = 1200;
const STEP_HZ: u16 = 50;
const TONES: usize = 33;
/// Every frequency that a pair may use.
pub(super) const LISTEN: [u16; TONES] = listen();
/// More than there are agents; the other pairs are citizens'.
const AGENTS: usize = 60;
/// A pair without a break for so many windows of 100 ms is a voice: speech passes through a pair for a moment.
const VOICE_WINDOWS: usize = 6;
/// A lost packet, or the beginning of a voice, blurs a window; more tones than this are no pair.
const BLURRED_MAX: u32 = 4;

const fn listen() -> [u16; TONES] {
    let mut all = [0; TONES];
    let mut place = 0;
    while place < TONES {
        all[place] = LOWEST_HZ + STEP_HZ * place as u16;
        place += 1;
    }
    all
}

/// Tones of a pair lie apart, so that none hides the other.
fn pairs() -> &'static [TonePair] {
    static PAIRS: OnceLock<Vec<TonePair>> = OnceLock::new();
    PAIRS.get_or_init(|| {
        let apart = |p: &TonePair| p.low_hz >= LOWEST_HZ && p.high_hz - p.low_hz >= 2 * STEP_HZ;
        (0..TonePair::COUNT).map(TonePair::numbered).filter(apart).collect()
    })
}

pub(super) fn of_agent(place: usize) -> TonePair {
    assert!(place < AGENTS, "few enough");
    pairs()[place]
}

/// There are 436: who calls so many later has the same again.
pub(super) fn of_citizen(place: usize) -> TonePair {
    let rest = &pairs()[AGENTS..];
    rest[place % rest.len()]
}

pub(super) fn mask(pair: TonePair) -> u64 {
    let bit = |hz: u16| 1u64 << ((hz - LOWEST_HZ) / STEP_HZ);
    bit(pair.low_hz) | bit(pair.high_hz)
}

/// Whether this voice was heard for a while until now, all of it after `from`.
pub(super) fn hears(ear: &Ear, pair: TonePair, from: Time) -> bool {
    let last = ear.windows().rev().take(VOICE_WINDOWS).filter(|w| w.at > from && holds(w.tones, mask(pair)));
    last.count() == VOICE_WINDOWS
}

fn holds(tones: u64, pair: u64) -> bool {
    tones & pair == pair && tones.count_ones() <= BLURRED_MAX
}

/// Every voice that was heard for a while, as masks.
pub(super) fn heard(ear: &Ear) -> BTreeSet<u64> {
    let windows: Vec<u64> = ear.windows().map(|w| w.tones).collect();
    let mut heard = BTreeSet::new();
    for run in windows.windows(VOICE_WINDOWS) {
        let common = run.iter().fold(u64::MAX, |all, tones| all & tones);
        if common.count_ones() >= 2 && run.iter().all(|tones| tones.count_ones() <= BLURRED_MAX) {
            heard.extend(pairs().iter().map(|pair| mask(*pair)).filter(|pair| common & pair == *pair));
        }
    }
    heard
}
