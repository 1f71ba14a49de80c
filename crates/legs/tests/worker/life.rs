//! Opening, silence and closing.

use base::{Codec, Direction, EndId, Job, NetworkId, Notice, Source, WorkerId};
use legs::Channel;

use crate::lab::{Lab, address, end, params};

fn count(lab: &Lab, place: usize, wanted: impl Fn(&Notice) -> bool) -> usize {
    lab.notices_of(place).iter().filter(|n| wanted(n)).count()
}

fn silent(n: &Notice) -> bool {
    matches!(n, Notice::Silent { .. })
}

#[test]
fn the_first_packet_is_told_once_and_a_silence_each_minute() {
    let mut lab = Lab::new(1, &[]);
    lab.open(Codec::Pcma);
    lab.run_ms(12_000);
    assert_eq!((count(&lab, 0, |n| matches!(n, Notice::Heard { .. })), count(&lab, 0, silent)), (1, 0));
    lab.phones[0].speaks = false;
    lab.run_ms(9_900);
    assert_eq!(count(&lab, 0, silent), 0);
    lab.run_ms(200);
    assert_eq!(count(&lab, 0, silent), 1);
    lab.run_ms(59_800);
    assert_eq!(count(&lab, 0, silent), 1);
    lab.run_ms(200);
    assert_eq!(count(&lab, 0, silent), 2);
    lab.phones[0].speaks = true;
    lab.run_ms(1_000);
    lab.phones[0].speaks = false;
    lab.run_ms(11_000);
    assert_eq!((count(&lab, 0, |n| matches!(n, Notice::Heard { .. })), count(&lab, 0, silent)), (1, 3));
    let Some(Notice::Silent { for_ms, .. }) = lab.notices_of(0).pop() else { panic!("not the last") };
    assert!((10_000..10_030).contains(&for_ms), "{for_ms}");
}

#[test]
fn silence_is_not_told_while_nothing_is_expected() {
    let mut lab = Lab::new(2, &[]);
    lab.open(Codec::Pcma);
    lab.run_ms(1_000);
    lab.change(0, |p| p.direction = Direction::SendOnly);
    lab.run_ms(8_000);
    lab.phones[0].speaks = false;
    lab.change(0, |p| p.direction = Direction::SendRecv);
    lab.run_ms(9_900);
    assert_eq!(count(&lab, 0, silent), 0, "counted from the end of the hold");
    lab.run_ms(200);
    assert_eq!(count(&lab, 0, silent), 1);
    lab.change(0, |p| p.direction = Direction::Inactive);
    lab.run_ms(30_000);
    assert_eq!(count(&lab, 0, silent), 1);
}

#[test]
fn close_frees_and_tells_once_also_what_was_only_leased() {
    let mut lab = Lab::new(3, &[]);
    lab.open(Codec::Pcma);
    lab.run_ms(1_000);
    lab.job(Job::Close { end: end(0) });
    assert_eq!(lab.closed, [end(0)]);
    assert_eq!(lab.worker.next_timeout(), None, "nothing of the end is left");
    let Some(Notice::Closed { stats, .. }) = lab.notices_of(0).pop() else { panic!("not closed") };
    assert_eq!((stats.packets_sent, stats.packets_received, stats.packets_lost), (50, 50, 0));
    let told = lab.notices.len();
    lab.job(Job::Close { end: end(70) });
    assert_eq!((lab.closed.last(), lab.notices.len()), (Some(&end(70)), told));
    lab.sent.clear();
    lab.run_ms(20_000);
    assert_eq!((lab.sent.len(), lab.notices.len()), (0, told));
}

#[test]
fn jobs_and_packets_for_others_change_nothing() {
    let mut lab = Lab::new(4, &[]);
    lab.open(Codec::Pcma);
    lab.phones[0].speaks = false;
    let newer = EndId { generation: 1, ..end(0) };
    let elsewhere = EndId { worker: WorkerId(4), ..end(5) };
    let leg = lab.phones[0].leg;
    for stranger in [newer, elsewhere, end(5)] {
        lab.job(Job::Hear { end: stranger, source: Source::End(end(0)) });
        lab.job(Job::Change { end: stranger, params: params(9, Codec::Pcmu) });
        lab.packet(stranger, Channel::Rtp, address(0, 4_000), &[0x80; 172]);
    }
    lab.job(Job::Lease { network: NetworkId(0), count: 4 });
    lab.job(Job::Open { end: end(0), leg, params: params(9, Codec::Pcmu), signalled_from: address(9, 1).ip() });
    lab.job(Job::Open { end: elsewhere, leg, params: params(9, Codec::Pcmu), signalled_from: address(9, 1).ip() });
    lab.job(Job::Close { end: newer });
    lab.job(Job::Close { end: elsewhere });
    assert!(lab.closed.is_empty() && lab.notices.is_empty());
    lab.run_ms(100);
    assert_eq!(lab.rtp_of(0).len(), 5);
    assert!(lab.sent.iter().all(|s| s.end == end(0) && s.header().payload_type == 8));
}

#[test]
fn a_slot_leased_anew_ends_what_was_left_there() {
    let mut lab = Lab::new(5, &[]);
    lab.open(Codec::Pcma);
    let newer = EndId { generation: 1, ..end(0) };
    let leg = base::LegId { index: 9, ..base::LegId::default() };
    lab.job(Job::Open { end: newer, leg, params: params(0, Codec::Pcma), signalled_from: address(0, 1).ip() });
    assert_eq!(lab.closed, [end(0)]);
    assert_eq!(count(&lab, 0, |n| matches!(n, Notice::Closed { .. })), 1);
    lab.run_ms(100);
    assert!(lab.sent.iter().all(|s| s.end == newer));
}

#[test]
fn a_slot_leased_anew_hears_nothing_of_the_call_before() {
    let mut lab = Lab::new(6, &[]);
    lab.open(Codec::Pcma);
    lab.open(Codec::Pcma);
    lab.hear(0, Source::End(end(1)));
    lab.run_ms(100);
    lab.job(Job::Close { end: end(0) });
    let newer = EndId { generation: 1, ..end(0) };
    let leg = base::LegId { index: 9, ..base::LegId::default() };
    lab.job(Job::Open { end: newer, leg, params: params(0, Codec::Pcma), signalled_from: address(0, 1).ip() });
    lab.run_ms(200);
    let sent: Vec<_> = lab.sent.iter().filter(|s| s.end == newer).collect();
    assert_eq!(sent.len(), 10);
    assert!(sent.iter().all(|s| s.payload() == [0xd5; 160]));
}
