//! A carrier that says that a line is somewhere else (RFC 3261 §8.1.3.4, §21.3): by messages, with rights, and hung up at each moment.

use std::sync::Arc;

use base::{AgentId, EndReason, Flow, LegId, NetworkId, Secret};
use call::plan::DialRule;
use ivr::Hours;
use sip::{Builder, Message, Name};
use switch::Input;

use crate::table::{CITIZEN, Table, address, leads_to};

const FIRST: usize = 1;
const AGENTS: usize = 2;
/// The phone behind the first carrier.
const LINE: usize = CITIZEN;
/// And the one behind the second.
const OTHER: usize = AGENTS + 1;
const NUMBER: &str = "13900139000";
const MOVED: &str = "13900139001";
const STRANGER: &str = "sip:13900139001@192.0.2.66";

fn table() -> Table {
    Table::with_lines(AGENTS, |_| {})
}

/// Further rules beside the one for 139.
fn with_rules(rules: Vec<DialRule>) -> Table {
    Table::with_trunks(AGENTS, |plans| Arc::make_mut(&mut plans.call).dial.extend(rules))
}

fn rule(prefix: &str) -> DialRule {
    DialRule { prefixes: vec![prefix.to_owned()], trunks: vec![0, 1], ..DialRule::default() }
}

/// At the first carrier.
fn at_carrier(number: &str) -> String {
    format!("<sip:{number}@{}>", address(LINE))
}

/// The first carrier sends the call that it has got on to there.
fn redirects(table: &mut Table, to: &str) {
    assert!(table.refuses_with(LINE, 302, &[("Contact", to)]), "a call has come");
}

/// An agent has called the line, and its carrier sends the call on to there.
fn sent_on(table: &mut Table, to: &str) -> LegId {
    let agent = table.dials(FIRST, NUMBER);
    redirects(table, to);
    agent
}

fn uri(table: &Table, phone: usize) -> Option<String> {
    table.invite(phone).map(|invite| invite.request_uri_text().to_owned())
}

fn header(message: &Message, name: Name) -> String {
    message.header(name).unwrap_or_default().to_owned()
}

/// Nothing is left, and nobody but our phones was ever sent anything.
fn is_clean(table: &mut Table, what: &str) {
    table.pass(40);
    table.is_clean(what);
    let known = |peer| (0..=OTHER).any(|phone| address(phone) == peer);
    assert!(table.bench.sent.iter().all(|(flow, _)| known(flow.peer)), "{what}: a stranger was sent something");
}

fn trunk(table: &Table, place: usize) -> (u64, Vec<(u16, u64)>, usize) {
    let all = table.bench.exchange.switch.trunks();
    let counters = all.map(|(_, counters)| counters.clone()).nth(place).expect("a trunk");
    (counters.placed, counters.reached, counters.calls)
}

#[test]
fn the_call_goes_on_as_the_same_call_to_another_number() {
    let mut table = table();
    let agent = table.dials(FIRST, NUMBER);
    let before = table.invite(LINE).cloned().expect("an INVITE");
    redirects(&mut table, &at_carrier(MOVED));
    let after = table.invite(LINE).cloned().expect("another INVITE");
    assert_eq!(before.request_uri_text(), format!("sip:{NUMBER}@10.1.0.1;user=phone"));
    assert_eq!(after.request_uri_text(), format!("sip:{MOVED}@10.1.0.1:5060"));
    for name in [Name::To, Name::PAssertedIdentity] {
        assert_eq!(header(&after, name), header(&before, name), "{name:?}");
    }
    let shown = |message: &Message| message.from().map(|from| from.uri.to_string()).ok();
    assert_eq!(shown(&after), shown(&before));
    assert_ne!(header(&after, Name::CallId), header(&before, Name::CallId));
    let line = table.picks_up(LINE).expect("it rings");
    assert_eq!((table.hears(FIRST, agent), table.hears(LINE, line)), (Some(LINE), Some(FIRST)));
    assert_eq!(trunk(&table, 0), (2, vec![(302, 1), (200, 1)], 1), "both are INVITEs of ours, one call is left");
    table.hangs_up(FIRST, agent);
    assert_eq!(table.ends(), [EndReason::AgentHangup]);
    assert_eq!(table.records()[0].start.called, NUMBER);
    is_clean(&mut table, "followed");
    assert_eq!(trunk(&table, 0).2, 0);
}

