//! Any body as an offer and as an answer: refused with a reason, or agreed to within a bounded memory and a readable answer.

#![no_main]

use std::net::SocketAddr;

use base::Codec;
use libfuzzer_sys::fuzz_target;
use sdp::{Local, Refusal};

#[global_allocator]
static METER: fuzz::Meter = fuzz::Meter;

fuzz_target!(|input: &[u8]| {
    let v4: SocketAddr = ([192, 0, 2, 1], 20_000).into();
    let v6: SocketAddr = "[2001:db8::1]:65535".parse().expect("an address");
    for local in [Local::new(v4, 1, &Codec::ALL), Local::new(v6, u64::MAX, &[Codec::Pcmu])] {
        // Sixteen streams of 128 formats, each a pointer and a length, and the answer beside them.
        fuzz::bounded(64 * input.len() + 65_536, || judge(&local, input));
    }
});

fn judge(local: &Local, input: &[u8]) {
    match sdp::answer(local, input) {
        Ok(answer) => {
            assert!(answer.body.len() <= input.len() + 1024, "an answer is as long as its offer");
            assert!((10..=60).contains(&answer.params.ptime_ms) && answer.params.ptime_ms % 10 == 0);
            assert!(!answer.params.remote.ip().is_multicast() && answer.params.remote.port() != 0);
            assert!(local.codecs.contains(&answer.params.codec));
            // Who offers what we answered can agree to it: every stream is answered in its place.
            let streams = |text: &[u8]| String::from_utf8_lossy(text).lines().filter(|l| l.starts_with("m=")).count();
            assert!(streams(&answer.body) >= 1);
            let again = sdp::offer_again(local, &answer.body);
            assert_eq!(streams(&again), streams(&answer.body), "every stream keeps its place");
            assert!(sdp::answer(local, &again).is_ok(), "our own offer is one that we answer");
        }
        Err(refusal) => explain(refusal),
    }
    match sdp::accept(local, input) {
        Ok(params) => assert!(local.codecs.contains(&params.codec) && params.remote.port() != 0),
        Err(refusal) => explain(refusal),
    }
    assert!(sdp::first_codecs(input).len() <= Codec::ALL.len());
    assert!(sdp::offer_again(local, input).len() <= input.len() + 1024);
}

fn explain(refusal: Refusal) {
    assert!(matches!(refusal.status(), 400 | 488) && !refusal.to_string().is_empty());
}
