//! What phones hear, what the control thread is told, what happens to ports.

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use base::{After, Codec, Job, NetworkId, Notice, PlayId, Rng, SoundId, Source, Time};
use media::{Clock, Config, Error, Media};
use rtp::tone::{Tone, ToneMeter, TonePair};

use crate::rig::{FRAME, HOME, LONG, Phone, Rig, config, leg};

fn listen(meter: &mut ToneMeter, payload: &[u8]) {
    let pcm: Vec<i16> = payload.iter().map(|code| rtp::g711::decode(Codec::Pcma, *code)).collect();
    meter.push(&pcm);
}

/// A port pair that nobody uses now.
fn free_pair() -> u16 {
    (42_000..44_000)
        .step_by(2)
        .find(|port| UdpSocket::bind((HOME, *port)).is_ok() && UdpSocket::bind((HOME, *port + 1)).is_ok())
        .expect("a free pair")
}

#[test]
fn a_thousand_packets_cross_the_bridge_each_way() {
    let mut rig = Rig::start(&config(40_000..=40_999, 2), legs::Bank::new());
    let (a, b) = (rig.lease(), rig.lease());
    let pairs = [TonePair::numbered(3), TonePair::numbered(400)];
    let (mut alice, mut bob) = (Phone::new(&a, pairs[0]), Phone::new(&b, pairs[1]));
    rig.send([
        alice.open(&a, leg(0)),
        bob.open(&b, leg(1)),
        Job::Hear { end: a.end, source: Source::End(b.end) },
        Job::Hear { end: b.end, source: Source::End(a.end) },
        // Its answer tells that the jobs before it were done.
        Job::Lease { network: NetworkId(0), count: 1 },
    ]);
    rig.lease();
    let mut meters = [ToneMeter::new(pairs), ToneMeter::new(pairs)];
    let mut last: Option<[u16; 2]> = None;
    for round in 0..1000 {
        let from_alice = alice.speak();
        let at_bob = bob.hear();
        let from_bob = bob.speak();
        let at_alice = alice.hear();
        assert!(at_bob.1 == from_alice && at_alice.1 == from_bob, "round {round}: another voice");
        let sequences = [at_alice.0.sequence, at_bob.0.sequence];
        if let Some(last) = last {
            assert_eq!(sequences, last.map(|sequence| sequence.wrapping_add(1)), "round {round}");
        }
        last = Some(sequences);
        listen(&mut meters[0], &at_alice.1);
        listen(&mut meters[1], &at_bob.1);
    }
    assert_eq!((meters[0].frames_of(pairs[0]), meters[0].frames_of(pairs[1])), (0, 200), "Alice hears Bob alone");
    assert_eq!((meters[1].frames_of(pairs[0]), meters[1].frames_of(pairs[1])), (200, 0), "Bob hears Alice alone");

    rig.send([Job::Close { end: a.end }, Job::Close { end: b.end }]);
    let (stats, others) = rig.closed(leg(0));
    assert!(others.contains(&Notice::Heard { leg: leg(0) }), "{others:?}");
    assert_eq!((stats.packets_received, stats.packets_lost, stats.packets_refused), (1000, 0, 0));
    rig.closed(leg(1));
    assert_eq!(rig.media.failure(), None);
    let counters = rig.link.counters();
    drop(rig);
    let counts = counters.read();
    assert_eq!((counts.received, counts.receive_failed), (2000, 0));
    assert!(counts.sent >= 2000);
}

#[test]
fn a_sound_is_played_at_the_speed_of_speech() {
    let pair = TonePair::numbered(77);
    let mut pcm = vec![0; 8000];
    Tone::new(pair, 16_000).fill(&mut pcm);
    let mut bank = legs::Bank::new();
    let sound: SoundId = bank.push(&pcm);
    let mut rig = Rig::start(&config(41_000..=41_999, 1), bank);
    let lease = rig.lease();
    let phone = Phone::new(&lease, pair);
    let play = PlayId(5);
    let source = Source::Play { play, sounds: vec![sound], after: After::Silence };
    let asked = Instant::now();
    rig.send([phone.open(&lease, leg(0)), Job::Hear { end: lease.end, source }]);
    let mut meter = ToneMeter::new([pair]);
    let (first, payload) = phone.hear();
    let began = Instant::now();
    listen(&mut meter, &payload);
    let mut last = first.timestamp;
    for count in 1..50_u16 {
        let (header, payload) = phone.hear();
        assert_eq!(header.sequence, first.sequence.wrapping_add(count));
        // Exactly a frame while the worker gets its processor: `legs` proves it on a clock of its own. One that the system held
        // up for 60 ms leaves out what it is late with, in whole frames.
        let step = header.timestamp.wrapping_sub(last);
        last = header.timestamp;
        assert!(step >= FRAME as u32 && step.is_multiple_of(FRAME as u32), "{step} samples from packet to packet");
        listen(&mut meter, &payload);
    }
    let took = began.elapsed();
    assert!(took > Duration::from_millis(900), "49 packets of 20 ms in {took:?}");
    let told = Duration::from_millis(u64::from(last.wrapping_sub(first.timestamp)) / 8);
    assert!(told <= asked.elapsed(), "time stamps tell {told:?} of {:?}: left out without need", asked.elapsed());
    assert!(meter.frames_of(pair) >= 8, "{:?}", meter.heard());
    assert_eq!(rig.notice(), Notice::Played { leg: leg(0), play });
    rig.send([Job::Close { end: lease.end }]);
    rig.closed(leg(0));
}

