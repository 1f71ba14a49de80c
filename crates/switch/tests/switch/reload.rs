//! Other plans while calls run: no talk ends, nobody loses a place, and the door asks for what holds now.

use std::sync::Arc;

use base::{AgentId, EndReason, GroupId, RecordEntry, Secret, Ticket, WaitOutcome};
use switch::{Ask, Effects, Input, Plans};

use crate::kit::{desk, register_at};
use crate::table::{CITIZEN, Table};

const FIRST: usize = 1;
const SECOND: usize = 2;

fn add_group(plans: &mut Plans, name: &str) {
    plans.acd.groups.push(acd::Group { name: name.to_owned(), ..plans.acd.groups[0].clone() });
    let call = Arc::make_mut(&mut plans.call);
    let group = call::plan::Group { name: name.to_owned(), number: None, ..call.groups[0].clone() };
    call.groups.push(group);
}

fn remove_group(plans: &mut Plans, place: usize, overflow: acd::Overflow) {
    let group = &mut plans.acd.groups[place];
    (group.removed, group.overflow) = (true, overflow.into());
    Arc::make_mut(&mut plans.call).groups[place].removed = true;
}

/// One more agent, who serves the first group.
fn add_agent(plans: &mut Plans, number: &str) {
    plans.acd.agents.push(plans.acd.agents[0].clone());
    let roster = roster::Agent { number: number.to_owned(), ..plans.roster.agents[0].clone() };
    plans.roster.agents.push(roster);
    let password = Secret(format!("pass-{number}"));
    let agent = call::plan::Agent { number: number.to_owned(), password, removed: false };
    Arc::make_mut(&mut plans.call).agents.push(agent);
}

fn ask(table: &mut Table, ask: Ask) -> Vec<switch::Answer> {
    let mut effects = Effects::default();
    let input = Input::Ask { ticket: Ticket(1 << 63), by: "desk".to_owned(), ask };
    table.bench.exchange.handle(table.bench.now, input, &mut effects);
    let answers = effects.answers.iter().map(|(_, answer)| answer.clone()).collect();
    table.bench.take(effects);
    table.settle();
    answers
}

#[test]
fn a_new_agent_serves_who_waits_and_the_talk_goes_on() {
    let mut table = Table::with_trunks(1, |_| {});
    table.dials(CITIZEN, "12345");
    let talk = table.picks_up(FIRST).expect("it rings");
    let waits = table.dials(CITIZEN, "12345");
    table.bench.reload(|plans| {
        add_group(plans, "night");
        add_agent(plans, "1002");
    });
    table.settle();
    assert!(!table.is_over(FIRST, talk));
    assert_eq!(register_at(&mut table.bench, desk(1), ("1002", "pass-1002"), "new"), Some(200));
    table.settle();
    let second = table.picks_up(SECOND).expect("the new agent's phone rings");
    assert!(!table.is_over(CITIZEN, waits) && !table.is_over(FIRST, talk));
    table.hangs_up(SECOND, second);
    table.hangs_up(FIRST, talk);
    table.pass(40);
    assert_eq!(table.ends(), [EndReason::AgentHangup, EndReason::AgentHangup]);
    let agents: Vec<_> = table.records().iter().map(|record| record.agent.clone()).collect();
    assert_eq!(agents, [Some("1002".to_owned()), Some("1001".to_owned())]);
    table.is_clean("after a reload");
}

#[test]
fn callers_of_a_removed_group_go_where_it_overflows_to() {
    let mut table = Table::with_trunks(1, |plans| add_group(plans, "complaint"));
    table.dials(CITIZEN, "12345");
    table.picks_up(FIRST).expect("it rings");
    let waiting = table.dials(CITIZEN, "12345");
    table.bench.reload(|plans| remove_group(plans, 0, acd::Overflow::Group(GroupId(1))));
    table.settle();
    let view = table.bench.exchange.acd.view(table.bench.now);
    assert_eq!((view.groups[0].waiting, view.groups[1].waiting), (0, 1));
    table.bench.reload(|plans| plans.acd.agents[0].skills[0].skill = acd::SkillId(1));
    table.settle();
    table.hangs_up(CITIZEN, waiting);
    table.pass(40);
    let record = table.records().last().copied().cloned().expect("a record");
    let waits: Vec<_> = record.waits.iter().map(|w| (w.group.as_str(), w.outcome)).collect();
    assert_eq!(waits, [("consult", WaitOutcome::Overflowed), ("complaint", WaitOutcome::Abandoned)]);
    let started = table.bench.records.iter().filter(|entry| matches!(entry, RecordEntry::Start(_))).count();
    assert_eq!((started, table.ends().len()), (2, 1), "the talk goes on");
}

#[test]
fn skills_change_while_an_agent_is_signed_on() {
    let mut table = Table::with_trunks(1, |plans| plans.acd.agents[0].skills.clear());
    table.dials(CITIZEN, "12345");
    assert_eq!(table.rings(FIRST), None);
    let skill = acd::Skill { skill: acd::SkillId(0), level: 1 };
    table.bench.reload(|plans| plans.acd.agents[0].skills.push(skill));
    table.settle();
    assert!(table.picks_up(FIRST).is_some(), "the caller who waited is offered");
}

#[test]
fn a_new_password_counts_from_the_next_registration_and_who_is_removed_is_nobody() {
    let mut table = Table::new(2, |_| {});
    table.bench.reload(|plans| {
        let call = Arc::make_mut(&mut plans.call);
        call.agents[0].password = Secret("other".to_owned());
        call.agents[1].removed = true;
        plans.roster.agents[1].removed = true;
        plans.acd.agents[1].skills.clear();
    });
    table.settle();
    table.dials(CITIZEN, "12345");
    let talk = table.picks_up(FIRST).expect("a phone that is registered stays so");
    let bench = &mut table.bench;
    assert_eq!(register_at(bench, desk(0), ("1001", "pass-1001"), "old"), Some(403));
    assert_eq!(register_at(bench, desk(0), ("1001", "other"), "new"), Some(200));
    assert_eq!(register_at(bench, desk(1), ("1002", "pass-1002"), "gone"), Some(403));
    assert_eq!(table.bench.exchange.roster.view().agents[1].contacts, 0);
    table.dials(SECOND, "12345");
    assert_eq!(table.refused(SECOND), Some(401), "its phone was known by its address no more");
    assert!(!table.is_over(FIRST, talk));
    let set = Ask::SetAgent { agent: AgentId(1), change: roster::StateChange::SignOn };
    assert_eq!(ask(&mut table, set), [switch::Answer::NoSuchAgent]);
}

#[test]
fn a_restart_knows_by_name_what_came_with_a_reload() {
    let mut table = Table::with_trunks(1, |_| {});
    table.bench.reload(|plans| add_group(plans, "night"));
    table.settle();
    assert_eq!(ask(&mut table, Ask::Open { group: GroupId(1), open: false }), [switch::Answer::Done]);
    table.bench.reload(|plans| {
        plans.acd.groups.swap(0, 1);
        Arc::make_mut(&mut plans.call).groups.swap(0, 1);
    });
    let closed = |table: &Table| {
        let view = table.bench.exchange.acd.view(table.bench.now);
        view.groups.iter().map(|group| group.closed).collect::<Vec<_>>()
    };
    assert_eq!(closed(&table), [false, true], "plans in which names change places follow nothing");
    table.bench.start_again();
    assert_eq!(closed(&table), [true, false], "a start maps by name");
}
