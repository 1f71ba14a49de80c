use base::{Epoch, Flow, NetworkId, Time, Wall};

use super::*;
use crate::wire::Way;

fn call(serial: u32) -> CallId {
    CallId { epoch: Epoch(1), serial, ..CallId::default() }
}

fn wire(at_ms: u64, method: &str, call_id: &str, padding: usize) -> Wire {
    let text =
        format!("{method} sip:a SIP/2.0\r\nCall-ID: {call_id}\r\nCSeq: 1 {method}\r\n\r\n{}", "x".repeat(padding));
    let now = Now { time: Time::from_millis(at_ms), wall: Wall(0) };
    let flow = Flow::udp(NetworkId(0), "192.0.2.9:5060".parse().expect("an address"));
    Wire { now, flow, way: Way::In, bytes: Arc::from(text.as_bytes()) }
}

fn leg(serial: u32, index: u16, call_id: &str) -> Item {
    Item::Leg { leg: LegId { call: call(serial), index }, call_id: call_id.into() }
}

fn book(bytes: usize) -> Book {
    Book::new(Limits { bytes })
}

/// When each kept message of the call was handled.
fn times(book: &Book, serial: u32) -> Vec<u64> {
    let kept = book.call(call(serial));
    kept.map(|kept| kept.wires.iter().map(|(_, wire)| wire.now.time.as_millis()).collect()).unwrap_or_default()
}

#[test]
fn the_first_invite_waits_until_it_is_known_whose_it_is() {
    let mut book = book(1 << 20);
    book.take(Item::Wire(wire(1, "INVITE", "x", 0)));
    book.take(Item::Wire(wire(2, "INVITE", "y", 0)));
    book.take(Item::Wire(wire(3, "ACK", "x", 0)));
    assert_eq!((book.call(call(1)), book.messages()), (None, 0));
    book.take(leg(1, 0, "x"));
    book.take(Item::Wire(wire(4, "BYE", "x", 0)));
    assert_eq!(times(&book, 1), [1, 3, 4]);
    assert_eq!(book.call(call(1)).map(|kept| kept.began.time.as_millis()), Some(1));
}

#[test]
fn what_belongs_to_no_call_is_not_kept() {
    let mut book = book(1 << 20);
    for method in ["REGISTER", "OPTIONS", "BYE", "MESSAGE"] {
        book.take(Item::Wire(wire(1, method, "x", 0)));
    }
    book.take(Item::Wire(Wire { bytes: Arc::from(&b"\r\n\r\n"[..]), ..wire(1, "BYE", "x", 0) }));
    assert_eq!(book.bytes(), 0);
    book.take(leg(1, 0, "x"));
    assert_eq!(times(&book, 1), [0; 0]);
    book.take(Item::Wire(wire(2, "OPTIONS", "x", 0)));
    book.take(Item::Wire(wire(3, "REGISTER", "x", 0)));
    assert_eq!(times(&book, 1), [2], "inside a call it is the call's, but for a registration");
}

#[test]
fn the_lobby_is_bounded_and_its_oldest_goes() {
    let mut book = book(1 << 20);
    for place in 0..LOBBY_MAX as u64 + 1 {
        book.take(Item::Wire(wire(place, "INVITE", &format!("x{place}"), 0)));
    }
    book.take(leg(1, 0, "x0"));
    book.take(leg(2, 0, "x1"));
    assert_eq!((times(&book, 1), times(&book, 2)), (vec![], vec![1]));
    for place in 0..64 {
        book.take(Item::Wire(wire(place, "INVITE", "long", 60_000)));
        assert!(book.lobby_bytes <= LOBBY_BYTES_MAX);
    }
    assert!(book.lobby.len() >= 30);
}

#[test]
fn the_oldest_messages_go_first_and_a_call_that_lost_all_goes_when_it_is_over() {
    let mut book = book(20_000);
    book.take(leg(1, 0, "x"));
    book.take(leg(2, 0, "y"));
    book.take(Item::Wire(wire(0, "INVITE", "x", 1000)));
    for at in 1..100 {
        book.take(Item::Wire(wire(at, "INFO", "y", 1000)));
        assert!(book.bytes() <= 20_000);
    }
    let kept = book.call(call(1)).expect("it goes on");
    assert_eq!((kept.wires.len(), kept.gone), (0, 1));
    let (left, kept) = (times(&book, 2), book.call(call(2)).expect("it goes on"));
    assert_eq!(left, (100 - left.len() as u64..100).collect::<Vec<_>>(), "the newest stay");
    assert_eq!((kept.gone + left.len() as u64, kept.began.time.as_millis()), (99, 1));
    book.take(Item::Wire(wire(100, "BYE", "x", 0)));
    assert_eq!(times(&book, 1), [100], "it is still known whose it is");
    book.take(Item::Over { call: call(1) });
    assert_eq!(times(&book, 1), [100], "it is there to be read");
    for at in 101..200 {
        book.take(Item::Wire(wire(at, "INFO", "y", 1000)));
    }
    assert_eq!(book.call(call(1)), None);
    book.take(Item::Wire(wire(200, "BYE", "x", 0)));
    assert_eq!(times(&book, 1), [0; 0], "nobody knows it any more");
}

#[test]
fn one_call_does_not_take_the_place_of_others() {
    let mut book = book(64 << 20);
    book.take(leg(1, 0, "x"));
    book.take(leg(2, 0, "y"));
    book.take(Item::Wire(wire(0, "INVITE", "y", 0)));
    for at in 0..CALL_MESSAGES_MAX as u64 + 10 {
        book.take(Item::Wire(wire(at, "INFO", "x", 0)));
    }
    let kept = book.call(call(1)).expect("kept");
    assert_eq!((kept.wires.len(), kept.gone, times(&book, 1)[0]), (CALL_MESSAGES_MAX, 10, 10));
    for at in 0..40 {
        book.take(Item::Wire(wire(at, "INFO", "x", 60_000)));
    }
    let kept = book.call(call(1)).expect("kept");
    assert!(kept.wires.len() < 20 && book.bytes() < 2 * CALL_BYTES_MAX);
    assert_eq!(times(&book, 2), [0]);
}

#[test]
fn what_is_forgotten_weighs_nothing() {
    let mut book = book(1 << 20);
    for serial in 0..50 {
        let call_id = format!("x{serial}");
        book.take(Item::Wire(wire(1, "INVITE", &call_id, 10)));
        book.take(leg(serial, 0, &call_id));
        book.take(Item::Agent { leg: LegId { call: call(serial), index: 1 }, number: "1001".into() });
        book.take(leg(serial, 1, &format!("{call_id}-agent")));
        book.take(Item::Over { call: call(serial) });
    }
    for serial in 0..50 {
        book.forget(call(serial));
    }
    assert_eq!((book.bytes(), book.messages(), book.dialogs.len(), book.calls.len()), (0, 0, 0, 0));
}

#[test]
fn a_call_id_that_comes_again_is_the_later_calls() {
    let mut book = book(1 << 20);
    book.take(leg(1, 0, "x"));
    book.take(Item::Over { call: call(1) });
    book.take(leg(2, 0, "x"));
    book.take(leg(1, 0, "y"));
    book.forget(call(1));
    book.take(Item::Wire(wire(1, "BYE", "x", 0)));
    assert_eq!(times(&book, 2), [1]);
}
