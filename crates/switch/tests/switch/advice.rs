//! Agents ask a group, on a second line or by keys: by messages, through panics and restarts.

use std::time::Duration;

use acd::AgentState;
use base::{EndReason, LegId, WaitOutcome};
use roster::Slot;
use switch::{Drill, Place};

use crate::table::{CITIZEN, Table};

const FIRST: usize = 1;
const SECOND: usize = 2;
const GROUP: &str = "8001";

/// A citizen talks with the first agent; the others are signed on after that, so that nobody else was offered the citizen.
fn talk(agents: usize, edit: impl FnOnce(&mut switch::Config)) -> Option<(Table, LegId, LegId)> {
    let mut table = Table::new(agents, edit);
    let citizen = table.dials(CITIZEN, "12345");
    let agent = table.picks_up(FIRST)?;
    Some((table, citizen, agent))
}

/// The first agent asks the group on a second line, and the second one has answered.
fn on_two_lines() -> (Table, LegId, LegId, LegId, LegId) {
    let (mut table, citizen, agent) = talk(2, |_| {}).expect("a talk");
    let asks = table.dials(FIRST, GROUP);
    let asked = table.picks_up(SECOND).expect("it rings");
    (table, citizen, agent, asks, asked)
}

/// The same by keys.
fn by_keys() -> (Table, LegId, LegId, LegId) {
    let (mut table, citizen, agent) = talk(2, |_| {}).expect("a talk");
    table.presses(FIRST, agent, "*28001#");
    assert_eq!((table.hears(CITIZEN, citizen), table.hears(FIRST, agent)), (None, None), "music for both");
    let asked = table.picks_up(SECOND).expect("it rings");
    assert_eq!((table.hears(FIRST, agent), table.hears(SECOND, asked)), (Some(SECOND), Some(FIRST)));
    assert_eq!(table.hears(CITIZEN, citizen), None, "music");
    (table, citizen, agent, asked)
}

fn queue_says(table: &Table) -> Vec<AgentState> {
    table.bench.exchange.acd.view(table.bench.now).agents
}

fn slots(table: &Table) -> Vec<Slot> {
    table.bench.exchange.roster.view().agents.iter().map(|agent| agent.slot).collect()
}

fn clean(mut table: Table, what: &str) {
    table.pass(40);
    table.is_clean(what);
}

#[test]
fn an_agent_asks_a_group_and_whoever_is_free_answers() {
    let mut table = Table::new(3, |_| {});
    let asks = table.dials(FIRST, GROUP);
    assert_eq!(table.own(), [true, false, false]);
    assert_eq!(table.rings(FIRST), None, "nobody asks oneself");
    let rung = [SECOND, 3].into_iter().find_map(|phone| Some((phone, table.rings(phone)?)));
    let (phone, asked) = rung.expect("somebody of the group is offered the question");
    table.answers(phone, asked);
    assert_eq!((table.hears(FIRST, asks), table.hears(phone, asked)), (Some(phone), Some(FIRST)));
    // For the queue it is no talk: no slot is held, and both phones are in use.
    assert_eq!(slots(&table), [Slot::Free; 3]);
    assert_eq!(queue_says(&table).iter().filter(|state| **state == AgentState::Ready).count(), 1);
    table.hangs_up(phone, asked);
    assert!(table.is_over(FIRST, asks));
    let record = table.records()[0].clone();
    assert_eq!((record.start.source.as_str(), record.start.called.as_str()), ("agent 1001", GROUP));
    assert_eq!((record.end_reason, record.waits[0].outcome), (EndReason::AgentHangup, WaitOutcome::Answered));
    let counted = table.bench.exchange.switch.counters();
    assert_eq!((counted.accepted, counted.timed_out), (0, 0), "no citizen was served, and nobody let one wait");
    assert_eq!(queue_says(&table), [AgentState::Ready; 3], "no wrap-up");
    clean(table, "after the question");
}

#[test]
fn citizen_and_who_was_asked_are_joined_by_a_refer() {
    for in_first in [true, false] {
        let (mut table, citizen, agent, asks, asked) = on_two_lines();
        assert_eq!((table.hears(FIRST, asks), table.hears(SECOND, asked)), (Some(SECOND), Some(FIRST)));
        let (leg, other) = if in_first { (agent, asks) } else { (asks, agent) };
        let replaces = table.replaces(FIRST, other);
        assert_eq!(table.refers(FIRST, leg, &replaces), Some(202));
        assert_eq!((table.hears(CITIZEN, citizen), table.hears(SECOND, asked)), (Some(SECOND), Some(CITIZEN)));
        assert!(table.is_over(FIRST, agent) && table.is_over(FIRST, asks));
        assert!(matches!(slots(&table)[..], [Slot::Free, Slot::Talking { .. }]), "{:?}", slots(&table));
        assert_eq!(queue_says(&table)[1], AgentState::Talking, "a talk of the queue from now on");
        table.hangs_up(CITIZEN, citizen);
        assert_eq!(table.ends(), [EndReason::Joined, EndReason::CallerHangup]);
        clean(table, "after the join");
    }
}