#[test]
fn a_closed_port_rests_two_seconds() {
    let port = free_pair();
    let mut rig = Rig::start(&config(port..=port + 1, 1), legs::Bank::new());
    let first = rig.lease();
    assert_eq!(first.address, SocketAddr::new(HOME, port));
    let ask = Job::Lease { network: NetworkId(0), count: 1 };
    let none = Notice::NoLease { worker: rig.link.worker, network: NetworkId(0) };
    rig.send([ask.clone()]);
    assert_eq!(rig.notice(), none, "in use");
    let phone = Phone::new(&first, TonePair::numbered(1));
    rig.send([phone.open(&first, leg(0)), Job::Close { end: first.end }]);
    rig.closed(leg(0));
    let closed = Instant::now();
    loop {
        rig.send([ask.clone()]);
        match rig.notice() {
            Notice::Leased(again) => {
                assert_eq!(again.address, first.address);
                assert_ne!(again.end, first.end, "a late job for the old end must not meet the new one");
                break;
            }
            other => assert_eq!(other, none),
        }
        assert!(closed.elapsed() < LONG, "never leased again");
        // Asking more often would only fill the ring.
        let _ = rig.woken.recv_timeout(Duration::from_millis(20));
    }
    let rested = closed.elapsed();
    assert!(rested > Duration::from_millis(1900), "used again after {rested:?}");
}

#[test]
fn leases_come_as_many_as_asked_and_an_unopened_end_can_be_closed() {
    let mut rig = Rig::start(&config(44_000..=45_999, 0), legs::Bank::new());
    rig.send([Job::Lease { network: NetworkId(0), count: 200 }, Job::Lease { network: NetworkId(9), count: 3 }]);
    let mut leases = Vec::new();
    let mut refused = 0;
    while leases.len() < 200 || refused == 0 {
        match rig.notice() {
            Notice::Leased(lease) => leases.push(lease),
            Notice::NoLease { network: NetworkId(9), .. } => refused += 1,
            other => panic!("{other:?}"),
        }
    }
    let mut addresses: Vec<_> = leases.iter().map(|lease| lease.address).collect();
    addresses.sort_unstable();
    addresses.dedup();
    assert_eq!(addresses.len(), 200, "no port twice");
    assert!(addresses.iter().all(|address| address.port() % 2 == 0));
    rig.send(leases.iter().map(|lease| Job::Close { end: lease.end }));
    rig.send([Job::Lease { network: NetworkId(0), count: 1 }]);
    rig.lease();
    let deadline = Instant::now() + LONG;
    while rig.link.counts().ends != 1 {
        assert!(Instant::now() < deadline, "{:?}", rig.link.counts());
        std::thread::yield_now();
    }
    assert_eq!(rig.link.counts().lease_failed, 1);
}

#[test]
fn what_cannot_be_sent_or_read_stops_nobody() {
    let mut rig = Rig::start(&config(46_000..=46_999, 2), legs::Bank::new());
    let (a, b) = (rig.lease(), rig.lease());
    let (mut alice, bob) = (Phone::new(&a, TonePair::numbered(1)), Phone::new(&b, TonePair::numbered(2)));
    // Bob is told to be where nothing can be sent to: every send fails.
    let Job::Open { end, leg: of, mut params, signalled_from } = bob.open(&b, leg(1)) else { panic!("an open") };
    params.remote = SocketAddr::from(([255, 255, 255, 255], 9));
    rig.send([
        alice.open(&a, leg(0)),
        Job::Open { end, leg: of, params, signalled_from },
        Job::Hear { end: b.end, source: Source::End(a.end) },
    ]);
    // Longer than any packet of ours, and noise.
    alice.socket.send_to(&[0x80; 4000], a.address).expect("sends");
    alice.socket.send_to(b"x", a.address).expect("sends");
    alice.socket.send_to(b"", a.address).expect("sends");
    let deadline = Instant::now() + LONG;
    loop {
        alice.speak();
        let counts = rig.link.counts();
        if counts.send_failed > 0 && counts.receive_failed > 0 {
            break;
        }
        assert!(Instant::now() < deadline, "{counts:?}");
        // Alice hears comfort silence every 20 ms: the pace of this loop.
        alice.hear();
    }
    rig.send([Job::Close { end: a.end }, Job::Close { end: b.end }]);
    rig.closed(leg(0));
    rig.closed(leg(1));
    assert_eq!(rig.media.failure(), None);
}

