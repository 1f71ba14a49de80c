//! Session timers (RFC 4028): what is agreed on, who refreshes and how, and what happens when nobody does.

use std::time::Duration;

use base::Transport;
use sip::{Config, Message, Method, Name, Reply, Session};

use crate::pair::{Pair, Weather, body, config, leg, reply};
use crate::script::{Script, request, with};

const CONTACT: &str = "Contact: <sip:peer@10.0.0.2>\nMax-Forwards: 70\n";
const UPDATES: &str = "Allow: INVITE, ACK, BYE, UPDATE\n";

fn header(message: &Message, name: Name) -> String {
    message.headers(name).collect::<Vec<_>>().join(" | ")
}

/// A call of the peer with these headers, answered as leg 1; gives our 2xx and our tag.
fn answered(script: &mut Script, headers: &str) -> (Message, String) {
    script.hear(&with("INVITE", "1", 1, "", &format!("{CONTACT}{headers}"), "offer"));
    let tx = script.take_tx();
    script.act(|end, now, out| {
        end.adopt(tx, leg(1));
        end.answer(now, leg(1), &reply("answer"), out);
    });
    let ok = script.sent.pop().unwrap().1;
    let tag = ok.to_tag().to_owned();
    script.hear(&request("ACK", "ack", 1, &tag, ""));
    script.sent.clear();
    script.events.clear();
    (ok, tag)
}

/// Ends leg 1; nothing may be left then.
fn hang_up(script: &mut Script) {
    script.act(|end, now, out| end.hang_up(now, leg(1), 480, None, out));
    let bye = script.sent.pop().unwrap().1;
    script.answer(&bye, 200, "theirs", "");
    script.settle();
    assert!(script.end.is_idle());
}

#[test]
fn what_is_granted_to_a_caller_rfc4028_9() {
    let cases = [
        ("", "", ""),
        ("Supported: timer\n", "", ""),
        ("Session-Expires: 600\nSupported: timer\n", "600;refresher=uac", "timer"),
        ("Session-Expires: 600;refresher=uac\nSupported: 100rel, timer\n", "600;refresher=uac", "timer"),
        ("x: 600;refresher=uas\nk: timer\n", "600;refresher=uas", "timer"),
        ("Session-Expires: 600;refresher=uac\n", "600;refresher=uas", ""),
        ("Session-Expires: 90\nSupported: timer\n", "90;refresher=uac", "timer"),
        ("Require: timer\n", "1800;refresher=uac", "timer"),
        ("Require: timer\nMin-SE: 3600\n", "3600;refresher=uac", "timer"),
        ("Session-Expires: 20\n", "", ""),
        ("Session-Expires: 99999999999\nSupported: timer\n", "4294967295;refresher=uac", "timer"),
        ("Session-Expires: soon\nSupported: timer\n", "", ""),
    ];
    for (asked, expires, require) in cases {
        let mut script = Script::new();
        let (ok, _) = answered(&mut script, asked);
        assert_eq!((header(&ok, Name::SessionExpires), header(&ok, Name::Require)), (expires.into(), require.into()));
        assert!(ok.supported().any(|tag| tag == "timer"), "{asked}");
        script.run_ms(33_000);
        assert_eq!(script.end.next_timeout().is_some(), !expires.is_empty(), "{asked}");
        hang_up(&mut script);
    }
}

#[test]
fn too_short_an_interval_gets_422_rfc4028_9() {
    let brief = format!("{CONTACT}Supported: timer\nSession-Expires: 89\n");
    let mut script = Script::new();
    script.hear(&with("INVITE", "1", 1, "", &brief, "offer"));
    let refusal = script.sent[0].1.clone();
    assert_eq!((refusal.status(), header(&refusal, Name::MinSe)), (Some(422), "90".into()));
    assert_eq!((script.lines().len(), script.told().len()), (1, 0));
    let mut script = Script::new();
    let (_, tag) = answered(&mut script, "");
    for (n, method) in ["INVITE", "UPDATE"].into_iter().enumerate() {
        script.hear(&with(method, &format!("r{n}"), 2 + n as u32, &tag, &brief, "offer"));
        assert_eq!(header(&script.sent[0].1, Name::MinSe), "90");
        assert_eq!((script.lines(), script.told()), (vec!["422".to_owned()], Vec::new()), "{method}");
    }
    hang_up(&mut script);
}

