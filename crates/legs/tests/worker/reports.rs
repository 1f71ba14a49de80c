//! RTCP and what is measured.

use base::{Codec, Job, Notice, Source, Time};
use legs::Channel;
use rtp::rtcp::{self, Item, Report};

use crate::lab::{Lab, Network, Sent, end, params};

fn rtcp_of(lab: &Lab, place: usize) -> Vec<Sent> {
    let end = lab.phones[place].end;
    lab.sent.iter().filter(|s| s.end == end && rtp::is_rtcp(&s.bytes)).cloned().collect()
}

#[test]
fn reports_leave_every_five_seconds_or_so_and_say_what_was_sent() {
    let mut lab = Lab::new(1, &[]);
    lab.open(Codec::Pcma);
    let started = lab.now.time;
    lab.run_ms(60_000);
    let reports = rtcp_of(&lab, 0);
    assert!((9..=17).contains(&reports.len()), "{}", reports.len());
    let first = reports[0].at.since(started).as_millis();
    assert!((1_250..=3_760).contains(&first), "{first}");
    for pair in reports.windows(2) {
        let gap = pair[1].at.since(pair[0].at).as_millis();
        assert!((2_500..=7_510).contains(&gap), "{gap}");
    }
    let stream = lab.rtp_of(0);
    for report in &reports {
        assert_eq!((report.channel, report.to.port()), (Channel::Rtcp, 4_001));
        let Some(Item::Sender { ssrc, info }) = rtcp::parse(&report.bytes).next() else { panic!("no sender report") };
        let sent: Vec<_> = stream.iter().filter(|s| s.at <= report.at).collect();
        let last = sent.last().expect("sent").header();
        assert_eq!(ssrc, last.ssrc);
        assert!((info.packets as usize).abs_diff(sent.len()) <= 1);
        assert!(info.timestamp.wrapping_sub(last.timestamp) <= 160);
    }
}

#[test]
fn loss_jitter_and_round_trip_are_measured_or_unknown() {
    let mut lab = Lab::new(2, &[]);
    lab.network = Network { loss: 0.1, repeat: 0.0, delay_ms: 8 };
    lab.open(Codec::Pcma);
    lab.open(Codec::Pcma);
    lab.phones[1].speaks = false;
    lab.run_ms(10_000);
    let report = rtcp_of(&lab, 0).pop().expect("a report");
    let items: Vec<Item> = rtcp::parse(&report.bytes).collect();
    let [Item::Sender { info, .. }, Item::Report { report: told, .. }] = items[..] else { panic!("{items:?}") };
    assert_eq!(told.ssrc, lab.phones[0].sender.ssrc());
    assert!((10..=60).contains(&told.fraction_lost), "{told:?}");
    // The phone answers; it held the report for all of the time but 20 ms.
    lab.run_ms(30);
    let late = lab.now.time.since(report.at).as_millis() as u32;
    let block = Report {
        ssrc: lab.rtp_of(0)[0].header().ssrc,
        fraction_lost: 0,
        lost: 0,
        newest_sequence: 0,
        jitter: 0,
        last_sr: (info.ntp >> 16) as u32,
        delay_since_sr: (late - 20) * 65_536 / 1_000,
    };
    let mut bytes = Vec::new();
    rtcp::write_report(&mut bytes, 1, None, Some(&block));
    let from = lab.phones[0].params.remote_rtcp;
    lab.packet(end(0), Channel::Rtcp, from, &bytes);
    for slot in [0, 1] {
        lab.job(Job::Close { end: end(slot) });
    }
    let Some(Notice::Closed { stats, .. }) = lab.notices_of(0).pop() else { panic!("not closed") };
    let share = stats.packets_lost as f64 / (stats.packets_lost + stats.packets_received) as f64;
    assert!((0.05..0.15).contains(&share), "{stats:?}");
    assert!(stats.jitter.is_some_and(|j| (1_000..6_000).contains(&j.as_micros())), "{stats:?}");
    assert!(stats.round_trip.is_some_and(|r| (19_000..=21_000).contains(&r.as_micros())), "{stats:?}");
    let Some(Notice::Closed { stats, .. }) = lab.notices_of(1).pop() else { panic!("not closed") };
    assert_eq!((stats.jitter, stats.round_trip, stats.packets_received, stats.packets_lost), (None, None, 0, 0));
}

#[test]
fn a_shared_port_carries_both() {
    let mut lab = Lab::new(3, &[]);
    let mut muxed = params(0, Codec::Pcma);
    muxed.remote_rtcp = muxed.remote;
    lab.open_with(muxed);
    lab.run_ms(4_000);
    let reports = rtcp_of(&lab, 0);
    assert!(!reports.is_empty());
    assert!(reports.iter().all(|r| (r.channel, r.to) == (Channel::Rtp, muxed.remote)));
    let mut bytes = Vec::new();
    rtcp::write_report(&mut bytes, 1, None, None);
    lab.packet(end(0), Channel::Rtp, muxed.remote, &bytes);
    lab.job(Job::Close { end: end(0) });
    let Some(Notice::Closed { stats, .. }) = lab.notices_of(0).pop() else { panic!("not closed") };
    assert_eq!(stats.packets_refused, 0);
}

#[test]
fn a_receiver_reports_as_one_and_close_says_goodbye() {
    let mut lab = Lab::new(4, &[]);
    lab.open(Codec::Pcma);
    lab.open(Codec::Pcma);
    lab.phones[1].speaks = false;
    lab.hear(0, Source::End(end(1)));
    lab.run_ms(4_000);
    let report = rtcp_of(&lab, 0).pop().expect("a report");
    assert_eq!(report.bytes[1], 201, "nothing was sent, so no sender report");
    lab.job(Job::Close { end: end(0) });
    let bye = rtcp_of(&lab, 0).pop().expect("a goodbye");
    assert!(rtcp::parse(&bye.bytes).any(|i| matches!(i, Item::Bye { .. })));
    assert!(Time::ZERO < bye.at);
    let never = lab.open(Codec::Pcma);
    let before = lab.sent.len();
    let end = lab.phones[never].end;
    lab.job(Job::Close { end });
    assert_eq!(lab.sent.len(), before, "nobody knows of an end that never sent");
}
