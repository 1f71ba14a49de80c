//! What is learned of each group, and how long a caller waits by it.
//!
//! Agents who serve a group become free at some rate: so many at work, each busy for the mean of answer, talk and wrap-up; those ahead
//! leave the line by themselves at another. A caller behind `n` others waits for `n + 1` such departures. That gives a mean and a spread.
//! How far outcomes lie from it, in spreads, is followed by group and class of line: the tenth and the ninetieth of a hundred, each moved a little
//! by each outcome, further by one outside of it than by one inside, so that in the long run one of ten lies below and one above, whatever
//! the model leaves out. Who hangs up would have waited longer: such an outcome counts with the share of it that the range itself gives
//! to a longer wait.
//!
//! Only + − × ÷ and the square root: the same on every machine.

use std::time::Duration;

use base::{GroupId, Time};

use crate::Range;
use crate::ledger::Learned;

/// Lines of a length alike, by callers to be served, oneself included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    UnderTwo,
    UnderFive,
    UnderTwelve,
    UnderThirty,
    Longer,
}

const CLASSES: usize = 5;

impl Class {
    fn of(count: f64) -> Class {
        match count {
            ..2.0 => Class::UnderTwo,
            ..5.0 => Class::UnderFive,
            ..12.0 => Class::UnderTwelve,
            ..30.0 => Class::UnderThirty,
            _ => Class::Longer,
        }
    }
}

/// Before anybody has been served: three minutes of talk, five seconds to answer, and patience for ten minutes.
const TALK_S: f64 = 180.0;
const ANSWER_S: f64 = 5.0;
const PATIENCE_S: f64 = 600.0;
/// What was assumed counts as much as so many talks.
const ASSUMED: f64 = 10.0;
/// The newest counts for one of so many at least, so that means follow the day.
const REMEMBERED: f64 = 200.0;
/// What was learned before a restart, as so many.
const RESTORED: f64 = 50.0;
/// Nothing that is written down is longer: thirty days.
const LONGEST_S: f64 = 30.0 * 86_400.0;
/// Of what is measured in a group, one in so long is enough.
pub(crate) const ENOUGH_EVERY: Duration = Duration::from_millis(50);
/// The share of outcomes that lie below the range, and of those above it.
const OUTSIDE: f64 = 0.1;
/// Where the ends lie before anything is known: one of ten exponential waits is shorter, and one longer.
const LOW: f64 = -0.9;
const HIGH: f64 = 1.3;
/// The ends stay within this.
const SPREADS_MAX: f64 = 8.0;
/// How far an end moves by the first outcome, by those after so many a half as far, and at least.
const STEP: f64 = 0.5;
const STEP_HALVES_AFTER: f64 = 8.0;
const STEP_MIN: f64 = 0.04;
/// Outcomes of its own after which a group goes by them; before, by those of all groups that have few.
const OWN_AFTER: u32 = 40;
/// The mean may be wrong by this share of itself, whatever chance does: agents come, go, and talk longer than before.
const MODEL_ERROR: f64 = 0.2;

/// A mean that follows what is measured.
#[derive(Clone, Copy, Debug)]
struct Mean {
    value: f64,
    count: f64,
    /// Until then nothing more is learned.
    next: Time,
}

impl Mean {
    fn assumed(value: f64) -> Mean {
        Mean { value, count: ASSUMED, next: Time::ZERO }
    }

    fn learn(&mut self, now: Time, value: Duration) {
        if now < self.next {
            return;
        }
        self.next = now + ENOUGH_EVERY;
        self.count = (self.count + 1.0).min(REMEMBERED);
        self.value += (value.as_secs_f64() - self.value) / self.count;
    }
}

/// Where the ends of a range lie, in spreads from the mean.
#[derive(Clone, Copy, Debug)]
struct Ends {
    low: f64,
    high: f64,
    seen: u32,
}

impl Ends {
    const ASSUMED: Ends = Ends { low: LOW, high: HIGH, seen: 0 };

    /// Of an outcome so much lies below the range, and so much above it.
    fn learn(&mut self, below: f64, above: f64) {
        let step = (STEP / (1.0 + f64::from(self.seen) / STEP_HALVES_AFTER)).max(STEP_MIN);
        self.seen = self.seen.saturating_add(1);
        self.low = (self.low - step * (below - OUTSIDE)).clamp(-SPREADS_MAX, SPREADS_MAX);
        self.high = (self.high + step * (above - OUTSIDE)).clamp(self.low, SPREADS_MAX);
    }
}

