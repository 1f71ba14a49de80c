//! Named situations between two endpoints.

use base::Transport;
use sip::{Method, Reply};

use crate::pair::{Pair, Weather, body, leg, reply};

const FAIR: Weather = Weather { loss: 0.0, duplicates: 0.0, jitter_ms: 0 };

#[test]
fn a_call_rings_is_answered_and_ends() {
    let mut pair = Pair::new(1, FAIR);
    pair.call(1, body("offer"));
    pair.run_ms(20);
    assert_eq!(pair.heard(1), ["Invite offer"]);
    pair.call(3, None);
    pair.run_ms(20);
    pair.adopt(4);
    pair.act(1, |end, now, out| end.provisional(now, leg(4), 183, &reply("early"), out));
    pair.run_ms(20);
    assert_eq!(pair.heard(0), ["Progress 3 183 early"]);
    pair.act(1, |end, now, out| end.answer(now, leg(4), &reply("offer back"), out));
    pair.run_ms(20);
    assert_eq!(pair.heard(0), ["Answered 3 200 offer back"]);
    assert_eq!(pair.count(0, "ACK"), 0, "the ACK waits for our answer");
    pair.act(0, |end, now, out| end.acknowledge(now, leg(3), body("answer"), out));
    pair.run_ms(20);
    assert_eq!(pair.heard(1), ["Acked 4 answer"]);
    pair.act(1, |end, now, out| end.hang_up(now, leg(4), 480, None, out));
    pair.act(0, |end, now, out| end.hang_up(now, leg(1), 480, None, out));
    pair.run_ms(50);
    assert_eq!(pair.heard(0), ["Bye 3", "Closed 3", "Closed 1"]);
    assert_eq!(pair.heard(1), ["Closed 4"]);
    pair.settle();
}

#[test]
fn a_rejection_closes_both_sides() {
    let mut pair = Pair::new(2, FAIR);
    pair.call(1, body("offer"));
    pair.run_ms(20);
    pair.adopt(2);
    pair.act(1, |end, now, out| end.hang_up(now, leg(2), 486, Some("Q.850;cause=17"), out));
    pair.run_ms(50);
    assert_eq!(pair.heard(0), ["Rejected 1 Status(486)", "Closed 1"]);
    assert_eq!(pair.heard(1), ["Closed 2"]);
    assert_eq!(pair.count(0, "ACK"), 1);
    pair.settle();
}

#[test]
fn cancel_waits_for_a_provisional_rfc3261_9_1() {
    let mut pair = Pair::new(3, FAIR);
    pair.call(1, body("offer"));
    pair.act(0, |end, now, out| end.hang_up(now, leg(1), 480, None, out));
    pair.run_ms(4);
    assert_eq!(pair.count(0, "CANCEL"), 0);
    pair.run_ms(20);
    assert_eq!(pair.count(0, "CANCEL"), 1);
    pair.adopt(2);
    pair.run_ms(50);
    let mut heard = pair.heard(1);
    // The INVITE was over before it was adopted: the leg learns it with the next step.
    pair.run_ms(1);
    heard.extend(pair.heard(1));
    assert_eq!(heard, ["Cancelled 2", "Closed 2"]);
    assert_eq!(pair.heard(0), ["Closed 1"]);
    pair.settle();
}

#[test]
fn cancel_crosses_200_and_the_call_is_ended_rfc3261_9_1() {
    let mut pair = Pair::new(4, FAIR);
    pair.call(1, body("offer"));
    pair.run_ms(20);
    pair.adopt(2);
    pair.act(1, |end, now, out| end.answer(now, leg(2), &reply("answer"), out));
    pair.act(0, |end, now, out| end.hang_up(now, leg(1), 480, None, out));
    pair.run_ms(100);
    assert_eq!(pair.count(0, "CANCEL"), 1);
    assert_eq!(pair.count(0, "ACK"), 1);
    assert_eq!(pair.count(0, "BYE"), 1);
    assert_eq!(pair.heard(0), ["Closed 1"]);
    assert_eq!(pair.heard(1), ["Acked 2 ", "Bye 2", "Closed 2"]);
    pair.settle();
}

