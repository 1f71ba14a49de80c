//! Agents' phones behind a proxy and behind address translators, and networks of either family of addresses.

use std::io::Write as _;
use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use crate::kit::baresip::{Baresip, Options};
use crate::kit::engine::Engine;
use crate::kit::kamailio::Kamailio;
use crate::kit::scene::{CITIZEN, STEP, heard, talk};
use crate::kit::tone::Pair;
use crate::kit::translator::Translator;
use crate::kit::{ports, wait};

const AGENT: Pair = Pair(620.0, 1510.0);

/// Agent 1001, registered; `more` stands in the phone's account.
fn agent(server: SocketAddr, transport: &str, more: &str) -> Baresip {
    let password = Some("example-1001");
    let options = Options { user: "1001", password, server, transport, codec: "PCMA", answers: true, voice: AGENT };
    let phone = Baresip::start_with(&options, more);
    phone.registered();
    phone
}

/// A phone that keeps a connection open to where it is told (RFC 5626).
fn way(to: SocketAddr, transport: &str) -> String {
    format!(";sipnat=outbound;outbound=\"sip:{to};transport={transport}\"")
}

/// A citizen in the queue, who called there.
fn citizen(server: SocketAddr, transport: &str) -> Baresip {
    let (user, password, codec) = ("13800138000", None, "PCMA");
    let options = Options { user, password, server, transport, codec, answers: false, voice: CITIZEN };
    let mut phone = Baresip::start(&options);
    phone.command("dial", &format!("sip:12345@{server}"));
    phone.event("CALL_ESTABLISHED", STEP);
    phone.command("sndcode", "0");
    phone
}

/// Both talk, the citizen hangs up, and each heard the other alone.
fn talk_and_part(engine: &Engine, mut agent: Baresip, mut citizen: Baresip) {
    agent.event("CALL_ESTABLISHED", STEP);
    talk(engine);
    citizen.command("hangup", "");
    agent.event("CALL_CLOSED", STEP);
    assert_eq!(engine.ended_records(1)[0]["end_reason"], "caller_hangup");
    citizen.quit();
    agent.quit();
    heard("the citizen", &[citizen.heard(AGENT)], &[citizen.heard(CITIZEN)]);
    heard("the agent", &[agent.heard(CITIZEN)], &[agent.heard(AGENT)]);
}

#[test]
fn calls_reach_an_agent_behind_a_proxy_that_alone_knows_the_way() {
    for (transport, inside) in [("udp", "udp"), ("tcp", "udp"), ("tcp", "tcp")] {
        let engine = Engine::start();
        let edge = Kamailio::edge(engine.sip, inside);
        let mut agent = agent(engine.sip, transport, &way(edge.at, transport));
        let mut citizen = citizen(engine.sip, "udp");
        if inside == "tcp" {
            talk_and_part(&engine, agent, citizen);
            continue;
        }
        agent.event("CALL_ESTABLISHED", STEP);
        talk(&engine);
        agent.command("hangup", "");
        citizen.event("CALL_CLOSED", STEP);
        assert_eq!(engine.ended_records(1)[0]["end_reason"], "agent_hangup", "{transport}");
        citizen.quit();
        agent.quit();
        heard("the citizen", &[citizen.heard(AGENT)], &[citizen.heard(CITIZEN)]);
        heard("the agent", &[agent.heard(CITIZEN)], &[agent.heard(AGENT)]);
    }
}

/// The phone asks the port of SIP where it is seen from, every 24 to 30 s as `Flow-Timer` says, and when that has changed waits up to
/// 60 s (RFC 5626 §4.5) and registers again.
#[test]
fn a_phone_whose_translator_forgot_it_is_called_where_it_is_seen_now() {
    let engine = Engine::start();
    let translator = Translator::start(engine.sip);
    let agent = agent(engine.sip, "udp", &way(translator.at, "udp"));
    wait::until("the answer to where the phone is", STEP, || translator.let_in("\u{1}\u{1}"));
    translator.forget();
    wait::until("the phone's new registration", 4 * STEP, || translator.let_in("SIP/2.0 200"));
    let citizen = citizen(engine.sip, "udp");
    wait::until("the call", STEP, || translator.let_in("INVITE "));
    talk_and_part(&engine, agent, citizen);
}

#[test]
fn a_phone_with_two_ways_is_reached_by_the_one_that_is_left_and_rings_once() {
    let engine = Engine::start();
    let edge = Kamailio::edge(engine.sip, "udp");
    let both = format!("{};outbound2=\"sip:{};transport=udp\"", way(edge.at, "udp"), engine.sip);
    let mut agent = agent(engine.sip, "udp", &both);
    agent.says("{1/UDP/v4} 200 OK");
    agent.says("{2/UDP/v4} 200 OK");
    drop(edge);
    let mut citizen = citizen(engine.sip, "udp");
    agent.event("CALL_ESTABLISHED", STEP);
    talk(&engine);
    citizen.command("hangup", "");
    agent.event("CALL_CLOSED", STEP);
    assert_eq!(engine.ended_records(1)[0]["end_reason"], "caller_hangup");
    assert_eq!(agent.recordings().len(), 1, "it rang once");
}

/// The shipped network on IPv4, and one on IPv6 beside it.
fn two_families() -> (Engine, SocketAddr) {
    let six = SocketAddr::new("::1".parse().expect("an address"), *ports::block(2).start());
    let engine = Engine::start_with(|config| {
        let file = std::fs::OpenOptions::new().append(true).open(config.join("hotline.toml"));
        let network = format!("\n[[network]]\nname = \"six\"\nlisten = \"{six}\"\n");
        file.and_then(|mut file| file.write_all(network.as_bytes())).expect("written");
    });
    (engine, six)
}

#[test]
fn an_agent_on_ipv4_and_a_citizen_on_ipv6_hear_each_other() {
    for transport in ["udp", "tcp"] {
        let (engine, six) = two_families();
        let agent = agent(engine.sip, transport, "");
        let citizen = citizen(six, transport);
        talk_and_part(&engine, agent, citizen);
    }
}

#[test]
fn an_agent_on_ipv6_and_a_citizen_on_ipv4_hear_each_other() {
    for transport in ["udp", "tcp"] {
        let (engine, six) = two_families();
        let agent = agent(six, transport, "");
        let citizen = citizen(engine.sip, transport);
        talk_and_part(&engine, agent, citizen);
    }
}

#[test]
fn the_port_of_sip_tells_a_phone_where_it_is_seen_from() {
    let (engine, six) = two_families();
    for at in [engine.sip, six] {
        let phone = UdpSocket::bind(SocketAddr::new(at.ip(), 0)).expect("a free port");
        phone.set_read_timeout(Some(Duration::from_secs(10))).expect("an option");
        let request = [&[0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42][..], b"transaction!"].concat();
        phone.send_to(&request, at).expect("sent");
        let mut answer = [0; 64];
        let (length, from) = phone.recv_from(&mut answer).expect("an answer");
        let port = phone.local_addr().expect("bound").port() ^ 0x2112;
        assert_eq!((from, &answer[..2], &answer[8..20]), (at, &[1, 1][..], &b"transaction!"[..]));
        assert_eq!((length, &answer[26..28]), (if at.is_ipv4() { 32 } else { 44 }, &port.to_be_bytes()[..]));
    }
}
