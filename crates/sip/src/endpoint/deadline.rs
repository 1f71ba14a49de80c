//! Every deadline of an endpoint.

use base::{Key, TimerId};

use crate::transaction::Timer;

/// What falls due, and on whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deadline {
    /// A client transaction's own timer.
    Client(Key, Timer),
    /// A server transaction's own timer.
    Server(Key, Timer),
    /// 64·T1 after a non-INVITE request that its owner left unanswered: its sender has given up.
    Forget(Key),
    /// 64·T1 after our CANCEL, or after a leg ended above its open re-INVITE (RFC 3261 §9.1).
    Abandon(Key),
    /// The 2xx of a leg leaves again (RFC 3261 §13.3.1.4).
    Repeat(Key),
    /// The ACK of a leg's 2xx stays away.
    AckMissing(Key),
    /// A reliable provisional response leaves again (RFC 3262 §3).
    RepeatProvisional(Key),
    /// Its PRACK stays away.
    PrackMissing(Key),
    /// An INVITE of the process before this one is presumed delivered, and may be cancelled.
    Presumed(Key),
    /// A change that met 491 is tried again (RFC 3261 §14.1).
    Retry(Key),
    /// A refresh of a session is due, or it has expired (RFC 4028 §10).
    Session(Key),
}

/// The timers that one transaction has running: no state of any machine has more than two.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Armed([Option<(Timer, TimerId)>; 2]);

impl Armed {
    /// Notes a timer; the one it replaces, if any, has to be cancelled.
    pub(super) fn put(&mut self, timer: Timer, id: TimerId) -> Option<TimerId> {
        let old = self.take(timer);
        if let Some(free) = self.0.iter_mut().find(|slot| slot.is_none()) {
            *free = Some((timer, id));
        }
        old
    }

    pub(super) fn take(&mut self, timer: Timer) -> Option<TimerId> {
        let slot = self.0.iter_mut().find(|slot| slot.is_some_and(|(t, _)| t == timer))?;
        slot.take().map(|(_, id)| id)
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = TimerId> {
        self.0.into_iter().flatten().map(|(_, id)| id)
    }
}
