//! REGISTER as RFC 3261 §10.3 has it.

use std::time::Duration;

use base::Ticket;
use roster::{Action, Change, Command, RegisterRefusal, Registration, Slot, State};

use crate::kit::{A, B, Desk, asks, binds, contact, id, listed, offered, tcp, udp};

const PHONE: &str = "sip:1001@10.0.0.1:5060";

fn refusal(actions: &[Action]) -> Option<RegisterRefusal> {
    match actions {
        [Action::RegisterRefused { ticket: Ticket(1), refusal }] => Some(*refusal),
        _ => None,
    }
}

#[test]
fn expiry_is_the_contacts_then_the_headers_then_ours_within_bounds() {
    let cases = [
        (None, None, Ok(300)),
        (Some(100), None, Ok(100)),
        (None, Some(100), Ok(100)),
        (Some(200), Some(100), Ok(100)),
        (Some(100_000), None, Ok(600)),
        (Some(u32::MAX), None, Ok(600)),
        (Some(60), None, Ok(60)),
        (Some(59), None, Err(60)),
        (Some(600), Some(1), Err(60)),
    ];
    for (header, param, expected) in cases {
        let mut desk = Desk::new();
        let change = Change::Update(vec![contact(PHONE, param, 1000)]);
        let actions = desk.register(A, Registration { expires: header, ..asks(udp(5060), "a", 1, change) });
        match expected {
            Ok(granted) => assert_eq!(listed(&actions), [format!("{PHONE} {granted}")], "{header:?} {param:?}"),
            Err(min) => assert_eq!(refusal(&actions), Some(RegisterRefusal::IntervalTooBrief { min })),
        }
    }
}

#[test]
fn the_first_phone_signs_on_and_the_last_one_off() {
    let mut desk = Desk::new();
    let first = desk.register(A, binds(udp(1), "a", 1, "sip:a@h1"));
    assert_eq!(first[1..], [Action::Ready { agent: A }]);
    let second = desk.register(A, binds(udp(2), "b", 1, "sip:a@h2"));
    assert_eq!(listed(&second), ["sip:a@h1 300", "sip:a@h2 300"]);
    assert_eq!(second.len(), 1, "no second Ready");

    desk.pass(Duration::from_millis(1_500));
    let gone = Change::Update(vec![contact("sip:a@h1", Some(0), 1000)]);
    let left = desk.register(A, asks(udp(1), "a", 2, gone));
    assert_eq!(listed(&left), ["sip:a@h2 299"]);
    assert_eq!(left.len(), 1);
    let off = desk.register(A, asks(udp(2), "b", 2, Change::RemoveAll));
    assert_eq!(listed(&off), [""; 0]);
    assert_eq!(off[1..], [Action::Away { agent: A }]);
    assert_eq!(desk.roster.view().agents[0].state, State::SignedOff);
    assert_eq!(desk.roster.next_timeout(), None, "no deadline outlives its contact");
}

#[test]
fn an_expired_contact_is_gone_to_the_millisecond() {
    let mut desk = Desk::new();
    desk.register(A, binds(udp(1), "a", 1, "sip:a@h1"));
    assert_eq!(desk.pass(Duration::from_millis(299_999)), []);
    assert_eq!(listed(&desk.register(A, asks(udp(1), "q", 1, Change::Query))), ["sip:a@h1 1"]);
    assert_eq!(desk.pass(Duration::from_millis(1)), [Action::Away { agent: A }]);
    assert_eq!(desk.roster.next_timeout(), None);
}

#[test]
fn a_refresh_prolongs_and_moves_the_flow() {
    let mut desk = Desk::new();
    desk.register(A, binds(udp(1), "a", 1, "sip:a@PHONE"));
    desk.pass(Duration::from_secs(200));
    let moved = desk.register(A, binds(udp(2), "a", 2, "SIP:a@phone"));
    assert_eq!(listed(&moved), ["SIP:a@phone 300"]);
    assert_eq!(desk.pass(Duration::from_secs(299)), []);
    let contacts = offered(&desk.reserve(A, 1, 1));
    assert_eq!(contacts.iter().map(|c| c.flow).collect::<Vec<_>>(), [udp(2)]);
}

#[test]
fn within_one_call_id_only_a_higher_cseq_counts_and_a_refusal_changes_nothing() {
    let mut desk = Desk::new();
    desk.register(A, binds(udp(1), "a", 5, "sip:a@h1"));
    let both = |call_id, cseq| {
        let contacts = vec![contact("sip:a@h2", None, 1000), contact("sip:a@h1", Some(0), 1000)];
        asks(udp(1), call_id, cseq, Change::Update(contacts))
    };
    for late in [5, 4, 0] {
        assert_eq!(refusal(&desk.register(A, both("a", late))), Some(RegisterRefusal::OutOfOrder));
        let all = asks(udp(1), "a", late, Change::RemoveAll);
        assert_eq!(refusal(&desk.register(A, all)), Some(RegisterRefusal::OutOfOrder));
    }
    let brief = Change::Update(vec![contact("sip:a@h3", None, 1000), contact("sip:a@h4", Some(1), 1000)]);
    assert!(refusal(&desk.register(A, asks(udp(1), "x", 1, brief))).is_some());
    assert_eq!(listed(&desk.register(A, asks(udp(1), "a", 0, Change::Query))), ["sip:a@h1 300"]);
    assert_eq!(listed(&desk.register(A, both("other", 1))), ["sip:a@h2 300"]);
}

