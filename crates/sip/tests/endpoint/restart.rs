//! A process is killed in the middle of a call, and another one ends what it finds.

use std::collections::BTreeMap;
use std::sync::Arc;

use base::{Flow, NetworkId, Transport};
use sip::{Fact, HeardInvite, Image, Method, Name};

use crate::pair::{Pair, Weather, body, leg, reply};
use crate::script::{Script, request, with};

const FAIR: Weather = Weather { loss: 0.0, duplicates: 0.0, jitter_ms: 0 };

/// A call with everything in it: rings, is answered, both sides change it. Ends 0 calls as leg 1, end 1 has leg 2.
fn whole_call(pair: &mut Pair, offer: bool) {
    pair.call(1, offer.then(|| body("offer").unwrap()));
    pair.run_ms(20);
    let invite = std::mem::take(&mut pair.events[1]).iter().find_map(crate::pair::tx);
    if let Some(tx) = invite {
        pair.act(1, |end, _, _| end.adopt(tx, leg(2)));
    }
    pair.act(1, |end, now, out| end.provisional(now, leg(2), 180, &reply(""), out));
    pair.run_ms(20);
    pair.act(1, |end, now, out| end.answer(now, leg(2), &reply("answer"), out));
    pair.run_ms(20);
    pair.act(0, |end, now, out| end.acknowledge(now, leg(1), body("answer"), out));
    pair.run_ms(20);
    for (end, n) in [(0, 1), (1, 2)] {
        pair.act(end, |end, now, out| end.reinvite(now, leg(n), body("hold"), out));
        pair.run_ms(20);
        for tx in std::mem::take(&mut pair.events[1 - end]).iter().filter_map(crate::pair::tx) {
            pair.act(1 - end, |end, now, out| end.reply(now, tx, 200, &reply("held"), out));
        }
        pair.run_ms(20);
        pair.act(end, |end, now, out| end.info(now, leg(n), body("5").unwrap(), out));
        pair.run_ms(20);
    }
}

#[test]
fn killed_at_any_point_of_a_call_both_sides_see_its_end() {
    for (victim, offer, lost) in
        [(0, true, false), (0, true, true), (0, false, true), (1, true, false), (1, true, true)]
    {
        let mut pair = Pair::new(30, FAIR);
        whole_call(&mut pair, offer);
        let turns = pair.turns[victim];
        assert!(turns > 5, "{turns}");
        for turn in 1..=turns {
            kill_at(victim, turn, offer, lost);
        }
    }
}

fn kill_at(victim: usize, turn: usize, offer: bool, lost: bool) {
    let mut pair = Pair::new(30, FAIR);
    pair.kill = Some((victim, turn, lost));
    whole_call(&mut pair, offer);
    assert!(pair.kill.is_none(), "killed in turn {turn}");
    let other = 1 - victim;
    // Its INVITE was nobody's yet when its 100 left. Such a caller is told by nobody, and hangs up in the end.
    let alone = victim == 1 && turn < 2;
    pair.run_ms(600);
    let why = format!("{victim} {offer} {lost} turn {turn}: {:#?}", pair.sent);
    let heard = !(victim == 0 && lost && turn == 1);
    assert_eq!(pair.ledgers[other].is_empty(), !alone, "{why}");
    assert_eq!(pair.closed[other], usize::from(!alone && heard), "{why}");
    if alone {
        pair.act(other, |end, now, out| end.hang_up(now, leg(1), 480, None, out));
    }
    pair.settle();
    assert!(pair.ledgers.iter().all(BTreeMap::is_empty), "{why}");
    let written = victim == 0 || turn > 1;
    assert_eq!((pair.closed[victim], pair.closed[other]), (usize::from(written), usize::from(heard)), "{why}");
}

pub(crate) fn image_of(facts: &[Fact]) -> Image {
    let found = facts.iter().rev().find_map(|fact| match fact {
        Fact::Image { image, .. } => Some(image.as_ref().clone()),
        _ => None,
    });
    found.expect("an image is written")
}

/// A script that starts with a leg of an earlier process and hangs it up.
pub(crate) fn revived(image: Image) -> Script {
    let mut script = Script::new();
    script.act(|end, now, out| {
        end.restore(now, leg(1), image, out);
        end.hang_up(now, leg(1), 480, Some("SIP;cause=503"), out);
    });
    script
}

