//! Groups in surge: what callers hear who join one, and where their menu begins.

use std::sync::Arc;

use base::GroupId;
use call::plan::DialRule;
use call::{Event, Plan};
use insta::assert_snapshot;

use crate::kit::{Bench, plan};

/// Both groups call back, by key 1.
fn calls_back() -> Arc<Plan> {
    plan(|plan| {
        plan.dial = vec![DialRule { prefixes: vec!["13".to_owned()], ..DialRule::default() }];
        plan.groups.iter_mut().for_each(|group| group.call_back = base::Digit::from_char('1'));
    })
}

fn queued(group: u16, surge: bool) -> Event<'static> {
    let (call, group) = (base::CallId::default(), GroupId(group));
    Event::Queue(acd::Action::Queued { call, group, position: 1, wait: None, surge })
}

fn moved() -> Event<'static> {
    let (from, to) = (GroupId(0), GroupId(1));
    Event::Queue(acd::Action::Moved { call: base::CallId::default(), from, to, by_hand: false })
}

#[test]
fn who_joins_hears_so_before_the_offer_and_both_before_the_music() {
    let mut bench = Bench::known(calls_back(), false);
    bench.press('1').tell(queued(0, true));
    assert_snapshot!(bench.lines(), @r#"end 0 hears ["please-wait", "queue-surge", "number-yao"] then Loop(SoundId(14))"#);
}

#[test]
fn where_there_is_none_nothing_changes() {
    let mut bench = Bench::known(calls_back(), false);
    bench.press('1').tell(queued(0, false));
    assert_eq!(bench.lines(), "");
}

#[test]
fn it_is_said_once_a_call() {
    let mut bench = Bench::known(calls_back(), false);
    bench.press('1').tell(queued(0, true));
    bench.tell(moved()).tell(queued(1, true));
    assert_eq!(bench.lines(), "", "the other group is in surge too, and the caller knows");
    let mut bench = Bench::known(calls_back(), false);
    bench.press('1').tell(queued(0, false));
    bench.tell(moved()).tell(queued(1, true));
    assert_snapshot!(bench.lines(), @r#"end 0 hears ["queue-surge", "number-yao"] then Loop(SoundId(14))"#);
}

#[test]
fn who_joins_where_nobody_is_called_back_hears_the_message_alone() {
    let mut bench = Bench::waiting();
    bench.tell(queued(0, true));
    assert_snapshot!(bench.lines(), @r#"end 0 hears ["please-wait", "queue-surge"] then Loop(SoundId(14))"#);
}

#[test]
fn an_agent_who_asks_the_group_hears_nothing_of_it() {
    let mut bench = Bench::question();
    bench.tell(queued(0, true));
    assert_eq!(bench.lines(), "");
}

#[test]
fn in_surge_the_menu_begins_where_it_says() {
    let bench = Bench::known(plan(|_| {}), true);
    assert_snapshot!(bench.lines(), @r#"
    arm MenuLimit
    disarm Menu
    disarm MenuLimit
    arm Announce
    queue Enqueue
    end 0 hears ["please-wait"] then Loop(SoundId(14))
    "#);
}
