//! Calls and agents as readers see them: plain rows, each an immutable picture of one moment.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use base::{AgentId, CallId, Wall};

/// What stays the same of a call; shared by its row and by every event about it, so that a call that becomes confidential
/// is so in events of the past too.
#[derive(Debug)]
pub struct Face {
    pub caller: String,
    pub called: String,
    /// The trunk, or `agent NUMBER`.
    pub source: String,
    pub started: Wall,
    confidential: AtomicBool,
}

impl Face {
    pub(crate) fn new(start: base::StartRecord) -> Face {
        let base::StartRecord { caller, called, source, started, .. } = start;
        Face { caller, called, source, started, confidential: AtomicBool::new(false) }
    }

    pub fn is_confidential(&self) -> bool {
        self.confidential.load(Ordering::Acquire)
    }

    pub(crate) fn confide(&self) {
        self.confidential.store(true, Ordering::Release);
    }
}

/// Where a call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CallPhase {
    /// Answered; its menu has not begun.
    Arriving,
    Menu,
    Waiting,
    /// Somebody is called outside the queue, by an agent or for a citizen.
    Calling,
    /// An agent's phone is asked to ring.
    Offered,
    /// The agent answered; both hear the announcement.
    Connected,
    /// Both hear each other.
    Talking,
    Ended,
}

impl CallPhase {
    pub const ALL: [CallPhase; 8] = [
        CallPhase::Arriving,
        CallPhase::Menu,
        CallPhase::Waiting,
        CallPhase::Calling,
        CallPhase::Offered,
        CallPhase::Connected,
        CallPhase::Talking,
        CallPhase::Ended,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            CallPhase::Arriving => "arriving",
            CallPhase::Menu => "menu",
            CallPhase::Waiting => "waiting",
            CallPhase::Calling => "calling",
            CallPhase::Offered => "offered",
            CallPhase::Connected => "connected",
            CallPhase::Talking => "talking",
            CallPhase::Ended => "ended",
        }
    }
}

/// One call at one moment.
#[derive(Clone, Debug)]
pub struct CallRow {
    pub id: CallId,
    pub face: Arc<Face>,
    pub phase: CallPhase,
    /// The menu nodes entered, in order.
    pub menu_path: Arc<[Arc<str>]>,
    pub language: Arc<str>,
    /// The last skill group waited in.
    pub group: Option<Arc<str>>,
    /// Since when the caller waits in that group; none while nobody waits.
    pub waiting_since: Option<Wall>,
    /// In all groups so far; as far as is known while the wait goes on.
    pub waited_ms: u64,
    /// The agents whose phones are asked to ring, with their numbers; the newest is last.
    pub offered: Vec<(AgentId, Arc<str>)>,
    /// The number of the agent who serves the citizen, or did last.
    pub agent: Option<Arc<str>>,
    pub talk_since: Option<Wall>,
    /// The number of the order that a desk has opened for it.
    pub order: Option<Arc<str>>,
    /// Calls of the same number a while before; nine are nine or more.
    pub earlier: u8,
}

/// Whether an agent is at work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Presence {
    SignedOff,
    /// At work, and ready when a phone is registered.
    SignedOn,
    Ready,
    Paused,
}

/// What an agent does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    Nothing,
    /// The phone is asked to ring.
    Offered(CallId),
    Talking(CallId),
    /// Until then, where it is known.
    WrapUp(Option<Wall>),
}

/// One agent at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentRow {
    pub number: Arc<str>,
    pub presence: Presence,
    /// Of the pause.
    pub reason: Option<Arc<str>>,
    pub doing: Doing,
    /// Since when `state` is what it is.
    pub since: Wall,
}

impl AgentRow {
    /// The words that `state` may say.
    pub const STATES: [&'static str; 7] =
        ["signed_off", "signed_on", "ready", "paused", "offered", "talking", "wrap_up"];

    /// What the agent does, else whether the agent is at work.
    pub const fn state(&self) -> &'static str {
        match (self.doing, self.presence) {
            (Doing::Offered(_), _) => "offered",
            (Doing::Talking(_), _) => "talking",
            (Doing::WrapUp(_), _) => "wrap_up",
            (Doing::Nothing, presence) => presence.name(),
        }
    }

    /// The call that the agent is offered or talks in.
    pub const fn call(&self) -> Option<CallId> {
        match self.doing {
            Doing::Offered(call) | Doing::Talking(call) => Some(call),
            Doing::Nothing | Doing::WrapUp(_) => None,
        }
    }
}

impl Presence {
    pub const fn name(self) -> &'static str {
        match self {
            Presence::SignedOff => "signed_off",
            Presence::SignedOn => "signed_on",
            Presence::Ready => "ready",
            Presence::Paused => "paused",
        }
    }
}