pub(crate) const CONTACT: &str = "Contact: <sip:peer@10.0.0.2>\n";

#[test]
fn a_bye_after_a_restart_takes_a_new_number_and_the_old_way_rfc3261_12_2_1_1() {
    let mut before = Script::new();
    let invite = before.call(body("offer"));
    let routed = "Record-Route: <sip:10.0.0.9;lr>, <sip:10.0.0.8;lr>\nContact: <sip:peer@10.0.0.2:5071>\n";
    before.answer(&invite, 200, "a", routed);
    let mut image = image_of(&before.facts);
    image.sequence(7);
    image.sequence(5);
    let mut script = revived(image);
    let (flow, bye) = script.sent[0].clone();
    assert_eq!(flow.peer, "10.0.0.8:5060".parse().unwrap());
    assert_eq!(bye.cseq().unwrap(), (8, Method::Bye));
    assert_eq!(bye.request_uri_text(), "sip:peer@10.0.0.2:5071");
    assert_eq!(bye.headers(Name::Route).collect::<Vec<_>>(), ["<sip:10.0.0.8;lr>", "<sip:10.0.0.9;lr>"]);
    assert_eq!((bye.call_id(), bye.header(Name::From)), (invite.call_id(), invite.header(Name::From)));
    assert_eq!(bye.header(Name::Reason), Some("SIP;cause=503"));
    script.answer(&bye, 481, "", "");
    assert_eq!(script.told(), ["Closed 1"]);
    assert_eq!(script.facts.last(), Some(&Fact::Closed { leg: leg(1) }));
    script.settle();
    assert!(script.end.is_idle() && script.told().is_empty());
}

#[test]
fn a_leg_without_an_answer_to_its_bye_closes_with_timer_f_rfc3261_17_1_2_2() {
    let mut before = Script::new();
    let invite = before.call(body("offer"));
    before.answer(&invite, 200, "a", CONTACT);
    let mut script = revived(image_of(&before.facts));
    script.run_ms(31_900);
    assert_eq!(script.told(), [] as [&str; 0]);
    script.run_ms(200);
    assert_eq!(script.told(), ["Closed 1"]);
    script.settle();
    assert!(script.end.is_idle());
}

#[test]
fn a_2xx_that_repeats_after_a_restart_gets_its_ack_rfc3261_13_2_2_4() {
    let mut before = Script::new();
    let invite = before.call(body("offer"));
    before.answer(&invite, 200, "a", CONTACT);
    let mut script = revived(image_of(&before.facts));
    assert_eq!(script.lines(), ["BYE"]);
    script.answer(&invite, 200, "a", CONTACT);
    script.answer(&invite, 200, "a", CONTACT);
    assert_eq!(script.sent[0].1.cseq().unwrap(), (1, Method::Ack));
    assert_eq!(script.lines(), ["ACK", "ACK"]);
    script.answer(&invite, 200, "fork", CONTACT);
    assert_eq!(script.lines(), ["ACK", "BYE"], "another phone that answered is let go too");
}

#[test]
fn a_call_that_rang_is_cancelled_after_a_restart_rfc3261_9_1() {
    let mut before = Script::new();
    let invite = before.call(body("offer"));
    before.answer(&invite, 180, "a", CONTACT);
    before.answer(&invite, 180, "a", CONTACT);
    let images = before.facts.iter().filter(|fact| matches!(fact, Fact::Image { .. })).count();
    assert_eq!(images, 2, "when it left, and when it first rang");
    for ends in ["487", "200", "silence"] {
        let mut script = revived(image_of(&before.facts));
        let cancel = script.sent[0].1.clone();
        assert_eq!(cancel.cseq().unwrap(), (1, Method::Cancel));
        for name in [Name::Via, Name::From, Name::To, Name::CallId] {
            assert_eq!(cancel.header(name), invite.header(name));
        }
        script.answer(&cancel, 200, "a", "");
        assert_eq!((script.lines(), script.told()), (vec!["CANCEL".to_owned()], Vec::new()));
        match ends {
            "487" => {
                script.answer(&invite, 487, "a", "");
                script.answer(&invite, 487, "a", "");
                assert_eq!(script.sent[0].1.header(Name::Via), invite.header(Name::Via), "§17.1.1.3");
                assert_eq!(script.lines(), ["ACK", "ACK"]);
            }
            "200" => {
                script.answer(&invite, 200, "a", CONTACT);
                script.answer(&invite, 200, "a", CONTACT);
                let bye = script.sent[1].1.clone();
                assert_eq!(script.lines(), ["ACK", "BYE", "ACK"]);
                assert_eq!(script.told(), [] as [&str; 0]);
                script.answer(&bye, 200, "a", "");
            }
            _ => script.run_ms(32_100),
        }
        assert_eq!(script.told(), ["Closed 1"], "{ends}");
        script.settle();
        assert!(script.end.is_idle() && script.told().is_empty(), "{ends}");
    }
}

