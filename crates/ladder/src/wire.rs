//! What the thread that signals tells: messages as they pass, and whose they are.

use std::sync::Arc;

use base::{CallId, Flow, LegId, Now};

/// Which way a message went, as the engine stands to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    In,
    Out,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wire {
    /// The turn that handled it or sent it.
    pub now: Now,
    pub flow: Flow,
    pub way: Way,
    pub bytes: Arc<[u8]>,
}

/// One thing told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    Wire(Wire),
    /// The messages with this Call-ID are of this leg, those that came before this too.
    Leg {
        leg: LegId,
        call_id: Box<str>,
    },
    /// The leg is to the phone of the agent with this number.
    Agent {
        leg: LegId,
        number: Box<str>,
    },
    /// Nothing is left to do for the call; a message of it may still be repeated.
    Over {
        call: CallId,
    },
}
