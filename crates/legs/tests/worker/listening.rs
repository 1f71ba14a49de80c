//! Ends whose peers are listened to, one utterance at a time.

use base::{Codec, Job, LegId, ListenId, Notice, Source, Time};

use crate::lab::{Lab, end};

const FIRST: ListenId = ListenId(7);

/// A worker with two phones that send nothing yet.
fn silent(seed: u64) -> Lab {
    let mut lab = Lab::new(seed, &[]);
    lab.open(Codec::Pcma);
    lab.open(Codec::Pcmu);
    lab.phones.iter_mut().for_each(|phone| phone.speaks = false);
    lab.run_ms(200);
    lab
}

fn listen(lab: &mut Lab, place: usize, listen: Option<ListenId>) {
    let end = lab.phones[place].end;
    lab.job(Job::Listen { end, listen });
}

fn speaks(lab: &mut Lab, place: usize, ms: u64) {
    lab.phones[place].speaks = true;
    lab.run_ms(ms);
    lab.phones[place].speaks = false;
}

/// What was told of utterances: which, whether it began, and how long it was in milliseconds.
fn told(lab: &Lab, place: usize) -> Vec<(ListenId, Option<u128>)> {
    let one = |notice: Notice| match notice {
        Notice::Speaking { listen, .. } => Some((listen, None)),
        Notice::Spoken { listen, voice, .. } => Some((listen, Some(voice.length().as_millis()))),
        _ => None,
    };
    lab.notices_of(place).into_iter().filter_map(one).collect()
}

#[test]
fn an_utterance_is_told_once_and_the_next_one_when_it_is_asked_for() {
    let mut lab = silent(1);
    listen(&mut lab, 0, Some(FIRST));
    lab.run_ms(300);
    speaks(&mut lab, 0, 1_500);
    lab.run_ms(1_500);
    let first = told(&lab, 0);
    assert_eq!((first.len(), first[0]), (2, (FIRST, None)), "{first:?}");
    assert!(matches!(first[1], (FIRST, Some(1_400..2_000))), "as long as it was: {first:?}");
    speaks(&mut lab, 0, 1_500);
    lab.run_ms(1_500);
    assert_eq!(told(&lab, 0).len(), 2, "nobody asked for more");
    listen(&mut lab, 0, Some(ListenId(8)));
    speaks(&mut lab, 0, 1_500);
    lab.run_ms(1_500);
    let second = told(&lab, 0);
    assert!(second.len() == 4 && second[2..].iter().all(|(listen, _)| *listen == ListenId(8)), "{second:?}");
    assert!(told(&lab, 1).is_empty());
}

#[test]
fn who_is_not_listened_to_any_more_is_not_told_of() {
    for close in [false, true] {
        let mut lab = silent(2);
        listen(&mut lab, 0, Some(FIRST));
        lab.run_ms(300);
        speaks(&mut lab, 0, 800);
        assert_eq!(told(&lab, 0), [(FIRST, None)]);
        if close {
            lab.job(Job::Close { end: end(0) });
        } else {
            listen(&mut lab, 0, None);
        }
        lab.run_ms(3_000);
        assert_eq!(told(&lab, 0), [(FIRST, None)], "closed: {close}");
        lab.job(Job::Listen { end: end(5), listen: Some(FIRST) });
    }
}

#[test]
fn an_utterance_of_a_phone_that_goes_ends_by_the_time() {
    let mut lab = silent(3);
    listen(&mut lab, 0, Some(FIRST));
    lab.run_ms(300);
    speaks(&mut lab, 0, 600);
    let from = lab.now.time;
    lab.run_ms(2_000);
    let at: Vec<Time> =
        lab.notices.iter().filter(|(_, n)| matches!(n, Notice::Spoken { .. })).map(|(at, _)| *at).collect();
    assert_eq!(at.len(), 1);
    assert!((600..900).contains(&at[0].since(from).as_millis()), "{:?}", at[0].since(from));
}

#[test]
fn the_leg_that_an_end_belongs_to_is_told_of() {
    let mut lab = silent(4);
    listen(&mut lab, 0, Some(FIRST));
    lab.run_ms(300);
    let leg = LegId { index: 9, ..LegId::default() };
    lab.job(Job::Belong { end: end(0), leg });
    speaks(&mut lab, 0, 1_000);
    lab.run_ms(1_500);
    let legs: Vec<LegId> = lab.notices.iter().filter(|(_, n)| told_speech(n)).filter_map(|(_, n)| n.leg()).collect();
    assert_eq!(legs, [leg, leg]);
}

fn told_speech(notice: &Notice) -> bool {
    matches!(notice, Notice::Speaking { .. } | Notice::Spoken { .. })
}

/// Who listens to an end changes nothing of what it sends, of what its listener hears, or of any other notice; and an end that nobody
/// listens to does nothing for it.
#[test]
fn listening_changes_nothing_else() {
    let run = |listened: bool| {
        let mut lab = silent(5);
        lab.hear(1, Source::End(end(0)));
        if listened {
            listen(&mut lab, 0, Some(FIRST));
        }
        lab.run_ms(300);
        speaks(&mut lab, 0, 2_000);
        lab.run_ms(1_500);
        let sent: Vec<_> = lab.sent.iter().map(|sent| (sent.at, sent.end, sent.bytes.clone())).collect();
        let speech = lab.notices.iter().filter(|(_, notice)| told_speech(notice)).count();
        let others: Vec<_> = lab.notices.into_iter().filter(|(_, notice)| !told_speech(notice)).collect();
        (sent, others, lab.worker.next_timeout(), speech)
    };
    let (heard, plain) = (run(true), run(false));
    assert_eq!((heard.3, plain.3), (2, 0));
    assert_eq!((&heard.0, &heard.1), (&plain.0, &plain.1));
    assert_eq!(heard.2, plain.2, "no deadline is left behind");
}
