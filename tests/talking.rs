//! A citizen and an agent on real softphones: who hears whom, and what is written down.

use std::time::Duration;

use crate::kit::baresip::{Baresip, Options};
use crate::kit::engine::Engine;
use crate::kit::tone::Pair;
use crate::kit::wait;

const CITIZEN: Pair = Pair(480.0, 1130.0);
const AGENT: Pair = Pair(620.0, 1510.0);
const STEP: Duration = Duration::from_secs(30);

/// Two phones connected through menu and queue by pressing keys.
struct Talk {
    engine: Engine,
    citizen: Baresip,
    agent: Baresip,
}

fn connect(citizen_codec: &str, agent_codec: &str) -> Talk {
    let engine = Engine::start();
    let server = engine.sip;
    let agent = Options {
        user: "1001",
        password: Some("example-1001"),
        server,
        transport: "udp",
        codec: agent_codec,
        answers: true,
        voice: AGENT,
    };
    let mut agent = Baresip::start(&agent);
    agent.registered();
    let citizen = Options {
        user: "13800138000",
        password: None,
        server,
        transport: "udp",
        codec: citizen_codec,
        answers: false,
        voice: CITIZEN,
    };
    let mut citizen = Baresip::start(&citizen);
    citizen.command("dial", &format!("sip:12345@{server}"));
    citizen.event("CALL_ESTABLISHED", STEP);
    citizen.command("sndcode", "0");
    agent.event("CALL_ESTABLISHED", STEP);
    Talk { engine, citizen, agent }
}

impl Talk {
    /// Lets them talk until the record-keeping sees a talk, then some seconds more.
    fn talk(&mut self) {
        wait::until("the talk in the metrics", STEP, || {
            (self.engine.metric("hotline_calls{phase=\"talking\"}") == Some(1.0)).then_some(())
        });
        // The length of the talk is what is tested, not a synchronisation: both recordings must hold seconds of tone.
        std::thread::park_timeout(Duration::from_secs(8));
    }

    fn hears_right(&mut self) {
        self.citizen.quit();
        self.agent.quit();
        let (heard_agent, heard_self) = (self.citizen.heard(AGENT), self.citizen.heard(CITIZEN));
        assert!(heard_agent >= 2.5, "the citizen heard the agent for {heard_agent} s");
        assert!(heard_self < 0.1, "the citizen heard itself for {heard_self} s");
        let (heard_citizen, heard_self) = (self.agent.heard(CITIZEN), self.agent.heard(AGENT));
        assert!(heard_citizen >= 2.5, "the agent heard the citizen for {heard_citizen} s");
        assert!(heard_self < 0.1, "the agent heard itself for {heard_self} s");
    }
}

#[test]
fn baresip_talks_with_baresip_and_each_hears_the_other_alone() {
    let mut talk = connect("PCMA", "PCMA");
    talk.talk();
    talk.citizen.command("hangup", "");
    talk.agent.event("CALL_CLOSED", STEP);
    let record = talk.engine.ended_records(1).remove(0);
    assert_eq!(record["end_reason"], "caller_hangup");
    assert_eq!(record["agent"], "1001");
    assert_eq!(record["caller"], "13800138000");
    assert!(record["talk_ms"].as_u64() >= Some(3000), "{record}");
    talk.hears_right();
}

#[test]
fn the_agent_hangs_up_and_the_citizen_is_released() {
    let mut talk = connect("PCMA", "PCMA");
    talk.talk();
    talk.agent.command("hangup", "");
    talk.citizen.event("CALL_CLOSED", STEP);
    assert_eq!(talk.engine.ended_records(1)[0]["end_reason"], "agent_hangup");
    talk.hears_right();
}

#[test]
fn pcmu_talks_with_pcma() {
    let mut talk = connect("PCMU", "PCMA");
    talk.talk();
    talk.citizen.command("hangup", "");
    talk.agent.event("CALL_CLOSED", STEP);
    talk.hears_right();
}

#[test]
fn the_citizen_holds_and_comes_back() {
    let mut talk = connect("PCMA", "PCMU");
    talk.talk();
    talk.citizen.command("hold", "");
    talk.citizen.command("resume", "");
    talk.talk();
    talk.citizen.command("hangup", "");
    talk.agent.event("CALL_CLOSED", STEP);
    talk.hears_right();
}
