//! Who may call, who may register, and what the others are told.

use std::time::Duration;

use crate::kit::{Bench, CARRIER, SDP, STRANGER, desk, invite, proof, register, register_at, request};
use base::{Codec, EndReason, Job, RecordEntry};
use call::plan::{Limits, Refusal};
use sip::{Message, Name};
use switch::Input;

#[test]
fn a_trunks_caller_is_answered_and_recorded_before_the_answer_leaves() {
    let mut bench = Bench::new();
    bench.receive(CARRIER, &invite("a"));
    assert_eq!(bench.status(), Some(200));
    let RecordEntry::Start(start) = &bench.records[0] else { panic!("{:?}", bench.records) };
    assert_eq!(
        (start.caller.as_str(), start.called.as_str(), start.source.as_str()),
        ("13800138000", "12345", "trunk")
    );
    assert!(matches!(bench.jobs.last(), Some((_, Job::Open { .. }))), "{:?}", bench.jobs);
}

#[test]
fn a_number_that_is_not_ours_is_404_and_leaves_no_call() {
    let mut bench = Bench::new();
    bench.receive(CARRIER, &request("INVITE", "sip:99999@10.0.0.1", "138", "a", "", SDP));
    assert_eq!(bench.status(), Some(404));
    assert_eq!(bench.exchange.switch.calls(), 0);
    assert!(bench.records.is_empty());
}

#[test]
fn a_tel_uri_reaches_us_too() {
    let mut bench = Bench::new();
    bench.receive(CARRIER, &request("INVITE", "tel:12345;phone-context=+86", "138", "a", "", SDP));
    assert_eq!(bench.status(), Some(200));
}

#[test]
fn a_stranger_is_challenged_and_a_trunk_from_elsewhere_proves_itself() {
    let mut bench = Bench::new();
    bench.receive(STRANGER, &invite("a"));
    assert_eq!(bench.status(), Some(401));
    let wrong = proof(&bench, "carrier", "guess", "INVITE", "sip:12345@10.0.0.1");
    let right = proof(&bench, "carrier", "secret", "INVITE", "sip:12345@10.0.0.1");
    let with = |extra: &str, tag: &str| request("INVITE", "sip:12345@10.0.0.1", "138", tag, extra, SDP);
    bench.receive(STRANGER, &with(&wrong, "b"));
    assert_eq!(bench.status(), Some(403));
    bench.receive(STRANGER, &with(&right, "c"));
    assert_eq!(bench.status(), Some(200));
}

#[test]
fn agents_register_and_nobody_learns_who_exists() {
    let mut bench = Bench::new();
    assert_eq!(register(&mut bench, "1001", "pass-1001", "a"), Some(200));
    let (_, ok) = bench.sent.last().expect("a 200");
    assert!(ok.header(Name::Contact).is_some_and(|c| c.contains("expires=300")), "{ok:?}");
    let known = register(&mut bench, "1001", "wrong", "b");
    let unknown = register(&mut bench, "7777", "wrong", "c");
    assert_eq!((known, unknown), (Some(403), Some(403)));
}

/// Calls, and acknowledges the answer.
pub(crate) fn citizen_waits(bench: &mut Bench) {
    bench.receive(CARRIER, &invite("a"));
    let to = bench.sent.iter().find_map(|(_, m)| m.header(Name::To).filter(|_| m.status() == Some(200)));
    let to = to.expect("our 200").to_owned();
    let ack = request("ACK", "sip:12345@10.0.0.1", "13800138000", "a", "", "");
    bench.receive(CARRIER, &ack.replace("To: <sip:12345@10.0.0.1>", &format!("To: {to}")));
}

/// Our own INVITEs among what was just sent.
fn rung(bench: &Bench) -> Vec<&Message> {
    let requests = bench.sent.iter().map(|(_, m)| m).filter(|m| m.status().is_none());
    requests.filter(|m| m.method() == sip::Method::Invite).collect()
}

#[test]
fn an_agent_s_own_call_keeps_the_phone_from_ringing_until_it_is_over() {
    for dialled in ["*73", "*72", "*99", "*", "12345"] {
        let mut bench = Bench::new();
        register(&mut bench, "1001", "pass-1001", "r");
        let own = |bench: &Bench| bench.exchange.roster.view().agents[0].own_call;
        bench.receive(CARRIER, &request("INVITE", &format!("sip:{dialled}@10.0.0.1"), "1001", "own", "", SDP));
        assert_eq!((bench.status(), own(&bench)), (Some(200), true), "{dialled} is answered, and be it with a refusal");
        citizen_waits(&mut bench);
        assert!(rung(&bench).is_empty(), "the phone is in use: {dialled}");
        // The agent's phone vanished: no ACK, and no answer to the BYE.
        bench.pass(Duration::from_secs(80));
        assert!(!own(&bench));
        // Whoever dialled 12345 waited first, and was no citizen to be served by that same phone.
        let paused = dialled == "*73";
        assert_eq!(rung(&bench).is_empty(), paused, "{dialled}");
    }
}

