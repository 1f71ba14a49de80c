//! What a call writes down: enough to end it after a restart with a true record, and what a screen-pop lives on.

use acd::{Decline, Reservation};
use base::{AgentId, OrderNumber, Record, StartRecord, WaitOutcome, Wall, packed_enum};

/// One thing that became true of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// The first of every call that is answered, but for `Confidential` of one that arrives so.
    Started {
        start: StartRecord,
        menu_version: String,
        /// The language until the citizen chooses one.
        locale: String,
    },
    Answered {
        at: Wall,
    },
    /// A node of the menu was entered.
    Visited {
        node: String,
    },
    Language {
        locale: String,
    },
    Waiting {
        group: String,
        at: Wall,
    },
    WaitEnded {
        outcome: WaitOutcome,
        waited_ms: u64,
    },
    /// An agent's phone is asked to ring; the slot is held from here on.
    Offered {
        agent: AgentId,
        number: String,
        reservation: Reservation,
        waited_ms: u64,
    },
    /// An INVITE leaves for one of the agent's phones.
    Dialled {
        leg: u16,
        agent: AgentId,
        reservation: Reservation,
    },
    /// The offer came to nothing.
    Declined {
        agent: AgentId,
        reservation: Reservation,
        cause: Decline,
    },
    /// The slot was given back: the agent's phone has its final response.
    Released {
        agent: AgentId,
        reservation: Reservation,
    },
    /// The agent answered.
    Connected {
        agent: AgentId,
        number: String,
        reservation: Reservation,
    },
    /// Both hear each other.
    TalkBegan {
        at: Wall,
    },
    /// The agent was lost and the citizen waits again; both had heard each other for so long.
    TalkEnded {
        talk_ms: u64,
    },
    /// The last but for `Released`.
    Ended {
        record: Box<Record>,
    },
    /// Nothing is left to do for the call.
    Over,
    /// The number is for nobody's eyes from here on.
    Confidential,
    /// The agent hands the citizen on to the agent of this number, or to the group of this name.
    Handing {
        to: String,
    },
    /// The agent is out of it: another one has answered, or the citizen waits. Both had heard each other for so long.
    HandedOn {
        talk_ms: u64,
    },
    /// Nobody took the citizen, and the talk goes on.
    HandedBack,
    /// Somebody is called outside the queue: the agent of this number, or that line.
    Calling {
        to: String,
    },
    /// Somebody who was called outside the queue answered; the agent of this number talks.
    Reached {
        number: String,
    },
    /// An agent's phone is on this leg, in use for a call that the queue has no part in.
    Own {
        leg: u16,
        agent: AgentId,
    },
    /// A desk has opened this order for the call, instead of the one before.
    Ordered {
        order: OrderNumber,
    },
    /// The agent has hung up, and the citizen is asked how the talk was. Both had heard each other for so long.
    Surveyed {
        talk_ms: u64,
    },
    /// The citizen's verdict, 1 to 5.
    Rated {
        grade: u8,
    },
    /// So many calls of the same number began a while before.
    Repeats {
        earlier: u8,
    },
}

packed_enum!(Fact {
    0 => Started { start, menu_version, locale },
    1 => Answered { at },
    2 => Visited { node },
    3 => Language { locale },
    4 => Waiting { group, at },
    5 => WaitEnded { outcome, waited_ms },
    6 => Offered { agent, number, reservation, waited_ms },
    7 => Declined { agent, reservation, cause },
    8 => Released { agent, reservation },
    9 => Connected { agent, number, reservation },
    10 => TalkBegan { at },
    11 => Ended { record },
    12 => Over,
    13 => Confidential,
    14 => Dialled { leg, agent, reservation },
    15 => TalkEnded { talk_ms },
    16 => Handing { to },
    17 => HandedOn { talk_ms },
    18 => HandedBack,
    19 => Calling { to },
    20 => Reached { number },
    21 => Own { leg, agent },
    22 => Ordered { order },
    23 => Repeats { earlier },
    24 => Surveyed { talk_ms },
    25 => Rated { grade },
});