#[test]
fn a_call_that_nothing_answered_is_cancelled_once_something_does_rfc3261_9_1() {
    let mut before = Script::new();
    let invite = before.call(body("offer"));
    let image = image_of(&before.facts);
    let mut script = revived(image.clone());
    script.run_ms(900);
    assert_eq!(script.lines(), [] as [&str; 0], "neither CANCEL nor the INVITE again");
    script.answer(&invite, 100, "", "");
    assert_eq!(script.lines(), ["CANCEL"]);
    script.answer(&invite, 487, "a", "");
    assert_eq!((script.lines(), script.told()), (vec!["ACK".to_owned()], vec!["Closed 1".to_owned()]));
    let mut script = revived(image.clone());
    script.answer(&invite, 200, "a", CONTACT);
    assert_eq!(script.lines(), ["ACK", "BYE"], "§13.2.2.4: answered all the same");
    let mut script = revived(image);
    script.run_ms(1_050);
    assert_eq!(script.lines(), ["CANCEL"], "its 180 may have been lost with the process: it rings");
    script.run_ms(31_050);
    assert_eq!(script.told(), ["Closed 1"], "Timer B");
    script.run_ms(5_000);
    assert!(script.end.is_idle());
}

#[test]
fn what_the_peer_asks_while_a_restored_leg_ends() {
    let mut before = Script::new();
    before.hear(&request("INVITE", "1", 1, "", "offer"));
    let tx = before.take_tx();
    before.act(|end, now, out| {
        end.adopt(tx, leg(1));
        end.answer(now, leg(1), &reply("answer"), out);
    });
    let tag = before.our_tag();
    let mut script = revived(image_of(&before.facts));
    assert_eq!(script.lines(), ["480", "BYE"], "the ACK that is missing still is not waited for");
    for (method, cseq) in [("INVITE", 2), ("UPDATE", 3), ("INFO", 4), ("OPTIONS", 5)] {
        script.hear(&request(method, &format!("x{cseq}"), cseq, &tag, "hold"));
        assert_eq!(script.lines(), ["481"], "{method}");
    }
    script.hear(&request("ACK", "ack", 1, &tag, ""));
    script.hear(&request("BYE", "bye", 6, &tag, ""));
    assert_eq!((script.lines(), script.told()), (vec!["200".to_owned()], Vec::new()), "§15: both hung up");
    script.settle();
    assert_eq!(script.told(), ["Closed 1"]);
    assert!(script.end.is_idle());
}

#[test]
fn a_target_that_moved_and_numbers_that_were_used_are_written_down() {
    let mut script = Script::answered();
    script.facts.clear();
    script.act(|end, now, out| end.info(now, leg(1), body("x").unwrap(), out));
    assert_eq!(script.facts, [Fact::Sequence { leg: leg(1), cseq: 1 }]);
    let tag = script.sent.pop().unwrap().1.from().unwrap().tag().unwrap().to_owned();
    script.facts.clear();
    script.hear(&request("INVITE", "b", 2, &tag, "hold"));
    assert_eq!(script.facts, [], "the same Contact");
    let tx = script.take_tx();
    script.act(|end, now, out| end.reply(now, tx, 200, &reply("held"), out));
    script.hear(&request("ACK", "c", 2, &tag, ""));
    script
        .hear(&request("UPDATE", "d", 3, &tag, "").replace("sip:peer@10.0.0.2>\nMax", "sip:peer@10.0.0.2:5077>\nMax"));
    let image = image_of(&script.facts);
    let bye = revived(image).sent.pop().unwrap();
    assert_eq!((bye.1.request_uri_text(), bye.0.peer.port()), ("sip:peer@10.0.0.2:5077", 5077));
}

