//! Every way in which a call ends on the wire, by section of RFC 3261.

use sip::{Message, Method, Name};

use crate::pair::{body, leg, reply};
use crate::script::{Script, request, with};

const CONTACT: &str = "Contact: <sip:peer@10.0.0.2>\n";

fn no_lines() -> Vec<String> {
    Vec::new()
}

/// The peer's request in the dialog of a call of ours.
fn theirs(invite: &Message, method: &str, branch: &str, cseq: u32, tag: &str) -> String {
    let ours = invite.from().unwrap().tag().unwrap().to_owned();
    let call_id = format!("Call-ID: {}", invite.call_id().unwrap());
    let text = request(method, branch, cseq, &ours, "").replace("Call-ID: call", &call_id);
    text.replace("tag=theirs", &format!("tag={tag}"))
}

/// An INVITE of the peer that we have answered as leg 1; our tag.
fn unacknowledged() -> (Script, String) {
    let mut script = Script::new();
    script.hear(&request("INVITE", "1", 1, "", "offer"));
    let tx = script.take_tx();
    script.act(|end, now, out| {
        end.adopt(tx, leg(1));
        end.answer(now, leg(1), &reply("answer"), out);
    });
    let tag = script.our_tag();
    script.lines();
    (script, tag)
}

#[test]
fn a_final_failure_is_acknowledged_each_time_and_told_once_17_1_1() {
    let contacts = "Contact: <sip:a@10.0.0.7>;q=0.7, <sip:b@10.0.0.8>\n";
    let cases = [
        (301, contacts, "§8.1.3.4: we do not recurse"),
        (302, contacts, "§8.1.3.4"),
        (380, "", "§21.3.5"),
        (401, "WWW-Authenticate: Digest realm=\"x\", nonce=\"y\"\n", "§22.2: we have nobody's password"),
        (404, "", "§21.4.4"),
        (486, "Retry-After: 9\n", "§21.4.19"),
        (487, "", "§21.4.25: also when we did not cancel"),
        (503, "Retry-After: 9\n", "§21.5.4"),
        (600, "", "§21.6.1"),
        (603, "", "§21.6.2"),
        (699, "", "§8.1.3.2: unknown, so the class counts"),
    ];
    for (status, headers, why) in cases {
        for rings in [false, true] {
            let mut script = Script::new();
            let invite = script.call(body("offer"));
            if rings {
                script.answer(&invite, 180, "a", CONTACT);
                script.told();
            }
            for _ in 0..3 {
                script.answer(&invite, status, "a", headers);
                script.run_ms(500);
            }
            let acks = script.sent.iter().filter(|(_, m)| m.method() == Method::Ack);
            let mirrored = acks.filter(|(_, ack)| {
                ack.header(Name::Via) == invite.header(Name::Via) && ack.request_uri_text() == invite.request_uri_text()
            });
            assert_eq!(mirrored.count(), 3, "{status} {why}: §17.1.1.3");
            assert_eq!(script.lines(), ["ACK", "ACK", "ACK"], "{status} {why}");
            assert_eq!(script.told(), [format!("Rejected 1 Status({status})"), "Closed 1".into()], "{status} {why}");
            script.run_ms(32_000);
            script.answer(&invite, status, "a", headers);
            assert_eq!(script.lines(), no_lines(), "{status} {why}: Timer D is over");
            assert!(script.end.is_idle(), "{status} {why}");
        }
    }
}

#[test]
fn an_answer_without_any_provisional_before_it_13_2_2_4() {
    let mut script = Script::new();
    let invite = script.call(body("offer"));
    script.run_ms(1_600);
    assert_eq!(script.lines(), ["INVITE", "INVITE"], "§17.1.1.2: Timer A");
    script.answer(&invite, 200, "a", CONTACT);
    script.run_ms(20_000);
    assert_eq!(script.lines(), ["ACK"], "and nothing more of the INVITE");
    assert_eq!(script.told(), ["Answered 1 200 "]);
}

