//! One dialog of a call and the media end behind it.

use std::net::{IpAddr, SocketAddr};

use acd::Reservation;
use base::{AgentId, Codec, Direction, EndId, Lease, LegId, MediaParams, NetworkId, Source};
use roster::Contact;

/// Where a leg's dialog stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// No final response yet.
    Early,
    /// Answered by us with an offer; the answer comes with the ACK.
    Offered,
    Confirmed,
    /// Hung up; waits for `Closed`.
    Ending,
}

/// Who is at the far end of a leg.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Party {
    /// No agent of ours: a citizen, or a line that was called.
    Outside,
    /// An agent whom the queue offered the call to.
    Offered(AgentSide),
    /// An agent in a call that the queue has no part in: the agent's own, or a colleague's. The roster counts it until the last such
    /// leg of the agent is closed.
    Own(AgentId),
}

/// The agent's side of an offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AgentSide {
    pub(crate) agent: AgentId,
    pub(crate) reservation: Reservation,
    /// Where its phone was rung; none for a talk that was begun outside the queue.
    pub(crate) contact: Option<Contact>,
}

#[derive(Clone, Debug)]
pub(crate) struct Leg {
    pub(crate) id: LegId,
    pub(crate) state: State,
    pub(crate) lease: Lease,
    /// Whether the lease still is ours to close.
    pub(crate) leased: bool,
    /// Where the peer's signalling comes from.
    pub(crate) peer: IpAddr,
    session: Session,
    /// The agreement in force, once there is one; the worker's end is open from then on.
    pub(crate) params: Option<MediaParams>,
    /// What the worker was last told to let this leg hear.
    /// None while the end is not open.
    pub(crate) heard: Option<Source>,
    /// Voice has come from its phone.
    pub(crate) spoke: bool,
    /// It was asked whether it lives, and has not shown that it does.
    pub(crate) asked: bool,
    /// A provisional response came, also a 100: somebody is there.
    pub(crate) reached: bool,
    /// The dialog has no obligation left.
    pub(crate) closed: bool,
    pub(crate) party: Party,
}

/// Our side of the session description.
#[derive(Clone, Debug)]
struct Session {
    /// Of the next description: each one that we send has a version of its own (RFC 3264 §8).
    local: sdp::Local,
    /// What we said last; streams keep their places in it.
    last: Vec<u8>,
    /// Whether an offer of ours is out.
    offering: bool,
}

impl Session {
    fn said(&mut self, body: &[u8]) {
        self.local.version += 1;
        self.last = body.to_vec();
    }
}

impl Leg {
    pub(crate) fn new(id: LegId, lease: Lease, peer: IpAddr, session_id: u64, codecs: Vec<Codec>) -> Leg {
        let (address, port) = (lease.address.ip(), lease.address.port());
        let direction = Direction::SendRecv;
        let local = sdp::Local {
            address,
            port,
            session_id,
            version: 1,
            codecs,
            telephone_event: true,
            direction,
            peer: Some(peer.to_canonical()),
        };
        let session = Session { local, last: Vec::new(), offering: false };
        Leg {
            id,
            state: State::Early,
            lease,
            leased: true,
            peer,
            session,
            params: None,
            heard: None,
            spoke: false,
            asked: false,
            reached: false,
            closed: false,
            party: Party::Outside,
        }
    }

    /// Of somebody who is not there: no dialog, and no media end.
    pub(crate) fn absent(id: LegId) -> Leg {
        let address = SocketAddr::from(([0, 0, 0, 0], 0));
        let lease = Lease { end: EndId::default(), network: NetworkId(0), address };
        let leg = Leg::new(id, lease, address.ip(), 0, Vec::new());
        Leg { state: State::Ending, leased: false, closed: true, ..leg }
    }

    /// Of an agent who is in another call.
    pub(crate) fn of_nobody(id: LegId, agent: AgentId) -> Leg {
        Leg { party: Party::Own(agent), ..Leg::absent(id) }
    }

    /// Whether this leg rings or talks for the given reservation.
    pub(crate) fn serves(&self, reservation: Reservation) -> bool {
        matches!(&self.party, Party::Offered(side) if side.reservation == reservation)
    }

    /// Whose phone it is; none for who is no agent.
    pub(crate) fn agent(&self) -> Option<AgentId> {
        match &self.party {
            Party::Outside => None,
            Party::Offered(side) => Some(side.agent),
            Party::Own(agent) => Some(*agent),
        }
    }

    pub(crate) fn is_live(&self) -> bool {
        self.state != State::Ending
    }

    /// What we said last.
    pub(crate) fn said(&self) -> Vec<u8> {
        self.session.last.clone()
    }

    /// Our offer: everything we can do, and streams that were refused stay so.
    pub(crate) fn offer(&mut self) -> Vec<u8> {
        let body = sdp::offer_again(&self.session.local, &self.session.last);
        self.session.said(&body);
        self.session.offering = true;
        body
    }

    /// Our answer to the peer's offer; the agreement is kept only on success.
    pub(crate) fn answer(&mut self, offer: &[u8]) -> Result<Vec<u8>, sdp::Refusal> {
        let answer = sdp::answer(&self.session.local, offer)?;
        self.session.said(&answer.body);
        self.params = Some(answer.params);
        // Nobody offers with an offer of ours open: ours was answered by what the call needed not to hear of.
        self.session.offering = false;
        Ok(answer.body)
    }

    /// Takes what a 2xx to our INVITE says of the media. Without a word, what was agreed on in the early dialog stands.
    pub(crate) fn agree(&mut self, body: Option<&[u8]>) -> bool {
        match body {
            Some(answer) => self.accept(answer).is_ok(),
            None => self.params.is_some(),
        }
    }

    /// The peer's answer to our offer.
    pub(crate) fn accept(&mut self, answer: &[u8]) -> Result<(), sdp::Refusal> {
        self.session.offering = false;
        self.params = Some(sdp::accept(&self.session.local, answer)?);
        Ok(())
    }

    /// The ACK brought no answer: what was agreed before stays.
    pub(crate) fn forget_offer(&mut self) {
        self.session.offering = false;
    }

    pub(crate) fn is_offering(&self) -> bool {
        self.session.offering
    }

    /// Whether the other party should hear this one: not while it holds, whatever its phone sends meanwhile.
    pub(crate) fn speaks(&self) -> bool {
        self.params.is_some_and(|p| p.direction == Direction::SendRecv)
    }
}
