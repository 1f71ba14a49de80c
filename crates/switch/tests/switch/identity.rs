//! Who calls and whom, as carriers say it in headers.

use std::sync::Arc;
use std::time::Duration;

use base::{Record, RecordEntry};
use call::Plan;
use call::number::AreaCode;
use call::plan::{CalledNumber, Identity, MenuVersion};
use switch::{Drill, Input, Place};

use crate::kit::{Bench, CARRIER, SDP, STRANGER, proof, register, request};

/// What an INVITE says, beside what every one does.
#[derive(Clone, Copy)]
struct Invite<'a> {
    uri: &'a str,
    from: &'a str,
    headers: &'a [&'a str],
}

const PLAIN: Invite<'_> = Invite { uri: "sip:12345@10.0.0.1", from: "<sip:13800138000@10.1.0.1>", headers: &[] };

impl Invite<'_> {
    fn text(&self, tag: &str) -> String {
        let extra: String = self.headers.iter().map(|line| format!("{line}\r\n")).collect();
        let text = request("INVITE", self.uri, "x", tag, &extra, SDP);
        text.replace("From: <sip:x@10.1.0.1>", &format!("From: {}", self.from))
    }
}

/// 12345 and the merged 12319 on a trunk of Guangzhou, each with a menu of its own.
fn city(plan: &mut Plan) {
    plan.trunks[0].area_code = AreaCode::parse("020");
    let merged = MenuVersion { version: "merged".to_owned(), ..MenuVersion::clone(&plan.menus[0]) };
    plan.menus.push(Arc::new(merged));
    plan.called.push(CalledNumber { number: "12319".to_owned(), menu: 1 });
}

fn from_alone(plan: &mut Plan) {
    city(plan);
    plan.trunks[0].identity = Identity::From;
}

/// The record of a call that is ended at once; none where it is refused.
fn record(edit: impl FnOnce(&mut Plan), invite: Invite<'_>) -> Option<Record> {
    let mut bench = Bench::with(|plan, _| edit(plan));
    bench.receive(CARRIER, &invite.text("a"));
    bench.feed(Input::StopCalls);
    bench.pass(Duration::from_secs(80));
    ended(&bench)
}

fn ended(bench: &Bench) -> Option<Record> {
    bench.records.iter().find_map(|entry| match entry {
        RecordEntry::End(record) => Some(Record::clone(record)),
        _ => None,
    })
}

#[track_caller]
fn calls(edit: impl FnOnce(&mut Plan), from: &str, headers: &[&str], caller: &str, confidential: bool) {
    let record = record(edit, Invite { from, headers, ..PLAIN }).expect("the number is ours");
    assert_eq!((record.start.caller.as_str(), record.confidential), (caller, confidential), "{from} {headers:?}");
}

#[track_caller]
fn reaches(uri: &str, headers: &[&str], called: &str, menu: &str) {
    let record = record(city, Invite { uri, headers, ..PLAIN }).expect("the number is ours");
    assert_eq!((record.start.called.as_str(), record.menu_version.as_str()), (called, menu), "{uri} {headers:?}");
}

const PLAIN_FROM: &str = "<sip:1001@10.1.0.1>";

#[test]
fn the_carrier_s_word_goes_before_the_phone_s() {
    calls(city, PLAIN_FROM, &["P-Asserted-Identity: <sip:+8613800138000@ims>"], "13800138000", false);
    let both = "P-Asserted-Identity: \"Li, Lei\" <sip:li@ims>, <tel:+86-138-0013-8000>";
    calls(city, PLAIN_FROM, &[both], "13800138000", false);
    let lines = ["P-Asserted-Identity: <tel:+862087654321>", "P-Asserted-Identity: <sip:li@ims>"];
    calls(city, PLAIN_FROM, &lines, "02087654321", false);
    let party = "Remote-Party-ID: <sip:12345@ims>;party=called, <sip:87654321@ims>;party=calling;screen=yes";
    calls(city, PLAIN_FROM, &[party], "02087654321", false);
    calls(city, PLAIN_FROM, &[party, "P-Asserted-Identity: <tel:13800138000>"], "13800138000", false);
    calls(city, "<tel:013800138000>", &["P-Asserted-Identity: <sip:li@ims>"], "13800138000", false);
    calls(city, "<sip:li@ims>", &["P-Asserted-Identity: nonsense"], "li", false);
}

