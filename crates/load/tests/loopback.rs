//! Phones on real sockets of this machine.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use base::Time;
use load::wav::{self, Recorder};
use load::{PhoneId, Runner, Solo};
use phone::{Answering, Config, Side, Status, TonePair, Voice, What, Why};

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const PAIRS: usize = 20;

fn every_tone() -> Vec<u16> {
    (0..49).map(|i| 400 + 50 * i).collect()
}

fn bits(pair: TonePair) -> u64 {
    [pair.low_hz, pair.high_hz].iter().map(|hz| 1 << ((hz - 400) / 50)).sum()
}

/// The tones that a phone heard.
fn heard(runner: &Runner, id: PhoneId) -> u64 {
    runner.phone(id).ear().tones_since(Time::ZERO)
}

#[test]
fn each_pair_hears_each_other_and_nobody_else() {
    let mut runner = Runner::new().expect("a runner");
    let tone = |place: usize| TonePair::numbered(29 * place as u32);
    let dress = |mut config: Config, place: usize| {
        config.voice = Voice::Tones(tone(place));
        config.listen_hz = every_tone();
        config.answering = Answering::After(Duration::from_millis(100));
        config
    };
    for i in 0..PAIRS {
        // The callee's server is nobody: it only ever answers, so it is told its caller's address.
        let mut caller_socket = None;
        let nobody = "127.0.0.1:9".parse().expect("an address");
        let caller = runner
            .add(HERE, |sip, media| {
                caller_socket = Some(sip);
                dress(Config::new(&format!("caller{i}"), nobody, sip, media), 2 * i)
            })
            .expect("a caller");
        let mut callee_socket = None;
        runner
            .add(HERE, |sip, media| {
                callee_socket = Some(sip);
                dress(Config::new(&format!("callee{i}"), caller_socket.expect("known"), sip, media), 2 * i + 1)
            })
            .expect("a callee");
        runner.lead_to(caller, callee_socket.expect("known")).expect("a server");
        runner.act(caller, |phone, now, out| phone.dial(now, "12345", out));
    }
    let full = |r: &mut Runner| r.ids().all(|id| r.phone(id).ear().windows().filter(|w| w.tones != 0).count() >= 10);
    assert!(runner.run_until(Duration::from_secs(30), full).expect("turns"), "everybody hears a second of tone");
    for id in runner.ids().collect::<Vec<_>>() {
        let partner = id.0 ^ 1;
        assert_eq!(heard(&runner, id), bits(tone(partner)), "phone {}", id.0);
    }
    for i in 0..PAIRS {
        runner.act(PhoneId(2 * i), phone::Phone::hang_up);
    }
    let quiet = |r: &mut Runner| r.ids().all(|id| r.phone(id).status() == Status::Idle);
    assert!(runner.run_until(Duration::from_secs(10), quiet).expect("turns"), "everybody hung up");
}

#[test]
fn nothing_listening_is_told_at_once() {
    let closed = std::net::UdpSocket::bind((HERE, 0)).and_then(|s| s.local_addr()).expect("a port");
    let mut solo = Solo::new("citizen", closed, None, |_| {}).expect("a phone");
    solo.act(|phone, now, out| phone.dial(now, "12345", out));
    let mut told = Vec::new();
    while told.is_empty() {
        told = solo.turn(Duration::from_secs(5)).expect("a turn");
    }
    assert!(matches!(told[0].what, What::HungUp { by: Side::Peer, why: Why::Unreachable }), "{told:?}");
}

#[test]
fn recordings_come_back_and_other_forms_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("heard.wav");
    let mut recorder = Recorder::create(&path).expect("a file");
    recorder.write(&[1, -2, 3]).expect("written");
    recorder.flush().expect("flushed");
    assert_eq!(wav::read(&path).expect("readable before its end"), [1, -2, 3]);
    recorder.write(&[4; 7997]).expect("written");
    assert_eq!(recorder.finish().expect("finished"), 1.0);
    assert_eq!(wav::read(&path).expect("readable").len(), 8000);
    let missing = wav::read(&folder.path().join("none.wav")).expect_err("no file").to_string();
    assert!(missing.contains("none.wav"), "{missing}");
    std::fs::write(&path, b"RIFF").expect("written");
    assert!(wav::read(&path).is_err());
}
