//! Who is heard, and how.

use base::{After, Codec, Direction, Job, Source};
use rtp::{Header, ToneMeter, TonePair};

use crate::lab::{Lab, Network, end, play, sound_pair};

#[test]
fn only_the_assigned_source_is_heard() {
    for seed in 0..12 {
        let mut lab = Lab::new(seed, &[0.7, 5.0]);
        lab.network = Network { loss: 0.02, repeat: 0.05, delay_ms: 10 };
        let phones = 6;
        for place in 0..phones {
            lab.open(Codec::ALL[place % 2]);
        }
        let pairs: Vec<TonePair> = lab.phones.iter().map(|p| p.pair).chain([sound_pair(base::SoundId(1))]).collect();
        lab.run_ms(100);
        for _ in 0..6 {
            let mut assigned = Vec::new();
            let mut from = Vec::new();
            for place in 0..phones {
                let pick = lab.rng.below(phones as u64 + 1) as usize;
                match lab.phones.get(pick).map(|p| p.end) {
                    Some(other) => lab.hear(place, Source::End(other)),
                    None => lab.hear(place, play(1, &[], After::Loop(base::SoundId(1)))),
                }
                assigned.push(pairs[pick]);
                from.push(lab.rtp_of(place).len());
            }
            lab.run_ms(700);
            for place in 0..phones {
                let mut meter = ToneMeter::new(pairs.iter().copied());
                meter.push(&lab.heard_since(place, from[place]));
                assert!(meter.frames() >= 5, "seed {seed}: {} frames", meter.frames());
                for heard in meter.heard() {
                    // A lost packet breaks the phase of a frame; a third of the frames may suffer.
                    let expected =
                        if heard.pair == assigned[place] { meter.frames() * 2 / 3..=meter.frames() } else { 0..=0 };
                    assert!(expected.contains(&heard.frames), "seed {seed}, {place}: {heard:?} {assigned:?}");
                }
            }
        }
    }
}

#[test]
fn equal_codecs_pass_untouched_and_others_are_converted() {
    let mut lab = Lab::new(1, &[]);
    for codec in [Codec::Pcma, Codec::Pcma, Codec::Pcmu] {
        lab.open(codec);
    }
    lab.phones.iter_mut().for_each(|p| p.speaks = false);
    for place in [1, 2] {
        lab.hear(place, Source::End(end(0)));
    }
    let payload: Vec<u8> = (0..=255).collect();
    let header = Header { marker: false, payload_type: 8, sequence: 1, timestamp: 1, ssrc: 9 };
    lab.send(0, header, &payload);
    lab.run_ms(2);
    assert_eq!(lab.rtp_of(1).last().map(|s| s.payload().to_vec()), Some(payload.clone()));
    let mut converted = payload;
    rtp::g711::convert(Codec::Pcma, Codec::Pcmu, &mut converted);
    let last = lab.rtp_of(2).pop().expect("relayed");
    assert_eq!((last.header().payload_type, last.payload()), (0, &converted[..]));
}

#[test]
fn losses_and_reordering_stay_visible_and_repetitions_do_not() {
    let mut lab = Lab::new(2, &[]);
    lab.open(Codec::Pcma);
    lab.open(Codec::Pcma);
    lab.phones.iter_mut().for_each(|p| p.speaks = false);
    lab.hear(1, Source::End(end(0)));
    for sequence in [65_534u16, 65_535, 2, 1, 1, 2, 0, 5] {
        let timestamp = u32::from(sequence.wrapping_sub(65_534)) * 160;
        lab.send(0, Header { marker: false, payload_type: 8, sequence, timestamp, ssrc: 9 }, &[sequence as u8; 160]);
        lab.run_ms(20);
    }
    let sent = lab.rtp_of(1);
    let first = sent[0].header();
    let steps: Vec<(u16, u32, u8)> = sent
        .iter()
        .map(|s| {
            (
                s.header().sequence.wrapping_sub(first.sequence),
                s.header().timestamp.wrapping_sub(first.timestamp),
                s.payload()[0],
            )
        })
        .collect();
    assert_eq!(steps, [(0, 0, 254), (1, 160, 255), (4, 640, 2), (3, 480, 1), (2, 320, 0), (7, 1_120, 5)]);
}

