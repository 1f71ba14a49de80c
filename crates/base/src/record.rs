//! What a call leaves behind.

mod packed;

use crate::{AgentId, CallId, OrderNumber, Wall};

pub use packed::{pack_marks, unpack_marks};

/// Why a call ended; one a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EndReason {
    /// The citizen hung up while talking with an agent.
    CallerHangup,
    /// The agent hung up.
    AgentHangup,
    /// The citizen hung up in the menu.
    LeftInMenu,
    /// The citizen hung up while waiting for an agent.
    Abandoned,
    /// The citizen cancelled before we answered.
    Cancelled,
    /// The menu said goodbye.
    MenuEnd,
    /// The queue could not take the call: full, closed, nobody signed on, or waited too long.
    QueueRefused,
    /// The talk reached its limit.
    MaxTalk,
    /// The phone never acknowledged our answer.
    NoAck,
    /// The citizen's phone vanished: no media, or no answer to a refresh.
    MediaLost,
    /// Refused before it was answered: no codec, limit, drain.
    Refused,
    /// The engine was stopped by its operator.
    Shutdown,
    /// Found open after a restart.
    Restart,
    /// A fault of ours.
    Fault,
    /// A supervisor ended the call.
    Forced,
    /// Whom an agent called, or a citizen was brought to, did not answer.
    Unanswered,
    /// An agent joined two calls: the parties talk on in the other one.
    Joined,
    /// The line outside that the citizen was brought to hung up.
    LineHangup,
    /// The citizen waits on without the line, and is called back.
    CallBack,
    /// A citizen who was to be called back did not answer, as often as that is tried.
    CallBackGivenUp,
}

impl EndReason {
    pub const ALL: [EndReason; 20] = [
        EndReason::CallerHangup,
        EndReason::AgentHangup,
        EndReason::LeftInMenu,
        EndReason::Abandoned,
        EndReason::Cancelled,
        EndReason::MenuEnd,
        EndReason::QueueRefused,
        EndReason::MaxTalk,
        EndReason::NoAck,
        EndReason::MediaLost,
        EndReason::Refused,
        EndReason::Shutdown,
        EndReason::Restart,
        EndReason::Fault,
        EndReason::Forced,
        EndReason::Unanswered,
        EndReason::Joined,
        EndReason::LineHangup,
        EndReason::CallBack,
        EndReason::CallBackGivenUp,
    ];

    /// The word in records, metrics and the API.
    pub const fn name(self) -> &'static str {
        match self {
            EndReason::CallerHangup => "caller_hangup",
            EndReason::AgentHangup => "agent_hangup",
            EndReason::LeftInMenu => "left_in_menu",
            EndReason::Abandoned => "abandoned",
            EndReason::Cancelled => "cancelled",
            EndReason::MenuEnd => "menu_end",
            EndReason::QueueRefused => "queue_refused",
            EndReason::MaxTalk => "max_talk",
            EndReason::NoAck => "no_ack",
            EndReason::MediaLost => "media_lost",
            EndReason::Refused => "refused",
            EndReason::Shutdown => "shutdown",
            EndReason::Restart => "restart",
            EndReason::Fault => "fault",
            EndReason::Forced => "forced",
            EndReason::Unanswered => "unanswered",
            EndReason::Joined => "joined",
            EndReason::LineHangup => "line_hangup",
            EndReason::CallBack => "call_back",
            EndReason::CallBackGivenUp => "call_back_given_up",
        }
    }
}

/// How a wait in one group ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WaitOutcome {
    Answered,
    Abandoned,
    /// Went on in another group.
    Overflowed,
    /// The group could not keep the caller.
    Refused,
    /// The call ended for another reason while waiting.
    Ended,
    /// Went on in another group because somebody wanted it so.
    Moved,
    /// Went on without the line; or this is the call that came of that.
    CallBack,
}

impl WaitOutcome {
    pub const fn name(self) -> &'static str {
        match self {
            WaitOutcome::Answered => "answered",
            WaitOutcome::Abandoned => "abandoned",
            WaitOutcome::Overflowed => "overflowed",
            WaitOutcome::Refused => "refused",
            WaitOutcome::Ended => "ended",
            WaitOutcome::Moved => "moved",
            WaitOutcome::CallBack => "call_back",
        }
    }
}

