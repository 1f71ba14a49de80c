//! Sounds and their pace.

use std::time::Duration;

use base::{After, Clip, Codec, Direction, Notice, PlayId, Rng, SoundId, Source, Time};

use crate::lab::{Lab, play};

fn played(lab: &Lab, place: usize) -> Vec<PlayId> {
    let id = |n: Notice| match n {
        Notice::Played { play, .. } => Some(play),
        _ => None,
    };
    lab.notices_of(place).into_iter().filter_map(id).collect()
}

#[test]
fn played_is_told_when_the_last_packet_left_and_only_once() {
    let mut lab = Lab::new(1, &[0.2, 0.21, 1.0]);
    lab.open(Codec::Pcma);
    lab.hear(0, play(5, &[0, 1], After::Loop(SoundId(2))));
    let started = lab.now.time;
    lab.run_ms(1_500);
    let told: Vec<&(Time, Notice)> = lab.notices.iter().filter(|n| matches!(n.1, Notice::Played { .. })).collect();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].1, Notice::Played { leg: lab.phones[0].leg, play: PlayId(5) });
    let after = told[0].0.since(started).as_millis();
    assert!((400..=425).contains(&after), "{after} ms for 410 ms of sound in packets of 20");
    lab.hear(0, play(6, &[], After::Loop(SoundId(2))));
    assert_eq!(played(&lab, 0), [PlayId(5), PlayId(6)], "an empty list is over at once");
    lab.hear(0, play(7, &[0], After::Silence));
    lab.hear(0, Source::Silence);
    lab.run_ms(500);
    assert_eq!(played(&lab, 0), [PlayId(5), PlayId(6)], "what was replaced is never told");
}

#[test]
fn the_sound_arrives_whole() {
    for ptime_ms in [10u8, 20, 30, 60] {
        let mut lab = Lab::new(2, &[0.3, 0.2]);
        let mut params = crate::lab::params(0, Codec::Pcmu);
        params.ptime_ms = ptime_ms;
        lab.open_with(params);
        lab.hear(0, play(1, &[0, 1], After::Silence));
        lab.run_ms(700);
        let bank = crate::lab::bank(&[0.3, 0.2]);
        let whole: Vec<u8> = [0, 1].iter().flat_map(|s| bank.encoded(SoundId(*s), Codec::Pcmu).to_vec()).collect();
        let sent = lab.rtp_of(0);
        assert!(sent.iter().all(|s| s.payload().len() == usize::from(ptime_ms) * 8));
        let bytes: Vec<u8> = sent.iter().flat_map(|s| s.payload().to_vec()).collect();
        assert_eq!(bytes[..whole.len()], whole, "{ptime_ms}");
        assert!(bytes[whole.len()..].iter().all(|b| *b == 0xff), "{ptime_ms}");
    }
}

#[test]
fn a_late_turn_sends_few_packets_and_tells_the_time_truly() {
    let mut lab = Lab::new(3, &[2.0]);
    lab.open(Codec::Pcma);
    lab.phones[0].speaks = false;
    lab.hear(0, play(1, &[0], After::Silence));
    lab.run_ms(100);
    let before = lab.rtp_of(0);
    lab.now = lab.now.plus(Duration::from_millis(1_000));
    lab.time_out();
    let burst = lab.rtp_of(0).split_off(before.len());
    assert_eq!(burst.len(), 3);
    let last = before.last().expect("sent").header();
    let first = burst[0].header();
    assert_eq!(first.sequence, last.sequence.wrapping_add(1));
    assert_eq!(first.timestamp.wrapping_sub(last.timestamp), 8_000 - 2 * 160);
    assert!(first.marker && !burst[1].header().marker);
    let bank = crate::lab::bank(&[2.0]);
    let heard = before.len() * 160;
    assert_eq!(burst[0].payload(), &bank.encoded(SoundId(0), Codec::Pcma)[heard..heard + 160], "no word is skipped");
}

