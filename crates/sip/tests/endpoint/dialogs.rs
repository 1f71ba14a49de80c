//! What the endpoint does inside dialogs and with its own calls, against a scripted peer.

use sip::{Message, Method, Name, Reply};

use crate::pair::{body, leg, reply};
use crate::script::{Script, request, response, with};

#[test]
fn numbers_that_go_back_get_500_rfc3261_12_2_2() {
    let mut script = Script::answered();
    let tag = dialog_tag(&mut script);
    script.hear(&request("OPTIONS", "b", 9, &tag, ""));
    script.hear(&request("OPTIONS", "c", 8, &tag, ""));
    assert_eq!(script.lines(), ["500"]);
    assert_eq!(script.told(), ["InDialog 1 OPTIONS"]);
}

/// Our tag in the dialog of `Script::answered`, as a BYE of ours would show it.
fn dialog_tag(script: &mut Script) -> String {
    script.act(|end, now, out| end.info(now, leg(1), body("x").unwrap(), out));
    script.sent.pop().unwrap().1.from().unwrap().tag().unwrap().to_owned()
}

#[test]
fn a_second_offer_before_the_first_is_answered_gets_500_rfc3261_14_2() {
    let mut script = Script::answered();
    let tag = dialog_tag(&mut script);
    script.hear(&request("INVITE", "b", 2, &tag, "hold"));
    let tx = script.take_tx();
    script.hear(&request("UPDATE", "c", 3, &tag, "offer"));
    script.hear(&request("INVITE", "d", 4, &tag, "offer"));
    assert!(script.sent[1..].iter().all(|(_, m)| m.header(Name::RetryAfter).is_some()));
    assert_eq!(script.lines(), ["100", "500", "500"]);
    script.act(|end, now, out| end.reply(now, tx, 200, &reply("held"), out));
    assert_eq!(script.lines(), ["200"]);
}

#[test]
fn bye_answers_what_is_still_open_with_487_rfc3261_15_1_2() {
    let mut script = Script::answered();
    let tag = dialog_tag(&mut script);
    script.hear(&request("INVITE", "b", 2, &tag, "hold"));
    let tx = script.take_tx();
    script.hear(&request("BYE", "c", 3, &tag, ""));
    assert_eq!(script.lines(), ["100", "200", "487"]);
    assert_eq!(script.told(), ["Bye 1", "Closed 1"]);
    script.act(|end, now, out| end.reply(now, tx, 200, &reply("late"), out));
    assert_eq!(script.lines(), [] as [&str; 0]);
}

#[test]
fn a_cancelled_reinvite_leaves_the_call_up_rfc3261_9_2() {
    let mut script = Script::answered();
    let tag = dialog_tag(&mut script);
    script.hear(&request("INVITE", "b", 2, &tag, "hold"));
    script.hear(&request("CANCEL", "b", 2, &tag, ""));
    assert_eq!(script.lines(), ["100", "200", "487"]);
    script.told();
    script.hear(&request("INVITE", "c", 3, &tag, "hold"));
    assert_eq!((script.lines(), script.told()), (vec!["100".to_owned()], vec!["Reinvite 1 hold".to_owned()]));
}

#[test]
fn update_works_in_an_early_dialog_and_waits_for_the_first_answer_rfc3311_5_2() {
    let mut script = Script::new();
    let invite = script.call(body("offer"));
    script.answer(&invite, 180, "fork", "Contact: <sip:peer@10.0.0.2>\n");
    assert_eq!(script.told(), ["Progress 1 180 "]);
    let ours = invite.from().unwrap().tag().unwrap().to_owned();
    let update = |branch: &str, cseq, text: &str| {
        let call_id = format!("Call-ID: {}", invite.call_id().unwrap());
        let text = request("UPDATE", branch, cseq, &ours, text).replace("Call-ID: call", &call_id);
        text.replace("tag=theirs", "tag=fork")
    };
    script.hear(&update("1", 1, "offer"));
    script.hear(&update("2", 2, ""));
    assert_eq!(script.lines(), ["491"]);
    assert_eq!(script.told(), ["Update 1 "]);
}

