//! What callers were told of their wait, and how long they waited.

use std::time::Duration;

use acd::{Action, Command, Range};
use base::{CallId, GroupId, Map, Time};

/// What was told, and what came of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Kept {
    /// How far each wait got on the scale of its range, and whether somebody answered: 1 is the low end, 2 the high one. Who left would
    /// have waited longer.
    outcomes: Vec<(f64, bool)>,
    width_s: f64,
}

impl Kept {
    /// Somebody was told these ends, and was answered or left after so long.
    pub fn add(&mut self, (low, high): (Duration, Option<Duration>), waited: Duration, answered: bool) {
        let (low, waited_s) = (low.as_secs_f64(), waited.as_secs_f64());
        let high = high.map_or(f64::INFINITY, |high| high.as_secs_f64());
        let reached = match () {
            () if waited_s < low => waited_s / low,
            () if waited_s <= high => 1.0 + if high > low { (waited_s - low) / (high - low) } else { 0.0 },
            () => 2.0 + (waited_s - high),
        };
        self.outcomes.push((reached, answered));
        self.width_s += if high.is_finite() { high - low } else { 0.0 };
    }

    pub fn join(&mut self, other: &Kept) {
        self.outcomes.extend(&other.outcomes);
        self.width_s += other.width_s;
    }

    /// Ranges whose outcome is known, that of those who left as far as it is.
    pub fn count(&self) -> usize {
        self.outcomes.len()
    }

    /// In seconds, on average.
    pub fn width_s(&self) -> f64 {
        self.width_s / self.outcomes.len().max(1) as f64
    }

    /// The shares of outcomes below, inside and above what was told. Who left counts until then among those who may still turn out
    /// either way, and no longer (Kaplan and Meier 1958): to count the answered alone would leave out the long waits.
    pub fn shares(&self) -> [f64; 3] {
        let mut outcomes = self.outcomes.clone();
        // Of the same length, the answered go first.
        outcomes.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
        let (mut waits, mut left) = (1.0, outcomes.len() as f64);
        let (mut reached_low, mut passed_high) = (1.0, 1.0);
        for (reached, answered) in outcomes {
            if answered {
                waits *= 1.0 - 1.0 / left;
            }
            left -= 1.0;
            if reached < 1.0 {
                reached_low = waits;
            }
            if reached <= 2.0 {
                passed_high = waits;
            }
        }
        [1.0 - reached_low, reached_low - passed_high, passed_high]
    }

    /// The same of the answered alone.
    pub fn shares_of_answered(&self) -> [f64; 3] {
        let answered = || self.outcomes.iter().filter(|(_, answered)| *answered);
        let count = answered().count().max(1) as f64;
        let below = answered().filter(|(reached, _)| *reached < 1.0).count() as f64 / count;
        let above = answered().filter(|(reached, _)| *reached > 2.0).count() as f64 / count;
        [below, 1.0 - below - above, above]
    }
}

/// Of a group.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Promises {
    /// What those heard, or could have, who had to wait.
    pub on_arrival: Kept,
    /// What was told with each announcement.
    pub later: Kept,
}

impl Promises {
    pub fn join(&mut self, other: &Promises) {
        self.on_arrival.join(&other.on_arrival);
        self.later.join(&other.later);
    }
}

/// What a caller who waits was told, and when.
#[derive(Clone, Debug)]
struct Told {
    group: GroupId,
    first: Option<(Time, Range)>,
    later: Vec<(Time, Range)>,
}

/// Announcements of one caller that are compared: two hours of them, one each half minute.
const LATER_MAX: usize = 240;

/// Who waits, with what they were told.
#[derive(Debug, Default)]
pub(super) struct Waits {
    told: Map<CallId, Told>,
    pub(super) groups: Vec<Promises>,
}

impl Waits {
    pub(super) fn new(groups: usize) -> Waits {
        Waits { told: Map::default(), groups: vec![Promises::default(); groups] }
    }

    /// The queue says something.
    pub(super) fn said(&mut self, now: Time, action: &Action) {
        match *action {
            Action::Queued { call, group, wait, .. } => {
                let first = wait.map(|range| (now, range));
                self.told.insert(call, Told { group, first, later: Vec::new() });
            }
            Action::Located { call, wait: Some(range), .. } => {
                let told = self.told.get_mut(&call).filter(|told| told.later.len() < LATER_MAX);
                told.into_iter().for_each(|told| told.later.push((now, range)));
            }
            Action::Moved { call, .. } | Action::Refused { call, .. } => self.ends(now, call, false),
            _ => {}
        }
    }

    /// The queue hears something.
    pub(super) fn heard(&mut self, now: Time, command: &Command) {
        match *command {
            Command::Accepted { call, .. } => self.ends(now, call, true),
            Command::Abandon { call } => self.ends(now, call, false),
            _ => {}
        }
    }

    fn ends(&mut self, now: Time, call: CallId, answered: bool) {
        let Some(Told { group, first, later }) = self.told.remove(&call) else { return };
        let Some(promises) = self.groups.get_mut(usize::from(group.0)) else { return };
        if let Some((at, range)) = first {
            promises.on_arrival.add((range.low(), range.high()), now.since(at), answered);
        }
        for (at, range) in later {
            promises.later.add((range.low(), range.high()), now.since(at), answered);
        }
    }

    /// The process is killed: nobody knows how long they would have waited.
    pub(super) fn cut(&mut self) {
        self.told.clear();
    }
}
