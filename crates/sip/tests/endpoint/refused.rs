//! A process is killed between writing and sending its final response to an INVITE that rang: the next one says it.

use std::sync::Arc;

use base::Transport;
use sip::{Fact, FirstInvite, HeardInvite, Image, Message, Name};

use crate::pair::{Pair, Weather, leg, reply};
use crate::restart::{CONTACT, awaited, image_of, revived};
use crate::script::{Script, request};

/// A script that starts with what an earlier process wrote of a leg.
fn restored(image: Image) -> Script {
    let mut script = Script::new();
    script.act(|end, now, out| end.restore(now, leg(1), image, out));
    script
}

fn ringing() -> Script {
    awaited(&request("INVITE", "1", 5, "", "offer"), &[180])
}

fn closed(script: &Script) -> bool {
    script.facts.last() == Some(&Fact::Closed { leg: leg(1) })
}

/// Each way to a final refusal of an INVITE that rings, with its status.
fn refusals() -> Vec<(Script, u16)> {
    let mut all = Vec::new();
    for status in [404, 486, 603] {
        let mut script = ringing();
        script.act(|end, now, out| end.hang_up(now, leg(1), status, None, out));
        all.push((script, status));
    }
    let mut cancelled = ringing();
    cancelled.hear(&request("CANCEL", "1", 5, "", ""));
    all.push((cancelled, 487));
    let mut left = ringing();
    let tag = left.our_tag();
    left.hear(&request("BYE", "bye", 6, &tag, ""));
    all.push((left, 487));
    all
}

#[test]
fn a_refusal_is_known_until_its_ack_rfc3261_17_2_1() {
    for (mut before, status) in refusals() {
        assert_eq!(before.told().last().map(String::as_str), Some("Closed 1"), "its owner does not wait: {status}");
        assert_eq!(before.end.unheard().collect::<Vec<_>>(), [leg(1)]);
        let Image::Refused { status: written, .. } = image_of(&before.facts) else { panic!("{:?}", before.facts) };
        assert!(written == status && !closed(&before), "{status}");
        let ack = request("ACK", "1", 5, "any", "");
        before.hear(&ack);
        assert!(closed(&before), "{status}");
        let facts = before.facts.len();
        before.hear(&ack);
        before.settle();
        assert_eq!(before.facts.len(), facts, "said once: {status}");
        assert!(before.end.is_idle() && before.end.unheard().next().is_none(), "{status}");
    }
}

#[test]
fn a_refusal_that_never_left_is_said_by_each_next_process_until_one_was_heard() {
    for (before, status) in refusals() {
        let told = before.sent.iter().find(|(_, message)| message.status() == Some(status)).unwrap().1.clone();
        let mut image = image_of(&before.facts);
        for killed in [true, false] {
            let mut script = restored(image.clone());
            let (flow, said) = script.sent[0].clone();
            assert_eq!((flow, said.status(), said.to_tag()), (before.flow, Some(status), told.to_tag()));
            for name in [Name::Via, Name::From, Name::CallId, Name::Cseq] {
                assert_eq!(said.header(name), told.header(name), "{status}");
            }
            assert_eq!((script.told(), script.facts.len()), (Vec::new(), 0), "it is written already: {status}");
            if killed {
                image = image_of(&before.facts);
                continue;
            }
            script.act(|end, now, out| end.hang_up(now, leg(1), 480, None, out));
            script.run_ms(600);
            script.hear(&request("CANCEL", "1", 5, "", ""));
            assert_eq!(script.lines(), [&*status.to_string(), &status.to_string(), "200"], "repeated as any refusal");
            script.hear(&request("ACK", "1", 5, said.to_tag(), ""));
            assert!(closed(&script) && script.facts.len() == 1, "{status}");
            script.settle();
            assert!(script.end.is_idle() && script.told().is_empty(), "{status}");
        }
    }
}

#[test]
fn a_refusal_that_nobody_acknowledges_is_over_with_timer_h_rfc3261_17_2_1() {
    let (before, _) = refusals().remove(0);
    for mut script in [restored(image_of(&before.facts)), before] {
        script.run_ms(31_900);
        assert!(!closed(&script));
        script.run_ms(200);
        assert!(closed(&script));
        assert!(script.end.is_idle());
    }
}