#[test]
fn notices_wait_until_they_are_read() {
    let mut rig = Rig::start(&config(47_000..=47_099, 1), legs::Bank::new());
    let lease = rig.lease();
    let phone = Phone::new(&lease, TonePair::numbered(1));
    rig.send([phone.open(&lease, leg(0))]);
    // More than the ring of notices holds, in the order of asking.
    let total = 40_000_u32;
    let mut sent = 0;
    while sent < total {
        let source = Source::Play { play: PlayId(sent), sounds: Vec::new(), after: After::Silence };
        match rig.link.send(Job::Hear { end: lease.end, source }) {
            Ok(()) => sent += 1,
            Err(_) => {
                rig.link.ring();
                std::thread::yield_now();
            }
        }
    }
    rig.link.ring();
    for play in 0..total {
        assert_eq!(rig.notice(), Notice::Played { leg: leg(0), play: PlayId(play) });
    }
    assert_eq!(rig.link.counts().notices_dropped, 0);
}

#[test]
fn a_worker_that_dies_says_so() {
    let armed = Arc::new(AtomicBool::new(false));
    let (told, tells) = channel();
    let trap = Arc::clone(&armed);
    let wake = move || {
        let dying = trap.swap(false, Ordering::SeqCst);
        told.send(()).unwrap_or(());
        assert!(!dying, "the trap of the test");
    };
    let (media, mut links) = Media::start(
        &config(48_000..=48_099, 0),
        &Arc::new(legs::Bank::new()),
        Clock::start(Time::ZERO),
        &mut Rng::from_number(1),
        wake,
    )
    .expect("starts");
    assert_eq!(media.failure(), None);
    armed.store(true, Ordering::SeqCst);
    links[0].send(Job::Lease { network: NetworkId(0), count: 1 }).expect("room");
    links[0].ring();
    tells.recv_timeout(LONG).expect("the wake that panics");
    tells.recv_timeout(LONG).expect("the wake that tells");
    let failure = media.failure().expect("a failure");
    assert!(failure.contains("worker 0 died: the trap of the test"), "{failure}");
    media.stop();
}

#[test]
fn what_cannot_be_bound_is_an_error_that_names_it() {
    let start = |config: &Config| {
        let bank = Arc::new(legs::Bank::new());
        Media::start(config, &bank, Clock::start(Time::ZERO), &mut Rng::from_number(1), || {}).map(|_| ())
    };
    let mut foreign = config(49_000..=49_099, 1);
    foreign.networks[0].bind = IpAddr::from([192, 0, 2, 1]);
    let error = start(&foreign).expect_err("not our address");
    assert!(matches!(error, Error::Ports { .. }));
    assert!(error.to_string().contains("49000-49099 of 192.0.2.1"), "{error}");

    let error = start(&config(18_100..=18_109, 6)).expect_err("five pairs are not six");
    assert!(error.to_string().contains("every port is in use"), "{error}");
}

#[test]
fn a_sound_that_came_later_is_played_by_the_jobs_behind_it_and_what_plays_goes_on() {
    let pairs = [TonePair::numbered(77), TonePair::numbered(200)];
    let samples = |pair| {
        let mut pcm = vec![0; 16_000];
        Tone::new(pair, 16_000).fill(&mut pcm);
        pcm
    };
    let mut bank = legs::Bank::new();
    let first = bank.push(&samples(pairs[0]));
    let mut rig = Rig::start(&config(44_000..=44_099, 2), bank.clone());
    let (a, b) = (rig.lease(), rig.lease());
    let (early, late) = (Phone::new(&a, pairs[0]), Phone::new(&b, pairs[1]));
    let play = |number, sound| Source::Play { play: PlayId(number), sounds: vec![sound], after: After::Silence };
    rig.send([early.open(&a, leg(0)), Job::Hear { end: a.end, source: play(1, first) }]);
    let mut meters = [ToneMeter::new(pairs), ToneMeter::new(pairs)];
    for _ in 0..40 {
        listen(&mut meters[0], &early.hear().1);
    }
    let second = bank.push(&samples(pairs[1]));
    rig.media.sounds().set(Arc::new(bank));
    rig.send([late.open(&b, leg(1)), Job::Hear { end: b.end, source: play(2, second) }]);
    for _ in 0..40 {
        listen(&mut meters[0], &early.hear().1);
        listen(&mut meters[1], &late.hear().1);
    }
    assert!(meters[0].frames_of(pairs[0]) >= 14 && meters[0].frames_of(pairs[1]) == 0, "{:?}", meters[0].heard());
    assert!(meters[1].frames_of(pairs[1]) >= 6 && meters[1].frames_of(pairs[0]) == 0, "{:?}", meters[1].heard());
}
