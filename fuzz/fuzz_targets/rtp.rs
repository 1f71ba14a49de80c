//! Any packets from a peer and from strangers: read whole or not at all, and two ends that hear each other stay two streams.

#![no_main]

use std::time::Duration;

use base::Time;
use libfuzzer_sys::fuzz_target;
use rtp::dtmf::{Event, Presses};
use rtp::{Packet, Receiver};

#[global_allocator]
static METER: fuzz::Meter = fuzz::Meter;

fuzz_target!(|input: &[u8]| {
    let mut ends = fuzz::Ends::new();
    let mut presses = Presses::default();
    let mut receiver = Receiver::default();
    let mut now = Time::from_millis(1_000);
    for (letter, rest) in fuzz::Steps::new(input).take(200) {
        read(rest);
        if let Some(packet) = Packet::parse(rest) {
            now = now + Duration::from_millis(u64::from(letter));
            receiver.receive(now, &packet.header, letter & 1 == 0);
            if let Some(event) = Event::parse(packet.payload) {
                assert_eq!(Event::parse(&event.to_bytes()), Some(event));
                presses.receive(now, &packet.header, event);
            }
        }
        ends.step(letter, rest);
    }
    let _ = (receiver.report(now), receiver.received(), receiver.lost(), receiver.jitter());
    ends.finish();
});

fn read(bytes: &[u8]) {
    // What a stranger sends makes nothing allocate.
    let Some(packet) = fuzz::bounded(0, || Packet::parse(bytes)) else { return };
    assert!(packet.payload.len() + rtp::packet::HEADER_LEN <= bytes.len());
    let mut again = packet.header.to_bytes().to_vec();
    again.extend_from_slice(packet.payload);
    assert_eq!(Packet::parse(&again), Some(packet), "what was read and written again is the same");
}