#[test]
fn a_restored_leg_is_there_once_and_over_a_lost_connection_it_closes() {
    let mut before = Script::new();
    let invite = before.call(body("offer"));
    before.answer(&invite, 200, "a", CONTACT);
    let image = image_of(&before.facts);
    let mut script = revived(image.clone());
    script.act(|end, now, out| end.restore(now, leg(1), image, out));
    let flow: Flow = script.sent[0].0;
    script.act(|end, now, out| end.flow_closed(now, flow, out));
    assert_eq!(script.told(), ["Closed 1"]);
    script.settle();
    assert!(script.end.is_idle());
}

/// What an INVITE heard, adopted as leg 1, has had of provisional responses.
pub(crate) fn awaited(invite: &str, statuses: &[u16]) -> Script {
    let mut script = Script::new();
    let (flow, bytes) = (script.flow, invite.replace('\n', "\r\n"));
    script.act(|end, now, out| end.receive(now, flow, bytes.as_bytes(), out));
    let tx = script.take_tx();
    script.act(|end, _, _| end.adopt(tx, leg(1)));
    script.act(|end, now, out| end.handle_timeout(now, out));
    for status in statuses {
        script.act(|end, now, out| end.provisional(now, leg(1), *status, &reply("early"), out));
    }
    script
}

#[test]
fn an_invite_that_rang_is_refused_after_a_restart_rfc3261_13_3_1() {
    let routed = request("INVITE", "1", 5, "", "offer")
        .replace("\nFrom", "\nVia: SIP/2.0/TCP far.example;branch=z9hG4bKfar\nFrom");
    let reliable = with("INVITE", "1", 5, "", &format!("{CONTACT}Require: 100rel\n"), "offer");
    for (invite, statuses) in [(&routed, &[][..]), (&routed, &[180]), (&routed, &[180, 183]), (&reliable, &[183])] {
        let before = awaited(invite, statuses);
        let images = before.facts.iter().filter(|fact| matches!(fact, Fact::Image { .. })).count();
        assert_eq!(images, 1, "with the first response: {statuses:?}");
        let told = before.sent.last().expect("a 100 at least").1.clone();
        let mut script = revived(image_of(&before.facts));
        assert_eq!(script.told(), ["Closed 1"]);
        assert!(matches!(image_of(&script.facts), Image::Refused { status: 480, .. }), "{statuses:?}");
        let (flow, refusal) = script.sent[0].clone();
        assert_eq!(
            (flow, refusal.status(), refusal.header(Name::Reason)),
            (before.flow, Some(480), Some("SIP;cause=503"))
        );
        assert_eq!(refusal.vias().collect::<Vec<_>>(), told.vias().collect::<Vec<_>>());
        for name in [Name::From, Name::CallId, Name::Cseq] {
            assert_eq!(refusal.header(name), told.header(name));
        }
        assert!(statuses.is_empty() || refusal.to_tag() == told.to_tag(), "the early dialog's own tag");
        // Lost, asked for again, acknowledged: as any refusal.
        script.run_ms(600);
        script.hear(invite);
        script.hear(&request("CANCEL", "1", 5, "", ""));
        assert_eq!(script.lines(), ["480", "480", "480", "200"], "{statuses:?}");
        assert_eq!(script.facts.len(), 1, "until its ACK");
        script.hear(&request("ACK", "1", 5, refusal.to_tag(), ""));
        assert_eq!(script.facts.last(), Some(&Fact::Closed { leg: leg(1) }));
        script.run_ms(40_000);
        assert_eq!((script.lines(), script.told()), (Vec::new(), Vec::new()));
        assert!(script.end.is_idle());
    }
}