#[test]
fn neither_strangers_nor_circles_nor_other_answers_are_followed_and_the_second_carrier_is_asked() {
    let itself = format!("<sip:{NUMBER}@10.1.0.1:5060;transport=udp>");
    for (status, contact) in [
        (302, STRANGER),
        (302, &itself),
        (301, "*"),
        (300, "<sip:"),
        (305, &at_carrier(MOVED)),
        (380, &at_carrier(MOVED)),
        (302, &format!("<sip:{MOVED}@{}>", address(OTHER))),
        (302, &at_carrier("li")),
    ] {
        let mut table = table();
        let agent = table.dials(FIRST, NUMBER);
        assert!(table.refuses_with(LINE, status, &[("Contact", contact)]));
        assert_eq!(uri(&table, LINE), None, "{status} {contact}");
        assert_eq!(uri(&table, OTHER), Some(format!("sip:{NUMBER}@10.2.0.3;user=phone")), "{status} {contact}");
        assert!(table.refuses_with(OTHER, status, &[("Contact", STRANGER)]));
        assert_eq!(table.refused(FIRST), Some(480), "{status} {contact}");
        assert!(table.is_over(FIRST, agent));
        is_clean(&mut table, contact);
    }
}

#[test]
fn who_is_sent_around_comes_to_an_end() {
    let mut table = table();
    sent_on(&mut table, &at_carrier(MOVED));
    redirects(&mut table, &at_carrier(NUMBER));
    assert_eq!(uri(&table, LINE), None, "it was there already");
    assert!(table.refuses(OTHER, 404));
    assert_eq!(table.refused(FIRST), Some(404));
    is_clean(&mut table, "back again");
    // Ever on, and never the same.
    let mut table = self::table();
    sent_on(&mut table, &at_carrier("13900139001"));
    redirects(&mut table, &at_carrier("13900139002"));
    assert!(uri(&table, LINE).is_some(), "twice");
    redirects(&mut table, &at_carrier("13900139003"));
    assert_eq!(uri(&table, LINE), None, "not a third time");
    assert_eq!(trunk(&table, 0).0, 3);
    assert!(table.refuses(OTHER, 486));
    is_clean(&mut table, "ever on");
}

#[test]
fn the_places_of_a_list_are_asked_in_their_order_and_three_at_most() {
    let mut table = table();
    let places = [("1", "0.1"), ("2", "1.0"), ("3", "0.9"), ("4", "0.5"), ("5", "0.4")];
    let places: Vec<String> =
        places.iter().map(|(last, q)| format!("{};q={q}", at_carrier(&format!("1390013900{last}")))).collect();
    let list = format!("<{STRANGER}>;q=1.0, {}", places.join(", "));
    sent_on(&mut table, &list);
    for last in ["2", "3", "4"] {
        assert_eq!(uri(&table, LINE), Some(format!("sip:1390013900{last}@10.1.0.1:5060")));
        assert!(table.refuses(LINE, 480));
    }
    assert_eq!((uri(&table, LINE), uri(&table, OTHER)), (None, None), "somebody has spoken");
    assert_eq!(table.refused(FIRST), Some(480));
    is_clean(&mut table, "a list");
}

#[test]
fn a_number_where_the_agent_may_not_call_is_not_followed() {
    let others = DialRule { agents: vec![AgentId(1)], ..rule("+") };
    let never = DialRule { hours: Some(Hours::default()), ..rule("17") };
    let elsewhere = DialRule { trunks: vec![1], ..rule("0755") };
    let rules = || vec![others.clone(), never.clone(), elsewhere.clone(), rule("020"), rule("1"), rule("8")];
    for (to, follows) in [
        (at_carrier("+12125550100"), false),
        (at_carrier("0012125550100"), false),
        (at_carrier("+861-39-0013-9001"), true),
        (at_carrier("17000000000"), false),
        (at_carrier("075583322110"), false),
        (at_carrier("02083322110"), true),
        (at_carrier("%302083322110"), true),
        ("<tel:+862083322110>".to_owned(), true),
        ("<tel:+12125550100>".to_owned(), false),
        ("<tel:83322110;phone-context=+1212>".to_owned(), false),
        (at_carrier("83322110;phone-context=+1212"), false),
        (at_carrier("%2A72"), false),
        // Numbers of the house.
        (at_carrier("12345"), false),
        (at_carrier("1001"), false),
        (at_carrier("8001"), false),
    ] {
        let mut table = with_rules(rules());
        sent_on(&mut table, &to);
        assert_eq!(uri(&table, LINE).is_some(), follows, "{to}");
        assert_eq!(uri(&table, OTHER).is_some(), !follows, "{to}");
    }
    // The house may call everywhere where a rule leads.
    let mut table = Table::with_trunks(AGENTS, |plans| {
        let call = Arc::make_mut(&mut plans.call);
        call.dial.extend(rules());
        call.groups[0].duty_line = Some(NUMBER.to_owned());
        plans.acd.groups[0].wait = Some(std::time::Duration::from_secs(5));
    });
    table.dials(FIRST, "1002");
    let citizen = table.dials(CITIZEN, "12345");
    table.pass(7);
    redirects(&mut table, &at_carrier("17000000000"));
    assert!(uri(&table, LINE).is_some());
    table.hangs_up(CITIZEN, citizen);
}