#[test]
fn bye_crosses_bye() {
    let mut pair = Pair::up(5, FAIR);
    for (end, n) in [(0, 1), (1, 2)] {
        pair.act(end, |end, now, out| end.hang_up(now, leg(n), 480, None, out));
    }
    pair.run_ms(100);
    assert_eq!(pair.heard(0), ["Closed 1"]);
    assert_eq!(pair.heard(1), ["Closed 2"]);
    pair.settle();
}

#[test]
fn bye_crosses_the_200_of_a_reinvite_rfc3261_15_1() {
    let mut pair = Pair::up(6, FAIR);
    pair.act(0, |end, now, out| end.reinvite(now, leg(1), body("hold"), out));
    pair.run_ms(20);
    let tx = pair.take_tx(1);
    pair.act(1, |end, now, out| end.reply(now, tx, 200, &reply("held"), out));
    pair.act(0, |end, now, out| end.hang_up(now, leg(1), 480, None, out));
    pair.run_ms(100);
    assert_eq!(pair.heard(0), ["Closed 1"]);
    assert_eq!(pair.count(0, "ACK"), 2, "also the 2xx that nobody wants is acknowledged");
    let heard = pair.heard(1);
    assert_eq!(heard.last().map(String::as_str), Some("Closed 2"));
    pair.settle();
}

#[test]
fn bye_waits_for_the_ack_rfc3261_15() {
    let mut pair = Pair::new(7, FAIR);
    pair.call(1, body("offer"));
    pair.run_ms(20);
    pair.adopt(2);
    pair.act(1, |end, now, out| end.answer(now, leg(2), &reply("answer"), out));
    pair.act(1, |end, now, out| end.hang_up(now, leg(2), 480, None, out));
    assert_eq!(pair.count(1, "BYE"), 0);
    pair.run_ms(100);
    assert_eq!(pair.heard(0), ["Answered 1 200 answer", "Bye 1", "Closed 1"]);
    assert_eq!(pair.heard(1), ["Closed 2"]);
    pair.settle();
}

#[test]
fn a_lost_ack_repeats_the_200_and_the_200_repeats_the_ack_rfc3261_13_3_1_4() {
    let mut pair = Pair::new(8, FAIR);
    let mut lost = 0;
    pair.filter = Box::new(move |_, message| {
        let drop = message.is_request() && message.method() == Method::Ack && lost < 3;
        lost += u32::from(drop);
        drop
    });
    pair.call(1, body("offer"));
    pair.run_ms(20);
    pair.adopt(2);
    pair.act(1, |end, now, out| end.answer(now, leg(2), &reply("answer"), out));
    pair.run_ms(10_000);
    assert_eq!(pair.heard(0), ["Answered 1 200 answer"]);
    assert_eq!(pair.heard(1), ["Acked 2 "]);
    assert_eq!((pair.count(1, "SIP/2.0 200"), pair.count(0, "ACK")), (4, 4));
    pair.act(0, |end, now, out| end.hang_up(now, leg(1), 480, None, out));
    pair.settle();
}

#[test]
fn no_ack_at_all_is_told_after_64_t1_rfc3261_13_3_1_4() {
    let mut pair = Pair::new(9, FAIR);
    pair.filter = Box::new(|_, message| message.is_request() && message.method() == Method::Ack);
    pair.call(1, body("offer"));
    pair.run_ms(20);
    pair.adopt(2);
    pair.act(1, |end, now, out| end.answer(now, leg(2), &reply("answer"), out));
    pair.run_ms(31_900);
    assert_eq!(pair.heard(1), Vec::<String>::new());
    assert_eq!(pair.count(1, "SIP/2.0 200"), 11, "0.5, 1, 2, then every 4 s");
    pair.run_ms(200);
    assert_eq!(pair.heard(1), ["AckMissing 2"]);
    pair.act(1, |end, now, out| end.hang_up(now, leg(2), 480, None, out));
    pair.run_ms(100);
    assert_eq!(pair.heard(1), ["Closed 2"]);
    assert_eq!(pair.heard(0), ["Answered 1 200 answer", "Bye 1", "Closed 1"]);
    pair.settle();
}

