//! A queue that is killed and comes back, and the ledger between the two.

use std::time::Duration;

use acd::{Acd, Action, Command, Decline, Fact, Ledger, Plan};
use base::pack::Packed;
use base::{AgentId, CallerKey, GroupId, Now, Time};

use crate::kit::{Desk, agent, group, id, plan};

const NOTHING: [&str; 0] = [];

fn two_groups() -> Plan {
    let wrapping = acd::Group { wrap_up: Duration::from_secs(30), ..group() };
    plan(vec![wrapping, group()], vec![agent(&[(0, 1)]), agent(&[(0, 2)]), agent(&[(1, 1)])])
}

/// At 10 s: call 1 talks with agent 0, agent 1 backs off until 15 s, call 2 is offered to agent 2, calls 3 and 4 wait,
/// number 9 has a place until 609 s.
fn busy_desk() -> Desk {
    let mut desk = Desk::new(two_groups());
    desk.ready(0);
    desk.enqueue(1, 0, 0);
    desk.accepted(1, 0, 1);
    desk.pass(9);
    desk.enqueue(9, 0, 0);
    desk.keep(9);
    desk.pass(1);
    desk.ready(1);
    desk.enqueue(3, 0, 2);
    desk.declined(3, 1, 2, Decline::Rejected);
    desk.ready(2);
    desk.enqueue(2, 1, 0);
    desk.enqueue(4, 1, 0);
    desk.said.clear();
    desk
}

#[test]
fn callers_come_back_to_their_places_rests_stand_and_numbers_go_on() {
    let mut desk = busy_desk();
    assert_eq!(desk.restart(None), NOTHING);
    let said = [
        "{PlaceKept n1 g0 p0 since @0 until @610}",
        "{Left c1}",
        "{PlaceKept n2 g1 p0 since @10 until @610}",
        "{Left c2}",
        "{PlaceKept n3 g0 p2 since @10 until @610}",
        "{Left c3}",
        "{PlaceKept n4 g1 p0 since @10 until @610}",
        "{Left c4}",
    ];
    assert_eq!(desk.said, said);
    let view = desk.acd.view(desk.now);
    use acd::AgentState::{Away, BackOff};
    assert_eq!((view.places, view.agents), (5, vec![Away, BackOff, Away]));
    assert!(view.groups.iter().all(|g| g.waiting == 0 && g.offered == 0));
    desk.pass(2);
    for (number, call) in [(5, 20), (1, 21), (9, 22), (3, 23)] {
        desk.enqueue_from(number, call, 0, 0);
    }
    assert_eq!(desk.ready(0), ["Reserve a0 for c23 r4"], "the priority is kept");
    assert_eq!(desk.accepted(23, 0, 4), NOTHING);
    assert_eq!(desk.ready(1), NOTHING, "backs off until 15 s");
    assert_eq!(desk.pass(3), ["Reserve a1 for c21 r5"], "and so is the time");
    desk.accepted(21, 1, 5);
    desk.ended(23, 0);
    desk.ready(0);
    assert_eq!(desk.pass(30), ["Reserve a0 for c22 r6"]);
}

#[test]
fn words_on_reservations_of_the_old_process_change_nothing() {
    let mut desk = busy_desk();
    desk.restart(None);
    desk.ready(2);
    for reservation in 1..=3 {
        assert_eq!(desk.accepted(2, 2, reservation), NOTHING);
        assert_eq!(desk.declined(2, 2, reservation, Decline::Rejected), NOTHING);
    }
    assert_eq!(desk.ended(1, 0), NOTHING);
    assert_eq!(desk.enqueue(2, 1, 0), ["Queued c2 g1 #1", "Reserve a2 for c2 r4"]);
    assert_eq!(desk.accepted(2, 2, 3), NOTHING, "of an earlier stay");
    assert_eq!(desk.locate(2), ["Located c2 g1 #1"]);
}

#[test]
fn a_second_restart_before_anybody_called_changes_nothing() {
    let mut desk = busy_desk();
    desk.restart(None);
    let first = desk.ledger.clone();
    desk.said.clear();
    desk.restart(None);
    assert_eq!((desk.said, desk.ledger), (vec![], first));
}

#[test]
fn what_ended_while_there_was_no_process_is_told_as_over() {
    let mut desk = busy_desk();
    desk.ended(1, 0);
    desk.said.clear();
    let kept = desk.now;
    for (after, wrap_up) in [(4, "WrapsUp a0 @40"), (30, "WrapsUp a0 over")] {
        desk.now = kept.plus(Duration::from_secs(after));
        desk.restart(None);
        assert_eq!(desk.said.iter().filter(|w| w.starts_with("WrapsUp")).collect::<Vec<_>>(), [wrap_up]);
        assert_eq!(desk.said.iter().any(|w| w == "{Rested a1}"), after == 30);
        desk.said.clear();
    }
    desk.now = kept.plus(Duration::from_secs(599));
    desk.restart(None);
    assert_eq!(desk.said, ["{PlaceGone n9}"]);
}