#[test]
fn a_star_from_a_trunk_or_a_stranger_is_no_code() {
    let mut bench = Bench::new();
    register(&mut bench, "1001", "pass-1001", "r");
    for dialled in ["*72", "*73", "*99"] {
        bench.receive(CARRIER, &request("INVITE", &format!("sip:{dialled}@10.0.0.1"), "138", dialled, "", SDP));
        assert_eq!(bench.status(), Some(404), "{dialled}");
    }
    assert_eq!(bench.exchange.roster.view().agents[0].state, roster::State::Ready);
    assert_eq!(bench.exchange.switch.calls(), 0);
}

#[test]
fn a_registered_agent_is_rung_for_a_waiting_caller() {
    let mut bench = Bench::new();
    register(&mut bench, "1001", "pass-1001", "r");
    citizen_waits(&mut bench);
    let rung = rung(&bench);
    assert_eq!(rung.len(), 1, "the agent's phone rings in the same turn");
    assert!(rung[0].header(Name::From).is_some_and(|f| f.contains("13800138000 consult 0s")), "{:?}", rung[0]);
}

#[test]
fn a_full_switch_and_one_without_ports_say_so() {
    let mut bench = Bench::new();
    for tag in ["a", "b", "c"] {
        bench.receive(CARRIER, &invite(tag));
        assert_eq!(bench.status(), Some(200));
    }
    bench.receive(CARRIER, &invite("d"));
    assert_eq!(bench.status(), Some(503));
    assert!(bench.sent.iter().any(|(_, m)| m.header(Name::RetryAfter).is_some()));
}

#[test]
fn a_drain_refuses_new_calls_and_a_stop_ends_the_others() {
    let mut bench = Bench::new();
    bench.receive(CARRIER, &invite("a"));
    bench.feed(Input::Drain);
    bench.receive(CARRIER, &invite("b"));
    assert_eq!(bench.status(), Some(503));
    bench.feed(Input::StopCalls);
    // The caller never acknowledges: the BYE waits for the ACK's time-out, then for its own.
    bench.pass(Duration::from_secs(80));
    assert!(bench.exchange.is_idle(), "{} calls are left", bench.exchange.switch.calls());
    let ends = bench.records.iter().filter_map(|r| match r {
        RecordEntry::End(record) => Some(record.end_reason),
        _ => None,
    });
    assert_eq!(ends.collect::<Vec<_>>(), [EndReason::Shutdown]);
}

#[test]
fn options_are_answered_and_other_methods_belong_into_dialogs() {
    let mut bench = Bench::new();
    bench.receive(STRANGER, &request("OPTIONS", "sip:12345@10.0.0.1", "x", "a", "", ""));
    assert_eq!(bench.status(), Some(200));
    bench.receive(STRANGER, &request("INFO", "sip:12345@10.0.0.1", "x", "b", "", ""));
    assert_eq!(bench.status(), Some(481));
    bench.receive(STRANGER, &request("SUBSCRIBE", "sip:12345@10.0.0.1", "x", "c", "", ""));
    assert_eq!(bench.status(), Some(405));
}

#[test]
fn more_calls_in_a_second_than_allowed_are_told_to_come_later_as_the_carrier_likes_it() {
    let mut bench = Bench::with(|plan, _| {
        let refusal = Refusal { status: 486, retry_after: Duration::from_secs(7) };
        plan.limits = Limits { calls: 100, calls_per_s: Some(2), refusal, ..plan.limits };
    });
    let statuses = ["a", "b", "c"].map(|tag| bench.receive(CARRIER, &invite(tag)).status());
    assert_eq!(statuses, [Some(200), Some(200), Some(486)]);
    let retry = bench.sent.iter().find_map(|(_, m)| m.header(Name::RetryAfter).map(str::to_owned));
    assert_eq!(retry.as_deref(), Some("7"));
    bench.pass(Duration::from_millis(500));
    assert_eq!(["d", "e"].map(|tag| bench.receive(CARRIER, &invite(tag)).status()), [Some(200), Some(486)]);
}