#[test]
fn nobody_there_times_out_after_64_t1_rfc3261_17_1_1_2() {
    let mut pair = Pair::new(10, FAIR);
    pair.filter = Box::new(|_, _| true);
    pair.call(1, body("offer"));
    pair.run_ms(31_999);
    assert_eq!(pair.heard(0), Vec::<String>::new());
    pair.run_ms(2);
    assert_eq!(pair.heard(0), ["Rejected 1 Timeout", "Closed 1"]);
    assert_eq!(pair.count(0, "INVITE sip"), 7);
    pair.settle();
}

#[test]
fn a_cancelled_invite_that_never_ends_is_closed_after_64_t1_rfc3261_9_1() {
    let mut pair = Pair::new(11, FAIR);
    pair.call(1, body("offer"));
    pair.run_ms(20);
    pair.adopt(2);
    pair.filter = Box::new(|_, _| true);
    pair.act(0, |end, now, out| end.hang_up(now, leg(1), 480, None, out));
    pair.run_ms(31_900);
    assert_eq!(pair.heard(0), Vec::<String>::new());
    pair.run_ms(200);
    assert_eq!(pair.heard(0), ["Closed 1"]);
    pair.act(1, |end, now, out| end.hang_up(now, leg(2), 480, None, out));
    pair.settle();
}

#[test]
fn reinvite_glare_gets_491_on_both_sides_and_both_succeed_later_rfc3261_14() {
    let mut pair = Pair::up(12, FAIR);
    pair.act(0, |end, now, out| end.reinvite(now, leg(1), body("from 0"), out));
    pair.act(1, |end, now, out| end.reinvite(now, leg(2), body("from 1"), out));
    pair.run_ms(50);
    assert_eq!((pair.count(0, "SIP/2.0 491"), pair.count(1, "SIP/2.0 491")), (1, 1));
    let mut done = Vec::new();
    for _ in 0..500 {
        pair.run_ms(10);
        for end in 0..2 {
            let events = std::mem::take(&mut pair.events[end]);
            for event in events {
                if let Some(tx) = crate::pair::tx(&event) {
                    pair.act(end, |end, now, out| end.reply(now, tx, 200, &reply("fine"), out));
                } else {
                    done.push(crate::pair::tell(&event));
                }
            }
        }
    }
    done.sort();
    assert_eq!(done, ["Acked 1 ", "Acked 2 ", "ReinviteDone 1 200 fine", "ReinviteDone 2 200 fine"]);
    pair.act(0, |end, now, out| end.hang_up(now, leg(1), 480, None, out));
    pair.settle();
}

#[test]
fn changes_wait_their_turn() {
    let mut pair = Pair::up(13, FAIR);
    for text in ["first", "second"] {
        pair.act(0, |end, now, out| end.reinvite(now, leg(1), body(text), out));
    }
    pair.act(0, |end, now, out| end.update(now, leg(1), body("third"), out));
    let mut heard = Vec::new();
    for _ in 0..3 {
        pair.run_ms(20);
        let events = std::mem::take(&mut pair.events[1]);
        let tx = events.iter().find_map(crate::pair::tx).unwrap();
        heard.extend(events.iter().map(crate::pair::tell));
        pair.act(1, |end, now, out| end.reply(now, tx, 200, &reply("fine"), out));
        pair.run_ms(20);
    }
    heard.extend(pair.heard(1));
    assert_eq!(heard, ["Reinvite 2 first", "Acked 2 ", "Reinvite 2 second", "Acked 2 ", "Update 2 third"]);
    assert_eq!(pair.heard(0), ["ReinviteDone 1 200 fine"; 3]);
    pair.act(0, |end, now, out| end.hang_up(now, leg(1), 480, None, out));
    pair.settle();
}

