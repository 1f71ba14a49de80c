use std::collections::BTreeMap;

use super::*;

/// What a name server knows; whatever else is asked for does not exist.
#[derive(Default)]
struct Zone {
    known: BTreeMap<Query, Vec<Record>>,
    failing: Vec<Query>,
    slow: Vec<Query>,
}

impl Zone {
    /// Lines as `naptr NAME ORDER PREF FLAGS SERVICE TO`, `srv NAME PRIORITY WEIGHT PORT TARGET`, `a NAME IP`, `fail srv NAME`.
    fn new(lines: &[&str]) -> Zone {
        let mut zone = Zone::default();
        for line in lines {
            let words: Vec<&str> = line.split(' ').collect();
            let number = |place: usize| words[place].parse().expect("a number");
            let (query, record) = match words[0] {
                "naptr" => (
                    query("naptr", words[1]),
                    Record::Naptr(Naptr {
                        order: number(2),
                        preference: number(3),
                        flags: words[4].to_owned(),
                        service: words[5].to_owned(),
                        replacement: words[6].to_owned(),
                    }),
                ),
                "srv" => (
                    query("srv", words[1]),
                    Record::Srv(Srv {
                        priority: number(2),
                        weight: number(3),
                        port: number(4),
                        target: words[5].to_owned(),
                    }),
                ),
                "fail" => {
                    zone.failing.push(query(words[1], words[2]));
                    continue;
                }
                "slow" => {
                    zone.slow.push(query(words[1], words[2]));
                    continue;
                }
                kind => (query(kind, words[1]), Record::Address(words[2].parse().expect("an address"))),
            };
            zone.known.entry(query).or_default().push(record);
        }
        zone
    }

    fn walk(&self, uri: &str, family: Family) -> Walked {
        walk(&Target::parse(uri).expect("a target"), family, |query| match self.known.get(query) {
            _ if self.failing.contains(query) => Found::Failed,
            _ if self.slow.contains(query) => Found::Pending,
            Some(records) => Found::Records(records),
            None => Found::Records(&[]),
        })
    }
}

fn query(kind: &str, name: &str) -> Query {
    let name = name.to_owned();
    match kind {
        "naptr" => Query::Naptr(name),
        "srv" => Query::Srv(name),
        "a" => Query::A(name),
        _ => Query::Aaaa(name),
    }
}

fn shown(walked: &Walked) -> Vec<String> {
    walked.places.iter().map(|place| format!("{} {}", place.transport.via_name(), place.peer)).collect()
}

/// RFC 3263 §4.1 and §4.2, case by case.
#[test]
fn ways_to_an_address() {
    let whole = [
        "naptr x.org 50 50 s SIPS+D2T _sips._tcp.x.org",
        "naptr x.org 90 50 s SIP+D2T _sip._tcp.x.org",
        "naptr x.org 100 50 s SIP+D2U _sip._udp.x.org",
        "srv _sip._tcp.x.org 0 1 5070 t.x.org",
        "srv _sip._udp.x.org 20 1 5060 b.x.org",
        "srv _sip._udp.x.org 10 1 5080 a.x.org",
        "a t.x.org 192.0.2.3",
        "a a.x.org 192.0.2.1",
        "a b.x.org 192.0.2.2",
        "aaaa b.x.org 2001:db8::2",
        "a x.org 192.0.2.9",
    ];
    let without_naptr = &whole[3..];
    let table: [(&str, &[&str], Family, &[&str]); 14] = [
        ("sip:192.0.2.7", &whole, Family::V4, &["UDP 192.0.2.7:5060"]),
        ("sip:192.0.2.7:5099;transport=tcp", &whole, Family::V4, &["TCP 192.0.2.7:5099"]),
        ("sip:[2001:db8::7]", &whole, Family::V6, &["UDP [2001:db8::7]:5060"]),
        ("sip:[2001:db8::7]", &whole, Family::V4, &[]),
        ("sip:x.org:5099", &whole, Family::V4, &["UDP 192.0.2.9:5099"]),
        ("sip:x.org:5099;transport=tcp", &whole, Family::V4, &["TCP 192.0.2.9:5099"]),
        ("sip:X.ORG.;transport=udp", &whole, Family::V4, &["UDP 192.0.2.1:5080", "UDP 192.0.2.2:5060"]),
        ("sip:x.org", &whole, Family::V4, &["TCP 192.0.2.3:5070", "UDP 192.0.2.1:5080", "UDP 192.0.2.2:5060"]),
        ("sip:x.org", &whole, Family::V6, &["UDP [2001:db8::2]:5060"]),
        ("sip:x.org", without_naptr, Family::V4, &["UDP 192.0.2.1:5080", "UDP 192.0.2.2:5060", "TCP 192.0.2.3:5070"]),
        ("sip:x.org", &["a x.org 192.0.2.9"], Family::V4, &["UDP 192.0.2.9:5060"]),
        ("sip:x.org;transport=tcp", &["a x.org 192.0.2.9"], Family::V4, &["TCP 192.0.2.9:5060"]),
        // The domain says that it has no such service.
        ("sip:x.org;transport=tcp", &["srv _sip._tcp.x.org 0 0 0 .", "a x.org 192.0.2.9"], Family::V4, &[]),
        ("sip:x.org", &[], Family::V4, &[]),
    ];
    for (uri, zone, family, expected) in table {
        let walked = Zone::new(zone).walk(uri, family);
        assert_eq!(shown(&walked), expected, "{uri} {family:?}");
        assert!(!walked.pending);
    }
}

