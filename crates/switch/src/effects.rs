//! What goes into a switch and what comes out.

use base::{CallId, Clip, Flow, Job, LegId, Notice, RecordEntry, Ticket, WorkerId};

use crate::{Answer, Ask, Fact, Query, Reload, Resolved, SpeechRequest, Utterance, WebRequest};

/// One input of a switch.
#[derive(Debug)]
pub enum Input<'a> {
    /// One SIP message, framed by the rim.
    Message {
        flow: Flow,
        bytes: &'a [u8],
    },
    /// A first INVITE while too many others wait: refused at the least cost, without a transaction.
    Shed {
        flow: Flow,
        bytes: &'a [u8],
    },
    FlowClosed(Flow),
    /// The network said that nobody listens there.
    Unreachable(Flow),
    Queue(acd::Action),
    Roster(roster::Action),
    /// What came of a star code.
    Answer {
        ticket: Ticket,
        answer: Answer,
    },
    Notice {
        worker: WorkerId,
        notice: Notice,
    },
    /// What came of a lookup; nobody minds one that never comes.
    Resolved {
        ticket: Ticket,
        answer: Resolved,
    },
    /// What another system answered to that question of a call: a text for each place that was asked for; none where there was no good
    /// answer. Nobody minds one that never comes.
    Fetched {
        call: CallId,
        question: u32,
        values: Option<Vec<String>>,
    },
    /// What came of a text that was to be spoken; none where nobody spoke it. Nobody minds one that never comes.
    Synthesized {
        call: CallId,
        question: u32,
        clip: Option<Clip>,
    },
    /// What a service understood of what a caller has said; none where it gave no good answer. Nobody minds one that never comes.
    Understood {
        call: CallId,
        question: u32,
        text: Option<String>,
    },
    /// Somebody asks for something; `by` is the name for the records. Answered in `Effects::answers`.
    Ask {
        ticket: Ticket,
        by: String,
        ask: Ask,
    },
    /// The operator: these plans hold from now on, if they can follow those that hold (`Plans::can_follow`).
    Plan(Box<Reload>),
    /// No new calls from now on.
    Drain,
    /// Every call ends now.
    StopCalls,
    /// The process ends once the carriers know: registrations are taken back. `Switch::is_leaving` says when that is done.
    Leave,
    /// The time that `next_timeout` named has come.
    Deadline,
}

/// What a switch wants done; the caller owns the buffers and carries them out in the order of the fields.
#[derive(Debug, Default)]
pub struct Effects {
    /// Before all else: nothing leaves that was not written down.
    pub facts: Vec<Fact>,
    /// A start record is handed over before the 200 OK leaves.
    pub records: Vec<RecordEntry>,
    pub jobs: Vec<(WorkerId, Job)>,
    /// Legs that began, each with its Call-ID: for those who tell messages apart, nothing is decided by them.
    pub legs: Vec<(LegId, Box<str>)>,
    pub messages: Vec<sip::Outgoing>,
    pub answers: Vec<(Ticket, Answer)>,
    pub queue: Vec<acd::Command>,
    pub roster: Vec<roster::Command>,
    /// Questions to the DNS.
    pub lookups: Vec<(Ticket, Query)>,
    /// Questions of calls to other systems, over HTTP.
    pub fetches: Vec<(CallId, u32, Box<WebRequest>)>,
    /// Texts of calls that are to be spoken.
    pub speeches: Vec<(CallId, u32, Box<SpeechRequest>)>,
    /// What callers have said, to be understood.
    pub utterances: Vec<(CallId, u32, Box<Utterance>)>,
}

impl Effects {
    pub fn clear(&mut self) {
        self.facts.clear();
        self.records.clear();
        self.jobs.clear();
        self.legs.clear();
        self.messages.clear();
        self.answers.clear();
        self.queue.clear();
        self.roster.clear();
        self.lookups.clear();
        self.fetches.clear();
        self.speeches.clear();
        self.utterances.clear();
    }
}