/// One wait in one skill group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    pub group: String,
    pub entered: Wall,
    pub waited_ms: u64,
    pub outcome: WaitOutcome,
}

/// Written in the turn that answers a call, before the answer leaves, so that a killed process leaves a trace of every open call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartRecord {
    pub id: CallId,
    pub caller: String,
    pub called: String,
    /// The trunk, or `agent NUMBER` for a signed-on agent's own call.
    pub source: String,
    pub started: Wall,
}

/// Everything about a call, written once when it is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub start: StartRecord,
    /// When we answered; none when we never did.
    pub answered: Option<Wall>,
    pub ended: Wall,
    /// The menu nodes entered, in order.
    pub menu_path: Vec<String>,
    /// The content hash of the menu the call ran.
    pub menu_version: String,
    /// The language that the citizen chose, e.g. `zh-CN`.
    pub locale: String,
    /// The last skill group the citizen waited in.
    pub skill_group: Option<String>,
    /// Total wait in all groups.
    pub queued_ms: u64,
    pub waits: Vec<Wait>,
    /// The number of the agent who talked with the citizen.
    pub agent: Option<String>,
    /// From the moment both could hear each other to the end.
    pub talk_ms: u64,
    pub end_reason: EndReason,
    /// The citizen asked that nobody learns the number: it is masked for everybody.
    pub confidential: bool,
    /// The order that a desk has opened for the call.
    pub order: Option<OrderNumber>,
    /// Calls of the same number a while before it; nine are nine or more.
    pub earlier: u8,
}

/// What the store is asked to write; idempotent by call id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordEntry {
    Start(StartRecord),
    /// From here on nobody learns the number of that call; before its start where it arrives so, so that no row shows it.
    Confidential(StartRecord),
    /// A desk has opened this order for that call.
    Order {
        start: StartRecord,
        order: OrderNumber,
    },
    /// What the citizen says of the talk of that call, 1 to 5; 0 where they were asked and have not said anything.
    Rated {
        start: StartRecord,
        grade: u8,
    },
    /// The menu nodes of that call at which a key was pressed that leads nowhere, each as often as that was.
    WrongKeys {
        start: StartRecord,
        nodes: Vec<String>,
    },
    End(Box<Record>),
    Agent(AgentEvent),
}

/// One thing that happened to an agent; the working day of an agent is the list of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentEvent {
    pub agent: AgentId,
    /// The agent's number (工号): records outlive the table of agents.
    pub number: String,
    pub at: Wall,
    pub what: AgentHappening,
    /// Who brought it about: `phone` for a registration, `star code`, `rule`, `queue`, or the name of an API token.
    pub by: String,
}

/// What happened to an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AgentHappening {
    SignedOn,
    Ready,
    /// Asked for during a call, a pause begins when the call is over.
    Paused {
        reason: String,
    },
    SignedOff,
    /// The agent's phone is asked to ring.
    Offered {
        call: CallId,
    },
    /// The offer came to nothing: `rejected`, `busy`, `no_answer`, `unreachable`, `withdrawn`.
    OfferOver {
        call: CallId,
        outcome: String,
    },
    Talking {
        call: CallId,
    },
    TalkOver {
        call: CallId,
    },
    /// Wrap-up until then; told again when it is extended.
    WrapUp {
        until: Wall,
    },
    WrapUpOver,
}

impl AgentHappening {
    /// The word in records and the API.
    pub const fn name(&self) -> &'static str {
        match self {
            AgentHappening::SignedOn => "signed_on",
            AgentHappening::Ready => "ready",
            AgentHappening::Paused { .. } => "paused",
            AgentHappening::SignedOff => "signed_off",
            AgentHappening::Offered { .. } => "offered",
            AgentHappening::OfferOver { .. } => "offer_over",
            AgentHappening::Talking { .. } => "talking",
            AgentHappening::TalkOver { .. } => "talk_over",
            AgentHappening::WrapUp { .. } => "wrap_up",
            AgentHappening::WrapUpOver => "wrap_up_over",
        }
    }

    /// The call it concerns.
    pub const fn call(&self) -> Option<CallId> {
        match self {
            AgentHappening::Offered { call }
            | AgentHappening::OfferOver { call, .. }
            | AgentHappening::Talking { call }
            | AgentHappening::TalkOver { call } => Some(*call),
            _ => None,
        }
    }
}
