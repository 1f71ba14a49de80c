//! One stream for each phone, whatever it hears.

use std::collections::BTreeSet;

use base::{After, Codec, Direction, Source};
use proptest::prelude::*;

use crate::lab::{Lab, Network, Sent, play};

/// What a switch from one source to another may cost the clock of a stream: the packet that it may be ahead, and one that is under way.
const SWITCH_MS: i64 = 40;

#[derive(Clone, Debug)]
enum Move {
    Hear(usize, Hear),
    Hold(usize, Direction),
    Codec(usize, Codec),
    Mute(usize, bool),
}

#[derive(Clone, Copy, Debug)]
enum Hear {
    Silence,
    Prompt,
    Music,
    Phone(usize),
}

fn moves() -> impl Strategy<Value = Vec<(u64, Move)>> {
    let hear = prop_oneof![
        Just(Hear::Silence),
        Just(Hear::Prompt),
        Just(Hear::Music),
        (0..3usize).prop_map(Hear::Phone),
        (0..3usize).prop_map(Hear::Phone),
    ];
    const DIRECTIONS: [Direction; 5] =
        [Direction::SendRecv, Direction::SendRecv, Direction::SendOnly, Direction::RecvOnly, Direction::Inactive];
    let one = prop_oneof![
        6 => (0..3usize, hear).prop_map(|(p, h)| Move::Hear(p, h)),
        1 => (0..3usize, proptest::sample::select(&DIRECTIONS)).prop_map(|(p, d)| Move::Hold(p, d)),
        1 => (0..3usize, proptest::sample::select(&Codec::ALL)).prop_map(|(p, c)| Move::Codec(p, c)),
        1 => (0..3usize, any::<bool>()).prop_map(|(p, m)| Move::Mute(p, m)),
    ];
    proptest::collection::vec((1..250u64, one), 1..25)
}

fn make(lab: &mut Lab, step: Move) {
    match step {
        Move::Hear(place, Hear::Silence) => lab.hear(place, Source::Silence),
        Move::Hear(place, Hear::Prompt) => lab.hear(place, play(1, &[0, 1], After::Silence)),
        Move::Hear(place, Hear::Music) => lab.hear(place, play(2, &[0], After::Loop(base::SoundId(2)))),
        Move::Hear(place, Hear::Phone(other)) => {
            let end = lab.phones[other].end;
            lab.hear(place, Source::End(end));
        }
        Move::Hold(place, direction) => lab.change(place, |p| p.direction = direction),
        Move::Codec(place, codec) => lab.change(place, |p| {
            (p.codec, p.send_type, p.receive_type) = (codec, codec.payload_type(), codec.payload_type());
        }),
        Move::Mute(place, mute) => lab.phones[place].speaks = !mute,
    }
}

/// The packets with their numbers extended, in the order of the numbers.
fn in_order(sent: &[Sent]) -> Vec<(i64, Sent)> {
    let mut newest = i64::from(sent.first().map_or(0, |s| s.header().sequence));
    let mut numbered: Vec<(i64, Sent)> = Vec::new();
    for packet in sent {
        let number = newest + i64::from(packet.header().sequence.wrapping_sub(newest as u16) as i16);
        newest = newest.max(number);
        numbered.push((number, packet.clone()));
    }
    numbered.sort_by_key(|n| n.0);
    numbered
}

fn check(sent: &[Sent], lossless: bool, delay_ms: u64) -> Result<(), TestCaseError> {
    // A source may begin with a packet that is as late as the network makes it, and those behind it are in time.
    let slack_ms = SWITCH_MS + delay_ms as i64;
    let Some(first) = sent.first() else { return Ok(()) };
    let ordered = in_order(sent);
    let numbers: BTreeSet<i64> = ordered.iter().map(|n| n.0).collect();
    prop_assert_eq!(numbers.len(), sent.len(), "a sequence number twice");
    let mut end = ordered[0].1.header().timestamp;
    for (i, (number, packet)) in ordered.iter().enumerate() {
        let header = packet.header();
        prop_assert_eq!(header.ssrc, first.header().ssrc);
        prop_assert!((header.timestamp.wrapping_sub(end) as i32) >= 0, "overlap at {}", number);
        end = header.timestamp.wrapping_add(packet.payload().len() as u32);
        let media_ms = i64::from(header.timestamp.wrapping_sub(first.header().timestamp) as i32) / 8;
        let real_ms = packet.at.as_millis() as i64 - first.at.as_millis() as i64;
        prop_assert!((media_ms - real_ms).abs() <= slack_ms, "{} ms of media at {} ms", media_ms, real_ms);
        if lossless && i > 0 {
            prop_assert_eq!(*number, ordered[i - 1].0 + 1, "a gap that nobody lost");
        }
    }
    Ok(())
}

fn run(seed: u64, network: Network, moves: Vec<(u64, Move)>) -> Lab {
    let mut lab = Lab::new(seed, &[0.05, 0.333, 1.1]);
    lab.network = network;
    for codec in [Codec::Pcma, Codec::Pcmu, Codec::Pcma] {
        lab.open(codec);
    }
    for (wait, step) in moves {
        lab.run_ms(wait);
        make(&mut lab, step);
    }
    lab.run_ms(100);
    lab
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_clean_network_leaves_no_gap_and_no_jump(seed in any::<u64>(), moves in moves()) {
        let lab = run(seed, Network::default(), moves);
        for place in 0..3 {
            check(&lab.rtp_of(place), true, 0)?;
        }
    }

    #[test]
    fn a_bad_network_repeats_no_number_and_moves_no_clock(seed in any::<u64>(), moves in moves(), delay_ms in 0..25u64) {
        let lab = run(seed, Network { loss: 0.1, repeat: 0.1, delay_ms }, moves);
        for place in 0..3 {
            check(&lab.rtp_of(place), false, delay_ms)?;
        }
    }
}

#[test]
fn from_menu_to_music_to_agent_and_back_no_packet_is_missing() {
    let mut lab = Lab::new(7, &[0.5, 0.5, 1.0]);
    let (citizen, agent) = (lab.open(Codec::Pcma), lab.open(Codec::Pcmu));
    lab.hear(citizen, play(1, &[0, 1], After::Loop(base::SoundId(2))));
    lab.run_ms(3_000);
    let end = lab.phones[agent].end;
    lab.hear(citizen, Source::End(end));
    lab.run_ms(3_000);
    lab.hear(citizen, Source::Silence);
    lab.run_ms(1_000);
    let sent = lab.rtp_of(citizen);
    assert!((347..=351).contains(&sent.len()), "{} packets in 7 s", sent.len());
    check(&sent, true, 0).expect("continuous");
    let marked = sent.iter().filter(|s| s.header().marker).count();
    assert_eq!(marked, 3, "the start and each switch");
    let widest = sent.windows(2).map(|w| w[1].at.since(w[0].at).as_millis()).max();
    assert!(widest <= Some(40), "{widest:?}");
}

#[test]
fn many_switches_do_not_run_ahead() {
    for seed in 0..10 {
        let mut lab = Lab::new(seed, &[0.5]);
        for _ in 0..3 {
            lab.open(Codec::Pcma);
        }
        for _ in 0..150 {
            let wait = 1 + lab.rng.below(30);
            lab.run_ms(wait);
            let other = lab.rng.below(3) as usize;
            let source = if other == 0 { play(1, &[0], After::Silence) } else { Source::End(lab.phones[other].end) };
            lab.hear(0, source);
        }
        check(&lab.rtp_of(0), true, 0).expect("continuous");
    }
}
