//! The deadlines of the queue.

use base::{AgentId, Key, Time, TimerId, Wheel};

use crate::Reservation;

/// Every deadline the queue has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timer {
    /// The lease of an offer ran out: the phone rang for the group's `ring`, and the next agent is tried.
    RingOut { agent: AgentId, reservation: Reservation },
    /// The agent's wrap-up after a talk, or rest after an offer that came to nothing, is over.
    Rested { agent: AgentId },
    /// The caller waited for the group's `wait` since entering it, and overflows.
    Waited { caller: Key },
    /// The caller has waited so long for some agents that others may serve too.
    Relaxes { caller: Key },
}

/// A deadline with the order in which it was set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Due {
    at: Time,
    order: u64,
    pub(crate) timer: Timer,
}

/// Deadlines that come due in order of time, and of setting where the time is the same.
#[derive(Clone, Debug)]
pub(crate) struct Deadlines {
    wheel: Wheel<Due>,
    set: u64,
}

impl Deadlines {
    pub(crate) fn new(now: Time) -> Deadlines {
        Deadlines { wheel: Wheel::new(now), set: 0 }
    }

    pub(crate) fn set(&mut self, at: Time, timer: Timer) -> TimerId {
        self.set += 1;
        self.wheel.arm(at, Due { at, order: self.set, timer })
    }

    pub(crate) fn cancel(&mut self, id: TimerId) {
        self.wheel.cancel(id);
    }

    pub(crate) fn next(&self) -> Option<Time> {
        self.wheel.next()
    }

    /// All that are due, in order; at most two a caller and one an agent, so bounded by both.
    pub(crate) fn due(&mut self, now: Time) -> Vec<Due> {
        let mut due = Vec::new();
        while let Some(one) = self.wheel.pop(now) {
            due.push(one);
        }
        due.sort_by_key(|d| (d.at, d.order));
        due
    }
}
