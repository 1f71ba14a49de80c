//! What the queue obliges others to do.

use std::time::Duration;

use base::{AgentId, CallId, GroupId, Ticket, Time};

use crate::{Citizen, Decline, Fact, Range, Reservation};

/// One output of the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// To the roster: hold the agent's slot for this call; the roster passes it on to the call as an offer.
    Reserve { agent: AgentId, call: CallId, group: GroupId, reservation: Reservation, until: Time },
    /// To the call: the lease ran out, or the call was taken elsewhere. Stop ringing; a later answer is ended.
    Withdraw { agent: AgentId, call: CallId, reservation: Reservation },
    /// To the call: it waits in `group`; 1 is next. No wait where an agent is free, nobody at work who serves it, or
    /// another caller was told one less than 50 ms ago. With whether the group is in surge.
    Queued { call: CallId, group: GroupId, position: u32, wait: Option<Range>, surge: bool },
    /// To the call: the answer to `Locate`; 1 is next. Never grows while the caller waits in one group at one priority.
    /// No end of `wait` rises there until its low end lies beyond what was told.
    Located { call: CallId, group: GroupId, position: u32, wait: Option<Range> },
    /// To the call: it overflowed, or somebody moved it by hand, and waits on in `to`.
    Moved { call: CallId, from: GroupId, to: GroupId, by_hand: bool },
    /// To the call: nobody can take it.
    Refused { call: CallId, group: GroupId, reason: Refusal },
    /// To the call: so many calls of the same number began a while before it; nine are nine or more.
    Repeats { call: CallId, earlier: u8 },
    /// To the call that asked for it: the citizen is called back when the turn has come, or is not (`kept`).
    Promised { call: CallId, kept: bool },
    /// To the switch, before the first `Reserve` for a call-back: a call of this id begins, without anybody on the line, for the agent who is
    /// to answer first. `last` when the citizen is not called again should this come to nothing.
    CallsBack { call: CallId, group: GroupId, priority: u8, since: Time, citizen: Box<Citizen>, last: bool },
    /// To the call: the agent that it claims may not be offered a call now, or does not answer in time.
    Unclaimed { call: CallId, agent: AgentId },
    /// To the call: the talk with this agent goes by this number.
    TakenOver { call: CallId, agent: AgentId, reservation: Reservation },
    /// To the roster, once for each `Reserve` that did not become a talk, unless the slot refused it and so no phone rang: the
    /// offer came to nothing for this cause; none when the caller left, was connected elsewhere, or the agent was. An
    /// `Accepted` that crosses a `Withdraw` comes after it all the same.
    OfferOver { agent: AgentId, call: CallId, cause: Option<Decline> },
    /// To the roster: wrap-up began or was moved and lasts until then, or is over. A restore tells again what stands.
    WrapsUp { agent: AgentId, until: Option<Time> },
    /// To whoever asked for wrap-up.
    WrapUp { ticket: Ticket, granted: Granted },
    /// To the switch: the group is in surge from now on, or no more.
    Surge { group: GroupId, on: bool },
    /// To whoever raised, moved or released a caller, opened or closed a group, or said whether it is in surge.
    Steered { ticket: Ticket, outcome: Steered },
    /// To the journal.
    Fact(Fact),
}

const _: () = assert!(size_of::<Action>() <= 64, "each is written and read with every command: one cache line");

/// What came of asking for wrap-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Granted {
    /// The agent wraps up until then.
    Until(Time),
    /// The agent talks: when that ends nobody knows, and wrap-up lasts at least so long from then.
    AfterTalk(Duration),
    /// The agent neither wraps up nor talks; nothing changed.
    Nothing,
}

/// What came of steering the queue by hand; nothing changed but where it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Steered {
    Done,
    /// The queue does not know the call, or it talks.
    NotWaiting,
    /// The group has no room.
    Full,
    /// The group takes nobody.
    Closed,
    /// Nobody who serves the group is signed on, and it does not let callers wait for that.
    Unstaffed,
    UnknownGroup,
}

/// Why a group could not keep a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Refusal {
    Full,
    WaitedTooLong,
    /// The caller would have to wait longer than the group lets anybody expect.
    ExpectedTooLong,
    UnknownGroup,
    /// It takes nobody new.
    Closed,
    /// Nobody who serves it is signed on.
    Unstaffed,
    /// Somebody let the caller go.
    Released,
    /// Who was to be called back has called again.
    CalledAgain,
    /// Who was to be called back is not, before the next process.
    Held,
}
