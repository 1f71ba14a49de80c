//! Where a carrier may send a call on to.

use base::{Flow, Transport};
use carrier::{Family, Outcome, Query, Target};
use proptest::prelude::*;
use sip::Message;

use crate::kit::{PASSWORD, Peer, World, addresses, peer, registering, target, trunk};

fn says(status: u16, contacts: &[&str]) -> Message {
    let contacts: String = contacts.iter().map(|contact| format!("Contact: {contact}\r\n")).collect();
    let text = format!(
        "SIP/2.0 {status} X\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>;tag=2\r\n\
         Call-ID: 1\r\nCSeq: 1 INVITE\r\n{contacts}Content-Length: 0\r\n\r\n"
    );
    Message::parse(text.as_bytes()).expect("a response")
}

/// Two targets, the second one at a port of its own, and a domain.
fn world() -> World {
    let targets = vec![target("sip:192.0.2.1", 1), target("sip:192.0.2.2:5080", 2)];
    let domain = Some("ims.example.org".to_owned());
    let mut world = World::new(vec![carrier::Trunk { options: None, domain, ..trunk(targets) }]);
    world.until(1);
    world
}

fn second() -> std::net::SocketAddr {
    std::net::SocketAddr::from(([192, 0, 2, 2], 5080))
}

/// Where an answer from this place leads: Request-URIs and addresses.
fn onward_from(world: &mut World, from: Flow, response: &Message) -> Vec<(String, std::net::SocketAddr)> {
    let onward = world.carriers.onward(world.now, 0, from, response);
    onward.into_iter().map(|onward| (onward.uri.to_string(), onward.way.flow.peer)).collect()
}

fn onward(world: &mut World, response: &Message) -> Vec<(String, std::net::SocketAddr)> {
    let from = Flow::udp(base::NetworkId(0), peer(1));
    onward_from(world, from, response)
}

fn uris(found: &[(String, std::net::SocketAddr)]) -> Vec<&str> {
    found.iter().map(|(uri, _)| uri.as_str()).collect()
}

#[test]
fn places_of_the_trunk_are_followed_and_no_stranger() {
    let mut world = world();
    for (contact, expected) in [
        ("<sip:139@192.0.2.1>", Some(("sip:139@192.0.2.1", peer(1)))),
        ("sip:139@192.0.2.1:5060", Some(("sip:139@192.0.2.1:5060", peer(1)))),
        ("<sip:139@192.0.2.2:5080>", Some(("sip:139@192.0.2.2:5080", second()))),
        // Without a port it is the host alone that counts; the request goes to a target in any case.
        ("<sip:139@192.0.2.2>", Some(("sip:139@192.0.2.2", second()))),
        ("<sip:139@192.0.2.2:5060>", None),
        ("<sip:139@192.0.2.1:5080>", None),
        // As the trunk: where it was already.
        ("<sip:139@IMS.Example.org;user=phone>", Some(("sip:139@IMS.Example.org;user=phone", peer(1)))),
        ("<sip:139@ims.example.org:5080>", Some(("sip:139@ims.example.org:5080", second()))),
        ("<sip:139@ims.example.org.>", Some(("sip:139@ims.example.org.", peer(1)))),
        ("\"Li\" <tel:+8613900139001>;q=0.1", Some(("tel:+8613900139001", peer(1)))),
        ("<sip:139@192.0.2.1;transport=UDP>", Some(("sip:139@192.0.2.1;transport=UDP", peer(1)))),
        ("<sip:139@192.0.2.1;transport=tcp>", None),
        ("<sip:139@192.0.2.1;transport=tls>", None),
        ("<sips:139@192.0.2.1>", None),
        ("<sip:139@192.0.2.3>", None),
        ("<sip:139@example.org>", None),
        ("<sip:139@ims.example.org.evil.example>", None),
        ("<sip:ims.example.org@192.0.2.66>", None),
        ("<sip:192.0.2.1>", None),
        ("<sip:139@192.0.2.1;maddr=192.0.2.66>", None),
        ("<mailto:li@example.org>", None),
        ("*", None),
        ("", None),
        ("<sip:139@192.0.2.1", None),
        ("<sip:139@[::ffff:192.0.2.1]>", Some(("sip:139@[::ffff:192.0.2.1]", peer(1)))),
    ] {
        let found = onward(&mut world, &says(302, &[contact]));
        let expected: Vec<_> = expected.into_iter().map(|(uri, peer)| (uri.to_owned(), peer)).collect();
        assert_eq!(found, expected, "{contact}");
    }
}

