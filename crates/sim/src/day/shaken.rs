//! A short day at a small centre where much goes wrong, drawn from a seed: many of them find what one long day does not.

use std::sync::Arc;
use std::time::Duration;

use base::Rng;
use staff::{Burst, HALF_HOUR, HALVES, Patience};

use super::Day;

/// Apart from what the day itself draws.
const SALT: u64 = 0x6461_7900;
/// Apart from both.
const RELOADS: u64 = 0x7265_6c00;

impl Day {
    /// The same kind of calls at another time of the day, few of them, with troubles, limits and rules of the seed.
    #[must_use]
    pub fn shaken(mut self) -> Day {
        let mut rng = Rng::from_number(self.seed ^ SALT);
        self.first_half = rng.below(HALVES as u64) as usize;
        self.people(&mut rng);
        self.troubles(&mut rng);
        self.rules(&mut rng);
        let mut operator = Rng::from_number(self.seed ^ RELOADS);
        self.reloads = if operator.chance(0.3) { 1 + operator.below(5) as u32 } else { 0 };
        self
    }

    /// Calls for one to a dozen agents, who are sometimes far too few.
    fn people(&mut self, rng: &mut Rng) {
        let calls = 3.0 + 40.0 * rng.unit();
        self.profile.calls = [calls; HALVES];
        let service = self.profile.answer.mean() + self.profile.talk.mean();
        let load = calls / HALF_HOUR.as_secs_f64() * service.as_secs_f64();
        for agents in &mut self.profile.agents {
            *agents = ((load * (0.4 + 1.4 * rng.unit())).round() as u32).max(1);
        }
        let minutes = 1 + rng.below(10);
        let at = self.time(rng);
        let burst = Burst { at, length: Duration::from_secs(60 * minutes), factor: 2.0 + 8.0 * rng.unit() };
        self.profile.bursts = if rng.chance(0.3) { vec![burst] } else { Vec::new() };
        let mean = Duration::from_millis(5_000 + rng.below(300_000));
        self.profile.patience = Patience { mean, never: [0.0, 0.1, 0.5][rng.below(3) as usize] };
    }

    fn troubles(&mut self, rng: &mut Rng) {
        let restarts = if rng.chance(0.4) { 1 + rng.below(3) } else { 0 };
        let restarts = (0..restarts).map(|_| self.time(rng)).collect();
        let profile = &mut self.profile;
        profile.restarts = restarts;
        profile.declines = [0.0, 0.0, 0.05, 0.4][rng.below(4) as usize];
        profile.no_answers = [0.0, 0.0, 0.05, 0.4][rng.below(4) as usize];
        profile.agents_vanish = [0.0, 0.0, 0.02, 0.2][rng.below(4) as usize];
        profile.citizens_vanish = [0.0, 0.0, 0.02, 0.2][rng.below(4) as usize];
        profile.loss = [0.0, 0.0, 0.02, 0.1][rng.below(4) as usize];
        profile.wrong_keys = [0.0, 0.1, 0.6][rng.below(3) as usize];
        profile.redial = rng.unit();
        profile.wrap_up = rng.chance(0.5).then(|| Duration::from_secs(rng.below(60)));
    }

    /// Queues that are full, waits that end, agents who are paused: what a large day meets too seldom.
    fn rules(&mut self, rng: &mut Rng) {
        for group in &mut self.hotline.acd.groups {
            group.limit = 1 + rng.below(12) as usize;
            group.wait = rng.chance(0.5).then(|| Duration::from_secs(10 + rng.below(300)));
            group.ring = Duration::from_secs(5 + rng.below(20));
        }
        self.hotline.roster.pause_after_unanswered = [0, 1, 3][rng.below(3) as usize];
        let call = Arc::make_mut(&mut self.hotline.call);
        call.limits.talk = Duration::from_secs(60 + rng.below(1200));
        if rng.chance(0.2) {
            call.limits.calls = 2 + rng.below(10) as usize;
        }
    }

    /// A moment of the run, as a time of the day.
    fn time(&self, rng: &mut Rng) -> Duration {
        let within = HALF_HOUR * self.halves as u32;
        let at = HALF_HOUR * self.first_half as u32 + within.mul_f64(rng.unit());
        Duration::from_nanos((at.as_nanos() % (HALF_HOUR * HALVES as u32).as_nanos()) as u64)
    }
}
