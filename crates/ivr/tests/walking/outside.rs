//! Conditions, values, other systems, lines outside, announcements on air, verdicts.

use std::time::Duration;

use base::{GroupId, Now, Wall};
use ivr::tree::{Case, Survey, Test};
use ivr::{Around, Event, Kind, OnAir, Step, Tree, Walk};

use crate::kit::{compiled, drive, faults, http, lines, menu_kind, node, prompts, queue, small, told, transfer};

fn texts(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// The small menu, which begins at a node of this kind.
fn begins(kind: Kind) -> Tree {
    let mut tree = small();
    tree.start = "first".to_owned();
    tree.nodes.push(node("first", &[], kind));
    tree
}

fn when(tests: Vec<Test>) -> Tree {
    begins(Kind::When { cases: vec![Case { when: tests, next: "main".to_owned() }], otherwise: "deep".to_owned() })
}

#[test]
fn the_first_case_that_holds() {
    let consult = [GroupId(0)];
    let known = Around {
        caller: "057188001122",
        called: "12345",
        city: "成都、眉山、资阳",
        county: "余杭",
        line: "fixed",
        list: "vip",
        called_before: 2,
        surging: &consult,
        ..Around::default()
    };
    let cases: Vec<(Test, bool)> = vec![
        (Test::Locale(texts(&["zh-CN"])), true),
        (Test::Locale(texts(&["en"])), false),
        (Test::Callers(texts(&["vip"])), true),
        (Test::City(texts(&["杭州", "眉山"])), true),
        (Test::City(texts(&["杭州"])), false),
        (Test::County(texts(&["余杭"])), true),
        (Test::Line(texts(&["mobile"])), false),
        (Test::Line(texts(&["mobile", "fixed"])), true),
        (Test::Called(texts(&["12345"])), true),
        (Test::Called(texts(&["12319"])), false),
        (Test::CalledBefore(2), true),
        (Test::CalledBefore(3), false),
        (Test::Surge(texts(&["consult"])), true),
        (Test::Surge(texts(&["english"])), false),
        (Test::Open("never".to_owned()), false),
    ];
    for (test, holds) in cases {
        let menu = compiled(&when(vec![test.clone()]));
        let expected = if holds { "@first, @main, 40+31" } else { "@first, @deep, 60" };
        assert_eq!(drive(&menu, &known, "", &[]), expected, "{test:?}");
        // Of a caller of whom nothing is known, only the language is.
        let is_language = matches!(test, Test::Locale(_));
        let nobody = if holds && is_language { "@first, @main, 40+31" } else { "@first, @deep, 60" };
        assert_eq!(drive(&menu, &Around::default(), "", &[]), nobody, "{test:?}");
    }
    let both = when(vec![Test::CalledBefore(1), Test::Line(texts(&["mobile"]))]);
    assert_eq!(drive(&compiled(&both), &known, "", &[]), "@first, @deep, 60", "all have to hold");
}

#[test]
fn what_a_condition_cannot_name() {
    let wrong = |test| faults(&when(vec![test]));
    assert_eq!(wrong(Test::Callers(texts(&["vips"]))), ["first.case: no list of callers is named `vips`"]);
    assert_eq!(wrong(Test::Line(texts(&["cable"]))), ["first.case: `cable` is no kind of line"]);
    assert_eq!(wrong(Test::Surge(texts(&["x"]))), ["first.case: no skill group is named `x`"]);
    assert_eq!(wrong(Test::Open("x".to_owned())), ["first.case: no opening hours are named `x`"]);
    let value = Test::Value { name: "x".to_owned(), is: texts(&["1"]) };
    assert_eq!(wrong(value), ["first.case: no node sets a value `x`"]);
    assert_eq!(faults(&when(Vec::new())), ["first.case: a case without a condition always holds"]);
}

#[test]
fn values_are_set_and_asked_for() {
    let values = vec![("of".to_owned(), "{called}/{of}".to_owned())];
    let mut tree = begins(Kind::Set { values, locale: Some("en".to_owned()), priority: 8, next: "which".to_owned() });
    let case =
        Case { when: vec![Test::Value { name: "of".to_owned(), is: texts(&["12345/"]) }], next: "staff".to_owned() };
    tree.nodes.push(node("which", &[], Kind::When { cases: vec![case], otherwise: "deep".to_owned() }));
    let around = Around { called: "12345", ..Around::default() };
    let expected = "@first, locale 1, @which, @staff, queue 1 at 8 saying 61";
    assert_eq!(drive(&compiled(&tree), &around, "", &[]), expected);
}

#[test]
fn another_system_is_asked() {
    let mut tree = begins(http("which", "deep"));
    let case = Case { when: vec![Test::Value { name: "id".to_owned(), is: texts(&["7"]) }], next: "hello".to_owned() };
    tree.nodes.push(node("which", &[], Kind::When { cases: vec![case], otherwise: "main".to_owned() }));
    let menu = compiled(&tree);
    let asked = "@first, fetch http://desk/orders?id=&of=139 None [\"/id\"], wait 4";
    let around = Around { caller: "139", ..Around::default() };
    let cases = [
        ("=", "stop, fetch no more, @which, @hello, 30"),
        ("?", "stop, fetch no more, @deep, 60"),
        ("~", "stop, fetch no more, @deep, 60"),
        ("0", "stop, fetch no more, @staff, queue 0 at 5 saying 60"),
        // A key counts at what follows, and what comes late does not count.
        ("1?", " | stop, fetch no more, @deep, @staff, queue 0 at 5 saying 60"),
        ("?=", "stop, fetch no more, @deep, 60 | "),
    ];
    for (script, expected) in cases {
        assert_eq!(drive(&menu, &around, script, &["7"]), format!("{asked} | {expected}"), "{script}");
    }
    let few = drive(&menu, &around, "=", &[]);
    assert!(few.ends_with("@deep, 60"), "an answer of another length is none: {few}");
}

#[test]
fn a_question_speaks_while_it_is_asked() {
    let mut tree = begins(http("deep", "deep"));
    tree.nodes.last_mut().expect("the last").prompt = vec![ivr::tree::Say::always("hello")];
    let menu = compiled(&tree);
    let asked = "@first, fetch http://desk/orders?id=&of= None [\"/id\"], 30, wait 4";
    assert_eq!(told(&menu, "."), format!("{asked} | "));
}

#[test]
fn a_line_outside_falls_back() {
    let menu = compiled(&begins(transfer("110", "deep")));
    let called = "@first, call 110 for 30 s saying ";
    assert_eq!(told(&menu, ""), called);
    assert_eq!(told(&menu, "!"), format!("{called} | @deep, 60"));
    // While it rings, keys are the other side's.
    assert_eq!(told(&menu, "0"), format!("{called} | "));
    let mut to_nobody = begins(transfer("{number}", "deep"));
    let values = vec![("number".to_owned(), String::new())];
    let next = "first".to_owned();
    to_nobody.nodes.push(node("sets", &[], Kind::Set { values, locale: None, priority: 0, next }));
    assert_eq!(told(&compiled(&to_nobody), ""), "@first, @deep, 60");
}

#[test]
fn what_is_on_air_is_heard() {
    let menu = compiled(&begins(Kind::OnAir { slot: "news".to_owned(), next: "deep".to_owned() }));
    assert_eq!(told(&menu, ""), "@first, @deep, 60");
    let on_air = OnAir::from([("news".to_owned(), texts(&["notice", "hello", "gone"]))]);
    let prompts = prompts();
    let around = Around { on_air: &on_air, prompts: &prompts, ..Around::default() };
    assert_eq!(drive(&menu, &around, ".", &[]), "@first, 20+30 | @deep, 60");
    assert_eq!(drive(&menu, &around, "1", &[]), "@first, 20+30 | @deep, @staff, queue 0 at 5 saying 60");
}

#[test]
fn a_part_of_a_prompt_has_conditions() {
    let mut tree = small();
    tree.nodes[2].prompt[1].when = vec![Test::CalledBefore(1)];
    let menu = compiled(&tree);
    let again = Around { called_before: 1, ..Around::default() };
    assert_eq!(drive(&menu, &again, "..", &[]), "@notice, 20 | @hello, 30 | @main, 40+31");
    assert_eq!(told(&menu, ".."), "@notice, 20 | @hello, 30 | @main, 40");
}

#[test]
fn citizens_give_their_verdict() {
    let mut tree = small();
    tree.survey = Some(Survey { start: "rate".to_owned(), talk_min: Duration::from_secs(10), percent: 100 });
    tree.nodes.push(node("rate", &["main"], Kind::Rate { next: "farewell".to_owned() }));
    let menu = compiled(&tree);
    let asked = |script: &str| {
        let mut walk = Walk::survey(&menu, menu.locale()).expect("a survey");
        lines(&menu, &Around::default(), &mut walk, &format!(" {script}"), &[])
    };
    let cases = [
        ("5..", "@rate, 40 | rated 5, @farewell, 50 | end | "),
        (".1", "@rate, 40 | wait 5 | rated 1, stop, @farewell, 50"),
        ("6.78", "@rate, 40 | wrong, 10+40 | wait 5 | wrong, stop, 10+40 | wrong, @farewell, 50"),
        (".~.~", "@rate, 40 | wait 5 | stop, 40 | wait 5 | stop, @farewell, 50"),
        ("0", "@rate, 40 | @staff, queue 0 at 5 saying 60"),
    ];
    for (script, expected) in cases {
        assert_eq!(asked(script), expected, "{script}");
    }
    assert!(Walk::survey(&compiled(&small()), menu.locale()).is_none());
}

#[test]
fn a_call_back_is_no_person_for_who_is_silent() {
    let mut tree = small();
    let Kind::Queue { group, skills, by_locale, priority, .. } = queue("consult") else { panic!("a queue") };
    tree.nodes.push(node("later", &["bye"], Kind::Queue { group, skills, by_locale, priority, call_back: true }));
    tree.nodes.push(node("offer", &["main"], menu_kind(&[(1, None, "later"), (2, None, "staff")])));
    tree.start = "offer".to_owned();
    let menu = compiled(&tree);
    assert_eq!(told(&menu, "1"), "@offer, 40 | @later, queue 0 at 5 to be called back saying 50");
    tree.on_silence = Some("later".to_owned());
    assert!(faults(&tree)[0].starts_with("later.: a caller who presses nothing never reaches a person"));
    tree.on_silence = None;
    tree.person = "later".to_owned();
    assert_eq!(faults(&tree), [".person: `later` is no queue, so no person answers there"]);
}

#[test]
fn a_step_takes_no_memory_where_nothing_is_spoken() {
    let menu = compiled(&small());
    let mut walk = Walk::new(&menu);
    let (mut out, now) = (Vec::with_capacity(16), Now { wall: Wall(0), ..Now::default() });
    walk.handle(&menu, &Around::default(), now, Event::Start, &mut out);
    let room = walk.said().as_ptr();
    for _ in 0..40 {
        out.clear();
        walk.handle(&menu, &Around::default(), now, Event::Played, &mut out);
        walk.handle(&menu, &Around::default(), now, Event::Deadline, &mut out);
    }
    assert!(matches!(out.last(), None | Some(Step::Queue { .. })));
    assert_eq!(walk.said().as_ptr(), room);
}
