//! What a switch counts, for metrics and views.

use base::{EndReason, RecordEntry};
use call::{Call, Phase};

/// Totals since the start; they only grow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    pub invites: u64,
    pub answered: u64,
    pub messages_in: u64,
    pub messages_out: u64,
    pub offers: u64,
    pub connected: u64,
    /// Refused before there was a call: not ours, not known, draining, full.
    pub refused: u64,
    pub auth_failed: u64,
    /// By place in `EndReason::ALL`.
    pub ended: [u64; EndReason::ALL.len()],
}

impl Counters {
    pub(crate) fn note(&mut self, entry: &RecordEntry) {
        match entry {
            RecordEntry::Start(_) => self.answered += 1,
            RecordEntry::End(record) => {
                if let Some(place) = EndReason::ALL.iter().position(|r| *r == record.end_reason) {
                    self.ended[place] += 1;
                }
            }
        }
    }
}

/// Calls at this moment, by where the citizen is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Phases {
    pub menu: usize,
    pub waiting: usize,
    pub talking: usize,
    pub ending: usize,
}

impl Phases {
    pub(crate) fn count<'a>(calls: impl Iterator<Item = &'a Call>) -> Phases {
        let mut phases = Phases::default();
        for call in calls {
            match call.phase() {
                Phase::Arriving | Phase::Menu => phases.menu += 1,
                Phase::Waiting => phases.waiting += 1,
                Phase::Talking => phases.talking += 1,
                Phase::Ending => phases.ending += 1,
            }
        }
        phases
    }
}