const CONTACT: &str = "Contact: <sip:peer@10.0.0.2>\n";

#[test]
fn every_further_2xx_of_a_forked_invite_is_ended_rfc3261_13_2_2_4() {
    let mut script = Script::new();
    let invite = script.call(body("offer"));
    script.answer(&invite, 180, "a", CONTACT);
    script.answer(&invite, 180, "b", CONTACT);
    script.answer(&invite, 200, "a", CONTACT);
    assert_eq!(script.lines(), ["ACK"]);
    script.answer(&invite, 200, "b", CONTACT);
    let to: Vec<String> = script.sent.iter().map(|(_, m)| m.to().unwrap().tag().unwrap().to_owned()).collect();
    assert_eq!(to, ["b", "b"]);
    let bye = script.sent[1].1.clone();
    assert_eq!(script.lines(), ["ACK", "BYE"]);
    script.answer(&invite, 200, "b", CONTACT);
    script.answer(&invite, 200, "a", CONTACT);
    assert_eq!(script.lines(), ["ACK", "ACK"], "repeats are acknowledged again, nothing more");
    script.answer(&bye, 200, "b", "");
    assert_eq!(script.told(), ["Progress 1 180 ", "Progress 1 180 ", "Answered 1 200 "]);
    script.act(|end, now, out| end.hang_up(now, leg(1), 480, None, out));
    let bye = script.sent[0].1.clone();
    assert_eq!(bye.to().unwrap().tag(), Some("a"));
    script.answer(&bye, 200, "a", "");
    assert_eq!(script.told(), ["Closed 1"]);
    script.sent.clear();
    script.answer(&invite, 200, "c", CONTACT);
    assert_eq!(script.lines(), ["ACK", "BYE"], "also when the call is over");
    script.run_ms(40_000);
    assert!(script.end.is_idle());
}

#[test]
fn a_2xx_after_the_rejection_closed_nothing_twice() {
    let mut script = Script::new();
    let invite = script.call(body("offer"));
    script.answer(&invite, 486, "a", "");
    script.answer(&invite, 486, "a", "");
    script.answer(&invite, 200, "b", CONTACT);
    assert_eq!(script.lines(), ["ACK", "ACK"]);
    assert_eq!(script.told(), ["Rejected 1 Status(486)", "Closed 1"]);
}

#[test]
fn cancel_looks_like_its_invite_rfc3261_9_1() {
    let mut script = Script::new();
    let invite = script.call(body("offer"));
    script.answer(&invite, 100, "", "");
    script.act(|end, now, out| end.hang_up(now, leg(1), 480, Some("SIP;cause=200;text=\"elsewhere\""), out));
    let cancel = script.sent[0].1.clone();
    assert_eq!(cancel.method(), Method::Cancel);
    for name in [Name::Via, Name::From, Name::To, Name::CallId] {
        assert_eq!(cancel.header(name), invite.header(name));
    }
    assert_eq!(cancel.request_uri_text(), invite.request_uri_text());
    assert_eq!(cancel.cseq().unwrap(), (1, Method::Cancel));
    assert_eq!(cancel.header(Name::Reason), Some("SIP;cause=200;text=\"elsewhere\""));
    script.act(|end, now, out| end.hang_up(now, leg(1), 480, None, out));
    script.answer(&cancel, 200, "a", "");
    script.answer(&invite, 487, "a", "");
    assert_eq!(script.lines(), ["CANCEL", "ACK"]);
    assert_eq!(script.told(), ["Closed 1"]);
}

#[test]
fn strays_are_dropped() {
    let mut script = Script::new();
    let invite = script.call(body("offer"));
    script.sent.clear();
    script.answer(&invite, 200, "a", "Via: SIP/2.0/UDP elsewhere;branch=z9hG4bK9\n");
    let other = Message::parse(request("INVITE", "foreign", 1, "", "").replace('\n', "\r\n").as_bytes()).unwrap();
    script.answer(&other, 200, "a", CONTACT);
    for junk in ["", "\n\n", "hello", "SIP/2.0 200", "INVITE", "\0\0\0\0"] {
        script.hear(junk);
    }
    assert_eq!((script.lines(), script.told()), (Vec::new(), Vec::new()));
}

