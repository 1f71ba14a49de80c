//! A line that is called is somewhere else (RFC 3261 §8.1.3.4, §21.3).

use base::{Codec, EndReason, Ticket, Time};
use call::{Action, Event, Phase, Signal, Target, Timer};

use crate::kit::{Bench, CITIZEN, answer_to, plan, sdp};

const AGENT: u16 = 1;
const NUMBER: &str = "13900139000";
const DESK: &str = "13900139001";
const MOBILE: &str = "13900139002";
const THIRD: &str = "13900139003";

fn calling(ways: usize) -> Bench {
    let mut bench = Bench::line_call(Some(&sdp(4000, &Codec::ALL)));
    bench.lines_found(ways);
    bench
}

/// The numbers and trunks that were just dialled.
fn dialled(bench: &Bench) -> Vec<(String, usize)> {
    let lines = bench.said.iter().filter_map(|action| match action {
        Action::Dial(dial) => match &dial.to {
            call::Destination::Line(line) => Some((line.right.number.clone(), line.trunk)),
            call::Destination::Phone(_) => None,
        },
        _ => None,
    });
    lines.collect()
}

fn to(number: &str, trunk: usize) -> Vec<(String, usize)> {
    vec![(number.to_owned(), trunk)]
}

fn closed(bench: &Bench) -> Vec<String> {
    bench.lines().lines().filter(|line| line.starts_with("close")).map(str::to_owned).collect()
}

/// When it was last said that it has rung for long enough.
fn until(bench: &Bench) -> Option<Time> {
    bench.said.iter().rev().find_map(|action| match action {
        Action::Arm { timer: Timer::NoAnswer, at } => Some(*at),
        _ => None,
    })
}

fn told(bench: &Bench) -> (Option<u16>, Option<EndReason>) {
    let status = bench.said.iter().find_map(|action| match action {
        Action::HangUp { leg: CITIZEN, status_if_early } => Some(*status_if_early),
        _ => None,
    });
    (status, bench.record().map(|record| record.end_reason))
}

fn says(bench: &mut Bench, leg: u16, status: u16) {
    bench.signal(leg, Signal::Rejected { status: Some(status) });
}

fn rings(bench: &mut Bench, leg: u16) {
    bench.signal(leg, Signal::Progress { status: 180, body: None });
}

fn answers(bench: &mut Bench, leg: u16) {
    let body = answer_to(&sdp(1, &[Codec::Pcmu]), 7200);
    bench.signal(leg, Signal::Answered { body: Some(&body) });
}

#[test]
fn the_call_goes_on_to_where_the_line_is() {
    let mut bench = calling(2);
    bench.moved(1, 0, &[DESK]);
    assert_eq!((dialled(&bench), closed(&bench)), (to(DESK, 0), vec!["close end 2".to_owned()]));
    bench.signal(1, Signal::Closed);
    answers(&mut bench, 2);
    assert_eq!(closed(&bench), ["close end 3"], "the other trunk's end");
    bench.ack();
    assert_eq!(bench.call.phase(), Phase::Talking);
    bench.signal(2, Signal::Bye);
    assert_eq!(bench.record().map(|record| record.end_reason), Some(EndReason::CallerHangup));
}

#[test]
fn each_place_is_asked_until_one_answers_or_speaks_for_all() {
    for status in [404, 486, 480, 503, 408] {
        let mut bench = calling(2);
        bench.moved(1, 0, &[DESK, MOBILE]);
        assert_eq!(dialled(&bench), to(DESK, 0), "one after the other");
        says(&mut bench, 2, status);
        assert_eq!(dialled(&bench), to(MOBILE, 0), "{status}");
        answers(&mut bench, 3);
        bench.ack();
        assert_eq!(bench.call.phase(), Phase::Talking, "{status}");
    }
    for status in [600, 603, 604] {
        let mut bench = calling(2);
        bench.moved(1, 0, &[DESK, MOBILE]);
        says(&mut bench, 2, status);
        assert_eq!((dialled(&bench), told(&bench).0), (vec![], Some(status)));
        assert_eq!(
            closed(&bench),
            ["close end 4", "close end 5", "close end 3", "close end 50"],
            "nobody's end is left"
        );
    }
}

#[test]
fn another_trunk_is_asked_where_no_place_has_spoken() {
    let mut bench = calling(2);
    bench.moved(1, 0, &[DESK, MOBILE]);
    says(&mut bench, 2, 503);
    says(&mut bench, 3, 503);
    assert_eq!(dialled(&bench), to(NUMBER, 1), "none of them was reached");
    // The desk was busy: that the mobile was not reached takes nothing from it.
    let mut bench = calling(2);
    bench.moved(1, 0, &[DESK, MOBILE]);
    says(&mut bench, 2, 486);
    says(&mut bench, 3, 503);
    assert_eq!((dialled(&bench), told(&bench)), (vec![], (Some(486), Some(EndReason::Unanswered))));
    // It has rung somewhere.
    let mut bench = calling(2);
    rings(&mut bench, 1);
    bench.moved(1, 0, &[DESK]);
    assert_eq!(dialled(&bench), to(DESK, 0), "a phone that was not answered is diverted");
    says(&mut bench, 2, 503);
    assert_eq!((dialled(&bench), told(&bench)), (vec![], (Some(503), Some(EndReason::Unanswered))));
}