#[test]
fn our_cancel_crosses_their_200_in_either_order_9_1() {
    for cancel_first in [true, false] {
        let mut script = Script::new();
        let invite = script.call(body("offer"));
        script.answer(&invite, 180, "a", CONTACT);
        script.told();
        script.act(|end, now, out| end.hang_up(now, leg(1), 480, None, out));
        let cancel = script.sent.pop().unwrap().1;
        if cancel_first {
            script.answer(&cancel, 200, "a", "");
        }
        script.answer(&invite, 200, "a", CONTACT);
        if !cancel_first {
            script.answer(&cancel, 481, "a", "");
        }
        let bye = script.sent[1].1.clone();
        assert_eq!(bye.cseq().unwrap(), (2, Method::Bye));
        script.answer(&invite, 200, "a", CONTACT);
        assert_eq!(script.lines(), ["ACK", "BYE", "ACK"]);
        assert_eq!(script.told(), no_lines());
        script.answer(&bye, 200, "a", "");
        assert_eq!(script.told(), ["Closed 1"]);
        script.settle();
        assert!(script.end.is_idle());
    }
}

#[test]
fn their_cancel_crosses_our_200_and_their_bye_ends_the_call_9_2() {
    let (mut script, tag) = unacknowledged();
    script.hear(&request("CANCEL", "1", 1, "", ""));
    assert_eq!(script.lines(), ["200"]);
    script.hear(&request("ACK", "a", 1, &tag, ""));
    script.hear(&request("BYE", "b", 2, &tag, ""));
    assert_eq!(
        (script.lines(), script.told()),
        (vec!["200".into()], vec!["Acked 1 ".into(), "Bye 1".into(), "Closed 1".into()])
    );
    script.settle();
    assert!(script.end.is_idle());
}

#[test]
fn their_bye_crosses_our_200_and_stops_its_repeats_15_1_2() {
    let (mut script, tag) = unacknowledged();
    script.run_ms(600);
    assert_eq!(script.lines(), ["200"], "§13.3.1.4");
    script.hear(&request("BYE", "b", 2, &tag, ""));
    script.run_ms(10_000);
    assert_eq!((script.lines(), script.told()), (vec!["200".into()], vec!["Bye 1".into(), "Closed 1".into()]));
    script.hear(&request("ACK", "a", 1, &tag, ""));
    script.settle();
    assert!(script.end.is_idle() && script.told().is_empty());
}

#[test]
fn their_bye_crosses_our_bye_15() {
    let mut script = Script::answered();
    script.act(|end, now, out| end.hang_up(now, leg(1), 480, None, out));
    let bye = script.sent.pop().unwrap().1;
    let tag = bye.from().unwrap().tag().unwrap().to_owned();
    script.hear(&request("BYE", "b", 2, &tag, ""));
    assert_eq!((script.lines(), script.told()), (vec!["200".into()], no_lines()));
    script.answer(&bye, 481, "", "");
    assert_eq!(script.told(), ["Closed 1"]);
    script.settle();
    assert!(script.end.is_idle());
}

#[test]
fn an_ack_that_never_comes_ends_the_call_by_bye_13_3_1_4() {
    let (mut script, tag) = unacknowledged();
    script.run_ms(31_900);
    assert_eq!(script.told(), no_lines());
    script.run_ms(200);
    assert_eq!(script.told(), ["AckMissing 1"]);
    script.lines();
    script.act(|end, now, out| end.hang_up(now, leg(1), 480, None, out));
    let bye = script.sent[0].1.clone();
    assert_eq!(script.lines(), ["BYE"]);
    script.hear(&request("ACK", "a", 1, &tag, ""));
    script.answer(&bye, 200, "", "");
    assert_eq!(script.told(), ["Closed 1"], "an ACK that comes now changes nothing");
    script.settle();
    assert!(script.end.is_idle());
}

#[test]
fn our_refusal_repeats_until_its_ack_or_timer_h_17_2_1() {
    for acked in [true, false] {
        let mut script = Script::new();
        script.hear(&request("INVITE", "1", 1, "", "offer"));
        let tx = script.take_tx();
        script.act(|end, now, out| {
            end.adopt(tx, leg(1));
            end.hang_up(now, leg(1), 603, None, out);
        });
        assert_eq!(script.told(), ["Closed 1"]);
        script.run_ms(1_600);
        assert_eq!(script.lines(), ["100", "603", "603", "603"]);
        if acked {
            script.hear(&request("ACK", "1", 1, "x", ""));
        }
        script.run_ms(32_000);
        assert_eq!(script.lines().is_empty(), acked);
        assert!(script.end.is_idle());
    }
}

