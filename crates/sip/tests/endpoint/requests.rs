//! What the endpoint says to single messages of a peer, by section of the RFC.

use base::Flow;
use sip::{Config, Limits, Method, Name, Reply};

use crate::pair::{config, leg, reply};
use crate::script::{Script, request, with};

/// The final status that a lone request gets.
fn verdict(text: &str) -> String {
    let mut script = Script::new();
    script.hear(text);
    script.lines().join(" ")
}

#[test]
fn what_is_refused_and_why() {
    let requires = "Max-Forwards: 70\nRequire: 100rel, precondition\n";
    let cases = [
        (request("INVITE", "1", 1, "", ""), "100", "§17.2.1: 100 at once"),
        (request("REGISTER", "1", 1, "", ""), "", "left to the owner"),
        (request("SUBSCRIBE", "1", 1, "", ""), "405", "§8.2.1"),
        (request("DANCE", "1", 1, "", ""), "501", "§21.5.2: not even known"),
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
    script.hear(&with("OPTIONS", "2", 2, "", "Require: gruu\nRequire: 100rel, precondition\n", ""));
    script.hear(&with("INVITE", "3", 1, "", "Require: 100rel, precondition\nMax-Forwards: 70\n", "offer"));
    let header = |n: usize, name| script.sent[n].1.header(name).unwrap_or_default();
    assert_eq!(header(0, Name::Allow), "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK, REGISTER, REFER");
    assert_eq!(header(1, Name::Unsupported), "gruu, precondition");
    assert_eq!(header(2, Name::Unsupported), "precondition", "RFC 3312: no call waits for resources");
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
fn large_messages_fill_the_endpoint_before_there_are_many() {
    let limits = Limits { bytes: 60_000, ..Limits::default() };
    let mut script = Script::with(Config { limits, ..config(0, base::Transport::Udp) });
    let body = "x".repeat(30_000);
    script.hear(&request("OPTIONS", "1", 1, "", &body));
    assert!((30_000..32_000).contains(&script.end.held()), "{}", script.end.held());
    script.hear(&request("OPTIONS", "2", 2, "", &body));
    script.hear(&request("OPTIONS", "3", 3, "", ""));
    assert_eq!(script.lines(), ["503"], "the second is taken, the third finds the endpoint full");
    script.run_ms(32_100);
    assert_eq!(script.end.held(), 0, "what nobody answered is forgotten");
    script.hear(&request("OPTIONS", "4", 4, "", ""));
    assert!(script.lines().is_empty() && script.end.held() == script.end.weigh());
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
fn the_last_quarter_is_for_calls_that_have_begun_and_what_ends_one_is_heard_always() {
    let limits = Limits { transactions: 8, ..Limits::default() };
    let mut script = Script::with(Config { limits, ..config(0, base::Transport::Udp) });
    script.hear(&request("INVITE", "1", 1, "", "offer"));
    let tx = script.take_tx();
    script.act(|end, now, out| {
        end.adopt(tx, leg(1));
        end.answer(now, leg(1), &reply("answer"), out);
    });
    let tag = script.our_tag();
    script.hear(&request("INVITE", "2", 1, "", "offer").replace("Call-ID: call", "Call-ID: other"));
    for branch in 3..8 {
        script.hear(&request("OPTIONS", &branch.to_string(), branch, "", ""));
    }
    script.told();
    assert_eq!(script.lines().last().map(String::as_str), Some("503"), "the seventh from outside");
    let flow = script.flow;
    script.act(|end, now, out| end.invite(now, leg(2), crate::pair::invite(flow, None), out));
    script.hear(&request("INFO", "a", 3, &tag, "1"));
    assert_eq!(script.lines(), ["INVITE"], "what calls need has room");
    script.hear(&request("INFO", "b", 4, &tag, "2"));
    assert_eq!(script.lines(), ["503"]);
    script.told();
    script.hear(&request("CANCEL", "2", 1, "", "").replace("Call-ID: call", "Call-ID: other"));
    script.hear(&request("BYE", "c", 5, &tag, ""));
    assert_eq!(script.lines(), ["200", "487", "200"]);
    assert_eq!(script.told(), ["Bye 1", "Closed 1"]);
    script.run_ms(70_000);
    assert_eq!(script.end.held(), 0);
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
