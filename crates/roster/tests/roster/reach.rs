//! Phones behind proxies and address translators: which binding takes the place of which, and how each is reached.

use base::Flow;
use roster::{Action, Change, Command, ContactChange, Fact, RegisterRefusal, Registration};

use crate::kit::{A, Desk, asks, binds, binds_instance, contact, listed, offered, tcp, udp};

const LAPTOP: &str = "urn:uuid:00000000-0000-1000-8000-aabbccddeeff";
const DESK: &str = "urn:uuid:00000000-0000-1000-8000-112233445566";

/// What an offer would ring, as flow and number of the phone.
fn ways(desk: &mut Desk, epoch: u64) -> Vec<(Flow, usize)> {
    let ways = offered(&desk.reserve(A, 1, epoch)).into_iter().map(|c| (c.flow, c.phone)).collect();
    desk.tell(Command::Released { agent: A, call: crate::kit::id(1), epoch });
    ways
}

fn through(path: &[&str], asked: Registration) -> Registration {
    Registration { path: path.iter().map(|hop| (*hop).to_owned()).collect(), ..asked }
}

#[test]
fn a_phone_that_came_back_with_another_address_has_one_binding_rfc5626_6() {
    for reg_id in [0, 1] {
        let mut desk = Desk::new();
        desk.register(A, binds_instance(tcp(1), "a", 1, "sip:a@10.0.0.1:1;transport=tcp", (LAPTOP, reg_id)));
        // A new process of the phone: another connection, Contact and Call-ID.
        let back = desk.register(A, binds_instance(tcp(2), "b", 1, "sip:a@10.0.0.1:2;transport=tcp", (LAPTOP, reg_id)));
        assert_eq!(listed(&back), ["sip:a@10.0.0.1:2;transport=tcp 300"]);
        assert_eq!(back.len(), 1, "the agent was there all the time");
        assert_eq!(desk.facts.len(), 1, "{:?}", desk.facts);
        assert_eq!(desk.tell(Command::FlowClosed { flow: tcp(1) }), [], "the old connection concerns nobody any more");
        assert_eq!(ways(&mut desk, 1), [(tcp(2), 0)]);
    }
}

#[test]
fn a_source_port_that_changes_is_followed_and_a_late_datagram_does_not_bring_the_old_one_back() {
    let mut desk = Desk::new();
    let uri = "sip:1001@192.168.1.4:5060";
    desk.register(A, binds(udp(40_001), "a", 1, uri));
    desk.register(A, binds(udp(40_002), "a", 2, uri));
    assert_eq!(ways(&mut desk, 1), [(udp(40_002), 0)]);
    let late = desk.register(A, binds(udp(40_001), "a", 1, uri));
    assert!(matches!(late[..], [Action::RegisterRefused { refusal: RegisterRefusal::OutOfOrder, .. }]));
    // The same where the phone writes into its Contact where it is seen from outside.
    let named = |port, cseq| binds_instance(udp(port), "b", cseq, &format!("sip:1001@10.0.0.1:{port}"), (LAPTOP, 0));
    let mut desk = Desk::new();
    desk.register(A, named(40_001, 1));
    desk.register(A, named(40_002, 2));
    assert_eq!(ways(&mut desk, 1), [(udp(40_002), 0)]);
    let late = desk.register(A, named(40_001, 1));
    assert!(matches!(late[..], [Action::RegisterRefused { refusal: RegisterRefusal::OutOfOrder, .. }]));
    assert_eq!(ways(&mut desk, 2), [(udp(40_002), 0)]);
}

#[test]
fn several_ways_to_one_phone_are_told_from_several_phones() {
    let mut desk = Desk::new();
    desk.register(A, binds_instance(tcp(1), "a", 1, "sip:a@h", (LAPTOP, 1)));
    desk.register(A, binds(udp(7), "x", 1, "sip:a@old-phone"));
    desk.register(A, binds_instance(tcp(2), "a", 2, "sip:a@h", (LAPTOP, 2)));
    assert_eq!(ways(&mut desk, 1), [(tcp(2), 0), (udp(7), 1), (tcp(1), 0)], "the newest first");
    desk.tell(Command::FlowClosed { flow: tcp(2) });
    assert_eq!(ways(&mut desk, 2), [(udp(7), 0), (tcp(1), 1)]);
    let fourth = desk.register(A, binds_instance(tcp(4), "a", 3, "sip:a@h", (LAPTOP, 2)));
    assert_eq!(listed(&fourth).len(), 3);
    let phones: Vec<_> = ways(&mut desk, 3).into_iter().map(|(_, phone)| phone).collect();
    assert_eq!(phones, [0, 1, 0]);
}