#[test]
fn contacts_are_limited_and_a_swap_is_no_growth() {
    let mut desk = Desk::new();
    for n in 0..3 {
        desk.register(A, binds(udp(n), "a", u32::from(n) + 1, &format!("sip:a@h{n}")));
    }
    let fourth = desk.register(A, binds(udp(9), "a", 9, "sip:a@h9"));
    assert_eq!(refusal(&fourth), Some(RegisterRefusal::TooManyContacts { limit: 3 }));
    let swap = vec![contact("sip:a@h0", Some(0), 1000), contact("sip:a@h9", None, 1000)];
    let swapped = desk.register(A, asks(udp(9), "a", 10, Change::Update(swap)));
    assert_eq!(listed(&swapped), ["sip:a@h1 300", "sip:a@h2 300", "sip:a@h9 300"]);
}

#[test]
fn a_contact_named_twice_counts_as_named_last() {
    let mut desk = Desk::new();
    let twice = vec![contact("sip:a@h", Some(100), 1000), contact("sip:a@H", Some(200), 1000)];
    assert_eq!(listed(&desk.register(A, asks(udp(1), "a", 1, Change::Update(twice)))), ["sip:a@H 200"]);
}

#[test]
fn an_offer_rings_the_highest_q_then_the_most_recent() {
    let mut desk = Desk::new();
    for (cseq, uri, q) in [(1, "sip:a@low", 100), (2, "sip:a@old", 1000), (3, "sip:a@new", 1000)] {
        desk.register(A, asks(udp(1), "a", cseq, Change::Update(vec![contact(uri, None, q)])));
    }
    let uris: Vec<_> = offered(&desk.reserve(A, 1, 1)).into_iter().map(|c| c.uri).collect();
    assert_eq!(uris, ["sip:a@new", "sip:a@old", "sip:a@low"]);
}

#[test]
fn a_closed_connection_takes_its_contacts_along_but_a_datagram_address_does_not() {
    let mut desk = Desk::new();
    desk.register(A, binds(tcp(1), "a", 1, "sip:a@t1"));
    desk.register(A, binds(tcp(1), "a", 2, "sip:a@t2"));
    desk.register(B, binds(tcp(1), "b", 1, "sip:b@t1"));
    desk.register(B, binds(udp(1), "b", 2, "sip:b@u1"));
    desk.register(A, binds(tcp(2), "a", 3, "sip:a@t2"));
    assert_eq!(desk.tell(Command::FlowClosed { flow: udp(1) }), []);
    assert_eq!(desk.tell(Command::FlowClosed { flow: tcp(1) }), [], "each has another contact");
    let counts: Vec<_> = desk.roster.view().agents.iter().map(|a| a.contacts).collect();
    assert_eq!(counts, [1, 1]);
    assert_eq!(desk.tell(Command::FlowClosed { flow: tcp(2) }), [Action::Away { agent: A }]);
    assert_eq!(desk.tell(Command::FlowClosed { flow: tcp(2) }), []);
}

#[test]
fn a_phone_that_takes_connections_is_called_at_its_own_address_until_nobody_is_there() {
    let mut desk = Desk::new();
    let uri = format!("sip:a@{}:5070", tcp(1).peer.ip());
    desk.register(A, binds(tcp(1), "a", 1, &uri));
    assert_eq!(desk.tell(Command::FlowClosed { flow: tcp(1) }), [], "the agent stays");
    let own = base::Flow { peer: std::net::SocketAddr::new(tcp(1).peer.ip(), 5070), connection: 0, ..tcp(1) };
    assert_eq!(offered(&desk.reserve(A, 1, 1)).into_iter().map(|c| c.flow).collect::<Vec<_>>(), [own]);
    assert_eq!(desk.tell(Command::FlowClosed { flow: tcp(1) }), [], "gone already");
    assert_eq!(
        desk.tell(Command::FlowClosed { flow: own }),
        [Action::Away { agent: A }],
        "nobody takes the connection"
    );
}

#[test]
fn a_talking_agent_keeps_the_slot_through_a_lost_registration() {
    let mut desk = Desk::new();
    desk.register(A, binds(tcp(1), "a", 1, "sip:a@t1"));
    desk.reserve(A, 1, 1);
    let talking = Slot::Talking { call: id(1), epoch: 1 };
    desk.tell(Command::Talking { agent: A, call: id(1), epoch: 1 });
    assert_eq!(desk.tell(Command::FlowClosed { flow: tcp(1) }), [Action::Away { agent: A }]);
    assert_eq!(desk.roster.view().agents[0].slot, talking);
    let back = desk.register(A, binds(tcp(2), "b", 1, "sip:a@t2"));
    assert_eq!(back.len(), 1, "a busy slot is not ready");
    assert_eq!(desk.roster.view().agents[0].slot, talking);
    let released = desk.tell(Command::Released { agent: A, call: id(1), epoch: 1 });
    assert_eq!(released, [Action::Ready { agent: A }]);
}
