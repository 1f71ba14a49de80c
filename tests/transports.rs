//! SIP over TCP: phones of several makes, what they hear, and connections that break.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::kit::baresip::Baresip;
use crate::kit::engine::Engine;
use crate::kit::linphone::Linphone;
use crate::kit::scene::{CITIZEN, STEP, citizen, heard, talk};
use crate::kit::sipp::Sipp;
use crate::kit::tone::Pair;
use crate::kit::{scene, wait};

const AGENT: Pair = Pair(620.0, 1510.0);

fn agent(engine: &Engine, transport: &str) -> Baresip {
    scene::agent(engine, "1001", transport, true, AGENT)
}

#[test]
fn both_phones_on_tcp_hear_each_other_alone() {
    let engine = Engine::start();
    let mut agent = agent(&engine, "tcp");
    let mut citizen = citizen(&engine, "tcp");
    agent.event("CALL_ESTABLISHED", STEP);
    talk(&engine);
    assert!(engine.gauge("hotline_sip_connections") >= 2.0);
    citizen.command("hangup", "");
    agent.event("CALL_CLOSED", STEP);
    assert_eq!(engine.ended_records(1)[0]["end_reason"], "caller_hangup");
    citizen.quit();
    agent.quit();
    heard("the citizen", &[citizen.heard(AGENT)], &[citizen.heard(CITIZEN)]);
    heard("the agent", &[agent.heard(CITIZEN)], &[agent.heard(AGENT)]);
}

#[test]
fn a_linphone_on_tcp_calls_an_agent_on_udp() {
    let engine = Engine::start();
    let mut agent = agent(&engine, "udp");
    let mut citizen = Linphone::start(engine.sip, "tcp", CITIZEN);
    citizen.dial("12345");
    citizen.says("0");
    agent.event("CALL_ESTABLISHED", STEP);
    talk(&engine);
    agent.command("hangup", "");
    citizen.until("ended (No error)");
    assert_eq!(engine.ended_records(1)[0]["end_reason"], "agent_hangup");
    citizen.quit();
    agent.quit();
    heard("the citizen", &[citizen.heard(AGENT)], &[citizen.heard(CITIZEN)]);
    heard("the agent", &[agent.heard(CITIZEN)], &[agent.heard(AGENT)]);
}

#[test]
fn a_linphone_is_an_agent_on_tcp() {
    let engine = Engine::start();
    let mut agent = Linphone::start(engine.sip, "tcp", AGENT);
    agent.register("1001", "example-1001");
    let mut citizen = citizen(&engine, "udp");
    agent.until("Receiving new incoming call");
    agent.says("answer");
    talk(&engine);
    citizen.command("hangup", "");
    agent.until("ended (No error)");
    citizen.quit();
    agent.quit();
    heard("the citizen", &[citizen.heard(AGENT)], &[citizen.heard(CITIZEN)]);
    heard("the agent", &[agent.heard(CITIZEN)], &[agent.heard(AGENT)]);
}

#[test]
fn sipp_completes_over_tcp() {
    let engine = Engine::start();
    Sipp::start(&["-sn", "uac", "-t", "t1"], engine.sip, 10).succeeds(Duration::from_secs(60));
    assert_eq!(engine.ended_records(10).len(), 10, "one record a call");
    // A connection of its own for each call.
    Sipp::start(&["-sn", "uac", "-t", "tn", "-max_socket", "1000"], engine.sip, 10).succeeds(Duration::from_secs(60));
    assert_eq!(engine.ended_records(20).len(), 20, "one record a call");
}

#[test]
fn a_kill_ends_the_call_of_a_phone_on_tcp() {
    let engine = Engine::start();
    let mut agent = agent(&engine, "udp");
    let mut citizen = citizen(&engine, "tcp");
    agent.event("CALL_ESTABLISHED", STEP);
    talk(&engine);
    engine.process.signal("KILL");
    let engine = engine.restart();
    // By the end of its connection, or by the BYE on a new one to its own address.
    citizen.event("CALL_CLOSED", STEP);
    agent.event("CALL_CLOSED", STEP);
    let records = engine.ended_records(1);
    assert_eq!((records.len(), &records[0]["end_reason"]), (1, &"restart".into()));
}

