//! Where the citizen is.

use acd::Reservation;
use base::{AgentId, EndReason, GroupId, Lease, Time};
use ivr::Walk;
use roster::Contact;

/// Where the citizen is. Hold, ringing several and the like are facts of legs, never phases.
#[derive(Clone, Debug)]
pub(crate) enum Journey {
    /// Answered; the ACK is on its way.
    Arriving,
    Menu(Box<Walk>),
    Waiting(Waiting),
    With(With),
    /// Hears a last message, then the call ends for this reason.
    Leaving(EndReason),
    /// Every leg is hung up; waits for the last `Closed`.
    Ending,
}

#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    pub(crate) group: GroupId,
    pub(crate) priority: u8,
    /// The place in time, kept whatever agents do.
    pub(crate) since: Time,
    pub(crate) ringing: Option<Ringing>,
}

/// The offer in flight.
#[derive(Clone, Debug)]
pub(crate) struct Ringing {
    pub(crate) agent: AgentId,
    pub(crate) reservation: Reservation,
    pub(crate) freed: Option<Time>,
    /// Contacts to ring again because the phone was still busy with its previous call.
    pub(crate) again: Vec<(Contact, Lease)>,
    /// Other ways to phones that are being rung, best first.
    pub(crate) spare: Vec<(Contact, Lease)>,
    /// The gravest refusal so far; told when no leg is left.
    pub(crate) cause: Option<acd::Decline>,
}

#[derive(Clone, Debug)]
pub(crate) struct With {
    pub(crate) agent: AgentId,
    pub(crate) reservation: Reservation,
    pub(crate) leg: u16,
    pub(crate) group: GroupId,
    /// With `group` and `since` the place in the queue, should the agent be lost.
    pub(crate) priority: u8,
    pub(crate) since: Time,
    /// Both parties still hear the agent's number.
    pub(crate) greeting: bool,
    /// The agent hands the citizen on; the talk is over when that has worked, and goes on when it has not.
    pub(crate) handing: Option<Handing>,
    /// When the handing on came to nothing.
    pub(crate) handed_back: Option<Time>,
}

/// The agent whom the citizen is handed on to.
#[derive(Clone, Debug)]
pub(crate) struct Handing {
    pub(crate) to: AgentId,
    pub(crate) ringing: Option<Ringing>,
}

impl Ringing {
    /// The media ends of contacts that are not rung at this moment.
    pub(crate) fn unused(self) -> impl Iterator<Item = Lease> {
        self.again.into_iter().chain(self.spare).map(|(_, lease)| lease)
    }
}

impl Journey {
    /// Where the offer in flight stands; none where no agent is waited for.
    pub(crate) fn ringing(&mut self) -> Option<&mut Option<Ringing>> {
        match self {
            Journey::Waiting(waiting) => Some(&mut waiting.ringing),
            Journey::With(With { handing: Some(handing), .. }) => Some(&mut handing.ringing),
            _ => None,
        }
    }

    /// Whether a slot is held for the talk, or for the offer in flight.
    pub(crate) fn needs(&self, reservation: Reservation) -> bool {
        let of = |ringing: &Option<Ringing>| ringing.as_ref().is_some_and(|r| r.reservation == reservation);
        match self {
            Journey::Waiting(waiting) => of(&waiting.ringing),
            Journey::With(with) => {
                with.reservation == reservation || with.handing.as_ref().is_some_and(|handing| of(&handing.ringing))
            }
            _ => false,
        }
    }
}
