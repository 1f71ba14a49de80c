//! Callers whom an operator has listed: who goes ahead, and who is not let in.

use std::sync::Arc;

use base::{GroupId, Ticket};
use call::listed::CallerList;
use switch::{Answer, Ask, Effects, Input};

use crate::kit::{Bench, CARRIER, SDP, register, request};
use crate::table::{CITIZEN, Table};

fn list(plan: &mut call::Plan, number: &str, priority: u8, blocked: bool) {
    let place = plan.known.list(CallerList { name: number.to_owned(), priority, blocked });
    plan.known.add(place, number).expect("a number");
}

#[test]
fn a_blocked_caller_is_declined_and_leaves_no_call() {
    let mut bench = Bench::with(|plan, _| list(plan, "13900139000", 0, true));
    // The carrier's way of writing it makes no difference.
    for (from, tag) in [("13900139000", "a"), ("+8613900139000", "b"), ("008613900139000", "c")] {
        bench.receive(CARRIER, &request("INVITE", "sip:12345@10.0.0.1", from, tag, "", SDP));
        assert_eq!((bench.status(), bench.exchange.switch.calls()), (Some(603), 0), "{from}");
    }
    assert!(bench.records.is_empty());
    bench.receive(CARRIER, &request("INVITE", "sip:12345@10.0.0.1", "13900139001", "d", "", SDP));
    assert_eq!(bench.status(), Some(200));
}

#[test]
fn an_agent_is_let_in_whoever_is_blocked() {
    let mut bench = Bench::with(|plan, _| list(plan, "1*", 0, true));
    assert_eq!(register(&mut bench, "1001", "pass-1001", "r"), Some(200));
    bench.receive(CARRIER, &request("INVITE", "sip:12345@10.0.0.1", "1001", "a", "", SDP));
    assert_eq!(bench.status(), Some(200));
}

#[test]
fn a_listed_caller_waits_at_a_higher_priority_and_no_higher_than_a_menu_can_give() {
    for (adds, comes_to) in [(3, 3), (200, 9)] {
        let mut table = Table::with_trunks(0, |plans| list(Arc::make_mut(&mut plans.call), "1380013*", adds, false));
        table.dials(CITIZEN, "12345");
        let mut effects = Effects::default();
        let ask = Ask::Callers { group: GroupId(0), most: 10 };
        let input = Input::Ask { ticket: Ticket(1 << 63), by: "desk".to_owned(), ask };
        table.bench.exchange.handle(table.bench.now, input, &mut effects);
        let Some((_, Answer::Callers(callers))) = effects.answers.first() else { panic!("{:?}", effects.answers) };
        assert_eq!(callers.iter().map(|caller| caller.priority).collect::<Vec<_>>(), [comes_to]);
    }
}