#[test]
fn an_endpoint_without_the_extension_says_nothing_of_it() {
    let mut script = Script::with(Config { supported: Vec::new(), ..config(0, Transport::Udp) });
    let (ok, _) = answered(&mut script, "Session-Expires: 60\nSupported: timer\n");
    assert_eq!(header(&ok, Name::SessionExpires), "");
    hang_up(&mut script);
    let invite = script.call(body("offer"));
    assert_eq!((header(&invite, Name::SessionExpires), header(&invite, Name::Supported)), ("".into(), "".into()));
}

#[test]
fn our_invite_asks_for_a_session_rfc4028_7_1() {
    let mut script = Script::new();
    let (invite, _) = script.called("");
    assert_eq!((header(&invite, Name::SessionExpires), header(&invite, Name::MinSe)), ("1800".into(), "90".into()));
    assert!(invite.supported().any(|tag| tag == "timer"));
    script.run_ms(33_000);
    assert_eq!(script.end.next_timeout(), None, "§7.2: without Session-Expires nothing expires");
    hang_up(&mut script);
}

#[test]
fn a_422_is_answered_by_one_more_invite_rfc4028_7_3() {
    let mut script = Script::new();
    let first = script.call(body("offer"));
    script.answer(&first, 422, "x", "Min-SE: 3600\n");
    let second = script.sent.pop().unwrap().1;
    assert_eq!(script.lines(), ["ACK"]);
    assert_eq!(second.cseq().unwrap(), (2, Method::Invite));
    assert_eq!((second.call_id(), second.from_tag()), (first.call_id(), first.from_tag()));
    assert_ne!(second.top_via().unwrap().branch(), first.top_via().unwrap().branch());
    assert_eq!((header(&second, Name::SessionExpires), header(&second, Name::MinSe)), ("3600".into(), "3600".into()));
    assert_eq!((second.body(), script.told().len()), (&b"offer"[..], 0));
    script.answer(&second, 200, "x", &format!("{CONTACT}{UPDATES}Session-Expires: 3600;refresher=uac\n"));
    let ack = script.sent.pop().unwrap().1;
    assert_eq!(ack.cseq().unwrap(), (2, Method::Ack));
    assert_eq!(script.told(), ["Answered 1 200 "]);
    script.run_ms(1_800_000);
    let update = script.sent.pop().unwrap().1;
    assert_eq!(
        (header(&update, Name::SessionExpires), header(&update, Name::MinSe)),
        ("3600;refresher=uac".into(), "3600".into())
    );
    script.answer(&update, 200, "x", "");
    hang_up(&mut script);
}

#[test]
fn a_second_422_is_the_end_and_a_call_given_up_is_not_tried_again_rfc4028_7_3() {
    let mut script = Script::new();
    let first = script.call(body("offer"));
    script.answer(&first, 422, "x", "Min-SE: 3600\n");
    let second = script.sent.pop().unwrap().1;
    script.answer(&second, 422, "x", "Min-SE: 7200\n");
    assert_eq!(script.told(), ["Rejected 1 Status(422)", "Closed 1"]);
    script.settle();
    assert!(script.end.is_idle());
    let mut script = Script::new();
    let first = script.call(body("offer"));
    script.act(|end, now, out| end.hang_up(now, leg(1), 480, None, out));
    script.answer(&first, 422, "x", "Min-SE: 3600\n");
    assert_eq!((script.lines(), script.told()), (vec!["ACK".to_owned()], vec!["Closed 1".to_owned()]));
    let mut script = Script::new();
    let first = script.call(body("offer"));
    script.answer(&first, 422, "x", "");
    assert_eq!(script.told(), ["Rejected 1 Status(422)", "Closed 1"], "no Min-SE");
}

/// Answers what end 1 was asked last with 200.
fn accept(pair: &mut Pair, text: &str) {
    let tx = pair.take_tx(1);
    let reply = if text.is_empty() { Reply::default() } else { reply(text) };
    pair.act(1, |end, now, out| end.reply(now, tx, 200, &reply, out));
    pair.run_ms(50);
}

#[test]
fn whoever_refreshes_does_so_at_half_the_interval_rfc4028_10() {
    for transport in [Transport::Udp, Transport::Tcp] {
        let mut pair = Pair::up_over(transport, 51, Weather::default());
        for round in 1..=4 {
            pair.run_ms(899_800);
            assert_eq!(pair.count(0, "UPDATE"), round - 1);
            pair.run_ms(300);
            assert_eq!(pair.count(0, "UPDATE"), round);
            accept(&mut pair, "");
        }
        assert_eq!(
            (pair.heard(0), pair.heard(1)),
            (Vec::new(), Vec::new()),
            "the owner of the refresher hears nothing"
        );
        pair.act(0, |end, now, out| end.hang_up(now, leg(1), 480, None, out));
        pair.settle();
    }
}

