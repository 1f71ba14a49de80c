//! Calls told event by event: what each part of the journey obliges the call to do.

#[path = "story/advice.rs"]
mod advice;
#[path = "story/call_back.rs"]
mod call_back;
#[path = "story/confidential.rs"]
mod confidential;
#[path = "story/hand.rs"]
mod hand;
#[path = "story/join.rs"]
mod join;
#[path = "story/keys.rs"]
mod keys;
mod kit;
#[path = "story/line.rs"]
mod line;
#[path = "story/listening.rs"]
mod listening;
#[path = "story/lost.rs"]
mod lost;
#[path = "story/moved.rs"]
mod moved;
#[path = "story/order.rs"]
mod order;
#[path = "story/own.rs"]
mod own;
#[path = "story/repeats.rs"]
mod repeats;
#[path = "story/several.rs"]
mod several;
#[path = "story/speech.rs"]
mod speech;
#[path = "story/surge.rs"]
mod surge;
#[path = "story/ways.rs"]
mod ways;
#[path = "story/wrong.rs"]
mod wrong;

use base::{Codec, EndReason, Ticket, WaitOutcome};
use call::{Action, Change, Event, Phase, Signal, Timer};
use insta::assert_snapshot;
use kit::{Bench, CITIZEN, answer_to, plan, sdp};