#[test]
fn a_trunk_has_limits_and_an_answer_of_its_own_and_leaves_the_others_alone() {
    let other = ([10, 2, 0, 1], 5060);
    let mut bench = Bench::with(|plan, _| {
        plan.limits.calls = 100;
        let refusal = Some(Refusal { status: 480, retry_after: Duration::from_secs(3) });
        let mut second = plan.trunks[0].clone();
        second.name = "second".to_owned();
        second.sources = vec![call::plan::Subnet { address: [10, 2, 0, 0].into(), prefix: 16 }];
        plan.trunks[0].limits = call::plan::TrunkLimits { calls: Some(2), calls_per_s: None, refusal };
        second.limits = call::plan::TrunkLimits { calls_per_s: Some(1), ..call::plan::TrunkLimits::default() };
        plan.trunks.push(second);
    });
    let statuses = ["a", "b", "c"].map(|tag| bench.receive(CARRIER, &invite(tag)).status());
    assert_eq!(statuses, [Some(200), Some(200), Some(480)], "two at once");
    let retry = bench.sent.iter().rev().find_map(|(_, m)| m.header(Name::RetryAfter).map(str::to_owned));
    assert_eq!(retry.as_deref(), Some("3"));
    let statuses = ["d", "e"].map(|tag| bench.receive(other, &invite(tag)).status());
    assert_eq!(statuses, [Some(200), Some(503)], "one a second");
    let nobody = invite("f").replace("sip:12345@", "sip:99999@");
    assert_eq!(bench.receive(other, &nobody).status(), Some(404));
    let counted: Vec<_> = bench.exchange.switch.trunks().map(|(trunk, c)| (trunk.name.as_str(), c.clone())).collect();
    let [(_, first), (_, second)] = &counted[..] else { panic!("two trunks: {counted:?}") };
    assert_eq!((first.calls, first.seizures, &first.answers[..]), (2, 3, &[(200, 2), (480, 1)][..]));
    assert_eq!((second.calls, second.seizures, &second.answers[..]), (1, 3, &[(200, 1), (503, 1), (404, 1)][..]));
    // A call that is over makes room for the next.
    bench.feed(Input::StopCalls);
    // No ACK, then no answer to the BYE: Timer H and Timer F.
    bench.pass(Duration::from_secs(80));
    assert!(bench.exchange.switch.trunks().all(|(_, counters)| counters.calls == 0));
}

#[test]
fn a_trunk_is_known_on_its_own_network_alone() {
    let mut bench = Bench::with(|plan, _| {
        plan.networks.push(plan.networks[0].clone());
        plan.trunks[0].network = Some(base::NetworkId(1));
    });
    assert_eq!(bench.receive(CARRIER, &invite("a")).status(), Some(401), "who comes another way has to prove it");
}

#[test]
fn a_shed_call_leaves_nothing_behind_and_a_repeated_one_is_no_new_call() {
    let mut bench = Bench::new();
    bench.receive(CARRIER, &invite("a"));
    bench.sent.clear();
    let flow = base::Flow::udp(base::NetworkId(0), std::net::SocketAddr::from(CARRIER));
    bench.feed(Input::Shed { flow, bytes: invite("b").as_bytes() });
    assert_eq!(bench.status(), Some(503));
    assert!(bench.sent.iter().any(|(_, m)| m.header(Name::RetryAfter) == Some("10")));
    bench.sent.clear();
    bench.feed(Input::Shed { flow, bytes: invite("a").as_bytes() });
    assert_ne!(bench.status(), Some(503), "the first one was let in");
    bench.feed(Input::Shed { flow, bytes: b"INVITE nonsense" });
    assert_eq!(bench.exchange.switch.calls(), 1);
}

#[test]
fn what_is_spoken_on_a_trunk_bounds_what_its_calls_are_answered_and_offered() {
    let on_trunk = |codecs: &[Codec]| {
        let codecs = codecs.to_vec();
        Bench::with(move |plan, _| plan.trunks[0].codecs = codecs)
    };
    let said = |bench: &Bench| {
        let ok = bench.sent.iter().find(|(_, m)| m.status() == Some(200)).map(|(_, m)| sdp::first_codecs(m.body()));
        ok.unwrap_or_default()
    };
    let offering = |tag: &str, formats: &str| invite(tag).replace("RTP/AVP 8 0 101", &format!("RTP/AVP {formats}"));
    for (spoken, formats, answered) in [
        (&[Codec::Pcmu][..], "8 0 101", &[Codec::Pcmu][..]),
        (&[Codec::Pcma], "8 0 101", &[Codec::Pcma]),
        (&Codec::ALL, "0 8 101", &[Codec::Pcmu]),
    ] {
        let mut bench = on_trunk(spoken);
        bench.receive(CARRIER, &offering("a", formats));
        assert_eq!((bench.status(), said(&bench)), (Some(200), answered.to_vec()), "{spoken:?} {formats}");
    }
    let mut bench = on_trunk(&[Codec::Pcmu]);
    bench.receive(CARRIER, &request("INVITE", "sip:12345@10.0.0.1", "138", "b", "", &SDP.replace("8 0 101", "8 101")));
    assert_eq!(bench.status(), Some(488), "nothing in common");
    // A late offer is ours to make: in the trunk's order, and nothing else.
    for spoken in [&[Codec::Pcmu][..], &[Codec::Pcmu, Codec::Pcma]] {
        let mut bench = on_trunk(spoken);
        bench.receive(CARRIER, &request("INVITE", "sip:12345@10.0.0.1", "138", "c", "", ""));
        assert_eq!((bench.status(), said(&bench)), (Some(200), spoken.to_vec()), "{spoken:?}");
    }
    // Other trunks speak what they speak, and so do agents' phones.
    let mut bench = on_trunk(&[Codec::Pcmu]);
    register_at(&mut bench, desk(0), ("1001", "pass-1001"), "r");
    bench.receive(
        desk(0),
        &request("INVITE", "sip:12345@10.0.0.1", "1001", "d", "", SDP).replace("@10.1.0.1", "@10.2.0.1"),
    );
    assert_eq!((bench.status(), said(&bench)), (Some(200), vec![Codec::Pcma]));
}
