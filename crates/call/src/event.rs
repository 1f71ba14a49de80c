//! What a call is told.

use std::sync::Arc;

use base::{AgentId, CallId, Clip, EndReason, GroupId, Lease, Notice, OrderNumber, Ticket, Time};
use roster::Contact;

use crate::{Given, Line, Moved, Plan};

/// One input of a call.
#[derive(Clone, Debug)]
pub enum Event<'a> {
    Signal {
        leg: u16,
        signal: Signal<'a>,
    },
    Notice(Notice),
    Queue(acd::Action),
    Offer(Offer),
    /// A colleague's phone may ring, as was asked of the roster.
    Reached(Reached),
    /// It may not: it is in use, or there is none.
    Unreached {
        agent: AgentId,
        busy: bool,
    },
    /// Ways to the line that was asked for, best first, each with a media end; there is at least one.
    Lines(Vec<(Line, Lease)>),
    /// The line is somewhere else: the end of its leg.
    Moved(Moved),
    /// There is none, or the agent may not call there.
    NoLine {
        status: u16,
    },
    /// That call waits for whom the agent asks, as was asked for.
    Asking {
        call: CallId,
    },
    /// An agent joins two calls: whom the agent talks with on `leg`, or rings there, is to go to that call.
    Give {
        leg: u16,
        to: CallId,
    },
    /// That call does not want the other party any more.
    Keep,
    /// An agent's phone comes that takes the place of this leg: `Given` or `NotGiven` follows within the same turn.
    Expect {
        leg: u16,
    },
    /// The other party of the call that was to be joined, with a leg of this number from now on.
    Given {
        index: u16,
        leg: Given,
    },
    /// The other call has nobody to give.
    NotGiven,
    /// The answer of another system to `Action::Web`: a text for each place that was asked for; none where there was no good one.
    Web {
        question: u32,
        values: Option<Vec<String>>,
    },
    /// What came of `Action::Synthesize`: the text as a sound; none where nobody spoke it.
    Synthesized {
        question: u32,
        clip: Option<Clip>,
    },
    /// What `Action::Recognize` of the same number came to: the text; none where there was no good answer.
    Understood {
        question: u32,
        text: Option<String>,
    },
    Timer(Timer),
    /// An operator, a drain or a fault ends the call.
    Stop(EndReason),
    /// The citizen asks that nobody learns the number.
    Confide,
    /// A desk has opened this order for the call.
    Order(OrderNumber),
    /// Another plan holds from now on.
    Plan(Arc<Plan>),
}

/// What happened in the dialog of one leg.
#[derive(Clone, Copy, Debug)]
pub enum Signal<'a> {
    /// The caller gave up before our answer; the endpoint has answered both requests.
    Cancelled,
    /// Our 200 was acknowledged; `body` holds the answer when our 200 carried the offer.
    Acked {
        body: Option<&'a [u8]>,
    },
    AckMissing,
    /// The phone, or what is before it, works on it (100), rings or plays something (RFC 3261 §13.3.1.1).
    Progress {
        status: u16,
        body: Option<&'a [u8]>,
    },
    /// The phone answered.
    Answered {
        body: Option<&'a [u8]>,
    },
    /// The phone will not answer; `status` is none for a time-out or a dead peer.
    Rejected {
        status: Option<u16>,
    },
    /// A re-INVITE or UPDATE: answer `request`. `refresh` may come without a body.
    Changed {
        request: Ticket,
        body: Option<&'a [u8]>,
        method: Change,
    },
    /// The phone asks that the other party be handed on (REFER, RFC 3515): answer `request`, and tell how it goes.
    Refer {
        request: Ticket,
        to: &'a Target,
    },
    /// A key by SIP INFO.
    Digit(base::Digit),
    /// The far end hung up; the endpoint has answered.
    Bye,
    /// The dialog is dead: a request of ours found nobody.
    Gone,
    /// The phone answered a probe, with whatever.
    Alive,
    /// No obligation is left in the dialog; always the last signal of a leg.
    Closed,
}

/// To whom a call is handed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    Agent(AgentId),
    Group(GroupId),
    /// The other party of a call that the same agent has beside this one (RFC 3891).
    Call(CallId),
    /// A line outside: its number in the one form.
    Line(String),
    /// Nobody whom we know.
    Nobody,
}

/// The two requests that change a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// RFC 3261 §14; without a body our 200 carries an offer.
    Reinvite,
    /// RFC 3311; without a body it only refreshes.
    Update,
}

/// An agent whose slot is held for this call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    pub agent: AgentId,
    pub group: GroupId,
    pub reservation: acd::Reservation,
    /// Best contact first; as many as there were media ends to lease for them.
    pub contacts: Vec<(Contact, Lease)>,
    /// When the agent's previous call left the slot; a phone may call itself busy for a moment after.
    pub freed: Option<Time>,
}

/// A colleague whose phone is in use for this call from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    pub agent: AgentId,
    /// Best contact first; as many as there were media ends to lease for them.
    pub contacts: Vec<(Contact, Lease)>,
}

/// The deadlines of a call; at most one of each is armed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Timer {
    /// The menu's own next deadline: silence after a prompt.
    Menu,
    /// The caller has been in the menu for its longest time and goes to the menu's queue of people.
    MenuLimit,
    /// The next announcement to a waiting caller.
    Announce,
    /// A phone that was busy with its previous call is rung again.
    Redial,
    /// Nothing was heard of a phone that has another way.
    SilentWay,
    /// Whoever is called outside the queue has not answered.
    NoAnswer,
    /// The talk has reached its limit.
    MaxTalk,
    /// The agent's phone was asked whether it lives and has not answered.
    Vanished,
}

impl Timer {
    pub const ALL: [Timer; 8] = [
        Timer::Menu,
        Timer::MenuLimit,
        Timer::Announce,
        Timer::Redial,
        Timer::SilentWay,
        Timer::NoAnswer,
        Timer::MaxTalk,
        Timer::Vanished,
    ];
}
