//! What tells the bindings of one agent apart, and where one is reached when its connection is gone.

use std::net::{IpAddr, SocketAddr};

use base::{Flow, SIP_PORT};

use crate::{Bound, Instance};

impl Bound {
    /// Whether both lead to one phone (RFC 5626 §4.1).
    pub(crate) fn is_of_phone(&self, other: &Bound) -> bool {
        self.instance.as_ref().zip(other.instance.as_ref()).is_some_and(|(one, other)| one.id == other.id)
    }

    /// Whether this binding takes the place of that one.
    pub(crate) fn replaces(&self, other: &Bound) -> bool {
        let (same, others) = (comparable(&self.uri), comparable(&other.uri));
        is_one((&same, self.instance.as_ref()), (&others, other.instance.as_ref()))
    }
}

/// Whether two bindings are the same one: of phones that name themselves the same instance and the same registration of it,
/// whatever their URIs (RFC 5626 §6), else by comparable URIs (RFC 3261 §10.3). Phones behind two address translators may well
/// have the same URI.
pub(crate) fn is_one((a, one): (&str, Option<&Instance>), (b, other): (&str, Option<&Instance>)) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one == other,
        _ => a == b,
    }
}

/// Where a phone, or the first proxy on the way to it, takes connections itself, when its URI says so and is honest about its
/// host: one behind NAT is not, and is reached on the connection that it opened or not at all, as is a phone that keeps its
/// connections by itself (RFC 5626 §3.2).
pub(crate) fn own_flow(bound: &Bound) -> Option<Flow> {
    let flow = bound.flow;
    let uri = match bound.path.first() {
        Some(hop) => hop.split_once('<')?.1.split_once('>')?.0,
        None if bound.instance.as_ref().is_some_and(|instance| instance.reg_id > 0) => return None,
        None => &bound.uri,
    };
    let (address, params) = uri.split_once(';').unwrap_or((uri, ""));
    let (scheme, rest) = address.split_once(':')?;
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    let named =
        params.split([';', '?']).find_map(|p| p.split_once('=').filter(|(k, _)| k.eq_ignore_ascii_case("transport")));
    let fits = named.is_none_or(|(_, transport)| transport.eq_ignore_ascii_case(flow.transport.via_name()));
    let ip = |host: &str| host.trim_matches(['[', ']']).parse::<IpAddr>().ok();
    let peer = host.parse().ok().or_else(|| ip(host).map(|ip| SocketAddr::new(ip, SIP_PORT)))?;
    let honest = scheme.eq_ignore_ascii_case("sip") && fits && peer.ip() == flow.peer.ip();
    honest.then_some(Flow { peer, connection: 0, ..flow })
}

/// The URI with scheme and host in lower case; user, parameters and headers stay as the phone wrote them.
pub(crate) fn comparable(uri: &str) -> String {
    let uri = uri.trim();
    let (scheme, rest) = uri.split_once(':').unwrap_or(("", uri));
    // An `@` inside user, parameters or headers is escaped (RFC 3261 §25.1), so the first one ends the user part.
    let (user, rest) = rest.split_once('@').map_or((None, rest), |(user, rest)| (Some(user), rest));
    let (host, tail) = rest.split_at(rest.find([';', '?']).unwrap_or(rest.len()));
    let mut same = format!("{}:", scheme.to_ascii_lowercase());
    if let Some(user) = user {
        same.push_str(user);
        same.push('@');
    }
    same.push_str(&host.to_ascii_lowercase());
    same.push_str(tail);
    same
}

#[cfg(test)]
mod tests {
    use base::Time;

    use super::*;

    #[test]
    fn uris_compare_by_scheme_and_host_without_case() {
        let cases = [
            ("sip:1001@PHONE.local:5060", "SIP:1001@phone.LOCAL:5060", true),
            ("sip:Ann@host", "sip:ann@host", false),
            ("sip:1@h;ob=A", "sip:1@H;ob=A", true),
            ("sip:1@h;ob=A", "sip:1@h;ob=a", false),
            ("sip:1@h", "sip:1@h:5060", false),
            ("sip:HOST", "sip:host", true),
            ("sip:[FE80::1]:5060", "sip:[fe80::1]:5060", true),
            ("", "", true),
            ("sip:1@h?Subject=A", "sip:1@h?subject=a", false),
        ];
        for (a, b, same) in cases {
            assert_eq!(comparable(a) == comparable(b), same, "{a} and {b}");
        }
    }

    #[test]
    fn a_phone_is_connected_to_where_it_really_is() {
        let flow = Flow {
            transport: base::Transport::Tcp,
            connection: 7,
            ..Flow::udp(base::NetworkId(0), at("192.0.2.7:40001"))
        };
        let bound = |uri: &str| Bound {
            uri: uri.into(),
            flow,
            q: 1000,
            until: Time::ZERO,
            call_id: String::new(),
            cseq: 1,
            path: Vec::new(),
            proxied: false,
            instance: None,
        };
        let cases = [
            ("sip:1001@192.0.2.7:5062;transport=tcp", Some("192.0.2.7:5062")),
            ("sip:1001@192.0.2.7", Some("192.0.2.7:5060")),
            ("SIP:192.0.2.7:5062;ob;Transport=TCP", Some("192.0.2.7:5062")),
            ("sip:1001@192.168.1.4:5060;transport=tcp", None),
            ("sip:1001@192.0.2.7:5062;transport=udp", None),
            ("sips:1001@192.0.2.7:5062", None),
            ("sip:1001@phone.example", None),
            ("sip:1001@192.0.2.7:99999", None),
            ("", None),
        ];
        for (uri, expected) in cases {
            let expected = expected.map(|peer| Flow { peer: at(peer), connection: 0, ..flow });
            assert_eq!(own_flow(&bound(uri)), expected, "{uri}");
            let instance = |reg_id| Some(Instance { id: "urn:uuid:1".into(), reg_id });
            assert_eq!(own_flow(&Bound { instance: instance(0), ..bound(uri) }), expected, "{uri}");
            assert_eq!(
                own_flow(&Bound { instance: instance(1), ..bound(uri) }),
                None,
                "{uri} opens another one itself"
            );
            let path = vec![format!("\"edge\" <{uri}>;x=1"), "<sip:10.0.0.9;lr>".to_owned()];
            let behind = Bound { instance: instance(1), path, ..bound("sip:1001@192.168.1.4") };
            assert_eq!(own_flow(&behind), expected, "{uri} as the proxy next to us");
        }
    }

    fn at(text: &str) -> SocketAddr {
        text.parse().expect("an address")
    }
}