#[test]
fn two_redirections_are_followed_and_no_third() {
    let mut bench = calling(1);
    bench.moved(1, 0, &[DESK, MOBILE]).moved(2, 0, &[THIRD]);
    assert_eq!(dialled(&bench), to(THIRD, 0), "before what was named earlier");
    bench.moved(3, 0, &["13900139004"]);
    assert_eq!((dialled(&bench), closed(&bench)), (to(MOBILE, 0), vec!["close end 5".into(), "close end 6".into()]));
    bench.moved(4, 0, &["13900139005"]);
    assert_eq!(told(&bench), (Some(480), Some(EndReason::Unanswered)), "nothing is left");
    assert_eq!(closed(&bench).len(), 3, "its own end, the one that came with it, the caller's: {}", bench.lines());
    // Those of all trunks count together.
    let mut bench = calling(3);
    for (leg, trunk) in [(1, 0), (3, 1)] {
        bench.moved(leg, trunk, &[DESK]);
        says(&mut bench, leg + 1, 503);
    }
    assert_eq!(dialled(&bench), to(NUMBER, 2));
    bench.moved(5, 2, &[DESK]);
    assert_eq!((dialled(&bench), told(&bench).0), (vec![], Some(480)));
}

#[test]
fn where_there_is_nothing_to_follow_the_next_trunk_is_asked_unless_it_has_rung() {
    let mut bench = calling(2);
    bench.moved(1, 0, &[]);
    assert_eq!(dialled(&bench), to(NUMBER, 1), "the other carrier may bring it there by itself");
    bench.moved(2, 1, &[]);
    assert_eq!(told(&bench), (Some(480), Some(EndReason::Unanswered)));
    let mut bench = calling(2);
    rings(&mut bench, 1);
    bench.moved(1, 0, &[]);
    assert_eq!((dialled(&bench), told(&bench).0), (vec![], Some(480)), "its phone does not ring twice");
}

#[test]
fn another_address_of_the_same_trunk_is_not_asked_for_the_same_answer() {
    let mut bench = Bench::line_call(Some(&sdp(4000, &Codec::ALL)));
    bench.ways_found(&[0, 0, 1]);
    bench.moved(1, 0, &[]);
    assert_eq!((dialled(&bench), closed(&bench)), (to(NUMBER, 1), vec!["close end 2".into(), "close end 3".into()]));
}

#[test]
fn the_time_to_ring_does_not_begin_anew() {
    let mut bench = calling(1);
    let began = bench.now.time;
    bench.pass(5);
    rings(&mut bench, 1);
    let end = began + std::time::Duration::from_secs(65);
    assert_eq!(until(&bench), Some(end));
    bench.pass(20).moved(1, 0, &[DESK]);
    assert_eq!(until(&bench), Some(end), "with the INVITE");
    bench.pass(2);
    rings(&mut bench, 2);
    assert_eq!(until(&bench), Some(end), "with its first word");
    bench.pass(38).tell(Event::Timer(Timer::NoAnswer));
    assert_eq!(told(&bench), (Some(480), Some(EndReason::Unanswered)));
}

#[test]
fn a_place_that_says_nothing_is_left_for_the_next_while_there_is_time() {
    let mut bench = calling(1);
    bench.moved(1, 0, &[DESK, MOBILE]);
    assert_eq!(until(&bench), Some(bench.now.time + std::time::Duration::from_secs(4)));
    bench.pass(4).tell(Event::Timer(Timer::NoAnswer));
    assert!(bench.lines().contains("HangUp { leg: 2"), "{}", bench.lines());
    assert_eq!(dialled(&bench), to(MOBILE, 0));
    // The last one has the rest of the minute.
    assert_eq!(until(&bench), Some(bench.now.time + std::time::Duration::from_secs(56)));
    let mut bench = calling(1);
    rings(&mut bench, 1);
    bench.pass(59).moved(1, 0, &[DESK, MOBILE]);
    assert_eq!(until(&bench), Some(bench.now.time + std::time::Duration::from_secs(1)));
    bench.pass(1).tell(Event::Timer(Timer::NoAnswer));
    assert_eq!((dialled(&bench), told(&bench).0), (vec![], Some(480)));
    assert_eq!(closed(&bench).len(), 3, "{}", bench.lines());
}

