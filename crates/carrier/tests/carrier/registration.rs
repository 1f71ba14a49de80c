//! Our place at a registrar: proved, refreshed, lost, and taken up again somewhere else.

use carrier::{Query, RegistrationState, Trouble};

use crate::kit::{PASSWORD, Peer, World, addresses, peer, registering, target};

fn world(password: &str) -> World {
    let targets = vec![target("sip:192.0.2.1", 1), target("sip:192.0.2.2;transport=tcp", 2)];
    let mut world = World::new(vec![registering(targets, password)]);
    world.peers.insert(peer(1), Peer::Registrar);
    world.peers.insert(peer(2), Peer::Registrar);
    world
}

fn state(world: &World) -> (RegistrationState, Option<Trouble>) {
    let registration = world.view().registration.expect("a trunk that registers");
    (registration.state, registration.trouble)
}

#[test]
fn it_proves_the_password_and_keeps_the_registration() {
    let mut world = world(PASSWORD);
    world.granted = "Expires: 600\r\nService-Route: <sip:a.example.org;lr>, <sip:b.example.org;lr>\r\n\
                     P-Associated-URI: <sip:+862012345@ims.example.org>, <tel:+862012345>\r\n"
        .to_owned();
    assert!(world.ways().is_empty(), "no call before it is registered");
    world.until(1);
    assert_eq!(world.registers(), [(0, peer(1), false), (0, peer(1), true)]);
    assert_eq!(state(&world), (RegistrationState::Registered, None));
    let ways = world.ways();
    assert_eq!(ways.len(), 1, "known where it is registered, and nowhere else");
    assert_eq!(ways[0].routes, ["<sip:a.example.org;lr>", "<sip:b.example.org;lr>"]);
    assert_eq!(ways[0].associated, ["<sip:+862012345@ims.example.org>", "<tel:+862012345>"]);
    assert_eq!(ways[0].domain, "ims.example.org");
    world.until(3600);
    let asks: Vec<u64> = world.registers().iter().filter(|ask| ask.2).map(|ask| ask.0).collect();
    assert_eq!(asks.len(), 7, "{asks:?}");
    let waits = asks.windows(2).map(|two| two[1] - two[0]);
    assert!(waits.clone().all(|wait| (479..=541).contains(&wait)), "between 80 and 90 % of 600 s: {asks:?}");
    assert_eq!(state(&world), (RegistrationState::Registered, None));
    let first = &world.sent.iter().find(|(_, request)| request.method == sip::Method::Register).expect("sent").1;
    assert_eq!((first.uri.as_str(), first.to.as_str()), ("sip:ims.example.org", "sip:02012345@ims.example.org"));
    let sequence: Vec<u32> =
        world.sent.iter().filter(|(_, r)| r.method == sip::Method::Register).map(|(_, r)| r.cseq).collect();
    assert!(sequence.windows(2).all(|two| two[1] == two[0] + 1), "one Call-ID, rising (RFC 3261 §10.2.4)");
}

#[test]
fn a_wrong_password_is_said_and_hardly_tried_again() {
    let mut world = world("wrong");
    world.until(3600);
    assert_eq!(state(&world), (RegistrationState::Failed, Some(Trouble::WrongPassword)));
    assert!(world.ways().is_empty() && !world.view().open);
    let tries = world.registers().iter().filter(|ask| ask.2).count();
    assert!((2..=4).contains(&tries), "{tries} wrong passwords in an hour");
    assert!(world.registers().iter().all(|ask| ask.1 == peer(1)), "another target has the same passwords");
}

#[test]
fn another_target_takes_over_when_the_registrar_dies() {
    let mut world = world(PASSWORD);
    world.until(5);
    assert_eq!(world.turns(), [peer(1)]);
    world.peers.insert(peer(1), Peer::Silent);
    // Probed at 35 s at the latest, given up after 6 s, asked again after 2 s, and down after 6 s more.
    world.until(50);
    assert_eq!(world.turns(), [peer(2)], "registered at the other one without waiting for the refresh");
    assert_eq!(state(&world), (RegistrationState::Registered, None));
    world.peers.insert(peer(1), Peer::Registrar);
    world.until(3700);
    assert_eq!(world.turns(), [peer(1)], "back at the next refresh");
}

#[test]
fn dead_registrars_are_tried_in_turn_and_ever_more_rarely() {
    let mut world = world(PASSWORD);
    world.peers.insert(peer(1), Peer::Unreachable);
    world.peers.insert(peer(2), Peer::Silent);
    world.until(4 * 3600);
    let asks = world.registers();
    assert_eq!(asks[..2].iter().map(|ask| ask.1).collect::<Vec<_>>(), [peer(1), peer(2)], "both in one round");
    assert!(asks.len() <= 2 * 22, "{} REGISTERs in four hours", asks.len());
    assert_eq!(state(&world).0, RegistrationState::Failed);
    world.peers.insert(peer(2), Peer::Registrar);
    world.until(5 * 3600);
    assert_eq!(world.turns(), [peer(2)], "half an hour later at the latest it is registered");
}

