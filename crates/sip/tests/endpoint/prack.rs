//! Reliable provisional responses (RFC 3262), sent and heard.

use base::Transport;
use sip::{Invite, Message, Method, Name, Reply};

use crate::pair::{Pair, Weather, body, invite, leg, reply};
use crate::script::{Script, request, response, with};

const HEADERS: &str = "Contact: <sip:peer@10.0.0.2>\nMax-Forwards: 70\n";

/// An INVITE of the peer that requires reliable provisional responses, adopted as leg 1; gives our tag once it rang.
fn ringing(script: &mut Script, ring: &Reply) -> String {
    script.hear(&with("INVITE", "1", 5, "", &format!("{HEADERS}Require: 100rel\n"), "offer"));
    let tx = script.take_tx();
    script.act(|end, now, out| {
        end.adopt(tx, leg(1));
        end.provisional(now, leg(1), 180, ring, out);
    });
    script.sent.remove(0);
    script.our_tag()
}

fn rseq(message: &Message) -> u32 {
    message.header(Name::Rseq).and_then(|text| text.parse().ok()).expect("a reliable response has a number")
}

fn prack(branch: &str, cseq: u32, tag: &str, rack: &str, body: &str) -> String {
    with("PRACK", branch, cseq, tag, &format!("{HEADERS}RAck: {rack}\n"), body)
}

/// The peer's PRACK of the response sent last.
fn acknowledge(script: &mut Script, cseq: u32, tag: &str) {
    let rack = format!("{} 5 INVITE", rseq(&script.sent.last().unwrap().1));
    script.sent.clear();
    script.hear(&prack(&format!("prack{cseq}"), cseq, tag, &rack, ""));
}

/// Refuses leg 1; nothing may be left then.
fn refuse(script: &mut Script) {
    script.act(|end, now, out| end.hang_up(now, leg(1), 486, None, out));
    script.settle();
    assert!(script.end.is_idle());
}

#[test]
fn what_rings_is_repeated_until_its_prack_rfc3262_3() {
    let mut script = Script::new();
    let tag = ringing(&mut script, &Reply::default());
    let first = script.sent[0].1.clone();
    assert_eq!((first.status(), first.header(Name::Require)), (Some(180), Some("100rel")));
    assert!((1..1 << 31).contains(&rseq(&first)));
    assert!(first.header(Name::Contact).is_some(), "the PRACK needs a target");
    script.run_ms(16_000);
    assert_eq!(script.sent.len(), 6, "after 0.5, 1.5, 3.5, 7.5, 15.5 s");
    assert!(script.sent.iter().all(|(_, message)| rseq(message) == rseq(&first)));
    acknowledge(&mut script, 6, &tag);
    assert_eq!(script.lines(), ["200"]);
    script.run_ms(60_000);
    assert_eq!((script.lines(), script.told()), (Vec::new(), Vec::new()));
    refuse(&mut script);
}

#[test]
fn an_invite_whose_prack_stays_away_is_refused_rfc3262_3() {
    let mut script = Script::new();
    ringing(&mut script, &Reply::default());
    script.run_ms(31_900);
    assert_eq!(script.told(), [""; 0]);
    script.sent.clear();
    script.run_ms(200);
    assert_eq!((script.lines(), script.told()), (vec!["500".into()], vec!["Gone 1 Timeout".into(), "Closed 1".into()]));
    script.settle();
    assert!(script.end.is_idle());
}

#[test]
fn only_the_right_prack_counts_rfc3262_3() {
    let mut script = Script::new();
    let tag = ringing(&mut script, &Reply::default());
    let number = rseq(&script.sent[0].1);
    script.sent.clear();
    let wrong = [
        format!("{} 5 INVITE", number + 1),
        format!("{number} 4 INVITE"),
        format!("{number} 5 UPDATE"),
        format!("{number} 5"),
        "x".to_owned(),
    ];
    for (n, rack) in wrong.iter().enumerate() {
        script.hear(&prack(&format!("w{n}"), 6 + n as u32, &tag, rack, ""));
        assert_eq!(script.lines(), ["481"], "{rack}");
    }
    script.hear(&request("PRACK", "none", 20, &tag, ""));
    script.hear(&prack("outside", 1, "", &format!("{number} 5 INVITE"), ""));
    assert_eq!(script.lines(), ["481", "481"]);
    let right = prack("right", 21, &tag, &format!("{number} 5 INVITE"), "");
    script.hear(&right);
    script.hear(&right);
    script.hear(&prack("again", 22, &tag, &format!("{number} 5 INVITE"), ""));
    assert_eq!(script.lines(), ["200", "200", "481"], "repeated, then a second one");
    refuse(&mut script);
}

