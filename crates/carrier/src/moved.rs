//! Where a carrier sends a call on to (RFC 3261 §8.1.3.4, §21.3): what its answer names, as far as that is within the trunk.

use sip::{ContactHeader, Message, Name, Scheme, Uri};

use crate::trunk::Spot;
use crate::{Host, Trunk, Way, dns};

/// Contacts of one answer that are looked at: those of a phone on every desk of an office, and none of them costs a request yet.
const CONTACTS_MAX: usize = 16;
/// The longest URI that is called: with the number's portability data one has 150 characters, and an INVITE has to fit into a datagram.
const CONTACT_BYTES_MAX: usize = 256;

/// A place that a call is sent on to, and the way there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Onward {
    pub way: Way,
    /// The Request-URI; a `tel:` URI stands for its number at the way's domain.
    pub uri: Uri,
}

/// What a 300, 301 or 302 names, best first (q, then as written), each once. 305 asks for a proxy of the carrier's choice and 380
/// for another service: neither is a place of the callee.
pub(crate) fn named(response: &Message) -> Vec<Uri> {
    if !matches!(response.status(), Some(300..=302)) {
        return Vec::new();
    }
    let contacts = response.values(Name::Contact).take(CONTACTS_MAX).filter_map(|value| {
        let ContactHeader::Address(contact) = ContactHeader::parse(value).ok()? else { return None };
        Some((contact.q_milli(), callable(contact.uri)?))
    });
    let mut contacts: Vec<_> = contacts.collect();
    contacts.sort_by_key(|(q, _)| std::cmp::Reverse(*q));
    let mut named: Vec<Uri> = Vec::with_capacity(contacts.len());
    for (_, uri) in contacts {
        if !named.iter().any(|known| known.equivalent(&uri)) {
            named.push(uri);
        }
    }
    named
}

/// As a Request-URI: without what may stand in a Contact alone (RFC 3261 §19.1.1). None for what we cannot call, and for what would
/// have somebody behind the carrier call elsewhere than its host says.
fn callable(mut uri: Uri) -> Option<Uri> {
    let is_ours = matches!(uri.scheme, Scheme::Sip | Scheme::Tel);
    if !is_ours || uri.user.is_none() || uri.params.has("maddr") {
        return None;
    }
    uri.headers.clear();
    uri.params.remove("method");
    (uri.to_string().len() <= CONTACT_BYTES_MAX).then_some(uri)
}

/// Whether a URI names this address of the trunk: by itself, by the name of its target, or as the trunk by its domain. What it says
/// of port and transport has to be so.
pub(crate) fn is_at(uri: &Uri, plan: &Trunk, spot: &Spot) -> bool {
    if uri.scheme == Scheme::Tel {
        return true;
    }
    let place = &spot.place;
    let port = uri.port.is_none_or(|port| port == place.peer.port());
    let transport =
        uri.params.get("transport").is_none_or(|name| name.eq_ignore_ascii_case(place.transport.via_name()));
    let host = match uri.host_ip() {
        Some(ip) => Host::Address(ip.to_canonical()),
        None => match dns::name(&uri.host) {
            Some(name) => Host::Name(name),
            None => return false,
        },
    };
    let of_target = plan.targets.get(spot.target).is_some_and(|target| target.host == host);
    let known = of_target || host == Host::Address(place.peer.ip().to_canonical()) || is_domain(&host, plan);
    known && port && transport
}

/// The domain of our Request-URIs, or of the registrar.
fn is_domain(host: &Host, plan: &Trunk) -> bool {
    let of_register = plan.register.as_ref().and_then(|register| register.domain.as_ref());
    let host = host.to_string();
    plan.domain.iter().chain(of_register).any(|domain| domain.eq_ignore_ascii_case(&host))
}
