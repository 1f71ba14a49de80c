//! The slot: the last word on whether an agent's phone may ring.

use std::time::Duration;

use base::{CallId, Time};

use crate::{Phase, Serving};

/// How long a dialog may owe its final response: Timers B and F, 64 × T1 (RFC 3261 §17.1.1.2, §17.1.2.2).
pub(crate) const TIMER_B: Duration = Duration::from_secs(32);

/// What an agent's phone is held for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    Free,
    /// Promised to a call that may ring the phone until `until`.
    Reserved {
        call: CallId,
        epoch: u64,
        until: Time,
    },
    /// In a dialog; only the end of that dialog frees it.
    Talking {
        call: CallId,
        epoch: u64,
    },
    /// The dialog is being ended; should nobody report its end, the slot is free at `until`.
    Releasing {
        call: CallId,
        epoch: u64,
        until: Time,
    },
}

impl Slot {
    /// The agent answered. The same slot when this is not the call that it is promised to.
    #[must_use]
    pub(crate) fn talking(self, call: CallId, epoch: u64) -> Slot {
        match self {
            Slot::Reserved { .. } if self.serves(call, epoch) => Slot::Talking { call, epoch },
            _ => self,
        }
    }

    /// The phone is being hung up. A second report does not prolong the wait.
    #[must_use]
    pub(crate) fn releasing(self, now: Time, call: CallId, epoch: u64) -> Slot {
        match self {
            Slot::Reserved { .. } | Slot::Talking { .. } if self.serves(call, epoch) => {
                Slot::Releasing { call, epoch, until: now + TIMER_B }
            }
            _ => self,
        }
    }

    /// The last dialog of the offer has its final response.
    #[must_use]
    pub(crate) fn released(self, call: CallId, epoch: u64) -> Slot {
        if self.serves(call, epoch) { Slot::Free } else { self }
    }

    /// When the slot frees itself although nobody reported the end: a lease that was never taken up and a dialog that
    /// never ended give up Timer B later; a talk never does.
    pub(crate) fn backstop(self) -> Option<Time> {
        match self {
            Slot::Free | Slot::Talking { .. } => None,
            Slot::Reserved { until, .. } => Some(until + TIMER_B),
            Slot::Releasing { until, .. } => Some(until),
        }
    }

    /// What is written down of it.
    pub(crate) fn serving(self) -> Option<Serving> {
        match self {
            Slot::Free => None,
            Slot::Reserved { call, epoch, .. } => Some(Serving { call, epoch, phase: Phase::Offered }),
            Slot::Talking { call, epoch } => Some(Serving { call, epoch, phase: Phase::Talking }),
            Slot::Releasing { call, epoch, .. } => Some(Serving { call, epoch, phase: Phase::Releasing }),
        }
    }

    fn serves(self, call: CallId, epoch: u64) -> bool {
        self.serving().is_some_and(|s| (s.call, s.epoch) == (call, epoch))
    }
}