#[test]
fn one_at_a_time_rfc3262_3() {
    let mut script = Script::new();
    let tag = ringing(&mut script, &Reply::default());
    let first = rseq(&script.sent[0].1);
    script.act(|end, now, out| {
        end.provisional(now, leg(1), 182, &Reply::default(), out);
        end.provisional(now, leg(1), 183, &reply("early"), out);
    });
    assert_eq!(script.sent.len(), 1, "they wait");
    acknowledge(&mut script, 6, &tag);
    let second = script.sent[1].1.clone();
    assert_eq!((second.status(), rseq(&second)), (Some(182), first + 1));
    acknowledge(&mut script, 7, &tag);
    let third = script.sent[1].1.clone();
    assert_eq!((third.status(), rseq(&third), third.body()), (Some(183), first + 2, &b"early"[..]));
    acknowledge(&mut script, 8, &tag);
    assert_eq!(script.lines(), ["200"]);
    refuse(&mut script);
}

#[test]
fn an_answer_overtakes_what_only_rings_rfc3262_3() {
    let mut script = Script::new();
    let tag = ringing(&mut script, &Reply::default());
    let rack = format!("{} 5 INVITE", rseq(&script.sent[0].1));
    script.sent.clear();
    script.act(|end, now, out| {
        end.provisional(now, leg(1), 182, &Reply::default(), out);
        end.answer(now, leg(1), &reply("answer"), out);
    });
    assert_eq!(script.lines(), ["200"]);
    script.hear(&prack("late", 6, &tag, &rack, ""));
    assert_eq!(script.lines(), ["200"], "a PRACK on its way is still answered");
    script.hear(&request("ACK", "ack", 5, &tag, ""));
    script.run_ms(40_000);
    assert_eq!((script.lines(), script.told()), (Vec::new(), vec!["Acked 1 ".to_owned()]));
    script.act(|end, now, out| end.hang_up(now, leg(1), 480, None, out));
    script.settle();
    assert!(script.end.is_idle());
}

#[test]
fn an_answer_waits_for_the_prack_of_a_description_rfc3262_3() {
    for queued in [false, true] {
        let mut script = Script::new();
        let tag = ringing(&mut script, &if queued { Reply::default() } else { reply("early") });
        script.act(|end, now, out| {
            if queued {
                end.provisional(now, leg(1), 183, &reply("early"), out);
            }
            end.answer(now, leg(1), &reply("answer"), out);
            end.answer(now, leg(1), &reply("second thoughts"), out);
        });
        assert_eq!(script.sent.len(), 1);
        let mut cseq = 6;
        if queued {
            acknowledge(&mut script, cseq, &tag);
            assert_eq!(script.sent[1].1.status(), Some(183));
            cseq += 1;
        }
        acknowledge(&mut script, cseq, &tag);
        assert_eq!(script.sent[1].1.body(), b"answer");
        assert_eq!(script.lines(), ["200", "200"]);
        script.hear(&request("ACK", "ack", 5, &tag, ""));
        assert_eq!(script.told(), ["Acked 1 "]);
        script.act(|end, now, out| end.hang_up(now, leg(1), 480, None, out));
        script.settle();
        assert!(script.end.is_idle());
    }
}

#[test]
fn whoever_hangs_up_does_not_wait_for_a_prack() {
    let mut script = Script::new();
    ringing(&mut script, &reply("early"));
    script.act(|end, now, out| end.answer(now, leg(1), &reply("answer"), out));
    script.sent.clear();
    refuse(&mut script);
    assert_eq!(script.lines()[0], "486");
    let mut script = Script::new();
    ringing(&mut script, &reply("early"));
    script.sent.clear();
    script.hear(&request("CANCEL", "1", 5, "", ""));
    assert_eq!(script.lines(), ["200", "487"]);
    assert_eq!(script.told(), ["Cancelled 1", "Closed 1"]);
    script.settle();
    assert!(script.end.is_idle());
}

#[test]
fn an_offer_in_a_prack_is_answered_by_its_owner_rfc3262_5() {
    let mut script = Script::new();
    let tag = ringing(&mut script, &reply("early"));
    let rack = format!("{} 5 INVITE", rseq(&script.sent[0].1));
    script.sent.clear();
    script.hear(&prack("p", 6, &tag, &rack, "another"));
    let tx = script.events.iter().find_map(crate::pair::tx).unwrap();
    assert_eq!((script.lines().len(), script.told()), (0, vec!["Update 1 another".to_owned()]));
    script.act(|end, now, out| end.reply(now, tx, 200, &reply("fine"), out));
    assert_eq!(script.sent[0].1.body(), b"fine");
    refuse(&mut script);
}

