//! What the roster's owner writes down, so that a restart knows it again.

use base::{AgentId, CallId, Flow, Time, packed_enum, packed_struct};

use crate::{Instance, State};

/// One thing that became true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// A phone is bound: replaces the bindings with the same instance or URI and is the most recent one.
    Bound {
        agent: AgentId,
        binding: Bound,
    },
    /// The binding at this place among the agent's was renewed as it was, and is the most recent one: what every phone
    /// says all day long, so it is kept short.
    Renewed {
        agent: AgentId,
        place: u16,
        until: Time,
        cseq: u32,
    },
    /// No phone, or not this one, is bound at this URI any more.
    Unbound {
        agent: AgentId,
        uri: String,
        instance: Option<Instance>,
    },
    State {
        agent: AgentId,
        standing: Standing,
    },
    /// Offers in a row that the agent let ring out.
    Unanswered {
        agent: AgentId,
        count: u8,
    },
    /// What the slot serves; none when it is free.
    Slot {
        agent: AgentId,
        serves: Option<Serving>,
    },
}

impl Fact {
    /// Whom it concerns.
    pub const fn agent(&self) -> AgentId {
        match self {
            Fact::Bound { agent, .. }
            | Fact::Renewed { agent, .. }
            | Fact::Unbound { agent, .. }
            | Fact::State { agent, .. }
            | Fact::Unanswered { agent, .. }
            | Fact::Slot { agent, .. } => *agent,
        }
    }
}

/// A live binding (RFC 3261 §10.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// As the phone wrote it.
    pub uri: String,
    pub flow: Flow,
    /// In thousandths.
    pub q: u16,
    pub until: Time,
    pub call_id: String,
    pub cseq: u32,
    /// As the REGISTER brought it (RFC 3327).
    pub path: Vec<String>,
    pub proxied: bool,
    pub instance: Option<Instance>,
}

/// An agent's state and how it came about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    pub state: State,
    /// Somebody asked for the sign-on or the sign-off; a phone that comes or goes does not undo it.
    pub by_hand: bool,
    /// Since when the state is this one; a pause counts from the end of the call that it was asked for in.
    pub since: Time,
}

/// What a slot is held for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Serving {
    pub call: CallId,
    /// The number of the reservation.
    pub epoch: u64,
    pub phase: Phase,
}

/// How far a call at an agent's phone is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Offered,
    Talking,
    Releasing,
}

packed_struct!(Standing { state, by_hand, since });
packed_struct!(Serving { call, epoch, phase });
packed_enum!(Phase { 0 => Offered, 1 => Talking, 2 => Releasing });
packed_enum!(State { 0 => SignedOff, 1 => Ready, 2 => Paused { reason } });
