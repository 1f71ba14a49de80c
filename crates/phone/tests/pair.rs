//! Two phones that call each other over a virtual network.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use base::{Codec, Digit, Flow, NetworkId, Now, Rng, Time};
use phone::carrier::{Carrier, Isup};
use phone::{Act, Answering, Config, Input, Keys, Line, Output, Phone, Side, Status, Step, TonePair, Voice, What, Why};
use sip::Message;

const DELAY: Duration = Duration::from_millis(10);

fn sip(i: usize) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, 1 + i as u8], 5060))
}

fn rtp(i: usize) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, 1 + i as u8], 40000))
}

fn tone(number: u32) -> TonePair {
    TonePair::numbered(number)
}

fn every_tone() -> Vec<u16> {
    (0..49).map(|i| 400 + 50 * i).collect()
}

fn bits(pair: TonePair) -> u64 {
    [pair.low_hz, pair.high_hz].iter().map(|hz| 1 << ((hz - 400) / 50)).sum()
}

enum Datagram {
    Sip(Vec<u8>),
    Rtp(Vec<u8>),
    Rtcp(Vec<u8>),
}

/// A caller (0) and a callee (1).
struct Pair {
    now: Now,
    phones: [Phone; 2],
    out: Output,
    /// In order of arrival: when, to whom, what.
    wire: VecDeque<(Time, usize, Datagram)>,
    told: Vec<(usize, Time, What)>,
    /// The chance that a datagram is lost.
    loss: f64,
    rng: Rng,
}

fn config(i: usize) -> Config {
    let mut config = Config::new(["citizen", "agent"][i], sip(1 - i), sip(i), rtp(i));
    config.voice = Voice::Tones(tone(100 * i as u32 + 7));
    config.listen_hz = every_tone();
    config
}

impl Pair {
    fn new(adjust: impl FnOnce(&mut [Config; 2])) -> Pair {
        let mut configs = [config(0), config(1)];
        adjust(&mut configs);
        let mut rng = Rng::from_number(7);
        let phones = configs.map(|c| Phone::new(c, Now::default(), rng.fork()));
        let (wire, told) = (VecDeque::new(), Vec::new());
        Pair { now: Now::default(), phones, out: Output::default(), wire, told, loss: 0.0, rng }
    }

    fn act(&mut self, who: usize, act: impl FnOnce(&mut Phone, Now, &mut Output)) {
        act(&mut self.phones[who], self.now, &mut self.out);
        self.carry(who);
    }

    fn carry(&mut self, from: usize) {
        let at = self.now.time + DELAY;
        let sip = self.out.sip.drain(..).map(|m| Datagram::Sip(m.bytes.to_vec()));
        let rtp = self.out.rtp.drain(..).map(|(_, bytes)| Datagram::Rtp(bytes));
        let rtcp = self.out.rtcp.drain(..).map(|(_, bytes)| Datagram::Rtcp(bytes));
        for datagram in sip.chain(rtp).chain(rtcp) {
            if !self.rng.chance(self.loss) {
                self.wire.push_back((at, 1 - from, datagram));
            }
        }
        self.told.extend(self.out.events.drain(..).map(|e| (from, e.at, e.what)));
    }

    fn run(&mut self, span: Duration) {
        let end = self.now.time + span;
        loop {
            let timers = self.phones.iter().filter_map(Phone::next_timeout);
            let next = self.wire.front().map(|w| w.0).into_iter().chain(timers).min().unwrap_or(end).min(end);
            self.now = self.now.plus(next.since(self.now.time));
            if let Some((_, to, datagram)) = self.wire.pop_front_if(|w| w.0 <= next) {
                let input = match &datagram {
                    Datagram::Sip(bytes) => Input::Sip { flow: Flow::udp(NetworkId(0), sip(1 - to)), bytes },
                    Datagram::Rtp(bytes) => Input::Rtp { from: rtp(1 - to), bytes },
                    Datagram::Rtcp(bytes) => Input::Rtcp { from: rtp(1 - to), bytes },
                };
                self.phones[to].handle(self.now, input, &mut self.out);
                self.carry(to);
                continue;
            }
            if next >= end {
                return;
            }
            for who in 0..2 {
                if self.phones[who].next_timeout().is_some_and(|at| at <= next) {
                    self.phones[who].handle_timeout(self.now, &mut self.out);
                    self.carry(who);
                }
            }
        }
    }

