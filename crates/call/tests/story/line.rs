//! Lines outside: agents call them and hand citizens on to them.

use base::{Codec, EndReason, GroupId, Ticket};
use call::{Action, Change, Event, Phase, Signal, Target, Timer};
use insta::assert_snapshot;

use crate::kit::{Bench, CITIZEN, answer_to, plan, sdp};

/// The agent's leg in a citizen's call.
const AGENT: u16 = 1;
const NUMBER: &str = "13900139000";

fn calling(ways: usize) -> Bench {
    let mut bench = Bench::line_call(Some(&sdp(4000, &Codec::ALL)));
    bench.lines_found(ways);
    bench
}

fn progress(bench: &mut Bench, leg: u16, status: u16, body: Option<&[u8]>) {
    bench.signal(leg, Signal::Progress { status, body });
}

fn answers(bench: &mut Bench, leg: u16) {
    let body = answer_to(&sdp(1, &[Codec::Pcmu]), 7200);
    bench.signal(leg, Signal::Answered { body: Some(&body) });
}

/// In talk with a line that the agent called.
fn talking() -> Bench {
    let mut bench = calling(1);
    answers(&mut bench, 1);
    bench.ack();
    bench
}

/// A citizen in talk with an agent, who hands on to a line.
fn handing(ways: usize) -> Bench {
    let mut bench = Bench::talking();
    bench.pass(20).signal(AGENT, Signal::Refer { request: Ticket(5), to: &Target::Line(NUMBER.to_owned()) });
    bench.lines_found(ways);
    bench
}

fn told(bench: &Bench) -> (Option<u16>, Option<EndReason>) {
    let status = bench.said.iter().find_map(|action| match action {
        Action::HangUp { leg: CITIZEN, status_if_early } => Some(*status_if_early),
        _ => None,
    });
    (status, bench.record().map(|record| record.end_reason))
}

fn dialled(bench: &Bench) -> bool {
    bench.lines().contains("dial leg")
}