/// What a busy machine does to a worker, below the 60 ms that one turn catches up.
#[test]
fn turns_that_come_late_leave_nothing_out() {
    let mut lab = Lab::new(6, &[3.0]);
    lab.open(Codec::Pcma);
    lab.phones[0].speaks = false;
    lab.hear(0, play(1, &[0], After::Silence));
    let mut rng = Rng::from_number(6);
    let began = lab.now.time;
    while lab.now.time.since(began) < Duration::from_secs(3) {
        lab.now = lab.now.plus(Duration::from_millis(1 + rng.below(39)));
        lab.time_out();
    }
    let sent = lab.rtp_of(0);
    assert!(sent.len() >= 149, "{} packets in three seconds", sent.len());
    let first = sent[0].header();
    for (count, packet) in (0u16..).zip(&sent) {
        let header = packet.header();
        assert_eq!(header.sequence, first.sequence.wrapping_add(count));
        assert_eq!(header.timestamp, first.timestamp.wrapping_add(u32::from(count) * 160), "packet {count}");
        assert_eq!(header.marker, count == 0, "packet {count}");
    }
}

#[test]
fn ends_do_not_fire_together() {
    let mut lab = Lab::new(4, &[]);
    for _ in 0..40 {
        let place = lab.open(Codec::Pcma);
        lab.phones[place].speaks = false;
    }
    lab.run_ms(100);
    let from = lab.sent.len();
    lab.run_ms(20);
    let mut turns = std::collections::BTreeMap::new();
    for sent in &lab.sent[from..] {
        *turns.entry(sent.at).or_insert(0) += 1;
    }
    assert_eq!(turns.len(), 20);
    assert!(turns.values().all(|n| *n == 2), "{turns:?}");
}

#[test]
fn on_hold_the_sounds_run_on() {
    let mut lab = Lab::new(5, &[0.4]);
    lab.open(Codec::Pcma);
    lab.hear(0, play(1, &[0], After::Silence));
    lab.run_ms(100);
    lab.change(0, |p| p.direction = Direction::Inactive);
    let before = lab.rtp_of(0);
    lab.run_ms(1_000);
    assert_eq!(lab.rtp_of(0).len(), before.len());
    assert_eq!(played(&lab, 0), [PlayId(1)]);
    lab.change(0, |p| p.direction = Direction::SendRecv);
    lab.run_ms(40);
    let (last, next) = (before[before.len() - 1].header(), lab.rtp_of(0)[before.len()].header());
    assert_eq!(next.sequence, last.sequence.wrapping_add(1));
    assert!(next.marker);
    assert!((8_000..8_320).contains(&next.timestamp.wrapping_sub(last.timestamp)));
}

/// A second of the tone of a sound that no bank has.
fn clip(number: u32) -> Clip {
    let bank = crate::lab::bank(&[0.1, 0.1, 1.0]);
    let codes = |codec| bank.encoded(SoundId(2), codec).to_vec();
    Clip::new(number, codes(Codec::Pcma), codes(Codec::Pcmu))
}

#[test]
fn a_clip_arrives_whole_in_each_codec_and_is_told_of_once() {
    for codec in Codec::ALL {
        let (mut lab, clip) = (Lab::new(7, &[0.3]), clip(1));
        lab.open(codec);
        lab.hear(0, Source::Clip { play: PlayId(3), clip: clip.clone() });
        assert_eq!(clip.holders(), 2);
        lab.run_ms(1_100);
        let bytes: Vec<u8> = lab.rtp_of(0).iter().flat_map(|s| s.payload().to_vec()).collect();
        assert_eq!(bytes[..clip.len()], *clip.encoded(codec));
        assert!(bytes[clip.len()..].iter().all(|code| *code == rtp::g711::silence(codec)), "silence follows");
        assert_eq!((played(&lab, 0), clip.holders()), (vec![PlayId(3)], 1), "and its memory is free");
    }
}

#[test]
fn a_clip_that_is_replaced_or_whose_end_closes_is_free_and_never_told_of() {
    let (mut lab, [first, second]) = (Lab::new(8, &[0.3]), [1, 2].map(clip));
    lab.open(Codec::Pcma);
    lab.hear(0, Source::Clip { play: PlayId(1), clip: first.clone() });
    lab.run_ms(200);
    let before = lab.rtp_of(0).len();
    lab.hear(0, play(2, &[0], After::Silence));
    assert_eq!(first.holders(), 1);
    lab.run_ms(100);
    let bank = crate::lab::bank(&[0.3]);
    assert_eq!(lab.rtp_of(0)[before].payload(), &bank.encoded(SoundId(0), Codec::Pcma)[..160], "nothing stale");
    lab.hear(0, Source::Clip { play: PlayId(3), clip: second.clone() });
    lab.run_ms(100);
    let end = lab.phones[0].end;
    lab.job(base::Job::Close { end });
    lab.run_ms(1_200);
    assert_eq!((second.holders(), played(&lab, 0)), (1, Vec::new()));
}
