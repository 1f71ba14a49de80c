//! Where the citizen is.

use std::time::Duration;

use acd::Reservation;
use base::{AgentId, CallId, EndReason, GroupId, Lease, Time};
use ivr::Walk;
use roster::Contact;

use crate::keys::Keys;
use crate::stage::Program;
use crate::{Callee, Destination};

/// Where the citizen is. Hold, ringing several and the like are facts of legs, never phases.
#[derive(Clone, Debug)]
pub(crate) enum Journey {
    /// Answered; the ACK is on its way.
    Arriving,
    Menu(Box<Walk>),
    Waiting(Waiting),
    /// The phone of an agent rings for whom the house will call this line.
    Summoning {
        line: String,
    },
    /// Somebody is called for the one who waits, outside any queue; nobody has answered.
    Calling(Calling),
    With(With),
    /// An agent of the queue is there, and the citizen is called back.
    CallingBack(Box<CallingBack>),
    /// Hears a last message, then the call ends for this reason.
    Leaving(EndReason),
    /// Every leg is hung up; waits for the last `Closed`.
    Ending,
}

#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    /// Kept whatever agents do.
    pub(crate) place: Place,
    pub(crate) ringing: Offers,
    pub(crate) wants: Wants,
}

/// What somebody waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wants {
    /// To be served.
    Service,
    /// An agent, to ask who answers; or who answers goes to that call, where an agent has joined the two already.
    Advice { promised: Option<CallId> },
    /// An agent, who then calls the citizen back.
    CallBack { last: bool },
}

/// The offers in flight: one, or one for each of the agents whose phones ring for this caller at once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Offers(Vec<Ringing>);

impl Offers {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Ringing> {
        self.0.iter()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Ringing> {
        self.0.iter_mut()
    }

    pub(crate) fn get_mut(&mut self, reservation: Reservation) -> Option<&mut Ringing> {
        self.0.iter_mut().find(|ringing| ringing.reservation == reservation)
    }

    pub(crate) fn holds(&self, reservation: Reservation) -> bool {
        self.0.iter().any(|ringing| ringing.reservation == reservation)
    }

    pub(crate) fn push(&mut self, ringing: Ringing) {
        self.0.push(ringing);
    }

    pub(crate) fn remove(&mut self, reservation: Reservation) -> Option<Ringing> {
        let place = self.0.iter().position(|ringing| ringing.reservation == reservation)?;
        Some(self.0.remove(place))
    }

    pub(crate) fn take_of(&mut self, agent: AgentId) -> Option<Ringing> {
        let place = self.0.iter().position(|ringing| ringing.agent == agent)?;
        Some(self.0.remove(place))
    }
}

impl IntoIterator for Offers {
    type Item = Ringing;
    type IntoIter = std::vec::IntoIter<Ringing>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// One offer in flight.
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
pub(crate) struct Calling {
    pub(crate) outgoing: Outgoing,
    /// The highest provisional status that the caller was told; 0 before the first.
    pub(crate) told: u16,
    /// The call that whoever answers goes to: an agent has joined the two already.
    pub(crate) promised: Option<CallId>,
    /// A caller whom the queue could not keep: who is told so when this comes to nothing.
    pub(crate) last_resort: bool,
    /// The menu that called the line: the caller is back in it when this comes to nothing.
    pub(crate) menu: Option<Box<FromMenu>>,
}

/// Where a caller was who is brought to a line outside.
#[derive(Clone, Debug)]
pub(crate) struct FromMenu {
    pub(crate) walk: Walk,
    pub(crate) talk_max: Option<Duration>,
}

/// The citizen is called, and an agent waits on `leg`.
#[derive(Clone, Debug)]
pub(crate) struct CallingBack {
    pub(crate) outgoing: Outgoing,
    pub(crate) agent: AgentId,
    pub(crate) reservation: Reservation,
    pub(crate) leg: u16,
    pub(crate) place: Place,
    /// The citizen is not called again should this come to nothing.
    pub(crate) last: bool,
}

/// Somebody is called outside the queue.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    pub(crate) to: Callee,
    /// What the phones that said no said; the gravest so far.
    pub(crate) refusal: Option<u16>,
    /// Ways that are not tried yet.
    pub(crate) left: Vec<(Destination, Lease)>,
    /// Places that redirections named and that are not tried yet; they go before the other ways.
    pub(crate) moved: Vec<(Destination, Lease)>,
    /// How often a redirection was followed.
    pub(crate) redirections: u8,
    /// Whether a redirection named the way that is tried.
    pub(crate) follows: bool,
    /// How long it may ring.
    pub(crate) rings_for: Duration,
    /// When it has rung for long enough.
    pub(crate) until: Time,
    /// Whether anything was heard on the way that is tried.
    pub(crate) heard: bool,
    /// Whether it rings somewhere: no other way is tried any more.
    pub(crate) rings: bool,
}

/// Who talks with the party at place 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Peer {
    /// An agent whom the queue gave the caller to.
    Offered { agent: AgentId, reservation: Reservation },
    /// An agent in a call that the queue has no part in.
    Own(AgentId),
    /// A line that was called.
    Line,
}