#[test]
fn who_only_supports_it_is_not_bothered() {
    let mut script = Script::new();
    script.hear(&with("INVITE", "1", 5, "", &format!("{HEADERS}Supported: 100rel\n"), "offer"));
    let tx = script.take_tx();
    script.act(|end, now, out| {
        end.adopt(tx, leg(1));
        end.provisional(now, leg(1), 180, &Reply::default(), out);
        end.provisional(now, leg(1), 183, &Reply::default(), out);
    });
    assert!(script.sent.iter().all(|(_, m)| m.header(Name::Rseq).is_none() && m.header(Name::Require).is_none()));
    script.run_ms(40_000);
    assert_eq!(script.lines(), ["100", "180", "183"]);
    refuse(&mut script);
}

#[test]
fn a_reinvite_has_its_own_sequence() {
    let mut script = Script::answered();
    script.act(|end, now, out| end.info(now, leg(1), body("x").unwrap(), out));
    let info = script.sent.pop().unwrap().1;
    let tag = info.from_tag().to_owned();
    script.answer(&info, 200, "theirs", "");
    script.hear(&with("INVITE", "re", 5, &tag, &format!("{HEADERS}Require: 100rel\n"), "hold"));
    let tx = script.take_tx();
    script.act(|end, now, out| {
        end.reply(now, tx, 183, &reply("early"), out);
        end.reply(now, tx, 200, &reply("held"), out);
    });
    assert_eq!(script.sent.last().unwrap().1.status(), Some(183));
    acknowledge(&mut script, 6, &tag);
    assert_eq!(script.lines(), ["200", "200"]);
    script.hear(&request("ACK", "ack", 5, &tag, ""));
    script.hear(&with("INVITE", "re2", 7, &tag, &format!("{HEADERS}Require: 100rel\n"), "hold"));
    let tx = script.take_tx();
    script.act(|end, now, out| end.reply(now, tx, 183, &Reply::default(), out));
    script.run_ms(32_100);
    assert_eq!(script.lines().last().map(String::as_str), Some("500"));
    assert_eq!(script.told(), [""; 0], "the call goes on");
    script.settle_leg();
}

/// A provisional response of the peer.
fn reliable(request: &Message, status: u16, tag: &str, rseq: u32, body: &str) -> String {
    let more = format!("{HEADERS}Content-Type: application/sdp\nRequire: 100rel\nRSeq: {rseq}\n");
    let text = response(request, status, tag, &more);
    text.replace("Content-Length: 0\n\n", &format!("Content-Length: {}\n\n{body}", body.len()))
}

/// What the PRACKs that left acknowledge: To tag, CSeq, RAck.
fn pracks(script: &mut Script) -> Vec<(String, u32, String)> {
    let sent = std::mem::take(&mut script.sent);
    let all = sent.iter().map(|(_, m)| {
        assert_eq!(m.method(), Method::Prack);
        assert_eq!(m.request_uri_text(), "sip:peer@10.0.0.2");
        (m.to_tag().to_owned(), m.cseq().unwrap().0, m.header(Name::Rack).unwrap().to_owned())
    });
    all.collect()
}

#[test]
fn what_is_heard_is_acknowledged_once_and_in_order_rfc3262_4() {
    let mut script = Script::new();
    let invite = script.call(body("offer"));
    assert!(["100rel", "timer"].iter().all(|tag| invite.supported().any(|ours| ours == *tag)));
    script.hear(&reliable(&invite, 180, "a", 7, ""));
    let first = script.sent[0].1.clone();
    assert_eq!(pracks(&mut script), [("a".into(), 2, "7 1 INVITE".into())]);
    script.answer(&first, 200, "a", "");
    for again in [7, 6, 9] {
        script.hear(&reliable(&invite, 183, "a", again, ""));
    }
    assert_eq!((script.lines(), script.told()), (Vec::new(), vec!["Progress 1 180 ".to_owned()]));
    script.hear(&reliable(&invite, 183, "a", 8, "early"));
    assert_eq!(pracks(&mut script), [("a".into(), 3, "8 1 INVITE".into())]);
    assert_eq!(script.told(), ["Progress 1 183 early"]);
    script.answer(&invite, 180, "a", HEADERS);
    assert_eq!((script.lines(), script.told()), (Vec::new(), vec!["Progress 1 180 ".to_owned()]), "an unreliable one");
    script.act(|end, now, out| end.hang_up(now, leg(1), 480, None, out));
    script.settle();
    assert!(script.end.is_idle());
}

