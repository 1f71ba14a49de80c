//! An agent asks a group on a second line: who hears whom, and what becomes of it.

use std::time::Duration;

use base::EndReason::{CallerHangup, Joined, QueueRefused, Restart};
use base::WaitOutcome::{Answered, Refused};
use phone::Answering;
use sim::Setting;

use crate::consulting::{
    BOTH, NEVER, all_serve_again, hears_nobody, idle, of_citizen, one_line, resumes, rings, setting, two_agents,
};
use crate::kit::{connected, ms, says, talk};

#[test]
fn an_agent_asks_a_group_and_joins() {
    for on in BOTH {
        let (mut stage, citizen, first, second) = two_agents(Answering::After(ms(300)));
        stage.ask(first, 0);
        talk(&mut stage, first, second);
        hears_nobody(&mut stage, citizen, &[first, second]);
        stage.join(first, on);
        talk(&mut stage, citizen, second);
        idle(&mut stage, first);
        stage.hang_up(citizen);
        all_serve_again(&mut stage, citizen, [first, second]);
        let records = stage.finish();
        says(of_citizen(&records), CallerHangup, Some("1002"), &[Answered]);
        let question = records.iter().find(|r| r.start.source == "agent 1001").expect("the question's record");
        says(question, Joined, Some("1002"), &[Answered]);
    }
}

#[test]
fn an_agent_asks_a_group_where_nobody_is() {
    let setting = Setting { wait: Some(Duration::from_secs(10)), ..setting() };
    let (mut stage, citizen, first) = connected(&setting);
    stage.ask(first, 1);
    stage.until("the end of the question", |stage| !stage.records().is_empty());
    one_line(&mut stage, first);
    resumes(&mut stage, first, citizen);
    stage.hang_up(citizen);
    let records = stage.finish();
    says(&records[0], QueueRefused, None, &[Refused]);
    says(of_citizen(&records), CallerHangup, Some("1001"), &[Answered]);
}

#[test]
fn the_process_is_killed_while_a_group_is_asked() {
    for answering in [NEVER, Answering::After(ms(300))] {
        let (mut stage, citizen, first, second) = two_agents(answering);
        stage.ask(first, 0);
        match answering {
            Answering::Never => rings(&mut stage, second),
            _ => talk(&mut stage, first, second),
        }
        stage.kill();
        for who in [citizen, first, second] {
            idle(&mut stage, who);
        }
        all_serve_again(&mut stage, citizen, [first, second]);
        let records = stage.finish();
        let restarts = records.iter().filter(|r| r.end_reason == Restart).count();
        assert_eq!(restarts, 2, "one record of each call: {records:?}");
    }
}