#[test]
fn another_plan_decides_from_now_on() {
    let mut desk = busy_desk();
    desk.ended(1, 0);
    desk.restart(Some(Plan { redial: Duration::ZERO, ..plan(vec![group()], vec![]) }));
    assert_eq!(desk.acd.view(desk.now).places, 1, "those that are kept stand");
    assert!(desk.ledger.callers.is_empty() && desk.ledger.rests.is_empty());
    let mut desk = busy_desk();
    desk.restart(Some(plan(vec![], vec![])));
    assert_eq!(desk.ledger, Ledger { reservation: acd::Reservation(3), ..Ledger::default() });
}

#[test]
fn a_ledger_is_renumbered_by_name() {
    let desk = busy_desk();
    let group = |GroupId(group)| [Some(GroupId(4)), None].get(usize::from(group)).copied().flatten();
    let agent = |AgentId(agent)| [None, Some(AgentId(7)), None].get(agent as usize).copied().flatten();
    let new = desk.ledger.clone().renumbered(group, agent);
    assert_eq!(new.reservation, desk.ledger.reservation);
    let callers: Vec<_> = new.callers.iter().map(|(call, c)| (call.serial, c.group, c.agent)).collect();
    let (named, first) = (GroupId(4), GroupId(0));
    let expected = [(1, named, None), (2, first, None), (3, named, None), (4, first, None)];
    assert_eq!(callers, expected, "who waited for the group that is gone is counted by the first one");
    assert_eq!(new.rests.keys().copied().collect::<Vec<_>>(), [AgentId(7)]);
    assert_eq!(new.rests[&AgentId(7)], desk.ledger.rests[&AgentId(1)]);
    assert_eq!(new.places.values().map(|p| p.group).collect::<Vec<_>>(), [GroupId(4)]);
    let without = desk.ledger.clone().renumbered(|_| None, agent);
    assert_eq!(without.places.values().map(|p| p.group).collect::<Vec<_>>(), [first]);
    assert_eq!(desk.ledger.clone().renumbered(Some, Some), desk.ledger);
}

/// A group is taken out of the configuration while the process is down, or its last callers are still rung for when it is killed.
#[test]
fn a_place_outlives_its_group() {
    let mut desk = busy_desk();
    let same = |GroupId(place)| (place == 0).then_some(GroupId(0));
    desk.ledger = desk.ledger.clone().renumbered(same, Some);
    desk.restart(Some(plan(vec![group()], vec![agent(&[(0, 1)]), agent(&[(0, 2)]), agent(&[])])));
    assert_eq!(desk.acd.view(desk.now).places, 5);
    desk.pass(1);
    desk.enqueue_from(7, 20, 0, 0);
    desk.enqueue_from(4, 21, 0, 0);
    assert_eq!(desk.ready(0), ["Reserve a0 for c21 r4"], "who waited in the group that is gone goes first");
}

#[test]
fn a_ledger_survives_and_a_cut_or_unknown_one_is_refused() {
    let ledger = busy_desk().ledger;
    let bytes = ledger.to_bytes();
    assert_eq!(Ledger::from_bytes(&bytes).as_ref(), Ok(&ledger));
    for cut in 0..bytes.len() {
        assert!(Ledger::from_bytes(&bytes[..cut]).is_err(), "cut at {cut}");
    }
    let unknown = [&[8], &bytes[1..]].concat();
    assert!(Ledger::from_bytes(&unknown).is_err());
    // Without tallies, last agents, closed groups and what is learned it is what engines before those wrote, and the longer forms read alike.
    assert_eq!(bytes[0], 0);
    for (form, none) in
        [(1, &[0][..]), (2, &[0, 0]), (3, &[0; 3]), (4, &[0; 4]), (5, &[0; 5]), (6, &[0; 6]), (7, &[0; 7])]
    {
        let longer = [&[form], &bytes[1..], none].concat();
        assert_eq!(Ledger::from_bytes(&longer).as_ref(), Ok(&ledger));
    }
    let tally = acd::ledger::Tally { day: 1, calls: 2, talk: Duration::from_secs(3) };
    let last = acd::ledger::Last { agent: AgentId(1), until: Time::from_millis(9) };
    let counted = Ledger { tallies: [(AgentId(1), tally)].into(), ..ledger.clone() };
    let known = Ledger { lasts: [(CallerKey([1, 2]), last)].into(), ..ledger.clone() };
    let closed = Ledger { closed: [GroupId(1)].into(), ..ledger.clone() };
    let learned = Ledger { learned: [(GroupId(1), learned())].into(), ..ledger.clone() };
    let promised = Ledger { promises: [(CallerKey([1, 2]), promise(id(5).again()))].into(), ..ledger.clone() };
    let surging = acd::ledger::Surging { on: false, by_hand: Some(false) };
    let surges = Ledger { surges: [(GroupId(1), surging)].into(), ..ledger.clone() };
    let mut calls = ledger;
    calls.apply(Fact::Called { caller: CallerKey([1, 2]), at: Time::from_millis(5), until: Time::from_millis(6) });
    for (form, ledger) in [(1, counted), (2, known), (3, closed), (4, learned), (5, promised), (6, surges), (7, calls)]
    {
        let bytes = ledger.to_bytes();
        assert_eq!((bytes[0], Ledger::from_bytes(&bytes)), (form, Ok(ledger)));
    }
}

