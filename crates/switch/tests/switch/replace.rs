//! INVITE with Replaces (RFC 3891 §3): who may take whose place, what becomes of the talk, of slots and of records.

use base::pack::Packed;
use base::{EndReason, LegId};
use roster::Slot;
use switch::{Drill, Ledger, Place};

use crate::table::{CITIZEN, Table};

const FIRST: usize = 1;
const SECOND: usize = 2;
const THIRD: usize = 3;

fn slots(table: &Table) -> Vec<Slot> {
    table.bench.exchange.roster.view().agents.iter().map(|a| a.slot).collect()
}

fn agents(table: &Table) -> Vec<Option<String>> {
    table.records().iter().map(|record| record.agent.clone()).collect()
}

/// A citizen talks with the first agent; two others are there.
fn two() -> (Table, LegId, LegId) {
    let mut table = Table::new(3, |_| {});
    let citizen = table.dials(CITIZEN, "12345");
    let agent = table.picks_up(FIRST).expect("the first agent is rung");
    (table, citizen, agent)
}

#[test]
fn a_talk_goes_on_at_the_phone_that_takes_it() {
    let (mut table, citizen, agent) = two();
    let replaces = table.replaces(FIRST, agent);
    let leg = table.takes(SECOND, &replaces);
    assert_eq!((table.refused(SECOND), table.is_over(FIRST, agent)), (None, true));
    assert_eq!((table.hears(CITIZEN, citizen), table.hears(SECOND, leg)), (Some(SECOND), Some(CITIZEN)));
    assert!(matches!(slots(&table)[..], [Slot::Free, Slot::Talking { .. }, Slot::Free]), "{:?}", slots(&table));
    assert_eq!(table.own(), [false; 3]);
    table.bench.exchange.is_known_to(&table.bench.ledger).unwrap_or_else(|why| panic!("{why}"));
    // Taken again by a third, whose phone hangs up in the end.
    let replaces = table.replaces(SECOND, leg);
    let last = table.takes(THIRD, &replaces);
    assert_eq!((table.hears(CITIZEN, citizen), table.is_over(SECOND, leg)), (Some(THIRD), true));
    table.hangs_up(THIRD, last);
    assert!(table.is_over(CITIZEN, citizen));
    assert_eq!(table.ends(), [EndReason::Joined, EndReason::Joined, EndReason::AgentHangup], "a record a call");
    assert_eq!(agents(&table), [None, None, Some("1003".to_owned())]);
    table.pass(40);
    table.is_clean("after the talk");
}

#[test]
fn either_end_of_a_call_between_agents_can_be_taken() {
    for caller in [true, false] {
        let mut table = Table::new(3, |_| {});
        let first = table.dials(FIRST, "1002");
        let second = table.picks_up(SECOND).expect("it rings");
        let (who, leg, stays, other) =
            if caller { (FIRST, first, SECOND, second) } else { (SECOND, second, FIRST, first) };
        let replaces = table.replaces(who, leg);
        let third = table.takes(THIRD, &replaces);
        assert_eq!((table.hears(stays, other), table.hears(THIRD, third)), (Some(THIRD), Some(stays)), "{caller}");
        assert!(table.is_over(who, leg));
        let mut own = [true; 3];
        own[who - 1] = false;
        assert_eq!(table.own(), own);
        table.hangs_up(THIRD, third);
        assert!(table.is_over(stays, other));
        table.pass(40);
        table.is_clean("after the call");
    }
}

