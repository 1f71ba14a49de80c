//! The deadlines of the queue.

use std::time::Duration;

use base::{AgentId, GroupId, Key, Time, TimerId, Wheel};

use crate::Reservation;
use crate::waits::{End, Waits};

/// The wheel's.
const NANOS_PER_TICK: u64 = 1_000_000;

/// Every deadline the queue has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timer {
    /// The lease of an offer ran out: the phone rang for the group's `ring`, and the next agent is tried.
    RingOut { agent: AgentId, reservation: Reservation },
    /// The agent's wrap-up after a talk, or rest after an offer that came to nothing, is over.
    Rested { agent: AgentId },
    /// Who has this place, and this ticket for the wait, waited for the group's `wait` since entering it, and overflows.
    Waited { slot: u32, ticket: u32 },
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
    waits: Waits,
    set: u64,
    /// For `due`, so that what comes due takes no memory each time.
    due: Vec<Due>,
}

impl Deadlines {
    pub(crate) fn new(now: Time) -> Deadlines {
        Deadlines { wheel: Wheel::new(now), waits: Waits::default(), set: 0, due: Vec::new() }
    }

    pub(crate) fn set(&mut self, at: Time, timer: Timer) -> TimerId {
        self.set += 1;
        self.wheel.arm(at, Due { at, order: self.set, timer })
    }

    /// Has the wait of whoever has this place end then, which is of this length.
    pub(crate) fn set_wait(&mut self, length: Duration, at: Time, slot: u32) {
        let end = self.end(at, slot);
        self.waits.set(length, end);
    }

    /// As `set_wait` for many, in any order of time.
    pub(crate) fn set_waits(&mut self, waits: impl Iterator<Item = (Duration, Time, u32)>) {
        let ends: Vec<_> = waits.map(|(length, at, slot)| (length, self.end(at, slot))).collect();
        self.waits.set_all(ends.into_iter());
    }

    fn end(&mut self, at: Time, slot: u32) -> End {
        self.set += 1;
        // No ticket is zero.
        self.set += u64::from(self.set as u32 == 0);
        End { at, slot, ticket: self.set as u32 }
    }

    /// The wait of whoever has this place is over before its end.
    pub(crate) fn cancel_wait(&mut self, slot: u32) {
        self.waits.cancel(slot);
    }

    /// Whether the wait that came due is that of whoever has the place, and not one that was over or began anew by what came due before it.
    pub(crate) fn wait_ends(&mut self, slot: u32, ticket: u32) -> bool {
        self.waits.end(slot, ticket)
    }

    /// By the caller's place, when each wait ends.
    pub(crate) fn waits(&self) -> Vec<Option<Time>> {
        self.waits.ends()
    }

    pub(crate) fn cancel(&mut self, id: TimerId) {
        self.wheel.cancel(id);
    }

    /// Whether a deadline is the one that came due, and not one that was set or cancelled by what came due before it.
    pub(crate) fn has_fired(&self, armed: Armed) -> bool {
        armed.get().is_some_and(|id| self.wheel.get(id).is_none())
    }

    pub(crate) fn next(&self) -> Option<Time> {
        let ticks = |at: Time| at.as_nanos().div_ceil(NANOS_PER_TICK);
        let wait = self.waits.next().map(|at| Time::from_nanos(ticks(at).saturating_mul(NANOS_PER_TICK)));
        self.wheel.next().into_iter().chain(wait).min()
    }

    /// All that are due, in order; at most two a caller, one an agent and one a group, so bounded by those. To be given back by `done`.
    pub(crate) fn due(&mut self, now: Time) -> Vec<Due> {
        let mut due = std::mem::take(&mut self.due);
        while let Some(one) = self.wheel.pop(now) {
            due.push(one);
        }
        let set = self.set;
        // As the wheel does, whole ticks at once.
        self.waits.due(Time::from_millis(now.as_millis()), |End { at, slot, ticket }| {
            let order = set - u64::from((set as u32).wrapping_sub(ticket));
            due.push(Due { at, order, timer: Timer::Waited { slot, ticket } });
        });
        due.sort_unstable_by_key(|d| (d.at, d.order));
        due
    }

    /// Keeps the room of a list that was carried out.
    pub(crate) fn done(&mut self, mut due: Vec<Due>) {
        due.clear();
        self.due = due;
    }
}
