//! The house calls an agent, and then a line for the agent: by messages, through refusals and a restart.

use std::time::Duration;

use base::{After, EndReason, LegId, Source};
use ivr::Hours;
use switch::Answer;

use crate::table::{CITIZEN, Table};

const FIRST: usize = 1;
const AGENTS: usize = 2;
/// The citizen's phone is behind the carrier that the line is behind too.
const LINE: usize = CITIZEN;
/// The other carrier.
const SECOND_CARRIER: usize = AGENTS + 1;
const NUMBER: &str = "13900139000";

fn table() -> Table {
    Table::with_lines(AGENTS, |_| {})
}

/// The agent's phone rings; its leg.
fn summoning(table: &mut Table) -> LegId {
    let answer = table.calls_back(FIRST, NUMBER);
    assert!(matches!(answer, Some(Answer::Rings { .. })), "{answer:?}");
    table.rings(FIRST).expect("the agent's phone rings")
}

/// The agent has answered and the line rings; both legs.
fn calling(table: &mut Table) -> (LegId, LegId) {
    let agent = summoning(table);
    assert_eq!(table.rings(LINE), None, "not before the agent has answered");
    table.answers(FIRST, agent);
    (agent, table.rings(LINE).expect("the line rings"))
}

fn talking(table: &mut Table) -> (LegId, LegId) {
    let (agent, line) = calling(table);
    table.answers(LINE, line);
    assert_eq!((table.hears(FIRST, agent), table.hears(LINE, line)), (Some(LINE), Some(FIRST)));
    (agent, line)
}

/// The call is over for this reason, and nothing of it is left.
fn ends(mut table: Table, reason: EndReason, what: &str) {
    assert_eq!(table.ends(), [reason], "{what}");
    table.pass(40);
    table.is_clean(what);
    let record = table.records()[0];
    assert_eq!((record.start.source.as_str(), record.start.called.as_str()), ("agent 1001", NUMBER), "{what}");
}

#[test]
fn agent_and_line_hear_each_other_until_one_of_them_hangs_up() {
    for (phone, reason) in [(LINE, EndReason::CallerHangup), (FIRST, EndReason::AgentHangup)] {
        let mut table = table();
        let (agent, line) = talking(&mut table);
        assert_eq!(table.own(), [true, false]);
        table.hangs_up(phone, if phone == LINE { line } else { agent });
        assert!(table.is_over(LINE, line) && table.is_over(FIRST, agent));
        ends(table, reason, &format!("phone {phone} hangs up"));
    }
}

#[test]
fn an_agent_who_does_not_take_it_leaves_the_line_alone() {
    for status in [486, 603, 480] {
        let mut table = table();
        let agent = summoning(&mut table);
        table.declines(FIRST, agent, status);
        assert_eq!((table.rings(LINE), table.own()), (None, vec![false, false]), "{status}");
        ends(table, EndReason::Unanswered, &format!("the agent says {status}"));
    }
    let mut table = table();
    let agent = summoning(&mut table);
    table.pass(29);
    assert!(!table.is_over(FIRST, agent), "half a minute");
    table.pass(2);
    assert!(table.is_over(FIRST, agent));
    ends(table, EndReason::Unanswered, "the agent does not answer");
}

#[test]
fn an_agent_who_hangs_up_while_the_line_rings_stops_it() {
    let mut table = table();
    let (agent, line) = calling(&mut table);
    table.hangs_up(FIRST, agent);
    assert!(table.is_over(LINE, line), "CANCEL");
    ends(table, EndReason::CallerHangup, "the agent hangs up");
}

#[test]
fn a_line_that_does_not_come_hangs_the_agent_up() {
    for status in [486, 404, 603] {
        let mut table = table();
        let (agent, line) = calling(&mut table);
        table.declines(LINE, line, status);
        assert!(table.is_over(FIRST, agent), "{status}");
        assert_eq!(table.rings(SECOND_CARRIER), None, "{status}: somebody has spoken");
        ends(table, EndReason::Unanswered, &format!("the line says {status}"));
    }
    let mut table = table();
    let (agent, line) = calling(&mut table);
    table.pass(61);
    assert!(table.is_over(LINE, line) && table.is_over(FIRST, agent));
    ends(table, EndReason::Unanswered, "the line rings for a minute");
}

#[test]
fn a_503_of_every_trunk_leaves_the_agent_without_the_line() {
    let mut table = table();
    let agent = summoning(&mut table);
    table.answers(FIRST, agent);
    assert!(table.refuses(LINE, 503), "the first carrier is asked");
    assert!(!table.is_over(FIRST, agent), "there is another one");
    assert!(table.refuses(SECOND_CARRIER, 503), "and then the second");
    assert!(table.is_over(FIRST, agent));
    assert_eq!(table.ends(), [EndReason::Unanswered]);
    // Both are known to be busy now: the next call finds no way at all.
    let agent = summoning(&mut table);
    table.answers(FIRST, agent);
    assert!(table.is_over(FIRST, agent) && table.rings(LINE).is_none());
    assert_eq!(table.ends(), [EndReason::Unanswered; 2]);
    table.pass(40);
    table.is_clean("no way leads there");
}

#[test]
fn a_carrier_that_says_nothing_is_left_after_four_seconds() {
    let mut table = table();
    table.falls_silent(LINE);
    let agent = summoning(&mut table);
    table.answers(FIRST, agent);
    table.pass(3);
    assert_eq!(table.rings(SECOND_CARRIER), None, "not yet");
    table.pass(2);
    let line = table.rings(SECOND_CARRIER).expect("the other way");
    table.answers(SECOND_CARRIER, line);
    assert_eq!(table.hears(FIRST, agent), Some(SECOND_CARRIER));
    table.hangs_up(FIRST, agent);
    ends(table, EndReason::AgentHangup, "the second carrier brought the line");
}

