//! What the queue obliges others to do.

use base::{AgentId, CallId, GroupId, Ticket, Time};

use crate::{Decline, Fact, Reservation};

/// One output of the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// To the roster: hold the agent's slot for this call; the roster passes it on to the call as an offer.
    Reserve { agent: AgentId, call: CallId, group: GroupId, reservation: Reservation, until: Time },
    /// To the call: the lease ran out, or the call was taken elsewhere. Stop ringing; a later answer is ended.
    Withdraw { agent: AgentId, call: CallId, reservation: Reservation },
    /// To the call: it waits in `group`; 1 is next.
    Queued { call: CallId, group: GroupId, position: u32 },
    /// To the call: the answer to `Locate`; 1 is next. Never grows while the caller waits in one group at one priority.
    Located { call: CallId, group: GroupId, position: u32 },
    /// To the call: it overflowed and waits on in `to`.
    Moved { call: CallId, from: GroupId, to: GroupId },
    /// To the call: nobody can take it.
    Refused { call: CallId, group: GroupId, reason: Refusal },
    /// To the roster: an offer came to nothing for this cause; none when the caller left or was connected elsewhere.
    OfferOver { agent: AgentId, call: CallId, cause: Option<Decline> },
    /// To the roster: the agent wraps up until then, or is done with it.
    WrapsUp { agent: AgentId, until: Option<Time> },
    /// To whoever asked: wrap-up ends then; none when the agent is in no wrap-up.
    WrapUp { ticket: Ticket, until: Option<Time> },
    /// To the journal.
    Fact(Fact),
}

/// Why a group could not keep a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Refusal {
    Full,
    WaitedTooLong,
    UnknownGroup,
}