#[test]
fn forks_have_their_own_sequences_and_their_numbers_go_on_rfc3262_4() {
    let mut script = Script::new();
    let invite = script.call(body("offer"));
    for (tag, number) in [("a", 100), ("b", 1), ("a", 101), ("b", 1), ("b", 3)] {
        script.hear(&reliable(&invite, 180, tag, number, ""));
    }
    let expected = [("a", 2, "100 1 INVITE"), ("b", 2, "1 1 INVITE"), ("a", 3, "101 1 INVITE")];
    assert_eq!(pracks(&mut script), expected.map(|(tag, cseq, rack)| (tag.to_owned(), cseq, rack.to_owned())));
    script.told();
    script.answer(&invite, 200, "a", HEADERS);
    script.answer(&invite, 200, "b", HEADERS);
    let byes: Vec<_> = script.sent.iter().filter(|(_, m)| m.method() == Method::Bye).collect();
    assert!(byes[0].1.cseq().unwrap().0 > 2, "the fork that lost has heard CSeq 2 already");
    script.sent.clear();
    script.act(|end, now, out| end.hang_up(now, leg(1), 480, None, out));
    assert!(script.sent[0].1.cseq().unwrap().0 > 3);
    script.settle();
    assert!(script.end.is_idle());
}

#[test]
fn a_2xx_without_the_answer_gets_that_of_its_own_fork_rfc3261_13_2_1() {
    for (tag, ok, expected) in [("a", "", "from a"), ("b", "", "from b"), ("a", "own", "own"), ("c", "", "")] {
        let mut script = Script::new();
        let invite = script.call(body("offer"));
        script.hear(&reliable(&invite, 183, "a", 1, "from a"));
        script.hear(&reliable(&invite, 183, "b", 1, "from b"));
        script.hear(&reliable(&invite, 180, "a", 2, ""));
        script.told();
        let text = response(&invite, 200, tag, &format!("{HEADERS}Content-Type: application/sdp\n"));
        script.hear(&text.replace("Content-Length: 0\n\n", &format!("Content-Length: {}\n\n{ok}", ok.len())));
        assert_eq!(script.told(), [format!("Answered 1 200 {expected}")]);
        script.settle_leg();
    }
}

#[test]
fn an_invite_without_offer_does_not_ask_for_it_rfc3262_5() {
    let mut script = Script::new();
    let invite = script.call(None);
    assert_eq!(invite.supported().collect::<Vec<_>>(), ["timer"]);
}

#[test]
fn a_provisional_response_to_our_reinvite_is_acknowledged_too() {
    let mut script = Script::new();
    script.called("");
    script.act(|end, now, out| end.reinvite(now, leg(1), body("hold"), out));
    let change = script.sent.pop().unwrap().1;
    script.hear(&reliable(&change, 183, "theirs", 9, "early"));
    script.hear(&reliable(&change, 183, "theirs", 9, "early"));
    assert_eq!(pracks(&mut script), [("theirs".into(), 3, "9 2 INVITE".into())]);
    script.answer(&change, 200, "theirs", HEADERS);
    assert_eq!(script.told(), ["ReinviteDone 1 200 early"]);
    script.settle_leg();
}

#[test]
fn two_of_us_agree_over_any_network_rfc3262() {
    let foul = Weather { loss: 0.2, duplicates: 0.2, jitter_ms: 300 };
    let cases = [(Transport::Udp, Weather::default()), (Transport::Tcp, Weather::default()), (Transport::Udp, foul)];
    for (seed, (transport, weather)) in (0..20).flat_map(|seed| cases.map(|case| (seed, case))) {
        let mut pair = Pair::over(transport, 60 + seed, weather);
        let headers = vec![("Require".to_owned(), "100rel".to_owned())];
        let call = Invite { headers, ..invite(pair.flow(0), body("offer")) };
        pair.act(0, |end, now, out| end.invite(now, leg(1), call, out));
        pair.run_ms(8_000);
        pair.adopt(2);
        pair.act(1, |end, now, out| {
            end.provisional(now, leg(2), 180, &Reply::default(), out);
            end.provisional(now, leg(2), 183, &reply("early"), out);
            end.answer(now, leg(2), &Reply::default(), out);
        });
        pair.run_ms(30_000);
        assert_eq!(pair.heard(0), ["Progress 1 180 ", "Progress 1 183 early", "Answered 1 200 early"], "{seed}");
        assert_eq!(pair.heard(1), ["Acked 2 "], "{seed}");
        pair.act(0, |end, now, out| end.hang_up(now, leg(1), 480, None, out));
        pair.settle();
    }
}
