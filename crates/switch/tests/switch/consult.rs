//! Agents call colleagues and join calls: by messages, over two workers, through panics and restarts.

use base::pack::Packed;
use base::{EndReason, LegId};
use roster::Slot;
use switch::{Drill, Ledger, Place};

use crate::table::{CITIZEN, Table};

const FIRST: usize = 1;
const SECOND: usize = 2;
const THIRD: usize = 3;

/// A citizen talks with the first agent.
struct Talk {
    table: Table,
    citizen: LegId,
    agent: LegId,
}

fn talk(agents: usize, edit: impl FnOnce(&mut switch::Config)) -> Option<Talk> {
    let mut table = Table::new(agents, edit);
    let citizen = table.dials(CITIZEN, "12345");
    let agent = table.picks_up(FIRST)?;
    Some(Talk { table, citizen, agent })
}

fn two_lines(agents: usize) -> (Talk, LegId, LegId) {
    let mut talk = talk(agents, |_| {}).expect("a talk");
    let asks = talk.table.dials(FIRST, "1002");
    let asked = talk.table.picks_up(SECOND).expect("it rings");
    (talk, asks, asked)
}

#[test]
fn an_agent_calls_a_colleague_and_both_hear_each_other() {
    let mut table = Table::new(2, |_| {});
    let first = table.dials(FIRST, "1002");
    assert_eq!(table.own(), [true, true], "both phones are in use from the first ring on");
    let second = table.picks_up(SECOND).expect("it rings");
    assert_eq!((table.hears(FIRST, first), table.hears(SECOND, second)), (Some(SECOND), Some(FIRST)));
    let waits = table.dials(CITIZEN, "12345");
    assert_eq!(table.rings(FIRST).or(table.rings(SECOND)), None, "a citizen who comes waits");
    table.hangs_up(CITIZEN, waits);
    table.hangs_up(SECOND, second);
    assert!(table.is_over(FIRST, first));
    assert_eq!(table.ends(), [EndReason::Abandoned, EndReason::AgentHangup]);
    table.pass(40);
    table.is_clean("after the call");
}

#[test]
fn what_an_agent_dials_is_the_number_of_somebody_whose_phone_is_free() {
    for (number, status) in [("1002", 486), ("1001", 486), ("4711", 404)] {
        let mut table = Table::new(3, |_| {});
        table.dials(SECOND, "1003");
        table.dials(FIRST, number);
        assert_eq!(table.refused(FIRST), Some(status), "{number}");
        assert_eq!(table.own(), [false, true, true], "{number}");
    }
}

#[test]
fn citizen_and_colleague_are_joined_by_a_refer_in_either_dialog() {
    for in_first in [true, false] {
        let (Talk { mut table, citizen, agent }, asks, asked) = two_lines(2);
        let (leg, other) = if in_first { (agent, asks) } else { (asks, agent) };
        let replaces = table.replaces(FIRST, other);
        assert_eq!(table.refers(FIRST, leg, &replaces), Some(202));
        // Without a hold before it: what the citizen heard during the join must not come after the colleague's voice.
        assert_eq!((table.hears(CITIZEN, citizen), table.hears(SECOND, asked)), (Some(SECOND), Some(CITIZEN)));
        assert!(table.is_over(FIRST, agent) && table.is_over(FIRST, asks));
        let slots: Vec<Slot> = table.bench.exchange.roster.view().agents.iter().map(|a| a.slot).collect();
        assert!(matches!(slots[..], [Slot::Free, Slot::Talking { .. }]), "{slots:?}");
        assert_eq!(table.own(), [false, false]);
        table.hangs_up(CITIZEN, citizen);
        assert_eq!(table.ends(), [EndReason::Joined, EndReason::CallerHangup]);
        let agents: Vec<_> = table.records().iter().map(|r| r.agent.clone()).collect();
        assert_eq!(agents, [Some("1002".to_owned()), Some("1002".to_owned())]);
        table.pass(40);
        table.is_clean("after the join");
    }
}

#[test]
fn a_colleague_who_rings_comes_with_the_answer() {
    let Talk { mut table, citizen, agent } = talk(2, |_| {}).expect("a talk");
    let asks = table.dials(FIRST, "1002");
    let _ = asks;
    let asked = table.rings(SECOND).expect("it rings");
    let replaces = table.replaces(FIRST, asks);
    assert_eq!(table.refers(FIRST, agent, &replaces), Some(202));
    assert_eq!(table.hears(CITIZEN, citizen), None, "music");
    table.answers(SECOND, asked);
    assert_eq!((table.hears(CITIZEN, citizen), table.hears(SECOND, asked)), (Some(SECOND), Some(CITIZEN)));
    table.hangs_up(SECOND, asked);
    table.pass(40);
    assert_eq!(table.ends(), [EndReason::Joined, EndReason::AgentHangup]);
    table.is_clean("after the join");
}

