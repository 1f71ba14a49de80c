//! How many bytes of messages an endpoint keeps: each is counted where it is put away and given back where it is let go.

use super::client::{Client, Placed};
use super::leg::Leg;
use super::server::Server;
use super::{Endpoint, Limits};

impl Server {
    pub(super) fn held(&self) -> usize {
        self.request.as_ref().map_or(0, crate::Message::size) + self.last.len()
    }
}

impl Client {
    pub(super) fn held(&self) -> usize {
        let smaller = self.smaller.as_ref().map_or(0, |udp| udp.bytes.len());
        self.bytes.len() + smaller + self.placed.as_deref().map_or(0, Placed::held)
    }
}

impl Placed {
    fn held(&self) -> usize {
        let acks = self.acks.iter().filter_map(|(_, ack)| ack.as_ref());
        let heard = self.heard.iter().map(super::prack::Heard::held);
        self.sent.head.size()
            + self.sent.via.len()
            + heard.sum::<usize>()
            + acks.map(|ack| ack.bytes.len()).sum::<usize>()
    }
}

impl Leg {
    pub(super) fn held(&self) -> usize {
        self.unacked.as_ref().map_or(0, |unacked| unacked.bytes.len())
            + self.heard.as_ref().map_or(0, |invite| invite.size())
    }
}

impl Endpoint {
    /// Bytes of the messages that transactions and unacknowledged answers keep; bounded by `Limits::bytes`.
    pub const fn held(&self) -> usize {
        self.held
    }

    /// The same, counted anew by a walk over everything: for tests of the count.
    pub fn weigh(&self) -> usize {
        let servers = self.servers.iter().map(|(_, server)| server.held());
        let clients = self.clients.iter().map(|(_, client)| client.held());
        servers.chain(clients).chain(self.legs.iter().map(|(_, leg)| leg.held())).sum()
    }

    pub(super) fn is_full(&self) -> bool {
        self.fills(4)
    }

    /// Whether requests outside dialogs find no room: the last quarter is for calls that have begun, whose agents are still to be
    /// rung and whose phones are still to be answered.
    pub(super) fn is_closed(&self) -> bool {
        self.fills(3)
    }

    fn fills(&self, quarters: usize) -> bool {
        let Limits { transactions, bytes, .. } = self.config.limits;
        let count = self.clients.len() + self.servers.len();
        count >= (transactions / 4 * quarters).max(1) || self.held >= bytes / 4 * quarters
    }
}
