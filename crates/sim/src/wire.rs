//! What is on its way between two owners, in order and late.

use std::collections::VecDeque;
use std::time::Duration;

use base::{Rng, Time};

/// A delay between owners: mostly none, sometimes short, seldom the longest.
pub(crate) fn delay(rng: &mut Rng, max: Duration) -> Duration {
    let nanos = max.as_nanos() as u64;
    Duration::from_nanos(match rng.below(10) {
        0..5 => 0,
        5..9 => rng.below(nanos / 20 + 1),
        _ => rng.below(nanos + 1),
    })
}

/// A queue that keeps its order and delays each message.
#[derive(Debug)]
pub(crate) struct Wire<T> {
    items: VecDeque<(Time, T)>,
    delay_max: Duration,
    rng: Rng,
}

impl<T> Wire<T> {
    pub(crate) fn new(delay_max: Duration, rng: Rng) -> Wire<T> {
        Wire { items: VecDeque::new(), delay_max, rng }
    }

    pub(crate) fn push(&mut self, now: Time, item: T) {
        let last = self.items.back().map_or(Time::ZERO, |(at, _)| *at);
        let at = last.max(now + delay(&mut self.rng, self.delay_max));
        self.items.push_back((at, item));
    }

    pub(crate) fn next(&self) -> Option<Time> {
        self.items.front().map(|(at, _)| *at)
    }

    pub(crate) fn pop(&mut self, now: Time) -> Option<T> {
        self.items.pop_front_if(|(at, _)| *at <= now).map(|(_, item)| item)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
}
