//! A desk has opened an order for a call: it goes along with it, whoever is rung afterwards and whatever happens.

use base::{AgentId, Codec, EndReason, OrderNumber, RecordEntry, Ticket};
use call::{Action, Event, Fact, Signal, Target};

use crate::kit::{Bench, CITIZEN, plan, sdp};

const NUMBER: &str = "13900139000";

fn number(text: &str) -> OrderNumber {
    OrderNumber::parse(text).expect("an order number")
}

fn order(bench: &mut Bench, text: &str) {
    bench.tell(Event::Order(number(text)));
}

/// What went along with what was dialled last.
fn along(bench: &Bench) -> Option<String> {
    bench.said.iter().rev().find_map(|action| match action {
        Action::Dial(dial) => Some(dial.context.clone()),
        _ => None,
    })
}

fn hand_on(bench: &mut Bench, to: Target) {
    bench.signal(1, Signal::Refer { request: Ticket(5), to: &to });
}

#[test]
fn an_order_is_told_and_recorded_at_once_and_the_last_one_counts() {
    let mut bench = Bench::talking();
    for text in ["GD-1", "GD-2"] {
        order(&mut bench, text);
        let [
            Action::Fact(Fact::Ordered { order: told }),
            Action::Record(RecordEntry::Order { start, order: recorded }),
        ] = bench.said.as_slice()
        else {
            panic!("{:?}", bench.said)
        };
        assert_eq!((told.as_str(), recorded.as_str(), start.caller.as_str()), (text, text, "13800138000"));
    }
    order(&mut bench, "GD-2");
    assert!(bench.said.is_empty(), "it has it already: {:?}", bench.said);
    let retold = bench.call.retell(bench.now);
    assert!(retold.contains(&Fact::Ordered { order: number("GD-2") }), "{retold:?}");
    bench.signal(CITIZEN, Signal::Bye);
    let record = bench.record().expect("the call ended").clone();
    assert_eq!(record.order, Some(number("GD-2")));
    let mut ledger = call::Ledger::new(record.start.id);
    bench.facts.iter().for_each(|fact| ledger.apply(fact.clone()));
    assert_eq!(ledger.record(record.ended, record.end_reason), record, "a restart knows it");
    order(&mut bench, "GD-3");
    assert!(bench.said.is_empty() && bench.call.is_ended(), "no record would have it: {:?}", bench.said);
}

#[test]
fn whoever_is_rung_afterwards_learns_of_it() {
    let mut waits = Bench::waiting();
    waits.offer(1, None);
    assert!(along(&waits).is_some_and(|along| !along.contains("order")), "{:?}", along(&waits));
    let mut bench = Bench::talking();
    order(&mut bench, "急 \"7\"\\;call=\"x\"");
    let quoted = r#"order="急 \"7\"\\;call=\"x\"""#;
    let call = bench.call.id();
    hand_on(&mut bench, Target::Agent(AgentId(1)));
    bench.offer_of(AgentId(1), 1, None);
    let expected = format!("call=\"{call}\";group=\"consult\";menu=\"main/consult\";from=\"1001\";{quoted}");
    assert_eq!(along(&bench), Some(expected));
    // Back in the line.
    let mut bench = Bench::talking();
    order(&mut bench, "GD-1");
    hand_on(&mut bench, Target::Group(base::GroupId(1)));
    bench.offer_of(AgentId(1), 1, None);
    assert!(along(&bench).is_some_and(|along| along.ends_with(";order=\"GD-1\"")), "{:?}", along(&bench));
}

#[test]
fn a_line_learns_of_the_order_and_of_nothing_else() {
    for (given, told) in [(None, ""), (Some("GD-1"), "order=\"GD-1\"")] {
        let mut bench = Bench::talking();
        given.into_iter().for_each(|text| order(&mut bench, text));
        hand_on(&mut bench, Target::Line(NUMBER.to_owned()));
        bench.lines_found(1);
        assert_eq!(along(&bench).as_deref(), Some(told));
    }
}

#[test]
fn a_colleague_who_is_asked_beside_the_talk_learns_of_it_too() {
    let mut own = Bench::own_call_about(Some(&sdp(4000, &Codec::ALL)), number("GD-1"));
    let facts: Vec<_> = own.facts.iter().take(2).collect();
    assert!(
        matches!(facts[..], [Fact::Started { .. }, Fact::Ordered { .. }]),
        "a row comes before its order: {facts:?}"
    );
    own.reached(1);
    assert!(along(&own).is_some_and(|along| along.ends_with(";order=\"GD-1\"")), "{:?}", along(&own));
    own.signal(CITIZEN, Signal::Cancelled);
    let record = own.record().expect("the call ended");
    assert_eq!((record.end_reason, &record.order), (EndReason::Cancelled, &Some(number("GD-1"))));
}

#[test]
fn by_keys_the_one_who_is_asked_learns_of_it() {
    let mut bench = Bench::talking();
    order(&mut bench, "GD-1");
    for key in "*21002#".chars() {
        let digit = base::Digit::from_char(key).expect("a key");
        bench.signal(1, Signal::Digit(digit));
    }
    bench.reached(1);
    assert!(along(&bench).is_some_and(|along| along.ends_with(";order=\"GD-1\"")), "{:?}", along(&bench));
}

#[test]
fn a_ledger_of_a_journal_from_before_orders_is_read() {
    use base::pack::Packed;
    let mut bench = Bench::with(plan(|_| {}), Some(&sdp(4000, &Codec::ALL)));
    bench.ack().press('1').pass(3).offer(1, None);
    bench.agent_answers(1);
    bench.tell(Event::Confide);
    let ledger = |facts: &[Fact]| {
        let mut ledger = call::Ledger::new(bench.call.id());
        facts.iter().for_each(|fact| ledger.apply(fact.clone()));
        ledger
    };
    let old = ledger(&bench.facts);
    // What stood behind `confidential` stood there without a mark of an order between.
    let marked =
        |bytes: &[u8]| call::Ledger::from_bytes(bytes).map(|ledger| ledger.record(base::Wall(0), EndReason::Restart));
    let record = marked(&old.to_bytes()).expect("the form of before");
    assert_eq!((record.confidential, record.order), (true, None));
    let ordered = [bench.facts.clone(), vec![Fact::Ordered { order: number("GD-1") }]].concat();
    let new = ledger(&ordered);
    assert_eq!(call::Ledger::from_bytes(&new.to_bytes()).as_ref(), Ok(&new));
    assert_eq!(new.to_bytes().len(), old.to_bytes().len() + 1 + "GD-1".len(), "nothing else is written otherwise");
    for fact in ordered {
        assert_eq!(Fact::from_bytes(&fact.to_bytes()), Ok(fact));
    }
}