/// A phone by hand on one connection.
struct Hand(TcpStream);

impl Hand {
    fn open(engine: &Engine) -> Hand {
        let stream = TcpStream::connect(engine.sip).expect("connections are taken");
        stream.set_read_timeout(Some(Duration::from_secs(10))).expect("an option");
        Hand(stream)
    }

    /// Sends, and reads until the answer's empty line.
    fn asks(&mut self, text: &str) -> String {
        self.0.write_all(text.as_bytes()).expect("sent");
        let (mut bytes, mut byte) = (Vec::new(), [0]);
        while !bytes.ends_with(b"\r\n\r\n") {
            self.0.read_exact(&mut byte).expect("an answer");
            bytes.push(byte[0]);
        }
        String::from_utf8(bytes).expect("text")
    }

    fn is_closed(&mut self) -> bool {
        matches!(self.0.read(&mut [0; 64]), Ok(0) | Err(_))
    }
}

fn options(at: SocketAddr, branch: &str) -> String {
    format!(
        "OPTIONS sip:12345@{at} SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bK{branch}\r\nMax-Forwards: 70\r\n\
         From: <sip:a@b>;tag={branch}\r\nTo: <sip:12345@{at}>\r\nCall-ID: {branch}\r\nCSeq: 1 OPTIONS\r\n\
         Content-Length: 0\r\n\r\n"
    )
}

#[test]
fn spoilt_streams_and_a_thousand_idle_connections_harm_nobody() {
    let engine = Engine::start();
    let mut agent = agent(&engine, "tcp");
    let mut citizen = citizen(&engine, "tcp");
    agent.event("CALL_ESTABLISHED", STEP);
    talk(&engine);
    let whole = options(engine.sip, "1");
    for spoilt in [
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(),
        "\u{16}\u{3}\u{1}\u{2}".to_owned(),
        whole.replace("Content-Length: 0", "Content-Length: -7"),
        "A".repeat(70_000),
    ] {
        let mut hand = Hand::open(&engine);
        let _cut = hand.0.write_all(spoilt.as_bytes());
        wait::until("it is closed", STEP, || hand.is_closed().then_some(()));
    }
    // Twice in one piece, and byte by byte.
    let mut hand = Hand::open(&engine);
    assert!(hand.asks(&format!("{whole}{}", options(engine.sip, "2"))).starts_with("SIP/2.0 200"));
    let mut hand = Hand::open(&engine);
    let three = options(engine.sip, "3");
    let (all_but_last, last) = three.split_at(three.len() - 1);
    all_but_last.bytes().for_each(|byte| hand.0.write_all(&[byte]).expect("sent"));
    assert!(hand.asks(last).starts_with("SIP/2.0 200"));
    // One address gets its share, and the phones, which are there already, go on.
    let idle: Vec<_> = (0..1100).map(|_| TcpStream::connect(engine.sip).expect("the kernel takes it")).collect();
    wait::until("some are turned away", STEP, || {
        (engine.metric("hotline_sip_connections_total{result=\"refused\"}") >= Some(70.0)).then_some(())
    });
    assert!(engine.gauge("hotline_sip_connections") <= 1024.0);
    citizen.command("hangup", "");
    agent.event("CALL_CLOSED", STEP);
    drop(idle);
    wait::until("only phones are left", STEP, || (engine.gauge("hotline_sip_connections") < 10.0).then_some(()));
    citizen.quit();
    agent.quit();
    heard("the citizen", &[citizen.heard(AGENT)], &[citizen.heard(CITIZEN)]);
    heard("the agent", &[agent.heard(CITIZEN)], &[agent.heard(AGENT)]);
}
