//! What the roster is asked and told.

use std::sync::Arc;

use base::{AgentId, CallId, Flow, GroupId, Ticket, Time, packed_enum, packed_struct};

use crate::Plan;

/// One input of the roster. None can fail: a refusal is an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// A switch: an authenticated REGISTER (RFC 3261 §10.3).
    Register { ticket: Ticket, agent: AgentId, registration: Registration },
    /// The rim: the connection is gone and with it every binding that lives on it.
    FlowClosed { flow: Flow },
    /// The queue: hold the agent's slot for this call. `epoch` only grows; an older one is refused.
    Reserve { agent: AgentId, call: CallId, group: GroupId, epoch: u64, until: Time },
    /// A switch: the agent answered; the slot is tied to the dialog from now on.
    Talking { agent: AgentId, call: CallId, epoch: u64 },
    /// A switch: BYE or CANCEL is on its way to the agent's phone; the slot is not free before `Released`.
    Releasing { agent: AgentId, call: CallId, epoch: u64 },
    /// A switch: the agent's last dialog of this offer has its final response.
    Released { agent: AgentId, call: CallId, epoch: u64 },
    /// A switch: the agent dialled something, a star code or a number, and is not rung meanwhile; or is done with it.
    OwnCall { agent: AgentId, begins: bool },
    /// A switch: a colleague calls the agent. Answered with `Action::Reached`, and then the phone is in use as for a call of the
    /// agent's own until `OwnCall` ends it; or with `Action::Unreached`.
    Ring { call: CallId, agent: AgentId },
    /// A switch: what was a call of the agent's own is a talk with a caller of the queue now, which gave it this number.
    TakesOver { agent: AgentId, call: CallId, epoch: u64 },
    /// The agent by star code, a supervisor, or a program. `by` is the name for the records. Answered with `Action::State`.
    Set { ticket: Ticket, agent: AgentId, change: StateChange, by: String },
    /// The queue: an offer came to nothing.
    OfferOver { agent: AgentId, call: CallId, outcome: Outcome },
    /// The queue: the agent wraps up until then, or is done with it.
    WrapsUp { agent: AgentId, until: Option<Time> },
    /// The operator: this holds from now on. Ids mean what they meant: new agents come behind the last, removed ones keep their places. A
    /// plan of fewer agents is none for this roster and changes nothing.
    Plan(Arc<Plan>),
}

/// What became of an offer that was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    Rejected,
    Busy,
    NoAnswer,
    Unreachable,
    /// The caller left or was connected elsewhere; the agent is blameless.
    Withdrawn,
    /// The agent answered a colleague who asks: no talk of the queue follows.
    Answered,
}

/// A change of an agent's state that somebody asks for. To ask for the state that one has is no error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StateChange {
    /// At work, and ready when a phone is registered. Who is signed on already stays ready or paused.
    SignOn,
    /// Ends a pause, or signs on; takes a registered phone.
    Ready,
    /// At work and not to be offered calls; during a call it counts from the call's end.
    Pause { reason: String },
    /// Until somebody signs the agent on: a phone that registers does not.
    SignOff,
}

/// What one REGISTER asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    pub flow: Flow,
    pub call_id: String,
    pub cseq: u32,
    /// The `Expires` header, seconds.
    pub expires: Option<u32>,
    /// The proxies between the phone and us, the nearest to us first (RFC 3327).
    pub path: Vec<String>,
    /// There is a proxy between, one of the path or another: the flow is not the phone's own.
    pub proxied: bool,
    pub change: Change,
}

/// What a REGISTER does to the bindings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// No Contact: only tells the bindings.
    Query,
    /// `Contact: *` with `Expires: 0`.
    RemoveAll,
    Update(Vec<ContactChange>),
}

/// One Contact of a REGISTER.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactChange {
    /// The URI as the phone wrote it, without angle brackets.
    pub uri: String,
    /// The `expires` parameter, seconds; 0 removes the binding.
    pub expires: Option<u32>,
    /// The `q` parameter in thousandths; 1000 when absent.
    pub q: u16,
    /// Which phone it is, where the phone says so.
    pub instance: Option<Instance>,
}

/// One registration of one phone (RFC 5626 §4.1, §4.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// The phone's own name, `+sip.instance`, in one form for comparing.
    pub id: String,
    /// `reg-id`: which of the ways that the phone keeps open; 0 for the only one of a phone that names none.
    pub reg_id: u32,
}

packed_enum!(StateChange { 0 => SignOn, 1 => Ready, 2 => Pause { reason }, 3 => SignOff });
packed_struct!(Instance { id, reg_id });