#[test]
fn a_phone_that_rings_for_a_citizen_is_picked_up_for() {
    for early_only in ["", ";early-only"] {
        let mut table = Table::new(2, |_| {});
        let citizen = table.dials(CITIZEN, "12345");
        let (rings, picks) = if let Some(leg) = table.rings(FIRST) {
            ((FIRST, leg), SECOND)
        } else {
            ((SECOND, table.rings(SECOND).expect("one of them rings")), FIRST)
        };
        let replaces = table.replaces(rings.0, rings.1) + early_only;
        let leg = table.takes(picks, &replaces);
        assert_eq!(table.refused(picks), None);
        assert!(table.is_over(rings.0, rings.1), "it has its CANCEL");
        assert_eq!((table.hears(CITIZEN, citizen), table.hears(picks, leg)), (Some(picks), Some(CITIZEN)));
        let taken = slots(&table).remove(picks - 1);
        assert!(matches!(taken, Slot::Talking { .. }), "{:?}", slots(&table));
        table.hangs_up(CITIZEN, citizen);
        assert_eq!(table.ends(), [EndReason::Joined, EndReason::CallerHangup]);
        assert_eq!(agents(&table)[1], Some(format!("100{picks}")));
        table.pass(40);
        table.is_clean("after the talk");
        // Nobody is to blame: the next citizen is served.
        table.dials(CITIZEN, "12345");
        assert!(table.rings(FIRST).or(table.rings(SECOND)).is_some());
    }
}

#[test]
fn a_colleagues_call_is_picked_up() {
    let mut table = Table::new(3, |_| {});
    let first = table.dials(FIRST, "1002");
    let second = table.rings(SECOND).expect("it rings");
    let replaces = table.replaces(SECOND, second) + ";early-only";
    let third = table.takes(THIRD, &replaces);
    assert!(table.is_over(SECOND, second));
    assert_eq!((table.hears(FIRST, first), table.hears(THIRD, third)), (Some(THIRD), Some(FIRST)));
    assert_eq!(table.own(), [true, false, true]);
    table.hangs_up(FIRST, first);
    assert_eq!(table.ends(), [EndReason::Joined, EndReason::CallerHangup]);
    table.pass(40);
    table.is_clean("after the call");
}

#[test]
fn what_is_refused_rfc3891_3() {
    let (mut table, citizen, agent) = two();
    let of_agent = table.replaces(FIRST, agent);
    let rows = [
        ("no such dialog", SECOND, "nobody;to-tag=a;from-tag=b".to_owned(), 481),
        ("another tag", SECOND, of_agent.replace("to-tag=", "to-tag=x"), 481),
        ("half a name", SECOND, "x;to-tag=a".to_owned(), 400),
        ("answered, and only wanted early", SECOND, of_agent.clone() + ";early-only", 486),
        ("the citizen's own leg", SECOND, table.replaces(CITIZEN, citizen), 403),
        ("by a citizen", CITIZEN, of_agent.clone(), 403),
        ("by the agent who talks", FIRST, of_agent.clone(), 403),
    ];
    for (what, phone, replaces, status) in rows {
        table.takes(phone, &replaces);
        assert_eq!(table.refused(phone), Some(status), "{what}");
        assert_eq!(table.hears(CITIZEN, citizen), Some(FIRST), "{what}");
        table.forget(phone);
    }
    let twice = ["Replaces", "Replaces"].map(|name| (name.to_owned(), of_agent.clone())).to_vec();
    table.dials_with(SECOND, "12345", twice);
    assert_eq!(table.refused(SECOND), Some(400), "two of them");
    table.hangs_up(CITIZEN, citizen);
    table.pass(40);
    table.forget(SECOND);
    table.takes(SECOND, &of_agent);
    assert_eq!(table.refused(SECOND), Some(481), "it is long over");
    table.pass(40);
    table.is_clean("after all of them");
}

#[test]
fn who_serves_a_citizen_takes_no_other_and_an_agents_own_ringing_cannot_be_taken() {
    let (mut table, _, agent) = two();
    let of_agent = table.replaces(FIRST, agent);
    let busy = table.dials(CITIZEN, "12345");
    let (who, leg) = [SECOND, THIRD].into_iter().find_map(|who| Some((who, table.rings(who)?))).expect("it rings");
    table.takes(who, &of_agent);
    assert_eq!(table.refused(who), Some(486), "its phone rings for another citizen");
    table.forget(who);
    table.answers(who, leg);
    table.takes(who, &of_agent);
    assert_eq!(table.refused(who), Some(486), "no agent has two calls");
    assert_eq!(table.hears(who, leg), Some(CITIZEN));
    table.hangs_up(CITIZEN, busy);
    // Of a call that an agent only begins, the dialog is none that we began (§3).
    let mut table = Table::new(3, |_| {});
    let first = table.dials(FIRST, "1002");
    table.rings(SECOND).expect("it rings");
    let replaces = table.replaces(FIRST, first);
    table.takes(THIRD, &replaces);
    assert_eq!(table.refused(THIRD), Some(481));
}

