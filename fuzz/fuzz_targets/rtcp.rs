//! Any reports: what is read of them is bounded by their bytes, what we write of the same things reads back, ends go on.

#![no_main]

use base::Time;
use libfuzzer_sys::fuzz_target;
use rtp::Receiver;
use rtp::rtcp::{Item, RoundTrip, parse, write_bye, write_cname, write_report};

#[global_allocator]
static METER: fuzz::Meter = fuzz::Meter;

fuzz_target!(|input: &[u8]| {
    let mut ends = fuzz::Ends::new();
    for (letter, rest) in fuzz::Steps::new(input).take(200) {
        read(rest);
        ends.step(letter, rest);
        // RTCP reaches both sockets of an end, the one for RTP too.
        ends.step(10 | letter & 1, rest);
        ends.step(letter & 1, rest);
    }
    ends.finish();
});

fn read(bytes: &[u8]) {
    let count = fuzz::bounded(0, || parse(bytes).count());
    assert!(count <= bytes.len() / 4, "{count} items in {} bytes", bytes.len());
    let now = Time::from_millis(90_000);
    let (mut receiver, mut trip) = (Receiver::default(), RoundTrip::default());
    trip.sent(Time::from_millis(1_000), 0x1234_5678_9abc_def0);
    for item in parse(bytes) {
        let mut written = Vec::new();
        match item {
            Item::Sender { ssrc, info } => {
                receiver.sender_report(now, ssrc, info.ntp);
                write_report(&mut written, ssrc, Some(&info), None);
            }
            Item::Report { from, report } => {
                trip.heard(now, &report);
                write_report(&mut written, from, None, Some(&report));
            }
            Item::Bye { ssrc } => write_bye(&mut written, ssrc),
        }
        assert!(parse(&written).any(|again| again == item), "{item:?} came back as {written:?}");
        let before = written.len();
        write_cname(&mut written, 1, bytes.get(..bytes.len().min(64)).unwrap_or_default());
        assert!(written.len() > before && written.len() % 4 == 0);
    }
    let _ = (receiver.report(now), trip.newest());
}
