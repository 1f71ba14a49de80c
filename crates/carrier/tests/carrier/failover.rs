//! Which way is offered while addresses live, die, are busy and come back.

use std::time::Duration;

use base::{SIP_PORT, Transport};
use carrier::{Answer, Outcome, Query, Record, Srv, TargetState};

use crate::kit::{Peer, World, addresses, peer, target, trunk};

fn two() -> World {
    let mut world = World::new(vec![trunk(vec![target("sip:192.0.2.1", 1), target("sip:192.0.2.2", 2)])]);
    world.peers.insert(peer(1), Peer::Says(200, ""));
    world.peers.insert(peer(2), Peer::Says(404, ""));
    world
}

fn states(world: &World) -> Vec<TargetState> {
    world.view().targets.iter().map(|target| target.state).collect()
}

#[test]
fn a_dead_target_gives_way_and_comes_back() {
    let mut world = two();
    world.until(0);
    assert_eq!(world.turns(), [peer(1), peer(2)], "nothing is known, and calls may try");
    world.until(5);
    assert_eq!(states(&world), [TargetState::Up, TargetState::Up], "any final response is a sign of life");
    world.peers.insert(peer(1), Peer::Silent);
    world.until(5 + 30 + 6 + 2 + 6 + 1);
    assert_eq!(states(&world), [TargetState::Down, TargetState::Up]);
    assert_eq!(world.turns(), [peer(2), peer(1)], "the dead one last: should the other fail too");
    world.peers.insert(peer(1), Peer::Says(200, ""));
    // It may have been asked a moment before, in vain: then after twice 5 s.
    world.until(5 + 30 + 6 + 2 + 6 + 1 + 6 + 10 + 1);
    assert_eq!(world.turns(), [peer(1), peer(2)]);
}

#[test]
fn calls_tell_sooner_than_probes() {
    let mut world = two();
    world.until(5);
    let first = world.ways().remove(0);
    world.carriers.tried(world.now, first.trunk, first.flow, Outcome::Unreachable);
    assert_eq!(world.turns(), [peer(2), peer(1)]);
    world.until(8);
    assert_eq!(world.turns(), [peer(1), peer(2)], "it is asked at once, and lives");
    let retry_after = Some(Duration::from_secs(100));
    world.carriers.tried(world.now, first.trunk, first.flow, Outcome::Busy { retry_after });
    assert_eq!(world.turns(), [peer(2)], "nobody calls whoever asked for peace (RFC 3261 §21.5.4)");
    world.until(107);
    assert_eq!(states(&world), [TargetState::Busy, TargetState::Up]);
    world.until(109);
    assert_eq!(world.turns(), [peer(1), peer(2)]);
}

#[test]
fn a_name_is_resolved_and_stays_when_the_dns_dies() {
    let mut world = World::new(vec![trunk(vec![target("sip:ims.example.org", 1)])]);
    let srv = Query::Srv("_sip._tcp.ims.example.org".to_owned());
    let record = |priority, last: u8| {
        Record::Srv(Srv { priority, weight: 1, port: SIP_PORT, target: format!("P{last}.example.org.") })
    };
    world.zone.insert(srv, Answer::Records { records: vec![record(20, 2), record(10, 1)], ttl_s: 60 });
    for last in [1, 2] {
        world.zone.insert(Query::A(format!("p{last}.example.org")), addresses(&[peer(last)], 30));
        world.peers.insert(peer(last), Peer::Says(200, ""));
    }
    world.until(0);
    assert!(world.turns().is_empty());
    assert_eq!(states(&world), [TargetState::Unknown], "the DNS has not answered yet");
    world.until(5);
    assert_eq!(world.turns(), [peer(1), peer(2)]);
    let way = world.ways().remove(0);
    assert_eq!((way.flow.transport, way.domain.as_str()), (Transport::Tcp, "ims.example.org"));
    let queries = world.asked.len();
    world.dns_is_dead = true;
    world.until(4000);
    assert_eq!(world.turns(), [peer(1), peer(2)], "the last good answer serves");
    let asked = world.asked.len() - queries;
    assert!(asked < 110, "{asked} questions in an hour to a dead server");
}

#[test]
fn a_name_without_an_address_that_we_can_reach_is_said() {
    let mut world =
        World::new(vec![trunk(vec![target("sip:nowhere.example.org", 1), target("sip:tls.example.org", 1)])]);
    let rule = carrier::Naptr {
        order: 1,
        preference: 1,
        flags: "s".to_owned(),
        service: "SIPS+D2T".to_owned(),
        replacement: "_sips._tcp.tls.example.org".to_owned(),
    };
    let records = vec![Record::Naptr(rule)];
    world.zone.insert(Query::Naptr("tls.example.org".to_owned()), Answer::Records { records, ttl_s: 60 });
    world.until(5);
    assert_eq!(states(&world), [TargetState::Unresolved, TargetState::TlsOnly]);
    assert!(world.turns().is_empty() && !world.view().open);
}

#[test]
fn a_network_without_connections_opens_none() {
    let mut world =
        World::without_tcp(vec![trunk(vec![target("sip:192.0.2.1;transport=tcp", 1), target("sip:192.0.2.2", 2)])]);
    world.peers.insert(peer(2), Peer::Says(200, ""));
    world.until(5);
    assert_eq!(states(&world), [TargetState::Unresolved, TargetState::Up]);
    assert_eq!(world.turns(), [peer(2)]);
}

#[test]
fn a_changed_answer_moves_calls_and_keeps_what_is_known() {
    let mut world = World::new(vec![trunk(vec![target("sip:ims.example.org:5060", 1)])]);
    let query = Query::A("ims.example.org".to_owned());
    world.zone.insert(query.clone(), addresses(&[peer(1), peer(2)], 60));
    world.peers.extend((1..4).map(|last| (peer(last), Peer::Says(200, ""))));
    world.until(30);
    assert_eq!(states(&world), [TargetState::Up, TargetState::Up]);
    world.zone.insert(query, addresses(&[peer(2), peer(3)], 60));
    world.until(61);
    assert_eq!(states(&world)[0], TargetState::Up, "known from before");
    assert_eq!(world.turns(), [peer(2), peer(3)]);
    let asked: Vec<u64> = world.asked.iter().map(|(at, _)| *at).collect();
    assert_eq!(asked, [0, 60], "once a TTL");
}

#[test]
fn without_probes_nobody_is_asked() {
    let quiet = carrier::Trunk { options: None, ..trunk(vec![target("sip:192.0.2.1", 1), target("sip:192.0.2.2", 1)]) };
    let mut world = World::new(vec![quiet]);
    world.until(3600);
    assert!(world.sent.is_empty());
    let way = world.ways().remove(0);
    for _ in 0..3 {
        world.carriers.tried(world.now, way.trunk, way.flow, Outcome::Silent);
    }
    assert_eq!(world.turns().last(), Some(&way.flow.peer));
    assert_eq!(world.turns().len(), 2);
    world.until(3631);
    assert!(states(&world).iter().all(|state| *state == TargetState::Unknown), "forgotten after a while");
}

#[test]
fn a_trunk_without_targets_asks_nothing_and_leads_nowhere() {
    let mut world = World::new(vec![trunk(Vec::new())]);
    assert_eq!(world.carriers.next_timeout(), None);
    assert!(world.ways().is_empty());
    assert!(world.carriers.ways(world.now, 9).is_empty());
    assert_eq!(world.carriers.view(world.now).collect::<Vec<_>>(), [None]);
}