/// How fast a group is served, and left.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Pace {
    /// Seconds from a phone's first ring to the answer, and from there until the agent is free again.
    pub(crate) answer: f64,
    pub(crate) handling: f64,
    /// Of one who waits, in a second.
    pub(crate) leaves: f64,
}

/// What is known of one group.
#[derive(Clone, Debug)]
struct Known {
    answer: Mean,
    handling: Mean,
    /// Seconds waited, and how many left unserved, of the newest.
    stayed: f64,
    left: f64,
    ends: [Ends; CLASSES],
    /// Talks: what the group weighs beside others whose callers the same agents serve.
    talks: f64,
}

impl Known {
    fn assumed(wrap_up: Duration) -> Known {
        Known {
            answer: Mean::assumed(ANSWER_S),
            handling: Mean::assumed(TALK_S + wrap_up.as_secs_f64()),
            stayed: PATIENCE_S,
            left: 1.0,
            ends: [Ends::ASSUMED; CLASSES],
            talks: 1.0,
        }
    }

    fn remember(&mut self, stayed: f64, left: f64) {
        let kept = 1.0 - 1.0 / REMEMBERED;
        (self.stayed, self.left) = (self.stayed * kept + stayed, self.left * kept + left);
    }
}

/// What came of a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Served,
    /// Left before, or was sent elsewhere.
    Left,
}

/// Of all groups.
#[derive(Clone, Debug)]
pub(crate) struct Estimates {
    groups: Vec<Known>,
    /// For groups that have seen little.
    house: [Ends; CLASSES],
}

impl Estimates {
    pub(crate) fn new(wrap_ups: impl Iterator<Item = Duration>) -> Estimates {
        Estimates { groups: wrap_ups.map(Known::assumed).collect(), house: [Ends::ASSUMED; CLASSES] }
    }

    /// Keeps what was known of groups under the plan before.
    pub(crate) fn go_on_from(&mut self, before: Estimates) {
        let known = before.groups.into_iter();
        self.groups.iter_mut().zip(known).for_each(|(group, before)| *group = before);
        self.house = before.house;
    }

    fn of(&mut self, group: GroupId) -> Option<&mut Known> {
        self.groups.get_mut(usize::from(group.0))
    }

    /// A phone of the group's agents was answered after so long.
    pub(crate) fn answered(&mut self, now: Time, group: GroupId, after: Duration) {
        self.of(group).into_iter().for_each(|known| known.answer.learn(now, after));
    }

    /// A talk with its wrap-up took an agent so long.
    pub(crate) fn handled(&mut self, now: Time, group: GroupId, length: Duration) {
        if let Some(known) = self.of(group) {
            known.handling.learn(now, length);
            known.talks += 1.0;
        }
    }

    /// What of a group is worth to be known after a restart.
    pub(crate) fn learned(&self, group: GroupId) -> Option<Learned> {
        let known = self.groups.get(usize::from(group.0))?;
        let millis = |seconds: f64| Duration::from_millis((seconds.min(LONGEST_S) * 1000.0) as u64);
        let (answer, handling) = (millis(known.answer.value), millis(known.handling.value));
        Some(Learned { answer, handling, patience: millis(known.stayed / known.left) })
    }

    /// The group was like this before a restart.
    pub(crate) fn restore(&mut self, group: GroupId, learned: Learned) {
        let Some(known) = self.of(group) else { return };
        let mean = |length: Duration| Mean { value: length.as_secs_f64(), count: RESTORED, next: Time::ZERO };
        (known.answer, known.handling) = (mean(learned.answer), mean(learned.handling));
        (known.stayed, known.left) = (learned.patience.as_secs_f64().max(1.0), 1.0);
    }

    /// How fast agents are who serve these groups, each beside the share of its agents that counts.
    pub(crate) fn pace(&self, groups: impl Iterator<Item = (GroupId, f64)>) -> Pace {
        let (mut sum, mut pace) = (0.0, Pace { answer: 0.0, handling: 0.0, leaves: 0.0 });
        for (group, share) in groups {
            let Some(known) = self.groups.get(usize::from(group.0)) else { continue };
            let weight = share * known.talks;
            sum += weight;
            pace.answer += weight * known.answer.value;
            pace.handling += weight * known.handling.value;
            pace.leaves += weight * known.left / known.stayed;
        }
        let assumed = Pace { answer: ANSWER_S, handling: TALK_S, leaves: 1.0 / PATIENCE_S };
        if sum > 0.0 {
            Pace { answer: pace.answer / sum, handling: pace.handling / sum, leaves: pace.leaves / sum }
        } else {
            assumed
        }
    }