/// RFC 3261 §18.2.2: the connection is gone with the process; the answer may open one to the port of the Via.
#[test]
fn over_a_connection_the_refusal_may_open_another_one() {
    let mut before = Script::with(crate::pair::config(0, Transport::Tcp));
    before.flow =
        Flow { transport: Transport::Tcp, connection: 7, ..Flow::udp(NetworkId(0), "10.0.0.2:33004".parse().unwrap()) };
    let text = request("INVITE", "1", 5, "", "offer").replace("UDP 10.0.0.2:5060", "TCP 10.0.0.2:5062");
    before.hear(&text);
    let tx = before.take_tx();
    before.act(|end, now, out| {
        end.adopt(tx, leg(1));
        end.provisional(now, leg(1), 180, &reply(""), out);
    });
    let (image, flow) = (image_of(&before.facts), before.flow);
    let mut script = Script::with(crate::pair::config(0, Transport::Tcp));
    let mut ways = Vec::new();
    script.act(|end, now, out| {
        end.restore(now, leg(1), image, out);
        end.hang_up(now, leg(1), 480, None, out);
        ways.extend(out.messages.iter().map(|message| (message.flow, message.direct)));
    });
    assert_eq!(ways, [(flow, Some("10.0.0.2:5062".parse().unwrap()))]);
    script.act(|end, now, out| end.flow_closed(now, flow, out));
    script.settle();
    assert!(script.end.is_idle());
}

#[test]
fn what_is_answered_or_refused_at_once_needs_no_image() {
    let begun = || {
        let mut script = Script::new();
        let (flow, bytes) = (script.flow, request("INVITE", "1", 1, "", "offer").replace('\n', "\r\n"));
        script.act(|end, now, out| end.receive(now, flow, bytes.as_bytes(), out));
        let tx = script.take_tx();
        script.act(|end, _, _| end.adopt(tx, leg(1)));
        script
    };
    let mut script = begun();
    script.act(|end, now, out| end.hang_up(now, leg(1), 486, None, out));
    assert_eq!((script.lines(), script.facts), (vec!["486".to_owned()], Vec::new()), "asks again by itself");
    let mut script = begun();
    script.act(|end, now, out| end.answer(now, leg(1), &reply("answer"), out));
    script.hear(&request("ACK", "ack", 1, &script.our_tag(), ""));
    let images = script.facts.iter().filter(|fact| matches!(fact, Fact::Image { .. })).count();
    assert_eq!(images, 1, "the dialog");
}

#[test]
fn an_invite_of_a_journal_that_makes_no_sense_is_over_at_once() {
    let before = awaited(&request("INVITE", "1", 5, "", "offer"), &[180]);
    let Image::Ringing { flow, invite } = image_of(&before.facts) else { panic!("it rings") };
    let whole = invite.text.clone();
    let spoilt = [
        String::new(),
        "\0".repeat(3000),
        whole.replace("Via", "X-Via"),
        whole.replace("INVITE", "OPTIONS"),
        whole.replace("From", "X-From"),
        whole.replace("CSeq: 5", "CSeq: x"),
        "SIP/2.0 200 OK\r\n".to_owned() + &whole,
    ];
    let cut = (0..whole.len()).filter(|at| whole.is_char_boundary(*at)).map(|at| whole[..at].to_owned());
    for text in spoilt.into_iter().chain(cut) {
        let invite = Arc::new(HeardInvite { text: text.clone(), ..invite.as_ref().clone() });
        for (image, told) in [
            (Image::Ringing { flow, invite: Arc::clone(&invite) }, &["Closed 1"][..]),
            (Image::Refused { flow, status: 486, invite }, &[]),
        ] {
            let mut script = revived(image);
            assert_eq!(script.told(), told, "{text:?}");
            assert_eq!(script.facts.last(), Some(&Fact::Closed { leg: leg(1) }), "{text:?}");
            script.settle();
            assert!(script.end.is_idle(), "{text:?}");
        }
    }
    // Twice in one journal: the first is answered, the second has nobody left to answer.
    let mut script = revived(Image::Ringing { flow, invite: invite.clone() });
    script.act(|end, now, out| end.restore(now, leg(2), Image::Ringing { flow, invite }, out));
    script.act(|end, now, out| end.hang_up(now, leg(2), 480, None, out));
    assert_eq!(script.told(), ["Closed 1", "Closed 2"]);
}