#[test]
fn whoever_hears_no_refresh_hangs_up_in_time_rfc4028_10() {
    for (session_s, at_ms) in [(1800, 1_768_000), (90, 60_000)] {
        let session = Session { expires: Duration::from_secs(session_s), ..Session::default() };
        for transport in [Transport::Udp, Transport::Tcp] {
            let mut pair = Pair::with(transport, 52, Weather::default(), session);
            pair.call(1, body("offer"));
            pair.run_ms(20);
            pair.adopt(2);
            pair.act(1, |end, now, out| end.answer(now, leg(2), &reply("answer"), out));
            pair.run_ms(50);
            pair.heard(1);
            pair.filter = Box::new(|_, _| true);
            pair.run_ms(at_ms - 100);
            assert_eq!(pair.heard(1), Vec::<String>::new(), "{session_s} {transport:?}");
            pair.run_ms(200);
            assert_eq!(pair.heard(1), ["Gone 2 Timeout"]);
            assert_eq!(pair.count(1, "BYE"), 1);
            pair.settle();
            assert_eq!(pair.heard(1), ["Closed 2"]);
            assert_eq!(pair.heard(0)[1..], ["Gone 1 Timeout", "Closed 1"], "the refresher found out by itself");
        }
    }
}

#[test]
fn the_bye_of_an_expired_session_says_why_rfc3326_2() {
    let mut script = Script::new();
    answered(&mut script, "Supported: timer\nSession-Expires: 90\n");
    script.run_ms(60_000);
    let bye = script.sent.pop().unwrap().1;
    assert_eq!(header(&bye, Name::Reason), "SIP;cause=408;text=\"Session expired\"");
    script.answer(&bye, 481, "theirs", "");
    assert_eq!(script.told(), ["Gone 1 Timeout", "Closed 1"]);
    script.settle();
    assert!(script.end.is_idle());
}

#[test]
fn what_a_2xx_grants_us_rfc4028_7_2() {
    let cases = [
        ("Session-Expires: 600;refresher=uac\n", Some((300, "UPDATE"))),
        ("Session-Expires: 600\n", Some((300, "UPDATE"))),
        ("Session-Expires: 600;refresher=uas\n", Some((568, "BYE"))),
        ("Session-Expires: 90;refresher=uas\n", Some((60, "BYE"))),
        ("Session-Expires: 4;refresher=uac\n", Some((45, "UPDATE"))),
        ("Session-Expires: never\n", None),
    ];
    for (granted, expected) in cases {
        let mut script = Script::new();
        script.called(&format!("{UPDATES}{granted}"));
        let Some((at_s, method)) = expected else {
            script.run_ms(2_000_000);
            assert_eq!(script.lines(), [""; 0], "{granted}");
            hang_up(&mut script);
            continue;
        };
        script.run_ms(at_s * 1000 - 20);
        assert_eq!(script.lines(), [""; 0], "{granted}");
        script.run_ms(20);
        let sent = script.sent[0].1.clone();
        assert_eq!((sent.method_name(), sent.body()), (method, &b""[..]), "{granted}");
        script.answer(&sent, 481, "theirs", "");
        script.settle();
        assert!(script.end.is_idle());
    }
}

/// A call of ours whose session of 600 s we refresh; its first refresh.
fn refreshing(headers: &str) -> (Script, Message, String) {
    let mut script = Script::new();
    let (_, tag) = script.called(&format!("{headers}Session-Expires: 600;refresher=uac\n"));
    script.run_ms(300_000);
    let refresh = script.sent.pop().unwrap().1;
    assert_eq!(script.lines(), [""; 0]);
    (script, refresh, tag)
}

#[test]
fn who_does_not_take_update_gets_our_last_description_again_rfc4028_7_4() {
    for allow in ["", "Allow: INVITE, ACK, BYE\n"] {
        let (mut script, refresh, _) = refreshing(allow);
        assert_eq!((refresh.method(), refresh.body()), (Method::Invite, &b"offer"[..]));
        assert_eq!(header(&refresh, Name::SessionExpires), "600;refresher=uac");
        assert_eq!(header(&refresh, Name::ContentType), "application/sdp");
        script.answer(&refresh, 200, "theirs", "Session-Expires: 600;refresher=uac\n");
        assert_eq!((script.lines(), script.told()), (vec!["ACK".to_owned()], Vec::new()));
        script.run_ms(300_000);
        let again = script.sent.pop().unwrap().1;
        assert_eq!((again.method(), again.body()), (Method::Invite, &b"offer"[..]), "re-armed");
        script.answer(&again, 200, "theirs", "Session-Expires: 600;refresher=uac\n");
        script.sent.clear();
        hang_up(&mut script);
    }
}

