//! What the roster obliges others to do.

use base::{AgentEvent, AgentId, CallId, Flow, GroupId, Ticket, Time, packed_enum};

use crate::{Fact, State};

/// One output of the roster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// To the switch that asked: answer 200 with every live binding.
    Registered { ticket: Ticket, bindings: Vec<BindingView> },
    /// To the switch that asked: answer with an error.
    RegisterRefused { ticket: Ticket, refusal: RegisterRefusal },
    /// To the switch of the call: ring these contacts, best first, one of each phone. At least one. `freed`: when the phone's
    /// previous call was over for us; it may call itself busy for a moment after.
    Offer {
        call: CallId,
        agent: AgentId,
        group: GroupId,
        epoch: u64,
        until: Time,
        freed: Option<Time>,
        contacts: Vec<Contact>,
    },
    /// To the switch of the call that `Command::Ring` named: ring these contacts, best first. At least one.
    Reached { call: CallId, agent: AgentId, contacts: Vec<Contact> },
    /// To the same: the phone is in use, or there is none.
    Unreached { call: CallId, agent: AgentId, busy: bool },
    /// To the queue: the slot is not free for this reservation.
    SlotRefused { call: CallId, agent: AgentId, epoch: u64 },
    /// To the queue: the agent signed on, ready or paused, or signed off.
    SignedOn { agent: AgentId, on: bool },
    /// To the queue: slot free, signed on, ready, reachable.
    Ready { agent: AgentId },
    /// To the queue: not to be offered calls until `Ready`.
    Away { agent: AgentId },
    /// To whoever asked with `Command::Set`: the state from now on, which a sign-on during a pause leaves a pause.
    State { ticket: Ticket, agent: AgentId, outcome: Result<State, StateRefusal> },
    /// To the records and to whoever watches.
    Event(AgentEvent),
    /// To the journal.
    Fact(Fact),
}

/// Why an agent's state could not be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StateRefusal {
    UnknownAgent,
    /// Nobody can be ready without a registered phone.
    NoPhone,
    /// Only a signed-on agent can pause.
    SignedOff,
    /// The plan lists the reasons for a pause, and this is none of them.
    UnknownReason {
        known: Vec<String>,
    },
}

/// Where an agent's phone is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    pub uri: String,
    /// The flow that the REGISTER came over; requests go back on it.
    pub flow: Flow,
    /// Through these proxies, the nearest to us first: the Route set of an INVITE (RFC 3327 §5.1).
    pub path: Vec<String>,
    /// The ways to one phone have one number. Only the first is rung, the next one when that failed (RFC 5626 §7).
    pub phone: usize,
}

/// A live binding, as a 200 to REGISTER lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BindingView {
    pub uri: String,
    /// Seconds left, rounded up.
    pub expires: u32,
}

/// Why a REGISTER was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegisterRefusal {
    /// 423 with this `Min-Expires`.
    IntervalTooBrief { min: u32 },
    /// 500: same Call-ID with a lower CSeq (RFC 3261 §10.3 step 7).
    OutOfOrder,
    /// 403: more contacts than an agent may have.
    TooManyContacts { limit: usize },
}

packed_enum!(StateRefusal { 0 => UnknownAgent, 1 => NoPhone, 2 => SignedOff, 3 => UnknownReason { known } });
