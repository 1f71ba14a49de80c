//! What the endpoint says to single messages of a peer, by section of the RFC.

use base::Flow;
use sip::{Config, Limits, Message, Method, Name, Reply};

use crate::pair::{body, config, leg, reply};
use crate::script::{Script, request, response, with};

/// The final status that a lone request gets.
fn verdict(text: &str) -> String {
    let mut script = Script::new();
    script.hear(text);
    script.lines().join(" ")
}

#[test]
fn what_is_refused_and_why() {
    let requires = "Max-Forwards: 70\nRequire: 100rel, timer\n";
    let cases = [
        (request("INVITE", "1", 1, "", ""), "100", "§17.2.1: 100 at once"),
        (request("REGISTER", "1", 1, "", ""), "", "left to the owner"),
        (request("SUBSCRIBE", "1", 1, "", ""), "405", "§8.2.1"),
        (request("DANCE", "1", 1, "", ""), "405", "§8.2.1"),
        (with("INVITE", "1", 1, "", requires, ""), "420", "§8.2.2.3"),
        (with("INVITE", "1", 1, "", "Max-Forwards: 0\n", ""), "483", "a loop through us"),
        (with("OPTIONS", "1", 1, "", "Max-Forwards: 0\n", ""), "", "§11: the last hop may be asked"),
        (request("BYE", "1", 2, "nobody", ""), "481", "§12.2.2"),
        (request("INVITE", "1", 2, "nobody", ""), "481", "§12.2.2"),
        (request("BYE", "1", 2, "", ""), "481", "no dialog"),
        (request("CANCEL", "1", 1, "", ""), "481", "§9.2: stray CANCEL"),
        (request("ACK", "1", 1, "", ""), "", "§17: never answered"),
        (request("ACK", "1", 1, "nobody", ""), "", "§17: never answered"),
        (request("INVITE", "1", 1, "", "").replace("INVITE sip:", "INVITE http:"), "416", "§8.2.2.1"),
        (request("INVITE", "1", 1, "", "").replace("SIP/2.0\nVia", "SIP/3.0\nVia"), "505", "§21.5.6"),
        (request("INVITE", "1", 1, "", "").replace("CSeq: 1 INVITE", "CSeq: 1 BYE"), "400", "§8.1.1.5"),
        (request("INVITE", "1", 1, "", "").replace("Content-Length: 0", "Content-Length: 9"), "400", "§18.3"),
    ];
    for (text, expected, why) in cases {
        assert_eq!(verdict(&text), expected, "{why}\n{text}");
    }
}

#[test]
fn refusals_say_what_would_do() {
    let mut script = Script::new();
    script.hear(&request("SUBSCRIBE", "1", 1, "", ""));
    script.hear(&with("OPTIONS", "2", 2, "", "Require: 100rel\nRequire: gruu\n", ""));
    let header = |n: usize, name| script.sent[n].1.header(name).unwrap_or_default();
    assert_eq!(header(0, Name::Allow), "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, REGISTER");
    assert_eq!(header(1, Name::Unsupported), "100rel, gruu");
    assert_eq!(header(1, Name::Server), "hotline");
    assert!(script.sent.iter().all(|(_, m)| m.to().unwrap().tag().is_some()), "§8.2.6.2: a To tag");
}

#[test]
fn a_supported_extension_passes() {
    let mut script = Script::with(Config { supported: vec!["timer".into()], ..config(0, base::Transport::Udp) });
    script.hear(&with("INVITE", "1", 1, "", "Require: timer\n", ""));
    assert_eq!(script.lines(), ["100"]);
}

#[test]
fn retransmissions_are_answered_by_the_transaction_rfc3261_17_2() {
    let mut script = Script::new();
    let invite = request("INVITE", "1", 1, "", "offer");
    script.hear(&invite);
    script.hear(&invite);
    assert_eq!(script.lines(), ["100", "100"]);
    let tx = script.take_tx();
    script.act(|end, now, out| {
        end.adopt(tx, leg(1));
        end.provisional(now, leg(1), 180, &Reply::default(), out);
    });
    script.hear(&invite);
    assert_eq!(script.lines(), ["180", "180"]);
    script.act(|end, now, out| end.hang_up(now, leg(1), 486, None, out));
    script.hear(&invite);
    assert_eq!(script.lines(), ["486", "486"]);
    script.hear(&request("ACK", "1", 1, "x", ""));
    script.hear(&invite);
    script.run_ms(6000);
    assert_eq!(script.lines(), [] as [&str; 0]);
    assert_eq!(script.told(), ["Closed 1"]);
    assert!(script.end.is_idle());
}

