//! Packets that nobody asked for.

use std::net::SocketAddr;

use base::{Codec, Job, Notice, Source};
use legs::Channel;
use proptest::prelude::*;
use rtp::{Header, Tone, ToneMeter, TonePair};

use crate::lab::{Lab, end, params};

/// A stranger's voice, from an address of theirs.
struct Stranger {
    from: SocketAddr,
    tone: Tone,
    sequence: u16,
}

const STRANGE: u32 = 1_150;

impl Stranger {
    fn speak(&mut self, lab: &mut Lab, slot: u32) {
        let mut pcm = [0; 160];
        self.tone.fill(&mut pcm);
        let timestamp = u32::from(self.sequence) * 160;
        let header = Header { marker: false, payload_type: 8, sequence: self.sequence, timestamp, ssrc: 66 };
        let mut bytes = header.to_bytes().to_vec();
        bytes.extend(pcm.map(|s| rtp::g711::encode(Codec::Pcma, s)));
        lab.packet(end(slot), Channel::Rtp, self.from, &bytes);
        self.sequence += 1;
    }
}

fn refused(lab: &mut Lab, place: usize) -> u64 {
    let end = lab.phones[place].end;
    lab.job(Job::Close { end });
    match lab.notices_of(place).pop() {
        Some(Notice::Closed { stats, .. }) => stats.packets_refused,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_stranger_is_counted_and_never_heard() {
    // The same address with another port, and another address with the same port; before the phone speaks and while it does.
    for (from, early) in [("10.0.0.0:9000", false), ("10.9.9.9:4000", false), ("10.9.9.9:4000", true)] {
        let mut lab = Lab::new(1, &[]);
        lab.open(Codec::Pcma);
        lab.open(Codec::Pcma);
        lab.hear(1, Source::End(end(0)));
        lab.phones[0].speaks = !early;
        lab.run_ms(100);
        let mut stranger = Stranger {
            from: from.parse().expect("address"),
            tone: Tone::new(TonePair::numbered(STRANGE), 12_000),
            sequence: 1,
        };
        for k in 0..100 {
            stranger.speak(&mut lab, 0);
            if k == 20 {
                lab.phones[0].speaks = true;
            }
            lab.run_ms(20);
        }
        let mut meter = ToneMeter::new([lab.phones[0].pair, TonePair::numbered(STRANGE)]);
        meter.push(&lab.heard_since(1, 0));
        assert_eq!(meter.frames_of(TonePair::numbered(STRANGE)), 0, "{from}");
        assert!(meter.frames_of(lab.phones[0].pair) >= 14, "{from}");
        assert!(lab.rtp_of(0).iter().all(|s| s.to == lab.phones[0].address));
        assert_eq!(refused(&mut lab, 0), 100, "{from}");
    }
}

#[test]
fn a_phone_behind_nat_is_found_and_followed() {
    let mut lab = Lab::new(2, &[]);
    let mut behind_nat = params(0, Codec::Pcma);
    behind_nat.remote = "192.168.7.7:7078".parse().expect("address");
    behind_nat.remote_rtcp = "192.168.7.7:7079".parse().expect("address");
    lab.open_with(behind_nat);
    lab.phones[0].speaks = false;
    lab.run_ms(60);
    assert!(lab.rtp_of(0).iter().all(|s| s.to == behind_nat.remote));
    lab.phones[0].address.set_port(61_000);
    lab.phones[0].speaks = true;
    lab.run_ms(100);
    let seen = lab.phones[0].address;
    assert_eq!(lab.rtp_of(0).last().map(|s| s.to), Some(seen));
    // A session refresh repeats the address that nobody can see.
    lab.change(0, |_| {});
    lab.phones[0].speaks = false;
    lab.run_ms(1_100);
    assert_eq!(lab.rtp_of(0).last().map(|s| s.to), Some(seen));
    // The NAT gave the phone another port while it was silent.
    lab.phones[0].address.set_port(61_001);
    lab.phones[0].speaks = true;
    lab.run_ms(100);
    assert_eq!(lab.rtp_of(0).last().map(|s| s.to), Some(lab.phones[0].address));
    assert_eq!(refused(&mut lab, 0), 0);
}

#[test]
fn what_was_not_agreed_never_moves_the_latch() {
    let mut lab = Lab::new(3, &[]);
    lab.open(Codec::Pcma);
    lab.phones[0].speaks = false;
    let other_port: SocketAddr = "10.0.0.0:9000".parse().expect("address");
    let unknown_type = Header { marker: false, payload_type: 99, sequence: 1, timestamp: 1, ssrc: 1 };
    for bytes in [&b""[..], b"x", b"\0\x01\0\0stun", &unknown_type.to_bytes(), b"\x80\x65short event"] {
        lab.packet(end(0), Channel::Rtp, other_port, bytes);
        lab.packet(end(0), Channel::Rtcp, other_port, bytes);
    }
    lab.run_ms(40);
    assert!(lab.rtp_of(0).iter().all(|s| s.to == lab.phones[0].address));
    assert!(!lab.notices_of(0).iter().any(|n| matches!(n, Notice::Digit { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_bytes_leave_the_listener_with_one_stream(
        packets in proptest::collection::vec((proptest::collection::vec(any::<u8>(), 0..80), 0..4u8, any::<u32>()), 0..60),
        rtcp in any::<bool>(),
    ) {
        let mut lab = Lab::new(4, &[0.1]);
        lab.open(Codec::Pcma);
        lab.open(Codec::Pcmu);
        lab.phones.iter_mut().for_each(|p| p.speaks = false);
        lab.hear(1, Source::End(end(0)));
        let from = lab.phones[0].address;
        for (mut bytes, kind, word) in packets {
            // Most of them look like packets of the call, so that they get past the door.
            if let (1.., Some(head)) = (kind, bytes.first_chunk_mut::<4>()) {
                head[0] = head[0] & 0x3f | 0x80;
                head[1] = [0, 8, 101, 200][usize::from(kind)] | head[1] & 0x80;
                head[2..].copy_from_slice(&(word as u16 % 300).to_be_bytes());
            }
            lab.packet(end(0), if rtcp { Channel::Rtcp } else { Channel::Rtp }, from, &bytes);
            lab.run_ms(u64::from(word % 7));
        }
        let sent = lab.rtp_of(1);
        let mut numbers = std::collections::BTreeSet::new();
        for packet in &sent {
            prop_assert_eq!(packet.header().ssrc, sent[0].header().ssrc);
            prop_assert!(numbers.insert(packet.header().sequence), "a sequence number twice");
        }
    }
}