#[test]
fn what_may_stand_in_a_contact_alone_is_left_out() {
    let contact = "<sip:139;npdi;rn=+8613@192.0.2.1;user=phone;method=BYE?Replaces=x&Subject=y>;expires=60";
    let found = onward(&mut world(), &says(302, &[contact]));
    assert_eq!(uris(&found), ["sip:139;npdi;rn=+8613@192.0.2.1;user=phone"]);
}

#[test]
fn the_best_comes_first_and_each_once() {
    let contacts = [
        "<sip:1@192.0.2.1>;q=0.2, <sip:2@192.0.2.1>;q=0.9",
        "<sip:3@192.0.2.9>",
        "<sip:4@192.0.2.1>;q=0.9",
        "<sip:5@192.0.2.1>",
    ];
    let found = onward(&mut world(), &says(300, &contacts));
    let expected = ["sip:5@192.0.2.1", "sip:2@192.0.2.1", "sip:4@192.0.2.1", "sip:1@192.0.2.1"];
    assert_eq!(uris(&found), expected, "without a q it is 1, alike ones stay as written");
    let twice = ["<sip:1@192.0.2.1>;q=nan", "<sip:1@192.0.2.1;a=b>", "<sip:2@192.0.2.1>;q=7"];
    let found = onward(&mut world(), &says(301, &twice));
    assert_eq!(uris(&found), ["sip:1@192.0.2.1;a=b", "sip:2@192.0.2.1"]);
}

#[test]
fn no_other_answer_sends_a_call_on() {
    let contact = ["<sip:139@192.0.2.1>"];
    for (status, followed) in [(300, 1), (301, 1), (302, 1), (303, 0), (305, 0), (380, 0), (200, 0), (404, 0), (485, 0)]
    {
        assert_eq!(onward(&mut world(), &says(status, &contact)).len(), followed, "{status}");
    }
    assert!(onward(&mut world(), &says(302, &[])).is_empty());
    let mut world = world();
    let from = Flow::udp(base::NetworkId(0), peer(1));
    assert!(world.carriers.onward(world.now, 9, from, &says(302, &contact)).is_empty(), "no trunk");
}

