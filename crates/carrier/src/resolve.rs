//! From a target to addresses (RFC 3263), as far as the answers go that are known.
//!
//! A pure walk over NAPTR, SRV and addresses: each time an answer comes it is walked again, so that there is no state that a
//! strange answer could confuse. It is three steps deep whatever the records say.

use std::net::{IpAddr, SocketAddr};

use base::{SIP_PORT, Transport};

use crate::dns::{self, Naptr, Query, Record, Srv};
use crate::lookups::Found;
use crate::{Family, Host, Target};

/// Services of one NAPTR answer that are followed: there are two transports, and a second choice of each.
const SERVICES_MAX: usize = 4;
/// Hosts of one SRV answer that are followed: a carrier has a handful.
const HOSTS_MAX: usize = 8;
/// Addresses of one host that are used.
const ADDRESSES_MAX: usize = 4;
/// Addresses of one target.
const PLACES_MAX: usize = 16;

/// An address to send to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) transport: Transport,
    pub(crate) peer: SocketAddr,
    /// Place of the service in its order, then the SRV priority: smaller ones first.
    pub(crate) order: (u16, u16),
    /// Addresses of one SRV record belong together, and its weight counts once.
    pub(crate) group: u16,
    pub(crate) weight: u16,
}

impl Place {
    /// Whether both are one address, however it was found.
    pub(crate) fn same_as(&self, other: &Place) -> bool {
        (self.transport, self.peer) == (other.transport, other.peer)
    }
}

/// How far a walk came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Walked {
    pub(crate) places: Vec<Place>,
    /// Everything that was asked on the way.
    pub(crate) queries: Vec<Query>,
    /// An answer is still awaited.
    pub(crate) pending: bool,
    /// Every service that there is wants TLS.
    pub(crate) tls_only: bool,
}

struct Walk<'a, F> {
    find: F,
    family: Family,
    target: &'a Target,
    groups: u16,
    walked: Walked,
}

/// Walks from a target; `find` says what is known of a question.
pub(crate) fn walk<'k>(target: &Target, family: Family, find: impl Fn(&Query) -> Found<'k>) -> Walked {
    let mut walk = Walk { find, family, target, groups: 0, walked: Walked::default() };
    walk.begin();
    walk.walked
}

