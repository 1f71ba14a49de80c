//! A caller who withholds the number, from the INVITE on or from a later moment.

use base::RecordEntry;
use call::{Action, Event, Fact};
use insta::assert_snapshot;

use crate::kit::{Bench, CITIZEN};

fn is_confidential(fact: &Fact) -> bool {
    matches!(fact, Fact::Confidential)
}

/// What the agent's phone is shown: the number to call back, and the text.
fn shown(bench: &Bench) -> Option<(&str, &str)> {
    bench.said.iter().find_map(|action| match action {
        Action::Dial(dial) => Some((dial.from_number.as_str(), dial.from_display.as_str())),
        _ => None,
    })
}

#[test]
fn a_call_that_arrives_confidential_is_hidden_before_it_is_told() {
    let mut bench = Bench::confidential();
    assert!(matches!(&bench.facts[..2], [Fact::Confidential, Fact::Started { .. }]), "{:?}", bench.facts);
    assert_snapshot!(bench.lines(), @r"
    record confidential
    record start
    open end 0 with Pcma
    answer leg 0
    ");
    bench.tell(Event::Confide);
    assert_eq!(bench.lines(), "", "it is so already");
    bench.ack().press('1').pass(3).offer(1, None);
    assert_eq!(shown(&bench), Some(("anonymous", "138******00 consult 3s")));
    let again = bench.call.retell(bench.now);
    assert!(matches!(&again[..2], [Fact::Confidential, Fact::Started { .. }]), "{again:?}");
    bench.signal(CITIZEN, call::Signal::Bye);
    let record = bench.record().expect("the call ended");
    assert_eq!((record.confidential, record.start.caller.as_str()), (true, "13800138000"));
    let mut ledger = call::Ledger::new(record.start.id);
    bench.facts.iter().for_each(|fact| ledger.apply(fact.clone()));
    assert!(ledger.record(record.ended, record.end_reason).confidential, "a restart knows it");
}

#[test]
fn a_call_that_becomes_confidential_has_its_row_hidden_at_once() {
    let mut bench = Bench::waiting();
    assert!(!bench.facts.iter().any(is_confidential));
    bench.tell(Event::Confide);
    let [Action::Fact(Fact::Confidential), Action::Record(RecordEntry::Confidential(start))] = bench.said.as_slice()
    else {
        panic!("{:?}", bench.said)
    };
    assert_eq!(start.caller, "13800138000");
    bench.offer(1, None);
    assert_eq!(shown(&bench), Some(("anonymous", "138******00 consult 0s")), "whoever is rung from now on");
}