#[test]
fn answers_and_what_comes_of_them() {
    let table: [(u16, &str, Trouble, std::ops::RangeInclusive<usize>); 6] = [
        (403, "", Trouble::Refused(403), 2..=8),
        (503, "Retry-After: 240 (maintenance)\r\n", Trouble::Busy, 2..=20),
        (500, "", Trouble::Refused(500), 4..=20),
        (423, "Min-Expires: 7200\r\n", Trouble::Refused(423), 2..=12),
        (
            407,
            "Proxy-Authenticate: Digest realm=\"x\", nonce=\"n\", algorithm=SHA-512-256\r\n",
            Trouble::Unanswerable,
            2..=8,
        ),
        (401, "WWW-Authenticate: Digest realm=\"x\", nonce=\"n\", stale=true\r\n", Trouble::WrongPassword, 3..=12),
    ];
    for (status, headers, trouble, asks) in table {
        let mut world = world(PASSWORD);
        world.peers.extend((1..3).map(|last| (peer(last), Peer::Says(status, headers))));
        world.until(3600);
        assert_eq!(state(&world), (RegistrationState::Failed, Some(trouble)), "{status}");
        let sent = world.registers().len();
        assert!(asks.contains(&sent), "{status}: {sent} REGISTERs in an hour");
    }
}

#[test]
fn a_longer_lifetime_is_asked_for_as_told() {
    let mut world = world(PASSWORD);
    world.peers.insert(peer(1), Peer::Says(423, "Min-Expires: 7200\r\n"));
    world.until(1);
    let expires: Vec<String> = world
        .sent
        .iter()
        .filter(|(_, request)| request.method == sip::Method::Register)
        .map(|(_, request)| request.headers.iter().find(|(name, _)| name == "Expires").expect("always").1.clone())
        .collect();
    assert_eq!(expires, ["3600", "7200"], "once");
}

#[test]
fn it_registers_the_moment_that_its_name_resolves() {
    let mut world = World::new(vec![registering(vec![target("sip:ims.example.org:5060", 1)], PASSWORD)]);
    world.peers.insert(peer(1), Peer::Registrar);
    world.until(4);
    assert_eq!(state(&world), (RegistrationState::Failed, Some(Trouble::NoTarget)));
    world.zone.insert(Query::A("ims.example.org".to_owned()), addresses(&[peer(1)], 300));
    world.until(62);
    assert_eq!(state(&world), (RegistrationState::Registered, None));
    // The name leads elsewhere: so does the registration.
    world.zone.insert(Query::A("ims.example.org".to_owned()), addresses(&[peer(2)], 300));
    world.peers.insert(peer(2), Peer::Registrar);
    world.until(365);
    assert_eq!(world.turns(), [peer(2)]);
}

#[test]
fn the_lifetime_of_our_own_contact_counts() {
    let mut world = world(PASSWORD);
    world.granted =
        "Contact: <sip:other@198.51.100.9:5060>;expires=5, <sip:02012345@198.51.100.1:5060>;expires=100\r\n\
                     Expires: 3000\r\n"
            .to_owned();
    world.until(101);
    let asks: Vec<u64> = world.registers().iter().filter(|ask| ask.2).map(|ask| ask.0).collect();
    assert_eq!(asks[0], 0);
    assert!((40..=50).contains(&asks[1]), "a short one is refreshed at half: {asks:?}");
}

/// What each REGISTER asked for, and whether it proved the password.
fn lifetimes(world: &World) -> Vec<(String, bool)> {
    let registers = world.sent.iter().filter(|(_, request)| request.method == sip::Method::Register);
    let named = |request: &sip::Request, name: &str| {
        request.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    };
    registers.map(|(_, r)| (named(r, "Expires").expect("always"), named(r, "Authorization").is_some())).collect()
}

/// RFC 3261 §10.2.2; before that, in flight, or in vain.
#[test]
fn who_goes_takes_its_registration_back_once() {
    let mut world = world(PASSWORD);
    world.until(10);
    world.sent.clear();
    world.leave();
    assert!(world.is_leaving());
    world.until(11);
    assert_eq!(lifetimes(&world), [("0".to_owned(), false), ("0".to_owned(), true)], "the challenge is answered");
    assert!(!world.is_leaving() && world.ways().is_empty());
    world.until(7200);
    assert_eq!(world.registers().len(), 2, "not taken up again");
}

#[test]
fn who_goes_before_it_was_registered_has_little_to_say() {
    // Nothing was asked for yet.
    let mut idle = world(PASSWORD);
    idle.leave();
    assert!(!idle.is_leaving() && idle.sent.is_empty());
    idle.until(3600);
    assert!(idle.registers().is_empty(), "{:?}", idle.registers());
    // The first REGISTER is on its way and may be granted yet.
    let mut asking = world(PASSWORD);
    asking.peers.insert(peer(1), Peer::Silent);
    asking.until(1);
    asking.leave();
    let last = lifetimes(&asking).pop();
    assert_eq!((asking.is_leaving(), last), (true, Some(("0".to_owned(), false))));
    asking.until(60);
    assert!(!asking.is_leaving(), "silence is an end too");
    // A trunk that does not register, and a registrar that refuses.
    let mut plain = World::new(vec![crate::kit::trunk(vec![target("sip:192.0.2.1", 1)])]);
    plain.until(10);
    plain.leave();
    assert!(!plain.is_leaving());
    for status in [403, 500, 503] {
        let mut refused = world(PASSWORD);
        refused.until(10);
        refused.peers.insert(peer(1), Peer::Says(status, ""));
        refused.leave();
        refused.until(11);
        assert!(!refused.is_leaving(), "{status}");
        let asked = refused.registers().len();
        refused.until(7200);
        assert_eq!(refused.registers().len(), asked, "{status}");
    }
}
