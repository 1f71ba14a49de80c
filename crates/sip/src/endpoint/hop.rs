//! Where the requests of a dialog go.

use std::net::{IpAddr, SocketAddr};

use base::{Flow, Transport};

use crate::{Dialog, Scheme, Uri};

const SIP_PORT: u16 = 5060;

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
        Some(peer) if peer.is_ipv4() == flow.peer.is_ipv4() && (is_inside(flow.peer.ip()) || !is_inside(peer.ip())) => {
            Flow { peer, ..flow }
        }
        _ => flow,
    }
}

/// Whether a dialog's remote target may be followed: it is the peer itself, on the port the peer sends from unless
/// the peer did not ask to be answered there (RFC 3581).
pub(super) fn follows(flow: Flow, dialog: &Dialog, asked_rport: bool) -> bool {
    address(dialog.target())
        .is_some_and(|at| at.ip() == flow.peer.ip() && (at.port() == flow.peer.port() || !asked_rport))
}

/// The address in a `sip:` URI for UDP.
fn address(uri: &Uri) -> Option<SocketAddr> {
    let udp = uri.params.get("transport").is_none_or(|transport| transport.eq_ignore_ascii_case("udp"));
    let ip = uri.host_ip().filter(|_| udp && uri.scheme == Scheme::Sip)?;
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
