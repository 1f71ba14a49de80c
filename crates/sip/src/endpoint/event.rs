//! What goes in and out of an endpoint besides bytes.

use std::net::SocketAddr;
use std::sync::Arc;

use base::{Flow, Key, LegId, Ticket};

use crate::{Fact, Message, Method};

/// What an endpoint obliges its owner to do and to know; the owner drains all lists after each call.
#[derive(Clone, Debug, Default)]
pub struct Output {
    /// What a restart would need; written down before the messages leave.
    pub facts: Vec<Fact>,
    pub messages: Vec<Outgoing>,
    pub events: Vec<Event>,
}

/// One message that has to leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    pub flow: Flow,
    /// Where a connection may be opened when that of the flow is gone; `None` where there is no such place, and over UDP.
    pub direct: Option<SocketAddr>,
    /// Shared with the transaction that may have to repeat them.
    pub bytes: Arc<[u8]>,
}

/// A request that awaits our final response; stale once it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerTx(pub(crate) Key);

/// Why a request of ours failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// A final response of 300 or more; 503 also when a limit of ours forbade the request.
    Status(u16),
    /// No final response in time (Timer B or F, RFC 3261 §17.1).
    Timeout,
    /// The transport could not deliver it (RFC 3261 §17.1.4).
    Unreachable,
}

/// What happened. A leg's first event follows its `adopt` or `invite`; its last is always `Closed`, exactly once.
/// After `hang_up` a leg says nothing but `Closed`.
#[derive(Clone, Debug)]
pub enum Event {
    /// The first INVITE of a dialog; 100 is sent. `adopt` it or `reply` to it within the same turn.
    Invite {
        tx: ServerTx,
        flow: Flow,
        request: Message,
    },
    /// Any other request outside a dialog; `reply` to it within 64·T1, after which it is forgotten.
    Request {
        tx: ServerTx,
        flow: Flow,
        request: Message,
    },
    /// The caller gave up: the CANCEL has its 200 and the INVITE its 487. `Closed` follows.
    Cancelled {
        leg: LegId,
    },
    /// The first ACK of our 2xx to an INVITE or re-INVITE; its body may be the answer to our offer.
    Acked {
        leg: LegId,
        request: Message,
    },
    /// 64·T1 went by without an ACK of our 2xx (RFC 3261 §13.3.1.4): `hang_up` the leg.
    AckMissing {
        leg: LegId,
    },
    /// A re-INVITE that may be answered now; what collides with our own offer got its 491 or 500 already.
    Reinvite {
        leg: LegId,
        tx: ServerTx,
        request: Message,
    },
    /// UPDATE (RFC 3311), also in an early dialog; or a PRACK that describes a session (RFC 3262 §5).
    Update {
        leg: LegId,
        tx: ServerTx,
        request: Message,
    },
    Info {
        leg: LegId,
        tx: ServerTx,
        request: Message,
    },
    /// OPTIONS, REFER, NOTIFY, MESSAGE … inside a dialog.
    InDialog {
        leg: LegId,
        tx: ServerTx,
        request: Message,
    },
    /// The peer hung up; its 200 is sent. `Closed` follows.
    Bye {
        leg: LegId,
        request: Message,
    },
    /// 100 to our INVITE to a carrier: somebody works on it.
    Trying {
        leg: LegId,
    },
    /// A provisional response above 100 to our INVITE.
    Progress {
        leg: LegId,
        response: Message,
    },
    /// The first 2xx to our INVITE. It is acknowledged when the INVITE carried a body; otherwise `acknowledge` it.
    /// Its body may be that of a reliable provisional response before it, and is left out where an offer of the callee has been
    /// accepted since.
    Answered {
        leg: LegId,
        response: Message,
    },
    /// A carrier challenged our INVITE: `authorize` the leg within the same turn.
    Challenged {
        leg: LegId,
        response: Message,
    },
    /// Our INVITE came to nothing. `Closed` follows.
    Rejected {
        leg: LegId,
        cause: Cause,
        response: Option<Message>,
    },
    /// Our re-INVITE or UPDATE has its end. A 2xx to a re-INVITE without a body waits for `acknowledge`.
    ReinviteDone {
        leg: LegId,
        result: Result<Message, Cause>,
    },
    /// A request of ours found the dialog dead: 408, 481 or no answer at all (RFC 3261 §12.2.1.2, §14.1); or what the peer
    /// owed us stayed away: a refresh of the session (RFC 4028 §10), the PRACK of a provisional response (RFC 3262 §3).
    /// The endpoint hangs up by itself; `Closed` follows.
    Gone {
        leg: LegId,
        cause: Cause,
    },
    /// The leg has no obligation left; its id is free.
    Closed {
        leg: LegId,
    },
    /// The end of a `request`: any final response, also one of 300 or more, or the end without one.
    Response {
        ticket: Ticket,
        result: Result<Message, Cause>,
    },
}

/// A message body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    pub content_type: String,
    pub bytes: Vec<u8>,
}

impl Body {
    pub fn sdp(bytes: impl Into<Vec<u8>>) -> Body {
        Body { content_type: String::from(super::terms::SDP), bytes: bytes.into() }
    }
}

/// What a message of ours carries beyond what the endpoint adds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    pub headers: Vec<(String, String)>,
    pub body: Option<Body>,
}

/// Who calls, as From shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Party {
    /// Shown by the phone; left out when empty.
    pub display: String,
    /// Also the user part of our Contact.
    pub user: String,
    /// Our identity on the flow's network when empty.
    pub host: String,
}

/// A call to place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invite {
    /// With connection 0 of a reliable transport the peer is where a connection is opened, whatever the Request-URI says.
    pub flow: Flow,
    /// The Request-URI.
    pub uri: String,
    /// The URI of To; the Request-URI when empty.
    pub to: String,
    pub from: Party,
    /// Values of Route, first hop first: the path that the callee registered with (RFC 3327 §5.1).
    pub routes: Vec<String>,
    pub headers: Vec<(String, String)>,
    pub body: Option<Body>,
    /// To a carrier: its owner wants to hear of a 100, and of a challenge (RFC 3261 §22.2).
    pub outward: bool,
}

/// A request outside any dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub flow: Flow,
    pub method: Method,
    /// The Request-URI.
    pub uri: String,
    /// The URI of To; the Request-URI when empty.
    pub to: String,
    pub from: Party,
    /// Drawn when `None`; registrations keep theirs (RFC 3261 §10.2.4).
    pub call_id: Option<String>,
    pub cseq: u32,
    /// Contact, Expires, Authorization and the like.
    pub headers: Vec<(String, String)>,
    pub body: Option<Body>,
}
