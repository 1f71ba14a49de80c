//! What a switch counts, for metrics and views.

use base::{EndReason, RecordEntry};
use call::{Call, Fact, Phase};

/// Totals since the start; they only grow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// First INVITEs that became a call.
    pub started: u64,
    /// By place in `EndReason::ALL`.
    pub ended: [u64; EndReason::ALL.len()],
    /// First INVITEs that became none, by the status of our answer: at most one entry a status.
    pub refused: Vec<(u16, u64)>,
    pub messages_in: u64,
    pub messages_out: u64,
    /// Wrong passwords and unknown users.
    pub auth_failed: u64,
    /// Offers by what became of them.
    pub accepted: u64,
    pub declined: u64,
    pub timed_out: u64,
    /// The caller was gone or taken when the offer came.
    pub withdrawn: u64,
    /// Citizens whom agents handed on, and whom nobody took.
    pub handed_on: u64,
    pub handed_back: u64,
    /// Citizens who were called back and answered.
    pub called_back: u64,
    /// Calls to lines outside that nobody was asked to take, by the status that says why: at most one entry a status.
    pub unplaced: Vec<(u16, u64)>,
    /// Calls that a fault of ours ended.
    pub faults: u64,
    /// Messages that a fault of the reader cost.
    pub reader_faults: u64,
}

impl Counters {
    pub(crate) fn note_record(&mut self, entry: &RecordEntry) {
        if let RecordEntry::End(record) = entry
            && let Some(place) = EndReason::ALL.iter().position(|r| *r == record.end_reason)
        {
            self.ended[place] += 1;
        }
    }

    pub(crate) fn note_refused(&mut self, status: u16) {
        count(&mut self.refused, status);
    }

    pub(crate) fn note_unplaced(&mut self, status: u16) {
        count(&mut self.unplaced, status);
    }

    pub(crate) fn note_fact(&mut self, fact: &Fact) {
        match fact {
            Fact::HandedOn { .. } => self.handed_on += 1,
            Fact::HandedBack => self.handed_back += 1,
            _ => {}
        }
    }

    pub(crate) fn note_command(&mut self, command: &acd::Command) {
        match command {
            acd::Command::Accepted { .. } => self.accepted += 1,
            acd::Command::Reached { .. } => self.called_back += 1,
            acd::Command::Declined { cause: acd::Decline::Taken, .. } => self.withdrawn += 1,
            acd::Command::Declined { .. } => self.declined += 1,
            _ => {}
        }
    }
}

/// One more of a status.
pub(crate) fn count(by_status: &mut Vec<(u16, u64)>, status: u16) {
    match by_status.iter_mut().find(|(known, _)| *known == status) {
        Some((_, count)) => *count += 1,
        None => by_status.push((status, 1)),
    }
}

/// Calls at this moment, by where the citizen is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Phases {
    pub menu: usize,
    pub waiting: usize,
    pub calling: usize,
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
                Phase::Calling => phases.calling += 1,
                Phase::Talking => phases.talking += 1,
                Phase::Ending => phases.ending += 1,
            }
        }
        phases
    }
}
