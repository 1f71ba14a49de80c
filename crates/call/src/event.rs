//! What a call is told.

use base::{AgentId, EndReason, GroupId, Lease, Notice, Ticket, Time};
use roster::Contact;

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
    Timer(Timer),
    /// An operator, a drain or a fault ends the call.
    Stop(EndReason),
    /// The citizen asks that nobody learns the number.
    Confide,
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
    /// The agent's phone rings or reports progress.
    Progress,
    /// The agent's phone answered.
    Answered {
        body: Option<&'a [u8]>,
    },
    /// The agent's phone will not answer; `status` is none for a time-out or a dead peer.
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
        to: Target,
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    Agent(AgentId),
    Group(GroupId),
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
    /// The talk has reached its limit.
    MaxTalk,
    /// The agent's phone was asked whether it lives and has not answered.
    Vanished,
}

impl Timer {
    pub const ALL: [Timer; 6] =
        [Timer::Menu, Timer::MenuLimit, Timer::Announce, Timer::Redial, Timer::MaxTalk, Timer::Vanished];
}