#[test]
fn an_update_that_is_not_taken_after_all_becomes_a_reinvite() {
    for status in [405, 501] {
        let (mut script, update, _) = refreshing(UPDATES);
        assert_eq!(update.method(), Method::Update);
        script.answer(&update, status, "theirs", "");
        let invite = script.sent.pop().unwrap().1;
        assert_eq!((invite.method(), invite.body()), (Method::Invite, &b"offer"[..]));
        script.answer(&invite, 200, "theirs", "Session-Expires: 600;refresher=uac\n");
        script.lines();
        script.run_ms(300_000);
        assert_eq!(script.sent[0].1.method(), Method::Invite, "remembered");
        let again = script.sent.pop().unwrap().1;
        script.answer(&again, 200, "theirs", "");
        script.sent.clear();
        assert_eq!(script.told(), [""; 0]);
        hang_up(&mut script);
    }
}

#[test]
fn the_description_that_is_repeated_is_the_last_one_that_held() {
    let mut script = Script::new();
    script.called("Session-Expires: 600;refresher=uac\n");
    for (text, status) in [("second", 200), ("third", 488)] {
        script.run_ms(100_000);
        script.act(|end, now, out| end.reinvite(now, leg(1), body(text), out));
        let change = script.sent.pop().unwrap().1;
        assert_eq!(header(&change, Name::SessionExpires), "600;refresher=uac", "a change refreshes too");
        script.answer(&change, status, "theirs", "Session-Expires: 600;refresher=uac\n");
    }
    assert_eq!(script.told(), ["ReinviteDone 1 200 ", "ReinviteDone 1 Status(488)"]);
    script.sent.clear();
    script.run_ms(199_900);
    assert_eq!(script.lines(), [""; 0], "armed anew by the change that was accepted");
    script.run_ms(200);
    let refresh = script.sent.pop().unwrap().1;
    assert_eq!((refresh.method(), refresh.body()), (Method::Invite, &b"second"[..]));
    script.answer(&refresh, 200, "theirs", "");
    script.sent.clear();
    hang_up(&mut script);
}

#[test]
fn a_refresh_that_finds_the_dialog_dead_ends_the_leg_rfc4028_10() {
    for (status, cause) in [(481, "Status(481)"), (408, "Status(408)"), (0, "Timeout")] {
        let (mut script, refresh, _) = refreshing(UPDATES);
        match status {
            0 => script.run_ms(32_000),
            status => script.answer(&refresh, status, "theirs", ""),
        }
        assert_eq!(script.told(), [format!("Gone 1 {cause}")]);
        assert_eq!(script.lines().last().map(String::as_str), Some("BYE"));
        script.settle();
        assert!(script.end.is_idle());
    }
}

#[test]
fn a_refusal_of_another_kind_is_tried_once_more_rfc4028_10() {
    let (mut script, refresh, _) = refreshing(UPDATES);
    script.answer(&refresh, 500, "theirs", "");
    script.run_ms(149_900);
    assert_eq!(script.lines(), [""; 0]);
    script.run_ms(200);
    let again = script.sent.pop().unwrap().1;
    script.answer(&again, 503, "theirs", "");
    script.run_ms(149_800);
    assert_eq!((script.lines().len(), script.told().len()), (0, 0));
    script.run_ms(200);
    assert_eq!(script.told(), ["Gone 1 Timeout"]);
    assert_eq!(script.lines(), ["BYE"]);
    script.settle();
    assert!(script.end.is_idle());
}

