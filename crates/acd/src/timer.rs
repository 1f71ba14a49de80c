//! The deadlines of the queue.

use base::{AgentId, GroupId, Key, Time, TimerId, Wheel};

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
    /// Nobody who serves the group has been signed on for `Plan::unstaffed_after`.
    Unstaffed { group: GroupId },
}

/// A deadline with the order in which it was set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Due {
    at: Time,
    order: u64,
    pub(crate) timer: Timer,
}

/// A deadline that may be set or not, in the room of one that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Armed(TimerId);

impl Armed {
    /// No slab has this place.
    const NOT: Armed = Armed(TimerId { slot: u32::MAX, generation: 0 });

    pub(crate) fn get(self) -> Option<TimerId> {
        (self != Armed::NOT).then_some(self.0)
    }

    /// The deadline, which is not set any more.
    pub(crate) fn take(&mut self) -> Option<TimerId> {
        std::mem::take(self).get()
    }
}

impl Default for Armed {
    fn default() -> Armed {
        Armed::NOT
    }
}

impl From<Option<TimerId>> for Armed {
    fn from(id: Option<TimerId>) -> Armed {
        id.map_or(Armed::NOT, Armed)
    }
}

/// Deadlines that come due in order of time, and of setting where the time is the same.
#[derive(Clone, Debug)]
pub(crate) struct Deadlines {
    wheel: Wheel<Due>,
    set: u64,
    /// For `due`, so that what comes due takes no memory each time.
    due: Vec<Due>,
}

impl Deadlines {
    pub(crate) fn new(now: Time) -> Deadlines {
        Deadlines { wheel: Wheel::new(now), set: 0, due: Vec::new() }
    }

    pub(crate) fn set(&mut self, at: Time, timer: Timer) -> TimerId {
        self.set += 1;
        self.wheel.arm(at, Due { at, order: self.set, timer })
    }

    pub(crate) fn cancel(&mut self, id: TimerId) {
        self.wheel.cancel(id);
    }

    /// Whether a deadline is the one that came due, and not one that was set or cancelled by what came due before it.
    pub(crate) fn has_fired(&self, armed: Armed) -> bool {
        armed.get().is_some_and(|id| self.wheel.get(id).is_none())
    }

    /// When a deadline is due that is set.
    pub(crate) fn when(&self, id: TimerId) -> Option<Time> {
        self.wheel.get(id).map(|due| due.at)
    }

    pub(crate) fn next(&self) -> Option<Time> {
        self.wheel.next()
    }

    /// All that are due, in order; at most two a caller, one an agent and one a group, so bounded by those. To be given back by `done`.
    pub(crate) fn due(&mut self, now: Time) -> Vec<Due> {
        let mut due = std::mem::take(&mut self.due);
        while let Some(one) = self.wheel.pop(now) {
            due.push(one);
        }
        due.sort_unstable_by_key(|d| (d.at, d.order));
        due
    }

    /// Keeps the room of a list that was carried out.
    pub(crate) fn done(&mut self, mut due: Vec<Due>) {
        due.clear();
        self.due = due;
    }
}
