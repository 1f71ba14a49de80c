//! Counts a day while it happens.

use std::time::Duration;

use acd::{AgentState, View};
use base::{CallId, EndReason, Map, Record, Time, WaitOutcome};
use staff::HALF_HOUR;

use super::figures::Figures;
use super::promises::Waits;

/// What is known of a call that asked for an agent.
#[derive(Clone, Copy, Debug)]
struct Case {
    half: usize,
    /// When the last key before the queue was pressed, else when the queue took the call.
    asked: Time,
    heard: Option<Time>,
}

pub(super) struct Tally {
    start: Time,
    within: Duration,
    pub(super) halves: Vec<Figures>,
    pub(super) groups: Vec<(String, Figures)>,
    pub(super) waits: Waits,
    cases: Map<CallId, Case>,
    since: Time,
    busy: u32,
    idle: u32,
    waiting: u32,
    /// By group, whether it is in surge.
    surging: Vec<bool>,
}

impl Tally {
    pub(super) fn new(start: Time, halves: usize, within: Duration, groups: impl Iterator<Item = String>) -> Tally {
        let half = Figures { length: HALF_HOUR, ..Figures::default() };
        let groups: Vec<_> = groups.map(|name| (name, Figures::default())).collect();
        let waits = Waits::new(groups.len());
        let cases = Map::default();
        let (busy, idle, waiting) = (0, 0, 0);
        let (halves, surging) = (vec![half; halves], vec![false; groups.len()]);
        Tally { start, within, halves, groups, waits, cases, since: start, busy, idle, waiting, surging }
    }

    /// What is not over at the end of the day counts in its last half hour.
    fn half(&self, at: Time) -> usize {
        let half = at.since(self.start).as_secs() / HALF_HOUR.as_secs();
        (half as usize).min(self.halves.len() - 1)
    }

    pub(super) fn arrives(&mut self, now: Time) {
        let half = self.half(now);
        self.halves[half].calls += 1;
    }

    /// The queue is asked; who comes back to it asked before.
    pub(super) fn asks(&mut self, now: Time, call: CallId, pressed: Option<Time>) {
        let half = self.half(now);
        self.cases.entry(call).or_insert(Case { half, asked: pressed.unwrap_or(now), heard: None });
    }

    pub(super) fn hears(&mut self, now: Time, call: CallId) {
        if let Some(case) = self.cases.get_mut(&call) {
            case.heard.get_or_insert(now);
        }
    }

    /// A call is over.
    pub(super) fn ends(&mut self, record: &Record) {
        let Some(case) = self.cases.remove(&record.start.id) else { return };
        let group = self.groups.iter().position(|(name, _)| Some(name) == record.skill_group.as_ref());
        let within = self.within;
        let half = &mut self.halves[case.half];
        for figures in [Some(half), group.map(|place| &mut self.groups[place].1)].into_iter().flatten() {
            figures.requests += 1;
            figures.talk_ms += record.talk_ms;
            // The first agent counts: who was lost by one and waited again was answered.
            let until = record.waits.iter().position(|wait| wait.outcome == WaitOutcome::Answered);
            let wait_ms =
                record.waits.iter().take(until.map_or(usize::MAX, |place| place + 1)).map(|w| w.waited_ms).sum();
            match (until, record.end_reason) {
                (Some(_), _) => figures.answer(wait_ms, within, case.heard.map(|at| at.since(case.asked))),
                (None, EndReason::Abandoned) => figures.abandon(wait_ms, within),
                _ => figures.lost += 1,
            }
        }
    }

    /// Nothing changed since the last look; from here on it is as the queue shows. Time is split at half hours.
    pub(super) fn look(&mut self, now: Time, view: &View) {
        while self.since < now {
            let half = self.half(self.since);
            let edge = self.start + HALF_HOUR * (half as u32 + 1);
            let until = if half + 1 == self.halves.len() { now } else { now.min(edge) };
            // Beyond the last half hour the day is over; what is still going on is nobody's figure.
            let counted = until.min(edge).since(self.since);
            let figures = &mut self.halves[half];
            figures.busy += counted * self.busy;
            figures.idle += counted * self.idle;
            figures.in_line += counted * self.waiting;
            figures.waiting_max = figures.waiting_max.max(u64::from(self.waiting));
            for ((_, group), _) in self.groups.iter_mut().zip(&self.surging).filter(|(_, surging)| **surging) {
                group.surge += counted;
            }
            self.since = until;
        }
        let count = |states: &[AgentState]| view.agents.iter().filter(|state| states.contains(state)).count() as u32;
        self.busy = count(&[AgentState::Talking, AgentState::WrapUp]);
        self.idle = count(&[AgentState::Ready, AgentState::Offered, AgentState::BackOff]);
        self.surging = view.groups.iter().map(|group| group.surging.on).collect();
        self.waiting = view.groups.iter().map(|group| group.waiting as u32).sum();
    }
}
