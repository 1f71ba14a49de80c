//! Calls through the proxies that a phone registered through (RFC 3327), what a registrar is required to know, and hosts with
//! addresses of either family.

use base::{Flow, NetworkId, Transport};
use sip::{Config, Identity, Invite, Message, Name};

use crate::pair::{body, invite, leg};
use crate::script::{Script, request, with};

const EDGE: &str = "<sip:10.0.0.2:5060;lr;ob>";
const INNER: &str = "<sip:token@192.168.7.1;lr>";
const PHONE: &str = "sip:1001@192.168.1.4:5060";

/// Calls the phone behind these proxies.
fn call(script: &mut Script, routes: &[&str]) -> Message {
    let routes = routes.iter().map(|route| (*route).to_owned()).collect();
    let invite = Invite { uri: PHONE.to_owned(), routes, ..invite(script.flow, body("offer")) };
    script.act(|end, now, out| end.invite(now, leg(1), invite, out));
    let (flow, sent) = script.sent.pop().expect("an INVITE");
    assert_eq!(flow, script.flow, "the flow is where the REGISTER came from");
    sent
}

fn routes(message: &Message) -> Vec<&str> {
    message.headers(Name::Route).collect()
}

#[test]
fn an_invite_goes_by_the_path_and_what_follows_by_record_route_rfc3327_5_1() {
    let mut script = Script::new();
    let invite = call(&mut script, &[EDGE, INNER]);
    assert_eq!((invite.request_uri_text(), routes(&invite)), (PHONE, vec![EDGE, INNER]));
    assert_eq!(invite.to().unwrap().uri.to_string(), PHONE);
    let recorded = "Record-Route: <sip:10.0.0.2:5060;lr>\n";
    script.answer(&invite, 200, "theirs", &format!("Contact: <{PHONE}>\n{recorded}"));
    script.act(|end, now, out| end.hang_up(now, leg(1), 480, None, out));
    for (flow, later) in &script.sent {
        let seen = (*flow, later.request_uri_text(), routes(later));
        assert_eq!(seen, (script.flow, PHONE, vec!["<sip:10.0.0.2:5060;lr>"]), "{}", later.method());
    }
    assert_eq!(script.lines(), ["ACK", "BYE"]);
}

#[test]
fn cancel_and_the_ack_of_a_refusal_go_the_way_of_their_invite_rfc3261_9_1_17_1_1_3() {
    let mut script = Script::new();
    let invite = call(&mut script, &[EDGE, INNER]);
    script.answer(&invite, 180, "theirs", "");
    script.act(|end, now, out| end.hang_up(now, leg(1), 480, None, out));
    script.answer(&invite, 487, "theirs", "");
    assert_eq!(script.sent.len(), 2);
    for (flow, message) in &script.sent {
        let seen = (*flow, message.request_uri_text(), routes(message));
        assert_eq!(seen, (script.flow, PHONE, vec![EDGE, INNER]), "{}", message.method());
    }
}

#[test]
fn a_strict_router_gets_the_request_uri_and_the_phone_the_last_route_rfc3261_12_2_1_1() {
    let mut script = Script::new();
    let invite = call(&mut script, &["<sip:10.0.0.2:5060>", INNER]);
    let target = format!("<{PHONE}>");
    assert_eq!((invite.request_uri_text(), routes(&invite)), ("sip:10.0.0.2:5060", vec![INNER, target.as_str()]));
}

#[test]
fn an_invite_that_met_422_keeps_its_way_rfc4028_7_3() {
    let mut script = Script::new();
    let invite = call(&mut script, &[EDGE]);
    script.answer(&invite, 422, "theirs", "Min-SE: 3600\n");
    let (flow, again) = script.sent.pop().expect("another INVITE");
    let seen = (flow, again.header(Name::MinSe), again.request_uri_text(), routes(&again));
    assert_eq!(seen, (script.flow, Some("3600"), PHONE, vec![EDGE]));
}

#[test]
fn only_a_register_may_require_path_and_outbound_rfc3261_8_2_2_3() {
    let requires = |tags: &str| format!("Contact: <sip:peer@10.0.0.2>\nRequire: {tags}\n");
    let cases = [
        ("REGISTER", "path, Outbound", None),
        ("REGISTER", "path, gruu", Some("gruu")),
        ("OPTIONS", "path", Some("path")),
        ("INVITE", "outbound", Some("outbound")),
    ];
    for (method, tags, unsupported) in cases {
        let mut script = Script::new();
        script.hear(&with(method, "1", 1, "", &requires(tags), ""));
        let refused = script.sent.pop().map(|(_, m)| (m.status(), m.header(Name::Unsupported).map(str::to_owned)));
        assert_eq!(refused, unsupported.map(|tags| (Some(420), Some(tags.to_owned()))), "{method} {tags}");
    }
}

#[test]
fn an_ipv6_address_stands_in_brackets_wherever_it_is_shown_rfc3261_25_1() {
    for host in ["2001:db8::1", "[2001:db8::1]"] {
        for transport in [Transport::Udp, Transport::Tcp] {
            let identity = Identity { network: NetworkId(0), transport, host: host.to_owned(), port: 5070 };
            let mut script = Script::with(Config { identities: vec![identity], ..Config::default() });
            script.flow = Flow { transport, ..Flow::udp(NetworkId(0), "[2001:db8::9]:5060".parse().unwrap()) };
            let invite = script.call(body("offer"));
            let via = invite.top_via().unwrap();
            assert_eq!((via.host.as_str(), via.port), ("[2001:db8::1]", Some(5070)));
            assert_eq!(invite.contact_ref().unwrap().to_uri().host, "[2001:db8::1]");
            assert_eq!(invite.from().unwrap().uri.host, "[2001:db8::1]");
        }
    }
    let mut script = Script::new();
    script.flow = Flow::udp(NetworkId(0), "[2001:db8::9]:40123".parse().unwrap());
    let asked = request("OPTIONS", "1", 1, "", "")
        .replace("Via: SIP/2.0/UDP 10.0.0.2:5060", "Via: SIP/2.0/UDP [fd00::2];rport");
    script.hear(&asked);
    let tx = script.take_tx();
    script.act(|end, now, out| end.reply(now, tx, 200, &sip::Reply::default(), out));
    let (flow, response) = script.sent.pop().expect("a 200");
    assert_eq!(flow, script.flow, "back to where it came from (RFC 3581)");
    let via = response.top_via().unwrap();
    assert_eq!((via.received(), via.rport()), (Some(flow.peer.ip()), Some(40123)));
}