#[test]
fn nobody_picks_up_for_a_phone_that_rings_because_an_agent_asks_its_group() {
    let mut table = Table::new(3, |_| {});
    let asks = table.dials(FIRST, "8001");
    let (rung, leg) = [SECOND, THIRD].into_iter().find_map(|who| Some((who, table.rings(who)?))).expect("it rings");
    let other = SECOND + THIRD - rung;
    let replaces = table.replaces(rung, leg);
    table.takes(other, &replaces);
    assert_eq!(table.refused(other), Some(491));
    table.forget(other);
    table.answers(rung, leg);
    assert_eq!((table.hears(FIRST, asks), table.hears(rung, leg)), (Some(rung), Some(FIRST)));
    table.hangs_up(FIRST, asks);
    table.pass(40);
    table.is_clean("after the question");
}

/// A talk is taken over, or a phone that rings picked up for, as far as a panic lets them; whether somebody heard the citizen then.
fn whole_story(table: &mut Table, early: bool) -> Option<bool> {
    let citizen = table.dials(CITIZEN, "12345");
    let agent = if early { table.rings(FIRST)? } else { table.picks_up(FIRST)? };
    if table.is_over(FIRST, agent) {
        return None;
    }
    let replaces = table.replaces(FIRST, agent);
    let leg = table.takes(SECOND, &replaces);
    let heard = table.hears(CITIZEN, citizen).is_some();
    table.pass(2);
    table.hangs_up(SECOND, leg);
    table.hangs_up(CITIZEN, citizen);
    Some(heard)
}

#[test]
fn a_panic_at_whatever_event_leaves_nobody_behind() {
    let (mut faults, mut kept) = (0, 0);
    for early in [false, true] {
        for nth in 1..40 {
            let mut table = Table::new(2, |config| config.drill = Some(Drill { place: Place::Call, nth }));
            let heard = whole_story(&mut table, early);
            let what = format!("panic {nth}, early {early}");
            let fault = table.ends().iter().filter(|reason| **reason == EndReason::Fault).count();
            assert!(fault <= 1, "{what}: {:?}", table.ends());
            let of_second =
                table.records().iter().any(|r| r.end_reason == EndReason::Fault && r.start.source == "agent 1002");
            kept += usize::from(of_second && heard == Some(true) && !early);
            faults += fault;
            table.pass(700);
            table.is_clean(&what);
            let mut ids: Vec<_> = table.records().iter().map(|r| r.start.id).collect();
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(ids.len(), table.ends().len(), "{what}: one record a call");
        }
    }
    assert!(faults > 20, "{faults}");
    assert!(kept > 0, "a phone that could not even arrive leaves the talk as it was");
}

#[test]
fn a_restart_after_it_ends_the_talk_of_who_took_it() {
    let (mut table, citizen, agent) = two();
    let replaces = table.replaces(FIRST, agent);
    let leg = table.takes(SECOND, &replaces);
    let ledger = Ledger::from_bytes(&table.bench.ledger.to_bytes()).expect("its own form");
    assert_eq!(ledger.open_calls(), 1, "the call that gave its leg away is over");
    table.restart(&ledger, 3);
    table.settle();
    assert!(table.is_over(CITIZEN, citizen) && table.is_over(SECOND, leg));
    // What the store has not confirmed comes again.
    assert_eq!(table.ends(), [EndReason::Joined, EndReason::Joined, EndReason::Restart]);
    assert_eq!(agents(&table)[2], Some("1002".to_owned()));
    table.pass(40);
    table.is_clean("after the restart");
}
