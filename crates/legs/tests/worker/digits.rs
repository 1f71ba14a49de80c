//! Keys, told once and passed on.

use std::time::Duration;

use base::{After, Codec, Digit, Notice, Source};
use rtp::Header;
use rtp::dtmf::{Event, KeyPress};

use crate::lab::{Lab, Network, end, play};

/// Presses a key on a phone in place of its voice.
fn press(lab: &mut Lab, place: usize, digit: Digit, length_ms: u64) {
    lab.phones[place].speaks = false;
    let timestamp = lab.phones[place].sender.next_timestamp(lab.now.time);
    let mut press = KeyPress::new(digit, timestamp, Duration::from_millis(length_ms));
    while let Some((event, marker)) = press.next(160) {
        lab.run_ms(20);
        let now = lab.now.time;
        let header = lab.phones[place].sender.next_event(now, 101, marker, timestamp, event.duration);
        lab.send(place, header, &event.to_bytes());
    }
    lab.phones[place].speaks = true;
}

fn digits(lab: &Lab, place: usize) -> String {
    let digit = |n: Notice| match n {
        Notice::Digit { digit, .. } => Some(digit.as_char()),
        _ => None,
    };
    lab.notices_of(place).into_iter().filter_map(digit).collect()
}

#[test]
fn one_notice_a_press_whatever_the_end_hears() {
    for seed in 0..40 {
        let mut lab = Lab::new(seed, &[3.0]);
        lab.network = Network { loss: 0.2, repeat: 0.2, delay_ms: 25 };
        lab.open(Codec::Pcma);
        lab.open(Codec::Pcma);
        let mut pressed = String::new();
        for k in 0..8 {
            match k % 3 {
                0 => lab.hear(0, play(k, &[0], After::Silence)),
                1 => lab.hear(0, Source::End(end(1))),
                _ => lab.hear(0, Source::Silence),
            }
            let digit = Digit::Number((lab.rng.below(3)) as u8);
            let length = 80 + lab.rng.below(200);
            press(&mut lab, 0, digit, length);
            let pause = 60 + lab.rng.below(200);
            lab.run_ms(pause);
            pressed.push(digit.as_char());
        }
        assert_eq!(digits(&lab, 0), pressed, "seed {seed}");
        assert_eq!(digits(&lab, 1), "", "seed {seed}");
    }
}

#[test]
fn a_listener_gets_events_under_its_own_type() {
    let mut lab = Lab::new(1, &[]);
    lab.open(Codec::Pcma);
    lab.open(Codec::Pcmu);
    lab.change(1, |p| p.dtmf_send_type = Some(97));
    lab.hear(1, Source::End(end(0)));
    lab.run_ms(200);
    press(&mut lab, 0, Digit::Star, 100);
    lab.run_ms(200);
    let sent = lab.rtp_of(1);
    let events: Vec<_> = sent.iter().filter(|s| s.header().payload_type == 97).collect();
    assert_eq!(events.len(), 7);
    assert!(events.iter().all(|s| s.header().timestamp == events[0].header().timestamp));
    assert!(events.iter().all(|s| Event::parse(s.payload()).is_some_and(|e| e.code == 10)));
    assert_eq!(events.iter().filter(|s| s.header().marker).count(), 1);
    assert!(sent.windows(2).all(|w| w[1].header().sequence == w[0].header().sequence.wrapping_add(1)));
    let voice: Vec<_> = sent.iter().filter(|s| s.header().payload_type == 0).collect();
    let steps = voice.windows(2).map(|w| w[1].header().timestamp.wrapping_sub(w[0].header().timestamp));
    let passed = u32::try_from(voice.len() - 1).expect("few") * 160;
    assert!(steps.sum::<u32>() >= passed + 7 * 160, "the press takes its time");
}

#[test]
fn a_listener_without_events_sees_no_gap() {
    let mut lab = Lab::new(2, &[]);
    lab.open(Codec::Pcma);
    lab.open(Codec::Pcma);
    lab.change(1, |p| p.dtmf_send_type = None);
    lab.hear(1, Source::End(end(0)));
    lab.run_ms(300);
    press(&mut lab, 0, Digit::Number(5), 200);
    lab.run_ms(300);
    let sent = lab.rtp_of(1);
    assert!(sent.iter().all(|s| s.header().payload_type == 8));
    assert!(sent.windows(2).all(|w| w[1].header().sequence == w[0].header().sequence.wrapping_add(1)));
    assert_eq!(digits(&lab, 0), "5");
}

#[test]
fn an_event_of_another_time_line_moves_nothing() {
    let mut lab = Lab::new(3, &[]);
    lab.open(Codec::Pcma);
    lab.open(Codec::Pcma);
    lab.phones.iter_mut().for_each(|p| p.speaks = false);
    lab.hear(1, Source::End(end(0)));
    for sequence in 0..20u16 {
        let event = sequence == 10;
        let (payload_type, timestamp) = if event { (101, 1 << 30) } else { (8, u32::from(sequence) * 160) };
        let header = Header { marker: event, payload_type, sequence, timestamp, ssrc: 9 };
        let key = Event { code: 3, end: false, volume: 10, duration: 160 }.to_bytes();
        lab.send(0, header, if event { &key } else { &[1; 160] });
        lab.run_ms(20);
    }
    assert_eq!(digits(&lab, 0), "3");
    lab.hear(1, Source::Silence);
    lab.run_ms(100);
    let sent = lab.rtp_of(1);
    let (first, last) = (sent[0].header(), sent[sent.len() - 1].header());
    assert!(sent.iter().all(|s| s.header().payload_type == 8));
    assert!(last.timestamp.wrapping_sub(first.timestamp) <= 26 * 160);
    assert!(sent.windows(2).all(|w| w[1].header().sequence == w[0].header().sequence.wrapping_add(1)));
}
