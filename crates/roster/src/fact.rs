//! What the roster's owner writes down, so that a restart knows it again.

use base::{AgentId, CallId, Flow, Time, packed_enum, packed_struct};

use crate::State;

/// One thing that became true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// A phone is bound, or its binding was renewed: replaces the one with the same URI.
    Bound {
        agent: AgentId,
        binding: Bound,
    },
    /// No phone is bound at this URI any more.
    Unbound {
        agent: AgentId,
        uri: String,
    },
    State {
        agent: AgentId,
        state: State,
    },
    /// Offers in a row that the agent let ring out.
    Unanswered {
        agent: AgentId,
        count: u8,
    },
    /// The slot serves this call and reservation; none when it is free.
    Slot {
        agent: AgentId,
        serves: Option<(CallId, u64)>,
    },
}

/// A live binding (RFC 3261 §10.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// As the phone wrote it.
    pub uri: String,
    pub flow: Flow,
    pub q: u16,
    pub until: Time,
    pub call_id: String,
    pub cseq: u32,
}

packed_struct!(Bound { uri, flow, q, until, call_id, cseq });
packed_enum!(Fact {
    0 => Bound { agent, binding },
    1 => Unbound { agent, uri },
    2 => State { agent, state },
    3 => Unanswered { agent, count },
    4 => Slot { agent, serves },
});
packed_enum!(State { 0 => SignedOff, 1 => Ready, 2 => Paused { reason } });