#[test]
fn who_waited_too_long_where_nobody_on_duty_can_be_reached_hears_that_last() {
    // Both carriers are full, and a call before has found that out.
    let mut table = Table::with_duty(AGENTS, NUMBER, Duration::from_secs(5));
    let agent = summoning(&mut table);
    table.answers(FIRST, agent);
    assert!(table.refuses(LINE, 503) && table.refuses(SECOND_CARRIER, 503));
    table.dials(FIRST, "1002");
    assert_eq!(table.own(), [true, true], "no agent is free");
    let citizen = table.dials(CITIZEN, "12345");
    table.bench.jobs.clear();
    table.pass(7);
    assert_eq!(table.bench.exchange.switch.phases().ending, 1, "it is told why");
    let Some(Source::Play { after, .. }) = table.plays() else { panic!("{:?}", table.bench.jobs) };
    assert_eq!(*after, After::Silence, "no music comes after the last words");
    table.hangs_up(CITIZEN, citizen);
}

#[test]
fn nobodys_phone_rings_for_a_line_that_the_agent_may_not_call() {
    let mut never = Table::with_lines(AGENTS, |rule| rule.hours = Some(Hours::default()));
    assert_eq!(never.calls_back(FIRST, NUMBER), Some(Answer::MayNotCall), "outside of the hours");
    assert_eq!(never.rings(FIRST), None);
    let mut others = Table::with_lines(AGENTS, |rule| rule.agents = vec![base::AgentId(1)]);
    assert_eq!(others.calls_back(FIRST, NUMBER), Some(Answer::MayNotCall), "the rule is another agent's");
    assert_eq!(others.calls_back(FIRST, "02083322110"), Some(Answer::MayNotCall), "no rule leads there");
    let mut table = Table::with_lines(AGENTS, |rule| rule.per_hour = Some(1));
    // Who did not answer has called nobody.
    let agent = summoning(&mut table);
    table.declines(FIRST, agent, 486);
    let (agent, _) = talking(&mut table);
    table.hangs_up(FIRST, agent);
    assert_eq!(table.calls_back(FIRST, NUMBER), Some(Answer::MayNotCall), "one an hour");
    table.pass(3600);
    let allowed = table.calls_back(FIRST, NUMBER);
    assert_eq!(
        allowed,
        Some(Answer::NoPhoneFree),
        "an hour later it may; the phone's registration has ended meanwhile"
    );
}

#[test]
fn a_phone_in_use_and_an_agent_without_one_are_told_at_once() {
    let mut table = table();
    let citizen = table.dials(CITIZEN, "12345");
    table.picks_up(FIRST).expect("a citizen is offered");
    assert_eq!(table.calls_back(FIRST, NUMBER), Some(Answer::NoPhoneFree));
    table.hangs_up(CITIZEN, citizen);
    assert_eq!(table.calls_back(9, NUMBER), Some(Answer::NoSuchAgent));
    let (agent, _) = calling(&mut table);
    assert_eq!(table.calls_back(FIRST, NUMBER), Some(Answer::NoPhoneFree), "for the call that is under way");
    table.hangs_up(FIRST, agent);
    table.pass(40);
    table.is_clean("after all of it");
}

#[test]
fn a_restart_in_each_phase_ends_both_dialogs_with_one_record() {
    type Phase = fn(&mut Table) -> Vec<(usize, LegId)>;
    let phases: [(&str, Phase, bool); 3] = [
        ("the agent's phone rings", |table| vec![(FIRST, summoning(table))], false),
        (
            "the line rings",
            |table| {
                let (a, l) = calling(table);
                vec![(FIRST, a), (LINE, l)]
            },
            true,
        ),
        (
            "they talk",
            |table| {
                let (a, l) = talking(table);
                vec![(FIRST, a), (LINE, l)]
            },
            true,
        ),
    ];
    for (what, phase, answered) in phases {
        let mut table = table();
        let legs = phase(&mut table);
        let ledger = table.bench.ledger.clone();
        table.restart(&ledger, AGENTS);
        assert_eq!(table.own(), [true, false], "{what}: its dialog is not closed");
        // An INVITE that nothing had answered is cancelled a second later.
        table.settle();
        table.pass(2);
        for (phone, leg) in legs {
            assert!(table.is_over(phone, leg), "{what}: phone {phone}");
        }
        assert_eq!(table.own(), [false, false], "{what}");
        assert_eq!(table.records()[0].answered.is_some(), answered, "{what}");
        ends(table, EndReason::Restart, what);
    }
}

#[test]
fn a_panic_at_whatever_event_of_a_call_back_loses_nothing() {
    let mut faults = 0;
    for nth in 1..16 {
        let mut table = Table::with_lines_and_drill(AGENTS, nth);
        let agent = table.calls_back(FIRST, NUMBER).and_then(|_| table.picks_up(FIRST));
        let line = agent.and_then(|_| table.picks_up(LINE));
        table.pass(2);
        if let Some(line) = line {
            table.hangs_up(LINE, line);
        }
        table.pass(100);
        table.is_clean(&format!("panic {nth}"));
        assert_eq!(table.ends().len(), 1, "panic {nth}");
        faults += table.ends().iter().filter(|reason| **reason == EndReason::Fault).count();
    }
    assert!(faults > 6, "{faults}");
}