#[test]
fn a_line_is_asked_for_and_called() {
    let mut bench = Bench::line_call(Some(&sdp(4000, &Codec::ALL)));
    assert_snapshot!(bench.lines(), @r#"
    record start
    Seek { number: "13900139000", by: Some(AgentId(0)) }
    arm NoAnswer
    "#);
    bench.lines_found(1);
    assert_snapshot!(bench.lines(), @r"
    arm NoAnswer
    dial leg 1 at sip:13900139000@ims.example.org over trunk 0
    ");
    progress(&mut bench, 1, 100, None);
    assert_snapshot!(bench.lines(), @"arm NoAnswer");
    progress(&mut bench, 1, 180, None);
    assert_snapshot!(bench.lines(), @"Progress { leg: 0, status: 180, body: None }");
    progress(&mut bench, 1, 180, None);
    assert_eq!(bench.lines(), "", "once is enough");
    answers(&mut bench, 1);
    assert_snapshot!(bench.lines(), @r"
    disarm NoAnswer
    open end 50 with Pcma
    answer leg 0
    open end 2 with Pcmu
    arm MaxTalk
    end 2 hears end 50
    end 50 hears end 2
    ");
}

#[test]
fn what_the_line_plays_before_it_answers_is_heard() {
    let mut bench = calling(1);
    let early = answer_to(&sdp(1, &[Codec::Pcmu]), 7200);
    progress(&mut bench, 1, 183, Some(&early));
    let lines = bench.lines();
    assert!(lines.contains("Progress { leg: 0, status: 183, body: Some("), "{lines}");
    assert!(lines.contains("end 50 hears end 2") && !lines.contains("end 2 hears end 50"), "one way: {lines}");
    progress(&mut bench, 1, 180, None);
    assert_eq!(bench.lines(), "", "a 180 after it takes nothing back");
    // The answer says the same again, or nothing.
    bench.signal(1, Signal::Answered { body: None });
    let lines = bench.lines();
    assert!(lines.contains("answer leg 0") && lines.contains("end 2 hears end 50"), "{lines}");
    assert!(!lines.contains("open end"), "both were open: {lines}");
}

/// RFC 3311 §5.1: either party may describe itself anew before the line has answered.
#[test]
fn who_moves_before_the_answer_is_heard_and_hears_there() {
    let mut bench = calling(1);
    let early = answer_to(&sdp(1, &[Codec::Pcmu]), 7200);
    progress(&mut bench, 1, 183, Some(&early));
    let remote = |bench: &Bench| {
        bench.said.iter().find_map(|action| match action {
            Action::Job(base::Job::Change { end, params }) => Some((end.slot, params.remote.port())),
            _ => None,
        })
    };
    for (leg, port, codec, end) in [(CITIZEN, 4600, Codec::Pcma, 50), (1, 7600, Codec::Pcmu, 2)] {
        let moved = sdp(port, &[codec]);
        bench.signal(leg, Signal::Changed { request: Ticket(1), body: Some(&moved), method: Change::Update });
        assert_eq!(remote(&bench), Some((end, port)), "{}", bench.lines());
        assert!(bench.lines().contains("reply 200 with sdp"), "{}", bench.lines());
    }
    // The endpoint leaves out what the line's 200 says of the media then.
    bench.signal(1, Signal::Answered { body: None });
    assert_eq!(remote(&bench), Some((2, 7600)), "{}", bench.lines());
    let lines = bench.lines();
    assert!(lines.contains("answer leg 0") && lines.contains("end 2 hears end 50"), "{lines}");
}

/// A phone of an agent whom the queue rings may do the same: it was not heard until then.
#[test]
fn a_phone_that_moves_while_it_rings_talks_from_there() {
    let mut bench = Bench::waiting();
    bench.offer(1, None);
    let moved = sdp(7600, &[Codec::Pcma]);
    bench.signal(AGENT, Signal::Changed { request: Ticket(1), body: Some(&moved), method: Change::Update });
    assert_snapshot!(bench.lines(), @"reply 200 with sdp");
    bench.signal(AGENT, Signal::Answered { body: None });
    let opened = bench.said.iter().find_map(|action| match action {
        Action::Job(base::Job::Open { params, .. }) => Some(params.remote.port()),
        _ => None,
    });
    assert_eq!(opened, Some(7600), "{}", bench.lines());
    // Nothing of ours awaits an answer any more: a hold takes effect.
    let held = String::from_utf8(sdp(7600, &[Codec::Pcma])).expect("text").replace("sendrecv", "sendonly");
    let hold = Signal::Changed { request: Ticket(2), body: Some(held.as_bytes()), method: Change::Reinvite };
    bench.signal(AGENT, hold);
    assert!(bench.lines().contains("change end 2 to RecvOnly"), "{}", bench.lines());
}

#[test]
fn the_next_way_is_tried_where_one_leads_nowhere() {
    for status in [None, Some(408), Some(500), Some(503)] {
        let mut bench = calling(2);
        bench.signal(1, Signal::Rejected { status });
        assert!(dialled(&bench) && bench.lines().contains("over trunk 1"), "{status:?}: {}", bench.lines());
        bench.signal(2, Signal::Rejected { status });
        let last = status.unwrap_or(480);
        assert_eq!(told(&bench), (Some(last), Some(EndReason::Unanswered)), "{status:?}");
    }
    for status in [404, 486, 603] {
        let mut bench = calling(2);
        bench.signal(1, Signal::Rejected { status: Some(status) });
        assert_eq!(told(&bench), (Some(status), Some(EndReason::Unanswered)), "somebody has spoken");
        assert!(bench.lines().contains("close end 3"), "the end of the other way: {}", bench.lines());
    }
    let mut bench = calling(2);
    progress(&mut bench, 1, 180, None);
    bench.signal(1, Signal::Rejected { status: Some(503) });
    assert_eq!(told(&bench).0, Some(503), "where it has rung it does not ring twice");
}

#[test]
fn a_way_on_which_nothing_is_heard_is_left_after_four_seconds() {
    let mut bench = calling(2);
    bench.pass(4).tell(Event::Timer(Timer::NoAnswer));
    let lines = bench.lines();
    assert!(lines.contains("HangUp { leg: 1") && lines.contains("over trunk 1"), "{lines}");
    progress(&mut bench, 2, 100, None);
    bench.pass(60).tell(Event::Timer(Timer::NoAnswer));
    assert_eq!(told(&bench), (Some(480), Some(EndReason::Unanswered)));
}

#[test]
fn who_may_not_call_there_is_told_so() {
    for status in [403, 404, 503] {
        let mut bench = Bench::line_call(Some(&sdp(4000, &Codec::ALL)));
        bench.tell(Event::NoLine { status });
        assert_eq!(told(&bench), (Some(status), Some(EndReason::Unanswered)));
    }
}

#[test]
fn ways_that_come_too_late_are_closed() {
    let mut bench = Bench::line_call(Some(&sdp(4000, &Codec::ALL)));
    bench.signal(CITIZEN, Signal::Cancelled).lines_found(2);
    assert_eq!(bench.lines(), "close end 2\nclose end 3\n");
}

#[test]
fn the_agent_may_hand_the_line_on_to_a_group() {
    let mut bench = talking();
    bench.pass(9).signal(CITIZEN, Signal::Refer { request: Ticket(5), to: &Target::Group(GroupId(1)) });
    assert_eq!(bench.call.phase(), Phase::Waiting);
    let lines = bench.lines();
    assert!(lines.contains("HangUp { leg: 0") && lines.contains("queue Return"), "{lines}");
    bench.signal(CITIZEN, Signal::Closed);
    assert_eq!(bench.lines(), "roster OwnCall\n");
    bench.offer(1, None);
    let shown = bench.said.iter().find_map(|action| match action {
        Action::Dial(dial) => Some((dial.from_number.clone(), dial.from_display.clone())),
        _ => None,
    });
    assert_eq!(shown, Some((NUMBER.to_owned(), format!("{NUMBER} complaint 0s"))));
    bench.agent_answers(2);
    bench.signal(1, Signal::Bye);
    assert_eq!(bench.record().map(|r| r.end_reason), Some(EndReason::CallerHangup), "the line is the citizen");
}

#[test]
fn either_of_them_hangs_up() {
    let mut bench = talking();
    bench.signal(1, Signal::Bye);
    let record = bench.record().expect("a record");
    assert_eq!((record.end_reason, record.agent.as_deref()), (EndReason::CallerHangup, Some("1001")));
    let mut bench = talking();
    bench.signal(CITIZEN, Signal::Bye);
    assert_eq!(bench.record().map(|r| r.end_reason), Some(EndReason::AgentHangup));
}

#[test]
fn a_citizen_is_handed_on_to_a_line() {
    let mut bench = handing(1);
    assert!(bench.lines().contains("dial leg 2 at sip:13900139000@ims.example.org"), "{}", bench.lines());
    answers(&mut bench, 2);
    let lines = bench.lines();
    assert!(lines.contains("HandingOn { leg: 1, status: 200, over: true }"), "{lines}");
    assert!(lines.contains("queue Ended") && lines.contains("roster Releasing"), "the agent wraps up: {lines}");
    bench.signal(AGENT, Signal::Closed).pass(30).signal(2, Signal::Bye);
    let record = bench.record().expect("a record");
    assert_eq!((record.end_reason, record.agent.as_deref()), (EndReason::LineHangup, Some("1001")));
    assert_eq!(record.talk_ms, 50_000);
}

#[test]
fn a_line_that_does_not_answer_leaves_the_citizen_with_the_agent() {
    let mut bench = handing(1);
    bench.signal(2, Signal::Rejected { status: Some(486) });
    let lines = bench.lines();
    assert!(lines.contains("HandingOn { leg: 1, status: 486, over: true }"), "{lines}");
    assert!(lines.contains("end 0 hears end 2"), "{lines}");
    // The agent has hung up meanwhile: the citizen waits again.
    let mut bench = handing(1);
    bench.signal(AGENT, Signal::Bye);
    assert_eq!(bench.call.phase(), Phase::Talking, "the line is waited for");
    bench.signal(AGENT, Signal::Closed).signal(2, Signal::Rejected { status: Some(486) });
    assert_eq!(bench.call.phase(), Phase::Waiting);
    assert!(bench.lines().contains("queue Return"), "{}", bench.lines());
}

#[test]
fn a_citizen_who_leaves_stops_the_line() {
    let mut bench = handing(2);
    bench.signal(CITIZEN, Signal::Bye);
    let lines = bench.lines();
    assert!(lines.contains("HangUp { leg: 2") && lines.contains("close end 4"), "{lines}");
}

/// Waits in a group that has somebody on duty, and cannot be kept.
fn on_duty() -> Bench {
    let with_duty = plan(|plan| plan.groups[0].duty_line = Some(NUMBER.to_owned()));
    let mut bench = Bench::with(with_duty, Some(&sdp(4000, &Codec::ALL)));
    bench.ack().press('1').pass(10);
    let (call, reason) = (bench.call.id(), acd::Refusal::WaitedTooLong);
    bench.tell(Event::Queue(acd::Action::Refused { call, group: GroupId(0), reason }));
    bench
}

#[test]
fn whom_the_queue_cannot_keep_the_one_on_duty_answers() {
    let mut bench = on_duty();
    assert_snapshot!(bench.lines(), @r#"
    disarm Announce
    Seek { number: "13900139000", by: None }
    arm NoAnswer
    end 0 hears [] then Loop(SoundId(14))
    "#);
    bench.lines_found(1).pass(5);
    answers(&mut bench, 1);
    assert!(bench.lines().contains("end 0 hears end 2"), "{}", bench.lines());
    bench.pass(30).signal(1, Signal::Bye);
    let record = bench.record().expect("a record");
    assert_eq!((record.end_reason, record.talk_ms), (EndReason::LineHangup, 30_000));
    assert_eq!((record.queued_ms, record.waits[0].outcome), (15_000, base::WaitOutcome::Answered));
}

#[test]
fn whom_nobody_on_duty_answers_is_told_so() {
    let mut bench = on_duty();
    bench.tell(Event::NoLine { status: 503 });
    assert_eq!(bench.call.phase(), Phase::Ending);
    assert!(bench.lines().contains("queue-refused"), "{}", bench.lines());
    let mut bench = on_duty();
    bench.lines_found(2).signal(1, Signal::Rejected { status: Some(486) });
    let lines = bench.lines();
    assert!(lines.contains("close end 3") && lines.contains("queue-refused"), "the other way's end too: {lines}");
    let mut bench = on_duty();
    bench.lines_found(1).signal(CITIZEN, Signal::Bye);
    let record = bench.record().expect("a record");
    assert_eq!((record.end_reason, record.waits[0].outcome), (EndReason::Abandoned, base::WaitOutcome::Abandoned));
}

#[test]
fn a_line_hands_nobody_on() {
    let mut bench = handing(1);
    answers(&mut bench, 2);
    for to in [Target::Line(NUMBER.to_owned()), Target::Agent(base::AgentId(1)), Target::Group(GroupId(1))] {
        bench.signal(2, Signal::Refer { request: Ticket(6), to: &to });
        assert_eq!(bench.lines(), "reply 403\n", "{to:?}");
        bench.signal(CITIZEN, Signal::Refer { request: Ticket(7), to: &to });
        assert_eq!(bench.lines(), "reply 403\n", "{to:?}");
    }
}
