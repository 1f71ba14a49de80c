//! What operators, supervisors and programs ask of a running engine, and what they are told.

use std::time::Duration;

use base::{AgentId, CallId, Time};
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
    SetAgent {
        agent: AgentId,
        change: StateChange,
    },
    /// Wrap-up goes on for so long from now, or will last at least so long after the talk.
    WrapUp {
        agent: AgentId,
        length: Duration,
    },
}

/// The answer to an `Ask`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Done,
    /// The agent's state from now on.
    State(State),
    /// When wrap-up ends.
    WrapUp {
        until: Time,
    },
    /// The agent talks; wrap-up lasts at least so long when that ends.
    WrapUpAfterTalk {
        length: Duration,
    },
    NoSuchCall,
    NoSuchAgent,
    /// The agent neither wraps up nor talks.
    NotInWrapUp,
    Refused(StateRefusal),
}
