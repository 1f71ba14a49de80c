//! Whatever the DNS, the peers and the calls say: bounded work, bounded ways, and an end of trouble when there is none.

use std::net::IpAddr;

use base::SIP_PORT;
use carrier::{Answer, Naptr, Outcome, Query, Record, RegistrationState, Srv, WAYS_MAX};
use proptest::prelude::*;

use crate::kit::{PASSWORD, Peer, World, addresses, peer, registering, target, trunk};

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("ims.example.org".to_owned()),
        Just("_sip._udp.ims.example.org".to_owned()),
        Just("p1.example.org".to_owned()),
        Just(".".to_owned()),
        Just(String::new()),
        "[a-z.\\-_*! é]{1,300}",
    ]
}

fn record() -> impl Strategy<Value = Record> {
    prop_oneof![
        any::<[u8; 4]>().prop_map(|ip| Record::Address(IpAddr::from(ip))),
        any::<[u8; 16]>().prop_map(|ip| Record::Address(IpAddr::from(ip))),
        (any::<(u16, u16, u16)>(), name()).prop_map(|((priority, weight, port), target)| Record::Srv(Srv {
            priority,
            weight,
            port,
            target
        })),
        (any::<(u16, u16)>(), "[sSuaA]?", "(SIPS?[+]D2[UTS])?|.{0,40}", name()).prop_map(
            |((order, preference), flags, service, replacement)| Record::Naptr(Naptr {
                order,
                preference,
                flags,
                service,
                replacement
            })
        ),
    ]
}

fn answer() -> impl Strategy<Value = Answer> {
    prop_oneof![
        1 => Just(Answer::Failed),
        4 => (prop::collection::vec(record(), 0..80), any::<u32>())
            .prop_map(|(records, ttl_s)| Answer::Records { records, ttl_s }),
        1 => (record(), Just(0u32))
            .prop_map(|(record, ttl_s)| Answer::Records { records: vec![record; 1000], ttl_s }),
    ]
}

fn peers() -> impl Strategy<Value = Peer> {
    prop_oneof![
        Just(Peer::Silent),
        Just(Peer::Unreachable),
        Just(Peer::Registrar),
        Just(Peer::Says(200, "Expires: 0\r\nService-Route: ,,<\r\nContact: *\r\n")),
        Just(Peer::Says(401, "WWW-Authenticate: Digest realm=\"x\", nonce=\"n\"\r\n")),
        Just(Peer::Says(423, "Min-Expires: 99999999999\r\n")),
        Just(Peer::Says(503, "Retry-After: 4294967296\r\n")),
        Just(Peer::Says(302, "")),
    ]
}

#[derive(Clone, Debug)]
enum Change {
    Dns(u8, String, Answer),
    Peer(u8, Peer),
    Tried(Outcome),
    Wait(u64),
}

fn change() -> impl Strategy<Value = Change> {
    let outcome = prop_oneof![
        Just(Outcome::Answered),
        Just(Outcome::Silent),
        Just(Outcome::Unreachable),
        Just(Outcome::Busy { retry_after: Some(std::time::Duration::MAX) }),
    ];
    prop_oneof![
        3 => (0u8..3, name(), answer()).prop_map(|(kind, name, answer)| Change::Dns(kind, name, answer)),
        2 => (1u8..5, peers()).prop_map(|(last, peer)| Change::Peer(last, peer)),
        1 => outcome.prop_map(Change::Tried),
        3 => (1u64..2000).prop_map(Change::Wait),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// Three trunks live through anything, and are well soon after the world is.
    #[test]
    fn anything_may_be_said(seed in any::<u64>(), changes in prop::collection::vec(change(), 1..40)) {
        let by_name = || vec![target("sip:ims.example.org", 1), target("sip:192.0.2.4", 2)];
        let trunks = vec![registering(by_name(), PASSWORD), trunk(by_name()), trunk(vec![target("sip:p1.example.org:5060", 1)])];
        let mut world = World::seeded(trunks, seed);
        let mut second = 0;
        for change in changes {
            match change {
                Change::Dns(kind, name, answer) => {
                    let query = [Query::Naptr(name.clone()), Query::Srv(name.clone()), Query::A(name)];
                    world.zone.insert(query[usize::from(kind)].clone(), answer);
                }
                Change::Peer(last, is) => {
                    world.peers.insert(peer(last), is);
                }
                Change::Tried(outcome) => {
                    for trunk in 0..3 {
                        for way in world.carriers.ways(world.now, trunk) {
                            world.carriers.tried(world.now, way.trunk, way.flow, outcome);
                        }
                    }
                }
                Change::Wait(seconds) => {
                    second += seconds;
                    world.until(second);
                }
            }
            for trunk in 0..4 {
                let ways = world.carriers.ways(world.now, trunk);
                prop_assert!(ways.len() <= WAYS_MAX);
                prop_assert!(ways.iter().all(|way| way.flow.peer.port() != 0 && way.trunk == trunk));
            }
            let registration = world.view().registration.expect("it registers");
            prop_assert!(registration.state == RegistrationState::Registered || world.ways().is_empty());
        }
        // Nobody is asked more often than the shortest waits allow: 5 s for a name, 2 s for an address, a dozen of each.
        let bound = 200 + 40 * second as usize;
        prop_assert!(world.asked.len() + world.sent.len() <= bound, "{} in {second} s", world.asked.len() + world.sent.len());

        world.zone.clear();
        world.zone.insert(Query::A("ims.example.org".to_owned()), addresses(&[peer(1)], 60));
        world.zone.insert(Query::A("p1.example.org".to_owned()), addresses(&[peer(3)], 60));
        (1..5).for_each(|last| { world.peers.insert(peer(last), Peer::Registrar); });
        // The longest life of an answer, and the longest back-off behind it.
        world.until(second + 2 * 3600);
        prop_assert_eq!(world.carriers.ways(world.now, 0).len(), 1, "{:?}", world.view());
        prop_assert_eq!(world.carriers.ways(world.now, 1).len(), 2);
        let flows: Vec<_> = world.carriers.ways(world.now, 2).into_iter().map(|way| way.flow.peer).collect();
        prop_assert_eq!(flows, vec![std::net::SocketAddr::new(peer(3).ip(), SIP_PORT)]);
    }
}