#[test]
fn a_number_that_came_as_tel_is_written_as_the_trunk_wants_it() {
    let mut table = Table::with_trunks(AGENTS, |plans| {
        let call = Arc::make_mut(&mut plans.call);
        let outward = call.trunks[0].outward.as_mut().expect("it leads out");
        outward.number = call::number::NumberForm::E164;
    });
    sent_on(&mut table, &format!("<tel:{MOVED};phone-context=+86>, <tel:+86-{MOVED}>"));
    assert_eq!(uri(&table, LINE), Some(format!("sip:+86{MOVED}@10.1.0.1;user=phone")));
}

#[test]
fn a_call_that_is_followed_counts_once_by_each_rule() {
    let once = |prefix: &str| DialRule { per_hour: Some(1), ..rule(prefix) };
    let mut table = with_rules(vec![once("138"), once("137")]);
    let mut calls = |number: &str, to: &str| {
        table.forget(FIRST);
        let agent = table.dials(FIRST, number);
        let refused = table.refused(FIRST);
        if refused.is_none() {
            redirects(&mut table, &at_carrier(to));
        }
        let followed = uri(&table, LINE).is_some();
        table.hangs_up(FIRST, agent);
        table.forget(LINE);
        table.forget(OTHER);
        (refused, followed)
    };
    assert_eq!(calls("13800138000", "13800138001"), (None, true), "its own rule is not asked again");
    assert_eq!(calls("13800138000", "13800138001"), (Some(403), false), "the call has counted");
    assert_eq!(calls(NUMBER, "13800138001"), (None, false), "nor is there a way around");
    assert_eq!(calls(NUMBER, "13700137000"), (None, true));
    assert_eq!(calls(NUMBER, "13700137000"), (None, false), "the one before has counted there");
    assert_eq!(calls("13700137000", "13700137001"), (Some(403), false));
}

#[test]
fn the_other_address_of_a_trunk_is_followed_to_and_asks_for_the_password() {
    let mut table = Table::with_trunks(AGENTS, |plans| {
        let more = leads_to(address(OTHER)).targets.remove(0);
        let trunk = &mut plans.carrier.trunks[0];
        trunk.targets.push(carrier::Target { priority: 2, ..more });
        let password = Secret("of-the-trunk".to_owned());
        trunk.login = Some(carrier::Login { user: "12345".to_owned(), password });
        Arc::make_mut(&mut plans.call).dial[0].trunks = vec![0];
    });
    let agent = sent_on(&mut table, &format!("<sip:{MOVED}@{}>", address(OTHER)));
    assert_eq!(uri(&table, LINE), None);
    let challenge = "Digest realm=\"ims\", nonce=\"n\", qop=\"auth\", algorithm=MD5";
    assert!(table.refuses_with(OTHER, 407, &[("Proxy-Authenticate", challenge)]));
    let invite = table.invite(OTHER).expect("the same again, with the password");
    let proof = sip::digest::Credentials::parse(&header(invite, Name::ProxyAuthorization)).expect("credentials");
    assert!(sip::digest::verify("INVITE", &proof, "of-the-trunk"));
    assert_eq!(proof.uri, format!("sip:{MOVED}@10.2.0.3:5060"));
    let line = table.picks_up(OTHER).expect("it rings");
    assert_eq!((table.hears(FIRST, agent), table.hears(OTHER, line)), (Some(OTHER), Some(FIRST)));
    table.hangs_up(OTHER, line);
    is_clean(&mut table, "the other address");
}

#[test]
fn a_place_that_says_nothing_is_left_for_the_next_trunk() {
    let mut table = table();
    let agent = table.dials(FIRST, NUMBER);
    table.falls_silent(LINE);
    redirects(&mut table, &at_carrier(MOVED));
    assert_eq!(trunk(&table, 0).0, 2, "it is called");
    table.pass(3);
    assert_eq!(uri(&table, OTHER), None);
    table.pass(2);
    let line = table.picks_up(OTHER).expect("the other carrier");
    assert_eq!(table.hears(FIRST, agent), Some(OTHER));
    table.hangs_up(OTHER, line);
    is_clean(&mut table, "silent");
}