#[test]
fn a_request_outside_a_dialog_is_heard_once_and_answered_alike() {
    let mut script = Script::new();
    let options = request("OPTIONS", "1", 1, "", "");
    script.hear(&options);
    script.hear(&options);
    assert_eq!((script.lines().len(), script.events.len()), (0, 1));
    let tx = script.take_tx();
    script.act(|end, now, out| end.reply(now, tx, 200, &Reply::default(), out));
    script.act(|end, now, out| end.reply(now, tx, 500, &Reply::default(), out));
    script.hear(&options);
    let allow = script.sent[0].1.header(Name::Allow).is_some();
    assert_eq!((script.lines(), allow), (vec!["200".to_owned(), "200".to_owned()], true));
    script.run_ms(32_100);
    assert!(script.end.is_idle());
}

#[test]
fn a_request_that_nobody_answers_is_forgotten() {
    let mut script = Script::new();
    script.hear(&request("OPTIONS", "1", 1, "", ""));
    script.run_ms(32_100);
    assert!(script.end.is_idle());
}

#[test]
fn merged_requests_get_482_rfc3261_8_2_2_2() {
    let mut script = Script::new();
    script.hear(&request("INVITE", "1", 1, "", ""));
    script.hear(&request("INVITE", "2", 1, "", ""));
    assert_eq!(script.lines(), ["100", "482"]);
    script.hear(&request("INVITE", "1", 1, "", ""));
    script.hear(&request("INVITE", "3", 2, "", ""));
    assert_eq!(script.lines(), ["100", "100"], "the first goes on, a new CSeq is a new request");
}

#[test]
fn cancel_ends_what_rings_rfc3261_9_2() {
    let mut script = Script::new();
    script.hear(&request("INVITE", "1", 1, "", "offer"));
    let tx = script.take_tx();
    script.act(|end, _, _| end.adopt(tx, leg(1)));
    let cancel = request("CANCEL", "1", 1, "", "");
    script.hear(&cancel);
    script.hear(&cancel);
    let tags: Vec<String> = script.sent[1..].iter().map(|(_, m)| m.to().unwrap().tag().unwrap().to_owned()).collect();
    assert!(tags.windows(2).all(|pair| pair[0] == pair[1]), "§9.2: the same To tag {tags:?}");
    assert_eq!(script.lines(), ["100", "200", "487", "200"]);
    assert_eq!(script.told(), ["Cancelled 1", "Closed 1"]);
    script.act(|end, now, out| end.answer(now, leg(1), &reply("late"), out));
    assert_eq!(script.lines(), [] as [&str; 0]);
}

#[test]
fn cancel_after_the_answer_changes_nothing_rfc3261_9_2() {
    let mut script = Script::new();
    script.hear(&request("INVITE", "1", 1, "", "offer"));
    let tx = script.take_tx();
    script.act(|end, now, out| {
        end.adopt(tx, leg(1));
        end.answer(now, leg(1), &reply("answer"), out);
    });
    script.hear(&request("CANCEL", "1", 1, "", ""));
    assert_eq!(script.lines(), ["100", "200", "200"]);
    assert_eq!(script.told(), [] as [&str; 0]);
}