#[test]
fn who_is_joined_before_the_answer_comes_with_it() {
    let (mut table, citizen, agent) = talk(2, |_| {}).expect("a talk");
    let asks = table.dials(FIRST, GROUP);
    let asked = table.rings(SECOND).expect("it rings");
    let replaces = table.replaces(FIRST, asks);
    assert_eq!(table.refers(FIRST, agent, &replaces), Some(202));
    table.hangs_up(FIRST, agent);
    table.hangs_up(FIRST, asks);
    assert_eq!(table.hears(CITIZEN, citizen), None, "music");
    table.answers(SECOND, asked);
    assert_eq!((table.hears(CITIZEN, citizen), table.hears(SECOND, asked)), (Some(SECOND), Some(CITIZEN)));
    table.hangs_up(SECOND, asked);
    assert_eq!(table.ends(), [EndReason::Joined, EndReason::AgentHangup]);
    clean(table, "after the join");
}

#[test]
fn by_keys_the_agent_joins_or_goes_back() {
    for key in ["*1#", "hang up"] {
        let (mut table, citizen, agent, asked) = by_keys();
        assert_eq!(table.ends(), [EndReason::Joined], "the question is over with its answer");
        match key {
            "*1#" => table.presses(FIRST, agent, key),
            _ => table.hangs_up(FIRST, agent),
        }
        assert_eq!((table.hears(CITIZEN, citizen), table.hears(SECOND, asked)), (Some(SECOND), Some(CITIZEN)), "{key}");
        assert!(table.is_over(FIRST, agent), "{key}");
        assert!(matches!(slots(&table)[..], [Slot::Free, Slot::Talking { .. }]), "{key}: {:?}", slots(&table));
        table.hangs_up(CITIZEN, citizen);
        clean(table, key);
    }
    let (mut table, citizen, agent, asked) = by_keys();
    table.presses(FIRST, agent, "*0");
    assert!(table.is_over(SECOND, asked));
    assert_eq!((table.hears(CITIZEN, citizen), table.hears(FIRST, agent)), (Some(FIRST), Some(CITIZEN)));
    table.hangs_up(FIRST, agent);
    assert_eq!(table.ends(), [EndReason::Joined, EndReason::AgentHangup]);
    clean(table, "back to the citizen");
}

#[test]
fn where_nobody_of_the_group_comes_the_agent_is_back_with_the_citizen() {
    for keys in [true, false] {
        let mut table = Table::with_wait(1, Duration::from_secs(20));
        let citizen = table.dials(CITIZEN, "12345");
        let agent = table.picks_up(FIRST).expect("it rings");
        let asks = match keys {
            true => {
                table.presses(FIRST, agent, "*28001#");
                None
            }
            false => Some(table.dials(FIRST, GROUP)),
        };
        table.pass(21);
        assert_eq!(
            table.records().iter().filter(|r| r.end_reason == EndReason::QueueRefused).count(),
            usize::from(keys)
        );
        match asks {
            // The phone hears why, and its user hangs up.
            Some(asks) => table.hangs_up(FIRST, asks),
            None => assert_eq!(table.hears(CITIZEN, citizen), Some(FIRST), "the talk goes on"),
        }
        assert_eq!(table.ends(), [EndReason::QueueRefused], "keys {keys}");
        assert_eq!(table.records()[0].waits[0].outcome, WaitOutcome::Refused);
        assert!(!table.is_over(CITIZEN, citizen) && !table.is_over(FIRST, agent), "keys {keys}");
        table.hangs_up(CITIZEN, citizen);
        clean(table, "nobody came");
    }
}

#[test]
fn an_agent_who_leaves_before_the_answer_has_handed_the_citizen_to_the_group() {
    let (mut table, citizen, agent) = talk(2, |_| {}).expect("a talk");
    table.presses(FIRST, agent, "*28001#");
    let asked = table.rings(SECOND).expect("it rings");
    table.hangs_up(FIRST, agent);
    assert!(table.is_over(SECOND, asked), "the question is over");
    table.pass(1);
    let phone = [FIRST, SECOND].into_iter().find_map(|phone| Some((phone, table.rings(phone)?)));
    let (phone, leg) = phone.expect("and the citizen is offered");
    table.answers(phone, leg);
    assert_eq!(table.hears(CITIZEN, citizen), Some(phone));
    table.hangs_up(CITIZEN, citizen);
    assert_eq!(table.ends(), [EndReason::Cancelled, EndReason::CallerHangup]);
    clean(table, "handed to the group");
}