#[test]
fn a_trunk_that_says_it_in_from_is_asked_nothing_else() {
    let asserted = ["P-Asserted-Identity: <tel:+8613900139000>", "Remote-Party-ID: <sip:13900139000@ims>"];
    calls(from_alone, "<sip:+8613800138000@ims>", &asserted, "13800138000", false);
    calls(from_alone, "<sip:Anonymous@ims>", &asserted, "anonymous", false);
    calls(from_alone, "<sip:13800138000@ims>", &["Privacy: user"], "13800138000", true);
}

#[test]
fn whoever_withholds_the_number_is_confidential() {
    let asserted = "P-Asserted-Identity: <tel:+8613800138000>";
    for privacy in ["id", "header", "user", "Id;critical", "none;header", "session; user"] {
        calls(city, PLAIN_FROM, &[asserted, &format!("Privacy: {privacy}")], "13800138000", true);
    }
    for privacy in ["none", "session", "history", "critical", ""] {
        calls(city, PLAIN_FROM, &[asserted, &format!("Privacy: {privacy}")], "13800138000", false);
    }
    let hidden = "\"Anonymous\" <sip:anonymous@anonymous.invalid>";
    calls(city, hidden, &[asserted], "13800138000", true);
    calls(city, "<sip:anonymous@10.1.0.1>", &[asserted], "13800138000", true);
    calls(city, PLAIN_FROM, &["Remote-Party-ID: <sip:13800138000@ims>;privacy=full"], "13800138000", true);
    calls(city, PLAIN_FROM, &["Remote-Party-ID: <sip:13800138000@ims>;privacy=off"], "13800138000", false);
    // Nothing is known that could be hidden.
    calls(city, hidden, &["Privacy: id"], "anonymous", false);
}

#[test]
fn no_row_shows_the_number_of_a_caller_who_withholds_it() {
    let mut bench = Bench::new();
    let headers = ["P-Asserted-Identity: <tel:+8613800138000>", "Privacy: id"];
    bench.receive(CARRIER, &Invite { headers: &headers, ..PLAIN }.text("a"));
    let [RecordEntry::Confidential(first), RecordEntry::Start(second)] = bench.records.as_slice() else {
        panic!("hidden before it is shown: {:?}", bench.records)
    };
    assert_eq!((first, first.caller.as_str()), (second, "13800138000"));
}

#[test]
fn a_fault_makes_no_number_public() {
    let mut bench = Bench::with(|_, config| config.drill = Some(Drill { place: Place::Call, nth: 1 }));
    let headers = ["P-Asserted-Identity: <tel:+8613800138000>", "Privacy: id"];
    bench.receive(CARRIER, &Invite { headers: &headers, ..PLAIN }.text("a"));
    let record = ended(&bench).expect("a call that could not arrive has a record");
    assert_eq!((record.end_reason, record.confidential), (base::EndReason::Fault, true));
}

#[test]
fn an_agent_is_believed_nothing_but_from() {
    let mut bench = Bench::with(|plan, _| city(plan));
    register(&mut bench, "1001", "pass-1001", "r");
    let headers = [
        "P-Asserted-Identity: <tel:+8613800138000>",
        "Privacy: id",
        "Diversion: <sip:12319@10.1.0.1>;reason=unconditional",
    ];
    bench.receive(CARRIER, &Invite { from: PLAIN_FROM, headers: &headers, ..PLAIN }.text("a"));
    let [.., RecordEntry::Start(start)] = bench.records.as_slice() else { panic!("{:?}", bench.records) };
    let said = (start.caller.as_str(), start.called.as_str(), start.source.as_str());
    assert_eq!(said, ("1001", "12345", "agent 1001"));
    assert!(!bench.records.iter().any(|entry| matches!(entry, RecordEntry::Confidential(_))));
}