    fn seconds(&mut self, seconds: u64) {
        self.run(Duration::from_secs(seconds));
    }

    /// What was told, as lines.
    fn story(&self) -> String {
        let line = |(who, at, what): &(usize, Time, What)| {
            let what = match what {
                What::Incoming { from, .. } => format!("Incoming from {from}"),
                other => format!("{other:?}"),
            };
            format!("{:5.3} {} {what}", at.as_millis() as f64 / 1000.0, ["citizen", "agent"][*who])
        };
        self.told.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    fn quiet(&mut self) {
        self.seconds(70);
        assert!(self.phones.iter().all(|p| p.is_quiet() && p.status() == Status::Idle), "{}", self.story());
    }
}

fn press(after: u64, digit: Digit) -> Step {
    Step { after: Duration::from_millis(after), act: Act::Press(digit) }
}

fn step(after: u64, act: Act) -> Step {
    Step { after: Duration::from_millis(after), act }
}

#[test]
fn a_whole_call() {
    let mut pair = Pair::new(|c| {
        c[0].script = vec![press(1000, Digit::Number(1)), press(0, Digit::Pound), step(3000, Act::HangUp)];
    });
    pair.act(0, |phone, now, out| phone.dial(now, "12345", out));
    pair.seconds(10);
    insta::assert_snapshot!(pair.story(), @"
    0.010 agent Incoming from citizen
    0.020 citizen Ringing { status: 180 }
    1.010 agent Answered
    1.020 citizen Answered
    1.100 citizen AudioHeard
    1.110 agent AudioHeard
    2.020 citizen Pressed(Number(1))
    2.030 agent KeyHeard(Number(1))
    2.240 citizen Pressed(Pound)
    2.250 agent KeyHeard(Pound)
    5.020 citizen HungUp { by: Us, why: Bye }
    5.030 agent HungUp { by: Peer, why: Bye }
    ");
    for (who, other) in [(0, 1), (1, 0)] {
        let phone = &pair.phones[who];
        assert_eq!(phone.ear().tones_since(Time::ZERO), bits(tone(100 * other + 7)), "who {who}");
        let got = phone.reception();
        assert!(got.packets > 150, "{got:?}");
        assert_eq!((got.missing, got.late, got.timestamp_jumps, got.source_changes, got.refused), (0, 0, 0, 0, 0));
    }
    pair.quiet();
}

#[test]
fn the_callers_codec_wins_and_both_hear() {
    for (caller, callee) in [(Codec::Pcmu, Codec::Pcma), (Codec::Pcma, Codec::Pcmu)] {
        let mut pair = Pair::new(|c| {
            c[0].codecs = vec![caller, callee];
            c[1].codecs = vec![callee, caller];
        });
        pair.act(0, |phone, now, out| phone.dial(now, "12345", out));
        pair.seconds(3);
        assert!(pair.phones.iter().all(|p| p.ear().tones_since(Time::ZERO) != 0), "{}", pair.story());
    }
    let mut pair = Pair::new(|c| {
        c[0].codecs = vec![Codec::Pcma];
        c[1].codecs = vec![Codec::Pcmu];
    });
    pair.act(0, |phone, now, out| phone.dial(now, "12345", out));
    pair.seconds(3);
    assert!(matches!(ending(&pair, 0), Some((Side::Peer, Why::Status(488)))), "{}", pair.story());
    pair.quiet();
}

#[test]
fn a_late_offer_is_answered_in_the_ack() {
    let mut pair = Pair::new(|c| c[0].late_offer = true);
    pair.act(0, |phone, now, out| phone.dial(now, "12345", out));
    pair.seconds(3);
    for (who, other) in [(0, 1), (1, 0)] {
        assert_eq!(pair.phones[who].ear().tones_since(Time::ZERO), bits(tone(100 * other + 7)), "{}", pair.story());
    }
    pair.act(0, |phone, now, out| phone.hang_up(now, out));
    pair.quiet();
}

#[test]
fn a_second_answer_is_hung_up_on_and_harms_nothing() {
    let mut pair = Pair::new(|c| {
        c[1].faults.answers_twice = true;
        c[1].faults.no_provisional = true;
    });
    pair.act(0, |phone, now, out| phone.dial(now, "12345", out));
    pair.seconds(5);
    assert!(pair.phones.iter().all(|p| p.status() == Status::Talking), "{}", pair.story());
    assert!(!pair.told.iter().any(|(_, _, what)| matches!(what, What::Ringing { .. })), "{}", pair.story());
    pair.act(0, |phone, now, out| phone.hang_up(now, out));
    pair.quiet();
}

fn ending(pair: &Pair, who: usize) -> Option<(Side, Why)> {
    pair.told.iter().find_map(|t| match t {
        (w, _, What::HungUp { by, why }) if *w == who => Some((*by, *why)),
        _ => None,
    })
}

#[test]
fn calls_end_in_every_way() {
    type Adjust = fn(&mut [Config; 2]);
    let cases: [(&str, Adjust, u64, Why, Option<Why>); 4] = [
        ("the caller gives up", |c| c[1].answering = Answering::Never, 2000, Why::Cancelled, Some(Why::Cancelled)),
        ("refused", |c| c[1].answering = Answering::Reject(486), 2000, Why::Status(486), None),
        ("the caller hangs up", |_| {}, 3000, Why::Bye, Some(Why::Bye)),
        ("no bye", |c| c[0].faults.no_bye = true, 3000, Why::Bye, None),
    ];
    for (what, adjust, hang_up_ms, caller, callee) in cases {
        let mut pair = Pair::new(adjust);
        pair.act(0, |phone, now, out| phone.dial(now, "12345", out));
        pair.run(Duration::from_millis(hang_up_ms));
        pair.act(0, Phone::hang_up);
        pair.seconds(2);
        assert_eq!(ending(&pair, 0).map(|e| e.1), Some(caller), "{what}: {}", pair.story());
        assert_eq!(ending(&pair, 1).map(|e| e.1), callee, "{what}: {}", pair.story());
        if callee.is_some() {
            pair.quiet();
        }
    }
}

#[test]
fn the_callee_hangs_up() {
    let mut pair = Pair::new(|c| c[1].script = vec![step(500, Act::HangUp)]);
    pair.act(0, |phone, now, out| phone.dial(now, "12345", out));
    pair.seconds(3);
    assert_eq!(ending(&pair, 0), Some((Side::Peer, Why::Bye)));
    assert_eq!(ending(&pair, 1), Some((Side::Us, Why::Bye)));
    pair.quiet();
}

#[test]
fn reports_measure_the_round_trip() {
    let mut pair = Pair::new(|_| {});
    pair.act(0, |phone, now, out| phone.dial(now, "12345", out));
    pair.seconds(13);
    for phone in &pair.phones {
        let got = phone.reception();
        assert_eq!(got.reports, 2, "{got:?}");
        let millis = got.round_trip.map(|t| t.as_millis());
        assert!(millis.is_some_and(|ms| (19..=21).contains(&ms)), "{got:?}");
    }
}

#[test]
fn misbehaviour_is_survived() {
    let mut pair = Pair::new(|c| c[0].faults.no_ack = true);
    pair.act(0, |phone, now, out| phone.dial(now, "12345", out));
    pair.seconds(40);
    assert_eq!(ending(&pair, 1), Some((Side::Us, Why::NoAck)), "{}", pair.story());
    assert_eq!(ending(&pair, 0), Some((Side::Peer, Why::Bye)));
    let mut pair = Pair::new(|c| {
        c[1].faults.deaf_to_cancel = true;
        c[1].answering = Answering::After(Duration::from_secs(3));
    });
    pair.act(0, |phone, now, out| phone.dial(now, "12345", out));
    pair.seconds(1);
    pair.act(0, Phone::hang_up);
    pair.seconds(4);
    assert_eq!(
        ending(&pair, 1),
        Some((Side::Peer, Why::Bye)),
        "a 200 that crosses the CANCEL is ended: {}",
        pair.story()
    );
    pair.quiet();
}

#[test]
fn nobody_there() {
    let mut pair = Pair::new(|_| {});
    pair.phones[1].vanish();
    pair.act(0, |phone, now, out| phone.dial(now, "12345", out));
    pair.seconds(40);
    assert_eq!(ending(&pair, 0), Some((Side::Peer, Why::Timeout)));
    pair.act(0, |phone, now, out| phone.dial(now, "12345", out));
    pair.told.clear();
    let flow = Flow::udp(NetworkId(0), sip(1));
    pair.act(0, |phone, now, out| phone.handle(now, Input::Unreachable { flow }, out));
    assert_eq!(ending(&pair, 0), Some((Side::Peer, Why::Unreachable)), "{}", pair.story());
}

#[test]
fn hold_silences_one_side_and_resume_brings_it_back() {
    let mut pair = Pair::new(|c| c[0].script = vec![step(1000, Act::Hold), step(3000, Act::Resume)]);
    pair.act(0, |phone, now, out| phone.dial(now, "12345", out));
    pair.run(Duration::from_millis(4500));
    let from = Time::from_millis(2500);
    assert_eq!(pair.phones[0].ear().tones_since(from), 0, "{}", pair.story());
    assert_ne!(pair.phones[1].ear().tones_since(from), 0, "sendonly goes on speaking");
    pair.seconds(3);
    assert_ne!(pair.phones[0].ear().tones_since(Time::from_millis(6000)), 0, "{}", pair.story());
    assert!(
        pair.told.iter().any(|t| matches!(t.2, What::Held)) && pair.told.iter().any(|t| matches!(t.2, What::Resumed))
    );
}

#[test]
fn keys_by_info_arrive_in_order() {
    let mut pair = Pair::new(|c| {
        c[0].keys = Keys::Info;
        c[0].script = "12#".chars().filter_map(Digit::from_char).map(|d| press(0, d)).collect();
    });
    pair.act(0, |phone, now, out| phone.dial(now, "12345", out));
    pair.seconds(4);
    assert_eq!(keys(&pair), "12#", "{}", pair.story());
}

fn keys(pair: &Pair) -> String {
    let keys = pair.told.iter().filter_map(|t| if let What::KeyHeard(d) = t.2 { Some(d.as_char()) } else { None });
    keys.collect()
}

#[test]
fn a_phone_that_rings_is_turned_away_and_a_talk_is_not() {
    let mut pair = Pair::new(|c| c[1].answering = Answering::Never);
    pair.act(0, |phone, now, out| phone.dial(now, "12345", out));
    pair.seconds(1);
    pair.act(1, |phone, now, out| phone.refuse(now, 603, out));
    pair.seconds(1);
    assert_eq!(ending(&pair, 0), Some((Side::Peer, Why::Status(603))));
    assert_eq!(ending(&pair, 1), Some((Side::Us, Why::Status(603))));
    pair.quiet();
    pair.told.clear();
    pair.act(0, |phone, now, out| phone.dial(now, "12345", out));
    pair.seconds(1);
    pair.act(1, Phone::pick_up);
    pair.act(1, |phone, now, out| phone.refuse(now, 603, out));
    pair.seconds(1);
    assert_eq!((ending(&pair, 0), ending(&pair, 1)), (None, None), "{}", pair.story());
}

#[test]
fn a_second_caller_is_told_busy() {
    let mut pair = Pair::new(|_| {});
    pair.act(0, |phone, now, out| phone.dial(now, "12345", out));
    pair.act(1, |phone, now, out| phone.dial(now, "12345", out));
    pair.seconds(2);
    assert_eq!(ending(&pair, 0), Some((Side::Peer, Why::Status(486))));
    assert_eq!(ending(&pair, 1), Some((Side::Peer, Why::Status(486))));
    pair.quiet();
}

#[test]
fn loss_delays_and_never_sticks() {
    for seed in 0..20 {
        let mut pair = Pair::new(|c| {
            c[0].script = "1234567890".chars().filter_map(Digit::from_char).map(|d| press(0, d)).collect();
            c[1].script = vec![step(6000, Act::HangUp)];
        });
        pair.rng = Rng::from_number(seed);
        pair.loss = 0.2;
        pair.act(0, |phone, now, out| phone.dial(now, "12345", out));
        pair.seconds(40);
        let story = pair.story();
        assert!(ending(&pair, 0).is_some(), "seed {seed}: {story}");
        let answered = pair.told.iter().filter(|t| matches!(t.2, What::Answered)).count();
        if answered == 2 {
            assert_eq!(keys(&pair), "1234567890", "seed {seed}: {story}");
        }
        pair.quiet();
    }
}

#[test]
fn a_script_that_shrinks_in_a_call_leaves_no_deadline_behind() {
    let mut pair = Pair::new(|c| {
        c[0].script = vec![press(1000, Digit::Number(1)), press(1000, Digit::Number(2)), step(1000, Act::HangUp)];
    });
    pair.act(0, |phone, now, out| phone.dial(now, "12345", out));
    pair.run(Duration::from_millis(2500));
    assert_eq!(pair.phones[0].status(), Status::Talking);
    pair.act(0, |phone, _, _| phone.config_mut().script.clear());
    // A deadline that stays due would never let this end.
    pair.seconds(5);
    assert_eq!(pair.phones[0].status(), Status::Talking, "nobody hung up");
    pair.act(0, |phone, now, out| phone.hang_up(now, out));
    pair.quiet();
}

#[test]
fn a_carriers_call_goes_by_its_proxies_both_ways() {
    for isup in [None, Some(Isup::BeforeTheDescription), Some(Isup::BehindTheDescription)] {
        let mut pair = Pair::new(|c| {
            let carrier = Carrier::of("+8613800138000");
            c[0].carrier = Some(Carrier { preconditions: true, isup, withheld: isup.is_some(), ..carrier });
            c[0].script = vec![
                press(1000, Digit::Number(7)),
                step(500, Act::Refresh),
                step(500, Act::Reserve),
                step(500, Act::Hold),
                step(500, Act::Resume),
            ];
            // The callee ends the call, by the routes that the proxies recorded.
            c[1].script = vec![step(5000, Act::HangUp)];
        });
        pair.act(0, |phone, now, out| phone.dial(now, "12345", out));
        let sent = Message::parse(last_of(&pair)).expect("an INVITE");
        assert_eq!((sent.vias().count(), sent.record_routes().len(), sent.max_forwards()), (4, 3, Some(67)));
        assert_eq!(sent.session_expires(), Some((1800, Some(sip::Refresher::Uac))));
        pair.seconds(4);
        assert_eq!(pair.phones[0].codec(), Some(Codec::Pcma), "wide-band voice is offered first");
        pair.seconds(4);
        let told = |wanted: &str| pair.told.iter().any(|(_, _, what)| format!("{what:?}").starts_with(wanted));
        for wanted in ["KeyHeard(Number(7))", "Refreshed", "Held", "Resumed", "AudioHeard"] {
            assert!(told(wanted), "{wanted}:\n{}", pair.story());
        }
        assert_eq!(ending(&pair, 0), Some((Side::Peer, Why::Bye)), "{}", pair.story());
        assert_eq!(pair.phones[0].astray(), 0);
        pair.quiet();
    }
}

/// The datagram that left last.
fn last_of(pair: &Pair) -> &[u8] {
    match &pair.wire.back().expect("something was sent").2 {
        Datagram::Sip(bytes) | Datagram::Rtp(bytes) | Datagram::Rtcp(bytes) => bytes,
    }
}

#[test]
fn what_a_carrier_requires_is_refused_when_nobody_knows_it() {
    for (requires, expected) in [(vec!["precondition"], Some((Side::Peer, Why::Status(420)))), (vec!["100rel"], None)] {
        let mut pair = Pair::new(|c| c[0].carrier = Some(Carrier { requires, ..Carrier::of("+8613800138000") }));
        pair.act(0, |phone, now, out| phone.dial(now, "12345", out));
        pair.seconds(5);
        assert_eq!(ending(&pair, 0), expected, "{}", pair.story());
        pair.act(0, Phone::hang_up);
        pair.quiet();
    }
}

#[test]
fn a_cancel_right_behind_its_invite_ends_the_call() {
    for carrier in [None, Some(Carrier::of("+8613800138000"))] {
        let mut pair = Pair::new(|c| {
            c[0].faults.cancels_at_once = true;
            c[0].carrier = carrier;
        });
        pair.act(0, |phone, now, out| phone.dial(now, "12345", out));
        pair.seconds(2);
        assert_eq!(ending(&pair, 0), Some((Side::Peer, Why::Status(487))), "{}", pair.story());
        assert_eq!(ending(&pair, 1), Some((Side::Peer, Why::Cancelled)), "{}", pair.story());
        pair.quiet();
    }
}

#[test]
fn a_second_line_that_is_refused_leaves_the_first_held_until_it_is_taken_back() {
    let mut pair = Pair::new(|_| {});
    pair.act(0, |phone, now, out| phone.dial(now, "agent", out));
    pair.seconds(4);
    pair.act(0, |phone, now, out| phone.consult(now, "agent", out));
    assert!(pair.phones[0].has_two());
    pair.seconds(2);
    // The other phone has one line, and turns the second call away.
    let over =
        |what: &What| matches!(what, What::LineOver { line: Line::Running, by: Side::Peer, why: Why::Status(486) });
    assert!(pair.told.iter().any(|(who, _, what)| *who == 0 && over(what)), "{}", pair.story());
    assert!(!pair.phones[0].has_two() && pair.phones[0].is_held());
    assert_eq!(pair.phones[0].status(), Status::Talking);
    pair.act(0, |phone, now, out| phone.resume(now, out));
    pair.seconds(2);
    assert!(!pair.phones[0].is_held());
    for who in 0..2 {
        let last = pair.phones[who].ear().windows().last().expect("sound");
        assert_eq!(last.tones, bits(tone(100 * (1 - who as u32) + 7)), "both hear each other again");
    }
    pair.act(0, |phone, now, out| phone.hang_up(now, out));
    pair.seconds(40);
    assert!(pair.phones.iter().all(Phone::is_quiet));
}

#[test]
fn nothing_comes_of_two_lines_where_there_are_none() {
    let mut pair = Pair::new(|_| {});
    pair.act(0, |phone, now, out| phone.consult(now, "agent", out));
    pair.act(0, |phone, now, out| phone.join(now, Line::Running, out));
    pair.seconds(1);
    assert_eq!((pair.story(), pair.phones[0].status()), (String::new(), Status::Idle));
    pair.act(0, |phone, now, out| phone.dial(now, "agent", out));
    pair.act(0, |phone, now, out| phone.consult(now, "agent", out));
    assert!(!pair.phones[0].has_two(), "nobody has answered");
    pair.seconds(3);
    pair.act(0, |phone, now, out| phone.join(now, Line::Waiting, out));
    assert_eq!(pair.phones[0].status(), Status::Talking);
}

#[test]
fn the_line_that_waits_may_end_first() {
    let mut pair = Pair::new(|_| {});
    pair.act(0, |phone, now, out| phone.dial(now, "agent", out));
    pair.seconds(3);
    pair.phones[1].config_mut().answering = Answering::Never;
    pair.act(1, |phone, now, out| phone.hang_up(now, out));
    pair.act(0, |phone, now, out| phone.consult(now, "agent", out));
    pair.seconds(2);
    let over = |what: &What| matches!(what, What::LineOver { line: Line::Waiting, by: Side::Peer, why: Why::Bye });
    assert!(pair.told.iter().any(|(who, _, what)| *who == 0 && over(what)), "{}", pair.story());
    assert_eq!((pair.phones[0].status(), pair.phones[1].status()), (Status::Calling, Status::Ringing));
    pair.act(1, |phone, now, out| phone.pick_up(now, out));
    pair.seconds(2);
    assert_eq!(pair.phones[0].status(), Status::Talking);
    pair.act(0, |phone, now, out| phone.hang_up(now, out));
    pair.seconds(40);
    assert!(pair.phones.iter().all(Phone::is_quiet));
}

#[test]
fn a_quiet_phone_sleeps_between_its_keys_and_sends_nothing_but_sip() {
    let mut pair = Pair::new(|c| {
        c[0].script = vec![press(60_000, Digit::Number(1)), press(0, Digit::Pound), step(300_000, Act::HangUp)];
        c.iter_mut().for_each(|config| config.quiet = true);
    });
    pair.act(0, |phone, now, out| phone.dial(now, "12345", out));
    pair.seconds(2);
    // No packet and no report is due, only the end of a transaction.
    let due = pair.phones[0].next_timeout().expect("a transaction");
    assert_eq!(due.since(pair.now.time).as_secs(), 30);
    pair.seconds(400);
    let keys: Vec<u64> = pair
        .told
        .iter()
        .filter_map(|(_, at, what)| matches!(what, What::Pressed(_)).then_some(at.as_millis()))
        .collect();
    assert!(keys.len() == 2 && (61_020..61_060).contains(&keys[0]) && keys[1] > keys[0], "{keys:?}");
    assert_eq!(pair.phones.each_ref().map(|phone| phone.reception().packets), [0, 0]);
    pair.quiet();
}
