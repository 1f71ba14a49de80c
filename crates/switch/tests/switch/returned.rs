//! Citizens who are called back instead of waiting: by phones, messages and records, and with kills.

use std::sync::Arc;
use std::time::Duration;

use base::{CallId, Digit, EndReason, GroupId, LegId, RecordEntry, Ticket, WaitOutcome};
use call::plan::DialRule;
use switch::{Answer, Ask, Input};

use crate::table::{CITIZEN, Table};

const FIRST: usize = 1;
const SECOND: usize = 2;
const NUMBER: &str = "13800138000";

/// The group calls back twice, a minute apart, and a rule leads to the citizen.
fn table(agents: usize) -> Table {
    Table::with_trunks(agents, |plans| {
        let retry = Duration::from_secs(60);
        plans.acd.groups[0].call_back = Some(acd::CallBack { tries: 2, retry, limit: 5 });
        let call = Arc::make_mut(&mut plans.call);
        call.groups[0].call_back = Some(Digit::Number(1));
        let names = vec![base::AgentId(9)];
        call.dial =
            vec![DialRule { prefixes: vec!["138".into()], trunks: vec![0], agents: names, ..DialRule::default() }];
    })
}

/// The only agent has just declined; the citizen asks to be called back and hangs up.
fn promised() -> Table {
    let mut table = table(1);
    let citizen = table.dials(CITIZEN, "12345");
    assert!(table.refuses(FIRST, 603), "the phone rings");
    table.presses(CITIZEN, citizen, "91");
    table.hangs_up(CITIZEN, citizen);
    table.forget(CITIZEN);
    table
}

/// The agent's phone is answered; the leg there.
fn agent_answers(table: &mut Table) -> LegId {
    table.pass(6);
    assert!(table.invite(CITIZEN).is_none(), "nothing is dialled before the agent has answered");
    let shown = table.invite(FIRST).and_then(|invite| invite.from_ref().ok()?.uri.user_text());
    assert_eq!(shown.as_deref(), Some(NUMBER), "the agent sees who is called");
    table.picks_up(FIRST).expect("the agent's phone rings")
}

fn ends(table: &Table) -> Vec<EndReason> {
    table.ends()
}

#[test]
fn the_agent_first_and_then_the_citizen_who_talks_as_one_who_had_waited() {
    let mut table = promised();
    assert_eq!(ends(&table), [EndReason::CallBack]);
    let agent = agent_answers(&mut table);
    let citizen = table.picks_up(CITIZEN).expect("the citizen's phone rings");
    assert_eq!((table.hears(CITIZEN, citizen), table.hears(FIRST, agent)), (Some(FIRST), Some(CITIZEN)));
    table.pass(3);
    table.hangs_up(CITIZEN, citizen);
    table.pass(40);
    let records = table.records();
    let waits: Vec<_> = records.iter().map(|r| (r.waits[0].group.as_str(), r.waits[0].outcome)).collect();
    assert_eq!(waits, [("consult", WaitOutcome::CallBack); 2]);
    let kept = records[1];
    assert_eq!((kept.end_reason, kept.agent.as_deref()), (EndReason::CallerHangup, Some("1001")));
    assert_eq!((kept.start.caller.as_str(), kept.start.source.as_str()), (NUMBER, "call back"));
    assert!(kept.talk_ms >= 3000 && kept.talk_ms < 4000, "{}", kept.talk_ms);
    assert_eq!(table.bench.exchange.acd.view(table.bench.now).groups[0].call_backs, 0);
    table.is_clean("after the call back");
}

#[test]
fn who_does_not_answer_is_called_once_more_and_the_record_says_when_that_was_the_last() {
    let mut table = promised();
    for reason in [EndReason::Unanswered, EndReason::CallBackGivenUp] {
        let agent = agent_answers(&mut table);
        assert!(table.refuses(CITIZEN, 486));
        table.pass(1);
        assert!(table.is_over(FIRST, agent), "the agent is free");
        assert_eq!(ends(&table).last(), Some(&reason));
        table.forget(FIRST);
        table.pass(53);
        assert!(table.invite(FIRST).is_none(), "nobody is asked within the minute");
    }
    table.pass(300);
    assert!(table.invite(FIRST).is_none() && table.invite(CITIZEN).is_none());
    table.is_clean("given up");
}

#[test]
fn an_agent_who_hangs_up_early_leaves_no_phone_ringing() {
    let mut table = promised();
    let agent = agent_answers(&mut table);
    let rings = table.rings(CITIZEN).expect("the citizen's phone rings");
    table.hangs_up(FIRST, agent);
    table.pass(1);
    assert!(table.is_over(CITIZEN, rings));
    assert_eq!(ends(&table).last(), Some(&EndReason::Unanswered));
    assert_eq!(table.bench.exchange.acd.view(table.bench.now).groups[0].call_backs, 1, "it is tried again");
}

#[test]
fn an_agent_who_declines_keeps_the_place_and_the_next_one_is_rung() {
    let mut table = table(2);
    let citizen = table.dials(CITIZEN, "12345");
    table.refuses(FIRST, 603);
    table.refuses(SECOND, 603);
    table.presses(CITIZEN, citizen, "1");
    table.hangs_up(CITIZEN, citizen);
    table.forget(CITIZEN);
    table.pass(6);
    let first = if table.invite(FIRST).is_some() { FIRST } else { SECOND };
    table.refuses(first, 486);
    assert!(table.invite(CITIZEN).is_none());
    table.picks_up(if first == FIRST { SECOND } else { FIRST }).expect("the other agent is asked");
    assert!(table.picks_up(CITIZEN).is_some());
}

