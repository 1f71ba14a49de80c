//! Citizens who call again: whose calls are counted, and who learns of it.

use base::CallId;
use call::{Action, Event};

use crate::kit::{Bench, plan};

fn repeats(earlier: u8) -> Event<'static> {
    Event::Queue(acd::Action::Repeats { call: CallId::default(), earlier })
}

fn asks(bench: &Bench) -> bool {
    bench.lines().contains("queue Called")
}

#[test]
fn a_citizens_call_is_counted_before_the_menu_begins() {
    assert!(asks(&Bench::known_arrives(plan(|_| {}), false)));
    assert!(!asks(&Bench::new()), "a number that is withheld");
    assert!(!asks(&Bench::question()), "an agent");
    assert!(!asks(&Bench::confidential()), "a number that is nobody's business");
}

#[test]
fn the_agents_phone_the_facts_and_the_record_know_it() {
    let mut bench = Bench::known(plan(|_| {}), false);
    bench.tell(repeats(2)).press('1');
    bench.offer(1, None);
    let context = bench.said.iter().find_map(|action| match action {
        Action::Dial(dial) => Some(dial.context.clone()),
        _ => None,
    });
    assert!(context.as_deref().is_some_and(|context| context.contains(";earlier=\"2\"")), "{context:?}");
    let told = call::Fact::Repeats { earlier: 2 };
    assert!(bench.facts.contains(&told) && bench.call.retell(bench.now).contains(&told));
    let mut ledger = call::Ledger::new(CallId::default());
    bench.facts.iter().cloned().for_each(|fact| ledger.apply(fact));
    bench.tell(Event::Stop(base::EndReason::Forced));
    assert_eq!(bench.record().map(|record| record.earlier), Some(2));
    assert_eq!(ledger.record(base::Wall::default(), base::EndReason::Restart).earlier, 2, "as after a restart");
}

#[test]
fn a_first_call_says_nothing_of_it() {
    let mut bench = Bench::known(plan(|_| {}), false);
    bench.press('1').offer(1, None);
    let said = |action: &Action| matches!(action, Action::Dial(dial) if dial.context.contains("earlier"));
    assert!(!bench.said.iter().any(said));
}
