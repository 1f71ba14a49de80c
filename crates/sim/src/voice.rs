//! The service that speaks the texts of menus: soon, too late, never, or it says that it cannot.

use base::{CallId, Clip, Rng, Time};
use switch::SpeechRequest;

use crate::plan::spoken;
use crate::wire::delay;

/// Of those who are asked, the share that says something, and of these that speaks.
const ANSWERS: f64 = 0.9;
const SPEAKS: f64 = 0.7;

pub(crate) struct Voice {
    /// Chance of its own: what else a seed stands for stays what it is.
    rng: Rng,
    under_way: Vec<(Time, CallId, u32, Option<Clip>)>,
    pub(crate) spoken: u64,
}

impl Voice {
    pub(crate) fn new(seed: u64) -> Voice {
        Voice { rng: Rng::from_number(!seed), under_way: Vec::new(), spoken: 0 }
    }

    pub(crate) fn ask(&mut self, now: Time, call: CallId, question: u32, speech: &SpeechRequest) {
        let at = now + delay(&mut self.rng, speech.timeout * 3 / 2);
        let clip = self.rng.chance(SPEAKS).then(|| spoken(100 + self.rng.below(900)));
        if self.rng.chance(ANSWERS) {
            self.under_way.push((at, call, question, clip));
        }
    }

    pub(crate) fn next(&self) -> Option<Time> {
        self.under_way.iter().map(|(at, ..)| *at).min()
    }

    /// The next answer, whenever it is due.
    pub(crate) fn take(&mut self) -> Option<(CallId, u32, Option<Clip>)> {
        let first = self.under_way.iter().enumerate().min_by_key(|(_, (at, ..))| *at).map(|(place, _)| place)?;
        let (_, call, question, clip) = self.under_way.remove(first);
        self.spoken += u64::from(clip.is_some());
        Some((call, question, clip))
    }

    /// Who asked is gone.
    pub(crate) fn forget(&mut self) {
        self.under_way.clear();
    }
}
