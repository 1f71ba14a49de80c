//! What a run comes to.

use std::fmt;

use base::{EndReason, Time};

/// A run in which every rule held.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub steps: u64,
    /// Calls by place in `EndReason::ALL`.
    pub ended: [u64; EndReason::ALL.len()],
    pub reservations: u64,
    /// Talks between phones.
    pub talks: u64,
    /// Talks in which both were proved to hear each other.
    pub heard_both_ways: u64,
    /// INVITEs that followed a carrier's redirection.
    pub followed: u64,
    /// Utterances that were to be understood.
    pub utterances: u64,
    /// Texts of menus that were spoken.
    pub spoken: u64,
    /// The virtual time it took.
    pub took_ms: u64,
}

impl Report {
    pub fn calls(&self) -> u64 {
        self.ended.iter().sum()
    }

    /// Adds up many runs.
    pub fn add(&mut self, other: &Report) {
        for (sum, more) in self.ended.iter_mut().zip(other.ended) {
            *sum += more;
        }
        self.steps += other.steps;
        self.reservations += other.reservations;
        self.talks += other.talks;
        self.heard_both_ways += other.heard_both_ways;
        self.followed += other.followed;
        self.utterances += other.utterances;
        self.spoken += other.spoken;
        self.took_ms += other.took_ms;
    }
}

/// A rule was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub seed: u64,
    pub at: Time,
    pub what: String,
    /// What phones and owners did before, the newest last.
    pub story: Vec<String>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.story {
            writeln!(f, "{line}")?;
        }
        writeln!(f, "seed {} at {:?}: {}", self.seed, self.at, self.what)?;
        write!(f, "again: SIM_SEED={} cargo test -p sim --test seeds -- --exact one_seed", self.seed)
    }
}

impl std::error::Error for Failure {}
