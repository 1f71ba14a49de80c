//! What operators, supervisors and programs ask of a running engine, and what they are told.

use std::time::Duration;

use base::{AgentId, CallId, GroupId, OrderNumber, Time, packed_enum};
use roster::{State, StateChange, StateRefusal};

/// One request from outside SIP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Ends a call; its record says `forced`.
    HangUp {
        call: CallId,
    },
    /// The citizen asks that nobody learns the number.
    Confide {
        call: CallId,
    },
    /// A desk has opened this order for the call.
    Order {
        call: CallId,
        order: OrderNumber,
    },
    SetAgent {
        agent: AgentId,
        change: StateChange,
    },
    /// The agent's phone rings, and when it has answered the number is called for the agent.
    Call {
        agent: AgentId,
        to: String,
    },
    /// Wrap-up goes on for so long from now.
    WrapUp {
        agent: AgentId,
        length: Duration,
    },
    /// A caller who waits goes before all others.
    Raise {
        call: CallId,
    },
    /// A caller who waits does so in another group.
    Move {
        call: CallId,
        group: GroupId,
    },
    /// A caller who waits is told that nobody can answer; the record says `queue_refused`.
    Release {
        call: CallId,
    },
    /// The group takes callers, or nobody new.
    Open {
        group: GroupId,
        open: bool,
    },
    /// The group is in surge, or is not, or its rule decides again.
    Surge {
        group: GroupId,
        by_hand: Option<bool>,
    },
    /// Who waits in a group, the first so many.
    Callers {
        group: GroupId,
        most: u16,
    },
}

/// The answer to an `Ask`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Done,
    /// The agent's state from now on.
    State(State),
    /// Wrap-up ends then.
    WrapUp {
        until: Time,
    },
    /// The agent talks; wrap-up lasts at least so long from the end of the talk.
    WrapUpAfterTalk {
        length: Duration,
    },
    NoSuchCall,
    NoSuchAgent,
    /// The agent's phone rings for this call.
    Rings {
        call: CallId,
    },
    /// No rule lets the agent call that number.
    MayNotCall,
    /// The agent's phone is in use, or there is none.
    NoPhoneFree,
    /// The engine takes no more calls now.
    NoRoom,
    /// The agent is in no wrap-up.
    NotInWrapUp,
    Refused(StateRefusal),
    /// The call waits in no queue.
    NotWaiting,
    /// The group has no room.
    GroupFull,
    /// The group takes nobody new.
    GroupClosed,
    /// Nobody is signed on for the group.
    GroupUnstaffed,
    NoSuchGroup,
    /// In order of turn.
    Callers(Vec<acd::InLine>),
}

impl Answer {
    pub(crate) fn state(outcome: Result<State, StateRefusal>) -> Answer {
        match outcome {
            Ok(state) => Answer::State(state),
            Err(StateRefusal::UnknownAgent) => Answer::NoSuchAgent,
            Err(refusal) => Answer::Refused(refusal),
        }
    }

    pub(crate) fn steered(outcome: acd::Steered) -> Answer {
        match outcome {
            acd::Steered::Done => Answer::Done,
            acd::Steered::NotWaiting => Answer::NotWaiting,
            acd::Steered::Full => Answer::GroupFull,
            acd::Steered::Closed => Answer::GroupClosed,
            acd::Steered::Unstaffed => Answer::GroupUnstaffed,
            acd::Steered::UnknownGroup => Answer::NoSuchGroup,
        }
    }

    pub(crate) fn wrap_up(granted: acd::Granted) -> Answer {
        match granted {
            acd::Granted::Until(until) => Answer::WrapUp { until },
            acd::Granted::AfterTalk(length) => Answer::WrapUpAfterTalk { length },
            acd::Granted::Nothing => Answer::NotInWrapUp,
        }
    }
}

packed_enum!(Ask {
    0 => HangUp { call },
    1 => Confide { call },
    2 => SetAgent { agent, change },
    3 => WrapUp { agent, length },
    4 => Call { agent, to },
    5 => Order { call, order },
    6 => Raise { call },
    7 => Move { call, group },
    8 => Release { call },
    9 => Open { group, open },
    10 => Callers { group, most },
    11 => Surge { group, by_hand },
});
packed_enum!(Answer {
    0 => Done,
    1 => State(state),
    2 => WrapUp { until },
    3 => WrapUpAfterTalk { length },
    4 => NoSuchCall,
    5 => NoSuchAgent,
    6 => NotInWrapUp,
    7 => Refused(refusal),
    8 => Rings { call },
    9 => MayNotCall,
    10 => NoPhoneFree,
    11 => NoRoom,
    12 => NotWaiting,
    13 => GroupFull,
    14 => GroupClosed,
    15 => NoSuchGroup,
    16 => Callers(callers),
    17 => GroupUnstaffed,
});