#[test]
fn a_new_time_line_of_the_sender_is_no_jump_for_the_listener() {
    let mut lab = Lab::new(3, &[]);
    lab.open(Codec::Pcma);
    lab.open(Codec::Pcma);
    lab.phones.iter_mut().for_each(|p| p.speaks = false);
    lab.hear(1, Source::End(end(0)));
    // Sequence, timestamp, SSRC: another time line, another SSRC, then a pause in which the timestamps stood still.
    let packets = [(1, 0, 9), (2, 160, 9), (3, 4_000_000, 9), (4, 4_000_160, 9), (900, 77, 10), (901, 237, 10)];
    for (sequence, timestamp, ssrc) in packets {
        lab.send(0, Header { marker: false, payload_type: 8, sequence, timestamp, ssrc }, &[1; 160]);
        lab.run_ms(20);
    }
    lab.run_ms(2_000);
    lab.send(0, Header { marker: false, payload_type: 8, sequence: 902, timestamp: 397, ssrc: 10 }, &[1; 160]);
    lab.run_ms(20);
    let sent = lab.rtp_of(1);
    let first = sent[0].header();
    let shape: Vec<(u16, u32, bool)> = sent
        .iter()
        .map(|s| s.header())
        .map(|h| (h.sequence.wrapping_sub(first.sequence), h.timestamp.wrapping_sub(first.timestamp), h.marker))
        .collect();
    let expected = [
        (0, 0, true),
        (1, 160, false),
        (2, 320, true),
        (3, 480, false),
        (4, 640, true),
        (5, 800, false),
        (6, 16_960, true),
    ];
    assert_eq!(shape, expected);
}

#[test]
fn an_end_that_is_not_there_is_silence() {
    let mut lab = Lab::new(4, &[]);
    lab.open(Codec::Pcmu);
    lab.open(Codec::Pcmu);
    lab.hear(0, Source::End(end(9)));
    lab.run_ms(200);
    assert_eq!(lab.rtp_of(0).len(), 10);
    lab.hear(0, Source::End(end(1)));
    lab.run_ms(200);
    lab.job(Job::Close { end: end(1) });
    let before = lab.rtp_of(0).len();
    lab.run_ms(200);
    let after: Vec<_> = lab.rtp_of(0).split_off(before);
    assert_eq!(after.len(), 10);
    assert!(after.iter().all(|s| s.payload() == [0xff; 160]));
    assert!(after[0].header().marker);
}

#[test]
fn on_hold_nothing_leaves_and_nothing_is_heard() {
    let mut lab = Lab::new(5, &[10.0]);
    lab.open(Codec::Pcma);
    lab.open(Codec::Pcma);
    lab.hear(0, Source::End(end(1)));
    lab.hear(1, Source::End(end(0)));
    lab.run_ms(500);
    let hold = |lab: &mut Lab, direction| {
        lab.change(0, |p| p.direction = direction);
        let before = (lab.rtp_of(0).len(), lab.rtp_of(1).len());
        lab.run_ms(500);
        (lab.rtp_of(0).len() - before.0, lab.rtp_of(1).len() - before.1)
    };
    assert_eq!(hold(&mut lab, Direction::SendOnly), (25, 0));
    assert_eq!(hold(&mut lab, Direction::RecvOnly), (0, 25));
    assert_eq!(hold(&mut lab, Direction::Inactive), (0, 0));
    assert_eq!(hold(&mut lab, Direction::SendRecv), (25, 25));
}

#[test]
fn a_late_packet_of_the_old_time_line_is_left_out() {
    let mut lab = Lab::new(6, &[]);
    lab.open(Codec::Pcma);
    lab.open(Codec::Pcma);
    lab.phones.iter_mut().for_each(|p| p.speaks = false);
    lab.hear(1, Source::End(end(0)));
    for (sequence, timestamp) in [(1, 0), (2, 160), (4, 4_000_000), (3, 320), (5, 4_000_160)] {
        lab.send(0, Header { marker: false, payload_type: 8, sequence, timestamp, ssrc: 9 }, &[sequence as u8; 160]);
        lab.run_ms(20);
    }
    let heard: Vec<u8> = lab.rtp_of(1).iter().map(|s| s.payload()[0]).collect();
    assert_eq!(heard, [1, 2, 4, 5]);
}

#[test]
fn what_is_said_during_a_hold_is_neither_heard_nor_missed() {
    let mut lab = Lab::new(7, &[]);
    lab.open(Codec::Pcma);
    lab.open(Codec::Pcma);
    lab.hear(1, Source::End(end(0)));
    lab.run_ms(200);
    lab.change(0, |p| p.direction = Direction::SendOnly);
    lab.run_ms(300);
    lab.change(0, |p| p.direction = Direction::SendRecv);
    lab.run_ms(200);
    let sent = lab.rtp_of(1);
    assert!((19..=21).contains(&sent.len()), "{}", sent.len());
    assert!(sent.windows(2).all(|w| w[1].header().sequence == w[0].header().sequence.wrapping_add(1)));
    let (first, last) = (sent[0].header(), sent[sent.len() - 1].header());
    assert_eq!(last.timestamp.wrapping_sub(first.timestamp), (sent.len() as u32 - 1 + 15) * 160);
    lab.job(Job::Close { end: end(0) });
    let Some(base::Notice::Closed { stats, .. }) = lab.notices_of(0).pop() else { panic!("not closed") };
    assert_eq!((stats.packets_received, stats.packets_lost), (35, 0));
}