#[test]
fn requests_follow_routes_and_contacts_but_not_out_of_nat() {
    let cases = [
        ("Contact: <sip:peer@10.0.0.2:5070>\n", "10.0.0.2:5070", "the Contact is the peer on another port"),
        ("Contact: <sip:peer@192.168.1.5>\n", "10.0.0.2:5060", "NAT: the flow is kept"),
        ("Contact: <sip:peer@phone.example>\n", "10.0.0.2:5060", "a name: the flow is kept"),
        ("Contact: <sip:peer@10.0.0.2:5070;transport=tcp>\n", "10.0.0.2:5060", "another transport"),
        ("Record-Route: <sip:10.0.0.3:5062;lr>\nContact: <sip:peer@x.example>\n", "10.0.0.3:5062", "the top route"),
        ("Record-Route: <sip:proxy.example;lr>\nContact: <sip:peer@10.0.0.2:5070>\n", "10.0.0.2:5060", "a name"),
    ];
    for (headers, expected, why) in cases {
        let mut script = Script::new();
        script.hear(&with("INVITE", "1", 1, "", headers, "offer"));
        let tx = script.take_tx();
        script.act(|end, now, out| {
            end.adopt(tx, leg(1));
            end.answer(now, leg(1), &reply("answer"), out);
        });
        let tag = script.our_tag();
        script.hear(&request("ACK", "ack", 1, &tag, ""));
        script.sent.clear();
        script.act(|end, now, out| end.hang_up(now, leg(1), 480, None, out));
        assert_eq!(script.sent[0].0.peer, expected.parse().unwrap(), "{why}");
    }
}

#[test]
fn only_the_ack_of_our_2xx_counts_rfc3261_13_3_1_4() {
    let mut script = Script::new();
    script.hear(&request("INVITE", "1", 5, "", "offer"));
    let tx = script.take_tx();
    script.act(|end, now, out| {
        end.adopt(tx, leg(1));
        end.provisional(now, leg(1), 200, &reply("no provisional"), out);
        end.provisional(now, leg(1), 99, &reply("no response at all"), out);
        end.answer(now, leg(1), &reply("answer"), out);
    });
    assert_eq!(script.sent.len(), 2, "100 and 200");
    let tag = script.our_tag();
    script.hear(&request("ACK", "a", 4, &tag, ""));
    script.hear(&request("ACK", "b", 5, "another", ""));
    script.hear(&request("ACK", "c", 5, &tag, "").replace("tag=theirs", "tag=others"));
    script.hear(&request("ACK", "d", 5, &tag, "").replace("Call-ID: call", "Call-ID: other"));
    assert_eq!(script.told(), [] as [&str; 0]);
    script.hear(&request("ACK", "e", 5, &tag, ""));
    script.hear(&request("ACK", "e", 5, &tag, ""));
    assert_eq!(script.told(), ["Acked 1 "]);
}

#[test]
fn numbers_go_on_when_an_early_dialog_is_confirmed_rfc3261_12_2_2() {
    let mut script = Script::new();
    let invite = script.call(body("offer"));
    script.answer(&invite, 180, "fork", CONTACT);
    let ours = invite.from().unwrap().tag().unwrap().to_owned();
    let call_id = format!("Call-ID: {}", invite.call_id().unwrap());
    let theirs = |method: &str, branch: &str, cseq| {
        let text = request(method, branch, cseq, &ours, "").replace("Call-ID: call", &call_id);
        text.replace("tag=theirs", "tag=fork")
    };
    script.hear(&theirs("UPDATE", "1", 7));
    script.answer(&invite, 200, "fork", CONTACT);
    script.lines();
    script.hear(&theirs("OPTIONS", "2", 6));
    script.hear(&theirs("OPTIONS", "3", 8));
    assert_eq!(script.lines(), ["500"]);
}