impl Peer {
    pub(crate) fn agent(self) -> Option<AgentId> {
        match self {
            Peer::Offered { agent, .. } | Peer::Own(agent) => Some(agent),
            Peer::Line => None,
        }
    }
}

/// A place in the queue: of who waits, and of who talks, should the agent be lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) group: GroupId,
    pub(crate) priority: u8,
    pub(crate) since: Time,
}

#[derive(Clone, Debug)]
pub(crate) struct With {
    pub(crate) peer: Peer,
    pub(crate) leg: u16,
    /// None where the queue has no part in the call.
    pub(crate) place: Option<Place>,
    /// Both parties still hear the agent's number.
    pub(crate) greeting: bool,
    /// The agent hands the citizen on; the talk is over when that has worked, and goes on when it has not.
    pub(crate) handing: Option<Box<Handing>>,
    /// When the handing on came to nothing.
    pub(crate) handed_back: Option<Time>,
    pub(crate) keys: Keys,
    /// What the agent alone hears.
    pub(crate) told: Option<Program>,
}

/// How an agent hands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// By the phone's own key: it is told how it goes (RFC 3515).
    Refer,
    /// By keys of the talk, without asking first.
    Keys,
    /// By keys, and the agent talks first with whoever answers, on this leg once somebody has.
    Asks(Option<u16>),
}

/// A handing on that is under way.
#[derive(Clone, Debug)]
pub(crate) struct Handing {
    pub(crate) to: HandTo,
    pub(crate) ringing: Offers,
    /// Where the queue has no part in it.
    pub(crate) outgoing: Option<Outgoing>,
    pub(crate) way: Way,
}

impl With {
    pub(crate) fn new(peer: Peer, leg: u16, place: Option<Place>) -> With {
        let (keys, told) = (Keys::default(), None);
        With { peer, leg, place, greeting: false, handing: None, handed_back: None, keys, told }
    }
}

/// To whom an agent hands the citizen on, while the talk is not over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HandTo {
    Agent(AgentId),
    /// The other party of that call, which is the agent's too.
    Call(CallId),
    Line,
    /// Somebody of a group who is asked first, whom that call waits for.
    Group {
        group: GroupId,
        call: Option<CallId>,
    },
}

impl Ringing {
    /// The media ends of contacts that are not rung at this moment.
    pub(crate) fn unused(self) -> impl Iterator<Item = Lease> {
        self.again.into_iter().chain(self.spare).map(|(_, lease)| lease)
    }
}

impl Journey {
    /// The call that whoever answers goes to, where somebody is waited for who may go to one.
    pub(crate) fn promise(&mut self) -> Option<&mut Option<CallId>> {
        match self {
            Journey::Calling(calling) => Some(&mut calling.promised),
            Journey::Waiting(Waiting { wants: Wants::Advice { promised }, .. }) => Some(promised),
            _ => None,
        }
    }

    /// Takes all offers in flight away.
    pub(crate) fn take_ringing(&mut self) -> Offers {
        self.ringing().map(std::mem::take).unwrap_or_default()
    }

    /// Whom somebody calls outside the queue.
    pub(crate) fn outgoing(&mut self) -> Option<&mut Outgoing> {
        match self {
            Journey::Calling(calling) => Some(&mut calling.outgoing),
            Journey::CallingBack(back) => Some(&mut back.outgoing),
            Journey::With(With { handing: Some(handing), .. }) => handing.outgoing.as_mut(),
            _ => None,
        }
    }

    /// The offers in flight; none where no agent is waited for.
    pub(crate) fn ringing(&mut self) -> Option<&mut Offers> {
        match self {
            Journey::Waiting(waiting) => Some(&mut waiting.ringing),
            Journey::With(With { handing: Some(handing), .. }) => Some(&mut handing.ringing),
            _ => None,
        }
    }

    /// Whether a slot is held for the talk, or for the offer in flight.
    pub(crate) fn needs(&self, reservation: Reservation) -> bool {
        match self {
            Journey::Waiting(waiting) => waiting.ringing.holds(reservation),
            Journey::CallingBack(back) => back.reservation == reservation,
            Journey::With(with) => {
                matches!(with.peer, Peer::Offered { reservation: held, .. } if held == reservation)
                    || with.handing.as_ref().is_some_and(|handing| handing.ringing.holds(reservation))
            }
            _ => false,
        }
    }
}
