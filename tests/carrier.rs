//! A carrier's proxy in front of us, which stays in the path of each call (RFC 3261 §16) and turns to another engine when one fails.

use crate::kit::baresip::{Baresip, Options};
use crate::kit::engine::{Engine, root};
use crate::kit::kamailio::Kamailio;
use crate::kit::scene::{CITIZEN, STEP, agent, heard, talk};
use crate::kit::sipp::Sipp;
use crate::kit::tone::Pair;
use crate::kit::wait;

const AGENT: Pair = Pair(620.0, 1510.0);

/// A citizen behind the proxy, in the queue.
fn citizen(proxy: &Kamailio, transport: &str) -> Baresip {
    let options = Options {
        user: "13800138000",
        password: None,
        server: proxy.at,
        transport,
        codec: "PCMA",
        answers: false,
        voice: CITIZEN,
    };
    let mut phone = Baresip::start(&options);
    phone.command("dial", &format!("sip:12345@{}", proxy.at));
    phone.event("CALL_ESTABLISHED", STEP);
    phone.command("sndcode", "0");
    phone
}

#[test]
fn calls_through_a_proxy_are_heard_both_ways_and_end_from_either_side() {
    for (transport, by_agent) in [("udp", false), ("tcp", true)] {
        let engine = Engine::start();
        let proxy = Kamailio::start(&[engine.sip]);
        let mut agent = agent(&engine, "1001", "udp", true, AGENT);
        let mut citizen = citizen(&proxy, transport);
        agent.event("CALL_ESTABLISHED", STEP);
        talk(&engine);
        let (leaves, stays) = if by_agent { (&mut agent, &mut citizen) } else { (&mut citizen, &mut agent) };
        leaves.command("hangup", "");
        stays.event("CALL_CLOSED", STEP);
        let reason = if by_agent { "agent_hangup" } else { "caller_hangup" };
        assert_eq!(engine.ended_records(1)[0]["end_reason"], reason, "{transport}");
        citizen.quit();
        agent.quit();
        heard("the citizen", &[citizen.heard(AGENT)], &[citizen.heard(CITIZEN)]);
        heard("the agent", &[agent.heard(CITIZEN)], &[agent.heard(AGENT)]);
    }
}

/// SIPp's own scenario takes no recorded route.
fn routed() -> String {
    root().join("tests/sipp/routed.xml").to_string_lossy().into_owned()
}

#[test]
fn the_next_engine_takes_the_calls_of_one_that_drains_and_of_one_that_is_dead() {
    let (mut first, second) = (Engine::start(), Engine::start());
    let proxy = Kamailio::start(&[first.sip, second.sip]);
    let calls = || Sipp::start(&["-sf", &routed()], proxy.at, 3).succeeds(STEP);
    calls();
    assert_eq!((first.ended_records(3).len(), second.records().len()), (3, 0), "the first one is preferred");
    // Somebody talks there, so that it lives on while it drains, and refuses by 503.
    let mut agent = agent(&first, "1001", "udp", true, AGENT);
    let mut talking = citizen(&proxy, "udp");
    agent.event("CALL_ESTABLISHED", STEP);
    first.process.signal("TERM");
    wait::until("503 from /readyz", STEP, || (first.get("/readyz").0 == 503).then_some(()));
    calls();
    assert_eq!(second.ended_records(3).len(), 3);
    talking.command("hangup", "");
    agent.event("CALL_CLOSED", STEP);
    assert_eq!(first.process.wait(STEP).code(), Some(0), "the talk had its end");
    // Nobody answers there any more.
    calls();
    assert_eq!(second.ended_records(6).len(), 6);
}
