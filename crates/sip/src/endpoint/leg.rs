//! What an endpoint keeps of a leg.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use base::{Flow, Key, LegId, TimerId};

use super::hop::Way;
use super::refresh::Session;
use super::{Body, Invite};
use crate::{Dialog, HeardInvite};

/// One leg: an INVITE and the dialog that comes of it.
#[derive(Debug)]
pub(super) struct Leg {
    pub(super) id: LegId,
    pub(super) flow: Flow,
    /// Whether the peer's Contact may be followed; see `hop`.
    pub(super) follow: bool,
    /// We placed the call, so the Call-ID is ours.
    pub(super) calls: bool,
    /// `Invite::outward`.
    pub(super) outward: bool,
    /// The user part of our Contact.
    pub(super) user: String,
    pub(super) local_tag: String,
    pub(super) phase: Phase,
    /// An image of it was told.
    pub(super) written: bool,
    /// The owner hung up, or was told that the leg is lost: it hears of nothing but `Closed`.
    pub(super) muted: bool,
    /// Until its INVITE, of which no provisional response was seen before a restart, is presumed delivered.
    pub(super) presumed: Option<TimerId>,
    /// The callee's dialog from the start, the caller's once answered.
    pub(super) dialog: Option<Dialog>,
    /// The caller's early dialogs.
    pub(super) early: Vec<Dialog>,
    /// The transaction of our INVITE, whose 2xx may come again.
    pub(super) invite: Option<Key>,
    pub(super) unacked: Option<Unacked>,
    /// The peer's INVITE that had a provisional response, from our final one until its ACK.
    pub(super) heard: Option<Arc<HeardInvite>>,
    /// The transaction of `heard` that a restart opened again, because the 2xx of the process before may never have left.
    pub(super) reopened: Option<Key>,
    pub(super) owed: Option<OwedAck>,
    /// Our re-INVITE or UPDATE under way, with its client transaction.
    pub(super) open: Option<(Key, Change)>,
    /// A change that waits for the end of a glare.
    pub(super) retry: Option<(Change, TimerId)>,
    pub(super) queued: VecDeque<Change>,
    /// The peer's re-INVITE or UPDATE that awaits our answer.
    pub(super) incoming: Option<Key>,
    /// The peer's INVITE that a reliable provisional response of ours answered last.
    pub(super) reliable: Option<Key>,
    pub(super) exchange: Exchange,
    /// What our INVITE asked, while a 422 may make us ask again (RFC 4028 §7.3).
    pub(super) asked: Option<Box<Invite>>,
    pub(super) session: Option<Session>,
    /// The largest Min-SE that was heard in this dialog, in seconds.
    pub(super) min_se: u32,
    /// The peer takes UPDATE.
    pub(super) updates: bool,
    /// What we described last, for the re-INVITE that only refreshes.
    pub(super) description: Option<Arc<Body>>,
}

impl Leg {
    pub(super) fn new(id: LegId, flow: Flow, user: String, local_tag: String, phase: Phase) -> Leg {
        let calls = matches!(phase, Phase::Calling { .. });
        Leg {
            id,
            flow,
            follow: false,
            calls,
            outward: false,
            user,
            local_tag,
            phase,
            written: false,
            muted: false,
            presumed: None,
            dialog: None,
            early: Vec::new(),
            invite: None,
            unacked: None,
            heard: None,
            reopened: None,
            owed: None,
            open: None,
            retry: None,
            queued: VecDeque::new(),
            incoming: None,
            reliable: None,
            exchange: Exchange::Ours,
            asked: None,
            session: None,
            min_se: 0,
            updates: false,
            description: None,
        }
    }

    /// The dialog with a peer's tag, confirmed or early.
    pub(super) fn dialog_with(&mut self, remote_tag: &str) -> Option<&mut Dialog> {
        let all = self.dialog.iter_mut().chain(&mut self.early);
        all.into_iter().find(|dialog| dialog.remote_tag() == remote_tag)
    }

    /// Whether a change of ours may leave now.
    pub(super) fn is_free(&self) -> bool {
        matches!(self.phase, Phase::Up)
            && self.open.is_none()
            && self.retry.is_none()
            && self.incoming.is_none()
            && self.unacked.is_none()
            && self.owed.is_none()
    }

    /// Whether an offer of ours in this dialog awaits its answer, or has to come first (RFC 3261 §14.2, RFC 3311 §5.2). An early
    /// dialog of our own INVITE is not asked about.
    pub(super) fn has_offered(&self) -> bool {
        self.owed.is_some()
            || (self.rings() && self.exchange == Exchange::Ours)
            || self.open.as_ref().is_some_and(|(_, change)| !change.update || change.body.is_some())
    }

    /// Whether the offer of the peer's INVITE awaits our answer, as far as we know.
    pub(super) fn owes_answer(&self) -> bool {
        self.rings() && self.exchange == Exchange::Theirs
    }

    const fn rings(&self) -> bool {
        matches!(self.phase, Phase::Ringing { .. })
    }
}

/// Where offer and answer of the peer's INVITE stand while it rings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exchange {
    /// It had no offer: ours comes with our answer.
    Ours,
    /// It had an offer, and no answer to it is known to have arrived.
    Theirs,
    /// Our answer went with a reliable provisional response that has its PRACK: either side may offer anew (RFC 3311 §5.1).
    Done,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// The peer's INVITE awaits our final response.
    Ringing {
        server: Key,
    },
    /// Our INVITE awaits its final response.
    Calling {
        client: Key,
        cancel: Cancel,
    },
    Up,
    /// Our BYE waits for the ACK of our 2xx (RFC 3261 §15).
    Leaving {
        reason: Option<String>,
    },
    /// Our BYE awaits its response.
    Ending,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cancel {
    No,
    /// Waits for a provisional response (RFC 3261 §9.1).
    Held {
        reason: Option<String>,
    },
    Sent,
}

/// Our 2xx that repeats until its ACK.
#[derive(Debug)]
pub(super) struct Unacked {
    pub(super) cseq: u32,
    pub(super) way: Way,
    pub(super) bytes: Arc<[u8]>,
    pub(super) wait: Duration,
    pub(super) repeat: TimerId,
    pub(super) give_up: TimerId,
    /// It carries our offer: the INVITE had none.
    pub(super) offer: bool,
}

/// A 2xx with the peer's offer, whose ACK waits for our answer.
#[derive(Clone, Debug)]
pub(super) struct OwedAck {
    pub(super) client: Key,
    pub(super) cseq: u32,
}

/// A re-INVITE or UPDATE of ours.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) update: bool,
    pub(super) body: Option<Arc<Body>>,
    /// How often it met 491 or 422.
    pub(super) collisions: u8,
    /// It only refreshes the session: how, is decided when it leaves, and its owner does not hear of it.
    pub(super) refresh: bool,
}
