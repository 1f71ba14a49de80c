//! What a day came to.

use std::time::Duration;

use base::EndReason;

use super::promises::Promises;

/// The promise of GB/T 33358-2016.
const STANDARD_MS: u64 = 15_000;

/// Calls and the people's time, of a half hour or of many. A call belongs to the half hour in which it asked for an agent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    /// Calls that arrived.
    pub calls: u64,
    /// Calls that asked for an agent and were taken into a queue.
    pub requests: u64,
    pub answered: u64,
    pub abandoned: u64,
    /// Requests that ended otherwise: refused by a full queue, cut by a restart, the phone gone.
    pub lost: u64,
    /// Within the time of the service level.
    pub answered_within: u64,
    pub abandoned_within: u64,
    /// Heard an agent within 15 s of the last key, or of the queue where none was pressed.
    pub heard_in_15_s: u64,
    /// Of those who were answered, in no order.
    pub waits_ms: Vec<u32>,
    /// Of those who gave up, together.
    pub abandoned_wait_ms: u64,
    pub talk_ms: u64,
    /// Agents' time in talks and wrap-up, ready or rung, and signed on at all.
    pub busy: Duration,
    pub idle: Duration,
    /// Callers in line by time: divided by the length, the mean.
    pub in_line: Duration,
    pub waiting_max: u64,
    /// How long the group was in surge; of groups alone.
    pub surge: Duration,
    /// How long this is.
    pub length: Duration,
}

impl Figures {
    /// Answered and abandoned: the denominator of most figures.
    pub fn offered(&self) -> u64 {
        self.answered + self.abandoned
    }

    /// A(T)/(A+B): what is meant by service level where nothing is said.
    pub fn level(&self) -> f64 {
        share(self.answered_within, self.offered())
    }

    /// A(T)/(A+B), A(T)/A, (A(T)+B(T))/(A+B) and A(T)/(A+B−B(T)).
    pub fn levels(&self) -> [f64; 4] {
        let (soon, offered) = (self.answered_within, self.offered());
        [
            share(soon, offered),
            share(soon, self.answered),
            share(soon + self.abandoned_within, offered),
            share(soon, offered.saturating_sub(self.abandoned_within)),
        ]
    }

    /// Of those who asked for an agent.
    pub fn connection_rate(&self) -> f64 {
        share(self.heard_in_15_s, self.requests)
    }

    pub fn abandonment(&self) -> f64 {
        share(self.abandoned, self.offered())
    }

    /// The mean wait of those who were answered, in seconds.
    pub fn asa_s(&self) -> f64 {
        self.waits_ms.iter().map(|ms| f64::from(*ms)).sum::<f64>() / 1000.0 / (self.answered.max(1) as f64)
    }

    /// The mean wait of all who were answered or gave up, in seconds.
    pub fn wait_s(&self) -> f64 {
        let all = self.waits_ms.iter().map(|ms| f64::from(*ms)).sum::<f64>() + self.abandoned_wait_ms as f64;
        all / 1000.0 / (self.offered().max(1) as f64)
    }

    /// Waits that these shares of the answered stayed below, in seconds.
    pub fn percentiles_s<const N: usize>(&self, shares: [f64; N]) -> [f64; N] {
        let mut waits = self.waits_ms.clone();
        waits.sort_unstable();
        let place = |share: f64| ((waits.len() as f64 * share).ceil() as usize).clamp(1, waits.len().max(1)) - 1;
        shares.map(|share| f64::from(waits.get(place(share)).copied().unwrap_or(0)) / 1000.0)
    }

    /// The share of their time that agents talk or write up.
    pub fn occupancy(&self) -> f64 {
        let signed_on = (self.busy + self.idle).as_secs_f64();
        if signed_on > 0.0 { self.busy.as_secs_f64() / signed_on } else { 0.0 }
    }

    /// Talk and wrap-up of a call, in seconds.
    pub fn handling_s(&self) -> f64 {
        self.busy.as_secs_f64() / (self.answered.max(1) as f64)
    }

    /// Agents signed on, on average.
    pub fn staffed(&self) -> f64 {
        (self.busy + self.idle).as_secs_f64() / self.length.as_secs_f64().max(1e-9)
    }

    /// Callers in line, on average.
    pub fn waiting(&self) -> f64 {
        self.in_line.as_secs_f64() / self.length.as_secs_f64().max(1e-9)
    }

    pub fn add(&mut self, other: &Figures) {
        self.calls += other.calls;
        self.requests += other.requests;
        self.answered += other.answered;
        self.abandoned += other.abandoned;
        self.lost += other.lost;
        self.answered_within += other.answered_within;
        self.abandoned_within += other.abandoned_within;
        self.heard_in_15_s += other.heard_in_15_s;
        self.waits_ms.extend(&other.waits_ms);
        self.abandoned_wait_ms += other.abandoned_wait_ms;
        self.talk_ms += other.talk_ms;
        self.busy += other.busy;
        self.idle += other.idle;
        self.in_line += other.in_line;
        self.waiting_max = self.waiting_max.max(other.waiting_max);
        self.surge += other.surge;
        self.length += other.length;
    }

    pub(super) fn answer(&mut self, wait_ms: u64, within: Duration, heard_after: Option<Duration>) {
        self.answered += 1;
        self.answered_within += u64::from(u128::from(wait_ms) <= within.as_millis());
        self.heard_in_15_s += u64::from(heard_after.is_some_and(|after| after.as_millis() <= u128::from(STANDARD_MS)));
        self.waits_ms.push(u32::try_from(wait_ms).unwrap_or(u32::MAX));
    }

    pub(super) fn abandon(&mut self, wait_ms: u64, within: Duration) {
        self.abandoned += 1;
        self.abandoned_within += u64::from(u128::from(wait_ms) <= within.as_millis());
        self.abandoned_wait_ms += wait_ms;
    }
}

/// Nothing of nothing is none.
fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// A day in which every rule held.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// By half hour from the start.
    pub halves: Vec<Figures>,
    /// By group of the configuration: the last that a caller waited in.
    pub groups: Vec<(String, Figures)>,
    /// What callers were told of their wait, by group as `groups`.
    pub promises: Vec<Promises>,
    /// Calls by place in `EndReason::ALL`.
    pub ended: [u64; EndReason::ALL.len()],
    pub restarts: u64,
    /// Agents who were missing in configurations that came to hold, summed over these.
    pub removals: u64,
    pub reservations: u64,
    /// SIP messages on the network, lost ones included.
    pub messages: u64,
    pub steps: u64,
}

impl Report {
    /// What callers of all groups were told.
    pub fn promised(&self) -> Promises {
        let mut all = Promises::default();
        self.promises.iter().for_each(|group| all.join(group));
        all
    }

    pub fn whole(&self) -> Figures {
        self.halves.iter().fold(Figures::default(), |mut sum, half| {
            sum.add(half);
            sum
        })
    }
}