#[test]
fn who_gives_up_stops_it_at_each_moment() {
    type Step = fn(&mut Bench);
    let steps: [Step; 4] = [
        |_| {},
        |bench| {
            bench.signal(2, Signal::Progress { status: 100, body: None });
        },
        |bench| rings(bench, 2),
        |bench| {
            bench.moved(2, 0, &[THIRD]);
        },
    ];
    for count in 0..=steps.len() {
        let mut bench = calling(2);
        bench.moved(1, 0, &[DESK, MOBILE]);
        steps[..count].iter().for_each(|step| step(&mut bench));
        let rings = if count == steps.len() { 3 } else { 2 };
        bench.signal(CITIZEN, Signal::Cancelled);
        assert!(bench.lines().contains(&format!("HangUp {{ leg: {rings},")), "{count}: {}", bench.lines());
        let ends = closed(&bench);
        assert!(ends.contains(&"close end 3".into()) && ends.contains(&"close end 5".into()), "{count}: {ends:?}");
        assert_eq!(bench.record().map(|record| record.end_reason), Some(EndReason::Cancelled), "{count}");
        // What comes in the same instant has nobody to go on for.
        bench.moved(rings, 0, &["13900139009"]);
        assert_eq!((dialled(&bench), closed(&bench).len()), (vec![], 1), "{count}");
    }
    // Before the redirection: its leg is hung up already.
    let mut bench = calling(2);
    bench.signal(CITIZEN, Signal::Cancelled).moved(1, 0, &[DESK, MOBILE]);
    assert_eq!(bench.lines(), "close end 4\nclose end 5\n");
}

#[test]
fn what_the_second_place_plays_is_heard_after_what_the_first_played() {
    let mut bench = calling(1);
    let early = answer_to(&sdp(1, &[Codec::Pcmu]), 7200);
    bench.signal(1, Signal::Progress { status: 183, body: Some(&early) });
    assert!(bench.lines().contains("end 50 hears end 2"), "{}", bench.lines());
    bench.moved(1, 0, &[DESK]);
    assert!(bench.lines().contains("close end 2") && bench.lines().contains("end 50 hears"), "{}", bench.lines());
    bench.signal(2, Signal::Progress { status: 183, body: Some(&early) });
    let lines = bench.lines();
    assert!(lines.contains("open end 3") && lines.contains("end 50 hears end 3"), "{lines}");
    assert!(!lines.contains("Progress") && !lines.contains("open end 50"), "the caller was told already: {lines}");
    answers(&mut bench, 2);
    assert!(bench.lines().contains("end 3 hears end 50"), "{}", bench.lines());
}

#[test]
fn a_citizen_who_is_handed_on_goes_along() {
    let mut bench = Bench::talking();
    bench.pass(20).signal(AGENT, Signal::Refer { request: Ticket(5), to: &Target::Line(NUMBER.to_owned()) });
    bench.lines_found(1).moved(2, 0, &[DESK]);
    assert_eq!(dialled(&bench), to(DESK, 0));
    answers(&mut bench, 3);
    assert!(bench.lines().contains("HandingOn { leg: 1, status: 200, over: true }"), "{}", bench.lines());
    // And is back with the agent where that leads nowhere.
    let mut bench = Bench::talking();
    bench.pass(20).signal(AGENT, Signal::Refer { request: Ticket(5), to: &Target::Line(NUMBER.to_owned()) });
    bench.lines_found(1).moved(2, 0, &[DESK]).moved(3, 0, &[]);
    let lines = bench.lines();
    assert!(lines.contains("HandingOn { leg: 1, status: 480, over: true }"), "{lines}");
    assert!(lines.contains("end 0 hears end 2"), "{lines}");
}

#[test]
fn whoever_is_on_duty_is_followed_too() {
    let with_duty = plan(|plan| plan.groups[0].duty_line = Some(NUMBER.to_owned()));
    let mut bench = Bench::with(with_duty, Some(&sdp(4000, &Codec::ALL)));
    bench.ack().press('1').pass(10);
    let (call, reason) = (bench.call.id(), acd::Refusal::WaitedTooLong);
    bench.tell(Event::Queue(acd::Action::Refused { call, group: base::GroupId(0), reason }));
    bench.lines_found(1).moved(1, 0, &[DESK]);
    answers(&mut bench, 2);
    assert!(bench.lines().contains("end 0 hears end 3"), "{}", bench.lines());
}

#[test]
fn a_place_that_answers_with_what_we_cannot_speak_leaves_no_end_behind() {
    let mut bench = calling(2);
    bench.moved(1, 0, &[DESK, MOBILE]);
    bench.signal(2, Signal::Answered { body: Some(b"v=0\r\n") });
    assert_eq!(told(&bench).0, Some(488));
    assert_eq!(closed(&bench), ["close end 4", "close end 5", "close end 3", "close end 50"]);
}