#[test]
fn responses_go_back_as_the_top_via_says_rfc3261_18_2_2_and_rfc3581() {
    let peer = "203.0.113.7:40000";
    let cases = [
        ("10.0.0.2:5080;branch=z9hG4bK1", "203.0.113.7:5080", Some("203.0.113.7"), None),
        ("10.0.0.2;branch=z9hG4bK1", "203.0.113.7:5060", Some("203.0.113.7"), None),
        ("10.0.0.2:5080;rport;branch=z9hG4bK1", peer, Some("203.0.113.7"), Some("40000")),
        ("203.0.113.7:40000;branch=z9hG4bK1;maddr=10.9.9.9", peer, None, None),
        ("203.0.113.7;branch=z9hG4bK1;received=1.1.1.1", "203.0.113.7:5060", None, None),
    ];
    for (via, to, received, rport) in cases {
        let mut script = Script::new();
        script.flow = Flow { peer: peer.parse().unwrap(), ..script.flow };
        script.hear(&request("INVITE", "1", 1, "", "").replace("10.0.0.2:5060;branch=z9hG4bK1", via));
        let (flow, sent) = &script.sent[0];
        let top = sent.top_via().unwrap();
        assert_eq!(flow.peer, to.parse().unwrap(), "{via}");
        assert_eq!((top.params.get("received"), top.params.get("rport")), (received, rport), "{via}");
    }
}

#[test]
fn responses_repeat_the_way_and_show_where_we_are() {
    let mut script = Script::new();
    let via = "Via: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bKx\nRecord-Route: <sip:p1;lr>\nRecord-Route: <sip:p2;lr>\n";
    script.hear(&with("INVITE", "1", 1, "", via, ""));
    let tx = script.take_tx();
    script.act(|end, now, out| {
        end.adopt(tx, leg(1));
        end.answer(now, leg(1), &reply("answer"), out);
    });
    let answer = &script.sent[1].1;
    assert_eq!(answer.vias().count(), 2);
    assert_eq!(answer.headers(Name::RecordRoute).collect::<Vec<_>>(), ["<sip:p1;lr>", "<sip:p2;lr>"]);
    assert_eq!(answer.header(Name::Contact), Some("<sip:12345@10.0.0.1:5060>"));
    assert!(answer.header(Name::Allow).is_some());
    assert_eq!(script.sent[0].1.header(Name::Contact), None);
}

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
fn what_is_beyond_the_limits_is_refused() {
    let limits = Limits { transactions: 1, legs: 1, ..Limits::default() };
    let mut script = Script::with(Config { limits, ..config(0, base::Transport::Udp) });
    script.hear(&request("OPTIONS", "1", 1, "", ""));
    script.hear(&request("OPTIONS", "2", 2, "", ""));
    assert!(script.sent[0].1.header(Name::RetryAfter).is_some());
    assert_eq!(script.lines(), ["503"]);
    script.told();
    let flow = script.flow;
    script.act(|end, now, out| end.invite(now, leg(1), crate::pair::invite(flow, None), out));
    assert_eq!(script.told(), ["Rejected 1 Status(503)", "Closed 1"]);
    script.run_ms(32_100);
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
            request("INVITE", "e", 1, "", "offer"),
            request("CANCEL", "e", 1, "", ""),
            request("OPTIONS", "f", 1, "", ""),
            response(&call, 180, "x", CONTACT),
            response(&call, 200, "x", CONTACT),
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

#[test]
fn a_registration_is_a_request_with_its_own_call_id() {
    let mut script = Script::new();
    let request = sip::Request {
        flow: script.flow,
        method: Method::Register,
        uri: "sip:10.0.0.2".into(),
        to: "sip:1001@10.0.0.2".into(),
        from: sip::Party { user: "1001".into(), ..sip::Party::default() },
        call_id: Some("mine".into()),
        cseq: 7,
        headers: vec![("Contact".into(), "<sip:1001@10.0.0.1>\r\nEvil: 1".into())],
        body: None,
    };
    script.act(|end, now, out| end.request(now, base::Ticket(5), request, out));
    let sent = script.sent.pop().unwrap().1;
    assert_eq!((sent.call_id(), sent.cseq().unwrap()), (Some("mine"), (7, Method::Register)));
    assert_eq!(sent.header_named("Evil"), None);
    script.answer(&sent, 100, "", "");
    script.answer(&sent, 401, "x", "");
    script.answer(&sent, 401, "x", "");
    assert_eq!(script.told(), ["Response 5 401 "]);
}