fn promise(call: base::CallId) -> acd::ledger::Promise {
    let (group, priority, since, not_before) = (GroupId(2), 7, Time::from_millis(1), Time::from_millis(2));
    let (number, called, locale) = ("13800138000".into(), "12345".into(), "zh-CN".into());
    let citizen = acd::Citizen { number, called, locale };
    acd::ledger::Promise { call, group, priority, since, tried: 1, not_before, citizen }
}

fn learned() -> acd::ledger::Learned {
    let (answer, handling) = (Duration::from_millis(3500), Duration::from_secs(200));
    acd::ledger::Learned { answer, handling, patience: Duration::from_secs(600) }
}

#[test]
fn facts_keep_their_form() {
    let (call, agent, caller) = (id(300), AgentId(5), CallerKey([1, 2]));
    let (since, until) = (Time::from_millis(1), Time::from_millis(2));
    let (group, priority) = (GroupId(2), 7);
    let (day, calls, talk) = (20_000, 3, Duration::from_secs(4));
    let facts = [
        Fact::Waits { call, caller: Some(caller), group, priority, since },
        Fact::Offered { call, agent, reservation: acd::Reservation(129) },
        Fact::Talks { call, agent },
        Fact::Left { call },
        Fact::Rests { agent, wrap_up: true, until },
        Fact::Rested { agent },
        Fact::PlaceKept { caller, group, priority, since, until },
        Fact::PlaceGone { caller },
        Fact::Tallied { agent, day, calls, talk },
        Fact::Served { caller, agent, until },
        Fact::Forgotten { caller },
        Fact::Closed { group },
        Fact::Opened { group },
        Fact::Learned { group, learned: learned() },
        Fact::Promised { caller, promise: Box::new(promise(call.again())) },
        Fact::PromiseOver { caller },
        Fact::Surges { group, surging: acd::ledger::Surging { on: true, by_hand: Some(true) } },
        Fact::Called { caller, at: since, until },
        Fact::Uncounted { caller },
    ];
    let hex = |fact: &Fact| fact.to_bytes().iter().map(|b| format!("{b:02x}")).collect::<String>();
    let forms: Vec<_> = facts.iter().map(hex).collect();
    insta::assert_snapshot!(forms.join("\n"));
}

#[test]
fn a_restart_whose_journal_is_cut_anywhere_loses_no_place() {
    let desk = busy_desk();
    let mut out = Vec::new();
    let whole = Acd::restore(two_groups(), desk.now, &desk.ledger, &mut out).ledger();
    for written in 0..out.len() {
        let mut ledger = desk.ledger.clone();
        for action in &out[..written] {
            if let Action::Fact(fact) = action {
                ledger.apply(fact.clone());
            }
        }
        let again = Acd::restore(two_groups(), desk.now, &ledger, &mut Vec::new());
        assert_eq!(again.ledger(), whole, "killed after {written} facts");
    }
}

/// One more than there may be, each with a deadline of its own.
#[test]
fn the_oldest_place_makes_room() {
    let mut now = Now { time: Time::from_millis(1_000), ..Now::default() };
    let mut acd = Acd::new(plan(vec![group()], vec![]), now.time);
    let (mut out, mut ledger) = (Vec::new(), Ledger::default());
    for number in 0..=100_000_u32 {
        now = now.plus(Duration::from_millis(1));
        let caller = Some(CallerKey([u64::from(number), 0]));
        let (call, group) = (id(number), GroupId(0));
        acd.handle(now, Command::Enqueue { call, caller, group, priority: 0, since: now.time }, &mut out);
        acd.handle(now, Command::Keep { call }, &mut out);
        for action in out.drain(..) {
            if let Action::Fact(fact) = action {
                ledger.apply(fact);
            }
        }
    }
    assert_eq!(acd.view(now).places, 100_000);
    assert!(!ledger.places.contains_key(&CallerKey([0, 0])) && ledger.places.contains_key(&CallerKey([1, 0])));
    assert_eq!(ledger, acd.ledger());
}