#[test]
fn a_refer_that_names_no_dialog_of_the_agents_is_refused() {
    let (Talk { mut table, citizen, agent }, asks, asked) = two_lines(3);
    let own = table.replaces(FIRST, asks);
    let foreign = table.dials(THIRD, "12345");
    let cases = [
        ("no tags", FIRST, agent, "abc".to_owned(), 400),
        ("one tag", FIRST, agent, "abc;to-tag=1".to_owned(), 400),
        ("no dialog", FIRST, agent, "abc;to-tag=1;from-tag=2".to_owned(), 404),
        ("another Call-ID", FIRST, agent, format!("x{own}"), 404),
        ("the citizen's dialog", FIRST, agent, table.replaces(CITIZEN, citizen), 403),
        ("the colleague's dialog", FIRST, agent, table.replaces(SECOND, asked), 403),
        ("a third agent's dialog", FIRST, agent, table.replaces(THIRD, foreign), 403),
        ("its own dialog", FIRST, agent, table.replaces(FIRST, agent), 403),
        ("another agent's two", SECOND, asked, table.replaces(FIRST, agent), 403),
        ("from the citizen", CITIZEN, citizen, own, 403),
    ];
    for (what, phone, leg, replaces, status) in cases {
        assert_eq!(table.refers(phone, leg, &replaces), Some(status), "{what}");
        assert_eq!(table.hears(CITIZEN, citizen), Some(FIRST), "{what}");
        assert_eq!(table.hears(SECOND, asked), Some(FIRST), "{what}");
    }
}

#[test]
fn an_agents_two_calls_are_on_one_worker() {
    // The workers are drawn by what they have ready: without care the second call goes to the other one.
    let mut table = Table::new(2, |config| config.workers = 2);
    let citizen = table.dials(CITIZEN, "12345");
    let agent = table.picks_up(FIRST).expect("it rings");
    let asks = table.dials(FIRST, "1002");
    let asked = table.picks_up(SECOND).expect("it rings");
    let workers = table.workers();
    assert!(workers.len() == 4 && workers.iter().all(|w| *w == workers[0]), "{workers:?}");
    let replaces = table.replaces(FIRST, asks);
    assert_eq!(table.refers(FIRST, agent, &replaces), Some(202));
    assert_eq!((table.hears(CITIZEN, citizen), table.hears(SECOND, asked)), (Some(SECOND), Some(CITIZEN)));
}

/// All that two joined calls come to, as far as a panic lets them.
fn whole_story(table: &mut Table, promised: bool) -> Option<()> {
    let citizen = table.dials(CITIZEN, "12345");
    let agent = table.picks_up(FIRST)?;
    let asks = table.dials(FIRST, "1002");
    let asked = if promised { table.rings(SECOND)? } else { table.picks_up(SECOND)? };
    if table.is_over(FIRST, agent) || table.is_over(FIRST, asks) {
        return None;
    }
    let replaces = table.replaces(FIRST, asks);
    table.refers(FIRST, agent, &replaces);
    if promised {
        table.answers(SECOND, asked);
    }
    table.pass(2);
    table.hangs_up(FIRST, agent);
    table.hangs_up(FIRST, asks);
    table.pass(2);
    table.hangs_up(CITIZEN, citizen);
    table.hangs_up(SECOND, asked);
    Some(())
}

#[test]
fn a_panic_at_whatever_event_of_two_joined_calls_loses_nothing() {
    let mut faults = 0;
    for promised in [false, true] {
        for nth in 1..45 {
            let mut table = Table::new(2, |config| config.drill = Some(Drill { place: Place::Call, nth }));
            whole_story(&mut table, promised);
            // Who was not hung up on by the test is by the engine, or the other one's time is up.
            table.pass(700);
            let what = format!("panic {nth}, promised {promised}");
            table.is_clean(&what);
            let (ends, mut ids) = (table.ends(), table.records().iter().map(|r| r.start.id).collect::<Vec<_>>());
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(ids.len(), ends.len(), "{what}: one record a call");
            let fault = ends.iter().filter(|r| **r == EndReason::Fault).count();
            assert!(fault <= 1, "{what}: {ends:?}");
            faults += fault;
        }
    }
    assert!(faults > 30, "{faults}");
}