#[test]
fn a_trunk_that_proved_itself_is_believed_like_one_by_address() {
    let mut bench = Bench::with(|plan, _| city(plan));
    bench.receive(STRANGER, &PLAIN.text("a"));
    let proof = proof(&bench, "carrier", "secret", "INVITE", PLAIN.uri);
    let headers = [proof.trim_end(), "P-Asserted-Identity: <tel:87654321>", "Diversion: <sip:12319@ims>"];
    bench.receive(STRANGER, &Invite { headers: &headers, ..PLAIN }.text("b"));
    let [RecordEntry::Start(start)] = bench.records.as_slice() else { panic!("{:?}", bench.records) };
    assert_eq!((start.caller.as_str(), start.called.as_str()), ("02087654321", "12319"));
}

#[test]
fn a_number_of_ours_is_ours_in_every_form() {
    for dialled in ["12345", "+8612345", "008612345", "02012345", "+862012345", "862012345"] {
        reaches(&format!("sip:{dialled}@10.0.0.1"), &[], "12345", "v1");
    }
    reaches("tel:+86-20-12319", &[], "12319", "merged");
    for other in ["075512345", "1234", "123450", "+112345"] {
        assert!(record(city, Invite { uri: &format!("sip:{other}@10.0.0.1"), ..PLAIN }).is_none(), "{other}");
    }
    let elsewhere = |plan: &mut Plan| plan.trunks[0].area_code = None;
    assert!(record(elsewhere, Invite { uri: "sip:02012345@10.0.0.1", ..PLAIN }).is_none(), "whose area is 020?");
}

#[test]
fn a_number_as_listed_goes_before_its_other_forms() {
    let edit = |plan: &mut Plan| {
        city(plan);
        plan.called.push(CalledNumber { number: "+862012345".to_owned(), menu: 1 });
    };
    let menu = |uri: &str| record(edit, Invite { uri, ..PLAIN }).map(|r| (r.start.called, r.menu_version));
    let ours = |called: &str, menu: &str| Some((called.to_owned(), menu.to_owned()));
    assert_eq!(menu("sip:12345@10.0.0.1"), ours("12345", "v1"));
    assert_eq!(menu("sip:+862012345@10.0.0.1"), ours("+862012345", "merged"));
    assert_eq!(menu("sip:02012345@10.0.0.1"), ours("+862012345", "merged"));
    assert_eq!(menu("sip:+8612345@10.0.0.1"), ours("12345", "v1"));
}

#[test]
fn a_call_diverted_from_a_merged_hotline_runs_that_one_s_menu() {
    let uri = PLAIN.uri;
    reaches(uri, &["Diversion: <sip:12319@ims>;reason=unconditional"], "12319", "merged");
    reaches(uri, &["Diversion: <tel:+862012319>;counter=1"], "12319", "merged");
    // The newest diversion stands first.
    reaches(uri, &["Diversion: <sip:87654321@ims>, <sip:02012319@ims>"], "12319", "merged");
    reaches(uri, &["Diversion: <sip:87654321@ims>", "Diversion: <sip:12319@ims>"], "12319", "merged");
    reaches(uri, &["Diversion: <sip:12319@ims>, <sip:87654321@ims>"], "12345", "v1");
    reaches(uri, &["Diversion: <sip:13800138000@ims>;reason=no-answer"], "12345", "v1");
    reaches(uri, &["Diversion: nonsense"], "12345", "v1");
}

#[test]
fn history_info_tells_of_a_diversion_where_nothing_else_does() {
    let uri = PLAIN.uri;
    let told = "History-Info: <sip:12319@ims?Reason=SIP%3Bcause%3D302>;index=1, <sip:12345@ims>;index=1.1;mp=1";
    reaches(uri, &[told], "12319", "merged");
    let retargeted = "History-Info: <sip:+8612345@ims>;index=1, <sip:02012345@10.0.0.1>;index=1.1;rc=1";
    reaches(uri, &[retargeted], "12345", "v1");
    reaches(uri, &[retargeted, "History-Info: <tel:12319>;index=1.2"], "12319", "merged");
    reaches(uri, &[told, "Diversion: <sip:13800138000@ims>"], "12345", "v1");
}

#[test]
fn a_diversion_opens_no_number_that_is_not_ours() {
    let headers = ["Diversion: <sip:12345@ims>"];
    assert!(record(city, Invite { uri: "sip:99999@10.0.0.1", headers: &headers, ..PLAIN }).is_none());
}
