//! What a call obliges its switch to do.

use std::net::IpAddr;

use base::{AgentId, CallId, Codec, EndId, Flow, GroupId, Job, RecordEntry, Ticket, Time};
use roster::Contact;

use crate::leg::Leg;
use crate::{Fact, Timer, Utterance};

/// One output of a call.
#[derive(Clone, Debug)]
pub enum Action {
    /// 200 with this session description to the leg's INVITE.
    Answer {
        leg: u16,
        body: Vec<u8>,
    },
    /// 180 or 183 to the leg's INVITE: whom it calls is rung, or plays something that is heard already.
    Progress {
        leg: u16,
        status: u16,
        body: Option<Vec<u8>>,
    },
    /// Which ways lead to this line, for whom? Answered with `Event::Lines` or `Event::NoLine`.
    Seek {
        number: String,
        by: Option<AgentId>,
    },
    /// Asks another system over HTTP; answered with `Event::Web` of the same number.
    Web {
        question: u32,
        request: Box<ivr::Request>,
    },
    /// Has a text spoken; answered with `Event::Synthesized` of the same number.
    Synthesize {
        question: u32,
        speech: Box<ivr::Speech>,
    },
    /// Asks what the citizen has said; answered with `Event::Understood` of the same number.
    Recognize {
        question: u32,
        speech: Box<Utterance>,
    },
    /// The answer to a request inside a dialog.
    Reply {
        request: Ticket,
        status: u16,
        body: Option<Vec<u8>>,
    },
    Dial(Box<Dial>),
    /// Tells the phone that asked for it how the handing on goes, as the status of a call to there; the last word when `over`.
    HandingOn {
        leg: u16,
        status: u16,
        over: bool,
    },
    /// Whatever ends the dialog now: final response, CANCEL or BYE. Answered by `Signal::Closed`.
    HangUp {
        leg: u16,
        status_if_early: u16,
    },
    /// The agent asks somebody of that group: a call of its own is to wait there. Answered with `Event::Asking`, then with
    /// `Event::Given` or `Event::NotGiven`.
    Ask {
        group: GroupId,
    },
    /// An agent joins this call with that one: `Event::Give` is for the agent's leg there.
    Fetch {
        from: CallId,
    },
    /// It is not wanted any more.
    Unfetch {
        from: CallId,
    },
    /// The leg is that call's from now on, which takes it or hangs it up.
    Give {
        to: CallId,
        leg: Given,
    },
    /// There is nobody to give.
    NotGiven {
        to: CallId,
    },
    /// Asks the phone whether it still knows the dialog; one that does not is `Signal::Gone`.
    Probe {
        leg: u16,
    },
    /// To the worker of the end that the job names.
    Job(Job),
    Queue(acd::Command),
    Roster(roster::Command),
    /// Arms or moves the timer.
    Arm {
        timer: Timer,
        at: Time,
    },
    Disarm(Timer),
    Record(RecordEntry),
    /// To the journal.
    Fact(Fact),
    /// Nothing is left to do; the call may be forgotten.
    Over,
}

/// A leg on its way from one call to another.
#[derive(Clone, Debug)]
pub struct Given(pub(crate) Box<Leg>);

impl Given {
    /// Its number in the call that it comes from.
    pub fn index(&self) -> u16 {
        self.0.id.index
    }

    /// The media end behind it.
    pub fn end(&self) -> EndId {
        self.0.lease.end
    }

    /// The agent whose phone it is, in use for it.
    pub fn agent(&self) -> Option<AgentId> {
        self.0.agent()
    }
}

/// Where an INVITE goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    Phone(Contact),
    Line(Box<Line>),
}

impl Destination {
    pub(crate) fn peer(&self) -> IpAddr {
        match self {
            Destination::Phone(contact) => contact.flow.peer.ip(),
            Destination::Line(line) => line.flow.peer.ip(),
        }
    }
}

/// One way to a line outside, in its trunk's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Place in `Plan::trunks`.
    pub trunk: usize,
    pub flow: Flow,
    /// The Request-URI.
    pub uri: String,
    /// The Request-URIs that stand before it where a redirection named it: the dialled one, and all that will have been asked
    /// when the places named with it have been.
    pub asked: Vec<String>,
    pub right: Right,
    /// Route headers, in order.
    pub routes: Vec<String>,
    /// User and host of From.
    pub from: (String, String),
    /// P-Asserted-Identity and the like.
    pub headers: Vec<(String, String)>,
    /// What is spoken on the trunk, the preferred one first.
    pub codecs: Vec<Codec>,
}

/// By what right a line is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Right {
    /// In its one form.
    pub number: String,
    /// The agent who may call there; none for the house, which may call everywhere.
    pub by: Option<AgentId>,
    /// Place in `Plan::dial`.
    pub rule: usize,
    /// Whether it counts among the agent's calls by this rule when it is dialled.
    pub counts: bool,
}

/// An INVITE to an agent's phone, or to a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dial {
    pub leg: u16,
    pub to: Destination,
    /// What an agent's phone shows: number and words.
    pub from_number: String,
    pub from_display: String,
    /// What the phone's program may want to know of the call; for a line outside the order alone, and empty without one.
    pub context: String,
    pub body: Vec<u8>,
}
