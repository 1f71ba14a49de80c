//! Requests too large for a datagram: over TCP first (RFC 3261 §18.1.1).

use std::sync::Arc;

use base::{Key, Time, Transport};

use super::client::{Draft, Machine};
use super::deadline::Armed;
use super::hop::Way;
use super::{Endpoint, Identity, Output};
use crate::Method;
use crate::transaction::{ClientEvent, ClientInvite, ClientNonInvite, Pace};

/// The largest request for UDP: it leaves room for headers on the way below the usual 1,500 bytes of a path (RFC 3261 §18.1.1).
const DATAGRAM_BYTES: usize = 1300;

/// A request that went over TCP for its size, as it would go over UDP: for a peer that takes no connections (RFC 3261 §18.1.1).
#[derive(Debug)]
pub(super) struct Smaller {
    pub(super) way: Way,
    pub(super) via: String,
    pub(super) bytes: Arc<[u8]>,
}

impl Endpoint {
    /// Whether a request too large for a datagram may try a connection first. A CANCEL goes where its INVITE went.
    pub(super) fn prefers_tcp(&self, draft: &Draft<'_>, bytes: usize) -> bool {
        let flow = draft.flow;
        let listens = |identity: &Identity| identity.network == flow.network && identity.transport == Transport::Tcp;
        bytes > DATAGRAM_BYTES
            && flow.transport == Transport::Udp
            && draft.head.method != Method::Cancel
            && self.config.identities.iter().any(listens)
    }

    /// Sends over UDP what a peer without TCP did not get; false when there is nothing to send so.
    pub(super) fn fall_back(&mut self, now: Time, id: Key, out: &mut Output) -> bool {
        let Some(client) = self.clients.get_mut(id).filter(|client| client.machine.repeats()) else { return false };
        let held = client.held();
        let Some(udp) = client.smaller.take() else { return false };
        let Smaller { way, via, bytes } = *udp;
        self.on_flow.remove(&(client.way.flow, id));
        self.on_flow.insert((way.flow, id));
        (client.way, client.bytes) = (way, bytes);
        for timer in client.timers.ids() {
            self.wheel.cancel(timer);
        }
        client.timers = Armed::default();
        let pace = Pace { timers: self.config.timers, reliable: false };
        client.machine = match &mut client.placed {
            Some(placed) => {
                Arc::make_mut(&mut placed.sent).via = via;
                Machine::Invite(ClientInvite::new(pace))
            }
            None => Machine::Other(ClientNonInvite::new(pace)),
        };
        self.held = self.held - held + client.held();
        self.run_client(now, id, ClientEvent::Start, None, out);
        true
    }
}