#[test]
fn nothing_is_changed_in_a_call_that_is_over_14_2() {
    let mut script = Script::answered();
    script.act(|end, now, out| end.hang_up(now, leg(1), 480, None, out));
    let bye = script.sent.pop().unwrap().1;
    let tag = bye.from().unwrap().tag().unwrap().to_owned();
    script.hear(&request("INVITE", "b", 2, &tag, "hold"));
    script.hear(&request("UPDATE", "c", 3, &tag, "hold"));
    assert_eq!(script.lines(), ["481", "481"], "our BYE is under way");
    script.answer(&bye, 200, "", "");
    script.hear(&request("ACK", "b", 2, &tag, ""));
    script.hear(&request("INVITE", "d", 4, &tag, "hold"));
    assert_eq!((script.lines(), script.told()), (vec!["481".into()], vec!["Closed 1".into()]), "§12.2.2: no dialog");
    let mut script = Script::answered();
    script.act(|end, now, out| end.info(now, leg(1), body("x").unwrap(), out));
    let tag = script.sent.pop().unwrap().1.from().unwrap().tag().unwrap().to_owned();
    script.hear(&request("BYE", "b", 2, &tag, ""));
    script.hear(&request("INVITE", "c", 3, &tag, "hold"));
    script.hear(&request("BYE", "b", 2, &tag, ""));
    assert_eq!(script.lines(), ["200", "481", "200"], "a repeated BYE has its answer, a new INVITE no dialog");
}

#[test]
fn our_reinvite_after_their_bye_asks_for_nothing() {
    let mut script = Script::answered();
    script.act(|end, now, out| end.reinvite(now, leg(1), body("hold"), out));
    let invite = script.sent.pop().unwrap().1;
    let tag = invite.from().unwrap().tag().unwrap().to_owned();
    script.hear(&request("BYE", "b", 2, &tag, ""));
    assert_eq!((script.lines(), script.told()), (vec!["200".into()], vec!["Bye 1".into(), "Closed 1".into()]));
    script.answer(&invite, 487, "", "");
    assert_eq!((script.lines(), script.told()), (vec!["ACK".into()], no_lines()), "§17.1.1.3");
    script.settle();
    assert!(script.end.is_idle());
}

#[test]
fn the_winner_of_a_fork_need_not_ring_first_13_2_2_4() {
    for winner in ["b", "c"] {
        let mut script = Script::new();
        let invite = script.call(body("offer"));
        script.answer(&invite, 180, "a", "Contact: <sip:a@10.0.0.2:5071>\n");
        script.answer(&invite, 183, "b", "Contact: <sip:b@10.0.0.2:5072>\n");
        script.answer(&invite, 180, "a", "Contact: <sip:a@10.0.0.2:5071>\n");
        script.answer(&invite, 200, winner, &format!("Contact: <sip:{winner}@10.0.0.2:5079>\n"));
        let (flow, ack) = script.sent[0].clone();
        assert_eq!((ack.to_tag(), flow.peer.port()), (winner, 5079));
        assert_eq!(script.lines(), ["ACK"]);
        assert_eq!(script.told(), ["Progress 1 180 ", "Progress 1 183 ", "Progress 1 180 ", "Answered 1 200 "]);
        for loser in ["a", "b", "c"].into_iter().filter(|tag| *tag != winner) {
            script.hear(&theirs(&invite, "UPDATE", &format!("u{loser}"), 5, loser));
            assert_eq!(script.lines(), ["481"], "{loser}: §13.2.2.4: its early dialog is gone");
        }
        script.hear(&theirs(&invite, "BYE", "bye", 1, winner));
        assert_eq!((script.lines(), script.told()), (vec!["200".into()], vec!["Bye 1".into(), "Closed 1".into()]));
        script.settle();
        assert!(script.end.is_idle());
    }
}