#[test]
fn a_refresh_meets_491_and_422_like_any_change_rfc3261_14_1_rfc4028_7_3() {
    let (mut script, refresh, _) = refreshing(UPDATES);
    script.answer(&refresh, 491, "theirs", "");
    script.run_ms(4_100);
    let again = script.sent.pop().unwrap().1;
    assert_eq!(again.method(), Method::Update);
    script.sent.clear();
    script.answer(&again, 422, "theirs", "Min-SE: 900\n");
    let longer = script.sent.pop().unwrap().1;
    assert_eq!(
        (header(&longer, Name::SessionExpires), header(&longer, Name::MinSe)),
        ("900;refresher=uac".into(), "900".into())
    );
    script.answer(&longer, 200, "theirs", "Session-Expires: 900;refresher=uac\n");
    assert_eq!((script.lines().len(), script.told().len()), (0, 0));
    script.run_ms(449_000);
    assert_eq!(script.lines(), [""; 0]);
    script.run_ms(1_100);
    let next = script.sent.pop().unwrap().1;
    script.answer(&next, 200, "theirs", "");
    hang_up(&mut script);
}

#[test]
fn a_refresh_waits_for_the_open_change_and_is_spared_when_that_refreshed() {
    let mut script = Script::new();
    let (_, tag) = script.called(&format!("{UPDATES}Session-Expires: 90;refresher=uac\n"));
    script.run_ms(40_000);
    script.act(|end, now, out| end.reinvite(now, leg(1), body("hold"), out));
    let change = script.sent.pop().unwrap().1;
    script.answer(&change, 100, "", "");
    script.run_ms(6_000);
    assert_eq!(script.lines(), [""; 0], "one at a time");
    script.answer(&change, 200, "theirs", "Session-Expires: 90;refresher=uac\n");
    assert_eq!((script.lines(), script.told()), (vec!["ACK".to_owned()], vec!["ReinviteDone 1 200 ".to_owned()]));
    // The peer's change collides with nothing, waits for nothing, and refreshes as well.
    let theirs = with("UPDATE", "u", 9, &tag, &format!("{CONTACT}Supported: timer\n"), "");
    let call_id = format!("Call-ID: {}", change.call_id().unwrap());
    script.run_ms(40_000);
    script.hear(&theirs.replace("Call-ID: call", &call_id));
    let tx = script.take_tx();
    script.act(|end, now, out| end.reply(now, tx, 200, &Reply::default(), out));
    let ok = script.sent.pop().unwrap().1;
    assert_eq!(header(&ok, Name::SessionExpires), "90;refresher=uas", "we go on refreshing");
    script.run_ms(44_900);
    assert_eq!(script.lines(), [""; 0]);
    script.run_ms(200);
    assert_eq!(script.lines(), ["UPDATE"]);
    script.settle();
    assert!(script.end.is_idle());
}

#[test]
fn a_change_of_the_peer_refreshes_and_may_change_the_roles_rfc4028_9() {
    let cases = [
        ("Supported: timer\n", "90;refresher=uac", 60_000, "BYE"),
        ("Supported: timer\nSession-Expires: 120;refresher=uas\n", "120;refresher=uas", 60_000, "INVITE"),
        ("", "90;refresher=uas", 45_000, "INVITE"),
    ];
    for (headers, granted, due_ms, method) in cases {
        let mut script = Script::new();
        let (_, tag) = answered(&mut script, "Supported: timer\nSession-Expires: 90\n");
        script.run_ms(50_000);
        script.hear(&with("INVITE", "b", 2, &tag, &format!("{CONTACT}{headers}"), "hold"));
        let tx = script.take_tx();
        script.act(|end, now, out| end.reply(now, tx, 200, &reply("held"), out));
        let ok = script.sent.pop().unwrap().1;
        assert_eq!(header(&ok, Name::SessionExpires), granted);
        script.hear(&request("ACK", "ack2", 2, &tag, ""));
        script.lines();
        script.run_ms(due_ms - 50);
        assert_eq!(script.lines(), [""; 0], "{headers}");
        script.run_ms(100);
        let sent = script.sent.pop().unwrap().1;
        assert_eq!(sent.method_name(), method, "{headers}");
        assert!(method == "BYE" || sent.body() == b"held");
        script.settle();
        assert!(script.end.is_idle());
    }
}

#[test]
fn a_refused_change_of_the_peer_refreshes_nothing() {
    let mut script = Script::new();
    let (_, tag) = answered(&mut script, "Supported: timer\nSession-Expires: 90\n");
    script.run_ms(50_000);
    script.hear(&with("UPDATE", "b", 2, &tag, &format!("{CONTACT}Supported: timer\n"), "hold"));
    let tx = script.take_tx();
    script.act(|end, now, out| end.reply(now, tx, 488, &Reply::default(), out));
    script.run_ms(10_100);
    assert_eq!(script.told(), ["Gone 1 Timeout"]);
}
