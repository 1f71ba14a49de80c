//! What a call obliges its switch to do.

use base::{Job, RecordEntry, Ticket, Time};
use roster::Contact;

use crate::{Fact, Timer};

/// One output of a call.
#[derive(Clone, Debug)]
pub enum Action {
    /// 200 with this session description to the leg's INVITE.
    Answer {
        leg: u16,
        body: Vec<u8>,
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

/// An INVITE to an agent's phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dial {
    pub leg: u16,
    pub contact: Contact,
    /// What the phone shows: number and words.
    pub from_number: String,
    pub from_display: String,
    pub body: Vec<u8>,
}