impl<'k, F: Fn(&Query) -> Found<'k>> Walk<'_, F> {
    fn begin(&mut self) {
        let Target { host, port, transport, .. } = self.target;
        let over = transport.unwrap_or(Transport::Udp);
        match (host, port) {
            // RFC 3263 §4.1 and §4.2: an address or a port leaves nothing to search for.
            (Host::Address(ip), port) => self.add(*ip, port.unwrap_or(SIP_PORT), (over, (0, 0), 0)),
            (Host::Name(name), Some(port)) => self.host(name, *port, (over, (0, 0), 0)),
            (Host::Name(name), None) => self.services(name),
        }
    }

    fn services(&mut self, name: &str) {
        let services = match self.target.transport {
            Some(transport) => vec![(transport, service(transport, name))],
            None => match self.by_naptr(name) {
                Some(services) => services,
                None => return,
            },
        };
        let mut nobody_serves = true;
        for (rank, (transport, name)) in services.iter().enumerate() {
            nobody_serves &= self.service(*transport, name, rank as u16);
        }
        // RFC 3263 §4.2: without any SRV record the host itself, at the usual port.
        if nobody_serves {
            let over = self.target.transport.unwrap_or(Transport::Udp);
            self.host(name, SIP_PORT, (over, (0, 0), 0));
        }
    }

    /// The services that NAPTR records name, best first (RFC 3263 §4.1); the usual ones where there is no such record. None while
    /// nobody knows, and where every service wants TLS.
    fn by_naptr(&mut self, name: &str) -> Option<Vec<(Transport, String)>> {
        let usual = [Transport::Udp, Transport::Tcp].map(|transport| (transport, service(transport, name))).to_vec();
        let records = match self.ask(Query::Naptr(name.to_owned())) {
            Found::Pending => return None,
            // Many a resolver knows nothing of NAPTR.
            Found::Failed => return Some(usual),
            Found::Records(records) => records,
        };
        let mut rules: Vec<&Naptr> = records.iter().filter_map(naptr).collect();
        rules.sort_by_key(|rule| (rule.order, rule.preference));
        let usable = rules.iter().filter_map(|rule| Some((transport_of(rule)?, dns::name(&rule.replacement)?)));
        let services: Vec<_> = usable.take(SERVICES_MAX).collect();
        if !services.is_empty() {
            return Some(services);
        }
        self.walked.tls_only = rules.iter().any(|rule| rule.service.to_ascii_uppercase().starts_with("SIPS+"));
        (!self.walked.tls_only).then_some(usual)
    }

    /// True when it is known that there is no such service.
    fn service(&mut self, transport: Transport, name: &str, rank: u16) -> bool {
        let Found::Records(records) = self.ask(Query::Srv(name.to_owned())) else { return false };
        let mut hosts: Vec<&Srv> = records.iter().filter_map(srv).collect();
        hosts.sort_by_key(|host| host.priority);
        for host in hosts.iter().take(HOSTS_MAX) {
            // A lone dot says that the service is not there (RFC 2782).
            if let Some(target) = dns::name(&host.target).filter(|_| host.port != 0) {
                self.groups += 1;
                self.host(&target, host.port, (transport, (rank, host.priority), host.weight));
            }
        }
        hosts.is_empty()
    }

    fn host(&mut self, name: &str, port: u16, way: (Transport, (u16, u16), u16)) {
        let query = match self.family {
            Family::V4 => Query::A(name.to_owned()),
            Family::V6 => Query::Aaaa(name.to_owned()),
        };
        let Found::Records(records) = self.ask(query) else { return };
        records.iter().filter_map(address).take(ADDRESSES_MAX).for_each(|ip| self.add(ip, port, way));
    }

    fn add(&mut self, ip: IpAddr, port: u16, (transport, order, weight): (Transport, (u16, u16), u16)) {
        let peer = SocketAddr::new(ip, port);
        let fits = ip.is_ipv4() == (self.family == Family::V4) && is_host(ip);
        let place = Place { transport, peer, order, group: self.groups, weight };
        let known = self.walked.places.iter().any(|known| known.same_as(&place));
        if fits && !known && self.walked.places.len() < PLACES_MAX {
            self.walked.places.push(place);
        }
    }

    fn ask(&mut self, query: Query) -> Found<'k> {
        let found = (self.find)(&query);
        self.walked.pending |= found == Found::Pending;
        self.walked.queries.push(query);
        found
    }
}

fn service(transport: Transport, name: &str) -> String {
    let transport = if transport == Transport::Tcp { "tcp" } else { "udp" };
    format!("_sip._{transport}.{name}")
}

/// The transport of a rule that we can follow: it leads to SRV records, and not to TLS.
fn transport_of(rule: &Naptr) -> Option<Transport> {
    if !rule.flags.eq_ignore_ascii_case("s") {
        return None;
    }
    match rule.service.to_ascii_uppercase().as_str() {
        "SIP+D2U" => Some(Transport::Udp),
        "SIP+D2T" => Some(Transport::Tcp),
        _ => None,
    }
}

fn naptr(record: &Record) -> Option<&Naptr> {
    if let Record::Naptr(naptr) = record { Some(naptr) } else { None }
}

fn srv(record: &Record) -> Option<&Srv> {
    if let Record::Srv(srv) = record { Some(srv) } else { None }
}

fn address(record: &Record) -> Option<IpAddr> {
    if let Record::Address(ip) = record { Some(*ip) } else { None }
}

/// An address that one host can have.
fn is_host(ip: IpAddr) -> bool {
    let is_broadcast = matches!(ip, IpAddr::V4(v4) if v4.is_broadcast());
    !ip.is_unspecified() && !ip.is_multicast() && !is_broadcast
}

#[cfg(test)]
#[path = "resolve_tests.rs"]
mod tests;
