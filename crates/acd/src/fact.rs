//! What the queue's owner writes down, so that a restart knows it again.

use std::time::Duration;

use base::pack::{Packed, Unpacker, Unreadable};
use base::{AgentId, CallId, CallerKey, GroupId, Time, packed_enum};

use crate::Reservation;
use crate::ledger::{Learned, Promise, Surging};

/// One thing that became true, told only when it was not true before. What a restart needs and nothing else: who is being
/// offered to whom, and who idles, ends with the process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// The queue holds this caller from now on, in this group; told again at each move. Who talks waits no more, see `Talks`.
    Waits { call: CallId, caller: Option<CallerKey>, group: GroupId, priority: u8, since: Time },
    /// Reservations are numbered up to this one.
    Offered { call: CallId, agent: AgentId, reservation: Reservation },
    /// The caller, told of before, is with this agent.
    Talks { call: CallId, agent: AgentId },
    /// The caller is gone from the queue.
    Left { call: CallId },
    /// The agent wraps up, or rests after an offer that came to nothing; told again when that is moved.
    Rests { agent: AgentId, wrap_up: bool, until: Time },
    /// Wrap-up or rest is over.
    Rested { agent: AgentId },
    /// A caller whose call was cut short may come back to this place until then; replaces the caller's place, if any.
    PlaceKept { caller: CallerKey, group: GroupId, priority: u8, since: Time, until: Time },
    /// The place was taken up again, its time is over, or it had to make room.
    PlaceGone { caller: CallerKey },
    /// So many talks, and so long, had the agent of the queue that day; told at the end of each where a strategy counts them.
    Tallied { agent: AgentId, day: u32, calls: u32, talk: Duration },
    /// The caller talks with this agent, and may ask for the same one until then; told where a group lets callers.
    Served { caller: CallerKey, agent: AgentId, until: Time },
    /// That is over, or it had to make room.
    Forgotten { caller: CallerKey },
    /// The group takes nobody new.
    Closed { group: GroupId },
    /// It takes callers again.
    Opened { group: GroupId },
    /// This caller is to be called back; told again with each change, and replaces what was promised the caller before.
    Promised { caller: CallerKey, promise: Box<Promise> },
    /// The caller was reached or has called again, somebody took it back, or it was tried often enough.
    PromiseOver { caller: CallerKey },
    /// So long agents take to answer a caller of the group, and to serve one, and so long callers are patient; told at most once in a
    /// quarter of an hour, and when that has changed.
    Learned { group: GroupId, learned: Learned },
    /// A call of this caller began then; those of before count until `until`, should none come after it.
    Called { caller: CallerKey, at: Time, until: Time },
    /// The caller's calls count no more, or had to make room.
    Uncounted { caller: CallerKey },
    /// The group is in surge, or not, from now on, by hand or by its rule.
    Surges { group: GroupId, surging: Surging },
}

packed_enum!(Fact {
    0 => Waits { call, caller, group, priority, since },
    1 => Offered { call, agent, reservation },
    2 => Talks { call, agent },
    3 => Left { call },
    4 => Rests { agent, wrap_up, until },
    5 => Rested { agent },
    6 => PlaceKept { caller, group, priority, since, until },
    7 => PlaceGone { caller },
    8 => Tallied { agent, day, calls, talk },
    9 => Served { caller, agent, until },
    10 => Forgotten { caller },
    11 => Closed { group },
    12 => Opened { group },
    13 => Learned { group, learned },
    14 => Promised { caller, promise },
    15 => PromiseOver { caller },
    16 => Surges { group, surging },
    17 => Called { caller, at, until },
    18 => Uncounted { caller },
});

impl Packed for Reservation {
    fn pack(&self, out: &mut Vec<u8>) {
        self.0.pack(out);
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Reservation, Unreadable> {
        u64::unpack(from).map(Reservation)
    }
}