#[test]
fn a_panic_during_a_join_leaves_the_other_call_with_its_party() {
    // The agents' call fails when it is told to give the colleague: the citizen is with the first agent again.
    let mut told_back = 0;
    for nth in 1..45 {
        let mut table = Table::new(2, |config| config.drill = Some(Drill { place: Place::Call, nth }));
        let citizen = table.dials(CITIZEN, "12345");
        let Some(agent) = table.picks_up(FIRST) else { continue };
        let asks = table.dials(FIRST, "1002");
        let Some(_) = table.rings(SECOND) else { continue };
        if !table.ends().is_empty() || table.is_over(FIRST, agent) {
            continue;
        }
        let replaces = table.replaces(FIRST, asks);
        table.refers(FIRST, agent, &replaces);
        if table.ends() == [EndReason::Fault] && table.records()[0].start.source == "agent 1001" {
            assert_eq!(table.hears(CITIZEN, citizen), Some(FIRST), "panic {nth}");
            told_back += 1;
        }
    }
    assert!(told_back > 0, "no panic hit that moment");
}

#[test]
fn a_restart_ends_agents_calls_before_it_offers_the_agents_again() {
    let (Talk { mut table, .. }, asks, asked) = two_lines(2);
    let ledger = table.bench.ledger.clone();
    table.restart(&ledger, 2);
    assert_eq!(table.own(), [true, true], "their dialogs are not closed");
    // A citizen who comes now waits: nobody is offered before the phones have answered.
    let byes = std::mem::take(&mut table.bench.raw);
    assert_eq!(byes.iter().filter(|(_, bytes)| bytes.starts_with(b"BYE ")).count(), 4, "each dialog of both calls");
    for slot in 0..12 {
        table.bench.lease(slot);
    }
    let waits = table.dials(CITIZEN, "12345");
    assert_eq!(table.rings(FIRST).or(table.rings(SECOND)), None);
    table.bench.raw = byes;
    table.settle();
    assert!(table.is_over(FIRST, asks) && table.is_over(SECOND, asked));
    assert_eq!(table.own(), [false, false]);
    let rung = [FIRST, SECOND].into_iter().filter(|phone| table.rings(*phone).is_some()).count();
    assert_eq!(rung, 1, "the citizen who waits is offered to one of them");
    table.hangs_up(CITIZEN, waits);
    let ends = table.ends();
    assert_eq!(ends, [EndReason::Restart, EndReason::Restart, EndReason::Abandoned]);
    table.pass(40);
    table.is_clean("after the restart");
}

#[test]
fn a_restart_refuses_an_invite_that_only_rang() {
    for written_as_bytes in [false, true] {
        let mut table = Table::new(2, |_| {});
        let asks = table.dials(FIRST, "1002");
        let asked = table.rings(SECOND).expect("it rings");
        let ledger = table.bench.ledger.clone();
        let ledger = if written_as_bytes { Ledger::from_bytes(&ledger.to_bytes()).expect("read") } else { ledger };
        table.restart(&ledger, 2);
        assert_eq!(table.own(), [false, true], "the first has its answer, the second's phone still rings");
        table.settle();
        assert_eq!((table.refused(FIRST), table.is_over(FIRST, asks)), (Some(480), true));
        assert!(table.is_over(SECOND, asked), "the colleague's phone is cancelled");
        assert_eq!(table.own(), [false, false]);
        assert_eq!(table.ends(), [EndReason::Restart], "one record");
        table.pass(40);
        table.is_clean("after the restart");
    }
}

#[test]
fn a_snapshot_of_the_older_form_is_read() {
    let (Talk { table, .. }, ..) = two_lines(2);
    let ledger = &table.bench.ledger;
    let bytes = ledger.to_bytes();
    assert_eq!(Ledger::from_bytes(&bytes).as_ref(), Ok(ledger));
    // Where no agent has a call of its own nothing stands at the end, as before there was such a list; an empty one is read too.
    let idle = Table::new(2, |_| {}).bench.ledger;
    let own: Vec<(base::CallId, Vec<(u16, base::AgentId)>)> = Vec::new();
    let with_list = [idle.to_bytes(), own.to_bytes()].concat();
    assert_eq!(Ledger::from_bytes(&with_list), Ok(idle));
}