#[test]
fn a_flood_of_contacts_and_a_giant_are_cut() {
    let many: Vec<String> = (0..90).map(|n| format!("<sip:{n}@192.0.2.1>")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(onward(&mut world(), &says(300, &many)).len(), 16);
    let giant = |letters: usize| format!("<sip:139@192.0.2.1;x={}>", "y".repeat(letters));
    for (letters, followed) in [(200, 1), (300, 0)] {
        assert_eq!(onward(&mut world(), &says(302, &[&giant(letters)])).len(), followed, "{letters}");
    }
}

#[test]
fn the_name_of_a_target_stands_for_its_addresses_and_where_the_call_was_goes_first() {
    let mut world = World::new(vec![trunk(vec![target("sip:proxy.example.org:5060", 1)])]);
    let query = Query::A("proxy.example.org".to_owned());
    world.zone.insert(query, addresses(&[peer(1), peer(2)], 60));
    let by_name = says(302, &["<sip:139@Proxy.example.org>"]);
    assert!(onward(&mut world, &by_name).is_empty(), "before it is looked up");
    world.until(1);
    for from in [1, 2] {
        let flow = Flow::udp(base::NetworkId(0), peer(from));
        let other = 3 - from;
        let by_address = says(302, &[&format!("<sip:139@192.0.2.{other}:5060>")]);
        assert_eq!(onward_from(&mut world, flow, &by_name)[0].1, peer(from));
        assert_eq!(onward_from(&mut world, flow, &by_address)[0].1, peer(other));
    }
    // Whoever asked for peace is not called because of somebody else's word.
    let flow = Flow::udp(base::NetworkId(0), peer(2));
    world.carriers.tried(world.now, 0, flow, Outcome::Busy { retry_after: None });
    assert!(onward(&mut world, &says(302, &["<sip:139@192.0.2.2>"])).is_empty());
    assert_eq!(onward_from(&mut world, flow, &by_name)[0].1, peer(1));
}

#[test]
fn addresses_of_version_6_are_compared_as_addresses() {
    let six = Target::parse("sip:[2001:db8::1]").expect("a target");
    let mut world = World::new(vec![carrier::Trunk { family: Family::V6, ..trunk(vec![six]) }]);
    world.until(1);
    for (host, followed) in [
        ("[2001:db8::1]", true),
        ("[2001:0DB8:0:0::0001]:5060", true),
        ("[2001:db8::1]:5061", false),
        ("[2001:db8::2]", false),
        ("[::1]", false),
    ] {
        let found = onward(&mut world, &says(302, &[&format!("<sip:139@{host}>")]));
        assert_eq!(found.len(), usize::from(followed), "{host}");
    }
}

#[test]
fn a_transport_that_is_named_is_the_one_of_the_way() {
    let targets = vec![target("sip:192.0.2.1;transport=udp", 1), target("sip:192.0.2.1;transport=tcp", 2)];
    let mut world = World::new(vec![trunk(targets)]);
    world.until(1);
    let from = Flow::udp(base::NetworkId(0), peer(1));
    for (named, expected) in
        [("", Transport::Udp), (";transport=tcp", Transport::Tcp), (";transport=udp", Transport::Udp)]
    {
        let onward = world.carriers.onward(world.now, 0, from, &says(302, &[&format!("<sip:139@192.0.2.1{named}>")]));
        assert_eq!(onward[0].way.flow.transport, expected, "{named}");
    }
}

#[test]
fn who_registers_goes_on_where_it_is_registered() {
    let mut world =
        World::new(vec![registering(vec![target("sip:192.0.2.1", 1), target("sip:192.0.2.2", 2)], PASSWORD)]);
    world.granted = "Service-Route: <sip:proxy.example.org;lr>\r\nExpires: 600\r\n".to_owned();
    world.peers.extend([1, 2].map(|last| (peer(last), Peer::Registrar)));
    let other = says(302, &["<sip:139@192.0.2.2>"]);
    assert!(onward(&mut world, &other).is_empty(), "not registered yet");
    world.until(3);
    let from = Flow::udp(base::NetworkId(0), peer(1));
    let onward = world.carriers.onward(world.now, 0, from, &other);
    let [one] = &onward[..] else { panic!("{onward:?}") };
    assert_eq!((one.way.flow.peer, one.uri.to_string().as_str()), (peer(1), "sip:139@192.0.2.2"));
    assert_eq!(one.way.routes, ["<sip:proxy.example.org;lr>"]);
    let stranger = says(302, &["<sip:139@192.0.2.3>"]);
    assert!(world.carriers.onward(world.now, 0, from, &stranger).is_empty());
}

/// Contacts as they may be, and nearly so: most of them can be read.
fn contact() -> impl Strategy<Value = String> {
    let scheme = prop_oneof![6 => Just("sip:"), 1 => Just("sips:"), 1 => Just("tel:"), 1 => Just("")];
    let user = prop_oneof![6 => "[0-9]{1,12}@", 1 => Just("ims.example.org@".to_owned()), 1 => "[ -~]{0,6}"];
    let host = prop_oneof![
        4 => "192\\.0\\.2\\.[0-9]",
        2 => Just("ims.example.org".to_owned()),
        2 => "[a-z]{1,3}\\.example\\.(org|net)",
        1 => Just("[::1]".to_owned()),
        1 => "[ -~é]{0,9}",
    ];
    let port = prop_oneof![3 => Just(""), 1 => Just(":5060"), 1 => Just(":5080"), 1 => Just(":x")];
    let params = prop_oneof![
        4 => Just(String::new()),
        1 => Just(";maddr=192.0.2.66".to_owned()),
        1 => Just(";method=BYE?Replaces=x".to_owned()),
        1 => Just(";transport=tcp".to_owned()),
        1 => ";[ -~]{0,9}",
    ];
    let end = prop_oneof![6 => Just(">"), 1 => Just(">;q=0.5"), 1 => Just("")];
    (scheme, user, host, port, params, end)
        .prop_map(|(scheme, user, host, port, params, end)| format!("<{scheme}{user}{host}{port}{params}{end}"))
}

proptest! {
    /// Whatever stands in a Contact, the call stays on the trunk's own addresses, and what leaves is a URI that can be read.
    #[test]
    fn nothing_leads_out_of_the_trunk(contacts in proptest::collection::vec(contact(), 0..6)) {
        let contacts: Vec<&str> = contacts.iter().map(String::as_str).collect();
        for (uri, at) in onward(&mut world(), &says(302, &contacts)) {
            prop_assert!([peer(1), second()].contains(&at), "{uri} at {at}");
            let read = sip::Uri::parse(&uri).expect("readable");
            prop_assert!(read.headers.is_empty() && !read.params.has("method") && !read.params.has("maddr"), "{uri}");
            let host = read.host.trim_end_matches('.').to_ascii_lowercase();
            let ours = ["192.0.2.1", "192.0.2.2", "ims.example.org"].contains(&host.as_str());
            prop_assert!(ours || read.scheme == sip::Scheme::Tel, "{uri}");
        }
    }
}