#[test]
fn over_a_connection_the_ack_ends_it_too() {
    let mut script = Script::with(crate::pair::config(0, Transport::Tcp));
    script.flow.transport = Transport::Tcp;
    script.hear(&request("INVITE", "1", 5, "", "offer").replace("UDP", "TCP"));
    let tx = script.take_tx();
    script.act(|end, now, out| {
        end.adopt(tx, leg(1));
        end.provisional(now, leg(1), 180, &reply(""), out);
        end.hang_up(now, leg(1), 486, None, out);
    });
    assert!(!closed(&script));
    script.hear(&request("ACK", "1", 5, "any", "").replace("UDP", "TCP"));
    assert!(closed(&script) && script.end.is_idle());
}

/// The 100 left before anybody knew whose call it was.
#[test]
fn an_invite_that_was_adopted_late_is_known_as_well() {
    let mut script = Script::new();
    script.hear(&request("INVITE", "1", 5, "", "offer"));
    assert_eq!(script.lines(), ["100"]);
    let tx = script.take_tx();
    script.act(|end, now, out| {
        end.adopt(tx, leg(1));
        end.hang_up(now, leg(1), 486, None, out);
    });
    assert!(matches!(script.facts[..], [Fact::Image { .. }]));
    assert!(matches!(image_of(&script.facts), Image::Refused { status: 486, .. }));
    script.hear(&request("ACK", "1", 5, "any", ""));
    assert!(closed(&script));
}

/// An INVITE that rang and that we have answered; its ACK has not come.
fn answered() -> Script {
    let mut script = ringing();
    script.act(|end, now, out| end.answer(now, leg(1), &reply("answer"), out));
    script
}

fn heard_of(image: &Image) -> Option<&HeardInvite> {
    match image {
        Image::Up { invite: FirstInvite::Heard(heard), .. } => Some(heard),
        _ => None,
    }
}

#[test]
fn an_answer_that_never_left_is_taken_back_by_480_and_whoever_had_it_gets_a_bye() {
    let before = answered();
    let image = image_of(&before.facts);
    assert!(heard_of(&image).is_some(), "{image:?}");
    let begun = || {
        let mut script = revived(image.clone());
        let (refusal, bye): (Message, Message) = (script.sent[0].1.clone(), script.sent[1].1.clone());
        assert_eq!(script.lines(), ["480", "BYE"], "in this order");
        assert_eq!((refusal.to_tag(), bye.from_tag()), (before.our_tag().as_str(), before.our_tag().as_str()));
        assert_eq!(
            (refusal.header(Name::Reason), bye.header(Name::Reason)),
            (Some("SIP;cause=503"), Some("SIP;cause=503"))
        );
        assert!(!closed(&script), "killed again here, the next one says both again");
        assert!(!script.facts.iter().any(|fact| matches!(fact, Fact::Image { .. })));
        (script, bye)
    };
    let ack = request("ACK", "1", 5, &before.our_tag(), "");

    let (mut script, bye) = begun();
    script.hear(&ack);
    assert!(!closed(&script), "the BYE goes on");
    script.answer(&bye, 481, "theirs", "");
    assert!(script.told() == ["Closed 1"] && closed(&script), "never had the answer");

    let (mut script, bye) = begun();
    script.answer(&bye, 481, "theirs", "");
    assert_eq!(script.told(), ["Closed 1"], "nobody above waits for the ACK");
    let left = image_of(&script.facts);
    assert!(matches!(left, Image::Refused { status: 480, .. }), "the refusal was lost");
    script.hear(&ack);
    assert!(closed(&script));
    let mut third = restored(left);
    assert_eq!(third.lines(), ["480"]);
    third.hear(&ack);
    assert!(closed(&third));

    let (mut script, bye) = begun();
    script.answer(&bye, 200, "theirs", "");
    assert_eq!(script.told(), ["Closed 1"], "had the answer, and hears no refusal");
    script.settle();
    assert!(closed(&script) && script.end.is_idle(), "Timer H");
}