#[test]
fn an_invite_is_answered_and_the_menu_begins_with_the_ack() {
    let mut bench = Bench::new();
    assert_snapshot!(bench.lines(), @"
    record start
    open end 0 with Pcma
    answer leg 0
    ");
    bench.ack();
    assert_snapshot!(bench.lines(), @r#"
    arm MenuLimit
    end 0 hears ["welcome"] then Silence
    "#);
}

#[test]
fn without_a_common_codec_the_call_is_refused_and_recorded() {
    let body = b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 18\r\n";
    let bench = Bench::with(plan(|_| {}), Some(body));
    assert_snapshot!(bench.lines(), @"
    HangUp { leg: 0, status_if_early: 488 }
    close end 0
    record end refused
    ");
    assert_eq!(bench.record().map(|r| r.end_reason), Some(EndReason::Refused));
}

#[test]
fn a_late_offer_opens_media_with_the_ack() {
    let mut bench = Bench::with(plan(|_| {}), None);
    let Some(Action::Answer { body, .. }) = bench.said.iter().find(|a| matches!(a, Action::Answer { .. })) else {
        panic!("answered with an offer: {}", bench.lines());
    };
    let answer = answer_to(&body.clone(), 4000);
    bench.signal(CITIZEN, Signal::Acked { body: Some(&answer) });
    assert_snapshot!(bench.lines(), @r#"
    open end 0 with Pcma
    arm MenuLimit
    end 0 hears ["welcome"] then Silence
    "#);
}

#[test]
fn a_late_offer_without_an_answer_ends_the_call() {
    let mut bench = Bench::with(plan(|_| {}), None);
    bench.ack();
    assert_eq!(bench.record().map(|r| r.end_reason), Some(EndReason::Refused));
}

#[test]
fn a_key_leads_into_the_queue_with_music() {
    let mut bench = Bench::new();
    bench.ack().press('1');
    assert_snapshot!(bench.lines(), @r#"
    disarm Menu
    disarm MenuLimit
    arm Announce
    queue Enqueue
    end 0 hears ["please-wait"] then Loop(SoundId(14))
    "#);
    assert_eq!(bench.call.phase(), Phase::Waiting);
}

#[test]
fn the_position_is_told_and_the_music_goes_on() {
    let mut bench = Bench::waiting();
    bench.pass(30).tell(Event::Timer(Timer::Announce));
    assert_snapshot!(bench.lines(), @"queue Locate");
    let located = |position| {
        let group = base::GroupId(0);
        Event::Queue(acd::Action::Located { call: base::CallId::default(), group, position, wait: None })
    };
    bench.tell(located(3));
    assert_snapshot!(bench.lines(), @r#"
    arm Announce
    end 0 hears ["position-before", "number-2", "position-after"] then Loop(SoundId(14))
    "#);
    bench.tell(located(1));
    assert_snapshot!(bench.lines(), @r#"
    arm Announce
    end 0 hears ["position-next"] then Loop(SoundId(14))
    "#);
}

#[test]
fn the_wait_is_told_behind_the_position_where_something_is_known_of_it() {
    let mut bench = Bench::waiting();
    let (call, group) = (base::CallId::default(), base::GroupId(0));
    let wait = Some(acd::Range::of(70.0, 115.0));
    bench.tell(Event::Queue(acd::Action::Located { call, group, position: 3, wait }));
    assert_snapshot!(bench.lines(), @r#"
    arm Announce
    end 0 hears ["position-before", "number-2", "position-after", "wait-about", "number-1", "to", "number-liang", "minutes"] then Loop(SoundId(14))
    "#);
    // Anything from nothing to more than an hour is no news.
    let wait = Some(acd::Range::of(5.0, 5000.0));
    bench.tell(Event::Queue(acd::Action::Located { call, group, position: 3, wait }));
    assert_snapshot!(bench.lines(), @r#"
    arm Announce
    end 0 hears ["position-before", "number-2", "position-after"] then Loop(SoundId(14))
    "#);
}

#[test]
fn an_agent_is_rung_and_connected() {
    let mut bench = Bench::waiting();
    bench.pass(3).offer(1, None);
    assert_snapshot!(bench.lines(), @r#"dial leg 1 at sip:1001@127.0.0.1:7000 as "13800138000 consult 3s""#);
    bench.agent_answers(1);
    assert_snapshot!(bench.lines(), @"
    queue Accepted
    roster Talking
    open end 2 with Pcma
    disarm Announce
    disarm Redial
    arm MaxTalk
    end 0 hears end 2
    end 2 hears end 0
    ");
    assert_eq!(bench.call.phase(), Phase::Talking);
}

#[test]
fn both_hear_the_agents_number_first() {
    let mut bench = Bench::with(plan(|p| p.connect.say_agent_number = true), Some(&sdp(4000, &Codec::ALL)));
    bench.ack().press('1').offer(1, None);
    bench.agent_answers(1);
    assert_snapshot!(bench.lines(), @r#"
    queue Accepted
    roster Talking
    open end 2 with Pcma
    disarm Announce
    disarm Redial
    arm MaxTalk
    end 0 hears ["job-number", "number-yao", "number-0", "number-0", "number-yao", "at-your-service"] then Silence
    end 2 hears ["job-number", "number-yao", "number-0", "number-0", "number-yao", "at-your-service"] then Silence
    "#);
    bench.pass(3).played(3);
    assert_snapshot!(bench.lines(), @"
    end 0 hears end 2
    end 2 hears end 0
    ");
    bench.pass(10).signal(CITIZEN, Signal::Bye);
    assert_eq!(bench.record().map(|r| r.talk_ms), Some(10_000), "the talk begins when both hear each other");
}

#[test]
fn of_two_contacts_the_first_to_answer_wins() {
    let mut bench = Bench::waiting();
    bench.offer(2, None);
    bench.agent_answers(2);
    assert_snapshot!(bench.lines(), @"
    queue Accepted
    roster Talking
    open end 3 with Pcma
    close end 2
    HangUp { leg: 1, status_if_early: 480 }
    disarm Announce
    disarm Redial
    arm MaxTalk
    end 0 hears end 3
    end 3 hears end 0
    ");
    bench.signal(1, Signal::Closed);
    assert_snapshot!(bench.lines(), @"");
}

#[test]
fn a_refusal_of_every_contact_declines_once_and_gives_the_slot_back() {
    let mut bench = Bench::waiting();
    bench.offer(2, None);
    bench.signal(1, Signal::Rejected { status: None });
    assert_snapshot!(bench.lines(), @"close end 2");
    bench.signal(1, Signal::Closed);
    bench.signal(2, Signal::Rejected { status: Some(486) });
    assert_snapshot!(bench.lines(), @"
    close end 3
    queue Declined
    roster Releasing
    ");
    bench.signal(2, Signal::Closed);
    assert_snapshot!(bench.lines(), @"roster Released");
    assert_eq!(bench.call.phase(), Phase::Waiting);
}

#[test]
fn a_phone_busy_with_its_last_call_is_rung_again() {
    let mut bench = Bench::waiting();
    let freed = bench.now.time;
    bench.offer(1, Some(freed));
    bench.signal(1, Signal::Rejected { status: Some(486) }).signal(1, Signal::Closed);
    assert_snapshot!(bench.lines(), @"");
    bench.tell(Event::Timer(Timer::Redial));
    assert_snapshot!(bench.lines(), @r#"dial leg 2 at sip:1001@127.0.0.1:7000 as "13800138000 consult 0s""#);
    bench.pass(5).signal(2, Signal::Rejected { status: Some(486) });
    assert_snapshot!(bench.lines(), @"
    close end 2
    queue Declined
    roster Releasing
    ");
}

#[test]
fn a_withdrawn_offer_stops_the_phone_and_a_late_answer_is_ended() {
    let mut bench = Bench::waiting();
    let reservation = bench.offer(1, None);
    let withdraw = acd::Action::Withdraw { agent: base::AgentId(0), call: base::CallId::default(), reservation };
    bench.tell(Event::Queue(withdraw));
    assert_snapshot!(bench.lines(), @"
    disarm Redial
    close end 2
    HangUp { leg: 1, status_if_early: 480 }
    roster Releasing
    ");
    bench.signal(1, Signal::Closed);
    assert_snapshot!(bench.lines(), @"roster Released");
}

#[test]
fn an_offer_that_its_withdrawal_overtook_is_given_back() {
    let mut bench = Bench::waiting();
    let (agent, call, reservation) = (base::AgentId(0), base::CallId::default(), acd::Reservation(1));
    bench.tell(Event::Queue(acd::Action::Withdraw { agent, call, reservation }));
    bench.offer(1, None);
    assert_snapshot!(bench.lines(), @"
    close end 2
    queue Declined
    roster Released
    ");
}

#[test]
fn an_offer_to_a_caller_in_talk_is_given_back() {
    let mut bench = Bench::talking();
    bench.offer(1, None);
    assert_snapshot!(bench.lines(), @"
    close end 3
    queue Declined
    roster Released
    ");
}

#[test]
fn the_citizen_hangs_up_in_talk() {
    let mut bench = Bench::talking();
    bench.pass(20).signal(CITIZEN, Signal::Bye);
    assert_snapshot!(bench.lines(), @"
    close end 0
    queue Ended
    close end 2
    HangUp { leg: 1, status_if_early: 480 }
    record end caller_hangup
    roster Releasing
    ");
    let record = bench.record().expect("a record").clone();
    assert_eq!((record.end_reason, record.queued_ms, record.talk_ms), (EndReason::CallerHangup, 3000, 20_000));
    assert_eq!(record.agent.as_deref(), Some("1001"));
    assert_eq!(record.menu_path, ["main", "consult"]);
    assert_eq!(record.waits[0].outcome, WaitOutcome::Answered);
    bench.signal(CITIZEN, Signal::Closed);
    assert!(!bench.call.is_over(), "the agent's phone has not answered its BYE");
    bench.signal(1, Signal::Closed);
    assert_snapshot!(bench.lines(), @"
    roster Released
    Over
    ");
}

#[test]
fn the_agent_hangs_up_in_talk() {
    let mut bench = Bench::talking();
    bench.signal(1, Signal::Bye);
    assert_snapshot!(bench.lines(), @"
    close end 2
    queue Ended
    close end 0
    HangUp { leg: 0, status_if_early: 480 }
    record end agent_hangup
    roster Releasing
    ");
    bench.signal(1, Signal::Closed).signal(CITIZEN, Signal::Closed);
    assert!(bench.call.is_over());
}

#[test]
fn the_citizen_leaves_while_the_agent_rings() {
    let mut bench = Bench::waiting();
    bench.offer(1, None);
    bench.signal(CITIZEN, Signal::Bye);
    assert_snapshot!(bench.lines(), @"
    close end 0
    queue HungUp
    disarm Redial
    close end 2
    HangUp { leg: 1, status_if_early: 480 }
    record end abandoned
    roster Releasing
    ");
    assert_eq!(bench.record().map(|r| r.end_reason), Some(EndReason::Abandoned));
}

#[test]
fn hold_of_one_party_is_music_for_the_other() {
    let mut bench = Bench::talking();
    let held = String::from_utf8(sdp(7100, &[Codec::Pcma])).expect("text").replace("sendrecv", "sendonly");
    let change = |body| Signal::Changed { request: Ticket(1), body, method: Change::Reinvite };
    bench.signal(1, change(Some(held.as_bytes())));
    assert_snapshot!(bench.lines(), @"
    change end 2 to RecvOnly
    reply 200 with sdp
    end 0 hears [] then Loop(SoundId(14))
    ");
    let resumed = sdp(7100, &[Codec::Pcma]);
    bench.signal(1, change(Some(&resumed)));
    assert_snapshot!(bench.lines(), @"
    change end 2 to SendRecv
    reply 200 with sdp
    end 0 hears end 2
    ");
}

#[test]
fn a_later_offer_of_ours_keeps_refused_streams_and_grows_in_version() {
    let with_video = [sdp(4000, &[Codec::Pcma]), b"m=video 5000 RTP/AVP 96\r\n".to_vec()].concat();
    let mut bench = Bench::with(plan(|_| {}), Some(&with_video));
    bench.ack();
    bench.signal(CITIZEN, Signal::Changed { request: Ticket(1), body: None, method: Change::Reinvite });
    let Some(Action::Reply { status: 200, body: Some(body), .. }) = bench.said.first() else {
        panic!("answered with an offer: {}", bench.lines());
    };
    let offer = String::from_utf8(body.clone()).expect("text");
    let (origin, media): (Vec<_>, Vec<_>) =
        offer.lines().filter(|l| l.starts_with("o=") || l.starts_with("m=")).partition(|l| l.starts_with("o="));
    assert_eq!(origin, ["o=- 1 2 IN IP4 127.0.0.1"]);
    assert_eq!(media, ["m=audio 20000 RTP/AVP 8 0 101", "m=video 0 RTP/AVP 96"]);
}

#[test]
fn an_unanswered_offer_of_ours_does_not_deafen_the_call() {
    let mut bench = Bench::talking();
    let change = |body| Signal::Changed { request: Ticket(1), body, method: Change::Reinvite };
    bench.signal(1, change(None)).signal(1, Signal::Acked { body: None });
    let held = String::from_utf8(sdp(7100, &[Codec::Pcma])).expect("text").replace("sendrecv", "sendonly");
    bench.signal(1, change(Some(held.as_bytes())));
    assert_snapshot!(bench.lines(), @"
    change end 2 to RecvOnly
    reply 200 with sdp
    end 0 hears [] then Loop(SoundId(14))
    ");
}

#[test]
fn a_refused_caller_hears_why_and_is_released() {
    let mut bench = Bench::waiting();
    let (call, group) = (base::CallId::default(), base::GroupId(0));
    bench.tell(Event::Queue(acd::Action::Refused { call, group, reason: acd::Refusal::Full }));
    assert_snapshot!(bench.lines(), @r#"
    disarm Announce
    end 0 hears ["queue-refused"] then Silence
    "#);
    bench.played(3);
    assert_eq!(bench.record().map(|r| r.end_reason), Some(EndReason::QueueRefused));
}

#[test]
fn overflow_keeps_the_caller_and_counts_two_waits() {
    let mut bench = Bench::waiting();
    let (from, to) = (base::GroupId(0), base::GroupId(1));
    bench.pass(5).tell(Event::Queue(acd::Action::Moved { call: base::CallId::default(), from, to, by_hand: false }));
    assert_snapshot!(bench.lines(), @"
    arm Announce
    end 0 hears [] then Loop(SoundId(14))
    ");
    bench.pass(2).signal(CITIZEN, Signal::Bye);
    let record = bench.record().expect("a record");
    assert_eq!(record.queued_ms, 7000);
    assert_eq!(record.skill_group.as_deref(), Some("complaint"));
    assert_eq!(
        record.waits.iter().map(|w| w.outcome).collect::<Vec<_>>(),
        [WaitOutcome::Overflowed, WaitOutcome::Abandoned]
    );
}

#[test]
fn who_is_moved_by_hand_did_not_overflow() {
    let mut bench = Bench::waiting();
    let (from, to) = (base::GroupId(0), base::GroupId(1));
    bench.pass(5).tell(Event::Queue(acd::Action::Moved { call: base::CallId::default(), from, to, by_hand: true }));
    bench.pass(2).signal(CITIZEN, Signal::Bye);
    let record = bench.record().expect("a record");
    assert_eq!(
        record.waits.iter().map(|w| w.outcome).collect::<Vec<_>>(),
        [WaitOutcome::Moved, WaitOutcome::Abandoned]
    );
}

#[test]
fn a_wait_cut_short_by_us_was_not_abandoned() {
    let mut bench = Bench::waiting();
    bench.pass(4).tell(Event::Stop(EndReason::Shutdown));
    let record = bench.record().expect("a record");
    assert_eq!((record.end_reason, record.waits[0].outcome), (EndReason::Shutdown, WaitOutcome::Ended));
}

#[test]
fn a_stop_ends_every_leg_once() {
    let mut bench = Bench::talking();
    bench.tell(Event::Stop(EndReason::Shutdown));
    assert_snapshot!(bench.lines(), @"
    queue Ended
    close end 0
    HangUp { leg: 0, status_if_early: 480 }
    close end 2
    HangUp { leg: 1, status_if_early: 480 }
    record end shutdown
    roster Releasing
    ");
    bench.tell(Event::Stop(EndReason::Fault));
    assert_eq!(bench.lines(), "");
}

#[test]
fn no_ack_ends_the_call() {
    let mut bench = Bench::new();
    bench.signal(CITIZEN, Signal::AckMissing);
    assert_eq!(bench.record().map(|r| r.end_reason), Some(EndReason::NoAck));
}

#[test]
fn the_facts_of_a_call_tell_what_its_record_tells() {
    let mut bench = Bench::talking();
    bench.pass(7).signal(CITIZEN, Signal::Bye);
    let facts = bench.facts.clone();
    let record = bench.record().expect("the call ended").clone();
    let mut ledger = call::Ledger::new(record.start.id);
    let names: Vec<_> = facts.iter().map(|f| format!("{f:?}")).collect();
    for fact in facts.into_iter().filter(|f| !matches!(f, call::Fact::Ended { .. })) {
        ledger.apply(fact);
    }
    assert_eq!(ledger.record(record.ended, record.end_reason), record, "{names:#?}");
    assert_eq!(ledger.held().len(), 1, "the agent's phone has not answered the BYE yet");
    assert_eq!(ledger.served_by(1), ledger.held().first().copied());
    assert_eq!(ledger.served_by(CITIZEN), None);
}

#[test]
fn only_what_is_spoken_on_the_trunk_is_agreed_on() {
    let offers =
        [(&[Codec::Pcma, Codec::Pcmu][..], "open end 0 with Pcmu"), (&[Codec::Pcma][..], "status_if_early: 488")];
    for (offered, expected) in offers {
        let bench = Bench::of_trunk(vec![Codec::Pcmu], Some(&sdp(4000, offered)));
        assert!(bench.lines().contains(expected), "{offered:?}: {}", bench.lines());
    }
    let bench = Bench::of_trunk(vec![Codec::Pcmu, Codec::Pcma], None);
    let offer = bench.said.iter().find_map(|action| match action {
        Action::Answer { body, .. } => Some(sdp::first_codecs(body)),
        _ => None,
    });
    assert_eq!(offer, Some(vec![Codec::Pcmu, Codec::Pcma]), "ours, in the trunk's order");
}