    fn ends(&self, group: GroupId, class: Class) -> Ends {
        let own = self.groups.get(usize::from(group.0)).map(|known| known.ends[class as usize]);
        own.filter(|ends| ends.seen >= OWN_AFTER).unwrap_or(self.house[class as usize])
    }

    /// The range for a caller of a group behind `ahead` others whom so many agents serve, and its class.
    pub(crate) fn range(&self, group: GroupId, pace: Pace, line: Line) -> (Range, Class) {
        let class = Class::of(line.ahead + 1.0);
        let (mean, spread) = predict(pace, line);
        let Ends { low, high, .. } = self.ends(group, class);
        (Range::of(mean + low * spread, mean + high * spread), class)
    }

    /// Somebody who was told this range waited so long from then on.
    pub(crate) fn waited(&mut self, group: GroupId, class: Class, told: Range, waited: Duration, outcome: Outcome) {
        let class = class as usize;
        let waited = waited.as_secs_f64();
        let (below, above) = outside(told, waited, outcome);
        let Some(known) = self.groups.get_mut(usize::from(group.0)) else { return };
        known.remember(waited, if outcome == Outcome::Left { 1.0 } else { 0.0 });
        let own = &mut known.ends[class];
        if own.seen < OWN_AFTER {
            let house = &mut self.house[class];
            house.learn(below, above);
            *own = Ends { seen: own.seen + 1, ..*house };
        } else {
            own.learn(below, above);
        }
    }
}

/// The line before a caller.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    /// Who is served before, of all groups as far as the same agents serve them.
    pub(crate) ahead: f64,
    /// Agents at work who serve the caller.
    pub(crate) agents: u32,
    /// Seconds until they may.
    pub(crate) after: f64,
}

/// Nodes and weights of Gauss and Legendre for four places between 0 and 1.
const NODES: [(f64, f64); 4] = [
    (0.069_431_844_202_973_7, 0.173_927_422_568_727),
    (0.330_009_478_207_572, 0.326_072_577_431_273),
    (0.669_990_521_792_428, 0.326_072_577_431_273),
    (0.930_568_155_797_026, 0.173_927_422_568_727),
];

/// Mean and spread of a wait in seconds. Who is behind `k` others moves up at the rate at which agents become free, and `k` times that at
/// which one leaves; the sum over all `k` is taken as an integral.
fn predict(pace: Pace, line: Line) -> (f64, f64) {
    let free = f64::from(line.agents) / (pace.answer + pace.handling).max(1.0);
    let count = line.ahead + 1.0;
    let slowest = (free - pace.leaves / 2.0).max(free / 2.0);
    let faster = pace.leaves * count;
    let in_line = count * NODES.iter().map(|(node, weight)| weight / (slowest + faster * node)).sum::<f64>();
    let by_chance = count / (slowest * (slowest + faster));
    let (by_answer, by_model) = (pace.answer / 2.0, in_line * MODEL_ERROR);
    let spread = (by_chance + by_answer * by_answer + by_model * by_model).sqrt();
    (line.after + pace.answer + in_line, spread)
}

/// How much of an outcome lies below and above a range. Of who left, what the range itself says of those who wait longer than that: nine of
/// ten reach its low end, one of ten its high one, and between them the number falls evenly.
fn outside(told: Range, waited: f64, outcome: Outcome) -> (f64, f64) {
    let (low, high) = told.ends();
    let whole = |is: bool| if is { 1.0 } else { 0.0 };
    if outcome == Outcome::Served {
        return (whole(waited < low), whole(waited > high));
    }
    if waited > high {
        return (0.0, 1.0);
    }
    let inside = 1.0 - OUTSIDE;
    if waited < low {
        let reach = 1.0 - OUTSIDE * waited / low;
        return ((reach - inside) / reach, OUTSIDE / reach);
    }
    // An endless range is passed by nobody, and one without length at once.
    let passed = if high > low { (waited - low) / (high - low) } else { 0.0 };
    (0.0, OUTSIDE / (inside - (inside - OUTSIDE) * passed))
}