#[test]
fn two_phones_with_one_private_address_behind_two_translators_are_two() {
    let mut desk = Desk::new();
    let uri = "sip:1001@192.168.1.4:5060";
    desk.register(A, binds_instance(udp(1), "a", 1, uri, (LAPTOP, 0)));
    let both = desk.register(A, binds_instance(udp(2), "b", 1, uri, (DESK, 0)));
    assert_eq!(listed(&both).len(), 2);
    assert_eq!(ways(&mut desk, 1), [(udp(2), 0), (udp(1), 1)]);
    // One of them goes, and the other stays.
    let ContactChange { instance, .. } = match binds_instance(udp(1), "a", 2, uri, (LAPTOP, 0)).change {
        Change::Update(mut contacts) => contacts.remove(0),
        other => panic!("{other:?}"),
    };
    let leaves = ContactChange { instance, ..contact(uri, Some(0), 1000) };
    desk.register(A, asks(udp(1), "a", 2, Change::Update(vec![leaves])));
    assert_eq!(ways(&mut desk, 2), [(udp(2), 0)]);
    // A phone that does not say who it is takes the place of whatever has its URI.
    assert_eq!(listed(&desk.register(A, binds(udp(3), "c", 1, uri))).len(), 1);
    assert_eq!(ways(&mut desk, 3), [(udp(3), 0)]);
}

#[test]
fn a_phone_that_moved_tidies_up_and_stays() {
    let (old, new) = ("sip:1001@192.168.1.4:5060", "sip:1001@10.0.0.1:40001");
    let as_laptop = |uri: &str, expires| {
        let instance = Some(roster::Instance { id: LAPTOP.to_owned(), reg_id: 1 });
        ContactChange { instance, ..contact(uri, expires, 1000) }
    };
    for tidies_first in [true, false] {
        let mut desk = Desk::new();
        desk.register(A, asks(udp(1), "a", 1, Change::Update(vec![as_laptop(old, None)])));
        let mut contacts = vec![as_laptop(old, Some(0)), as_laptop(new, None)];
        if !tidies_first {
            contacts.reverse();
        }
        let moved = desk.register(A, asks(udp(2), "a", 2, Change::Update(contacts)));
        assert_eq!(listed(&moved), [format!("{new} 300")], "in one request, first: {tidies_first}");
        let again = desk.register(A, asks(udp(2), "a", 3, Change::Update(vec![as_laptop(old, Some(0))])));
        assert_eq!(listed(&again), [format!("{new} 300")], "in a request of its own");
        let gone = desk.register(A, asks(udp(2), "a", 4, Change::Update(vec![as_laptop(new, Some(0))])));
        assert_eq!(listed(&gone), [""; 0]);
    }
}

#[test]
fn a_path_is_kept_offered_and_written_down() {
    let mut desk = Desk::new();
    let path = ["<sip:core.example;lr>", "<sip:10.0.0.1:5080;transport=tcp;lr;ob>"];
    desk.register(A, through(&path, binds(tcp(1), "a", 1, "sip:a@192.168.1.4")));
    assert_eq!(offered(&desk.reserve(A, 1, 1))[0].path, path);
    desk.register(A, through(&path, binds(tcp(1), "a", 2, "sip:a@192.168.1.4")));
    assert!(matches!(desk.facts[..], [Fact::Renewed { .. }]), "{:?}", desk.facts);
    desk.register(A, through(&path[..1], binds(tcp(1), "a", 3, "sip:a@192.168.1.4")));
    assert!(matches!(desk.facts[..], [Fact::Bound { .. }]), "another way: {:?}", desk.facts);
}

#[test]
fn a_proxy_whose_connection_is_gone_is_called_where_it_takes_connections() {
    let mut desk = Desk::new();
    let edge = format!("<sip:{}:5080;transport=tcp;lr>", tcp(1).peer.ip());
    desk.register(A, through(&[&edge], binds_instance(tcp(1), "a", 1, "sip:a@192.168.1.4", (LAPTOP, 1))));
    assert_eq!(desk.tell(Command::FlowClosed { flow: tcp(1) }), [], "the agent stays");
    let own = Flow { peer: std::net::SocketAddr::new(tcp(1).peer.ip(), 5080), connection: 0, ..tcp(1) };
    let contact = offered(&desk.reserve(A, 1, 1)).remove(0);
    assert_eq!((contact.flow, contact.path), (own, vec![edge]));
}