#[test]
fn an_agent_who_hangs_up_at_whatever_moment_stops_it() {
    // Before the 302: it comes to a call that is over.
    let mut table = table();
    let agent = table.dials(FIRST, NUMBER);
    table.hangs_up(FIRST, agent);
    table.refuses_with(LINE, 302, &[("Contact", &at_carrier(MOVED))]);
    assert_eq!((uri(&table, LINE), uri(&table, OTHER)), (None, None));
    is_clean(&mut table, "before the redirection");
    // With the new INVITE on its way, and nothing heard of it.
    let mut table = self::table();
    let agent = sent_on(&mut table, &at_carrier(MOVED));
    table.hangs_up(FIRST, agent);
    table.refuses(LINE, 404);
    assert_eq!((uri(&table, LINE), uri(&table, OTHER)), (None, None), "not by whatever comes then");
    is_clean(&mut table, "after the new INVITE");
    // The new INVITE is answered as the agent leaves.
    let mut table = self::table();
    let agent = sent_on(&mut table, &at_carrier(MOVED));
    table.hangs_up(FIRST, agent);
    if let Some(line) = table.picks_up(LINE) {
        assert!(table.is_over(LINE, line), "BYE");
    }
    is_clean(&mut table, "with the answer");
    // It rings there.
    let mut table = self::table();
    let agent = sent_on(&mut table, &format!("{}, {}", at_carrier(MOVED), at_carrier("13900139002")));
    let line = table.rings(LINE).expect("it rings");
    table.hangs_up(FIRST, agent);
    assert!(table.is_over(LINE, line), "CANCEL");
    assert_eq!((uri(&table, LINE), uri(&table, OTHER)), (None, None));
    is_clean(&mut table, "while it rings");
}

/// The first carrier says this by hand; its phone has forgotten the call.
fn says(table: &mut Table, invite: &Message, status: u16, contact: &str) {
    let reply = Builder::reply(invite, status, Some("carrier"), None).header("Contact", contact).finish();
    let flow = Flow::udp(NetworkId(0), address(LINE));
    table.bench.feed(Input::Message { flow, bytes: &reply });
    table.settle();
}

#[test]
fn a_line_that_rang_in_vain_is_diverted_and_the_minute_goes_on() {
    let mut table = table();
    let agent = table.dials(FIRST, NUMBER);
    let invite = table.invite(LINE).cloned().expect("a call has come");
    table.forget(LINE);
    says(&mut table, &invite, 180, &at_carrier(NUMBER));
    table.pass(20);
    says(&mut table, &invite, 302, &at_carrier(MOVED));
    let line = table.rings(LINE).expect("it rings there");
    table.pass(38);
    assert!(!table.is_over(FIRST, agent));
    table.pass(4);
    assert!(table.is_over(LINE, line) && table.is_over(FIRST, agent));
    assert_eq!(uri(&table, OTHER), None);
    is_clean(&mut table, "a minute in all");
}

#[test]
fn a_restart_ends_the_leg_that_is_left() {
    let mut table = table();
    let agent = sent_on(&mut table, &at_carrier(MOVED));
    let line = table.rings(LINE).expect("it rings");
    let ledger = table.bench.ledger.clone();
    table.restart(&ledger, AGENTS);
    table.settle();
    table.pass(2);
    assert!(table.is_over(FIRST, agent) && table.is_over(LINE, line));
    assert_eq!(table.ends(), [EndReason::Restart]);
    is_clean(&mut table, "a restart");
}

#[test]
fn a_panic_at_whatever_event_loses_nothing() {
    let mut faults = 0;
    for nth in 1..14 {
        let mut table = Table::with_lines_and_drill(AGENTS, nth);
        table.dials(FIRST, NUMBER);
        table.refuses_with(LINE, 302, &[("Contact", &format!("{}, {}", at_carrier(MOVED), at_carrier("13900139002")))]);
        let line = table.picks_up(LINE);
        table.pass(2);
        if let Some(line) = line {
            table.hangs_up(LINE, line);
        }
        is_clean(&mut table, &format!("panic {nth}"));
        assert_eq!(table.ends().len(), 1, "panic {nth}");
        faults += table.ends().iter().filter(|reason| **reason == EndReason::Fault).count();
    }
    assert!(faults > 4, "{faults}");
}
