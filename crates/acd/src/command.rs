//! What the queue is asked and told.

use std::sync::Arc;
use std::time::Duration;

use base::{AgentId, CallId, CallerKey, GroupId, Ticket, Time, packed_enum};

use crate::{Citizen, Plan};

/// Counts reservations; the roster refuses an older one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Reservation(pub u64);

/// One input of the queue. None can fail: a refusal is an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// A switch: a citizen's call has begun, from a number that is no secret. Answered with `Action::Repeats`, silent where it is the first.
    Called { call: CallId, caller: CallerKey },
    /// A switch: this caller waits from now on. `since` is the caller's place in time: now, or earlier for one who
    /// comes back. Enqueuing a call that waits already moves it to `group`. A place kept for `caller` is taken up.
    Enqueue { call: CallId, caller: Option<CallerKey>, group: GroupId, priority: u8, since: Time },
    /// A switch: the agent who talks with the caller hands the caller on to this agent. Answered with `Action::Reserve`, or
    /// `Action::Unclaimed` when that agent may not be offered a call now. Until `Accepted` the talk goes on; an offer that comes to nothing
    /// changes nothing for the caller.
    Claim { call: CallId, agent: AgentId },
    /// A switch: an agent whom the queue was not asked for, a colleague of the one before, has the caller now. Answered with
    /// `Action::TakenOver`, silent for a call that the queue does not know.
    TakesOver { call: CallId, agent: AgentId },
    /// A switch: the talk is over and the caller waits on, in this group and at this priority, since then. Nobody is to blame, a full
    /// group has room, and an agent who is being claimed for the caller rings on.
    Return { call: CallId, caller: Option<CallerKey>, group: GroupId, priority: u8, since: Time },
    /// A switch: the caller is gone, whatever state the call was in.
    Abandon { call: CallId },
    /// A switch: the call was cut short by a fault of ours. As `Abandon`, and the caller gets a place for a redial.
    Keep { call: CallId },
    /// A switch: the caller hung up or the line broke, which nobody can tell apart. As `Abandon`, and a caller who waited gets a place,
    /// for `Plan::hung_up`.
    HungUp { call: CallId },
    /// A switch: where does the caller stand? Answered with `Action::Located`, silent for a call that does not wait.
    Locate { call: CallId },
    /// A switch: the agent answered and is bridged. The call's word is final, also against a `Withdraw` in flight.
    Accepted { call: CallId, agent: AgentId, reservation: Reservation },
    /// A switch: the offer came to nothing; the caller keeps the place.
    Declined { call: CallId, agent: AgentId, reservation: Reservation, cause: Decline },
    /// A switch: the talk is over; wrap-up begins.
    Ended { call: CallId, agent: AgentId },
    /// The roster: the slot refused the reservation. The agent is not ready until `Ready`.
    SlotRefused { call: CallId, agent: AgentId, reservation: Reservation },
    /// The roster: slot free, signed on, ready, reachable.
    Ready { agent: AgentId },
    /// The roster: not to be offered calls until `Ready`.
    Away { agent: AgentId },
    /// The roster: the agent signed on, whether ready or paused, or signed off.
    SignedOn { agent: AgentId, on: bool },
    /// Whoever may: wrap-up goes on for so long from now, longer or shorter than it would have; in a talk, it will last at
    /// least so long. At most `Plan::wrap_up_max`; the newest word counts. Answered with `Action::WrapUp`.
    WrapUp { ticket: Ticket, agent: AgentId, length: Duration },
    /// Whoever may: the agent is done with wrap-up, and rested from a back-off. Changes nothing in any other state.
    Rested { agent: AgentId },
    /// A switch: a caller who waits would rather be called back, and hangs up: the turn is kept. Answered with `Action::Promised`. From then
    /// on it waits under `CallId::again` of the call, and this call is gone.
    CallBack { call: CallId, citizen: Box<Citizen> },
    /// A switch: the citizen who is called back has answered, and talks with the agent.
    Reached { call: CallId },
    /// A switch: the citizen does not answer, or the agent is not on the line any more. The agent is free, without wrap-up; it is tried
    /// again some time later.
    Unreached { call: CallId, agent: AgentId },
    /// A switch that drains: nobody is called back any more by this process.
    HoldCallBacks,
    /// A supervisor: this caller goes before everybody but those who were pulled forward earlier. As this and the next three,
    /// answered with `Action::Steered`.
    Raise { ticket: Ticket, call: CallId },
    /// A supervisor: this caller waits on in `group`, since the time and at the priority as before. Phones that ring for it stop.
    Move { ticket: Ticket, call: CallId, group: GroupId },
    /// A supervisor: this caller is told that nobody can answer.
    Release { ticket: Ticket, call: CallId },
    /// A supervisor: the group takes callers, or nobody new.
    Open { ticket: Ticket, group: GroupId, open: bool },
    /// A supervisor: the group is in surge, or is not, or its rule decides again. Answered with `Action::Steered`.
    Surge { ticket: Ticket, group: GroupId, by_hand: Option<bool> },
    /// The operator: this holds from now on. Ids mean what they meant: new groups and agents have the numbers after the last, removed
    /// ones keep their places. A plan with fewer of either is none for this queue and changes nothing.
    Plan(Arc<Plan>),
}

/// Why an offer came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Decline {
    /// 6xx, 480, 603: the agent pressed reject.
    Rejected,
    /// 486, 600.
    Busy,
    /// No answer until the switch gave up; the queue's own ring-out arrives as `Withdraw` instead.
    NoAnswer,
    /// Time-out, transport error, 5xx, no contact.
    Unreachable,
    /// The caller was already being connected elsewhere; the agent is blameless and does not back off.
    Taken,
}

packed_enum!(Decline { 0 => Rejected, 1 => Busy, 2 => NoAnswer, 3 => Unreachable, 4 => Taken });