#[test]
fn what_a_server_does_not_say() {
    let zone = ["srv _sip._udp.x.org 0 1 5080 a.x.org", "a a.x.org 192.0.2.1", "a x.org 192.0.2.9"];
    let with = |more: &[&str]| Zone::new(&[&zone[..], more].concat()).walk("sip:x.org", Family::V4);
    assert_eq!(shown(&with(&["fail naptr x.org"])), ["UDP 192.0.2.1:5080"], "many resolvers know no NAPTR");
    let walked = with(&["fail srv _sip._udp.x.org"]);
    assert_eq!(shown(&walked), [""; 0], "a service that could not be asked for is no service that is not there");
    let walked = with(&["slow srv _sip._tcp.x.org"]);
    assert!(walked.pending);
    assert_eq!(shown(&walked), ["UDP 192.0.2.1:5080"], "what is known serves already");
    assert!(with(&["slow naptr x.org"]).places.is_empty());
}

#[test]
fn tls_alone_is_no_way_and_said_so() {
    let zone = ["naptr x.org 50 50 s SIPS+D2T _sips._tcp.x.org", "a x.org 192.0.2.9"];
    let walked = Zone::new(&zone).walk("sip:x.org", Family::V4);
    assert!(walked.tls_only && walked.places.is_empty());
    for uri in
        ["sips:x.org", "sip:x.org;transport=tls", "sip:x.org;transport=ws", "tel:12345", "sip:u@x.org", "sip:x..org"]
    {
        assert!(Target::parse(uri).is_err(), "{uri}");
    }
}

#[test]
fn strange_answers_cost_nothing() {
    let mut lines = vec![
        // A loop, and names that are none.
        "naptr x.org 1 1 s SIP+D2U _sip._udp.x.org".to_owned(),
        "naptr x.org 1 2 s SIP+D2U x.org".to_owned(),
        "naptr x.org 1 3 s SIP+D2U a/b".to_owned(),
        "naptr x.org 1 4 u SIP+D2U !.*!sip:evil@evil!".to_owned(),
        "srv x.org 0 1 5060 x.org".to_owned(),
        "srv _sip._udp.x.org 0 1 5060 _sip._udp.x.org".to_owned(),
        // Addresses that no host has.
        "srv _sip._udp.x.org 1 1 5060 bad.x.org".to_owned(),
        "a bad.x.org 0.0.0.0".to_owned(),
        "a bad.x.org 255.255.255.255".to_owned(),
        "a bad.x.org 224.0.0.1".to_owned(),
        "srv _sip._udp.x.org 1 1 0 x.org".to_owned(),
    ];
    for n in 0..1000 {
        lines.push(format!("srv _sip._udp.x.org 2 1 {} h{n}.x.org", 6000 + n));
        lines.push(format!("a h{n}.x.org 192.0.2.{}", n % 250 + 1));
        lines.push(format!("a x.org 198.51.{}.{}", n / 250, n % 250 + 1));
    }
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let walked = Zone::new(&lines).walk("sip:x.org", Family::V4);
    assert!(walked.places.len() <= PLACES_MAX);
    assert!(walked.queries.len() <= 1 + SERVICES_MAX * (1 + HOSTS_MAX), "{} questions", walked.queries.len());
    assert!(walked.places.iter().all(|place| is_host(place.peer.ip()) && place.peer.port() != 0));
}