#[test]
fn who_calls_again_has_the_turn_and_is_called_by_nobody() {
    let mut table = promised();
    let agent = agent_answers(&mut table);
    let rings = table.rings(CITIZEN).expect("it rings");
    let again = table.dials(CITIZEN, "12345");
    table.pass(1);
    assert!(table.is_over(CITIZEN, rings) && table.is_over(FIRST, agent));
    table.picks_up(FIRST).expect("the agent has the new call");
    assert_eq!(table.hears(CITIZEN, again), Some(FIRST));
    assert_eq!(ends(&table), [EndReason::CallBack, EndReason::Cancelled]);
    assert_eq!(table.bench.exchange.acd.view(table.bench.now).groups[0].call_backs, 0);
}

#[test]
fn nobody_is_called_while_the_engine_drains() {
    let mut table = promised();
    table.pass(3);
    table.bench.feed(Input::Drain);
    table.pass(400);
    assert!(table.invite(FIRST).is_none() && table.invite(CITIZEN).is_none());
    table.is_clean("drained");
    let mut table = promised();
    table.pass(6);
    let rings = table.rings(FIRST).expect("the agent's phone rings");
    table.bench.feed(Input::Drain);
    table.pass(1);
    assert!(table.is_over(FIRST, rings), "it stops");
    assert_eq!(ends(&table).last(), Some(&EndReason::Cancelled));
    table.is_clean("drained while it rang");
}

#[test]
fn callers_without_a_key_a_rule_or_a_number_wait_on() {
    let mut table = table(1);
    let citizen = table.dials(CITIZEN, "12345");
    table.refuses(FIRST, 603);
    table.presses(CITIZEN, citizen, "2");
    assert_eq!(table.bench.exchange.acd.view(table.bench.now).groups[0].call_backs, 0);
    let mut table = Table::with_trunks(1, |plans| {
        plans.acd.groups[0].call_back = Some(acd::CallBack::default());
        Arc::make_mut(&mut plans.call).groups[0].call_back = Some(Digit::Number(1));
    });
    let citizen = table.dials(CITIZEN, "12345");
    table.refuses(FIRST, 603);
    table.presses(CITIZEN, citizen, "1");
    assert_eq!(table.bench.exchange.acd.view(table.bench.now).groups[0].call_backs, 0, "no rule leads to the number");
    table.pass(6);
    assert!(table.picks_up(FIRST).is_some());
    assert_eq!(table.hears(CITIZEN, citizen), Some(FIRST));
}

fn call_backs(table: &mut Table) -> Vec<acd::InLine> {
    let ask = Ask::Callers { group: GroupId(0), most: 10 };
    table.bench.feed(Input::Ask { ticket: Ticket(1 << 62), by: "desk".to_owned(), ask });
    match table.bench.answers.pop() {
        Some(Answer::Callers(callers)) => callers,
        other => panic!("{other:?}"),
    }
}

#[test]
fn supervisors_see_it_and_take_it_back() {
    let mut table = promised();
    let callers = call_backs(&mut table);
    let started = table.bench.records.iter().find_map(|entry| match entry {
        RecordEntry::Start(start) => Some(start.id),
        _ => None,
    });
    let call: CallId = started.expect("a call").again();
    assert_eq!(
        callers.iter().map(|c| (c.call, c.called_back.as_ref().map(|c| c.number.as_str()))).collect::<Vec<_>>(),
        [(call, Some(NUMBER))]
    );
    let ask = Ask::Release { call };
    table.bench.feed(Input::Ask { ticket: Ticket(1 << 62), by: "desk".to_owned(), ask });
    assert_eq!(table.bench.answers.pop(), Some(Answer::Done));
    table.pass(60);
    assert!(table.invite(FIRST).is_none());
    assert!(call_backs(&mut table).is_empty());
}

/// How far a call back gets before the process is killed, in turns that wrote something; whatever those are, afterwards the citizen is
/// called, or has talked, and nothing is left over.
#[test]
fn whenever_the_process_is_killed_the_promise_is_kept_once() {
    for kill in 1..=14 {
        let mut table = table(1);
        let signed_on = table.bench.turns;
        let citizen = table.dials(CITIZEN, "12345");
        table.refuses(FIRST, 603);
        table.presses(CITIZEN, citizen, "1");
        table.hangs_up(CITIZEN, citizen);
        table.forget(CITIZEN);
        let promised = table.bench.turns - signed_on;
        table.bench.kills = vec![signed_on + promised + kill];
        let mut talks = 0;
        for _ in 0..200 {
            table.pass(1);
            if let Some(agent) = table.picks_up(FIRST) {
                let citizen = table.picks_up(CITIZEN);
                assert!(table.invite(CITIZEN).is_none(), "killed after {kill}: two calls to one number");
                talks += usize::from(citizen.is_some());
                citizen.into_iter().for_each(|leg| table.hangs_up(CITIZEN, leg));
                table.hangs_up(FIRST, agent);
            }
        }
        table.bench.kills.clear();
        table.pass(100);
        assert!(talks >= 1, "killed after {kill}: nobody was called");
        assert!(talks <= 2, "killed after {kill}: called {talks} times");
        assert_eq!(table.bench.exchange.acd.view(table.bench.now).groups[0].call_backs, 0, "killed after {kill}");
        table.is_clean(&format!("killed after {kill}"));
    }
}
