//! Where messages go.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use base::{Flow, SIP_PORT, Transport};

use super::Outgoing;
use crate::{Dialog, Head, NameAddr, Scheme, Uri};

/// A flow, and where a connection may be opened should that of the flow be gone.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way {
    pub(super) flow: Flow,
    direct: Option<SocketAddr>,
}

impl Way {
    /// Of a request: to its top route, else to where its URI says, when that is an address (RFC 3261 §12.2.1.1).
    pub(super) fn of_request(flow: Flow, head: &Head) -> Way {
        let direct = if flow.transport.is_reliable() { next_address(flow, head) } else { None };
        Way { flow, direct }
    }

    /// To where the owner says, whatever the Request-URI names (RFC 3261 §8.1.2): the flow's peer takes connections.
    pub(super) fn to_place(flow: Flow) -> Way {
        Way { flow, direct: Some(flow.peer) }
    }

    /// Of a response: to the sender's address, at the port that its Via names (RFC 3261 §18.2.2).
    pub(super) fn of_response(flow: Flow, via_port: Option<u16>) -> Way {
        let port = via_port.unwrap_or(SIP_PORT);
        let direct = flow.transport.is_reliable().then(|| SocketAddr::new(flow.peer.ip(), port));
        Way { flow, direct }
    }

    pub(super) fn outgoing(self, bytes: Arc<[u8]>) -> Outgoing {
        Outgoing { flow: self.flow, direct: self.direct, bytes }
    }
}

/// Nobody is to aim our connections at others: without a route it is the peer's own address or none.
fn next_address(flow: Flow, head: &Head) -> Option<SocketAddr> {
    match head.routes.first() {
        Some(route) => address_over(&NameAddr::parse(route).ok()?.uri, flow.transport).filter(|at| is_near(flow, *at)),
        None => address_over(&Uri::parse(&head.uri).ok()?, flow.transport).filter(|at| at.ip() == flow.peer.ip()),
    }
}

/// The flow for the next request of a dialog.
///
/// A connection is kept. Over UDP the top route or the remote target leads when it is an address that can be reached
/// where the peer is; `follow` says whether the peer's Contact was found honest when the dialog began. Whoever sits
/// behind NAT shows a Contact that leads nowhere, and is served on the flow it came from.
pub(super) fn next(flow: Flow, follow: bool, dialog: &Dialog) -> Flow {
    if flow.transport != Transport::Udp || (!dialog.has_routes() && !follow) {
        return flow;
    }
    match address(dialog.next_hop()) {
        Some(peer) if is_near(flow, peer) => Flow { peer, ..flow },
        _ => flow,
    }
}

/// Whether an address can be reached where the peer is, and is none of our own network that a stranger points at.
fn is_near(flow: Flow, at: SocketAddr) -> bool {
    at.is_ipv4() == flow.peer.is_ipv4() && (is_inside(flow.peer.ip()) || !is_inside(at.ip()))
}

/// Whether a dialog's remote target may be followed: it is the peer itself, on the port the peer sends from unless
/// the peer did not ask to be answered there (RFC 3581).
pub(super) fn follows(flow: Flow, dialog: &Dialog, asked_rport: bool) -> bool {
    address(dialog.target())
        .is_some_and(|at| at.ip() == flow.peer.ip() && (at.port() == flow.peer.port() || !asked_rport))
}

/// The address in a `sip:` URI for UDP.
fn address(uri: &Uri) -> Option<SocketAddr> {
    address_over(uri, Transport::Udp)
}

/// The address in a `sip:` URI that names this transport or none.
fn address_over(uri: &Uri, transport: Transport) -> Option<SocketAddr> {
    let fits = uri.params.get("transport").is_none_or(|named| named.eq_ignore_ascii_case(transport.via_name()));
    let ip = uri.host_ip().filter(|_| fits && uri.scheme == Scheme::Sip)?;
    Some(SocketAddr::new(ip, uri.port.unwrap_or(SIP_PORT)))
}

/// An address of a private network, of this host or of a carrier's NAT (RFC 1918, RFC 6598, RFC 4193).
fn is_inside(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            v4.is_private() || v4.is_loopback() || v4.is_link_local() || (a == 100 && b & 0xc0 == 64)
        }
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}