#[test]
fn a_fork_that_answers_after_the_cancel_is_let_go_too_9_1() {
    let mut script = Script::new();
    let invite = script.call(body("offer"));
    script.answer(&invite, 180, "a", CONTACT);
    script.answer(&invite, 180, "b", CONTACT);
    script.act(|end, now, out| end.hang_up(now, leg(1), 480, None, out));
    script.answer(&invite, 200, "a", CONTACT);
    script.answer(&invite, 200, "b", CONTACT);
    let byes: Vec<Message> = script.sent.iter().map(|(_, m)| m.clone()).filter(|m| m.method() == Method::Bye).collect();
    assert_eq!(byes.iter().map(Message::to_tag).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(script.lines(), ["CANCEL", "ACK", "BYE", "ACK", "BYE"]);
    script.told();
    for bye in &byes {
        script.answer(bye, 200, "", "");
    }
    assert_eq!(script.told(), ["Closed 1"]);
    script.settle();
    assert!(script.end.is_idle());
}

#[test]
fn an_early_dialog_cannot_be_ended_by_the_called_15() {
    let mut script = Script::new();
    let invite = script.call(body("offer"));
    script.answer(&invite, 180, "a", CONTACT);
    script.told();
    script.hear(&theirs(&invite, "BYE", "b", 1, "a"));
    assert_eq!((script.lines(), script.told()), (vec!["200".into()], no_lines()));
    script.answer(&invite, 480, "a", "");
    assert_eq!(script.told(), ["Rejected 1 Status(480)", "Closed 1"], "our INVITE has its own end");
}

#[test]
fn a_caller_may_end_its_early_dialog_by_bye_15_1_2() {
    let mut script = Script::new();
    script.hear(&request("INVITE", "1", 1, "", "offer"));
    let tx = script.take_tx();
    script.act(|end, now, out| {
        end.adopt(tx, leg(1));
        end.provisional(now, leg(1), 180, &reply("early"), out);
    });
    let tag = script.our_tag();
    script.lines();
    script.hear(&request("BYE", "b", 2, &tag, ""));
    assert_eq!(
        (script.lines(), script.told()),
        (vec!["200".into(), "487".into()], vec!["Bye 1".into(), "Closed 1".into()])
    );
    script.hear(&request("ACK", "1", 1, &tag, ""));
    script.settle();
    assert!(script.end.is_idle());
}

#[test]
fn a_bye_that_is_refused_still_ends_the_call_15_1_1() {
    for status in [200, 401, 404, 408, 481, 500, 503, 603] {
        let mut script = Script::answered();
        script.act(|end, now, out| end.hang_up(now, leg(1), 480, None, out));
        let bye = script.sent.pop().unwrap().1;
        script.answer(&bye, 100, "", "");
        assert_eq!(script.told(), no_lines(), "{status}");
        script.answer(&bye, status, "", "");
        script.answer(&bye, status, "", "");
        assert_eq!(script.told(), ["Closed 1"], "{status}");
        script.settle();
        assert!(script.end.is_idle());
    }
}

#[test]
fn requests_out_of_order_get_500_and_change_nothing_12_2_2() {
    let mut script = Script::answered();
    script.act(|end, now, out| end.info(now, leg(1), body("x").unwrap(), out));
    let tag = script.sent.pop().unwrap().1.from().unwrap().tag().unwrap().to_owned();
    script.hear(&request("INVITE", "b", 9, &tag, "hold"));
    let tx = script.take_tx();
    script.act(|end, now, out| end.reply(now, tx, 200, &reply("held"), out));
    script.hear(&request("ACK", "c", 9, &tag, ""));
    script.lines();
    script.told();
    for (method, cseq) in [("INVITE", 8), ("UPDATE", 9), ("BYE", 7), ("INFO", 1)] {
        script.hear(&with(method, &format!("o{cseq}"), cseq, &tag, "Contact: <sip:x@10.0.0.2:9>\n", ""));
        assert_eq!((script.lines(), script.told()), (vec!["500".into()], no_lines()), "{method}");
    }
    script.act(|end, now, out| end.hang_up(now, leg(1), 480, None, out));
    assert_eq!(script.sent[0].1.request_uri_text(), "sip:peer@10.0.0.2", "the target did not move");
}
