//! What an operator knows of a day.

use std::time::Duration;

use base::Digit;

use crate::{Demand, Patience, Spread};

/// Half hours of a day.
pub const HALVES: usize = 48;
pub const HALF_HOUR: Duration = Duration::from_secs(1800);

/// A day of calls and the people on duty.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// Calls that arrive in each half hour from midnight, without bursts.
    pub calls: [f64; HALVES],
    pub bursts: Vec<Burst>,
    /// The share of callers who dial again when we cut their call short.
    pub redial: f64,
    pub choices: Vec<Choice>,
    /// From the answer or the last key to the next key.
    pub think: Spread,
    /// The share of keys that a wrong one precedes.
    pub wrong_keys: f64,
    pub patience: Patience,
    /// Agents on duty in each half hour.
    pub agents: [u32; HALVES],
    /// From the first ring to the answer.
    pub answer: Spread,
    pub talk: Spread,
    /// What the configuration says where none.
    pub wrap_up: Option<Duration>,
    /// Shares of offers that an agent declines, and that ring out.
    pub declines: f64,
    pub no_answers: f64,
    /// Shares of talks in which a phone of either side falls silent.
    pub agents_vanish: f64,
    pub citizens_vanish: f64,
    /// The share of SIP messages that the network loses.
    pub loss: f64,
    /// When the process is killed, from midnight.
    pub restarts: Vec<Duration>,
}

/// More calls for a while.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Burst {
    /// From midnight.
    pub at: Duration,
    pub length: Duration,
    /// How many times as many calls come.
    pub factor: f64,
}

/// What some of the callers press.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    pub keys: Vec<Digit>,
    /// Beside the shares of the others.
    pub share: f64,
}

/// A key and the time before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Press {
    pub after: Duration,
    pub digit: Digit,
}

impl Profile {
    /// Calls a second at this time of the day.
    pub fn rate_at(&self, at: Duration) -> f64 {
        let half = (at.as_secs() / HALF_HOUR.as_secs()) as usize % HALVES;
        let within = |burst: &&Burst| burst.at <= at && at < burst.at + burst.length;
        let factor: f64 = self.bursts.iter().filter(within).map(|burst| burst.factor).product();
        self.calls[half] * factor / HALF_HOUR.as_secs_f64()
    }

    /// The mean rate of a half hour, bursts included.
    pub fn rate_of(&self, half: usize) -> f64 {
        let start = HALF_HOUR * half as u32;
        let seconds = HALF_HOUR.as_secs();
        (0..seconds).map(|s| self.rate_at(start + Duration::from_secs(s))).sum::<f64>() / seconds as f64
    }

    /// What a half hour asks of agents, as if it went on for ever; `wrap_up` is the configuration's.
    pub fn demand_of(&self, half: usize, wrap_up: Duration) -> Demand {
        let service = self.answer.mean() + self.talk.mean() + self.wrap_up.unwrap_or(wrap_up);
        Demand { per_s: self.rate_of(half), service, patience: self.patience }
    }

    /// The same day with so many times the calls and the agents; somebody stays on duty where somebody was.
    pub fn scaled(mut self, factor: f64) -> Profile {
        self.calls.iter_mut().for_each(|calls| *calls *= factor);
        for agents in self.agents.iter_mut().filter(|agents| **agents > 0) {
            *agents = ((f64::from(*agents) * factor).round() as u32).max(1);
        }
        self
    }

    /// What a caller presses and when: mistakes included.
    pub fn keys_of(&self, rng: &mut base::Rng) -> Vec<Press> {
        let whole: f64 = self.choices.iter().map(|choice| choice.share).sum();
        let mut place = rng.unit() * whole;
        let chosen = self.choices.iter().find(|choice| {
            place -= choice.share;
            place < 0.0
        });
        let mut presses = Vec::new();
        for digit in chosen.map(|choice| choice.keys.as_slice()).unwrap_or_default() {
            if rng.chance(self.wrong_keys) {
                presses.push(Press { after: self.think.draw(rng), digit: self.slip(*digit, rng) });
            }
            presses.push(Press { after: self.think.draw(rng), digit: *digit });
        }
        presses
    }

    /// A key that nobody's choice begins with where there is one, else a neighbour: 0, * and # mean something everywhere.
    fn slip(&self, meant: Digit, rng: &mut base::Rng) -> Digit {
        let taken = |n: &u8| self.choices.iter().any(|choice| choice.keys.contains(&Digit::Number(*n)));
        let free: Vec<u8> = (1..=9).filter(|n| !taken(n)).collect();
        match (free.is_empty(), meant) {
            (false, _) => Digit::Number(free[rng.below(free.len() as u64) as usize]),
            (true, Digit::Number(n)) => Digit::Number(n % 9 + 1),
            (true, other) => other,
        }
    }
}