#[test]
fn a_change_that_met_491_waits_as_long_as_the_rules_say_rfc3261_14_1() {
    for (calls, ms) in [(true, 2100..4020), (false, 0..2020)] {
        let mut script = if calls { Script::new() } else { Script::answered() };
        if calls {
            let invite = script.call(body("offer"));
            script.answer(&invite, 200, "x", CONTACT);
            script.lines();
        }
        script.act(|end, now, out| end.reinvite(now, leg(1), body("hold"), out));
        let first = script.sent.pop().unwrap().1;
        script.answer(&first, 491, "x", "");
        script.sent.clear();
        let started = script.now.time;
        while script.sent.is_empty() {
            script.run_ms(10);
        }
        let waited = script.now.time.since(started).as_millis() as u64;
        assert!(ms.contains(&waited), "{calls} {waited}");
        let second = script.sent.pop().unwrap().1;
        assert_eq!((second.method(), second.body()), (Method::Invite, &b"hold"[..]));
        assert_eq!(second.cseq().unwrap().0, first.cseq().unwrap().0 + 1);
    }
}

#[test]
fn our_change_waits_for_theirs() {
    let mut script = Script::answered();
    let tag = dialog_tag(&mut script);
    script.hear(&request("UPDATE", "b", 2, &tag, "hold"));
    let tx = script.take_tx();
    script.act(|end, now, out| end.reinvite(now, leg(1), body("mine"), out));
    assert_eq!(script.lines(), [] as [&str; 0]);
    script.act(|end, now, out| end.reply(now, tx, 200, &reply("held"), out));
    assert_eq!(script.lines(), ["200", "INVITE"]);
}

#[test]
fn a_reinvite_that_outlives_its_leg_is_abandoned() {
    let mut script = Script::answered();
    script.act(|end, now, out| end.reinvite(now, leg(1), body("hold"), out));
    let invite = script.sent.pop().unwrap().1;
    script.answer(&invite, 100, "", "");
    script.act(|end, now, out| end.hang_up(now, leg(1), 480, None, out));
    let bye = script.sent.pop().unwrap().1;
    script.answer(&bye, 200, "", "");
    assert_eq!(script.told(), ["Closed 1"]);
    script.settle();
    assert!(script.end.is_idle());
}

#[test]
fn garbled_messages_leave_nothing_behind() {
    for seed in 0..60 {
        let mut rng = base::Rng::from_number(seed);
        let mut script = Script::answered();
        let tag = dialog_tag(&mut script);
        let call = script.call_other();
        let texts = [
            request("INVITE", "b", 2, &tag, "hold"),
            request("UPDATE", "c", 3, &tag, "hold"),
            request("BYE", "d", 4, &tag, ""),
            with("INVITE", "e", 1, "", "Require: 100rel\nSession-Expires: 90\nSupported: timer\n", "offer"),
            with("PRACK", "g", 5, &tag, "RAck: 1 1 INVITE\n", ""),
            request("CANCEL", "e", 1, "", ""),
            request("OPTIONS", "f", 1, "", ""),
            response(&call, 180, "x", &format!("{CONTACT}Require: 100rel\nRSeq: 1\n")),
            response(&call, 200, "x", &format!("{CONTACT}Session-Expires: 90;refresher=uac\n")),
        ];
        for _ in 0..60 {
            let text = &texts[rng.below(texts.len() as u64) as usize];
            let mut bytes = text.replace('\n', "\r\n").into_bytes();
            for _ in 0..rng.below(3) {
                let at = rng.below(bytes.len() as u64) as usize;
                bytes[at] = *b";:,<>\"@ \r\n019azAZ=/\xff".get(rng.below(20) as usize).unwrap_or(&0);
            }
            let flow = script.flow;
            script.act(|end, now, out| end.receive(now, flow, &bytes, out));
            for tx in std::mem::take(&mut script.events).iter().filter_map(crate::pair::tx) {
                script.act(|end, now, out| end.reply(now, tx, 404, &Reply::default(), out));
            }
        }
        for n in [1, 2] {
            script.act(|end, now, out| end.hang_up(now, leg(n), 480, None, out));
        }
        script.settle();
        assert!(script.end.is_idle(), "seed {seed}");
    }
}
