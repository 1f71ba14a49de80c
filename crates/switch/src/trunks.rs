//! What each trunk brings, and how much of it is let in.

use std::time::Duration;

use base::Time;
use call::plan::Trunk;

use crate::counters::count;
use crate::delay::Delays;
use crate::rate::Rate;

/// What came of a trunk's calls since the start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrunkCounters {
    /// Calls that are not over.
    pub calls: usize,
    /// First INVITEs of a sender that is the trunk.
    pub seizures: u64,
    /// Them by our final answer: at most one entry a status, a dozen that we answer with.
    pub answers: Vec<(u16, u64)>,
    /// INVITEs of ours through it.
    pub placed: u64,
    /// Them by the final answer of the other side, 408 where there was none: at most one entry a status.
    pub reached: Vec<(u16, u64)>,
    /// From such an INVITE to the first word that says more than 100 (RFC 6076 §4.3).
    pub delays: Delays,
}

#[derive(Clone, Debug, Default)]
struct State {
    rate: Rate,
    counters: TrunkCounters,
}

/// The trunks by place in `Plan::trunks`.
#[derive(Clone, Debug)]
pub(crate) struct Trunks(Vec<State>);

impl Trunks {
    pub(crate) fn new(count: usize) -> Trunks {
        Trunks(vec![State::default(); count])
    }

    pub(crate) fn counters(&self) -> impl Iterator<Item = &TrunkCounters> {
        self.0.iter().map(|state| &state.counters)
    }

    pub(crate) fn seized(&mut self, place: usize) {
        if let Some(state) = self.0.get_mut(place) {
            state.counters.seizures += 1;
        }
    }

    pub(crate) fn answered(&mut self, place: usize, status: u16) {
        let Some(state) = self.0.get_mut(place) else { return };
        count(&mut state.counters.answers, status);
    }

    /// A call leaves through it.
    pub(crate) fn placed(&mut self, place: usize) {
        if let Some(state) = self.0.get_mut(place) {
            state.counters.placed += 1;
            state.counters.calls += 1;
        }
    }

    pub(crate) fn heard(&mut self, place: usize, delay: Duration) {
        if let Some(state) = self.0.get_mut(place) {
            state.counters.delays.note(delay);
        }
    }

    pub(crate) fn reached(&mut self, place: usize, status: u16) {
        if let Some(state) = self.0.get_mut(place) {
            count(&mut state.counters.reached, status);
        }
    }

    /// Whether one more call of the trunk is within its own limits; takes it down for the rate when it is.
    pub(crate) fn allows(&mut self, now: Time, place: usize, plan: &Trunk) -> bool {
        let Some(state) = self.0.get_mut(place) else { return false };
        let fits = plan.limits.calls.is_none_or(|most| state.counters.calls < most);
        fits && state.rate.allows(now, plan.limits.calls_per_s)
    }

    pub(crate) fn begins(&mut self, place: usize) {
        if let Some(state) = self.0.get_mut(place) {
            state.counters.calls += 1;
        }
    }

    pub(crate) fn ends(&mut self, place: usize) {
        if let Some(state) = self.0.get_mut(place) {
            state.counters.calls = state.counters.calls.saturating_sub(1);
        }
    }
}
