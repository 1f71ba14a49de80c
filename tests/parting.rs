//! Whoever hangs up while a citizen is handed on, at whatever moment: who is left, who is heard, what is recorded, and that everybody
//! is there for the next call.

use serde_json::Value;

use crate::kit::baresip::Baresip;
use crate::kit::engine::Engine;
use crate::kit::scene::{CITIZEN, STEP, agent, citizen, heard, press, talk};
use crate::kit::tone::Pair;
use crate::kit::wait;

const FIRST: Pair = Pair(620.0, 1510.0);
const SECOND: Pair = Pair(560.0, 1330.0);

/// How the first agent reaches the second.
#[derive(Clone, Copy)]
enum Way {
    /// The phone's transfer key: REFER.
    Refer,
    /// Asked first, by keys of the talk.
    Keys,
}

struct Table {
    engine: Engine,
    first: Baresip,
    second: Baresip,
    citizen: Baresip,
}

impl Table {
    /// A citizen talks with the first agent, and the phone of the second one rings for them.
    fn rings(way: Way) -> Table {
        let engine = Engine::start();
        let mut first = agent(&engine, "1001", "udp", true, FIRST);
        let citizen = citizen(&engine, "udp");
        first.event("CALL_ESTABLISHED", STEP);
        talk(&engine);
        let mut second = agent(&engine, "1002", "udp", false, SECOND);
        match way {
            Way::Refer => first.command("transfer", &format!("sip:1002@{}", engine.sip)),
            Way::Keys => press(&mut first, "*21002#"),
        }
        second.event("CALL_INCOMING", STEP);
        Table { engine, first, second, citizen }
    }

    /// The two agents talk, the citizen hears music.
    fn asks() -> Table {
        let mut table = Table::rings(Way::Keys);
        table.answers();
        table
    }

    fn answers(&mut self) {
        self.second.command("accept", "");
        self.second.event("CALL_ESTABLISHED", STEP);
        talk(&self.engine);
    }

    /// All that was heard and recorded, once nobody is in a call.
    fn ends(mut self) -> Heard {
        wait::until("both agents to be there for the next", STEP, || {
            (self.engine.gauge("hotline_agents{state=\"free\"}") == 2.0).then_some(())
        });
        let records = self.engine.ended_records(1);
        assert_eq!(records.len(), 1, "{records:?}");
        self.citizen.quit();
        self.first.quit();
        self.second.quit();
        let Table { first, second, citizen, .. } = self;
        let of = |phone: &Baresip| [CITIZEN, FIRST, SECOND].map(|voice| phone.heard(voice));
        Heard { record: records[0].clone(), citizen: of(&citizen), first: of(&first), second: of(&second) }
    }
}

/// Seconds of the voices of citizen, first and second agent, at each phone.
struct Heard {
    record: Value,
    citizen: [f64; 3],
    first: [f64; 3],
    second: [f64; 3],
}

impl Heard {
    fn was(&self, agent: &str, end: &str) {
        assert_eq!(
            (&self.record["agent"], &self.record["end_reason"]),
            (&agent.into(), &end.into()),
            "{}",
            self.record
        );
        heard("the citizen", &[self.citizen[1]], &[self.citizen[0]]);
        heard("the first agent", &[self.first[0]], &[self.first[1]]);
    }

    /// The second agent was never brought together with anybody.
    fn second_is_out_of_it(&self) {
        heard("the second agent", &[], &self.second);
        heard("citizen and first agent", &[], &[self.citizen[2], self.first[2]]);
    }
}

#[test]
fn the_citizen_leaves_while_the_second_phone_rings() {
    for way in [Way::Refer, Way::Keys] {
        let mut table = Table::rings(way);
        table.citizen.command("hangup", "");
        table.first.event("CALL_CLOSED", STEP);
        table.second.event("CALL_CLOSED", STEP);
        let heard = table.ends();
        heard.was("1001", "caller_hangup");
        heard.second_is_out_of_it();
    }
}

#[test]
fn the_first_agent_leaves_while_the_second_phone_rings() {
    for way in [Way::Refer, Way::Keys] {
        let mut table = Table::rings(way);
        table.first.command("hangup", "");
        table.answers();
        table.citizen.command("hangup", "");
        table.second.event("CALL_CLOSED", STEP);
        let all = table.ends();
        all.was("1002", "caller_hangup");
        heard("citizen and second agent", &[all.citizen[2], all.second[0]], &[all.second[1], all.first[2]]);
    }
}

#[test]
fn the_second_agent_declines_and_the_talk_goes_on() {
    for way in [Way::Refer, Way::Keys] {
        let mut table = Table::rings(way);
        table.second.command("hangup", "");
        let failed = || table.engine.metric("hotline_handings_total{result=\"failed\"}");
        wait::until("it failed", STEP, || (failed() == Some(1.0)).then_some(()));
        table.citizen.command("hangup", "");
        let heard = table.ends();
        assert_eq!(heard.record["end_reason"], "caller_hangup", "{}", heard.record);
        heard.second_is_out_of_it();
    }
}

#[test]
fn the_citizen_leaves_while_the_agents_talk() {
    let mut table = Table::asks();
    table.citizen.command("hangup", "");
    table.first.event("CALL_CLOSED", STEP);
    table.second.event("CALL_CLOSED", STEP);
    let all = table.ends();
    all.was("1001", "caller_hangup");
    heard("the agents", &[all.first[2], all.second[1]], &[all.second[0], all.citizen[2]]);
}

#[test]
fn the_second_agent_leaves_while_the_agents_talk() {
    let mut table = Table::asks();
    table.second.command("hangup", "");
    talk(&table.engine);
    table.first.command("hangup", "");
    table.citizen.event("CALL_CLOSED", STEP);
    let all = table.ends();
    all.was("1001", "agent_hangup");
    heard("the agents", &[all.first[2], all.second[1]], &[all.second[0], all.citizen[2]]);
    assert!(all.citizen[1] >= 5.0, "before and after: {} s", all.citizen[1]);
}

#[test]
fn the_first_agent_leaves_while_the_agents_talk_and_the_second_ends_it() {
    let mut table = Table::asks();
    table.first.command("hangup", "");
    talk(&table.engine);
    table.second.command("hangup", "");
    table.citizen.event("CALL_CLOSED", STEP);
    let all = table.ends();
    all.was("1002", "agent_hangup");
    heard("the second agent", &[all.second[0], all.second[1], all.citizen[2]], &[all.second[2]]);
}

#[test]
fn the_second_agent_ends_what_was_handed_on() {
    let mut table = Table::rings(Way::Refer);
    table.answers();
    table.first.event("CALL_CLOSED", STEP);
    table.second.command("hangup", "");
    table.citizen.event("CALL_CLOSED", STEP);
    let all = table.ends();
    all.was("1002", "agent_hangup");
    heard("the second agent", &[all.second[0], all.citizen[2]], &[all.second[1], all.first[2]]);
}