#[test]
fn with_the_ack_of_our_answer_a_bye_is_enough() {
    let mut before = answered();
    before.facts.clear();
    let ack = request("ACK", "ack", 5, &before.our_tag(), "");
    before.hear(&ack);
    before.hear(&ack);
    assert_eq!(before.facts.len(), 1, "told once");
    let image = image_of(&before.facts);
    assert!(matches!(image, Image::Up { invite: FirstInvite::Over, .. }));
    assert_eq!(revived(image).lines(), ["BYE"]);
    before.settle_leg();
}

#[test]
fn whoever_hangs_up_before_the_ack_changes_nothing_of_that() {
    let mut before = answered();
    before.act(|end, now, out| {
        assert!(end.rename(leg(1), leg(2), out));
        end.hang_up(now, leg(2), 480, None, out);
    });
    let image = image_of(&before.facts);
    assert!(heard_of(&image).is_some(), "also under another id");
    assert_eq!(revived(image).lines(), ["480", "BYE"]);
    let tag = before.our_tag();
    before.hear(&request("BYE", "bye", 6, &tag, ""));
    assert_eq!(before.facts.last(), Some(&Fact::Closed { leg: leg(2) }), "who says BYE had our answer");
    before.settle();
    assert!(before.end.is_idle());
}

#[test]
fn an_invite_that_makes_no_sense_takes_nothing_from_the_bye() {
    let Image::Up { flow, user, dialog, follow, calls, .. } = image_of(&answered().facts) else { panic!("it is up") };
    let invite = Arc::new(HeardInvite { call_id: String::new(), tag: String::new(), text: "INVITE\0".to_owned() });
    let mut script = revived(Image::Up { flow, user, dialog, follow, calls, invite: FirstInvite::Heard(invite) });
    let bye = script.sent[0].1.clone();
    assert_eq!(script.lines(), ["BYE"]);
    script.answer(&bye, 200, "theirs", CONTACT);
    assert!(closed(&script) && script.told() == ["Closed 1"]);
    script.settle();
    assert!(script.end.is_idle());
}

/// Leg 1 of end 0 rings leg 2 of end 1, which refuses or answers it; once it is known there, messages are lost.
fn rung(pair: &mut Pair, answers: bool, loss: f64) {
    pair.call(1, crate::pair::body("offer"));
    pair.run_ms(5);
    let invite = std::mem::take(&mut pair.events[1]).iter().find_map(crate::pair::tx);
    if let Some(tx) = invite {
        pair.act(1, |end, _, _| end.adopt(tx, leg(2)));
    }
    pair.weather.loss = loss;
    pair.act(1, |end, now, out| end.provisional(now, leg(2), 180, &reply(""), out));
    pair.run_ms(20);
    pair.act(1, |end, now, out| match answers {
        true => end.answer(now, leg(2), &reply("answer"), out),
        false => end.hang_up(now, leg(2), 486, None, out),
    });
    pair.run_ms(30);
}

/// Two processes in a row are killed between writing and sending, at each of their turns: the phone hears its end from the third.
#[test]
fn whenever_two_processes_in_a_row_are_killed_the_caller_is_told() {
    for (answers, loss) in [(false, 0.0), (true, 0.0), (false, 0.3), (true, 0.3)] {
        let mut killed = 0;
        for (turn, then) in (2..8).flat_map(|turn| (1..6).map(move |then| (turn, then))) {
            let mut pair = Pair::new(30 + turn as u64, Weather::default());
            (pair.kill, pair.then) = (Some((1, turn, true)), Some(then));
            rung(&mut pair, answers, loss);
            pair.run_ms(40_000);
            killed += usize::from(pair.kill.is_none() && pair.then.is_none());
            let why = format!("{answers} {loss} {turn} {then}: {:#?}", pair.sent);
            if !answers || turn < 4 {
                assert_eq!(pair.closed[0], 1, "{why}");
            } else if pair.closed[0] == 0 {
                pair.act(0, |end, now, out| end.hang_up(now, leg(1), 480, None, out));
            }
            pair.kill = None;
            pair.settle();
            assert!(pair.ledgers.iter().all(std::collections::BTreeMap::is_empty), "{why}");
        }
        assert!(killed >= 4, "hardly anybody was killed twice: {killed}");
    }
}