#[test]
fn the_citizen_leaves_while_a_group_is_asked() {
    for answered in [false, true] {
        let (mut table, citizen, agent) = talk(2, |_| {}).expect("a talk");
        table.presses(FIRST, agent, "*28001#");
        let asked = table.rings(SECOND).expect("it rings");
        if answered {
            table.answers(SECOND, asked);
        }
        table.hangs_up(CITIZEN, citizen);
        assert!(table.is_over(FIRST, agent) && table.is_over(SECOND, asked), "answered {answered}");
        clean(table, "the citizen left");
    }
}

#[test]
fn a_restart_in_each_phase_ends_every_dialog_with_one_record_a_call() {
    for (phase, keys) in (0..3).flat_map(|phase| [(phase, false), (phase, true)]) {
        let what = format!("phase {phase}, keys {keys}");
        let agents = if phase == 0 { 1 } else { 2 };
        let (mut table, citizen, agent) = talk(agents, |_| {}).expect("a talk");
        let mut legs = vec![(CITIZEN, citizen), (FIRST, agent)];
        match keys {
            true => table.presses(FIRST, agent, "*28001#"),
            false => legs.push((FIRST, table.dials(FIRST, GROUP))),
        }
        if phase > 0 {
            let asked = table.rings(SECOND).expect("it rings");
            legs.push((SECOND, asked));
            if phase == 2 {
                table.answers(SECOND, asked);
            }
        }
        let ledger = table.bench.ledger.clone();
        table.restart(&ledger, agents);
        table.settle();
        table.pass(2);
        for (phone, leg) in legs {
            assert!(table.is_over(phone, leg), "{what}: phone {phone}");
        }
        table.pass(38);
        table.is_clean(&what);
        let mut ids: Vec<_> = table.records().iter().map(|r| r.start.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 2, "{what}: {:?}", table.ends());
        let answered = keys && phase == 2;
        assert_eq!(table.ends().contains(&EndReason::Joined), answered, "{what}: {:?}", table.ends());
        assert!(slots(&table).iter().all(|slot| *slot == Slot::Free), "{what}: {:?}", slots(&table));
    }
}

/// All that comes of a question, as far as a panic lets it.
fn whole_story(table: &mut Table, keys: bool) -> Option<()> {
    let citizen = table.dials(CITIZEN, "12345");
    let agent = table.picks_up(FIRST)?;
    if table.is_over(FIRST, agent) {
        return None;
    }
    let asks = (!keys).then(|| table.dials(FIRST, GROUP));
    if keys {
        table.presses(FIRST, agent, "*28001#");
    }
    let asked = table.picks_up(SECOND)?;
    if table.is_over(FIRST, agent) || asks.is_some_and(|asks| table.is_over(FIRST, asks)) {
        return None;
    }
    match asks {
        Some(asks) => {
            let replaces = table.replaces(FIRST, asks);
            table.refers(FIRST, agent, &replaces);
        }
        None => table.presses(FIRST, agent, "*1#"),
    }
    table.pass(2);
    for (phone, leg) in [(FIRST, agent), (CITIZEN, citizen), (SECOND, asked)] {
        table.hangs_up(phone, leg);
    }
    Some(())
}

#[test]
fn a_panic_at_whatever_event_of_a_question_loses_nothing() {
    let mut faults = 0;
    for (nth, keys) in (1..50).flat_map(|nth| [(nth, false), (nth, true)]) {
        let mut table = Table::new(2, |config| config.drill = Some(Drill { place: Place::Call, nth }));
        whole_story(&mut table, keys);
        // Who was not hung up on by the test is by the engine, or the time of a talk is up.
        table.pass(700);
        let what = format!("panic {nth}, keys {keys}");
        table.is_clean(&what);
        let (ends, mut ids) = (table.ends(), table.records().iter().map(|r| r.start.id).collect::<Vec<_>>());
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), ends.len(), "{what}: one record a call");
        let fault = ends.iter().filter(|reason| **reason == EndReason::Fault).count();
        assert!(fault <= 1, "{what}: {ends:?}");
        faults += fault;
    }
    assert!(faults > 30, "{faults}");
}