#[test]
fn a_reinvite_without_offer_is_acknowledged_with_the_answer() {
    let mut pair = Pair::up(14, FAIR);
    pair.act(1, |end, now, out| end.reinvite(now, leg(2), None, out));
    pair.run_ms(20);
    let tx = pair.take_tx(0);
    pair.act(0, |end, now, out| end.reply(now, tx, 200, &reply("my offer"), out));
    pair.run_ms(20);
    assert_eq!(pair.heard(1), ["ReinviteDone 2 200 my offer"]);
    pair.act(1, |end, now, out| end.acknowledge(now, leg(2), body("my answer"), out));
    pair.run_ms(20);
    assert_eq!(pair.heard(0), ["Acked 1 my answer"]);
    pair.act(0, |end, now, out| end.hang_up(now, leg(1), 480, None, out));
    pair.settle();
}

#[test]
fn a_dead_dialog_is_gone_rfc3261_14_1() {
    let mut pair = Pair::up(15, FAIR);
    pair.act(0, |end, now, out| end.reinvite(now, leg(1), body("hold"), out));
    pair.run_ms(20);
    let tx = pair.take_tx(1);
    pair.act(1, |end, now, out| end.reply(now, tx, 481, &Reply::default(), out));
    pair.run_ms(50);
    assert_eq!(pair.heard(0), ["Gone 1 Status(481)", "Closed 1"]);
    assert_eq!(pair.heard(1), ["Bye 2", "Closed 2"]);
    pair.settle();
}

#[test]
fn info_arrives_and_its_silence_ends_the_dialog() {
    let mut pair = Pair::up(16, FAIR);
    let digit = body("Signal=5").unwrap();
    pair.act(0, |end, now, out| end.info(now, leg(1), digit.clone(), out));
    pair.run_ms(20);
    assert_eq!(pair.heard(1), ["Info 2 Signal=5"]);
    pair.run_ms(40_000);
    assert_eq!(pair.heard(0), ["Gone 1 Timeout", "Closed 1"]);
    assert_eq!(pair.heard(1), ["Bye 2", "Closed 2"]);
    pair.settle();
}

#[test]
fn unreachable_fails_what_nothing_answered_and_spares_what_rings_rfc3261_17_1_4() {
    let mut pair = Pair::new(17, FAIR);
    pair.call(1, body("offer"));
    pair.run_ms(20);
    pair.adopt(2);
    pair.call(3, body("offer"));
    let flow = pair.flow(0);
    let elsewhere = base::Flow { peer: "10.0.0.9:5060".parse().unwrap(), ..flow };
    pair.act(0, |end, now, out| end.unreachable(now, elsewhere, out));
    assert_eq!(pair.heard(0), Vec::<String>::new());
    pair.act(0, |end, now, out| end.unreachable(now, flow, out));
    assert_eq!(pair.heard(0), ["Rejected 3 Unreachable", "Closed 3"]);
    pair.act(0, |end, now, out| end.flow_closed(now, flow, out));
    assert_eq!(pair.heard(0), ["Rejected 1 Unreachable", "Closed 1"]);
    pair.run_ms(20);
    pair.act(1, |end, now, out| end.hang_up(now, leg(2), 480, None, out));
    let tx = pair.take_tx(1);
    pair.act(1, |end, now, out| end.reply(now, tx, 404, &Reply::default(), out));
    pair.settle();
}

#[test]
fn a_connection_needs_no_repeats_rfc3261_17() {
    let mut pair = Pair::over(Transport::Tcp, 18, FAIR);
    pair.call(1, body("offer"));
    pair.run_ms(20);
    pair.adopt(2);
    pair.run_ms(20_000);
    pair.act(1, |end, now, out| end.hang_up(now, leg(2), 486, None, out));
    pair.run_ms(20);
    assert_eq!((pair.count(0, "INVITE sip"), pair.count(1, "SIP/2.0 100"), pair.count(1, "SIP/2.0 486")), (1, 1, 1));
    assert!(pair.ends.iter().all(sip::Endpoint::is_idle), "nothing to wait for");
}
